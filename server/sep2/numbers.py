"""Numbers on their way to 2030.5: whole values of small units, and powers of ten.

Computed in decimals as people write them, so that nothing is lost to binary fractions. It must not
know what any number means.
"""

from decimal import ROUND_HALF_EVEN, Decimal

_VALUE_LIMIT = 32767
_LEAST_MULTIPLIER = -3


def scaled(number: float, *, rounding: str = ROUND_HALF_EVEN) -> tuple[int, int]:
    """Return value and power of ten of a number: value within 16 bits, as exact as that allows.

    Whole numbers that fit keep the multiplier 0.
    """
    exact = _exact(number)
    multiplier = 0
    while multiplier > _LEAST_MULTIPLIER and exact.scaleb(-multiplier) % 1:
        multiplier -= 1
    while True:
        value = int(exact.scaleb(-multiplier).to_integral_value(rounding))
        if abs(value) <= _VALUE_LIMIT:
            return value, multiplier
        multiplier += 1


def shifted(number: float, places: int, *, rounding: str = ROUND_HALF_EVEN) -> int:
    """Return a number times a power of ten, rounded to a whole."""
    return int(_exact(number).scaleb(places).to_integral_value(rounding))


def hundredths(number: float | None, *, rounding: str = ROUND_HALF_EVEN) -> int | None:
    """Return a number in hundredths of its unit; None stays None."""
    return None if number is None else shifted(number, 2, rounding=rounding)


def _exact(number: float) -> Decimal:
    return Decimal(repr(float(number)))
