"""The steps of a project that have a form: how each is called, who may take it, and what is done with its data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms as django_forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.errors import Refused
from xuequ.core.figures import Text
from xuequ.district.actors import Actor
from xuequ.record import evidence
from xuequ.record.models import Evidence
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import AcceptanceVerdict, OpinionVerdict, Source, Way
from xuequ.systems.programmes.models import Project
from xuequ.systems.programmes.projects import access as rights
from xuequ.systems.programmes.projects import actions, forms, spending

SYSTEM = "programmes"
Target = actions.Target


@dataclass(frozen=True, slots=True)
class Act:
    """A step of a project that has a form: how it is called, who may, and what is done with the data."""

    title: Text
    form: Callable[[HttpRequest, Actor, Project], django_forms.Form]
    may: Callable[[Actor, Project], bool]
    do: Callable[[Actor, Project, dict[str, Any]], object]


def _plain(form: type[django_forms.Form]) -> Callable[[HttpRequest, Actor, Project], django_forms.Form]:
    return lambda request, _actor, _project: form(request.POST or None, request.FILES or None)


def proof_of(actor: Actor, project: Project, title: str, data: dict[str, Any]) -> Evidence | None:
    """Keep what a form brought as evidence: a file, words, or nothing."""
    upload, seen = data.pop("proof", None), data.pop("seen", "")
    if upload:
        return evidence.attach_file(
            actor=actor, system=SYSTEM, school=project.school, title=title, upload=upload, note=seen
        )
    if seen.strip():
        return evidence.attach_note(actor=actor, system=SYSTEM, school=project.school, title=title, note=seen)
    return None


def _opinion(actor: Actor, found: Project, data: dict[str, Any]) -> object:
    verdict = OpinionVerdict(data["verdict"])
    return actions.give_opinion(actor=actor, project=found, verdict=verdict, words=data["words"])


def _contract(actor: Actor, found: Project, data: dict[str, Any]) -> object:
    data |= {"way": Way(data["way"]), "source": Source(data["source"])}
    return spending.order(actor=actor, project=found, **data)


def _acceptance(actor: Actor, found: Project, data: dict[str, Any]) -> object:
    proof = proof_of(actor, found, _("Record of the acceptance"), data)
    data["verdict"] = AcceptanceVerdict(data["verdict"])
    return actions.accept(actor=actor, project=found, proof=proof, **data)


def _attach(actor: Actor, found: Project, data: dict[str, Any]) -> object:
    target = targets(actor, found).get(data.pop("target", ""))
    title = _("Evidence of the project") if target is None else target.title
    proof = proof_of(actor, found, title, data)
    if proof is None:
        raise Refused(_("Choose a file or write what was seen."))
    return actions.attach(actor=actor, project=found, proof=proof, target=target)


def targets(actor: Actor, project: Project) -> dict[str, Target]:
    """Return what a piece may be for beside the project as a whole, by a key for forms: what is reached or settled."""
    found: dict[str, Target] = {}
    if rights.runs(actor, project):
        found |= {f"milestone-{row.pk}": row for row in project.milestones.filter(done__isnull=False)}
        found |= {f"issue-{row.pk}": row for row in project.issues.filter(closed__isnull=False)}
    if access.keeps_everything(actor) or rights.may_accept(actor, project):
        found |= {f"acceptance-{row.pk}": row for row in project.acceptances.all()}
    return found


ACTS: dict[str, Act] = {
    "opinion": Act(gettext_lazy("Expert's opinion"), _plain(forms.OpinionForm), rights.may_judge, _opinion),
    "contract": Act(
        gettext_lazy("Enter a contract"), _plain(forms.ContractForm), rights.may_order, _contract
    ),
    "payment": Act(
        gettext_lazy("Enter a payment"),
        lambda request, _actor, found: forms.PaymentForm(request.POST or None, project=found),
        rights.may_pay,
        lambda actor, _found, data: spending.pay(actor=actor, **data),
    ),
    "milestone": Act(
        gettext_lazy("Set a milestone"),
        _plain(forms.MilestoneForm),
        rights.may_plan,
        lambda actor, found, data: actions.set_milestone(actor=actor, project=found, **data),
    ),
    "acceptance": Act(
        gettext_lazy("Record an acceptance"), _plain(forms.AcceptanceForm), rights.may_accept, _acceptance
    ),
    "use": Act(
        gettext_lazy("Report use"),
        lambda request, actor, _found: forms.UseForm(request.POST or None, actor=actor),
        rights.may_report,
        lambda actor, found, data: actions.report_use(actor=actor, project=found, **data),
    ),
    "issue": Act(
        gettext_lazy("Write an issue down"),
        _plain(forms.IssueForm),
        rights.may_raise,
        lambda actor, found, data: actions.raise_issue(actor=actor, project=found, **data),
    ),
    "evidence": Act(
        gettext_lazy("Attach evidence"),
        lambda request, actor, found: forms.AttachForm(
            request.POST or None,
            request.FILES or None,
            chosen=request.GET.get("for", ""),
            targets=targets(actor, found),
        ),
        rights.may_attach,
        _attach,
    ),
    "stop": Act(
        gettext_lazy("Stop the project"),
        _plain(forms.StopForm),
        rights.may_stop,
        lambda actor, found, data: actions.stop(actor=actor, project=found, **data),
    ),
}
