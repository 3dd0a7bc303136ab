"""A round from self-rating to publication: what is refused, what is drawn, who is blind, appeals, history."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction

from tests import factories
from tests.systems.stars.conftest import FULL, MIDDLE, World
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs.enqueue import run_pending
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.notices.models import Notice
from xuequ.record import evidence
from xuequ.record.models import Indicator
from xuequ.systems.stars.choices import ApplicationState, Deed, Ground, RoundState, SettledBy
from xuequ.systems.stars.models import (
    Application,
    ItemEvidence,
    Round,
    SecondRater,
    SelfRating,
    SettledPoints,
)
from xuequ.systems.stars.outlook import actions as outlook
from xuequ.systems.stars.outlook.queries import latest, of_school
from xuequ.systems.stars.pathway.queries import way_of
from xuequ.systems.stars.rounds import actions, appeals, queries
from xuequ.systems.stars.second import actions as second
from xuequ.systems.stars.second.asking import assign_evenly
from xuequ.systems.stars.selfrating import actions as selfrating

TIGHT = {**MIDDLE, "A1": 0.0}


def test_only_points_of_the_scheme_are_taken(world: World) -> None:
    for code, points in (("A1", 2.0), ("A1", 3.5), ("B1", 0.25), ("X", 1.0)):
        with pytest.raises(Refused):
            selfrating.rate(actor=world.head(), application=world.application(), code=code, points=points)
    assert not SelfRating.objects.exists()


def test_half_points_are_kept_exactly(world: World) -> None:
    selfrating.rate(actor=world.head(), application=world.application(), code="B1", points=3.5)
    assert str(SelfRating.objects.get().points) == "3.50"


def test_only_the_school_fills_in_and_only_its_head_hands_in(world: World) -> None:
    found = world.fill()
    administrator = factories.make_actor(Role.SCHOOL_ADMINISTRATOR, school=world.schools[0])
    selfrating.rate(actor=administrator, application=found, code="A1", points=3)
    with pytest.raises(Forbidden):
        selfrating.hand_in(actor=administrator, application=found)
    for actor in (
        world.head(1),
        world.manager,
        world.rater(),
        factories.make_actor(Role.TEACHER, school=world.schools[0]),
    ):
        with pytest.raises(Forbidden):
            selfrating.rate(actor=actor, application=found, code="A1", points=3)
    assert selfrating.hand_in(actor=world.head(), application=found).self_total == 7


def test_what_is_not_complete_is_not_handed_in(world: World) -> None:
    selfrating.rate(actor=world.head(), application=world.application(), code="A1", points=3)
    with pytest.raises(Refused, match="A2"):
        selfrating.hand_in(actor=world.head(), application=world.application())


def test_after_handing_in_nothing_changes_unless_it_is_returned(world: World) -> None:
    found = world.hand_in()
    with pytest.raises(Refused):
        selfrating.rate(actor=world.head(), application=found, code="A1", points=3)
    actions.return_to_school(actor=world.manager, application=found, reason="补一张照片")
    selfrating.rate(actor=world.head(), application=found, code="A1", points=3)
    assert list(found.history.order_by("-id").values_list("deed", flat=True))[:2] == [
        Deed.RATED,
        Deed.RETURNED,
    ]


def test_a_year_has_one_round_on_a_scheme(world: World) -> None:
    with pytest.raises(Refused):
        actions.open_round(
            actor=world.manager, version=world.version, year=world.round.year, title="x",
            self_until=dt.date(2026, 4, 1), second_until=dt.date(2026, 5, 1), schools=world.schools,
        )  # fmt: skip


def test_the_lot_and_all_borderline_cases_are_drawn_with_their_ground(world: World) -> None:
    Round.objects.filter(pk=world.round.pk).update(margin=0.5)
    world.round.refresh_from_db()
    for at in range(5):
        world.hand_in(at, FULL if at else TIGHT)  # 4 points: half below and 1 off the cut-off of 5
    Application.objects.filter(school=world.schools[0]).update(self_total=4.5)
    found = actions.begin_second(actor=world.manager, found=world.round, seed=11)
    again = Round.objects.get(pk=found.pk)
    grounds = dict(found.applications.values_list("school__code", "ground"))
    lot = [code for code, ground in grounds.items() if ground in (Ground.SAMPLE, Ground.BOTH)]
    assert len(lot) == 2, "two fifths of five"
    assert grounds[world.schools[0].code] in (Ground.BORDERLINE, Ground.BOTH)
    assert (again.seed, again.state) == (11, RoundState.SECOND)
    with pytest.raises(Refused):
        actions.begin_second(actor=world.manager, found=found)


def test_who_hands_in_after_the_draw_is_rated_a_second_time(world: World) -> None:
    world.hand_in(1)
    world.drawn(share=0.0)
    assert world.application(1).ground == ""
    assert world.hand_in(0).ground == Ground.LATE


def test_nobody_rates_where_there_is_a_role_nor_without_a_raters_role(world: World) -> None:
    world.all_handed_in()
    world.drawn()
    tied = factories.make_account(Role.EXPERT)
    factories.give_role(tied, Role.TEACHER, school=world.schools[0])
    for account in (tied, world.heads[1], factories.make_account(Role.GUARDIAN)):
        with pytest.raises(Refused):
            second.assign(actor=world.manager, application=world.application(), accounts=[account])
    assert not SecondRater.objects.exists()


def test_schools_are_shared_out_evenly(world: World) -> None:
    world.all_handed_in()
    world.drawn()
    assert assign_evenly(actor=world.manager, found=world.round, accounts=world.raters, each=2) == 10
    loads = [SecondRater.objects.filter(rater=account).count() for account in world.raters]
    assert max(loads) - min(loads) <= 1
    with pytest.raises(Refused):
        assign_evenly(actor=world.manager, found=world.round, accounts=world.raters, each=2)


def test_raters_are_blind_until_they_hand_in(world: World) -> None:
    world.all_handed_in()
    world.drawn()
    world.rate(0, 1, FULL, hand_in=False)
    supervisor = world.rater(1)
    assert queries.is_blind(supervisor, world.application())
    assert not queries.is_blind(supervisor, world.application(1))
    second.hand_in_second(actor=supervisor, second=SecondRater.objects.get())
    assert not queries.is_blind(supervisor, world.application())


def test_a_rating_is_its_raters_own_and_final(world: World) -> None:
    world.all_handed_in()
    world.drawn()
    world.rate(0, 0, hand_in=False)
    row = SecondRater.objects.get()
    with pytest.raises(Forbidden):
        second.rate_second(actor=world.rater(1), second=row, code="A1", points=3)
    second.hand_in_second(actor=world.rater(0), second=row)
    with pytest.raises(Refused):
        second.rate_second(actor=world.rater(0), second=row, code="A1", points=3)


def settled(world: World, at: int = 0) -> Application:
    return second.settle(actor=world.manager, application=world.application(at))


def test_raters_who_agree_settle_and_who_differ_wait_for_a_decision(world: World) -> None:
    world.all_handed_in()
    world.drawn()
    world.rate(0, 0, {**MIDDLE, "A1": 3.0, "B1": 4.0})
    world.rate(0, 1, {**MIDDLE, "A1": 1.5, "B1": 2.0})
    with pytest.raises(Refused, match="B1"):
        settled(world)
    second.decide(
        actor=world.manager, application=world.application(), code="B1", points=3.5, note="看了台账"
    )
    found = settled(world)
    points = {row.item: row for row in SettledPoints.objects.filter(is_current=True)}
    # 1.5 and 3 are neighbours: their mean 2.25, rounded half up to half a point.
    assert float(points["A1"].points) == 2.5
    assert points["A1"].rests_on == SettledBy.RATERS
    assert points["B1"].rests_on == SettledBy.DECIDED
    assert float(found.district_total or 0) == 2.5 + 1 + 3.5 + 1
    assert found.district_low is not None
    assert found.district_low < found.district_total < (found.district_high or 0)
    assert found.state == ApplicationState.SETTLED


def test_a_school_that_was_not_drawn_keeps_its_own_points(world: World) -> None:
    world.all_handed_in()
    world.drawn(share=0.0)
    found = settled(world)
    assert found.district_total == found.self_total
    assert found.district_low is None
    assert set(SettledPoints.objects.values_list("rests_on", flat=True)) == {SettledBy.SELF}


def test_an_appeal_changes_points_and_keeps_what_stood_before(world: World) -> None:
    world.all_handed_in()
    world.drawn(share=0.0)
    found = settled(world)
    with pytest.raises(Forbidden):
        appeals.file_appeal(actor=world.head(1), application=found, code="A1", text="应得满分")
    appeal = appeals.file_appeal(actor=world.head(), application=found, code="A1", text="应得满分")
    with pytest.raises(Refused):
        appeals.file_appeal(actor=world.head(), application=found, code="A1", text="再说一次")
    with pytest.raises(Refused):
        actions.close_round(actor=world.manager, found=world.round)
    before = float(found.district_total or 0)
    appeals.answer(actor=world.manager, appeal=appeal, points=3.0, text="同意")
    found.refresh_from_db()
    assert float(found.district_total or 0) == before + 1.5
    rows = SettledPoints.objects.filter(application=found, item="A1").order_by("pk")
    assert [(float(row.points), row.is_current) for row in rows] == [(1.5, False), (3.0, True)]
    with pytest.raises(Refused):
        appeals.answer(actor=world.manager, appeal=appeal, points=None, text="又一次")


def test_a_closed_round_publishes_and_next_years_begins_with_what_was_handed_in(world: World) -> None:
    with transaction.atomic():
        upload = ContentFile(b"%PDF-1.4\n%%EOF\n", name="a.pdf")
        piece = evidence.attach_file(
            actor=world.head(), system="stars", school=world.schools[0], title="证", upload=upload
        )
        selfrating.attach(actor=world.head(), application=world.application(), code="A1", evidence=piece)
    world.all_handed_in()
    world.drawn()
    for at in range(5):
        world.rate(at, 0)
        world.rate(at, 1, {**MIDDLE, "B2": 1.5})
        settled(world, at)
    actions.close_round(actor=world.manager, found=world.round)
    assert [task.state for task in run_pending()] == ["succeeded"]
    assert not Notice.objects.filter(kind="stars-self-rating", resolved=None).exists()
    scores = Indicator.objects.filter(code="stars.district_score", superseded=None)
    assert scores.count() == 5
    assert all(row.low is not None and row.low < row.value < row.high for row in scores)
    # The next star (5 points) is reached already; four stars ask for 8 points and 4 in A: A1 in full and B1 in full.
    costs = set(Indicator.objects.filter(code="stars.shortfall_yuan").values_list("value", flat=True))
    assert costs == {way_of(Actor.system(factories.DAY), world.application()).path.cost}  # type: ignore[union-attr]
    later = actions.open_round(
        actor=world.manager, version=world.version, year=factories.make_year(2026), title="下一轮",
        self_until=dt.date(2026, 10, 1), second_until=dt.date(2026, 11, 1), schools=world.schools,
    )  # fmt: skip
    new = later.applications.get(school=world.schools[0])
    assert set(new.self_ratings.values_list("item", "carried")) == {(code, True) for code in MIDDLE}
    assert ItemEvidence.objects.filter(application=new, evidence=piece).exists()
    with pytest.raises(Refused):
        selfrating.hand_in(actor=world.head(), application=new)
    assert selfrating.confirm_carried(actor=world.head(), application=new) == 4
    selfrating.hand_in(actor=world.head(), application=new)


def test_the_pre_assessment_is_computed_and_a_school_has_its_own(world: World) -> None:
    world.all_handed_in()
    world.drawn(share=0.6)
    with pytest.raises(Refused):
        outlook.start(actor=world.manager, found=world.round)
    chosen = [at for at in range(5) if world.application(at).ground]
    for at in chosen:
        world.rate(at, 0)
        world.rate(at, 1, {**MIDDLE, "B2": 1.5})
    outlook.start(actor=world.manager, found=world.round)
    run_pending()
    found = latest(world.round)
    assert found is not None
    assert found.schools.count() == 5
    own = of_school(world.application())
    assert own is not None
    assert sum(own.chances) == pytest.approx(1)
    assert Indicator.objects.filter(run=found.run).count() == 0, "what is foreseen is published nowhere"


def test_too_few_second_ratings_are_a_refusal_with_its_reason(world: World) -> None:
    world.all_handed_in()
    world.drawn(share=0.2)
    at = next(at for at in range(5) if world.application(at).ground)
    world.rate(at, 0)
    world.rate(at, 1)
    outlook.start(actor=world.manager, found=world.round)
    run_pending()
    assert latest(world.round) is None


@pytest.mark.django_db(transaction=True)
def test_a_step_that_breaks_off_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.systems.stars.conftest import build_world

    world = build_world(2)
    world.all_handed_in()
    world.drawn(share=0.0)

    def break_off(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("killed here")

    monkeypatch.setattr("xuequ.systems.stars.second.actions.history.note", break_off)
    with pytest.raises(RuntimeError):
        settled(world)
    found = world.application()
    assert found.state == ApplicationState.HANDED_IN
    assert found.district_total is None
    assert not SettledPoints.objects.exists()
    assert not connection.in_atomic_block


def test_shared_practice_is_the_heads_word_and_can_be_taken_back(world: World) -> None:
    scheme, school = world.version.scheme, world.schools[0]
    with pytest.raises(Forbidden):
        selfrating.share_practice(actor=world.manager, school=school, scheme=scheme, item="B1", text="x")
    row = selfrating.share_practice(
        actor=world.head(), school=school, scheme=scheme, item="B1", text="每周教研"
    )
    world.fill(1, {**MIDDLE, "B1": 0.0})
    way = way_of(world.head(1), world.application(1), 4)
    assert [one.school for step in way.steps for one in step.shared] == [school]
    selfrating.end_practice(actor=world.head(), practice=row)
    way = way_of(world.head(1), world.application(1), 4)
    assert not any(step.shared for step in way.steps)
