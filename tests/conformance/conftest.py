"""The house of the 2030.5 tests."""

import importlib.util
from pathlib import Path

_spec = importlib.util.spec_from_file_location(
    "sep2_conftest", Path(__file__).parents[1] / "sep2" / "conftest.py"
)
_shared = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_shared)
for _name in (
    *("certificates", "server_context", "clock", "desk", "serve", "house", "world", "state"),
):
    globals()[_name] = getattr(_shared, _name)
