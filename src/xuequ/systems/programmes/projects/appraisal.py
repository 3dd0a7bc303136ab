"""The leading group's decision about an application as a procedure of approvals.

Opinions are many and decide nothing, so they are rows of the project; the decision is one step with a deadline, a
deputy and words, which is what approvals are for.
"""

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from xuequ.core.errors import Refused
from xuequ.core.money import in_wan
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.approvals.models import Case
from xuequ.kit.approvals.procedures import About, Holder, Procedure, Scope, Step
from xuequ.systems.programmes.choices import OpinionVerdict, Stage
from xuequ.systems.programmes.models import Project
from xuequ.systems.programmes.projects import actions, queries

_HERE = "xuequ.systems.programmes.projects.appraisal"
PROCEDURE = Procedure(
    code=queries.PROCEDURE,
    title=_("Project put before the leading group"),
    steps=(
        Step(
            code="group",
            title=_("leading group"),
            holders=(Holder(Role.BUREAU_LEADER, Scope.DISTRICT),),
            working_days=10,
        ),
    ),
    on_approved=f"{_HERE}.take_up",
    on_refused=f"{_HERE}.decline",
    facts=f"{_HERE}.facts",
    titles=f"{_HERE}.titles",
    about=f"{_HERE}.about",
)


def _project(case: Case) -> Project:
    found = Project.objects.select_for_update().filter(uid=case.about_uid).first()
    if found is None or found.stage != Stage.APPRAISAL:
        raise Refused(_("The project is no longer being appraised; nothing was changed."))
    return found


def take_up(*, case: Case, actor: Actor) -> None:
    """Let an approved project go to procurement."""
    actions.enter(_project(case), Stage.PROCUREMENT, actor, "")


def decline(*, case: Case, actor: Actor) -> None:
    """End a project that the leading group does not take up; its words stand in the request."""
    last = case.decisions.order_by("-id").first()
    actions.enter(_project(case), Stage.DECLINED, actor, last.words if last is not None else "")


def facts(*, case: Case) -> dict[str, int]:
    """Return what the request says of its project when it is handed in again."""
    return {"opinions": _project(case).opinions.count()}


def titles(*, cases: list[Case]) -> dict[int, str]:
    """Return the titles of the projects asked about."""
    rows = Project.objects.filter(uid__in=[case.about_uid for case in cases]).values_list("uid", "title")
    named = dict(rows)
    return {case.pk: named[case.about_uid] for case in cases if case.about_uid in named}


def about(*, case: Case, actor: Actor) -> About:
    """Return the figures that the leading group decides on."""
    project = Project.objects.select_related("school").filter(uid=case.about_uid).first()
    if project is None:
        return About(PROCEDURE.title)
    said = list(project.opinions.values_list("verdict", flat=True))
    budget = project.funds.aggregate(s=Sum("budget_yuan"))["s"]
    counted = [(verdict.label, said.count(verdict)) for verdict in OpinionVerdict]
    return About(
        project.title,
        reverse("programmes:project", args=[project.uid]),
        (
            (_("Applicant"), str(project.school or _("the district"))),
            (_("Budget in 万元"), str(in_wan(budget) or 0)),
            (_("Expected uses a term"), project.expected_uses or 0),
            *counted,
        ),
        tuple(project.opinions.values_list("words", flat=True)),
    )
