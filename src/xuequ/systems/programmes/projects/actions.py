"""What may be done with projects: apply, judge, order, build, accept, use, settle. Every move is written down."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import School, Term
from xuequ.kit.approvals.actions import open_case
from xuequ.kit.approvals.models import Case
from xuequ.kit.notices import actions as notices
from xuequ.record import evidence as record
from xuequ.record.models import Evidence
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import ENDS, AcceptanceVerdict, OpinionVerdict, Stage
from xuequ.systems.programmes.models import (
    Acceptance,
    Fund,
    Issue,
    Milestone,
    Opinion,
    Passage,
    Project,
    Proof,
    UseReport,
)
from xuequ.systems.programmes.projects import access as rights
from xuequ.systems.programmes.projects import queries, versions
from xuequ.systems.programmes.projects.stages import following, missing
from xuequ.systems.programmes.projects.wording import DEMANDS

Target = Milestone | Acceptance | Issue
WRITTEN = ("title", "school", "purpose", "expected", "expected_uses", "due")
"""What an application says in columns of its own; stage, number and days are not written with it."""


def require(allowed: bool) -> None:
    if not allowed:
        raise Forbidden(_("At this stage of the project, this is not yours to do."))


@contextmanager
def locked(project: Project) -> Iterator[Project]:
    """Lock the project in a transaction: its stage cannot change meanwhile."""
    with transaction.atomic():
        yield Project.objects.select_for_update(of=("self",)).select_related("school").get(pk=project.pk)


def apply(
    *, actor: Actor, project: Project, budgets: Mapping[str, Decimal | None], schools: Iterable[School] = ()
) -> Project:
    """Begin a project; its number follows from the year."""
    require(rights.may_apply(actor) and rights.runs(actor, project))
    with transaction.atomic():
        project.number = _number(actor.day)
        project.stage, project.since, project.started = Stage.APPLICATION, actor.day, actor.day
        project.created, project.created_by_id = clock.now(), actor.account_id
        _insert(project)
        project.schools.set(_equipped(actor, project, schools))
        _set_budgets(project, budgets)
        _write(project, "", Stage.APPLICATION, actor, "")
        audit.record(actor, "programmes.project.begun", project)
    return project


def _insert(project: Project) -> None:
    try:
        with transaction.atomic():
            project.save()
    except IntegrityError:
        raise Refused(_("Somebody else began a project in the same instant; keep it once more.")) from None


def _number(day: dt.date) -> str:
    """Return the next number of the year; the newest row is locked, so that two do not get the same."""
    start = f"XM{day.year}-"
    rows = Project.objects.select_for_update().filter(number__startswith=start)
    last = rows.order_by(Length("number").desc(), "-number").first()
    serial = int(last.number.removeprefix(start)) if last is not None else 0
    return f"{start}{serial + 1:03d}"


def _equipped(actor: Actor, project: Project, schools: Iterable[School]) -> list[School]:
    """A school's project equips that school; the district's those that were chosen."""
    if not access.keeps_everything(actor):
        return [project.school] if project.school is not None else []
    return list(schools) or ([project.school] if project.school is not None else [])


def _set_budgets(project: Project, budgets: Mapping[str, Decimal | None]) -> None:
    for source, yuan in budgets.items():
        if yuan:
            Fund.objects.update_or_create(project=project, source=source, defaults={"budget_yuan": yuan})
        else:
            Fund.objects.filter(project=project, source=source).delete()


def change(
    *,
    actor: Actor,
    project: Project,
    budgets: Mapping[str, Decimal | None],
    schools: Iterable[School] = (),
    base: str | None = None,
) -> Project:
    """Keep a changed application; once it is handed in, only the district does, and the old budget stays on record.

    ``base``: the version (``versions.version``) that was on the writer's screen. Where another was kept since and says
    something else than what was typed, ``Conflict``; None asks nothing.
    """
    with locked(project) as current:
        require(rights.may_change(actor, current))
        stored = versions.stored(current)
        equipped = _equipped_after(actor, current, project, schools)
        typed = versions.contents(project, budgets, equipped)
        if base is not None and base != (now := versions.version(stored)):
            other = {name: words for name, words in stored.items() if words != typed[name]}
            if other:
                raise versions.Conflict(now, other)
        before = {fund.source: str(fund.budget_yuan) for fund in current.funds.all()}
        project.save(update_fields=WRITTEN)
        project.schools.set(equipped)
        _set_budgets(project, budgets)
        after = {source: str(yuan) for source, yuan in budgets.items() if yuan}
        data = {"before": before, "after": after} if before != after else {}
        audit.record(actor, "programmes.project.changed", project, data)
    return project


def _equipped_after(
    actor: Actor, current: Project, changed: Project, schools: Iterable[School]
) -> list[School]:
    """Who may not choose the equipped schools leaves those that the district chose, unless the applicant changes."""
    if not access.keeps_everything(actor) and current.school_id == changed.school_id:
        return list(current.schools.all())
    return _equipped(actor, changed, schools)


def _write(project: Project, before: str, after: Stage, actor: Actor, words: str) -> None:
    Passage.objects.create(
        project=project,
        before=before,
        after=after,
        words=words.strip()[:1000],
        at=clock.now(),
        done_by_id=actor.account_id,
    )


def enter(project: Project, stage: Stage, actor: Actor, words: str) -> None:
    """Set the stage of a locked project and write the move down."""
    before, project.stage, project.since = project.stage, stage, actor.day
    project.save(update_fields=["stage", "since"])
    if stage in ENDS:
        notices.resolve(about=list(project.milestones.values_list("uid", flat=True)))
    _write(project, before, stage, actor, words)
    audit.record(actor, "programmes.project.moved", project, {"before": before, "after": str(stage)})


def move_on(*, actor: Actor, project: Project, words: str = "") -> Project:
    """Take the project to its next stage; ``Refused`` says what is missing, and nothing changes."""
    with locked(project) as current:
        require(rights.may_move(actor, current))
        stage = Stage(current.stage)
        lacking = missing(stage, queries.dossier(current).facts)
        after = following(stage)
        if lacking or after is None:
            raise Refused(_("Not yet: %(what)s") % {"what": " ".join(str(DEMANDS[code]) for code in lacking)})
        enter(current, after, actor, words)
    return current


def stop(*, actor: Actor, project: Project, words: str) -> Project:
    """End a project for good, with the reason."""
    if not words.strip():
        raise Refused(_("Say why the project is stopped."))
    with locked(project) as current:
        require(rights.may_stop(actor, current))
        if queries.running_case(current) is not None:
            raise Refused(_("The leading group has it before it; the request is withdrawn or decided first."))
        enter(current, Stage.STOPPED, actor, words)
    return current


def give_opinion(*, actor: Actor, project: Project, verdict: OpinionVerdict, words: str) -> Opinion:
    """Write an expert's opinion; the same expert's newer words take the place of the older ones."""
    with locked(project) as current:
        require(rights.may_judge(actor, current))
        if queries.running_case(current) is not None:
            raise Refused(_("The leading group has the opinions before it; they stay as they are."))
        opinion, _made = Opinion.objects.update_or_create(
            project=current,
            written_by_id=actor.account_id,
            defaults={"verdict": verdict, "words": words.strip(), "at": clock.now()},
        )
        audit.record(actor, "programmes.opinion.given", current, {"verdict": str(verdict)})
    return opinion


def put_before(*, actor: Actor, project: Project, words: str = "") -> Case:
    """Put an application with its experts' opinions before the leading group, as a request for approval."""
    with locked(project) as current:
        require(access.keeps_everything(actor) and current.stage == Stage.APPRAISAL)
        facts = queries.dossier(current).facts
        if "opinions" in missing(Stage.APPRAISAL, facts):
            raise Refused(_("Not yet: %(what)s") % {"what": DEMANDS["opinions"]})
        return open_case(
            actor=actor,
            procedure=queries.PROCEDURE,
            about=current,
            school=current.school,
            data={"opinions": facts.opinions},
            words=words,
        )


