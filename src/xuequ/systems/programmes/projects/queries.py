"""What may be read of projects: the district's readers all, a school its own, experts what is before them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.approvals.choices import CaseState
from xuequ.kit.approvals.models import Case
from xuequ.systems.programmes import access
from xuequ.systems.programmes.choices import ENDS, PATH, Source, Stage, Way
from xuequ.systems.programmes.models import (
    Acceptance,
    Contract,
    Fund,
    Issue,
    Milestone,
    Payment,
    Project,
    Proof,
    UseReport,
)
from xuequ.systems.programmes.projects.stages import Balance, Facts, is_unused

ZERO = Decimal(0)
PROCEDURE = "programme-project"
"""The procedure of approvals in which the leading group decides about an application."""


def projects(actor: Actor) -> "QuerySet[Project]":
    """Return the projects that the actor may read, newest number first."""
    rows = Project.objects.select_related("school")
    return rows if access.reads_everything(actor) else rows.filter(pk__in=_own(actor))


def _own(actor: Actor) -> "QuerySet[Project, int]":
    where = policy.NOBODY
    ids = access.kept_ids(actor)
    if ids:
        for path in ("school", "schools"):
            where |= Q(**{f"{path}__in": ids}) | Q(**{f"{path}__campus_of__in": ids})
    areas = {g.area_id for g in actor.grants if g.role in policy.DISTRICT_ROLES and g.area_id is not None}
    if areas:
        where |= Q(school__area__in=areas) | Q(schools__area__in=areas)
    if actor.has_everywhere(Role.EXPERT):
        where |= Q(stage=Stage.APPRAISAL) | Q(opinions__written_by=actor.account_id)
    return Project.objects.filter(where).order_by().values_list("pk", flat=True)


def project(actor: Actor, uid: UUID) -> Project | None:
    """Return one project, if the actor may read it."""
    return projects(actor).filter(uid=uid).first()


def proof(actor: Actor, uid: UUID) -> Proof | None:
    """Return a piece of evidence by its own uid, if the actor may read its project."""
    rows = Proof.objects.filter(project__in=projects(actor).values("pk"), evidence__uid=uid)
    return rows.select_related("evidence", "project__school").first()


def may_enter(actor: Actor) -> bool:
    """Whether the actor has a list of projects."""
    area = any(g.role in policy.DISTRICT_ROLES and g.area_id is not None for g in actor.grants)
    expert = actor.has_everywhere(Role.EXPERT)
    return access.reads_everything(actor) or expert or area or bool(access.kept_ids(actor))


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that a project's page shows."""

    project: Project
    balances: tuple[Balance, ...]
    contracts: tuple[Contract, ...]
    milestones: tuple[Milestone, ...]
    issues: tuple[Issue, ...]
    proofs: tuple[Proof, ...]
    acceptances: tuple[Acceptance, ...]
    uses: tuple[UseReport, ...]
    facts: Facts
    unshown: frozenset[UUID]
    """Milestones reached and issues settled whose evidence was all withdrawn."""

    @property
    def total(self) -> Balance:
        """The money of all sources together."""
        return total_of(self.balances)


def total_of(balances: Iterable[Balance]) -> Balance:
    """Add up balances."""
    listed = list(balances)
    return Balance(
        "",
        sum((item.budget for item in listed), ZERO),
        sum((item.committed for item in listed), ZERO),
        sum((item.spent for item in listed), ZERO),
    )


def balances_of(
    funds: Iterable[tuple[str, Decimal]], orders: Iterable[tuple[str, Decimal, Decimal]]
) -> tuple[Balance, ...]:
    """Return the money by source: ``funds`` (source, budget), ``orders`` (source, contract sum, paid)."""
    budget: dict[str, Decimal] = defaultdict(Decimal)
    committed: dict[str, Decimal] = defaultdict(Decimal)
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for source, yuan in funds:
        budget[source] += yuan
    for source, ordered, paid in orders:
        committed[source] += ordered
        spent[source] += paid
    used = [source for source in Source.values if source in {*budget, *committed}]
    return tuple(Balance(source, budget[source], committed[source], spent[source]) for source in used)


