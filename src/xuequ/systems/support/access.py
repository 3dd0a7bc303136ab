"""Who does what in support: the district visits, pays and pairs; a school sees its own and nothing of the others."""

from uuid import UUID

from django.db.models import Q

from xuequ.core.errors import Forbidden
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.district.policy import DISTRICT_ROLES, EVERYBODY, NOBODY

VISITORS = frozenset({Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.SUPERVISOR})
"""Who visits schools and writes the minutes."""
OFFICERS = frozenset({Role.DISTRICT_OFFICER})
"""Who prepares money and pairs."""
DECIDERS = frozenset({Role.DISTRICT_OFFICER, Role.BUREAU_LEADER})
"""Who writes a decision down."""
KEEPERS = frozenset({Role.FINANCE})
"""Who writes spending down."""
AUDITORS = frozenset({Role.DISTRICT_OFFICER, Role.SUPERVISOR, Role.EXPERT})
"""Who holds drawn fields against their evidence."""
SCHOOL_SIDE = frozenset({Role.HEAD, Role.SCHOOL_ADMINISTRATOR})
"""Who speaks for a school."""


def on_district_side(actor: Actor) -> bool:
    """Whether the actor reads about schools other than an own one; an area's supervisor does in the area."""
    return actor.is_system or any(g.role in DISTRICT_ROLES and g.school_id is None for g in actor.grants)


def visits(actor: Actor) -> bool:
    """Whether the actor visits schools anywhere."""
    return actor.has_everywhere(*VISITORS)


def prepares(actor: Actor) -> bool:
    """Whether the actor prepares rounds of money and plans of pairs."""
    return actor.has_everywhere(*OFFICERS)


def decides(actor: Actor) -> bool:
    """Whether the actor writes decisions on money down."""
    return actor.has_everywhere(*DECIDERS)


def keeps_books(actor: Actor) -> bool:
    """Whether the actor writes spending down."""
    return actor.has_everywhere(*KEEPERS, *OFFICERS)


def audits(actor: Actor) -> bool:
    """Whether the actor holds drawn fields against their evidence."""
    return actor.has_everywhere(*AUDITORS)


def sees_money(actor: Actor) -> bool:
    """Whether the actor reads the money of all schools."""
    return actor.sees_district or actor.has_everywhere(Role.FINANCE)


def speaks_for_a_school(actor: Actor) -> bool:
    """Whether the actor speaks for some school; no query."""
    return any(g.role in SCHOOL_SIDE and g.school_id is not None for g in actor.grants)


def own_schools(actor: Actor) -> tuple[School, ...]:
    """The schools that the actor speaks for, campuses included."""
    return actor.schools_of(SCHOOL_SIDE)


def speaks_for(actor: Actor, school: School) -> bool:
    """Whether the actor speaks for this school."""
    places = {school.pk, school.campus_of_id}
    return any(g.role in SCHOOL_SIDE and g.school_id in places for g in actor.grants)


def require(allowed: bool, sentence: str) -> None:
    """Raise ``Forbidden`` with the sentence unless it is allowed."""
    if not allowed:
        raise Forbidden(sentence)


def of_own_schools(actor: Actor, path: str = "school") -> Q:
    """Condition on rows with a school at ``path``: those of the schools that the actor speaks for."""
    found = NOBODY
    for grant in actor.grants:
        if grant.role in SCHOOL_SIDE and grant.school_id is not None:
            found |= Q(**{f"{path}_id": grant.school_id}) | Q(**{f"{path}__campus_of_id": grant.school_id})
    return found


def of_the_district(actor: Actor, path: str = "school") -> Q:
    """Condition on rows with a school at ``path``: those that the actor reads for the district."""
    if actor.is_system or actor.sees_district:
        return EVERYBODY
    areas = {g.area_id for g in actor.grants if g.role in DISTRICT_ROLES and g.area_id is not None}
    return Q(**{f"{path}__area_id__in": areas}) if areas else NOBODY


def seen(actor: Actor, path: str = "school") -> Q:
    """Condition on rows with a school at ``path``: those that the actor reads at all."""
    return of_own_schools(actor, path) | of_the_district(actor, path)


def school(actor: Actor, uid: UUID) -> School | None:
    """Return a school of the district that the actor reads about for the district."""
    rows = School.objects.of_district().visible_to(actor).select_related("area")
    return rows.filter(uid=uid).first() if on_district_side(actor) else None