def set_milestone(*, actor: Actor, project: Project, title: str, due: dt.date) -> Milestone:
    """Add a milestone."""
    with locked(project) as current:
        require(rights.may_plan(actor, current))
        made = Milestone.objects.create(project=current, title=title.strip(), due=due)
        audit.record(actor, "programmes.milestone.set", made)
    return made


def reach(*, actor: Actor, milestone: Milestone, done: dt.date, proof: Evidence | None = None) -> Milestone:
    """Say that a milestone was reached, with evidence."""
    with locked(milestone.project) as current:
        require(rights.may_plan(actor, current))
        row = Milestone.objects.select_for_update().get(pk=milestone.pk)
        if row.done is not None:
            raise Refused(
                _("The milestone was reached on %(day)s already; a wrong day is corrected with its reason.")
                % {"day": row.done}
            )
        _not_to_come(actor, done)
        if proof is None and not row.proofs.filter(evidence__withdrawn=None).exists():
            raise Refused(_("Attach something that shows it: a photograph, a delivery note, a sentence."))
        row.done, row.done_by_id = done, actor.account_id
        row.save(update_fields=["done", "done_by"])
        notices.resolve(about=row.uid)
        if proof is not None:
            Proof.objects.create(project=current, evidence=proof, milestone=row)
        audit.record(actor, "programmes.milestone.reached", row, {"days": (done - row.due).days})
    return row