def dossier(project: Project) -> Dossier:
    """Return everything about a project; parts that its stage cannot have are not asked for."""
    reached = PATH.index(Stage(project.stage)) if project.stage in PATH else len(PATH)
    funds = list(project.funds.values_list("source", "budget_yuan"))
    contracts: tuple[Contract, ...] = ()
    if reached >= PATH.index(Stage.PROCUREMENT):
        contracts = tuple(project.contracts.annotate(paid_yuan=Coalesce(Sum("payments__amount_yuan"), ZERO)))
    milestones, issues = tuple(project.milestones.all()), tuple(project.issues.order_by("closed", "due"))
    pieces = project.proofs.select_related("evidence", "milestone", "issue", "acceptance")
    proofs = tuple(pieces)
    acceptances = tuple(project.acceptances.all()) if reached >= PATH.index(Stage.ACCEPTANCE) else ()
    uses = tuple(project.use_reports.select_related("term")) if reached >= PATH.index(Stage.USE) else ()
    opinions = project.opinions.count() if project.stage == Stage.APPRAISAL else 0
    orders = [(c.source, c.sum_yuan, c.paid_yuan) for c in contracts]  # type: ignore[attr-defined]
    balances = balances_of(funds, orders)
    last = acceptances[-1] if acceptances else None
    shown = [proof for proof in proofs if proof.counts]
    bare = _unshown(milestones, issues, shown)
    facts = Facts(
        purpose=bool(project.purpose.strip()),
        expected=bool(project.expected.strip()) and project.expected_uses is not None,
        due=project.due is not None,
        budget=sum((yuan for _source, yuan in funds), ZERO),
        opinions=opinions,
        contracts=len(contracts),
        milestones=len(milestones),
        open_milestones=sum(item.done is None for item in milestones),
        acceptance=last.verdict if last is not None else "",
        acceptance_proofs=sum(p.acceptance_id == last.pk for p in shown) if last is not None else 0,
        use_reports=len(uses),
        open_issues=sum(item.closed is None for item in issues),
        unshown=len(bare),
    )
    return Dossier(project, balances, contracts, milestones, issues, proofs, acceptances, uses, facts, bare)


def _unshown(
    milestones: Iterable[Milestone], issues: Iterable[Issue], shown: Sequence[Proof]
) -> frozenset[UUID]:
    backed, settled = {proof.milestone_id for proof in shown}, {proof.issue_id for proof in shown}
    stones = {row.uid for row in milestones if row.done is not None and row.pk not in backed}
    return frozenset(stones | {row.uid for row in issues if row.closed is not None and row.pk not in settled})


def case_of(project: Project) -> Case | None:
    """Return the newest request to the leading group about the project."""
    return Case.objects.filter(procedure=PROCEDURE, about_uid=project.uid).order_by("-id").first()


def running_case(project: Project) -> Case | None:
    """Return the request that is not decided yet."""
    found = case_of(project)
    return found if found is not None and found.state in {CaseState.OPEN, CaseState.RETURNED} else None


@dataclass(frozen=True, slots=True)
class Line:
    """A project as the leading group sees it. Sums in 元."""

    project: Project
    balances: tuple[Balance, ...]
    late: Milestone | None
    next: Milestone | None
    days_late: int
    uses: int | None
    open_issues: int
    overdue_issues: int

    @property
    def total(self) -> Balance:
        """The money of all sources together."""
        return total_of(self.balances)

    @property
    def over(self) -> Decimal:
        """What was ordered beyond the budget, source by source: one source's rest does not pay for another's."""
        return sum((item.over for item in self.balances), ZERO)

    @property
    def runs(self) -> bool:
        """Whether the project has not ended."""
        return self.project.stage not in ENDS

    @property
    def unused(self) -> bool:
        """Whether it was accepted and is hardly used."""
        return is_unused(Stage(self.project.stage), self.project.expected_uses, self.uses)


def lines(rows: "Iterable[Project]", day: dt.date) -> list[Line]:
    """Return projects with their money, milestones, use and issues: six queries, however many there are."""
    found = list(rows)
    keys = [item.pk for item in found]
    money = _money(keys)
    milestones = _by_project(Milestone.objects.filter(project__in=keys, done=None).order_by("due", "id"))
    uses = {row.project_id: row.uses for row in _reports(keys)}
    issues = _by_project(Issue.objects.filter(project__in=keys, closed=None))
    return [
        _line(item, money[item.pk], milestones[item.pk], uses.get(item.pk), issues[item.pk], day)
        for item in found
    ]


