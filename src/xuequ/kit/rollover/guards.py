"""Who may move a school, and the lock under which it is changed."""

from django.utils.translation import gettext as _

from xuequ.core.errors import Forbidden, Refused
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.rollover import queries
from xuequ.kit.rollover.choices import SchoolState, Step
from xuequ.kit.rollover.models import (
    SchoolRollover,
)


def require_office(actor: Actor) -> None:
    if not queries.may_prepare(actor):
        raise Forbidden(_("Only the district's data office prepares and runs the move of all schools."))


def require_school(actor: Actor, school: School) -> None:
    if not School.objects.filter(policy.roster_schools(actor), pk=school.pk).exists():
        raise Forbidden(_("You may prepare the move of your own school only."))


def locked(actor: Actor, item: SchoolRollover, *states: SchoolState) -> SchoolRollover:
    """Return the school's move under a lock, in one of ``states`` (any but done when none is named)."""
    require_school(actor, item.school)
    row = (
        SchoolRollover.objects.select_for_update(of=("self",))
        .select_related("school", "rollover__year")
        .get(pk=item.pk)
    )
    if row.state not in (states or (SchoolState.OPEN, SchoolState.READY)):
        raise Refused(
            _("The school's move stands elsewhere by now (%(state)s); load the page again.")
            % {"state": row.get_state_display()}
        )
    return row


def reopen(row: SchoolRollover, step: Step | None) -> None:
    """Note that a step was gone through; whatever changes afterwards is to be previewed again."""
    row.state = SchoolState.OPEN
    kept = [name for name in row.steps if name != Step.PREVIEW]
    row.steps = kept if step is None or step in kept else [*kept, str(step)]
