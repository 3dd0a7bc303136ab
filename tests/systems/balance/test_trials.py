"""Trials: several changes judged together equal the changed figures, and are kept for their author alone."""

from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import factories as make
from tests.systems.balance.conftest import AMPLE, World, ample_book, give, signed_in
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.systems.balance import actions, queries
from xuequ.systems.balance.models import Trial, Value
from xuequ.systems.balance.trials import actions as trials
from xuequ.systems.balance.trials import outcomes
from xuequ.systems.balance.trials import queries as held
from xuequ.systems.balance.trials.changes import MOST_CHANGES, Change, laid_over, read

YEAR = "2025-2026"


@pytest.fixture
def judged(world: World, officer: Actor) -> World:
    """A school without multimedia rooms and with small grounds: the county does not pass."""
    give(world.year, {(world.first, "", "multimedia_rooms"): 0, (world.first, "", "sports_grounds_m2"): 5})
    actions.judge_year(actor=officer, year=world.year)
    return world


def change(school, fact: str, number: str, *, more: bool = False, part: str = "") -> Change:
    return Change(str(school.uid), part, fact, Decimal(number), more)


CHANGE = st.builds(
    Change,
    st.sampled_from([f"uid-{pk}" for pk in range(1, 6)]),
    st.just(""),
    st.sampled_from(sorted(AMPLE)),
    st.integers(0, 30).map(Decimal),
    st.booleans(),
)


@settings(max_examples=60)
@given(st.lists(CHANGE, max_size=6))
def test_changes_add_up_one_after_the_other_and_the_book_stays(changes: list[Change]) -> None:
    book = ample_book()
    before, expected = dict(book.values), dict(book.values)
    for one in changes:
        place = (int(one.school.removeprefix("uid-")), "", one.fact)
        expected[place] = expected[place] + one.number if one.more else one.number
    changed, steps = laid_over(book, changes)
    assert changed.values == expected
    assert book.values == before
    assert [step.change for step in steps] == changes
    assert read(one.written() for one in changes) == tuple(changes)


def test_a_part_grows_from_its_share_of_the_whole(world: World) -> None:
    book = queries.book_of(world.year)
    _book, (step,) = laid_over(book, [change(world.nine, "backbone_teachers", "1", more=True, part="junior")])
    # One backbone teacher for twelve and six pupils: a third belongs to the junior part.
    assert step.before == Decimal("0.3333")
    assert step.after == Decimal("1.3333")


def test_what_cannot_be_is_refused_with_the_school(world: World) -> None:
    book, first = queries.book_of(world.year), world.first
    refused = {
        change(first, "pupils", "0"): "没有学生的学校",
        change(first, "backbone_teachers", "-2", more=True): first.name,
        change(first, "backbone_teachers", "0.5", more=True): "整数",
        change(first, "backbone_teachers", "1", part="junior"): "没有初中部",
        change(world.nine, "pupils", "30"): world.nine.name,
        Change("c0ffee00-0000-4000-8000-000000000000", "", "backbone_teachers", Decimal(1)): "不在",
    }
    with override("zh-hans"):
        for one, why in refused.items():
            with pytest.raises(Refused, match=why):
                laid_over(book, [one])
        with pytest.raises(Refused, match="尚不清楚"):
            unknown = {k: v for k, v in book.values.items() if k != (first.pk, "", "multimedia_rooms")}
            laid_over(
                type(book)(book.year, book.schools, unknown),
                [change(first, "multimedia_rooms", "1", more=True)],
            )


@pytest.mark.parametrize(
    "text", ["", "a~b", "x~~charter~set~1", "x~~pupils~take~1", "x~~pupils~set~NaN", "x~~pupils~set~1e99"]
)
def test_an_address_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(Refused):
        read([text])


def test_a_trial_has_an_end() -> None:
    with pytest.raises(Refused, match=str(MOST_CHANGES)):
        read(["x~~pupils~set~1"] * (MOST_CHANGES + 1))


def test_several_changes_are_judged_together(judged: World, officer: Actor) -> None:
    rooms, grounds = (
        change(judged.first, "multimedia_rooms", "2", more=True),
        change(judged.first, "sports_grounds_m2", "240"),
    )
    found = outcomes.outcome(officer, judged.year, {"": [rooms, grounds]})
    county, coefficients, schools = found.figures
    _verdict, complying, _over = county.rows
    assert complying.cells[1:] == ("6/7", "7/7")
    changed = [row for row in coefficients.rows if "·" in str(row.cells[3])]
    assert {row.key for row in changed} == {"primary R5", "primary R7"}
    assert len(schools.rows) == 2
    book = queries.book_of(judged.year)
    stored = laid_over(book, [rooms, grounds])[0]
    (tried,) = actions.try_out(actor=officer, year=judged.year, books=[stored])
    give(
        judged.year, {(judged.first, "", "multimedia_rooms"): 2, (judged.first, "", "sports_grounds_m2"): 240}
    )
    assert actions.judge_year(actor=officer, year=judged.year).verdict == tried.verdict


