"""Sampling audits: a lot that can be repeated, exact bounds, an objection with a reason, and no amount that changes."""

import datetime as dt
from decimal import Decimal
from math import comb

import pytest
from django.urls import reverse
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import factories
from tests.systems.support.conftest import World, client_of, page
from tests.systems.support.test_funding import decided, own
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.home import home_cards
from xuequ.core.rendering.checker import check_report
from xuequ.core.rendering.sentences import figures_of, sentence_text, sentences_of
from xuequ.core.reports import Lead
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.notices import queries as notices
from xuequ.systems.support.audits import actions, queries, report, wording
from xuequ.systems.support.audits.choices import Field, Finding, Ground
from xuequ.systems.support.audits.claims import claims, digest
from xuequ.systems.support.audits.models import Audit, Check
from xuequ.systems.support.audits.shares import Sample, wrong_of, wrong_of_all, wrong_range
from xuequ.systems.support.funding.models import Allocation, Round
from xuequ.systems.support.planned import sheet_evidence

ALL, NONE = Decimal(1), Decimal(1)


def drawn(world: World, share: str = "1", change: str = "0.15", seed: int = 7) -> Audit:
    return actions.draw(
        actor=world.by("officer"), of=decided(world), share=Decimal(share), change=Decimal(change), seed=seed
    )


def found(world: World, check: Check, finding: Finding = Finding.RIGHT, reason: str = "名册不符") -> Check:
    return actions.record_finding(actor=world.by("officer"), check=check, finding=finding, reason=reason)


def pupils(row: Audit, world: World, place: int = 0) -> Check:
    return row.checks.get(school=world.schools[place], field=Field.PUPILS)


# Bounds.


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40).flatmap(lambda N: st.tuples(st.just(N), st.integers(1, N), st.integers(0, N))))
def test_the_bounds_hold_the_true_number_in_95_of_100_draws(drawn_from: tuple[int, int, int]) -> None:
    lot, n, wrong = drawn_from
    held = 0
    for x in range(max(0, n - (lot - wrong)), min(n, wrong) + 1):
        low, high = wrong_range(lot, n, x, x)
        held += comb(wrong, x) * comb(lot - wrong, n - x) * (low <= wrong <= high)
    assert held / comb(lot, n) >= 0.95


def test_a_census_leaves_no_doubt_and_what_cannot_be_told_counts_for_both() -> None:
    assert wrong_range(9, 9, 2, 3) == (2, 3)
    whole = wrong_of(Sample(lot=20, drawn=5, wrong=0, changed=3, changed_wrong=2, changed_open=1))
    low, high = wrong_range(20, 5, 0, 0)
    assert (whole.all, whole.low, whole.high) == (23, low + 2, high + 3)
    with pytest.raises(ValueError, match="3 to 2"):
        wrong_range(9, 4, 3, 2)


def test_all_kinds_together_are_no_surer_than_each_alone() -> None:
    kinds = [Sample(20, 5, 1), Sample(30, 6, 0), Sample(4, 4, 1)]
    each = [wrong_of(kind) for kind in kinds]
    whole = wrong_of_all(kinds)
    assert whole.all == 54
    assert whole.high >= sum(one.high for one in each)
    assert whole.low <= sum(one.low for one in each)
    assert wrong_of_all([]).high == 0


# The draw.


def test_the_same_seed_draws_the_same_and_what_is_kept_repeats_it(world: World) -> None:
    row = drawn(world, "0.5")
    checks = list(row.checks.select_related("school", "project"))
    assert actions.repeats(row, checks)
    assert {len(keys) for keys in row.lot.values()} == {4, 2, 0}  # pupils; cost and gain; nothing reached yet
    assert len([check for check in checks if check.field == Field.PUPILS]) == 2
    row.seed += 1
    others = [actions.repeats(Audit(seed=seed, share=row.share, lot=row.lot), checks) for seed in range(40)]
    assert not all(others)


def test_every_school_can_be_drawn(world: World) -> None:
    lot = claims(decided(world))
    keys = sorted(claim.key for claim in lot if claim.field == Field.PUPILS)
    chosen = {key for seed in range(60) for key in actions.by_lot(keys, 0.2, seed)}
    assert chosen == {school.code for school in world.schools}


