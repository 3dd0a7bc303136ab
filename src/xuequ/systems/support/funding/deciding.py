"""From the proposal to the decision and what follows: to the cent, never more than there is, all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.money import grouped
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.notices import actions as notices
from xuequ.record.actions import IndicatorValue, create_run, finish_run, publish_indicators, start_run
from xuequ.systems.support import access
from xuequ.systems.support.funding import queries
from xuequ.systems.support.funding.actions import is_usable, plausible, undecided
from xuequ.systems.support.funding.choices import RoundState
from xuequ.systems.support.funding.models import (
    Allocation,
    Appeal,
    Project,
    Round,
    Simulation,
    Spending,
)

DECIDED, APPEAL, ANSWERED = "support-fund-decided", "support-fund-appeal", "support-fund-answered"
"""Kinds of notices."""
SMALLEST_ENTRY = Decimal(100)
"""A smaller sum spent looks as if 万元 had been typed."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What is decided for a school, and why where that departs from the proposal."""

    yuan: Decimal
    departure: str = ""


def adopt(*, actor: Actor, simulation: Simulation) -> Round:
    """Make a simulation the proposal: its amounts take the place of an earlier proposal's."""
    access.require(access.prepares(actor), _("Only the district's officers prepare a proposal."))
    if not is_usable(simulation):
        raise Refused(_("This computation holds no amounts; choose another one."))
    with transaction.atomic():
        found = undecided(simulation.round)
        found.allocations.all().delete()
        _write(found, simulation)
        found.proposal, found.state = simulation, RoundState.PROPOSED
        found.save(update_fields=["proposal", "state"])
        audit.record(actor, "support.round.proposed", found, {"simulation": str(simulation.uid)})
    return found


def _write(of: Round, simulation: Simulation) -> None:
    rows = simulation.result["schools"]
    schools = {str(s.uid): s for s in School.objects.filter(uid__in=[row["school"] for row in rows])}
    projects = {str(p.uid): p for p in Project.objects.filter(round=of)}
    for row in rows:
        made = Allocation.objects.create(
            round=of, school=schools[row["school"]], standard_yuan=Decimal(row["standard"]),
            projects_yuan=Decimal(row["projects"]), proposed_yuan=Decimal(row["amount"]), reasons=row["reasons"],
        )  # fmt: skip
        made.projects.set([projects[uid] for uid in row["chosen"] if uid in projects])


def decide(
    *, actor: Actor, of: Round, amounts: Mapping[int, Amount], document: str, reason: str = ""
) -> Round:
    """Write the decision down: an amount for each school (by the key of its row), with a reason for every departure.

    ``Refused`` where a reason is missing or the amounts exceed the money; nothing is written then.
    """
    access.require(access.decides(actor), _("Only the bureau's leaders and officers write a decision down."))
    with transaction.atomic():
        found = undecided(of)
        if found.state != RoundState.PROPOSED:
            raise Refused(_("Choose a proposal first."))
        rows = list(found.allocations.select_for_update(of=("self",)).select_related("school"))
        departs = _set(rows, amounts)
        _check_sum(found, [row.amount_yuan or Decimal(0) for row in rows])
        if departs and not reason.strip():
            raise Refused(_("The decision departs from the proposal: write the reason for the whole."))
        for row in rows:
            row.save(update_fields=["amount_yuan", "departure"])
        found.state, found.decided, found.decided_by_id = RoundState.DECIDED, actor.day, actor.account_id
        found.document, found.reason = document.strip(), reason.strip()
        found.save(update_fields=["state", "decided", "decided_by", "document", "reason"])
        publish(actor=actor, of=found, rows=rows)
        _tell(rows)
        notices.resolve(about=found.uid)
        audit.record(actor, "support.round.decided", found, {"schools": len(rows)})
    return found


def _set(rows: list[Allocation], amounts: Mapping[int, Amount]) -> bool:
    """Put the amounts into the rows; tell whether one departs from the proposal."""
    departs = False
    for row in rows:
        decided = amounts.get(row.pk, Amount(row.proposed_yuan))
        if decided.yuan < 0 or decided.yuan != decided.yuan.quantize(Decimal("0.01")):
            raise Refused(_("%(school)s: write a sum in yuan, to the cent.") % {"school": row.school})
        if decided.yuan != row.proposed_yuan:
            departs = True
            if not decided.departure.strip():
                raise Refused(
                    _("%(school)s: %(yuan)s yuan departs from the proposal; write why.")
                    % {"school": row.school, "yuan": grouped(decided.yuan)}
                )
        row.amount_yuan, row.departure = decided.yuan, decided.departure.strip()
    return departs