def _reports(keys: Sequence[int]) -> "QuerySet[UseReport]":
    return UseReport.objects.filter(project__in=keys).order_by("term__start")


def _by_project(rows: Iterable[Milestone] | Iterable[Issue]) -> dict[int, list]:
    grouped: dict[int, list] = defaultdict(list)
    for row in rows:
        grouped[row.project_id].append(row)
    return grouped


def _money(keys: Sequence[int]) -> dict[int, tuple[Balance, ...]]:
    funds: dict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    orders: dict[int, list[tuple[str, Decimal, Decimal]]] = defaultdict(list)
    for pk, source, yuan in Fund.objects.filter(project__in=keys).values_list(
        "project_id", "source", "budget_yuan"
    ):
        funds[pk].append((source, yuan))
    contracts = Contract.objects.filter(project__in=keys).values_list("project_id", "source")
    for pk, source, yuan in contracts.annotate(Sum("sum_yuan")).order_by():
        orders[pk].append((source, yuan, ZERO))
    paid = Payment.objects.filter(contract__project__in=keys)
    grouped = paid.values_list("contract__project_id", "contract__source").annotate(Sum("amount_yuan"))
    for pk, source, yuan in grouped.order_by():
        orders[pk].append((source, ZERO, yuan))
    return {pk: balances_of(funds[pk], orders[pk]) for pk in keys}


def _line(
    project: Project,
    balances: tuple[Balance, ...],
    milestones: Sequence[Milestone],
    uses: int | None,
    issues: Sequence[Issue],
    day: dt.date,
) -> Line:
    first = milestones[0] if milestones and project.stage not in ENDS else None
    late = first if first is not None and first.due < day else None
    return Line(
        project=project,
        balances=balances,
        late=late,
        next=first,
        days_late=(day - late.due).days if late is not None else 0,
        uses=uses,
        open_issues=len(issues),
        overdue_issues=sum(issue.due < day for issue in issues),
    )


def late_milestones(day: dt.date) -> "QuerySet[Milestone]":
    """Return milestones that should have been reached, of projects that run."""
    return Milestone.objects.filter(done=None, due__lt=day).exclude(project__stage__in=ENDS)


def waiting_for_expert(actor: Actor) -> "QuerySet[Project]":
    """Return the applications about which the expert has not written yet and still may.

    What the leading group has before it takes no more opinions.
    """
    if not actor.has_everywhere(Role.EXPERT):
        return Project.objects.none()
    asked = Case.objects.filter(procedure=PROCEDURE, state__in=[CaseState.OPEN, CaseState.RETURNED])
    rows = Project.objects.filter(stage=Stage.APPRAISAL).exclude(uid__in=asked.values("about_uid"))
    return rows.exclude(opinions__written_by=actor.account_id)


def running(actor: Actor) -> "QuerySet[Project]":
    """Return the projects under way that the actor may read."""
    return projects(actor).exclude(stage__in=ENDS)


def before_the_group() -> "QuerySet[Project]":
    """Return the applications that were put before the leading group and are not decided."""
    asked = Case.objects.filter(procedure=PROCEDURE, state=CaseState.OPEN).values("about_uid")
    return Project.objects.filter(stage=Stage.APPRAISAL, uid__in=asked)


def unpaid_contracts() -> "QuerySet[Contract]":
    """Return contracts of accepted projects of which something is left to pay; gifts are not paid."""
    rows = Contract.objects.filter(project__stage__in=[Stage.USE, Stage.DONE]).exclude(way=Way.GIFT)
    paid = Payment.objects.filter(contract=OuterRef("pk")).values("contract").annotate(s=Sum("amount_yuan"))
    return rows.annotate(left=F("sum_yuan") - Coalesce(Subquery(paid.values("s")), ZERO)).filter(left__gt=0)


def use_due(actor: Actor) -> "QuerySet[Project]":
    """Return the accepted projects of the actor's own school of which no use was ever reported."""
    ids = access.kept_ids(actor)
    if not ids:
        return Project.objects.none()
    return Project.objects.filter(stage=Stage.USE, school__in=ids, use_reports=None)