def test_what_changed_much_since_last_year_is_taken_without_a_lot(world: World) -> None:
    of = decided(world)
    last = factories.make_year(of.year.start.year - 1)
    before = Round.objects.get(pk=of.pk)
    before.pk, before.year, before.title = None, last, "上年"
    before.uid = Audit().uid
    run = of.proposal.run  # type: ignore[union-attr]
    run.pk, run.uid = None, Audit().uid
    rows = [dict(row) for row in run.parameters["schools"]]
    rows[0]["pupils"] += 2
    run.parameters = {**run.parameters, "schools": rows}
    run.save()
    simulation = of.proposal
    simulation.pk, simulation.uid, simulation.run = None, Audit().uid, run  # type: ignore[union-attr,misc]
    simulation.save()  # type: ignore[union-attr]
    before.proposal = simulation
    before.save()
    row = actions.draw(
        actor=world.by("officer"),
        of=Round.objects.get(title="专项经费"),
        share=Decimal("0.1"),
        change=Decimal("0.15"),
        seed=1,
    )
    changed = row.checks.get(ground=Ground.CHANGE)
    assert (changed.stated, changed.before) == (3, 5)
    assert str(changed.school.uid) == rows[0]["school"]
    assert changed.school.code not in row.lot[Field.PUPILS]


def test_nothing_is_drawn_before_a_proposal_nor_twice_while_fields_wait(world: World) -> None:
    row = drawn(world)
    with pytest.raises(Refused, match="wait"), translation.override("en"):
        actions.draw(actor=world.by("officer"), of=row.round, share=ALL, change=NONE)
    for check in row.checks.all():
        found(world, check)
    assert actions.draw(actor=world.by("officer"), of=row.round, share=ALL, change=NONE).pk != row.pk
    row.round.proposal = None
    row.round.save()
    with pytest.raises(Refused, match="proposal"), translation.override("en"):
        actions.draw(actor=world.by("officer"), of=row.round, share=ALL, change=NONE)


@pytest.mark.parametrize("who", ["leader", "researcher", "finance"])
def test_officers_alone_draw(world: World, who: str) -> None:
    with pytest.raises(Forbidden):
        actions.draw(actor=world.by(who), of=decided(world), share=ALL, change=NONE)


def test_evidence_is_kept_by_its_fingerprint(world: World) -> None:
    row = drawn(world)
    check = row.checks.get(field=Field.COST, school=world.schools[0])
    assert check.evidence_sha256 == ""
    assert check.project is not None
    piece = sheet_evidence(world.head(), check.school, "报价", ("设备", "单价"))
    check.project.evidence.add(piece)
    assert digest(check.project.evidence.all()) != ""
    shown = client_of(world.officer).get(reverse("support:check", args=[check.uid]))
    assert shown.context["altered"]
    assert client_of(world.officer).get(reverse("support:audit-piece", args=[piece.uid])).status_code == 200
    assert client_of(world.heads[1]).get(reverse("support:audit-piece", args=[piece.uid])).status_code == 404


# Findings.


def test_a_wrong_field_asks_the_school_with_a_reason_and_changes_no_amount(world: World) -> None:
    row = drawn(world)
    check = pupils(row, world)
    amounts = list(Allocation.objects.values_list("pk", "amount_yuan"))
    with pytest.raises(Refused):
        found(world, check, Finding.WRONG, reason=" ")
    actions.record_finding(
        actor=world.by("officer"),
        check=check,
        finding=Finding.WRONG,
        reason="名册少一人",
        right_value=Decimal(2),
    )
    check.refresh_from_db()
    assert check.off == 1 and check.waits_for_school
    asked = [[n.kind for n in notices.waiting(world.head(place))].count(actions.FOUND) for place in (0, 1)]
    assert asked == [1, 0]
    assert list(Allocation.objects.values_list("pk", "amount_yuan")) == amounts
    with pytest.raises(Refused, match="already"), translation.override("en"):
        found(world, check)


