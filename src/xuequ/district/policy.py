"""Who may see what: the one module that decides it. Each function returns a condition for the rows of one model.

District readers see schools and classes; single pupils are seen by the staff of their school who have a task with
them, by the pupil and by the guardians. A district officer answers for schools and has no reason to open a child's
page.
"""

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db.models import Q

from xuequ.district.choices import Role

if TYPE_CHECKING:
    from xuequ.district.actors import Actor, Grant

NOBODY = Q(pk__in=[])
EVERYBODY = ~NOBODY  # not Q(): an empty condition vanishes when it is joined with another by "or"

DISTRICT_ROLES = frozenset(
    {Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.SUPERVISOR, Role.DATA_OFFICER}
)
STUDY_ROLES = frozenset({Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.DATA_OFFICER})
WHOLE_SCHOOL = frozenset({Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.MORAL_EDUCATION, Role.DATA_OFFICER})
SCHOOL_STAFF = WHOLE_SCHOOL | {Role.YEAR_HEAD, Role.SUBJECT_HEAD, Role.CLASS_TEACHER, Role.TEACHER}
DISTRICT_IMPORTERS = frozenset({Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.DATA_OFFICER})
SCHOOL_IMPORTERS = frozenset({Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER})


def _union(conditions: list[Q]) -> Q:
    result = NOBODY
    for condition in conditions:
        result |= condition
    return result


def schools(actor: "Actor") -> Q:
    """Condition on ``School``: whose own page and figures the actor may open."""
    return EVERYBODY if actor.is_system else _union([_school_rows(grant) for grant in actor.grants])


def _school_rows(grant: "Grant") -> Q:
    if grant.role in DISTRICT_ROLES and grant.everywhere:
        return EVERYBODY if grant.role in STUDY_ROLES else Q(study=None)
    if grant.role in DISTRICT_ROLES and grant.area_id is not None:
        return Q(study=None, area_id=grant.area_id)
    if grant.role in SCHOOL_STAFF and grant.school_id is not None:
        return _of_school(grant)
    return NOBODY


def _of_school(grant: "Grant", school: str = "") -> Q:
    """Condition "the grant's school or one of its campuses"; ``school`` is the path to the school, with ``__``."""
    own = f"{school.removesuffix('__')}_id" if school else "pk"
    return Q(**{own: grant.school_id}) | Q(**{f"{school}campus_of_id": grant.school_id})


def classes(actor: "Actor") -> Q:
    """Condition on ``SchoolClass``: whose figures the actor may open."""
    return EVERYBODY if actor.is_system else _union([_class_rows(grant, actor) for grant in actor.grants])


def _class_rows(grant: "Grant", actor: "Actor") -> Q:
    if grant.role in DISTRICT_ROLES and grant.everywhere:
        return EVERYBODY if grant.role in STUDY_ROLES else Q(school__study=None)
    if grant.role in DISTRICT_ROLES and grant.area_id is not None:
        return Q(school__study=None, school__area_id=grant.area_id)
    if grant.role in WHOLE_SCHOOL | {Role.SUBJECT_HEAD} and grant.school_id is not None:
        return _of_school(grant, "school__")
    if grant.role == Role.YEAR_HEAD and grant.school_id is not None:
        return _of_school(grant, "school__") & Q(entry_year=grant.entry_year)
    if grant.role == Role.CLASS_TEACHER and grant.class_id is not None:
        return Q(pk=grant.class_id)
    if grant.role == Role.TEACHER and actor.person_id is not None:
        return _taught_classes(actor.person_id, actor.day)
    return NOBODY


def _taught_classes(person_id: int, day: dt.date) -> Q:
    from xuequ.district.models import Dated, TeachingAssignment

    taught = TeachingAssignment.objects.filter(Dated.at(day), teacher__person_id=person_id)
    return Q(pk__in=taught.values("school_class_id"))


def pupils(actor: "Actor") -> Q:
    """Condition on ``Pupil``: whose own results the actor may see."""
    return EVERYBODY if actor.is_system else _union([_pupil_rows(grant, actor) for grant in actor.grants])


