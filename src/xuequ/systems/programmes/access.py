"""Who may do what with projects and equipment.

The district's officers, researchers (the college's information centre leads the projects) and data office keep the
whole ledger and the projects; a school keeps its own part; its staff see it, book and say what they used. Finance reads
everything and enters payments; experts see what is before them. Nobody sees another school's ledger.
"""

from django.db.models import Q

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School

DISTRICT_KEEPERS = (Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.DATA_OFFICER)
SCHOOL_KEEPERS = frozenset({Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER})
CHECKERS = (*DISTRICT_KEEPERS, Role.SUPERVISOR)


def keeps_everything(actor: Actor) -> bool:
    """Whether the actor keeps the whole ledger and all projects."""
    return actor.has_everywhere(*DISTRICT_KEEPERS)


def reads_everything(actor: Actor) -> bool:
    """Whether the actor reads the whole ledger and all projects."""
    return actor.sees_district or actor.has_everywhere(Role.FINANCE)


def decides(actor: Actor) -> bool:
    """Whether the actor belongs to the leading group (领导小组)."""
    return actor.has_everywhere(Role.BUREAU_LEADER)


def pays(actor: Actor) -> bool:
    """Whether the actor enters payments."""
    return keeps_everything(actor) or actor.has_everywhere(Role.FINANCE)


def may_check(actor: Actor) -> bool:
    """Whether the actor may draw spot checks at schools."""
    return actor.has_everywhere(*CHECKERS)


def may_enter(actor: Actor) -> bool:
    """Whether the actor has anything to do with the system."""
    staff = policy.SCHOOL_STAFF | policy.DISTRICT_ROLES | {Role.FINANCE, Role.EXPERT}
    return actor.is_system or actor.has(*staff)


def sees_ledger(actor: Actor) -> bool:
    """Whether the actor has pages of the ledger: the district's readers and the staff of schools."""
    roles = policy.SCHOOL_STAFF | policy.DISTRICT_ROLES | {Role.FINANCE}
    return actor.is_system or actor.has(*roles)


def seen_schools(actor: Actor) -> Q:
    """Condition on ``School``: whose part of the ledger the actor sees."""
    if reads_everything(actor):
        return Q(study=None)
    return Q(study=None) & policy.schools(actor)


def seen(actor: Actor, path: str = "school") -> Q:
    """Condition on what belongs to a school (``path`` leads to it): of the schools whose ledger the actor sees."""
    return Q(**{f"{path}__in": School.objects.filter(seen_schools(actor)).values("pk")})


def kept_ids(actor: Actor) -> frozenset[int]:
    """Primary keys of the schools on which the actor holds a keeper's role; campuses count with their school."""
    held = (g.school_id for g in actor.grants if g.role in SCHOOL_KEEPERS and g.class_id is None)
    return frozenset(pk for pk in held if pk is not None)


def staff_ids(actor: Actor) -> frozenset[int]:
    """Primary keys of the schools whose staff the actor belongs to."""
    held = (g.school_id for g in actor.grants if g.role in policy.SCHOOL_STAFF)
    return frozenset(pk for pk in held if pk is not None)


def is_of(school: School, ids: frozenset[int]) -> bool:
    """Whether the school, or the school whose campus it is, is among ``ids``."""
    return school.pk in ids or school.campus_of_id in ids


def keeps(actor: Actor, school: School) -> bool:
    """Whether the actor keeps this school's part of the ledger."""
    return keeps_everything(actor) or is_of(school, kept_ids(actor))


def signs_for(actor: Actor, school: School) -> bool:
    """Whether the actor may sign for the school: its own leaders, never the district in their place."""
    return is_of(school, kept_ids(actor))


def works_at(actor: Actor, school: School) -> bool:
    """Whether the actor belongs to the school's staff, or keeps everything."""
    return keeps_everything(actor) or is_of(school, staff_ids(actor))


def kept_schools(actor: Actor) -> Q:
    """Condition on ``School``: whose part of the ledger the actor keeps."""
    if keeps_everything(actor):
        return Q(study=None)
    ids = kept_ids(actor)
    return Q(study=None) & (Q(pk__in=ids) | Q(campus_of__in=ids)) if ids else policy.NOBODY


def staff_schools(actor: Actor) -> Q:
    """Condition on ``School``: for which the actor may book."""
    if keeps_everything(actor):
        return Q(study=None)
    ids = staff_ids(actor)
    return Q(study=None) & (Q(pk__in=ids) | Q(campus_of__in=ids)) if ids else policy.NOBODY
