"""Room for partners, what is settled beforehand, computed plans, pairs of a year, their acts, and what help did."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School, SchoolYear
from xuequ.record.models import Run
from xuequ.systems.support.pairing.choices import ActKind, PairState, RuleKind, Side


class Room(models.Model):
    """How many partners a school can help in a year; 0: it is helped; None: it takes no part."""

    year = models.ForeignKey(SchoolYear, on_delete=models.CASCADE, related_name="+")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    places = models.PositiveSmallIntegerField(
        _("partners"), null=True, blank=True, validators=[MaxValueValidator(5)]
    )

    class Meta:
        verbose_name = _("room for partners")
        verbose_name_plural = _("room for partners")
        constraints = [models.UniqueConstraint(fields=["year", "school"], name="support_one_room")]

    def __str__(self) -> str:
        return f"{self.school_id} {self.places}"


class PairRule(Identified):
    """Two schools that are to be partners, or are not to be, whatever is computed."""

    year = models.ForeignKey(SchoolYear, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("rule"), max_length=10, choices=RuleKind.choices)
    giver = models.ForeignKey(
        School, on_delete=models.CASCADE, related_name="+", verbose_name=_("helping school")
    )
    receiver = models.ForeignKey(
        School, on_delete=models.CASCADE, related_name="+", verbose_name=_("school that is helped")
    )

    class Meta:
        verbose_name = _("rule for a pair")
        verbose_name_plural = _("rules for pairs")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["year", "giver", "receiver"], name="support_one_pair_rule")
        ]

    def __str__(self) -> str:
        return f"{self.giver} {self.kind} {self.receiver}"


class PairPlan(Identified):
    """Pairs as computed for a year; ``result`` is what pages show, the run keeps inputs and parameters."""

    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="pair_plan")
    result = models.JSONField(default=dict)
    adopted = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("computed pairs")
        verbose_name_plural = _("computed pairs")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.run)


class Pair(Identified):
    """Two schools of a year; both have to agree. ``reasons`` are codes with numbers (``pairing.wording``)."""

    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    giver = models.ForeignKey(School, on_delete=models.CASCADE, related_name="pairs_given")
    receiver = models.ForeignKey(School, on_delete=models.CASCADE, related_name="pairs_received")
    plan = models.ForeignKey(PairPlan, null=True, blank=True, on_delete=models.SET_NULL, related_name="pairs")
    state = models.CharField(_("state"), max_length=10, choices=PairState.choices, default=PairState.PROPOSED)
    reasons = models.JSONField(default=list)
    giver_agreed = models.DateTimeField(null=True, blank=True)
    receiver_agreed = models.DateTimeField(null=True, blank=True)
    remark = models.TextField(_("why not"), blank=True)
    ended_why = models.TextField(_("why the district ended it"), blank=True)

    class Meta:
        verbose_name = _("pair of schools")
        verbose_name_plural = _("pairs of schools")
        ordering = ["-year", "receiver__code"]
        constraints = [models.UniqueConstraint(fields=["year", "giver", "receiver"], name="support_one_pair")]

    def __str__(self) -> str:
        return f"{self.giver} → {self.receiver}"


class Act(Identified):
    """What partners did on a day, typed once by one side and confirmed by the other.

    ``voided``: when the district found a confirmed act to be wrong; it stays to be read and counts no more.
    """

    pair = models.ForeignKey(Pair, on_delete=models.CASCADE, related_name="acts")
    kind = models.CharField(_("kind"), max_length=12, choices=ActKind.choices)
    day = models.DateField(_("day"))
    title = models.CharField(_("what it was about"), max_length=120)
    hours = models.DecimalField(
        _("hours"), max_digits=5, decimal_places=1, validators=[MinValueValidator(0), MaxValueValidator(200)]
    )
    pupils = models.PositiveIntegerField(_("pupils reached"), default=0)
    side = models.CharField(max_length=8, choices=Side.choices)
    entered = models.DateTimeField()
    entered_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    contested = models.TextField(_("what the other school sees otherwise"), blank=True)
    voided = models.DateTimeField(null=True, blank=True)
    voided_why = models.TextField(_("why the district voided it"), blank=True)

    class Meta:
        verbose_name = pgettext_lazy("pair of schools", "act")
        verbose_name_plural = pgettext_lazy("pair of schools", "acts")
        ordering = ["-day", "-id"]

    def __str__(self) -> str:
        return self.title

    @property
    def counts(self) -> bool:
        """Whether its hours are counted: both schools have confirmed it, and the district has not voided it."""
        return self.confirmed is not None and self.voided is None


class Effect(Identified):
    """What help did in a year: helped schools beside others, as computed, or why it cannot be said."""

    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="pair_effect")
    result = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("effect of help")
        verbose_name_plural = _("effects of help")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.run)
