"""A school's diagnosis as a report."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.clock import SHANGHAI
from xuequ.core.reports import Report
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.systems.stars.models import Application
from xuequ.systems.stars.pathway.sections import school_blocks


def school_report(actor: Actor, found: Application) -> Report:
    """Return the diagnosis; the caller checked that the actor may open the application."""
    last = found.history.order_by("-at").values_list("at", flat=True).first()
    office = district.district()
    return Report(
        title=_("Diagnosis for the next star"),
        subtitle=f"{found.school} · {found.round.title}",
        issuer=(office.bureau or office.name) if office is not None else "",
        stamp=(last or found.round.opened).astimezone(SHANGHAI).isoformat(timespec="seconds"),
        run=None,
        blocks=school_blocks(actor, found),
    )