def _pupil_rows(grant: "Grant", actor: "Actor") -> Q:
    if grant.role in STUDY_ROLES and grant.everywhere:
        return Q(study__isnull=False)  # an external study's rows are numbered, not named
    if grant.role in WHOLE_SCHOOL and grant.school_id is not None:
        return _enrolled(actor, _of_school(grant, "school__"))
    if grant.role == Role.YEAR_HEAD and grant.school_id is not None:
        cohort = Q(school_class__entry_year=grant.entry_year)
        return _enrolled(actor, _of_school(grant, "school__") & cohort)
    if grant.role == Role.CLASS_TEACHER and grant.class_id is not None:
        return _enrolled(actor, Q(school_class_id=grant.class_id))
    if grant.role in {Role.TEACHER, Role.PUPIL, Role.GUARDIAN} and actor.person_id is not None:
        return _own_pupils(grant.role, actor, actor.person_id)
    return NOBODY


def _own_pupils(role: Role, actor: "Actor", person_id: int) -> Q:
    from xuequ.district.models import Dated, Guardianship, SchoolClass

    if role == Role.PUPIL:
        return Q(person_id=person_id)
    if role == Role.GUARDIAN:
        wards = Guardianship.objects.filter(Dated.at(actor.day), guardian_id=person_id)
        return Q(pk__in=wards.values("pupil_id"))
    taught = SchoolClass.objects.filter(_taught_classes(person_id, actor.day))
    return _enrolled(actor, Q(school_class__in=taught.values("pk")))


def _enrolled(actor: "Actor", where: Q) -> Q:
    from xuequ.district.models import Dated, Enrolment

    return Q(pk__in=Enrolment.objects.filter(where & Dated.at(actor.day)).values("pupil_id"))


def assessments(actor: "Actor") -> Q:
    """Condition on ``Assessment``: of which the actor may know (whose results in it follows schools and pupils)."""
    return EVERYBODY if actor.is_system else _union([_assessment_rows(grant) for grant in actor.grants])


def _assessment_rows(grant: "Grant") -> Q:
    if grant.role in STUDY_ROLES and grant.everywhere:
        return EVERYBODY
    if grant.role in DISTRICT_ROLES and grant.everywhere:
        return Q(study=None)
    if grant.role in DISTRICT_ROLES and grant.area_id is not None:
        return Q(study=None, school=None) | Q(study=None, school__area_id=grant.area_id)
    if grant.role in SCHOOL_STAFF and grant.school_id is not None:
        return Q(study=None) & (Q(school=None) | _of_school(grant, "school__"))
    return NOBODY


def imports_everywhere(actor: "Actor") -> bool:
    """Whether the actor may bring in scores of all schools, and external studies."""
    return actor.has_everywhere(*DISTRICT_IMPORTERS)


def import_schools(actor: "Actor") -> Q:
    """Condition on ``School``: whose score sheets the actor may bring in (the district's own schools only)."""
    if imports_everywhere(actor):
        return Q(study=None)
    return Q(study=None) & _schools_of(actor, SCHOOL_IMPORTERS)


def holds_at_a_school(actor: "Actor", roles: frozenset[Role]) -> bool:
    """Whether the actor holds one of ``roles`` on a school, not on an area or the district; no query."""
    return any(g.role in roles and g.school_id is not None for g in actor.grants)


def _schools_of(actor: "Actor", roles: frozenset[Role]) -> Q:
    """Condition on ``School``: where the actor holds one of ``roles``, campuses included."""
    return _union([_of_school(g) for g in actor.grants if g.role in roles and g.school_id is not None])


def may_import_scores(actor: "Actor", *, school_id: int | None = None, study: bool = False) -> bool:
    """Whether the actor may bring in scores: of all schools or a study (no ``school_id``), or of one school."""
    if imports_everywhere(actor):
        return True
    if study or school_id is None:
        return False
    return any(g.role in SCHOOL_IMPORTERS and g.school_id == school_id for g in actor.grants)


