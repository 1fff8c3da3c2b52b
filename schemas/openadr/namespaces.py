"""The XML namespaces of OpenADR 2.0b and the one set of prefixes that messages are written with.

A signature made over a part of a message only verifies while the namespaces in scope stay the same,
so every message declares all prefixes on its root and never others. It must not know any element.
"""

from schemas.wire import NsMap

OADR = "http://openadr.org/oadr-2.0b/2012/07"
EI = "http://docs.oasis-open.org/ns/energyinterop/201110"
PYLD = "http://docs.oasis-open.org/ns/energyinterop/201110/payloads"
XCAL = "urn:ietf:params:xml:ns:icalendar-2.0"
STRM = "urn:ietf:params:xml:ns:icalendar-2.0:stream"
EMIX = "http://docs.oasis-open.org/ns/emix/2011/06"
POWER = "http://docs.oasis-open.org/ns/emix/2011/06/power"
SCALE = "http://docs.oasis-open.org/ns/emix/2011/06/siscale"
GML = "http://www.opengis.net/gml/3.2"
DS = "http://www.w3.org/2000/09/xmldsig#"
DSP = "http://openadr.org/oadr-2.0b/2012/07/xmldsig-properties"
ATOM = "http://www.w3.org/2005/Atom"

PREFIXES = {
    "oadr": OADR,
    "ei": EI,
    "pyld": PYLD,
    "xcal": XCAL,
    "strm": STRM,
    "emix": EMIX,
    "power": POWER,
    "scale": SCALE,
    "gml": GML,
    "ds": DS,
}
"""What the root of every message declares, and a signer has to declare as well."""

NS_MAP = NsMap(PREFIXES, declare_all=True)
