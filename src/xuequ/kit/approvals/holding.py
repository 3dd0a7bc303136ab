"""Who decides: the roles that a step names, on the place of the request."""

import datetime as dt
from collections.abc import Iterable, Iterator

from django.db.models import Q, QuerySet

from xuequ.core.models import Account
from xuequ.district import policy
from xuequ.district.actors import Actor, Grant
from xuequ.district.choices import Role
from xuequ.district.models import Dated, RoleAssignment
from xuequ.kit.approvals.choices import CaseState
from xuequ.kit.approvals.models import Case
from xuequ.kit.approvals.procedures import Holder, Procedure, Scope, Step, procedure_of, registered


def _any(conditions: Iterable[Q]) -> Q:
    joined = policy.NOBODY
    for condition in conditions:
        joined |= condition
    return joined


def waiting_for(actor: Actor) -> Q:
    """Condition on ``Case``: open, and this actor may take the present step."""
    if actor.account_id is None:
        return policy.NOBODY
    roles = _roles_held(actor)
    held = _any(
        Q(step=step.code) & _of(procedure) & _on_places(step, roles, procedure, actor)
        for procedure in registered()
        for step in procedure.steps
        if _names_role(step, actor)
    )
    handed = Q(delegate_id=actor.account_id) & _colleague_places(actor) & ~Q(opened_by_id=actor.account_id)
    return Q(state=CaseState.OPEN) & (held | handed)


def concerned(actor: Actor) -> Q:
    """Condition on ``Case``: the actor may look at it, as a holder of any of its steps, its author or a decider."""
    if actor.account_id is None:
        return policy.NOBODY
    held = _any(
        _of(procedure) & _any(_place(scope, grant) for scope, grant in _fitting(step, actor.grants))
        for procedure in registered()
        for step in procedure.steps
        if _names_role(step, actor)
    )
    own = Q(opened_by_id=actor.account_id) | Q(delegate_id=actor.account_id)
    decided = Case.objects.filter(decisions__account_id=actor.account_id)
    return held | own | Q(pk__in=decided.values("pk"))


def decides_regularly(actor: Actor) -> bool:
    """Whether a registered procedure names a role that the actor holds; asks the database nothing."""
    return any(_names_role(step, actor) for procedure in registered() for step in procedure.steps)


def installed() -> Q:
    """Condition on ``Case``: a procedure that is registered."""
    return _any(_of(procedure) for procedure in registered())


def _of(procedure: Procedure) -> Q:
    return Q(procedure=procedure.code, version=procedure.version)


def _roles_held(actor: Actor) -> list[tuple[Grant, int | None]]:
    """Return the actor's roles, each with the account of whoever lent it."""
    if not any(grant.lent for grant in actor.grants):
        return [(grant, None) for grant in actor.grants]
    return [(Grant.of(row), row.lent_from.account_id if row.lent_from else None) for row in actor.assignments]


def _names_role(step: Step, actor: Actor) -> bool:
    return any(grant.role == holder.role for holder in step.holders for grant in actor.grants)


def _fitting(step: Step, grants: Iterable[Grant]) -> Iterator[tuple[Scope, Grant]]:
    for grant in grants:
        for holder in step.holders:
            if grant.role == holder.role:
                yield holder.scope, grant


def _on_places(step: Step, roles: list[tuple[Grant, int | None]], procedure: Procedure, actor: Actor) -> Q:
    """Condition on ``Case``: its place is that of a role which the step names, and somebody else asked for it.

    Neither one's own request nor that of whoever lent the role is decided, unless the procedure allows it.
    """
    places = _any(
        _place(scope, grant) & (policy.EVERYBODY if procedure.self_approval else _not_asked_by(lender))
        for grant, lender in roles
        for scope, grant in _fitting(step, [grant])
    )
    return places if procedure.self_approval else places & _not_asked_by(actor.account_id)


def _not_asked_by(account_id: int | None) -> Q:
    return policy.EVERYBODY if account_id is None else ~Q(opened_by_id=account_id)