def _check_sum(of: Round, amounts: list[Decimal]) -> None:
    there, asked = queries.money(of), sum(amounts, Decimal(0))
    if asked > there:
        raise Refused(
            _("The amounts come to %(asked)s yuan, but there are %(there)s yuan: %(over)s too much.")
            % {"asked": grouped(asked), "there": grouped(there), "over": grouped(asked - there)}
        )


def publish(*, actor: Actor, of: Round, rows: list[Allocation]) -> None:
    """Publish what each school gets, as a run of its own that says from which round."""
    import polars as pl

    run = create_run(
        actor=actor, system="support", kind="decision", title=of.title, engine_version="1",
        parameters={"round": str(of.uid), "document": of.document}, year=of.year,
    )  # fmt: skip
    table = [(str(row.school.uid), str(row.amount_yuan)) for row in rows]
    start_run(run, pl.DataFrame(table, schema=["school", "amount_yuan"], orient="row"))
    finish_run(run, actor=actor)
    # A school's amount of the year is that of all rounds decided in it.
    others = Allocation.objects.filter(round__year=of.year, round__state=RoundState.DECIDED).exclude(round=of)
    more = dict(others.order_by().values_list("school").annotate(Sum("amount_yuan")))
    values = [
        IndicatorValue(
            "support.amount_yuan",
            float((row.amount_yuan or 0) + (more.get(row.school_id) or 0)),
            school_id=row.school_id,
        )
        for row in rows
    ]
    publish_indicators(actor=actor, run=run, period=of.year.code, values=values)


def _tell(rows: list[Allocation]) -> None:
    for row in rows:
        notices.notify(
            kind=DECIDED,
            message=gettext_noop("The special fund is decided: see your school's amount and why."),
            about=row.uid,
            roles=(Role.HEAD,),
            school=row.school,
            url=reverse("support:allocation", args=[row.uid]),
        )


def opened(*, actor: Actor, allocation: Allocation) -> None:
    """The school has seen its amount: the notice goes."""
    if access.speaks_for(actor, allocation.school):
        notices.resolve(about=allocation.uid, kind=DECIDED)


# Spending and what came of it.


def _decided(allocation: Allocation) -> Allocation:
    rows = Allocation.objects.select_for_update(of=("self",)).select_related("round__year", "school")
    found = rows.get(pk=allocation.pk)
    if found.round.state != RoundState.DECIDED or found.amount_yuan is None:
        raise Refused(_("The amount is not decided yet."))
    return found


def spend(*, actor: Actor, allocation: Allocation, entry: Spending, sure: bool = False) -> Spending:
    """Write spending down; never more than the amount, which only a decision can raise."""
    access.require(access.keeps_books(actor), _("Only finance writes spending down."))
    plausible(entry.amount_yuan, sure, least=SMALLEST_ENTRY)
    with transaction.atomic():
        found = _decided(allocation)
        if entry.day > actor.day:
            raise Refused(_("Spending is written down when it has happened."))
        left = (found.amount_yuan or Decimal(0)) - queries.spent(found)
        if entry.amount_yuan > left:
            raise Refused(
                _("Only %(left)s yuan of the amount are left. More needs a decision that raises the amount.")
                % {"left": grouped(left)}
            )
        entry.allocation, entry.entered, entry.entered_by_id = found, clock.now(), actor.account_id
        entry.save()
        audit.record(actor, "support.spending.entered", entry)
    return entry


def cancel_spending(*, actor: Actor, entry: Spending) -> None:
    """Cancel a wrong entry; it stays to be seen."""
    access.require(access.keeps_books(actor), _("Only finance writes spending down."))
    with transaction.atomic():
        found = Spending.objects.select_for_update().get(pk=entry.pk)
        if found.cancelled is None:
            found.cancelled = clock.now()
            found.save(update_fields=["cancelled"])
            audit.record(actor, "support.spending.cancelled", found)


