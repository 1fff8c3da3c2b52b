"""What a device's language cannot say of an event: reported to the operator, not dropped.

An event may be worded twice, as controls and as signals; then each language has its own wording.
It must not know how either is spelled on the wire.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from server.core.book import Book
from server.core.model import Device, DeviceId, Event, Language

_PERCENT_MODES = frozenset({"fixed_w_percent", "max_limit_percent"})

_NO_CONTROLS = "OpenADR has no word for controls, and the event has no signal."
_NO_SIGNALS = "Signals are told to VENs only, and the event has no controls."
_NOT_A_MODE = "The device cannot follow this mode."
_NO_RATING = "The device's rated power is not known, so a percentage of it says nothing."


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsaid:
    """One part of an event that one device does not get to know or cannot follow."""

    device_id: DeviceId
    language: Language
    what: str
    """The mode, named as the field of Controls, or the signal's name."""
    why: str
    """One sentence."""


def unsaid(book: Book, event: Event) -> tuple[Unsaid, ...]:
    """Return what the devices that an event is for are not told, by device as they came.

    Reported is only what leaves a device with nothing at all, or with a mode that it is known not
    to follow.
    """
    modes = sorted({m for i in event.intervals if i.controls is not None for m in i.controls.modes})
    return tuple(
        Unsaid(device_id=device.id, language=device.language, what=what, why=why)
        for device in book.targeted_devices(event)
        for what, why in _gaps(device, modes, [signal.name for signal in event.signals])
    )


def _gaps(device: Device, modes: list[str], signals: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what a device is left without, and why."""
    if device.language is Language.OPENADR:
        if not signals:
            yield from ((mode, _NO_CONTROLS) for mode in modes)
    elif not modes:
        yield from ((name, _NO_SIGNALS) for name in dict.fromkeys(signals))
    else:
        yield from _unfit_modes(device, modes)


def _unfit_modes(device: Device, modes: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the modes that a device which is told controls cannot follow, and why."""
    for mode in modes:
        if device.modes is not None and mode not in device.modes:
            yield mode, _NOT_A_MODE
        elif (
            device.language is Language.MODBUS and device.rated_w is None and mode in _PERCENT_MODES
        ):
            yield mode, _NO_RATING