def _not_to_come(actor: Actor, done: dt.date) -> None:
    if done > actor.day:
        raise Refused(_("A day that has not come yet cannot be the day on which it was reached."))


def correct_day(*, actor: Actor, milestone: Milestone, done: dt.date, words: str) -> Milestone:
    """Correct the day on which a milestone was reached, with the reason; the wrong day stays in the history."""
    if not words.strip():
        raise Refused(_("Say why the day changes; the leading group reads it."))
    with locked(milestone.project) as current:
        require(rights.may_plan(actor, current))
        row = Milestone.objects.select_for_update().get(pk=milestone.pk)
        if row.done is None:
            raise Refused(_("This milestone was not reached yet; there is no day to correct."))
        _not_to_come(actor, done)
        if done == row.done:
            raise Refused(_("This is the day that stands there; nothing was changed."))
        said = _("“%(title)s” reached: %(before)s → %(after)s. %(words)s") % {
            "title": row.title, "before": row.done, "after": done, "words": words.strip(),
        }  # fmt: skip
        data = {"before": row.done.isoformat(), "after": done.isoformat()}
        row.done, row.done_by_id = done, actor.account_id
        row.save(update_fields=["done", "done_by"])
        _write(current, current.stage, Stage(current.stage), actor, said)
        audit.record(actor, "programmes.milestone.corrected", row, data)
    return row


def postpone(*, actor: Actor, milestone: Milestone, due: dt.date, words: str) -> Milestone:
    """Set another day for a milestone that is open, with the reason; the old day stays in the history."""
    if not words.strip():
        raise Refused(_("Say why the day changes; the leading group reads it."))
    with locked(milestone.project) as current:
        require(rights.may_plan(actor, current))
        row = Milestone.objects.select_for_update().get(pk=milestone.pk)
        if row.done is not None:
            raise Refused(_("The milestone was reached on %(day)s already.") % {"day": row.done})
        if due < actor.day or due == row.due:
            raise Refused(_("Choose another day, today or later."))
        said = _("“%(title)s”: %(before)s → %(after)s. %(words)s") % {
            "title": row.title, "before": row.due, "after": due, "words": words.strip(),
        }  # fmt: skip
        data = {"before": row.due.isoformat(), "after": due.isoformat()}
        row.due = due
        row.save(update_fields=["due"])
        _write(current, current.stage, Stage(current.stage), actor, said)
        notices.resolve(about=row.uid)
        audit.record(actor, "programmes.milestone.postponed", row, data)
    return row