def test_the_school_answers_and_the_officer_settles_with_a_reason(world: World) -> None:
    row = drawn(world)
    check = found(world, pupils(row, world), Finding.WRONG)
    with pytest.raises(Refused, match="two weeks"), translation.override("en"):
        actions.settle(actor=world.by("officer"), check=check, finding=Finding.WRONG, text="成立")
    with pytest.raises(Forbidden):
        actions.reply(actor=world.head(1), check=check, text="不是本校")
    actions.reply(actor=world.head(), check=check, text="转入一人，手续在办")
    with pytest.raises(Refused):
        actions.reply(actor=world.head(), check=check, text="再答一次")
    with pytest.raises(Forbidden):
        actions.settle(actor=world.head(), check=check, finding=Finding.RIGHT, text="成立")
    settled = actions.settle(actor=world.by("officer"), check=check, finding=Finding.RIGHT, text="手续已补")
    assert settled.finding == Finding.RIGHT and settled.settled is not None
    with pytest.raises(Refused):
        actions.settle(actor=world.by("officer"), check=check, finding=Finding.WRONG, text="再来")


def test_a_school_that_stays_silent_is_waited_for_two_weeks(world: World) -> None:
    check = found(world, pupils(drawn(world), world), Finding.OPEN)
    assert check.found is not None
    late = check.found.date() + actions.ANSWER_WITHIN + dt.timedelta(2)
    settled = actions.settle(
        actor=world.by("officer", late), check=check, finding=Finding.WRONG, text="未答复"
    )
    assert settled.finding == Finding.WRONG


def test_the_page_says_what_it_means_for_all_only_when_all_were_looked_at(world: World) -> None:
    row = drawn(world)
    checks = list(row.checks.select_related("school", "project"))
    said = wording.blocks(row, checks)
    assert said[0] == Lead(said[0].sentence)  # type: ignore[union-attr]
    assert said[0].sentence.message == wording.WAITING  # type: ignore[union-attr]
    for check in checks:
        found(world, check, Finding.WRONG if check == pupils(row, world) else Finding.RIGHT)
    done = list(row.checks.select_related("school", "project"))
    blocks = wording.blocks(row, done)
    with translation.override("en"):
        text = sentence_text(blocks[0].sentence, figures_of(blocks))  # type: ignore[union-attr]
    assert text == (
        "1 of the 8 fields looked at are wrong; of all 8 fields of the round between 1 and 1 are, with a certainty of"
        " 95 %."
    )


# Pages and access.


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.BUREAU_LEADER, 200), (Role.SUPERVISOR, 200), (Role.EXPERT, 200), (Role.FINANCE, 200),
        (Role.HEAD, 200), (Role.TEACHER, 403), (Role.GUARDIAN, 403), (Role.PUPIL, 403),
    ],
)  # fmt: skip
def test_audits_by_role(world: World, role: Role, expected: int) -> None:
    row = drawn(world)
    place = {"school": world.schools[0]} if role in {Role.HEAD, Role.TEACHER} else {}
    client = client_of(factories.make_account(role, **place))
    assert client.get(reverse("support:audits")).status_code == expected
    whole = client.get(reverse("support:audit", args=[row.uid])).status_code
    assert whole == (200 if expected == 200 and role != Role.HEAD else 404)


def test_a_school_reads_its_own_fields_alone(world: World) -> None:
    row = drawn(world)
    own_head = queries.checks(world.head())
    assert {check.school for check in own_head} == {world.schools[0]}
    mine, theirs = pupils(row, world), pupils(row, world, 1)
    client = client_of(world.heads[0])
    assert client.get(reverse("support:check", args=[theirs.uid])).status_code == 404
    assert client.post(reverse("support:check", args=[mine.uid]), {"finding": "right"}).status_code == 403
    assert client.post(reverse("support:audits")).status_code == 403


