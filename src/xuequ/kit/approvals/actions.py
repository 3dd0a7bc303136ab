"""What may be done with requests. Every move locks the request, is written down once, and runs what follows from it."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolClass, Subject
from xuequ.kit.approvals import holding
from xuequ.kit.approvals.choices import CaseState, Verdict
from xuequ.kit.approvals.deadlines import working_days_after
from xuequ.kit.approvals.models import Case, Decision
from xuequ.kit.approvals.procedures import (
    IfNobody,
    OnTimeout,
    Procedure,
    Step,
    latest,
    procedure_of,
    registered,
)
from xuequ.kit.approvals.signals import case_closed, step_opened

LONGEST_WORDS = 2000


def open_case(
    *,
    actor: Actor,
    procedure: str,
    about: models.Model,
    school: School | None = None,
    school_class: SchoolClass | None = None,
    entry_year: int | None = None,
    subject: Subject | None = None,
    data: Mapping[str, Any] | None = None,
    words: str = "",
) -> Case:
    """Ask for ``about`` (a row with a ``uid``); the caller has checked that the actor may ask for it.

    Raises Refused when a request about the same thing is still running.
    """
    rules = latest(procedure)
    case = Case(
        procedure=rules.code,
        version=rules.version,
        about_type=about._meta.label_lower,
        about_uid=about.uid,  # type: ignore[attr-defined]
        school=school or (school_class.school if school_class is not None else None),
        school_class=school_class,
        entry_year=entry_year,
        subject=subject,
        opened_by_id=actor.account_id,
        opened=clock.now(),
        data=dict(data or {}),
    )
    with transaction.atomic():
        _insert(case)
        _write(case, actor, Verdict.OPENED, words)
        _start(case, rules, actor.day)
        audit.record(actor, "case.opened", case, {"procedure": case.procedure, "step": case.step})
    return case


def _insert(case: Case) -> None:
    try:
        with transaction.atomic():
            case.save()
    except IntegrityError:
        raise Refused(_("A request about this is already waiting; it is decided first.")) from None


def _start(case: Case, rules: Procedure, day: dt.date) -> None:
    case.route = [step.code for step in rules.steps if step.applies is None or step.applies(case)]
    _enter(case, rules, 0, day)


def _enter(case: Case, rules: Procedure, index: int, day: dt.date) -> None:
    """Open the step at ``index`` of the route, or the next one that somebody can take; the last one waits."""
    step = rules.step(case.route[index])
    while index + 1 < len(case.route) and _is_passed(case, rules, step, day):
        case.step = step.code
        _write(case, None, Verdict.PASSED)
        index += 1
        step = rules.step(case.route[index])
    case.step, case.state, case.delegate = step.code, CaseState.OPEN, None
    case.due = working_days_after(day, step.working_days)
    _save(case)
    transaction.on_commit(partial(step_opened.send, Case, case=case))


def _is_passed(case: Case, rules: Procedure, step: Step, day: dt.date) -> bool:
    return step.if_nobody == IfNobody.NEXT and not holding.deciders(case, rules, step, day).exists()


def _save(case: Case) -> None:
    case.turn += 1
    case.save()


def _write(
    case: Case,
    actor: Actor | None,
    verdict: Verdict,
    words: str = "",
    *,
    lent: bool = False,
    to: Account | None = None,
) -> None:
    Decision.objects.create(
        case=case,
        step=case.step,
        account_id=actor.account_id if actor is not None else None,
        roles=",".join(sorted(actor.role_codes))[:200] if actor is not None else "",
        lent=lent,
        verdict=verdict,
        to=to,
        words=words.strip()[:LONGEST_WORDS],
        at=clock.now(),
    )


@contextmanager
def _move(case: Case, turn: int | None, *states: CaseState) -> Iterator[Case]:
    """Lock the request in a transaction; Refused when it has moved on since ``turn`` was shown."""
    with transaction.atomic():
        locked = Case.objects.select_for_update(of=("self",)).select_related("school").get(pk=case.pk)
        if locked.state not in states or (turn is not None and locked.turn != turn):
            raise Refused(
                _(
                    "This request has moved on meanwhile (%(state)s). Nothing was changed; load the page again."
                )
                % {"state": locked.get_state_display()}
            )
        yield locked
    case.refresh_from_db()


def _check_may_decide(actor: Actor, case: Case) -> None:
    if actor.is_system or Case.objects.filter(holding.waiting_for(actor), pk=case.pk).exists():
        return
    if actor.account_id is not None and actor.account_id == case.opened_by_id:
        raise Forbidden(_("Nobody decides about a request of their own."))
    raise Forbidden(_("This request does not wait for you."))


def approve(*, actor: Actor, case: Case, turn: int | None = None, words: str = "") -> Case:
    """Approve the present step; after the last one the request is approved and takes effect."""
    with _move(case, turn, CaseState.OPEN) as locked:
        _check_may_decide(actor, locked)
        rules = procedure_of(locked)
        step = rules.step(locked.step)
        _write(locked, actor, Verdict.APPROVED, words, lent=holding.acts_on_loan(actor, step))
        index = locked.route.index(locked.step) + 1
        audit.record(actor, "case.approved", locked, {"procedure": locked.procedure, "step": step.code})
        if index < len(locked.route):
            _enter(locked, rules, index, actor.day)
        else:
            _close(locked, CaseState.APPROVED, actor, rules.on_approved)
    return case


def _close(case: Case, state: CaseState, actor: Actor, effect: str = "") -> None:
    case.state, case.delegate, case.due, case.closed = state, None, None, clock.now()
    _save(case)
    procedure_of(case).call(effect, case=case, actor=actor)
    transaction.on_commit(partial(case_closed.send, Case, case=case))


def _reason(words: str) -> str:
    if not words.strip():
        raise Refused(_("Please say why, so that the other side knows what to do."))
    return words


def return_(*, actor: Actor, case: Case, words: str, turn: int | None = None) -> Case:
    """Give the request back to its author to be revised; a reason is needed."""
    with _move(case, turn, CaseState.OPEN) as locked:
        _check_may_decide(actor, locked)
        rules = procedure_of(locked)
        if not rules.may_return or locked.opened_by_id is None:
            raise Refused(_("A request of this kind cannot be returned; approve or refuse it."))
        lent = holding.acts_on_loan(actor, rules.step(locked.step))
        _write(locked, actor, Verdict.RETURNED, _reason(words), lent=lent)
        audit.record(actor, "case.returned", locked, {"procedure": locked.procedure, "step": locked.step})
        locked.state, locked.step, locked.delegate, locked.due = CaseState.RETURNED, "", None, None
        _save(locked)
        transaction.on_commit(partial(case_closed.send, Case, case=locked))
    return case


def refuse(*, actor: Actor, case: Case, words: str, turn: int | None = None) -> Case:
    """Refuse the request for good; a reason is needed."""
    with _move(case, turn, CaseState.OPEN) as locked:
        _check_may_decide(actor, locked)
        rules = procedure_of(locked)
        lent = holding.acts_on_loan(actor, rules.step(locked.step))
        _write(locked, actor, Verdict.REFUSED, _reason(words), lent=lent)
        audit.record(actor, "case.refused", locked, {"procedure": locked.procedure, "step": locked.step})
        _close(locked, CaseState.REFUSED, actor, rules.on_refused)
    return case


def _check_author(actor: Actor, case: Case) -> None:
    if actor.is_system or (actor.account_id is not None and actor.account_id == case.opened_by_id):
        return
    raise Forbidden(_("Only the author of the request may do this."))


def resubmit(
    *,
    actor: Actor,
    case: Case,
    turn: int | None = None,
    words: str = "",
    data: Mapping[str, Any] | None = None,
) -> Case:
    """Hand in a returned request again, with what its ``data`` says now; it starts at the first step."""
    with _move(case, turn, CaseState.RETURNED) as locked:
        _check_author(actor, locked)
        rules = procedure_of(locked)
        found = data if data is not None else rules.call(rules.facts, case=locked)
        locked.data = dict(found) if found is not None else locked.data
        _write(locked, actor, Verdict.RESUBMITTED, words)
        _start(locked, rules, actor.day)
        audit.record(actor, "case.resubmitted", locked, {"procedure": locked.procedure, "step": locked.step})
    return case


def withdraw(*, actor: Actor, case: Case, turn: int | None = None, words: str = "") -> Case:
    """Take a request back; its author may, as long as it is not decided."""
    with _move(case, turn, CaseState.OPEN, CaseState.RETURNED) as locked:
        _check_author(actor, locked)
        _write(locked, actor, Verdict.WITHDRAWN, words)
        audit.record(actor, "case.withdrawn", locked, {"procedure": locked.procedure, "step": locked.step})
        _close(locked, CaseState.WITHDRAWN, actor, procedure_of(locked).on_withdrawn)
    return case


def delegate(*, actor: Actor, case: Case, to: Account, turn: int | None = None, words: str = "") -> Case:
    """Hand the present step to a colleague on the same place; whoever held it may still take it."""
    with _move(case, turn, CaseState.OPEN) as locked:
        _check_may_decide(actor, locked)
        known = holding.colleagues(locked, actor.day).filter(pk=to.pk).exists()
        if not known or to.pk == actor.account_id:
            raise Refused(_("This step can be handed to a colleague of the same school or office only."))
        lent = holding.acts_on_loan(actor, procedure_of(locked).step(locked.step))
        _write(locked, actor, Verdict.DELEGATED, words, lent=lent, to=to)
        audit.record(actor, "case.delegated", locked, {"procedure": locked.procedure, "step": locked.step})
        locked.delegate = to
        _save(locked)
        transaction.on_commit(partial(step_opened.send, Case, case=locked))
    return case


def remark(*, actor: Actor, case: Case, words: str) -> Case:
    """Add words to a running request; it does not move."""
    with _move(case, None, CaseState.OPEN, CaseState.RETURNED) as locked:
        if not Case.objects.filter(holding.concerned(actor), pk=locked.pk).exists():
            raise Forbidden(_("You have no part in this request."))
        if not words.strip():
            raise Refused(_("Please write a few words first."))
        _write(locked, actor, Verdict.REMARKED, words)
        audit.record(actor, "case.remarked", locked, {"procedure": locked.procedure})
    return case


def approve_many(*, actor: Actor, cases: Sequence[tuple[Case, int]], words: str = "") -> list[str]:
    """Approve like requests, each in a transaction of its own; return why some of them stayed as they were."""
    if len({(case.procedure, case.version, case.step) for case, _turn in cases}) > 1:
        raise Refused(
            _("Only requests of the same kind can be approved together; narrow the list to one kind.")
        )
    refusals = []
    for case, turn in cases:
        try:
            approve(actor=actor, case=case, turn=turn, words=words)
        except (Refused, Forbidden) as refusal:
            refusals.append(str(refusal))
    return refusals


def agree_overdue(day: dt.date) -> int:
    """Approve what nobody answered in time, where the procedure says so; return how many. For the worker's duties."""
    steps = [
        models.Q(procedure=rules.code, version=rules.version, step=step.code)
        for rules in registered()
        for step in rules.steps
        if step.on_timeout == OnTimeout.APPROVE
    ]
    count = 0
    for where in steps:
        for case in Case.objects.filter(where, state=CaseState.OPEN, due__lt=day):
            try:
                approve(
                    actor=Actor.system(day), case=case, turn=case.turn, words=_("Agreed: no answer in time.")
                )
            except Refused:  # somebody was faster, or what follows from it cannot be done: people decide
                continue
            count += 1
    return count
