"""District projects: who asked for what, the money by source, milestones, acceptance, use, issues, and every move."""

from decimal import Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School, Term
from xuequ.record.models import Evidence
from xuequ.systems.programmes.choices import (
    AcceptanceVerdict,
    OpinionVerdict,
    Source,
    Stage,
    Way,
)


def _money(label: Any) -> "models.DecimalField[Decimal, Decimal]":
    return models.DecimalField(label, max_digits=14, decimal_places=2, validators=[MinValueValidator(0)])


class Project(Identified):
    """A project of a school, or of the district where no school is named; ``schools`` are those it equips."""

    number = models.CharField(_("number"), max_length=24, unique=True)
    title = models.CharField(_("title"), max_length=120)
    school = models.ForeignKey(
        School,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="own_projects",
        verbose_name=_("applicant"),
    )
    schools = models.ManyToManyField(
        School, blank=True, related_name="projects", verbose_name=_("schools that it equips")
    )
    stage = models.CharField(
        pgettext_lazy("project", "stage"), max_length=16, choices=Stage.choices, default=Stage.APPLICATION
    )
    since = models.DateField(_("in this stage since"))
    purpose = models.TextField(_("purpose"), blank=True)
    expected = models.TextField(_("expected use"), blank=True)
    expected_uses = models.PositiveIntegerField(_("expected uses a term"), null=True, blank=True)
    due = models.DateField(_("to be finished by"), null=True, blank=True)
    started = models.DateField(_("applied for on"))
    created = models.DateTimeField()
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("project")
        verbose_name_plural = _("projects")
        ordering = ["-number"]
        indexes = [models.Index(fields=["stage", "school"], name="programmes_project_stage")]

    def __str__(self) -> str:
        return self.title


class Fund(models.Model):
    """The budget of a project from one source."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="funds")
    source = models.CharField(pgettext_lazy("money", "source"), max_length=12, choices=Source.choices)
    budget_yuan = _money(_("budget in yuan"))

    class Meta:
        verbose_name = _("budget")
        verbose_name_plural = _("budgets")
        ordering = ["project", "source"]
        constraints = [
            models.UniqueConstraint(fields=["project", "source"], name="programmes_one_budget_a_source")
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.source}"


class Opinion(models.Model):
    """What one expert says about an application."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="opinions")
    verdict = models.CharField(_("opinion"), max_length=16, choices=OpinionVerdict.choices)
    words = models.TextField(_("reasons"))
    written_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("expert's opinion")
        verbose_name_plural = _("experts' opinions")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["project", "written_by"], name="programmes_one_opinion_an_expert")
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.verdict}"


class Contract(models.Model):
    """What was ordered from whom; ``over`` says why it goes beyond the budget where it does."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="contracts")
    title = models.CharField(_("what is ordered"), max_length=120)
    supplier = models.CharField(_("supplier"), max_length=120)
    way = models.CharField(_("way of procurement"), max_length=16, choices=Way.choices)
    source = models.CharField(_("paid from"), max_length=12, choices=Source.choices)
    sum_yuan = _money(_("contract sum in yuan"))
    signed = models.DateField(_("signed on"))
    over = models.CharField(_("why beyond the budget"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("contract")
        verbose_name_plural = _("contracts")
        ordering = ["signed", "id"]

    def __str__(self) -> str:
        return self.title


class Payment(models.Model):
    """Money paid on a contract."""

    contract = models.ForeignKey(
        Contract, on_delete=models.CASCADE, related_name="payments", verbose_name=_("contract")
    )
    amount_yuan = _money(_("amount in yuan"))
    paid = models.DateField(_("paid on"))
    entered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["paid", "id"]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.paid}"


class Milestone(Identified):
    """Something to be reached by a day, and when it was."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="milestones")
    title = models.CharField(_("milestone"), max_length=120)
    due = models.DateField(_("due on"))
    done = models.DateField(_("reached on"), null=True, blank=True)
    done_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("milestone")
        verbose_name_plural = _("milestones")
        ordering = ["due", "id"]

    def __str__(self) -> str:
        return self.title