def evaluate(*, actor: Actor, project: Project, reached: Decimal, outcome: str) -> Project:
    """绩效自评: the school says what a funded project has brought, beside what it expected."""
    access.require(
        access.speaks_for(actor, project.school), _("Only the school itself says what came of it.")
    )
    if not outcome.strip():
        raise Refused(_("Write what came of it; a sentence is enough."))
    with transaction.atomic():
        found = (
            Project.objects.select_for_update(of=("self",))
            .select_related("round", "school")
            .get(pk=project.pk)
        )
        if found.round.state != RoundState.DECIDED or not found.allocations.exists():
            raise Refused(_("Only a project that was funded can be evaluated."))
        found.reached, found.outcome, found.outcome_at = reached, outcome.strip(), clock.now()
        found.save(update_fields=["reached", "outcome", "outcome_at"])
        audit.record(actor, "support.project.evaluated", found)
    return found


# 复核.


def appeal(*, actor: Actor, allocation: Allocation, text: str) -> Appeal:
    """A school asks that its amount be looked at again."""
    access.require(access.speaks_for(actor, allocation.school), _("Only those who lead the school may ask."))
    if not text.strip():
        raise Refused(_("Write what should be looked at."))
    with transaction.atomic():
        found = _decided(allocation)
        if found.appeals.filter(answered=None).exists():
            raise Refused(_("A request of your school is waiting already."))
        row = Appeal.objects.create(
            allocation=found, text=text.strip(), asked=clock.now(), asked_by_id=actor.account_id
        )
        notices.notify(
            kind=APPEAL,
            message=gettext_noop("A school asks that its amount of the special fund be looked at again."),
            about=row.uid,
            roles=(Role.DISTRICT_OFFICER,),
            url=reverse("support:allocation", args=[found.uid]),
        )
        audit.record(actor, "support.appeal.asked", row)
    return row


def answer_appeal(*, actor: Actor, appeal: Appeal, text: str, amount: Decimal | None = None) -> Appeal:
    """Answer a request; ``amount`` changes what was decided, within the money of the round and above what is spent."""
    access.require(access.decides(actor), _("Only the bureau's leaders and officers answer."))
    if not text.strip():
        raise Refused(_("Write the answer; the school reads it."))
    with transaction.atomic():
        row = Appeal.objects.select_for_update(of=("self",)).select_related("allocation").get(pk=appeal.pk)
        if row.answered is not None:
            raise Refused(_("This has been answered; nothing was changed."))
        found = _decided(row.allocation)
        if amount is not None and amount != found.amount_yuan:
            _change(actor, found, amount, text)
            row.before_yuan, row.after_yuan = found.amount_yuan, amount
        row.answer, row.answered, row.answered_by_id = text.strip(), clock.now(), actor.account_id
        row.save()
        notices.resolve(about=row.uid, kind=APPEAL)
        notices.notify(
            kind=ANSWERED,
            message=gettext_noop("Your request about the special fund was answered."),
            about=row.uid,
            roles=(Role.HEAD,),
            school=found.school,
            url=reverse("support:allocation", args=[found.uid]),
        )
        audit.record(actor, "support.appeal.answered", row)
    return row


def _change(actor: Actor, found: Allocation, amount: Decimal, why: str) -> None:
    """Change one decided amount and publish all anew; ``found`` keeps the old amount for the caller."""
    rows = list(Allocation.objects.filter(round=found.round).select_related("school"))
    for row in rows:
        if row.pk == found.pk:
            row.amount_yuan, row.departure = amount, why.strip()
    Round.objects.select_for_update().get(pk=found.round_id)
    _check_sum(found.round, [row.amount_yuan or Decimal(0) for row in rows])
    if amount < queries.spent(found):
        raise Refused(_("More than that is spent already."))
    Allocation.objects.filter(pk=found.pk).update(amount_yuan=amount, departure=why.strip())
    publish(actor=actor, of=found.round, rows=rows)


def answer_seen(*, actor: Actor, allocation: Allocation) -> None:
    """The school has read the answers: their notices go."""
    if access.speaks_for(actor, allocation.school):
        notices.resolve(about=[row.uid for row in allocation.appeals.all()], kind=ANSWERED)
