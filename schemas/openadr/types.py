"""The simple types of OpenADR 2.0b that are not common to both standards, and the named words.

Words that the profile lets a deployment extend admit `x-` words as well. It must not know elements:
which word is right in which place (signal names and their types, say) is the face's business.
"""

import re
from typing import Annotated

from schemas.simple import Simple, Token, collapse, escape, real

_CODE = re.compile("[0-9]{3}")
_CURRENCY = re.compile("[A-Z]{3}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_POSITIONS = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?( [+-]?[0-9]+(\.[0-9]+)?)*")


def _matching(name: str, form: re.Pattern[str]) -> Simple:
    """Return the type of the texts of one form, white space collapsed."""

    def load(text: str) -> str:
        text = collapse(text)
        if form.fullmatch(text):
            return text
        raise ValueError(text)

    def dump(text: str) -> str:
        return escape(load(text))

    return Simple(name=name, load=load, dump=dump)


def _confidence() -> Simple:
    base = _matching("confidence", re.compile("0*([0-9]{1,2}|100)"))
    return Simple(
        name=base.name,
        load=lambda text: int(base.load(text)),
        dump=lambda value: base.dump(str(value)),
        low=0,
        high=100,
    )


ResponseCode = Annotated[str, _matching("responseCode", _CODE)]
"""Three digits as text, 200 for success."""
CurrencyCode = Annotated[str, _matching("currencyCode", _CURRENCY)]
"""The three letters of ISO 4217; whether the currency exists is not checked."""
Identifier = Annotated[str, _matching("ID", _NAME)]
"""The name by which a signature refers to an element, unique in its document."""
Positions = Annotated[str, _matching("doubleList", _POSITIONS)]
"""Coordinates in degrees, separated by single blanks."""
Decimal = Annotated[float, real("decimal", 1e12)]
Confidence = Annotated[int, _confidence()]
"""Percent."""

SchemaVersion = Annotated[str, Token("2.0a", "2.0b", name="schemaVersion", extensible=True)]
ProfileName = Annotated[str, Token("2.0a", "2.0b", name="oadrProfileName")]
TransportName = Annotated[str, Token("simpleHttp", "xmpp", name="oadrTransportName")]
ServiceName = Annotated[
    str,
    Token("EiEvent", "EiOpt", "EiReport", "EiRegisterParty", "OadrPoll", name="oadrServiceName"),
]
ResponseRequired = Annotated[str, Token("always", "never", name="oadrResponseRequired")]
OptType = Annotated[str, Token("optIn", "optOut", name="optType")]
OptReason = Annotated[
    str,
    Token(
        "economic",
        "emergency",
        "mustRun",
        "notParticipating",
        "outageRunStatus",
        "overrideStatus",
        "participating",
        "x-schedule",
        name="optReason",
        extensible=True,
    ),
]
EventStatus = Annotated[
    str,
    Token("none", "far", "near", "active", "completed", "cancelled", name="eventStatus"),
]
SignalName = Annotated[
    str,
    Token(
        "SIMPLE",
        "simple",
        "ELECTRICITY_PRICE",
        "ENERGY_PRICE",
        "DEMAND_CHARGE",
        "BID_PRICE",
        "BID_LOAD",
        "BID_ENERGY",
        "CHARGE_STATE",
        "LOAD_DISPATCH",
        "LOAD_CONTROL",
        name="signalName",
        extensible=True,
    ),
]
SignalType = Annotated[
    str,
    Token(
        "delta",
        "level",
        "multiplier",
        "price",
        "priceMultiplier",
        "priceRelative",
        "setpoint",
        "x-loadControlCapacity",
        "x-loadControlLevelOffset",
        "x-loadControlPercentOffset",
        "x-loadControlSetpoint",
        name="signalType",
    ),
]
ReportName = Annotated[
    str,
    Token(
        "METADATA_HISTORY_USAGE",
        "HISTORY_USAGE",
        "METADATA_HISTORY_GREENBUTTON",
        "HISTORY_GREENBUTTON",
        "METADATA_TELEMETRY_USAGE",
        "TELEMETRY_USAGE",
        "METADATA_TELEMETRY_STATUS",
        "TELEMETRY_STATUS",
        name="reportName",
        extensible=True,
    ),
]
ReportType = Annotated[
    str,
    Token(
        "reading",
        "usage",
        "demand",
        "setPoint",
        "deltaUsage",
        "deltaSetPoint",
        "deltaDemand",
        "baseline",
        "deviation",
        "avgUsage",
        "avgDemand",
        "operatingState",
        "upRegulationCapacityAvailable",
        "downRegulationCapacityAvailable",
        "regulationSetpoint",
        "storedEnergy",
        "targetEnergyStorage",
        "availableEnergyStorage",
        "price",
        "level",
        "powerFactor",
        "percentUsage",
        "percentDemand",
        "x-resourceStatus",
        name="reportType",
        extensible=True,
    ),
]
ReadingType = Annotated[
    str,
    Token(
        "Direct Read",
        "Net",
        "Allocated",
        "Estimated",
        "Summed",
        "Derived",
        "Mean",
        "Peak",
        "Hybrid",
        "Contract",
        "Projected",
        "x-RMS",
        "x-notApplicable",
        name="readingType",
        extensible=True,
    ),
]
DataQuality = Annotated[
    str,
    Token(
        "No Quality - No Value",
        "No New Value - Previous Value Used",
        "Quality Bad - Non Specific",
        "Quality Bad - Configuration Error",
        "Quality Bad - Not Connected",
        "Quality Bad - Device Failure",
        "Quality Bad - Sensor Failure",
        "Quality Bad - Last Known Value",
        "Quality Bad - Comm Failure",
        "Quality Bad - Out of Service",
        "Quality Uncertain - Non Specific",
        "Quality Uncertain - Last Usable Value",
        "Quality Uncertain - Sensor Not Accurate",
        "Quality Uncertain - EU Units Exceeded",
        "Quality Uncertain - Sub Normal",
        "Quality Good - Non Specific",
        "Quality Good - Local Override",
        "Quality Limit - Field/Not",
        "Quality Limit - Field/Low",
        "Quality Limit - Field/High",
        "Quality Limit - Field/Constant",
        name="oadrDataQuality",
        extensible=True,
    ),
]
SiScale = Annotated[
    str, Token("p", "n", "micro", "m", "c", "d", "k", "M", "G", "T", "none", name="siScaleCode")
]
CurrencyDescription = Annotated[
    str, Token("currency", "currencyPerKW", "currencyPerKWh", name="itemDescription")
]
TemperatureUnit = Annotated[str, Token("celsius", "fahrenheit", name="itemUnits")]
