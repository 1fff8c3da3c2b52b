"""What can be told from the declarations alone, without a second list beside them.

`export_xsd` writes schemas of our own, `tables` reference pages in Markdown, `to_json`/`from_json`
a JSON view of any instance. It must not know any type: a new declaration shows up by itself.
"""

from schemas.describe.catalog import STANDARDS, Standard
from schemas.describe.tables import tables
from schemas.describe.view import from_json, to_json
from schemas.describe.xsd import export_xsd

__all__ = ["STANDARDS", "Standard", "export_xsd", "from_json", "tables", "to_json"]