def test_a_draft_is_its_authors_alone(judged: World) -> None:
    author, other = make.make_actor(Role.DISTRICT_OFFICER), make.make_actor(Role.BUREAU_LEADER)
    changes = [change(judged.first, "multimedia_rooms", "2")]
    made = trials.keep(actor=author, year=judged.year, name=" 方案一 ", changes=changes)
    again = trials.keep(actor=author, year=judged.year, name="方案一", changes=[*changes, *changes])
    assert (again.pk, again.name, len(again.changes)) == (made.pk, "方案一", 2)
    assert held.trial(other, judged.year, made.uid) is None
    with pytest.raises(Forbidden):
        trials.drop(actor=other, trial=made)
    with pytest.raises(Forbidden):
        trials.keep(
            actor=make.make_actor(Role.HEAD, school=judged.first), year=judged.year, name="x", changes=changes
        )
    for name, said in (("", changes), ("空", [])):
        with pytest.raises(Refused):
            trials.keep(actor=author, year=judged.year, name=name, changes=said)
    trials.drop(actor=author, trial=made)
    assert not Trial.objects.exists()
    verbs = AuditEvent.objects.filter(verb__startswith="balance.trial").values_list("verb", flat=True)
    assert list(verbs) == [
        "balance.trial.kept", "balance.trial.kept", "balance.trial.dropped",
    ]  # fmt: skip


def test_drafts_have_an_end(judged: World, officer: Actor) -> None:
    changes = [change(judged.first, "multimedia_rooms", "2")]
    for n in range(trials.MOST_DRAFTS):
        trials.keep(actor=officer, year=judged.year, name=f"{n}", changes=changes)
    trials.keep(actor=officer, year=judged.year, name="3", changes=changes)
    with pytest.raises(Refused):
        trials.keep(actor=officer, year=judged.year, name="more", changes=changes)


def test_the_pages_add_drop_keep_and_compare(judged: World) -> None:
    client, before = signed_in(make.make_account(Role.RESEARCHER)), Value.objects.count()
    url = reverse("balance:what-if", args=[YEAR])
    assert "不改动" in client.get(url).content.decode()
    data = {
        "add": "1",
        "school": str(judged.first.uid),
        "part": "",
        "fact": "multimedia_rooms",
        "how": "add",
        "number": "2",
    }
    first = client.get(url, data)
    assert first.status_code == 302
    page = client.get(first.url)
    assert "12.50" in page.content.decode()
    one = change(judged.first, "multimedia_rooms", "2", more=True).written()
    second = client.get(url, data | {"c": one, "fact": "sports_grounds_m2", "how": "set", "number": "240"})
    page = client.get(second.url).content.decode()
    assert page.count(judged.first.name) > 3
    assert "0 间 → 2 间" in page
    # The way back to a trial without the first change.
    assert "multimedia_rooms" not in client.get(second.url).context["lines"][0][1]
    wrong = client.get(url, data | {"fact": "pupils", "how": "set", "number": "0"})
    assert "没有学生的学校" in wrong.content.decode()
    assert "无法识别" in client.get(url, {"c": "nonsense"}).content.decode()
    keep = reverse("balance:trial-keep", args=[YEAR])
    both = [one, change(judged.first, "sports_grounds_m2", "240").written()]
    kept = client.post(keep, {"c": both, "name": "方案一"})
    client.post(keep, {"c": one, "name": "方案二"})
    assert client.post(keep, {"c": one, "name": ""}).url.startswith(url)
    draft, other = Trial.objects.order_by("name")
    assert kept.url == reverse("balance:trial", args=[YEAR, draft.uid])
    shown = client.get(kept.url).content.decode()
    assert 'data-mark="预估"' in shown
    assert "方案二" in shown
    beside = client.get(reverse("balance:trial-compare", args=[YEAR, draft.uid, other.uid])).content.decode()
    assert 'data-mark="预估"' in beside
    assert beside.count("方案一") > 1
    assert beside.count("方案二") > 1
    assert client.get(reverse("balance:trial-compare", args=[YEAR, draft.uid, draft.uid])).status_code == 404
    stranger = signed_in(make.make_account(Role.BUREAU_LEADER))
    assert stranger.get(kept.url).status_code == 404
    assert stranger.post(reverse("balance:trial-drop", args=[YEAR, draft.uid])).status_code == 404
    assert client.post(reverse("balance:trial-drop", args=[YEAR, draft.uid])).status_code == 302
    assert Trial.objects.get() == other
    assert Value.objects.count() == before


def test_a_draft_whose_school_is_gone_says_so(judged: World) -> None:
    account = make.make_account(Role.RESEARCHER)
    actor = Actor.of(account, make.DAY)
    made = trials.keep(
        actor=actor, year=judged.year, name="旧", changes=[change(judged.first, "multimedia_rooms", "2")]
    )
    judged.first.closed_on = judged.year.start
    judged.first.save()
    page = signed_in(account).get(reverse("balance:trial", args=[YEAR, made.uid])).content.decode()
    assert "不在" in page