class Acceptance(models.Model):
    """A record of an acceptance (验收): what the group that looked at it found. The newest counts."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="acceptances")
    day = models.DateField(_("day"))
    verdict = models.CharField(_("finding"), max_length=12, choices=AcceptanceVerdict.choices)
    group = models.CharField(_("who took part"), max_length=200)
    words = models.TextField(_("what was found"))
    recorded_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("acceptance")
        verbose_name_plural = _("acceptances")
        ordering = ["day", "id"]

    def __str__(self) -> str:
        return f"{self.project_id} {self.verdict}"

    @property
    def title(self) -> str:
        """The acceptance by its day."""
        return gettext("acceptance of %(day)s") % {"day": self.day}


class UseReport(models.Model):
    """How often what a project brought was used in a term, beside what was expected."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="use_reports")
    term = models.ForeignKey(Term, on_delete=models.PROTECT, related_name="+", verbose_name=_("term"))
    uses = models.PositiveIntegerField(_("uses in the term"))
    words = models.TextField(_("what it was used for, what came of it"), blank=True)
    entered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("report of use")
        verbose_name_plural = _("reports of use")
        ordering = ["term__start"]
        constraints = [
            models.UniqueConstraint(fields=["project", "term"], name="programmes_one_report_a_term")
        ]

    def __str__(self) -> str:
        return f"{self.project_id} {self.term_id}"


class Issue(Identified):
    """Something that is wrong with a project: who sees to it, until when, and how it was settled."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="issues")
    title = models.CharField(_("what is wrong"), max_length=160)
    owner = models.CharField(
        _("who sees to it"), max_length=60, help_text=_("An office or a company, no person's name.")
    )
    due = models.DateField(_("until"))
    opened = models.DateField()
    opened_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    closed = models.DateField(null=True, blank=True)
    closed_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.TextField(_("how it was settled"), blank=True)

    class Meta:
        verbose_name = pgettext_lazy("project", "issue")
        verbose_name_plural = pgettext_lazy("project", "issues")
        ordering = ["due", "id"]

    def __str__(self) -> str:
        return self.title


class Proof(models.Model):
    """A piece of evidence for a project as a whole, or for one milestone, acceptance or settled issue of it.

    A piece that was withdrawn keeps its row: ``closed_by`` took it back, and the evidence says why.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="proofs")
    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT, related_name="programme_proof")
    milestone = models.ForeignKey(
        Milestone, null=True, blank=True, on_delete=models.CASCADE, related_name="proofs"
    )
    acceptance = models.ForeignKey(
        Acceptance, null=True, blank=True, on_delete=models.CASCADE, related_name="proofs"
    )
    issue = models.ForeignKey(Issue, null=True, blank=True, on_delete=models.CASCADE, related_name="proofs")
    closed_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("evidence of a project")
        verbose_name_plural = _("evidence of projects")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.project_id} {self.evidence_id}"

    @property
    def counts(self) -> bool:
        """Whether the piece was not withdrawn."""
        return self.evidence.withdrawn is None

    @property
    def shows(self) -> str:
        """What the piece is for: a milestone, an acceptance or an issue by its title; empty for the project itself."""
        return str(self.milestone or self.issue or (self.acceptance and self.acceptance.title) or "")


class Passage(models.Model):
    """One move of a project from stage to stage, or within one a milestone's new day; rows are only added."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="passages")
    before = models.CharField(max_length=16, choices=Stage.choices, blank=True)
    after = models.CharField(max_length=16, choices=Stage.choices)
    words = models.TextField(_("words"), blank=True)
    at = models.DateTimeField()
    done_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("move of a project")
        verbose_name_plural = _("moves of projects")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.project_id} {self.after}"