def accept(
    *,
    actor: Actor,
    project: Project,
    day: dt.date,
    verdict: AcceptanceVerdict,
    group: str,
    words: str,
    proof: Evidence | None = None,
) -> Acceptance:
    """Record an acceptance: who took part, what was found, with evidence."""
    with locked(project) as current:
        require(rights.may_accept(actor, current))
        if day > actor.day:
            raise Refused(_("The acceptance cannot lie in the future."))
        made = Acceptance.objects.create(
            project=current,
            day=day,
            verdict=verdict,
            group=group.strip(),
            words=words.strip(),
            recorded_by_id=actor.account_id,
        )
        if proof is not None:
            Proof.objects.create(project=current, evidence=proof, acceptance=made)
        audit.record(actor, "programmes.project.accepted", current, {"verdict": str(verdict)})
    return made


def report_use(*, actor: Actor, project: Project, term: Term, uses: int, words: str) -> UseReport:
    """Say how often it was used in a term; said again, the newer number counts."""
    with locked(project) as current:
        require(rights.may_report(actor, current))
        if term.start > actor.day:
            raise Refused(_("This term has not begun yet."))
        made, _new = UseReport.objects.update_or_create(
            project=current,
            term=term,
            defaults={
                "uses": uses,
                "words": words.strip(),
                "entered_by_id": actor.account_id,
                "at": clock.now(),
            },
        )
        audit.record(actor, "programmes.use.reported", current, {"term": term.code, "uses": uses})
    return made


def raise_issue(*, actor: Actor, project: Project, title: str, owner: str, due: dt.date) -> Issue:
    """Write down what is wrong, who sees to it and until when."""
    with locked(project) as current:
        require(rights.may_raise(actor, current))
        made = Issue.objects.create(
            project=current,
            title=title.strip(),
            owner=owner.strip(),
            due=due,
            opened=actor.day,
            opened_by_id=actor.account_id,
        )
        audit.record(actor, "programmes.issue.raised", made)
    return made


def settle(*, actor: Actor, issue: Issue, outcome: str, proof: Evidence | None = None) -> Issue:
    """Close an issue with how it was settled and something that shows it."""
    with locked(issue.project) as current:
        require(rights.may_raise(actor, current))
        row = Issue.objects.select_for_update().get(pk=issue.pk)
        if row.closed is not None:
            raise Refused(_("The issue was settled on %(day)s already.") % {"day": row.closed})
        if not outcome.strip() or proof is None:
            raise Refused(_("Say how it was settled, and attach something that shows it."))
        row.closed, row.closed_by_id, row.outcome = actor.day, actor.account_id, outcome.strip()
        row.save(update_fields=["closed", "closed_by", "outcome"])
        Proof.objects.create(project=current, evidence=proof, issue=row)
        audit.record(actor, "programmes.issue.settled", row)
    return row


def attach(*, actor: Actor, project: Project, proof: Evidence, target: Target | None = None) -> Proof:
    """Attach a piece of evidence to the project or to a part of it; without one, to its newest acceptance while that
    is being recorded."""
    with locked(project) as current:
        require(rights.may_attach(actor, current))
        if target is None and current.stage == Stage.ACCEPTANCE:
            target = current.acceptances.last()
        part = {} if target is None else {str(target._meta.model_name): target}
        made = Proof.objects.create(project=current, evidence=proof, **part)
        audit.record(actor, "programmes.proof.attached", current)
    return made


def withdraw(*, actor: Actor, proof: Proof, words: str) -> Proof:
    """Take a piece of evidence back with the reason: it counts no more, and stays in the history."""
    with locked(proof.project) as current:
        row = Proof.objects.select_for_update(of=("self",)).select_related("evidence").get(pk=proof.pk)
        require(rights.may_withdraw(actor, current, row))
        if not row.counts:
            raise Refused(_("This piece was withdrawn already; nothing was changed."))
        record.withdraw(actor=actor, evidence=row.evidence, reason=words)
        row.evidence.refresh_from_db(fields=["withdrawn", "withdrawn_why"])
        row.closed_by_id = actor.account_id
        row.save(update_fields=["closed_by"])
        audit.record(actor, "programmes.proof.withdrawn", current, {"evidence": str(row.evidence.uid)})
    return row
