from dataclasses import replace

import pytest

from server.core.command import AddDevice, ChangeMembers, CreateGroup, CreateProgram, SetDefault
from server.core.model import (
    Controls,
    DeviceId,
    GroupId,
    Language,
    Lfdi,
    PowerFactor,
    ProgramId,
    VarReference,
    VarShare,
)
from server.errors import Conflict, Invalid, Unknown

GROUP = CreateGroup(name="all", joins_new_devices=True)
PROGRAM = CreateProgram(
    name="summer",
    primacy=3,
    groups=frozenset({GroupId("g1")}),
    market_context="http://utility.example/summer",
)


def test_programs_reach_devices_through_groups_in_order_of_primacy(world):
    world.do(GROUP)
    world.do(PROGRAM)
    world.do(replace(PROGRAM, name="feeder", primacy=1, market_context="urn:x-grid:feeder"))
    world.do(replace(PROGRAM, name="other", groups=frozenset(), market_context="urn:x:o"))
    world.do(AddDevice(name="roof", language=Language.SEP2, lfdi=Lfdi("A" * 40)))
    device_id = world.book.device_by_lfdi["A" * 40]
    assert [p.name for p in world.book.programs_of(device_id)] == ["feeder", "summer"]
    assert [p.name for p in world.book.programs_of_group(GroupId("g1"))] == ["feeder", "summer"]
    assert world.book.programs_of(DeviceId("d99")) == ()


def test_mrids_end_in_the_pen_as_decimal_digits(world):
    world.do(GROUP)
    mrid = world.book.groups[GroupId("g1")].mrid
    assert len(mrid) == 32
    assert mrid.endswith("00028547")
    assert mrid == mrid.upper()


def test_members_move_and_repeats_change_nothing(world):
    world.do(GROUP)
    world.do(CreateGroup(name="some"))
    world.do(AddDevice(name="roof", language=Language.SEP2, lfdi=Lfdi("A" * 40)))
    device_id = world.book.device_by_lfdi["A" * 40]
    join = ChangeMembers(group_id=GroupId("g2"), add=frozenset({device_id}))
    assert len(world.do(join)) == 1
    assert world.do(join) == ()
    leave = ChangeMembers(group_id=GroupId("g2"), remove=frozenset({device_id}))
    assert len(world.do(leave)) == 1
    assert [g.id for g in world.book.groups_of(device_id)] == ["g1"]


def test_a_default_carries_a_version_that_rises(world):
    world.do(GROUP)
    world.do(PROGRAM)
    default = SetDefault(program_id=ProgramId("p2"), controls=Controls(max_limit_percent=40.0))
    before = world.book.revision_by_program[ProgramId("p2")]
    world.do(default)
    assert world.do(default) == ()
    program = world.book.programs[ProgramId("p2")]
    assert (program.default_version, program.default.max_limit_percent) == (1, 40.0)
    assert world.book.revision_by_program[program.id] > before


ROOF = frozenset({DeviceId("d9")})
FACTOR = PowerFactor(cosine=0.9, is_under_excited=True)


@pytest.mark.parametrize(
    ("command", "kind", "pointer"),
    [
        (replace(GROUP, members=ROOF, name="new"), Invalid, "/members"),
        (GROUP, Conflict, ""),
        (ChangeMembers(group_id=GroupId("g9")), Unknown, ""),
        (ChangeMembers(group_id=GroupId("g1"), add=ROOF), Invalid, "/add"),
        (ChangeMembers(group_id=GroupId("g1"), remove=ROOF), Invalid, "/remove"),
        (
            ChangeMembers(
                group_id=GroupId("g1"),
                add=frozenset({DeviceId("d4")}),
                remove=frozenset({DeviceId("d4")}),
            ),
            Invalid,
            "/remove",
        ),
        (PROGRAM, Conflict, ""),
        (replace(PROGRAM, name="new", market_context="nothing"), Invalid, "/market_context"),
        (replace(PROGRAM, market_context="urn:x:new"), Conflict, ""),
        (replace(PROGRAM, primacy=256), Invalid, "/primacy"),
        (replace(PROGRAM, groups=frozenset({GroupId("g9")})), Invalid, "/groups"),
        (SetDefault(program_id=ProgramId("p9"), controls=Controls()), Unknown, ""),
    ],
)
def test_what_makes_no_sense_is_refused(world, command, kind, pointer):
    world.do(GROUP)
    world.do(PROGRAM)
    world.do(AddDevice(name="roof", language=Language.SEP2, lfdi=Lfdi("A" * 40)))
    head = world.book.head
    with pytest.raises(kind) as caught:
        world.do(command)
    assert caught.value.pointer == pointer
    assert world.book.head == head


@pytest.mark.parametrize(
    ("controls", "pointer"),
    [
        (Controls(max_limit_percent=100.1), "/max_limit_percent"),
        (Controls(max_limit_percent=-0.1), "/max_limit_percent"),
        (Controls(fixed_w_percent=-101.0), "/fixed_w_percent"),
        (Controls(target_w=float("inf")), "/target_w"),
        (Controls(target_var=float("nan")), "/target_var"),
        (Controls(export_limit_w=-1.0), "/export_limit_w"),
        (Controls(connect=True, ramp_s=700.0), "/ramp_s"),
        (Controls(fixed_pf_inject=replace(FACTOR, cosine=0.0)), "/fixed_pf_inject/cosine"),
        (Controls(fixed_pf_absorb=replace(FACTOR, cosine=1.01)), "/fixed_pf_absorb/cosine"),
        (
            Controls(fixed_var=VarShare(percent=101.0, reference=VarReference.MAX_W)),
            "/fixed_var/percent",
        ),
        (Controls(fixed_w_percent=1.0, target_w=5.0), "/target_w"),
        (Controls(target_var=1.0, fixed_pf_inject=FACTOR), "/fixed_pf_inject"),
        (Controls(connect=False, target_w=5.0), ""),
        (Controls(energize=False, max_limit_percent=5.0, target_var=1.0), ""),
        (Controls(max_limit_percent=5.0, fixed_w_percent=6.0), "/fixed_w_percent"),
    ],
)
def test_controls_out_of_range_or_at_odds_are_refused(world, controls, pointer):
    world.do(GROUP)
    world.do(PROGRAM)
    with pytest.raises(Invalid) as caught:
        world.do(SetDefault(program_id=ProgramId("p2"), controls=controls))
    assert caught.value.pointer == f"/controls{pointer}"


def test_a_device_that_is_switched_off_agrees_with_every_limit(world):
    world.do(GROUP)
    world.do(PROGRAM)
    site = {"export_limit_w": 1.0, "import_limit_w": 1.0, "generation_limit_w": 0.0}
    off = Controls(connect=False, energize=False, max_limit_percent=5.0, load_limit_w=0.0, **site)
    world.do(SetDefault(program_id=ProgramId("p2"), controls=off))
    assert world.book.programs[ProgramId("p2")].default == off


def test_controls_within_range_are_taken(world):
    world.do(GROUP)
    world.do(PROGRAM)
    controls = Controls(
        connect=True,
        fixed_pf_inject=FACTOR,
        fixed_pf_absorb=FACTOR,
        max_limit_percent=100.0,
        fixed_w_percent=-100.0,
        export_limit_w=0.0,
        ramp_s=655.35,
    )
    assert len(world.do(SetDefault(program_id=ProgramId("p2"), controls=controls))) == 1
    share = Controls(fixed_var=VarShare(percent=-100.0, reference=VarReference.MAX_VAR))
    assert len(world.do(SetDefault(program_id=ProgramId("p2"), controls=share))) == 1
