"""Whatever may be asked comes through every form that it takes on its way, and out as valid XML.

What an operator sends (JSON) is judged by the core, kept in the feed (JSON), read again, and told
in 2030.5, where each number is held against what was sent.
"""

import random
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pydantic import TypeAdapter

from schemas.sep2 import Profile, encode
from server.admin.curvemodels import CurveIn
from server.admin.models import DefaultIn
from server.admin.views import ControlsView, SettingsView
from server.core.apply import apply
from server.core.book import Book
from server.core.command import AddCurve, CreateProgram, SetDefault
from server.core.curve import (
    Curve,
    CurveKind,
    CurvePoint,
    CurveReference,
    CurveShape,
    references_of,
)
from server.core.curves import sole_reference
from server.core.decide import decide
from server.core.inverter import DefaultSettings, FrequencyDroop
from server.core.model import (
    Controls,
    CurveId,
    Mrid,
    PowerFactor,
    ProgramId,
    VarReference,
    VarShare,
)
from server.sep2.project_curve import curve, in_order
from server.sep2.project_program import default_control
from server.store import codec

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEVELS = {
    CurveKind.WATT_PF: st.integers(1, 10_000).map(lambda n: n / 10_000),
    CurveKind.VOLT_VAR: st.floats(min_value=-100, max_value=100).map(lambda x: round(x, 4)),
}


def whole(most: int, places: int = 2) -> st.SearchStrategy[float]:
    return st.integers(0, most).map(lambda n: n / 10**places)


@st.composite
def shapes(draw: st.DrawFn, kind: CurveKind) -> CurveShape:
    excited = st.booleans() if kind is CurveKind.WATT_PF else st.none()
    level = LEVELS.get(kind, whole(100_000, 3))
    points = st.builds(CurvePoint, x=whole(100_000, 3), y=level, is_under_excited=excited)
    shape = CurveShape(
        kind=kind,
        points=tuple(draw(st.lists(points, min_size=1, max_size=10))),
        y_reference=draw(st.sampled_from(references_of(kind))),
        open_loop_s=draw(st.none() | whole(65_535)),
        ramp_down_percent_per_s=draw(st.none() | whole(65_535)),
        ramp_up_percent_per_s=draw(st.none() | whole(65_535)),
        filter_s=draw(st.none() | whole(65_535)),
    )
    if kind is not CurveKind.VOLT_VAR:
        return shape
    return replace(
        shape,
        v_ref_percent=draw(st.none() | whole(10_000)),
        autonomous_v_ref=draw(st.booleans()),
        autonomous_v_ref_s=draw(whole(2**32 - 1)),
    )


FACTORS = st.builds(
    PowerFactor, cosine=st.floats(min_value=0.001, max_value=1), is_under_excited=st.booleans()
)
POWERS = st.floats(min_value=-1e12, max_value=1e12)
LIMITS = st.floats(min_value=0, max_value=1e12)
PERCENTS = st.floats(min_value=-100, max_value=100)
ACTIVE = (
    {"fixed_w_percent": PERCENTS},
    {"target_w": POWERS},
    {"max_limit_percent": whole(10_000, 2)},
    {"fixed_w_percent": whole(5000), "max_limit_percent": whole(10_000).map(lambda x: max(x, 50))},
)
REACTIVE = (
    {"fixed_var": st.builds(VarShare, percent=PERCENTS, reference=st.sampled_from(VarReference))},
    {"target_var": POWERS},
    {"fixed_pf_absorb": FACTORS, "fixed_pf_inject": FACTORS},
)
"""What sets the same in several ways."""
OTHERS = {
    "connect": st.just(True),
    "energize": st.just(True),
    "export_limit_w": LIMITS,
    "import_limit_w": LIMITS,
    "generation_limit_w": LIMITS,
    "load_limit_w": LIMITS,
    "storage_target_w": POWERS,
    "freq_droop": st.builds(
        FrequencyDroop,
        over_dead_band_hz=whole(1_000_000, 3),
        under_dead_band_hz=whole(1_000_000, 3),
        over_slope=whole(65_535, 3),
        under_slope=whole(65_535, 3),
        open_loop_s=whole(65_535),
    ),
    **{kind.value: st.just(f"v{number}") for number, kind in enumerate(CurveKind, start=2)},
    "ramp_s": whole(65_535),
}


@st.composite
def asked(draw: st.DrawFn) -> Controls:
    if draw(st.integers(0, 9)) == 0:
        return Controls(connect=draw(st.booleans()), energize=False)
    active, reactive = draw(st.sampled_from(ACTIVE)), draw(st.sampled_from(REACTIVE))
    modes = {**OTHERS, **active, **reactive}
    return Controls(**draw(st.fixed_dictionaries({}, optional=modes)))


SETTINGS = st.builds(
    DefaultSettings,
    enter_service_delay_s=st.none() | whole(2**32 - 1),
    enter_service_random_delay_s=st.none() | whole(2**32 - 1),
    enter_service_ramp_s=st.none() | whole(2**32 - 1),
    enter_service_low_hz=st.none() | whole(6000),
    enter_service_high_hz=st.none() | st.integers(6000, 65_535).map(lambda n: n / 100),
    enter_service_low_v_percent=st.none() | whole(10_000),
    enter_service_high_v_percent=st.none() | st.integers(10_000, 32_767).map(lambda n: n / 100),
    ramp_percent_per_s=st.none() | whole(65_535),
    soft_start_percent_per_s=st.none() | whole(65_535),
)


