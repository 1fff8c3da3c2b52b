"""Who does not take part in an event by its own word, and whose word counts (OADR 2.0b rule 206).

The word on the event itself comes first, then the answer to its present version, then what
schedules say of its window. It must not know where any of them is kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from server.core.availability import Opts, OptType, Stance
from server.core.book import Book
from server.core.model import Device, DeviceId, Event, Language
from server.core.response import Response, ResponseStatus


class Source(StrEnum):
    """Where what holds for a device in an event was said."""

    EVENT_OPT = "event_opt"
    ANSWER = "answer"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveOpt:
    """What holds for a device in an event."""

    opt_type: OptType
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A VEN that is out in an event's window, as a whole or in parts."""

    device_id: DeviceId
    stance: Stance | None
    """Of all that the device is; None if only some of its resources are out."""
    resources: Mapping[str, Stance] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the device takes part throughout."""
        return self.stance is not None


_ANSWERS: dict[ResponseStatus, OptType] = {
    ResponseStatus.OPTED_IN: "optIn",
    ResponseStatus.OPTED_OUT: "optOut",
    ResponseStatus.REJECTED: "optOut",
}


def names_of(device: Device) -> tuple[str, str]:
    """Return what VENs may call a device by as a resourceID."""
    return device.id, device.name


def vens_of(book: Book, event: Event) -> tuple[Device, ...]:
    """Return the VENs among the devices that an event with signals is for."""
    if not event.signals:
        return ()
    targeted = book.targeted_devices(event)
    return tuple(device for device in targeted if device.language is Language.OPENADR)


def opt_out(book: Book, event: Event, device: Device, opts: Opts) -> OptOut | None:
    """Return what of a device is out in an event's window by schedules; None if nothing is."""
    context = book.programs[event.program_id].market_context
    stance = opts.of_device(names_of(device), context, event.start, event.end)
    resources = opts.resources_out(context, event.start, event.end)
    if stance is not None and stance.is_out:
        return OptOut(device_id=device.id, stance=stance, resources=resources)
    return OptOut(device_id=device.id, stance=None, resources=resources) if resources else None


def effective_opt(
    book: Book, event: Event, device: Device, opts: Opts, words: Iterable[Response]
) -> EffectiveOpt | None:
    """Return what holds for a device in an event; None if it said nothing.

    `words` are what it said to the event, the newest first.
    """
    if said := opts.on_event(event.id):
        return EffectiveOpt(opt_type=said.opt_type, source=Source.EVENT_OPT)
    answers = (_ANSWERS[word.status] for word in words if _counts(word, event))
    if answer := next(answers, None):
        return EffectiveOpt(opt_type=answer, source=Source.ANSWER)
    program = book.programs.get(event.program_id)
    context = "" if program is None else program.market_context
    stance = opts.of_device(names_of(device), context, event.start, event.end)
    if stance is None:
        return None
    opt_type: OptType = "optOut" if stance.is_out else "optIn"
    return EffectiveOpt(opt_type=opt_type, source=Source.SCHEDULE)


def _counts(word: Response, event: Event) -> bool:
    return word.status in _ANSWERS and word.version == event.version
