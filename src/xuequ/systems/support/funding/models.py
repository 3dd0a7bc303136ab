"""The standard, rounds with their sources, applications, amounts, spending, what came of it, and appeals."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School, SchoolYear
from xuequ.record.models import Evidence, Run
from xuequ.systems.support.funding.choices import Dimension, ProjectState, RoundState, SourceKind

ZERO = Decimal(0)


def _money(label: object, **more: object) -> "models.DecimalField":
    """A sum in yuan."""
    return models.DecimalField(
        label,  # type: ignore[arg-type]
        max_digits=14, decimal_places=2, validators=[MinValueValidator(ZERO)], **more,  # type: ignore[arg-type]
    )  # fmt: skip


class Standard(Identified):
    """专项经费标准: what schools get by pupils, stars awarded and stars gained; a new version leaves old ones alone."""

    name = models.CharField(_("name"), max_length=80)
    version = models.PositiveIntegerField(_("version"), unique=True)
    base_per_pupil_yuan = _money(_("for each pupil"))
    least_pupils = models.PositiveIntegerField(_("small schools count as so many pupils"), default=100)
    star3_yuan = _money(_("three stars"))
    star4_yuan = _money(_("four stars"))
    star5_yuan = _money(_("five stars"))
    improved_yuan = _money(_("for each star gained since last year"))
    weak_share = models.DecimalField(
        _("share of the money that goes to weak schools first"), max_digits=4, decimal_places=3,
        validators=[MinValueValidator(ZERO), MaxValueValidator(Decimal(1))],
    )  # fmt: skip
    document = models.CharField(_("document"), max_length=120, blank=True)
    created = models.DateTimeField()
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("standard of the special fund")
        verbose_name_plural = _("standards of the special fund")
        ordering = ["-version"]

    def __str__(self) -> str:
        return self.name

    def step_yuan(self, stars: int) -> Decimal:
        """Return the part for so many stars awarded."""
        return {3: self.star3_yuan, 4: self.star4_yuan, 5: self.star5_yuan}.get(stars, ZERO)


class Round(Identified):
    """A year's sharing out; ``standard`` is the version in force when it was opened and stays."""

    title = models.CharField(_("title"), max_length=100)
    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    standard = models.ForeignKey(Standard, on_delete=models.PROTECT, related_name="rounds")
    closes = models.DateField(_("applications until"))
    state = models.CharField(_("state"), max_length=10, choices=RoundState.choices, default=RoundState.OPEN)
    proposal = models.ForeignKey(
        "Simulation", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    decided = models.DateField(_("decided on"), null=True, blank=True)
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    document = models.CharField(_("number of the decision"), max_length=80, blank=True)
    reason = models.TextField(_("reason where the decision departs from the proposal"), blank=True)
    created = models.DateTimeField()
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("round of the special fund")
        verbose_name_plural = _("rounds of the special fund")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title


class Source(Identified):
    """Money of one origin; an earmark narrows what it may pay to one dimension or to weak schools."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(_("kind"), max_length=12, choices=SourceKind.choices)
    name = models.CharField(_("name"), max_length=80)
    amount_yuan = _money(_("amount"))
    dimension = models.CharField(_("only for"), max_length=10, choices=Dimension.choices, blank=True)
    weak_only = models.BooleanField(_("only for weak schools"), default=False)

    class Meta:
        verbose_name = _("source of money")
        verbose_name_plural = _("sources of money")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["round", "name"], name="support_source_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_free(self) -> bool:
        """Whether it may pay anything."""
        return not self.dimension and not self.weak_only


class Project(Identified):
    """An application of a school: what for, what it costs, what it should bring.

    ``gains`` are points (0 to 100) by dimension that the school expects; ``checked_gain`` is what the district takes
    as the rise of the school's score.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="projects")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="fund_projects")
    title = models.CharField(_("title"), max_length=100)
    purpose = models.TextField(_("what for"))
    cost_yuan = _money(pgettext_lazy("special fund", "cost"))
    gains = models.JSONField(default=dict)
    requires = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+",
        verbose_name=_("makes sense only together with"),
    )  # fmt: skip
    state = models.CharField(
        _("state"), max_length=10, choices=ProjectState.choices, default=ProjectState.DRAFT
    )
    checked_gain = models.DecimalField(
        _("rise of the school's score"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    must = models.BooleanField(_("has to be done"), default=False)
    remark = models.TextField(_("what the district says"), blank=True)
    submitted = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    handled_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.ManyToManyField(Evidence, blank=True, related_name="fund_projects")
    reached = models.DecimalField(
        _("rise that was reached"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    outcome = models.TextField(_("what came of it"), blank=True)
    outcome_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = pgettext_lazy("special fund", "project")
        verbose_name_plural = pgettext_lazy("special fund", "projects")
        ordering = ["school__code", "id"]

    def __str__(self) -> str:
        return self.title

    @property
    def expected(self) -> Decimal:
        """The rise of the school's score that it expects: points over all dimensions."""
        return (sum((Decimal(str(v)) for v in self.gains.values()), ZERO) / len(Dimension)).quantize(
            Decimal("0.01")
        )

    @property
    def main_dimension(self) -> str:
        """The dimension in which most is expected; what earmarks go by."""
        return max(Dimension.values, key=lambda name: self.gains.get(name, 0)) if self.gains else ""


class Simulation(Identified):
    """One computed way to share out; ``result`` is what pages show, the run keeps inputs and parameters."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="simulations")
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="fund_simulation")
    result = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("simulated sharing out")
        verbose_name_plural = _("simulated sharings out")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.run)


class Allocation(Identified):
    """What a school gets in a round: the proposal with its parts and reasons, and the amount decided."""

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="allocations")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="fund_allocations")
    standard_yuan = _money(_("by the standard"))
    projects_yuan = _money(_("for projects"))
    proposed_yuan = _money(_("proposed"))
    amount_yuan = _money(_("decided"), null=True, blank=True)
    reasons = models.JSONField(default=list)
    departure = models.TextField(_("why it departs from the proposal"), blank=True)
    projects = models.ManyToManyField(Project, blank=True, related_name="allocations")

    class Meta:
        verbose_name = _("amount of a school")
        verbose_name_plural = _("amounts of schools")
        ordering = ["school__code"]
        constraints = [models.UniqueConstraint(fields=["round", "school"], name="support_one_amount")]

    def __str__(self) -> str:
        return f"{self.round} {self.school}"


class Spending(Identified):
    """Money spent, with its proof; a wrong entry is cancelled by name and stays to be seen."""

    allocation = models.ForeignKey(Allocation, on_delete=models.CASCADE, related_name="spending")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    day = models.DateField(_("day"))
    what = models.CharField(_("what for"), max_length=160)
    amount_yuan = _money(_("amount"))
    evidence = models.ForeignKey(
        Evidence, null=True, blank=True, on_delete=models.PROTECT, related_name="fund_spending"
    )
    entered = models.DateTimeField()
    entered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    cancelled = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("entry of spending")
        verbose_name_plural = _("entries of spending")
        ordering = ["day", "id"]

    def __str__(self) -> str:
        return self.what


class Appeal(Identified):
    """复核: a school asks that its amount be looked at again."""

    allocation = models.ForeignKey(Allocation, on_delete=models.CASCADE, related_name="appeals")
    text = models.TextField(_("what should be looked at"))
    asked = models.DateTimeField()
    asked_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(_("answer"), blank=True)
    before_yuan = _money(_("amount before"), null=True, blank=True)
    after_yuan = _money(_("amount after"), null=True, blank=True)
    answered = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = _("request to look at an amount again")
        verbose_name_plural = _("requests to look at an amount again")
        ordering = ["asked"]

    def __str__(self) -> str:
        return f"{self.allocation} {self.asked:%Y-%m-%d}"
