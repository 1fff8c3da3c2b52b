"""Reading the 2013 draft: old namespace and old names, made new before decoding.

Devices in the field still speak it. The table holds the elements that were only renamed; what the
draft does not know is absent, what only the draft knows is skipped. It must not know values, but
for one sign: the draft's under-excited power factors were negative.
"""

from lxml import etree

from schemas.sep2.names import NS, NS_2013

RENAMED = {
    "loadShedDeviceCategory": "deviceCategory",
    "rtgA": "rtgMaxA",
    "rtgAh": "rtgMaxAh",
    "rtgMinPF": "rtgMinPFOverExcited",
    "rtgMinPFNeg": "rtgMinPFUnderExcited",
    "rtgVA": "rtgMaxVA",
    "rtgVar": "rtgMaxVar",
    "rtgVarNeg": "rtgMaxVarNeg",
    "rtgW": "rtgMaxW",
    "rtgWh": "rtgMaxWh",
    "setMinPF": "setMinPFOverExcited",
    "setMinPFNeg": "setMinPFUnderExcited",
}
_OLD = f"{{{NS_2013}}}"
_NEW = f"{{{NS}}}"


def modernise(root: etree._Element) -> None:
    """Turn a tree of the 2013 draft into one of the 2018 edition, in place; leave others alone."""
    if not root.tag.startswith(_OLD):
        return
    for node in root.iter(f"{_OLD}*"):
        name = node.tag.removeprefix(_OLD)
        node.tag = _NEW + RENAMED.get(name, name)
        if name == "displacement" and node.text:
            node.text = node.text.lstrip(" \t\r\n").removeprefix("-")
