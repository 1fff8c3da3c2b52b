"""What is written to whom: which edition of IEEE 2030.5, with which version of CSIP-AUS.

Each profile is a view of the declarations and the namespaces that go with it; a class is compiled
for it once. Which client gets which profile is not decided here.
"""

from enum import StrEnum

from schemas.sep2.der import DERCapability, DERControlBase, DERSettings
from schemas.sep2.draft2013 import DIFFERENCES
from schemas.sep2.names import NS, NS_2013, NS_CSIPAUS, NS_CSIPAUS_13
from schemas.sep2.pricing import (
    RateComponentList,
    TariffProfile,
    TimeTariffInterval,
    TimeTariffIntervalList,
)
from schemas.variant import Table, view_of
from schemas.write import NsMap


class Profile(StrEnum):
    """The dialects that are written; read are all of them alike."""

    PLAIN = "2030.5-2018"
    CSIPAUS_12 = "csip-aus-1.2"
    CSIPAUS_13 = "csip-aus-1.3"
    DRAFT_2013 = "2030.5-2013"

    @property
    def ns_map(self) -> NsMap:
        """The namespaces and members to write with."""
        return _NS_MAPS[self]


_ADDED_IN_13: Table = {
    DERCapability: {"vppModesSupported": None},
    DERSettings: {"vppModesEnabled": None, "setMinWh": None},
    DERControlBase: {"opModStorageTargetW": None},
    TariffProfile: {"CombinedTimeTariffIntervalListLink": None},
    TimeTariffInterval: {"ConsumptionTariffIntervalListSummary_": None, "RateComponentLink": None},
    TimeTariffIntervalList: {"pollRate": None},
    RateComponentList: {"subscribable": None},
}
_PREFIXES = {"": NS, "csipaus": NS_CSIPAUS}
_NS_MAPS = {
    Profile.PLAIN: NsMap(_PREFIXES, view=view_of(_ADDED_IN_13, without=[NS_CSIPAUS])),
    Profile.CSIPAUS_12: NsMap(_PREFIXES, view=view_of(_ADDED_IN_13)),
    Profile.CSIPAUS_13: NsMap(_PREFIXES, written_as={NS_CSIPAUS: NS_CSIPAUS_13}),
    Profile.DRAFT_2013: NsMap(
        _PREFIXES,
        written_as={NS: NS_2013},
        view=view_of(_ADDED_IN_13, DIFFERENCES, without=[NS_CSIPAUS]),
    ),
}