def _place(scope: Scope, grant: Grant) -> Q:
    """Condition on ``Case``: its place is the grant's."""
    if scope == Scope.DISTRICT:
        return policy.EVERYBODY if grant.everywhere else policy.NOBODY
    if scope == Scope.CLASS:
        return Q(school_class_id=grant.class_id) if grant.class_id is not None else policy.NOBODY
    if grant.school_id is None:
        return policy.NOBODY
    school = _at_school(grant.school_id)
    if scope == Scope.GRADE:
        return school & Q(entry_year=grant.entry_year) if grant.entry_year else policy.NOBODY
    if scope == Scope.SUBJECT and grant.subject_id is not None:
        return school & Q(subject_id=grant.subject_id)
    return school


def _at_school(school_id: int) -> Q:
    """Whoever answers for a school answers for its campuses too."""
    return Q(school_id=school_id) | Q(school__campus_of_id=school_id)


def _colleague_places(actor: Actor) -> Q:
    """Condition on ``Case``: the actor works on its place still, and so may do what was handed over."""
    if actor.has_everywhere(*policy.DISTRICT_ROLES, Role.SYSTEM_ADMINISTRATOR):
        return policy.EVERYBODY
    return _any(
        _at_school(grant.school_id)
        for grant in actor.grants
        if grant.role in policy.SCHOOL_STAFF and grant.school_id is not None
    )


def _held_on(day: dt.date) -> Q:
    """Condition on ``RoleAssignment``: true on ``day``; a role that was lent ends with the lender's own."""
    lender = Dated.at(day, "lent_from__") & Q(lent_from__account__is_active=True)
    return Dated.at(day) & (Q(lent_from=None) | lender) & Q(account__is_active=True)


def _schools(case: Case) -> list[int]:
    if case.school is None:
        return []
    return [pk for pk in (case.school_id, case.school.campus_of_id) if pk is not None]


def _roles_on_place(holder: Holder, case: Case) -> Q:
    """Condition on ``RoleAssignment``: this role on the place of the request."""
    role = Q(role=holder.role)
    if holder.scope == Scope.DISTRICT:
        return role & Q(area=None, school=None, school_class=None)
    if holder.scope == Scope.CLASS:
        return role & Q(school_class_id=case.school_class_id, school_class__isnull=False)
    school = role & Q(school_id__in=_schools(case))
    if holder.scope == Scope.GRADE:
        return school & Q(entry_year=case.entry_year, entry_year__isnull=False)
    if holder.scope == Scope.SUBJECT:
        return school & (Q(subject=None) | Q(subject_id=case.subject_id))
    return school


def deciders(case: Case, procedure: Procedure, step: Step, day: dt.date) -> "QuerySet[Account]":
    """Return the accounts that may take ``step`` of this request on ``day``."""
    where = _any(_roles_on_place(holder, case) for holder in step.holders)
    rows = RoleAssignment.objects.filter(where & _held_on(day))
    if not procedure.self_approval and case.opened_by_id is not None:
        asked = case.opened_by_id
        rows = rows.exclude(account_id=asked).exclude(lent_from__isnull=False, lent_from__account_id=asked)
    return Account.objects.filter(pk__in=rows.values("account_id"))


def colleagues(case: Case, day: dt.date) -> "QuerySet[Account]":
    """Return the accounts to which the present step may be handed: staff of the school, or of the district."""
    if case.school_id is None or _is_district_step(case):
        where = Q(role__in=policy.DISTRICT_ROLES, area=None, school=None, school_class=None)
    else:
        where = Q(role__in=policy.SCHOOL_STAFF, school_id__in=_schools(case))
    rows = RoleAssignment.objects.filter(where & _held_on(day))
    found = Account.objects.filter(pk__in=rows.values("account_id"))
    return found if case.opened_by_id is None else found.exclude(pk=case.opened_by_id)


def _is_district_step(case: Case) -> bool:
    return all(holder.scope == Scope.DISTRICT for holder in procedure_of(case).step(case.step).holders)


def acts_on_loan(actor: Actor, step: Step) -> bool:
    """Whether the actor holds the step's roles only as a deputy."""
    held = [grant for _scope, grant in _fitting(step, actor.grants)]
    return bool(held) and all(grant.lent for grant in held)
