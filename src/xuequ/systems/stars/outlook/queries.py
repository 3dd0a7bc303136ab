"""What may be read of pre-assessments: the district all, a school its own."""

from django.db.models import QuerySet

from xuequ.systems.stars.models import Application, Outlook, Round, SchoolOutlook


def latest(found: Round) -> Outlook | None:
    """Return the newest pre-assessment of a round; the caller checked that the actor sees the district."""
    return found.outlooks.select_related("run").filter(run__state="done").order_by("-run_id").first()


def lines(outlook: Outlook) -> "QuerySet[SchoolOutlook]":
    """Return its schools by code."""
    return outlook.schools.select_related("application__school").order_by("application__school__code")


def of_school(found: Application) -> SchoolOutlook | None:
    """Return the newest pre-assessment of one application; the caller checked that the actor may open it."""
    rows = found.outlooks.select_related("outlook__run").filter(outlook__run__state="done")
    return rows.order_by("-outlook_id").first()
