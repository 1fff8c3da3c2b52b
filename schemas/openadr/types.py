"""The simple types of OpenADR 2.0b that are not common to both standards, and the named words.

Words that the profile lets a deployment extend admit `x-` words as well. It must not know elements:
which word is right in which place (signal names and their types, say) is the face's business.
"""

import re
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

from schemas.simple import Simple, Token, collapse, escape, real

_CODE = re.compile("[0-9]{3}")
_CURRENCY = re.compile("[A-Z]{3}")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_DECIMAL = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
_POSITION = rf"{_DECIMAL.pattern}([eE][+-]?[0-9]+)?"
_POSITIONS = re.compile(f"({_POSITION}( {_POSITION})*)?")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


def _matching(name: str, form: re.Pattern[str], base: str = "token") -> Simple:
    """Return the type of the texts of one form, white space collapsed."""

    def load(text: str) -> str:
        text = collapse(text)
        if form.fullmatch(text):
            return text
        raise ValueError(text)

    def dump(text: str) -> str:
        return escape(load(text))

    return Simple(name=name, load=load, dump=dump, base=base, pattern=form.pattern)


def _words(name: str, text: str, *, extensible: bool = False, between: str = " ") -> Simple:
    return Token(*text.split(between), name=name, extensible=extensible)


def _confidence() -> Simple:
    base = _matching("confidence", re.compile("0*([0-9]{1,2}|100)"))
    return replace(
        base,
        load=lambda text: int(base.load(text)),
        dump=lambda value: base.dump(str(value)),
        base="integer",
        low=0,
        high=100,
    )


def _decimal() -> Simple:
    base, plain = real("decimal", sys.float_info.max), _matching("decimal", _DECIMAL)
    return replace(base, load=lambda text: base.load(plain.load(text)), low=None, high=None)


def _load_instant(text: str) -> datetime:
    text = collapse(text)
    if not _INSTANT.fullmatch(text):
        raise ValueError(text)
    value = datetime.fromisoformat(text)
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _dump_instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(value)
    return value.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


_INSTANT_TYPE = Simple(
    name="instant",
    load=_load_instant,
    dump=_dump_instant,
    base="dateTime",
    pattern=_INSTANT.pattern,
)

ResponseCode = Annotated[str, _matching("responseCode", _CODE)]
"""Three digits as text, 200 for success."""
CurrencyCode = Annotated[str, _matching("currencyCode", _CURRENCY)]
"""The three letters of ISO 4217; whether the currency exists is not checked."""
Identifier = Annotated[str, _matching("ID", _NAME, base="ID")]
"""A name that is unique in its document, by which a signature refers to an element."""
PlainIdentifier = Annotated[str, _matching("name", _NAME, base="NCName")]
"""The same in an attribute that the schema does not know for one."""
Positions = Annotated[str, _matching("doubleList", _POSITIONS)]
"""Coordinates in degrees, separated by single blanks."""
Decimal = Annotated[float, _decimal()]
Instant = Annotated[datetime, _INSTANT_TYPE]
"""An aware UTC instant, read with any offset and to the microsecond."""
Confidence = Annotated[int, _confidence()]
"""Percent."""

SchemaVersion = Annotated[str, Token("2.0a", "2.0b", name="schemaVersion", extensible=True)]
ProfileName = Annotated[str, Token("2.0a", "2.0b", name="oadrProfileName")]
TransportName = Annotated[str, Token("simpleHttp", "xmpp", name="oadrTransportName")]
ServiceName = Annotated[
    str, _words("oadrServiceName", "EiEvent EiOpt EiReport EiRegisterParty OadrPoll")
]
ResponseRequired = Annotated[str, Token("always", "never", name="oadrResponseRequired")]
OptType = Annotated[str, Token("optIn", "optOut", name="optType")]
OptReason = Annotated[
    str,
    _words(
        "optReason",
        "economic emergency mustRun notParticipating outageRunStatus overrideStatus "
        "participating x-schedule",
        extensible=True,
    ),
]
EventStatus = Annotated[str, _words("eventStatus", "none far near active completed cancelled")]
SignalName = Annotated[
    str,
    _words(
        "signalName",
        "SIMPLE simple ELECTRICITY_PRICE ENERGY_PRICE DEMAND_CHARGE BID_PRICE BID_LOAD "
        "BID_ENERGY CHARGE_STATE LOAD_DISPATCH LOAD_CONTROL",
        extensible=True,
    ),
]
SignalType = Annotated[
    str,
    _words(
        "signalType",
        "delta level multiplier price priceMultiplier priceRelative setpoint "
        "x-loadControlCapacity x-loadControlLevelOffset x-loadControlPercentOffset "
        "x-loadControlSetpoint",
    ),
]
ReportName = Annotated[
    str,
    _words(
        "reportName",
        "METADATA_HISTORY_USAGE HISTORY_USAGE METADATA_HISTORY_GREENBUTTON "
        "HISTORY_GREENBUTTON METADATA_TELEMETRY_USAGE TELEMETRY_USAGE "
        "METADATA_TELEMETRY_STATUS TELEMETRY_STATUS",
        extensible=True,
    ),
]
ReportType = Annotated[
    str,
    _words(
        "reportType",
        "reading usage demand setPoint deltaUsage deltaSetPoint deltaDemand baseline "
        "deviation avgUsage avgDemand operatingState upRegulationCapacityAvailable "
        "downRegulationCapacityAvailable regulationSetpoint storedEnergy targetEnergyStorage "
        "availableEnergyStorage price level powerFactor percentUsage percentDemand "
        "x-resourceStatus",
        extensible=True,
    ),
]
ReadingType = Annotated[
    str,
    _words(
        "readingType",
        "Direct Read|Net|Allocated|Estimated|Summed|Derived|Mean|Peak|Hybrid|Contract|"
        "Projected|x-RMS|x-notApplicable",
        extensible=True,
        between="|",
    ),
]
DataQuality = Annotated[
    str,
    _words(
        "oadrDataQuality",
        "No Quality - No Value|No New Value - Previous Value Used|Quality Bad - Non Specific|"
        "Quality Bad - Configuration Error|Quality Bad - Not Connected|"
        "Quality Bad - Device Failure|Quality Bad - Sensor Failure|"
        "Quality Bad - Last Known Value|Quality Bad - Comm Failure|"
        "Quality Bad - Out of Service|Quality Uncertain - Non Specific|"
        "Quality Uncertain - Last Usable Value|Quality Uncertain - Sensor Not Accurate|"
        "Quality Uncertain - EU Units Exceeded|Quality Uncertain - Sub Normal|"
        "Quality Good - Non Specific|Quality Good - Local Override|Quality Limit - Field/Not|"
        "Quality Limit - Field/Low|Quality Limit - Field/High|Quality Limit - Field/Constant",
        extensible=True,
        between="|",
    ),
]
SiScale = Annotated[str, _words("siScaleCode", "p n micro m c d k M G T none")]
CurrencyDescription = Annotated[
    str, Token("currency", "currencyPerKW", "currencyPerKWh", name="itemDescription")
]
TemperatureUnit = Annotated[str, Token("celsius", "fahrenheit", name="itemUnits")]
