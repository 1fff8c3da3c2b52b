"""Names that IEEE 2030.5 and CSIP-AUS messages go by: namespaces, media type.

Below every other module of the package, so that types and codec settings can share it.
"""

NS = "urn:ieee:std:2030.5:ns"
NS_2013 = "http://ieee.org/2030.5"
NS_CSIPAUS = "https://csipaus.org/ns"
"""Version 1.2; what version 1.3 adds is declared in it as well."""
NS_CSIPAUS_13 = "https://csipaus.org/ns/v1.3"
MEDIA_TYPE = "application/sep+xml"
