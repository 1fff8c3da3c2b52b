"""The units of OpenADR 2.0b: every element that may stand where the profile says `itemBase`.

A unit is a description, a unit text and a scale; where the profile fixes a text, peers also send
the element empty and mean the fixed text. It must not know where units are used.
"""

from typing import Annotated

from schemas.openadr.greenbutton import OadrGBDataDescription
from schemas.openadr.namespaces import OADR, POWER, SCALE
from schemas.openadr.types import (
    CurrencyCode,
    CurrencyDescription,
    Decimal,
    SiScale,
    TemperatureUnit,
)
from schemas.simple import Boolean, Float, String, Token
from schemas.wire import Element, In

ScaleCode = Annotated[SiScale, In(SCALE)]


class PowerAttributes(Element, ns=POWER, tag="powerAttributes"):
    """The supply that a power refers to."""

    hertz: Decimal
    voltage: Decimal
    ac: Boolean


class PowerReal(Element, ns=POWER, tag="powerReal"):
    """Real power."""

    itemDescription: Annotated[str, Token("RealPower", "")]
    itemUnits: Annotated[str, Token("W", "J/s")]
    siScaleCode: ScaleCode
    powerAttributes: PowerAttributes


class PowerApparent(Element, ns=POWER, tag="powerApparent"):
    """Apparent power."""

    itemDescription: Annotated[str, Token("ApparentPower", "")]
    itemUnits: Annotated[str, Token("VA", "")]
    siScaleCode: ScaleCode
    powerAttributes: PowerAttributes


class PowerReactive(Element, ns=POWER, tag="powerReactive"):
    """Reactive power."""

    itemDescription: Annotated[str, Token("ReactivePower", "")]
    itemUnits: Annotated[str, Token("VAR", "")]
    siScaleCode: ScaleCode
    powerAttributes: PowerAttributes


class EnergyReal(Element, ns=POWER, tag="energyReal"):
    """Real energy."""

    itemDescription: Annotated[str, Token("RealEnergy", "")]
    itemUnits: Annotated[str, Token("Wh", "")]
    siScaleCode: ScaleCode


class EnergyApparent(Element, ns=POWER, tag="energyApparent"):
    """Apparent energy."""

    itemDescription: Annotated[str, Token("ApparentEnergy", "")]
    itemUnits: Annotated[str, Token("VAh", "")]
    siScaleCode: ScaleCode


class EnergyReactive(Element, ns=POWER, tag="energyReactive"):
    """Reactive energy."""

    itemDescription: Annotated[str, Token("ReactiveEnergy", "")]
    itemUnits: Annotated[str, Token("VARh", "")]
    siScaleCode: ScaleCode


class Voltage(Element, ns=POWER, tag="voltage"):
    """Voltage."""

    itemDescription: Annotated[str, Token("Voltage", "")]
    itemUnits: Annotated[str, Token("V", "")]
    siScaleCode: ScaleCode


class CustomUnit(Element, ns=OADR, tag="customUnit"):
    """A unit that both parties agreed on elsewhere."""

    itemDescription: String
    itemUnits: String
    siScaleCode: ScaleCode


class Current(Element, ns=OADR, tag="current"):
    """Electric current."""

    itemDescription: Annotated[str, Token("Current", "")]
    itemUnits: Annotated[str, Token("A", "")]
    siScaleCode: ScaleCode


class Currency(Element, ns=OADR, tag="currency"):
    """An amount of money."""

    itemDescription: CurrencyDescription
    itemUnits: CurrencyCode
    siScaleCode: ScaleCode


class CurrencyPerKWh(Currency, tag="currencyPerKWh"):
    """A price of energy."""


class CurrencyPerKW(Currency, tag="currencyPerKW"):
    """A price of power."""


class CurrencyPerThm(Currency, tag="currencyPerThm"):
    """A price of gas; the profile has no description of its own for it."""


class Frequency(Element, ns=OADR, tag="frequency"):
    """Frequency."""

    itemDescription: Annotated[str, Token("Frequency", "")]
    itemUnits: Annotated[str, Token("Hz", "")]
    siScaleCode: ScaleCode


class Therm(Element, ns=OADR):
    """Energy of gas."""

    itemDescription: Annotated[str, Token("Therm", "")]
    itemUnits: Annotated[str, Token("thm", "")]
    siScaleCode: ScaleCode


class Temperature(Element, ns=OADR, tag="temperature"):
    """Temperature."""

    itemDescription: Annotated[str, Token("temperature", "")]
    itemUnits: TemperatureUnit
    siScaleCode: ScaleCode


class PulseCount(Element, ns=OADR, tag="pulseCount"):
    """Pulses of a meter; `pulseFactor` is in kWh for one pulse."""

    itemDescription: Annotated[str, Token("pulse count", "")]
    itemUnits: Annotated[str, Token("count", "")]
    pulseFactor: Float


ItemBase = (
    PowerReal
    | PowerApparent
    | PowerReactive
    | EnergyReal
    | EnergyApparent
    | EnergyReactive
    | Voltage
    | CustomUnit
    | Current
    | Currency
    | CurrencyPerKWh
    | CurrencyPerKW
    | CurrencyPerThm
    | Frequency
    | Therm
    | Temperature
    | PulseCount
    | OadrGBDataDescription
)
