"""What may be read of requests."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from xuequ.core.figures import Text
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.people import Person, names_of
from xuequ.kit.approvals import holding
from xuequ.kit.approvals.choices import CaseState, Verdict
from xuequ.kit.approvals.models import Case, Decision
from xuequ.kit.approvals.procedures import About, procedure_of, registered


def _rows() -> "QuerySet[Case]":
    """Requests whose procedure is installed: without it nobody could say what they are about."""
    return Case.objects.filter(holding.installed()).select_related("school", "school_class", "subject")


def waiting_for(actor: Actor) -> "QuerySet[Case]":
    """Return the requests that the actor may decide about now, the most urgent first."""
    return _rows().filter(holding.waiting_for(actor)).order_by("due", "id")


def asked_by(actor: Actor) -> "QuerySet[Case]":
    """Return the actor's own requests, newest first."""
    if actor.account_id is None:
        return Case.objects.none()
    own: QuerySet[Case] = _rows().filter(opened_by_id=actor.account_id)
    return own.order_by("-id")


def returned_to(actor: Actor) -> "QuerySet[Case]":
    """Return the actor's own requests that came back to be revised."""
    return asked_by(actor).filter(state=CaseState.RETURNED)


def decided_by(actor: Actor) -> "QuerySet[Case]":
    """Return the requests about which the actor has decided something, newest first."""
    taken = (Verdict.APPROVED, Verdict.RETURNED, Verdict.REFUSED, Verdict.DELEGATED)
    if actor.account_id is None:
        return Case.objects.none()
    done = Decision.objects.filter(account_id=actor.account_id, verdict__in=taken)
    return _rows().filter(pk__in=done.values("case_id")).order_by("-id")


def case(actor: Actor, uid: UUID) -> Case | None:
    """Return a request that the actor may look at."""
    return _rows().filter(_looked_at_by(actor), uid=uid).first()


def may_look(actor: Actor, case: Case) -> bool:
    """Whether the actor may look at this request."""
    return _rows().filter(_looked_at_by(actor), pk=case.pk).exists()


def _looked_at_by(actor: Actor) -> Q:
    return holding.concerned(actor) | holding.waiting_for(actor)


def may_decide(actor: Actor, case: Case) -> bool:
    """Whether the request waits for the actor."""
    return Case.objects.filter(holding.waiting_for(actor), pk=case.pk).exists()


def decides_regularly(actor: Actor) -> bool:
    """Whether requests come to the actor by role; asks the database nothing."""
    return holding.decides_regularly(actor)


def titles(cases: Sequence[Case]) -> dict[int, str]:
    """Return what each request is about in a few words, by primary key: one call for each procedure."""
    grouped: dict[tuple[str, int], list[Case]] = defaultdict(list)
    for item in cases:
        grouped[item.procedure, item.version].append(item)
    found: dict[int, str] = {}
    for group in grouped.values():
        rules = procedure_of(group[0])
        named = rules.call(rules.titles, cases=group) or {}
        found |= {item.pk: named.get(item.pk) or str(rules.title) for item in group}
    return found


def about(actor: Actor, case: Case) -> About:
    """Return what a request's page shows of the thing it is about."""
    rules = procedure_of(case)
    shown = rules.call(rules.about, case=case, actor=actor)
    return shown if isinstance(shown, About) else About(rules.title)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a request's history."""

    verdict: Verdict
    step: Text
    who: str
    lent: bool
    to: str
    words: str
    at: dt.datetime


def timeline(case: Case) -> list[Entry]:
    """Return the history of a request in order, with the names of those who decided."""
    rows = list(case.decisions.select_related("account", "to").order_by("id"))
    named = names_of_accounts(a for row in rows for a in (row.account, row.to) if a is not None)
    steps = {step.code: step.title for step in procedure_of(case).steps}
    return [
        Entry(
            verdict=Verdict(row.verdict),
            step=steps.get(row.step, ""),
            who=named.get(row.account_id, ""),
            lent=row.lent,
            to=named.get(row.to_id, ""),
            words=row.words,
            at=row.at,
        )
        for row in rows
    ]


def names_of_accounts(accounts: Iterable[Account]) -> dict[int | None, str]:
    """Return the names of the persons behind accounts, or the login name where none is bound: two queries."""
    by_key = {account.pk: account.username for account in accounts}
    people = dict(Person.objects.filter(account_id__in=by_key).values_list("account_id", "id"))
    names = names_of(people.values())
    return {pk: names.get(people.get(pk, 0), username) for pk, username in by_key.items()}


def colleagues(actor: Actor, case: Case) -> list[tuple[str, str]]:
    """Return to whom the present step may be handed: the account's uid and the name, in the order of the names."""
    found = [a for a in holding.colleagues(case, actor.day) if a.pk != actor.account_id]
    named = names_of_accounts(found)
    return sorted(((str(account.uid), named[account.pk]) for account in found), key=lambda item: item[1])


def waits_for_whom(case: Case, day: dt.date) -> list[str]:
    """Return the names of those who may take the present step, at most five; empty when nobody holds the task."""
    rules = procedure_of(case)
    found = list(holding.deciders(case, rules, rules.step(case.step), day).order_by("id")[:5])
    if case.delegate is not None:
        found = [case.delegate, *[account for account in found if account.pk != case.delegate_id]]
    named = names_of_accounts(found)
    return [named[account.pk] for account in found]


def procedure_choices() -> list[tuple[str, Text]]:
    """Return the kinds of requests that are installed, for a filter."""
    return list({rules.code: (rules.code, rules.title) for rules in registered()}.values())