class Feed:
    """A book that knows changes only as they come out of the feed."""

    def __init__(self) -> None:
        self.book = Book()

    def do(self, command):
        changes = decide(self.book, command, now=NOON, rng=random.Random(1), pen=28547)
        for change in changes:
            seq = self.book.head + 1
            apply(self.book, codec.decode(seq, *codec.encode(change)), seq=seq)
        return self.book

    @property
    def program(self):
        (found,) = self.book.programs.values()
        return found


def new_feed() -> Feed:
    feed = Feed()
    feed.do(CreateProgram(name="p", primacy=1, groups=frozenset(), market_context="urn:x"))
    return feed


@pytest.fixture(scope="session")
def bent() -> Feed:
    """A feed with one curve of each kind, in their order."""
    feed = new_feed()
    for kind in CurveKind:
        excited = True if kind is CurveKind.WATT_PF else None
        point = CurvePoint(x=1.0, y=1.0, is_under_excited=excited)
        shape = CurveShape(kind=kind, points=(point,), y_reference=references_of(kind)[0])
        feed.do(AddCurve(program_id=feed.program.id, name=kind, shape=shape))
    return feed


@settings(max_examples=40, deadline=None)
@given(controls=asked(), wanted=SETTINGS)
def test_what_a_default_may_ask_is_told_in_valid_xml(bent, known_schema, controls, wanted):
    sent = TypeAdapter(ControlsView).dump_json(controls).decode()
    set_to = TypeAdapter(SettingsView).dump_json(wanted).decode()
    read = DefaultIn.model_validate_json(f'{{"controls": {sent}, "settings": {set_to}}}')
    wish = SetDefault(program_id=bent.program.id, controls=read.controls, settings=read.settings)
    bent.do(wish)
    assert (bent.program.default, bent.program.default_settings) == (controls, wanted)
    told = default_control(bent.program, "d1")
    tree = etree.fromstring(encode(told, profile=Profile.CSIPAUS_13))
    written = {etree.QName(node).localname for node in tree.find("{*}DERControlBase")}
    assert len(written) == len(controls.modes) + (controls.ramp_s is not None)
    if known_schema is not None:
        for profile in (Profile.PLAIN, Profile.CSIPAUS_12):
            known_schema.assertValid(etree.fromstring(encode(told, profile=profile)))


@settings(max_examples=60, deadline=None)
@given(shape=st.sampled_from(CurveKind).flatmap(shapes))
def test_a_curve_is_told_exactly_as_it_was_sent(known_schema, shape):
    sent = TypeAdapter(CurveShape).dump_json(shape).decode()
    body = CurveIn.model_validate_json(f'{{"name": "curve", {sent[1:]}')
    if len(references_of(shape.kind)) == 1:
        assert sole_reference(shape.kind) is body.y_reference
    feed = new_feed()
    feed.do(AddCurve(program_id=feed.program.id, name=body.name, shape=shape))
    (made,) = feed.book.curves.values()
    assert made.shape == shape
    told = curve(made, "d1")
    for point, wanted in zip(told.CurveData_, shape.points, strict=True):
        assert Decimal(point.xvalue).scaleb(told.xMultiplier) == Decimal(repr(wanted.x))
        assert Decimal(point.yvalue).scaleb(told.yMultiplier) == Decimal(repr(wanted.y))
        assert point.excitation is wanted.is_under_excited
    for element, name in TIMINGS.items():
        value, wanted = getattr(told, element), getattr(shape, name)
        assert (value is None) == (wanted is None)
        assert value is None or Decimal(value).scaleb(-2) == Decimal(repr(wanted))
    if known_schema is not None:
        known_schema.assertValid(etree.fromstring(encode(told, profile=Profile.PLAIN)))


TIMINGS = {
    "openLoopTms": "open_loop_s",
    "rampDecTms": "ramp_down_percent_per_s",
    "rampIncTms": "ramp_up_percent_per_s",
    "rampPT1Tms": "filter_s",
    "vRef": "v_ref_percent",
    "autonomousVRefTimeConstant": "autonomous_v_ref_s",
}


def test_curves_are_ordered_newest_first_then_by_mrid():
    shape = CurveShape(
        kind=CurveKind.HFRT_MAY_TRIP,
        points=(CurvePoint(x=1.0, y=61.0),),
        y_reference=CurveReference.NONE,
    )
    made = [
        Curve(
            id=CurveId(f"v{number}"),
            mrid=Mrid(mrid),
            program_id=ProgramId("p"),
            name=mrid,
            shape=shape,
            created_at=NOON.replace(second=second, microsecond=number),
        )
        for number, (mrid, second) in enumerate([("B", 0), ("A", 0), ("C", 0), ("0", 1)])
    ]
    assert [one.mrid for one in in_order(made)] == ["0", "C", "B", "A"]