def score_entry_schools(actor: "Actor") -> Q:
    """Condition on ``School``: where the actor may type in the results of every class and subject."""
    return Q(study=None) & _schools_of(actor, SCHOOL_IMPORTERS)


def score_entry_lessons(actor: "Actor") -> Q:
    """Condition on ``TeachingAssignment``: the lessons that the actor gives, whose results the actor types in."""
    from xuequ.district.models import Dated

    if actor.person_id is None or not actor.has(Role.TEACHER, Role.CLASS_TEACHER):
        return NOBODY
    return Dated.at(actor.day) & Q(teacher__person_id=actor.person_id, school_class__school__study=None)


# The roster: who is where. The district's data office keeps it, and each school its own part.

ROSTER_OFFICE = frozenset({Role.DATA_OFFICER, Role.SYSTEM_ADMINISTRATOR})
ROSTER_KEEPERS = frozenset({Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER})


def keeps_roster_everywhere(actor: "Actor") -> bool:
    """Whether the actor keeps the roster of all schools."""
    return actor.has_everywhere(*ROSTER_OFFICE)


def roster_schools(actor: "Actor") -> Q:
    """Condition on ``School``: whose classes, pupils and teachers the actor may write."""
    if keeps_roster_everywhere(actor):
        return Q(study=None)
    return Q(study=None) & _schools_of(actor, ROSTER_KEEPERS)


def people(actor: "Actor") -> Q:
    """Condition on ``Person``: whose name the actor may find. Those who keep a roster find everybody in it;
    staff find their colleagues, the pupils whom they may see and those pupils' guardians; families find nobody.
    """
    from xuequ.district.models import Guardianship, Pupil, School, Teacher

    if keeps_roster_everywhere(actor):
        return Q(pupil__study=None)
    seen = Pupil.objects.filter(pupils(actor), study=None)
    found = Q(pupil__in=seen.values("pk"))
    if actor.has(*SCHOOL_STAFF):
        own = School.objects.filter(_schools_of(actor, SCHOOL_STAFF))
        found |= Q(teacher__in=Teacher.objects.filter(school__in=own.values("pk")).values("pk"))
        wards = Guardianship.objects.filter(pupil__in=seen.values("pk"))
        found |= Q(pk__in=wards.values("guardian_id"))
    if actor.sees_district:
        found |= Q(teacher__isnull=False)
    return found if actor.has(*SCHOOL_STAFF) or actor.sees_district else NOBODY


# Collecting and asking.

COLLECTORS = frozenset({Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.DATA_OFFICER})
ANSWERERS = frozenset({Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER})
ASKING_SCHOOL_ROLES = frozenset(
    {Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.MORAL_EDUCATION, Role.DATA_OFFICER}
)


def collects(actor: "Actor") -> bool:
    """Whether the actor may collect figures and answers from the whole district."""
    return actor.has_everywhere(*COLLECTORS)


def answering_schools(actor: "Actor") -> Q:
    """Condition on ``School``: for which the actor answers what the district asks."""
    return Q(study=None) & _schools_of(actor, ANSWERERS)


def asking_schools(actor: "Actor") -> Q:
    """Condition on ``School``: whose staff, pupils and families the actor may send a questionnaire."""
    if collects(actor):
        return Q(study=None)
    return Q(study=None) & _schools_of(actor, ASKING_SCHOOL_ROLES)


def handles_rights(actor: "Actor") -> bool:
    """Whether the actor answers requests about personal data: what is kept, export, erasure."""
    return actor.has_everywhere(*ROSTER_OFFICE)


# Accounts and roles: nobody gives what stands above one's own place, and nobody changes one's own rights.

