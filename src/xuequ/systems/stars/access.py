"""Who may do what in stars."""

from xuequ.district.actors import Actor
from xuequ.district.choices import Role

MANAGERS = (Role.DISTRICT_OFFICER, Role.RESEARCHER)
"""Who keeps schemes and runs rounds."""
RATERS = (Role.EXPERT, Role.RESEARCHER, Role.SUPERVISOR, Role.DISTRICT_OFFICER)
"""Who may be asked to rate a school a second time."""
FILLERS = frozenset({Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER})
"""Who fills in a school's self-rating."""


def may_manage(actor: Actor) -> bool:
    """Whether the actor keeps schemes and runs rounds."""
    return actor.has_everywhere(*MANAGERS)


def may_read_district(actor: Actor) -> bool:
    """Whether the actor reads the stars of all schools."""
    return actor.is_system or actor.sees_district


def may_be_asked(actor: Actor) -> bool:
    """Whether the actor may have been asked to rate schools."""
    return actor.has(*RATERS)


def fills_in(actor: Actor, school_id: int) -> bool:
    """Whether the actor fills in this school's self-rating."""
    return actor.is_system or any(
        grant.role in FILLERS and grant.school_id == school_id for grant in actor.grants
    )


def heads(actor: Actor, school_id: int) -> bool:
    """Whether the actor is the head of this school, who answers for what is handed in."""
    return actor.is_system or any(
        grant.role == Role.HEAD and grant.school_id == school_id for grant in actor.grants
    )


def leads(actor: Actor, school_id: int) -> bool:
    """Whether the actor reads what concerns this school only."""
    return fills_in(actor, school_id)


def led_schools(actor: Actor) -> list[int]:
    """Return the primary keys of the schools whose stars the actor looks after."""
    return [g.school_id for g in actor.grants if g.role in FILLERS and g.school_id is not None]


def may_enter(actor: Actor) -> bool:
    """Whether stars have anything for the actor's roles."""
    return may_read_district(actor) or may_be_asked(actor) or bool(led_schools(actor))
