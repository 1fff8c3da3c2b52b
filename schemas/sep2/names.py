"""Names that IEEE 2030.5 and CSIP-AUS messages go by: namespaces, prefixes, media type.

Below every other module of the package, so that types and codec settings can share it.
"""

from schemas.wire import NsMap

NS = "urn:ieee:std:2030.5:ns"
NS_2013 = "http://ieee.org/2030.5"
NS_CSIPAUS = "https://csipaus.org/ns"
MEDIA_TYPE = "application/sep+xml"
NS_MAP = NsMap({"": NS, "csipaus": NS_CSIPAUS})