def test_work_goes_through_the_pages(world: World) -> None:
    of = decided(world)
    officer, head = client_of(world.officer), client_of(world.heads[0])
    page(officer, reverse("support:audits"))
    bad = officer.post(reverse("support:audits"), {"round": str(of.uid), "percent": "0", "change": "15"})
    assert bad.status_code == 200 and bad.context["form"].errors
    sent = officer.post(reverse("support:audits"), {"round": str(of.uid), "percent": "100", "change": "15"})
    row = Audit.objects.get()
    assert sent.headers["Location"] == reverse("support:audit", args=[row.uid])
    assert page(officer, sent.headers["Location"])
    check = pupils(row, world)
    here = reverse("support:check", args=[check.uid])
    assert "form" in officer.post(here, {"finding": "wrong", "reason": ""}).context
    officer.post(here, {"finding": "wrong", "reason": "名册少一人", "right_value": "2"})
    assert "名册少一人" in page(head, here)
    page(head, reverse("support:audits"))
    head.post(reverse("support:check-reply", args=[check.uid]), {"text": "转入一人"})
    assert "转入一人" in page(officer, here)
    officer.post(reverse("support:check-settle", args=[check.uid]), {"finding": "right", "text": "手续已补"})
    check.refresh_from_db()
    assert check.settlement == "手续已补"
    assert own(world, of).amount_yuan == own(world, of).proposed_yuan


def test_the_first_page_says_what_to_do_first_and_leads_there(world: World) -> None:
    row = drawn(world)
    check = found(world, pupils(row, world), Finding.WRONG)
    here = reverse("support:check", args=[check.uid])
    assert here in page(client_of(world.heads[0]), reverse("support:index"))
    assert here not in page(client_of(world.heads[1]), reverse("support:index"))
    for number in range(4):
        found(world, row.checks.exclude(pk=check.pk)[number], Finding.WRONG)
    shown = client_of(world.heads[0]).get(reverse("support:index"))
    assert 1 <= len(shown.context["first"]) <= 3


# Home pages and the report.


def test_home_pages_say_what_waits_and_until_when(world: World) -> None:
    row = drawn(world)
    officer = world.by("officer")
    assert "8" in _texts(officer)[reverse("support:audits")]
    check = found(world, pupils(row, world), Finding.WRONG)
    here = reverse("support:check", args=[check.uid])
    assert f"{check.answer_by:%Y-%m-%d}" in _texts(world.head())[here]
    assert here not in _texts(world.head(1))
    actions.reply(actor=world.head(), check=check, text="转入一人")
    assert here not in _texts(world.head())
    cards = [card for card in home_cards(officer, "support") if card.url == reverse("support:audits")]
    assert [card.tone for card in cards] == ["attention"]


def _texts(actor: Actor) -> dict[str, str]:
    return {card.url: str(card.text) for card in home_cards(actor, "support")}


def test_the_report_names_seed_list_fingerprints_and_bounds(world: World) -> None:
    row = drawn(world, seed=7)
    for check in row.checks.all():
        found(world, check, Finding.WRONG if check == pupils(row, world) else Finding.RIGHT)
    checks = list(row.checks.select_related("school", "project"))
    made = report.audit_report(row, checks, None)
    assert check_report(made) == []
    said = [sentence for block in made.blocks for sentence in sentences_of(block)]
    with translation.override("en"):
        text = " ".join(sentence_text(sentence, figures_of(made.blocks)) for sentence in said)
    assert "with the seed 7." in text
    assert report.list_digest(row) in text
    assert "between 1 and 1" in text
    assert "the same fields come out" in text
    row.lot = {**row.lot, Field.PUPILS: ["another school", *row.lot[Field.PUPILS][1:]]}
    altered = report.audit_report(row, checks, None)
    assert report.DIFFERS in [said.message for block in altered.blocks for said in sentences_of(block)]


@pytest.mark.parametrize("form", ["docx", "pdf"])
def test_the_report_leaves_as_a_file_for_the_district_alone(world: World, form: str) -> None:
    row = drawn(world)
    address = reverse("support:audit-report", args=[row.uid, form])
    assert address in page(client_of(world.officer), reverse("support:audit", args=[row.uid]))
    sent = client_of(world.officer).get(address)
    assert sent.status_code == 200 and len(sent.content) > 1000
    assert client_of(world.heads[0]).get(address).status_code == 404
    assert client_of(world.officer).get(address.replace(form, "exe")).status_code == 404
