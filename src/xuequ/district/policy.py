"""Who may see what: the one module that decides it. Each function returns a condition for the rows of one model.

District readers see schools and classes; single pupils are seen by the staff of their school who have a task with
them, by the pupil and by the guardians. A district officer answers for schools and has no reason to open a child's page.
"""

from typing import TYPE_CHECKING

from django.db.models import Q

from xuequ.district.choices import Role

if TYPE_CHECKING:
    from xuequ.district.actors import Actor, Grant

NOBODY = Q(pk__in=[])
EVERYBODY = Q()

WHOLE_SCHOOL = frozenset({Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.MORAL_EDUCATION, Role.DATA_OFFICER})
DISTRICT_ROLES = frozenset(
    {Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.SUPERVISOR, Role.DATA_OFFICER}
)
STUDY_ROLES = frozenset({Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.DATA_OFFICER})


def _union(conditions: list[Q]) -> Q:
    result = NOBODY
    for condition in conditions:
        result |= condition
    return result


def schools(actor: "Actor") -> Q:
    """Condition on ``School``."""
    if actor.is_system:
        return EVERYBODY
    return _union([_school_rows(grant) for grant in actor.grants])


def _school_rows(grant: "Grant") -> Q:
    if grant.role in DISTRICT_ROLES:
        own = Q(study=None) if grant.role not in STUDY_ROLES or not grant.everywhere else EVERYBODY
        if grant.everywhere:
            return own
        if grant.area_id is not None:
            return Q(study=None, area_id=grant.area_id)
    if grant.role in WHOLE_SCHOOL | {Role.YEAR_HEAD, Role.SUBJECT_HEAD, Role.CLASS_TEACHER, Role.TEACHER}:
        return Q(pk=grant.school_id) if grant.school_id is not None else NOBODY
    return NOBODY


def classes(actor: "Actor") -> Q:
    """Condition on ``SchoolClass``."""
    if actor.is_system:
        return EVERYBODY
    conditions = [_class_rows(grant) for grant in actor.grants]
    if actor.has(Role.TEACHER):
        conditions.append(_taught(actor, "teaching"))
    return _union(conditions)


def _class_rows(grant: "Grant") -> Q:
    if grant.role in DISTRICT_ROLES and grant.everywhere:
        return EVERYBODY if grant.role in STUDY_ROLES else Q(school__study=None)
    if grant.role in DISTRICT_ROLES and grant.area_id is not None:
        return Q(school__study=None, school__area_id=grant.area_id)
    if grant.school_id is None:
        return Q(pk=grant.class_id) if grant.role == Role.CLASS_TEACHER and grant.class_id is not None else NOBODY
    if grant.role in WHOLE_SCHOOL | {Role.SUBJECT_HEAD}:
        return Q(school_id=grant.school_id)
    if grant.role == Role.YEAR_HEAD:
        return Q(school_id=grant.school_id, entry_year=grant.entry_year)
    if grant.role == Role.CLASS_TEACHER and grant.class_id is not None:
        return Q(pk=grant.class_id)
    return NOBODY


def _taught(actor: "Actor", path: str) -> Q:
    from xuequ.district.models import Dated

    return Q(**{f"{path}__teacher__person_id": actor.person_id}) & Dated.at(actor.day, f"{path}__")


def pupils(actor: "Actor") -> Q:
    """Condition on ``Pupil``."""
    if actor.is_system:
        return EVERYBODY
    conditions = [_pupil_rows(grant, actor) for grant in actor.grants]
    return _union(conditions)


def _pupil_rows(grant: "Grant", actor: "Actor") -> Q:
    from xuequ.district.models import Dated

    enrolled = Dated.at(actor.day, "enrolments__")
    if grant.role in STUDY_ROLES and grant.everywhere:
        return ~Q(study=None)  # an external study's rows are numbered, not named
    if grant.role in WHOLE_SCHOOL and grant.school_id is not None:
        return Q(enrolments__school_id=grant.school_id) & enrolled
    if grant.role == Role.YEAR_HEAD and grant.school_id is not None:
        return (
            Q(enrolments__school_id=grant.school_id, enrolments__school_class__entry_year=grant.entry_year) & enrolled
        )
    if grant.role == Role.CLASS_TEACHER and grant.class_id is not None:
        return Q(enrolments__school_class_id=grant.class_id) & enrolled
    if grant.role == Role.TEACHER and actor.person_id is not None:
        return enrolled & _taught(actor, "enrolments__school_class__teaching")
    if grant.role == Role.PUPIL and actor.person_id is not None:
        return Q(person_id=actor.person_id)
    if grant.role == Role.GUARDIAN and actor.person_id is not None:
        return Q(guardians__guardian_id=actor.person_id) & Dated.at(actor.day, "guardians__")
    return NOBODY