FAMILY = frozenset({Role.PUPIL, Role.GUARDIAN})
ACCOUNT_OFFICE = frozenset({Role.DATA_OFFICER, Role.SYSTEM_ADMINISTRATOR})
ACCOUNT_KEEPERS = frozenset({Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER})
GIVEN_BY_SCHOOLS = (SCHOOL_STAFF - {Role.HEAD}) | {Role.OUTSIDE_INSTRUCTOR} | FAMILY
# A teacher's role follows the timetable, so a substitute is entered there and borrows nothing.
LENDABLE = (DISTRICT_ROLES | SCHOOL_STAFF | {Role.FINANCE}) - {Role.TEACHER}
SCHOOL_PLACE = SCHOOL_STAFF - {Role.DATA_OFFICER}
DISTRICT_PLACE = (DISTRICT_ROLES - {Role.DATA_OFFICER}) | {Role.FINANCE, Role.SYSTEM_ADMINISTRATOR}


def keeps_accounts_everywhere(actor: "Actor") -> bool:
    """Whether the actor looks after the accounts of the whole district."""
    return actor.has_everywhere(*ACCOUNT_OFFICE)


def account_schools(actor: "Actor") -> Q:
    """Condition on ``School``: whose people's accounts the actor looks after."""
    if keeps_accounts_everywhere(actor):
        return Q(study=None)
    return Q(study=None) & _schools_of(actor, ACCOUNT_KEEPERS)


def keeps_accounts(actor: "Actor") -> bool:
    """Whether the actor looks after accounts at all."""
    if keeps_accounts_everywhere(actor):
        return True
    return any(g.role in ACCOUNT_KEEPERS and g.school_id is not None for g in actor.grants)


def accounts(actor: "Actor") -> Q:
    """Condition on ``Account``: those whom the actor looks after, by where the person is or holds a role."""
    from xuequ.district.models import Dated, Enrolment, Guardianship, Person, RoleAssignment, School, Teacher

    if keeps_accounts_everywhere(actor):
        return EVERYBODY
    if not keeps_accounts(actor):
        return NOBODY
    own = School.objects.filter(account_schools(actor)).values("pk")
    enrolled = Enrolment.objects.filter(Dated.at(actor.day), school__in=own).values("pupil")
    wards = Guardianship.objects.filter(Dated.at(actor.day), pupil__in=enrolled)
    people = Person.objects.filter(
        Q(teacher__in=Teacher.objects.filter(school__in=own).values("pk"))
        | Q(pupil__in=enrolled)
        | Q(pk__in=wards.values("guardian"))
    )
    held = RoleAssignment.objects.filter(Dated.at(actor.day), school__in=own)
    return Q(person__in=people.values("pk")) | Q(pk__in=held.values("account"))


def may_give(actor: "Actor", grant: "Grant") -> bool:
    """Whether the actor may give or take this role on this place."""
    if actor.is_system or actor.has_everywhere(Role.SYSTEM_ADMINISTRATOR):
        return True
    if grant.role == Role.SYSTEM_ADMINISTRATOR:
        return False  # whoever could give it could take over the whole instance
    if keeps_accounts_everywhere(actor):
        return True
    if grant.role not in GIVEN_BY_SCHOOLS or not keeps_accounts(actor):
        return False
    return grant.role in FAMILY or grant.school_id in _kept_schools(actor)


def _kept_schools(actor: "Actor") -> set[int | None]:
    from xuequ.district.models import School

    return set(School.objects.filter(account_schools(actor)).values_list("pk", flat=True))


def may_manage(actor: "Actor", account_id: int, grants: Iterable["Grant"], superuser: bool = False) -> bool:
    """Whether the actor may close the account, set its password, reset its second factor: only where the actor could
    have given every role it holds, for whoever sets a password can use what it opens. Never one's own account.
    """
    if actor.account_id == account_id or not (actor.is_system or keeps_accounts(actor)):
        return False
    if superuser and not (actor.is_system or actor.has_everywhere(Role.SYSTEM_ADMINISTRATOR)):
        return False
    return all(may_give(actor, grant) for grant in grants)


def may_lend(actor: "Actor", grant: "Grant") -> bool:
    """Whether the actor may lend this role of their own to a colleague: never one that is lent itself."""
    return not grant.lent and grant.role in LENDABLE and grant in actor.grants
