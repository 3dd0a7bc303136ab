"""What may be done with the special fund before it is decided: standards, rounds, applications, simulations."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ import __version__
from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.jobs import enqueue
from xuequ.core.models import Task
from xuequ.core.money import grouped
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School, SchoolYear
from xuequ.kit.notices import actions as notices
from xuequ.record.actions import create_run
from xuequ.record.choices import RunState
from xuequ.record.models import Evidence
from xuequ.systems.support import access
from xuequ.systems.support.funding.choices import (
    EDITABLE,
    Dimension,
    ProjectState,
    RoundState,
    SourceKind,
)
from xuequ.systems.support.funding.jobs import simulate_run
from xuequ.systems.support.funding.models import Project, Round, Simulation, Source, Standard

OPEN, RETURNED = "support-fund-open", "support-fund-returned"
"""Kinds of notices."""
LEAST_YUAN, MOST_YUAN = Decimal(1000), Decimal(20_000_000)
"""Costs outside of these look as if 万元 had been typed for 元 or the other way round."""
STEPS = ("star3_yuan", "star4_yuan", "star5_yuan")


def new_standard(*, actor: Actor, **fields: Any) -> Standard:
    """Set a new version of the standard; rounds opened before keep theirs."""
    access.require(access.prepares(actor), _("Only the district's officers set the standard."))
    steps = [fields[name] for name in STEPS]
    if steps != sorted(steps):
        raise Refused(
            _("More stars must not give less money: check the steps for three, four and five stars.")
        )
    with transaction.atomic():
        newest = Standard.objects.aggregate(newest=Max("version"))["newest"] or 0
        row = Standard.objects.create(
            version=newest + 1, created=clock.now(), created_by_id=actor.account_id, **fields
        )
        audit.record(actor, "support.standard.set", row, {"version": row.version})
    return row


def open_round(*, actor: Actor, title: str, year: SchoolYear, closes: dt.date) -> Round:
    """Open a round for applications under the newest standard; the schools are told."""
    access.require(access.prepares(actor), _("Only the district's officers open a round."))
    standard = Standard.objects.order_by("-version").first()
    if standard is None:
        raise Refused(_("Set the standard first; a round goes by the one in force when it is opened."))
    if closes < actor.day:
        raise Refused(_("The day must not be over already."))
    with transaction.atomic():
        row = Round.objects.create(
            title=title.strip(), year=year, standard=standard, closes=closes, created=clock.now(),
            created_by_id=actor.account_id,
        )  # fmt: skip
        for school in School.objects.of_district().filter(closed_on=None, campus_of=None):
            notices.notify(
                kind=OPEN,
                message=gettext_noop("Projects for the special fund can be applied for until %(day)s."),
                params={"day": f"{closes:%Y-%m-%d}"},
                about=row.uid,
                roles=(Role.HEAD,),
                school=school,
                url=reverse("support:round", args=[row.uid]),
                due=closes,
            )
        audit.record(actor, "support.round.opened", row)
    return row


def undecided(of: Round) -> Round:
    """Return the round, locked; ``Refused`` once it is decided."""
    found = Round.objects.select_for_update(of=("self",)).select_related("year", "standard").get(pk=of.pk)
    if found.state == RoundState.DECIDED:
        raise Refused(_("This round is decided; nothing was changed."))
    return found


def add_source(
    *, actor: Actor, of: Round, kind: SourceKind, name: str, amount_yuan: Decimal, dimension: str = "",
    weak_only: bool = False, sure: bool = False,
) -> Source:  # fmt: skip
    """Add money to a round."""
    access.require(access.prepares(actor), _("Only the district's officers enter sources of money."))
    plausible(amount_yuan, sure, most=Decimal(1_000_000_000))
    with transaction.atomic():
        found = undecided(of)
        if found.sources.filter(name=name.strip()).exists():
            raise Refused(_("The round has a source of this name already."))
        row = Source.objects.create(
            round=found, kind=kind, name=name.strip(), amount_yuan=amount_yuan, dimension=dimension,
            weak_only=weak_only,
        )  # fmt: skip
        audit.record(actor, "support.source.added", row)
    return row


def drop_source(*, actor: Actor, source: Source) -> None:
    """Take a source out of a round that is not decided."""
    access.require(access.prepares(actor), _("Only the district's officers enter sources of money."))
    with transaction.atomic():
        undecided(source.round)
        audit.record(actor, "support.source.dropped", source)
        source.delete()


def plausible(amount: Decimal, sure: bool, *, least: Decimal = LEAST_YUAN, most: Decimal = MOST_YUAN) -> None:
    """Refuse a sum that looks as if it had been typed in the other unit, unless the typist is sure."""
    if amount <= 0:
        raise Refused(_("The sum must be above 0."))
    if not sure and (amount < least or amount > most):
        raise Refused(
            _(
                "%(yuan)s yuan is an unusual sum. Was it typed in 万元? Write the unit behind it (12元, 0.5万元), or"
                " tick “The sum is right”."
            )
            % {"yuan": grouped(amount)}
        )


# Applications.


def _open_for(of: Round, actor: Actor) -> None:
    if of.state == RoundState.DECIDED or actor.day > of.closes:
        raise Refused(_("Applications for this round are closed."))


def apply(
    *, actor: Actor, of: Round, school: School, project: Project | None = None, sure: bool = False,
    **fields: Any,
) -> Project:  # fmt: skip
    """Write an application, or change one that is not handed in."""
    access.require(access.speaks_for(actor, school), _("Only those who lead a school apply for it."))
    plausible(fields["cost_yuan"], sure)
    _gains(fields["gains"])
    with transaction.atomic():
        found = undecided(of)
        _open_for(found, actor)
        needed = fields.get("requires")
        if needed is not None and (needed.school_id != school.pk or needed.round_id != found.pk):
            raise Refused(_("A project can rest only on another one of the same school and round."))
        row = _own_draft(project) if project is not None else Project(
            round=found, school=school, created_by_id=actor.account_id
        )  # fmt: skip
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()
        audit.record(actor, "support.project.written", row)
    return row


def _gains(gains: Mapping[str, float]) -> None:
    if set(gains) - set(Dimension.values) or any(not 0 <= value <= 100 for value in gains.values()):
        raise Refused(_("What a project brings is written in points from 0 to 100."))
    if not any(gains.values()):
        raise Refused(_("Say in at least one dimension what the project should bring."))


def _own_draft(project: Project) -> Project:
    found = Project.objects.select_for_update().get(pk=project.pk)
    if found.state not in EDITABLE:
        raise Refused(_("The application is handed in; ask the district to give it back."))
    return found


def hand_in(*, actor: Actor, project: Project) -> Project:
    """Hand an application in."""
    access.require(access.speaks_for(actor, project.school), _("Only those who lead a school apply for it."))
    with transaction.atomic():
        _open_for(undecided(project.round), actor)
        found = _own_draft(project)
        found.state, found.submitted, found.submitted_by_id = (
            ProjectState.HANDED_IN,
            clock.now(),
            actor.account_id,
        )
        found.save(update_fields=["state", "submitted", "submitted_by"])
        notices.resolve(about=found.uid, kind=RETURNED)
        audit.record(actor, "support.project.handed-in", found)
    return found


def attach(*, actor: Actor, project: Project, piece: Evidence) -> None:
    """Put evidence beside an application: before it is handed in, and of what came of it."""
    access.require(access.speaks_for(actor, project.school), _("Only those who lead a school apply for it."))
    with transaction.atomic():
        found = Project.objects.select_for_update(of=("self",)).select_related("round").get(pk=project.pk)
        if found.state not in EDITABLE and found.round.state != RoundState.DECIDED:
            raise Refused(_("The application is handed in; ask the district to give it back."))
        found.evidence.add(piece)
        audit.record(actor, "support.project.evidence", found)


def check(
    *, actor: Actor, project: Project, state: ProjectState, remark: str, checked_gain: Decimal | None,
    must: bool,
) -> Project:  # fmt: skip
    """The district accepts an application for the proposal, gives it back, or refuses it with the reason."""
    access.require(access.prepares(actor), _("Only the district's officers check applications."))
    if state not in (ProjectState.ACCEPTED, ProjectState.RETURNED, ProjectState.REFUSED):
        raise Refused(_("Accept the application, give it back, or refuse it."))
    if state != ProjectState.ACCEPTED and not remark.strip():
        raise Refused(_("Say why; the school reads it."))
    with transaction.atomic():
        undecided(project.round)
        found = (
            Project.objects.select_for_update(of=("self",))
            .select_related("school", "round")
            .get(pk=project.pk)
        )
        if found.state in EDITABLE:
            raise Refused(_("The school has not handed this application in."))
        found.state, found.remark, found.must = state, remark.strip(), must and state == ProjectState.ACCEPTED
        found.checked_gain = checked_gain if checked_gain is not None else found.expected
        found.handled_by_id = actor.account_id
        found.save(update_fields=["state", "remark", "must", "checked_gain", "handled_by"])
        if state == ProjectState.RETURNED:
            _tell_returned(found)
        audit.record(actor, f"support.project.{state}", found)
    return found


def _tell_returned(project: Project) -> None:
    notices.notify(
        kind=RETURNED,
        message=gettext_noop("An application for the special fund was given back with a remark."),
        about=project.uid,
        roles=(Role.HEAD, Role.SCHOOL_ADMINISTRATOR),
        school=project.school,
        url=reverse("support:project", args=[project.uid]),
        due=project.round.closes,
    )


# Simulations.


def start_simulation(
    *, actor: Actor, of: Round, weak_share: float, alpha: float | None = None, weak_weight: float = 1.0
) -> tuple[Simulation, Task]:
    """Start computing a way to share out; what goes in is kept with the run."""
    access.require(access.prepares(actor), _("Only the district's officers prepare a proposal."))
    sources = list(of.sources.order_by("id"))
    if not sources:
        raise Refused(_("Enter a source of money first."))
    with transaction.atomic():
        found = undecided(of)
        run = create_run(
            actor=actor, system="support", kind="funding",
            title=_("Sharing out: %(title)s") % {"title": found.title}, engine_version=__version__,
            parameters={
                "day": actor.day.isoformat(),
                "standard": str(found.standard.uid),
                "sources": [
                    {"name": s.name, "amount": str(s.amount_yuan), "dimension": s.dimension, "weak_only": s.weak_only}
                    for s in sources
                ],
                "settings": {"weak_share": weak_share, "alpha": alpha, "weak_weight": weak_weight},
            },
            year=found.year,
        )  # fmt: skip
        row = Simulation.objects.create(round=found, run=run)
        done = reverse("support:simulation", args=[row.uid])
        task = enqueue.start(simulate_run, actor=actor, title=run.title, done_url=done, run_uid=str(run.uid))
        run.task_uid = task.uid
        run.save(update_fields=["task_uid"])
    return row, task


def is_usable(simulation: Simulation) -> bool:
    """Whether a simulation holds amounts."""
    return simulation.run.state == RunState.DONE and bool(simulation.result.get("feasible"))
