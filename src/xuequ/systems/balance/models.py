"""Values with their source and day, the rules in versions, what each judgement found, items, exceptions, objections."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School, SchoolYear
from xuequ.record.models import Evidence, ImportBatch, Run
from xuequ.systems.balance.choices import OPEN, AppealState, Ground, Part, Source, ValueState, Work


def _by(name: str = "+") -> "models.ForeignKey[Account | None, Account | None]":
    """Who did something: kept when the account is renamed, never the way to a person."""
    return models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name=name)


class Value(Identified):
    """One fact of one school (or of the county) in one year; a correction is a newer row.

    ``number`` is in the unit of the fact's catalogue (money in 元, yes is 1). ``suggested`` is what the number would
    be in the other unit, while the school is asked whether it mistook 万元 for 元.
    """

    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    school = models.ForeignKey(
        School, null=True, blank=True, on_delete=models.CASCADE, related_name="balance_values"
    )
    part = models.CharField(max_length=8, choices=Part.choices, default=Part.WHOLE, blank=True)
    fact = models.CharField(max_length=40)
    number = models.DecimalField(max_digits=18, decimal_places=4)
    source = models.CharField(_("source"), max_length=12, choices=Source.choices)
    day = models.DateField(_("as of"))
    state = models.CharField(max_length=10, choices=ValueState.choices, default=ValueState.IN_FORCE)
    note = models.CharField(_("ground"), max_length=300, blank=True)
    suggested = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    compared_with = models.CharField(max_length=12, blank=True)
    batch = models.ForeignKey(
        ImportBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="balance_values"
    )
    corrects = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    entered_by = _by()
    entered = models.DateTimeField()
    confirmed_by = _by()
    confirmed = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("value for balance")
        verbose_name_plural = _("values for balance")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "school", "part", "fact"],
                condition=Q(state=ValueState.IN_FORCE, school__isnull=False),
                name="balance_one_value_in_force",
            ),
            models.UniqueConstraint(
                fields=["year", "fact"],
                condition=Q(state=ValueState.IN_FORCE, school=None),
                name="balance_one_county_value",
            ),
            models.UniqueConstraint(
                fields=["year", "school", "part", "fact"],
                condition=Q(state__in=OPEN, school__isnull=False),
                name="balance_one_value_waiting",
            ),
        ]
        indexes = [models.Index(fields=["year", "state"], name="balance_value_year")]

    def __str__(self) -> str:
        return f"{self.fact} {self.year_id} {self.school_id or ''}"


class RuleSet(Identified):
    """A version of the rules (the TOML document of ``engines.balance``); the one adopted last is in force."""

    version = models.CharField(_("version"), max_length=40, unique=True)
    text = models.TextField()
    reason = models.CharField(_("what changed, and why"), max_length=300, blank=True)
    based_on = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="followed_by"
    )
    created_by = _by()
    created = models.DateTimeField()
    confirmed_by = _by()
    adopted = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("version of the rules")
        verbose_name_plural = _("versions of the rules")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.version


class WeakRule(Identified):
    """By which signs a school counts as weak 薄弱校; the newest published version holds."""

    least_unmet = models.PositiveSmallIntegerField(_("items not met, at least"), default=2)
    least_shortfall = models.FloatField(_("mean gap, at least"), default=0.05)
    with_growth = models.BooleanField(_("growth certainly below the average"), default=True)
    star_below = models.PositiveSmallIntegerField(_("fewer stars than"), null=True, blank=True, default=3)
    needed = models.PositiveSmallIntegerField(_("signs needed"), default=2)
    reason = models.CharField(_("what changed, and why"), max_length=300, blank=True)
    published = models.DateTimeField()
    published_by = _by()

    class Meta:
        verbose_name = _("rule for weak schools")
        verbose_name_plural = _("rules for weak schools")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.pk}"

    @property
    def count_of_signs(self) -> int:
        """How many signs the rule looks at."""
        return 2 + self.with_growth + (self.star_below is not None)


class Prices(Identified):
    """What one unit of each item costs, by item code, in 元, and what it costs that one moves; the newest row holds.

    An item without a fee in ``moves`` is bought only.
    """

    prices = models.JSONField(default=dict)
    moves = models.JSONField(default=dict)
    note = models.CharField(_("where the prices come from"), max_length=200, blank=True)
    entered_by = _by()
    entered = models.DateTimeField()

    class Meta:
        verbose_name = _("unit prices")
        verbose_name_plural = _("unit prices")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.entered:%Y-%m-%d}"


class Allowance(Identified):
    """An item that treats a school otherwise: more counts for it (``add``), or it is waived."""

    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="balance_allowances")
    part = models.CharField(max_length=8, choices=Part.choices, blank=True)
    code = models.CharField(_("item"), max_length=8)
    ground = models.CharField(_("ground"), max_length=12, choices=Ground.choices, blank=True)
    add = models.DecimalField(_("counts as well"), max_digits=14, decimal_places=2, null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    evidence = models.ManyToManyField(Evidence, related_name="balance_allowances")
    entered_by = _by()
    entered = models.DateTimeField()
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")
        ordering = ["school__code", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["year", "school", "part", "code"],
                condition=Q(ended=None),
                name="balance_one_allowance",
            )
        ]

    def __str__(self) -> str:
        return f"{self.school_id} {self.code}"


class Item(Identified):
    """One item beside the resources of schools in one year: who is in charge, how far it is, what proves it."""

    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=8)
    office = models.CharField(_("office in charge"), max_length=60, blank=True)
    due = models.DateField(_("due"), null=True, blank=True)
    work = models.CharField(_("state"), max_length=12, choices=Work.choices, default=Work.OPEN)
    remark = models.TextField(_("remark"), blank=True, max_length=1000)
    evidence = models.ManyToManyField(Evidence, related_name="balance_items")
    changed_by = _by()
    changed = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("item of the rules")
        verbose_name_plural = _("items of the rules")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["year", "code"], name="balance_one_item_a_year"),
        ]

    def __str__(self) -> str:
        return self.code


class Judgement(models.Model):
    """What the rules say of one year, from one run; a newer published one supersedes it.

    ``findings`` holds what concerns the county: ``judging.County`` as JSON.
    """

    run = models.OneToOneField(Run, on_delete=models.CASCADE, primary_key=True, related_name="balance")
    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    rules = models.ForeignKey(RuleSet, on_delete=models.PROTECT, related_name="judgements")
    weak_rule = models.ForeignKey(WeakRule, null=True, on_delete=models.PROTECT, related_name="judgements")
    verdict = models.CharField(max_length=8)
    findings = models.JSONField(default=dict)
    published = models.DateTimeField(null=True, blank=True)
    published_by = _by()
    superseded = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("judgement of balance")
        verbose_name_plural = _("judgements of balance")
        ordering = ["-run_id"]

    def __str__(self) -> str:
        return self.run.title


class SchoolResult(models.Model):
    """One school in one judgement; ``unmet`` and ``shortfall`` are those of its worse part."""

    judgement = models.ForeignKey(Judgement, on_delete=models.CASCADE, related_name="schools")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="balance_results")
    pupils = models.PositiveIntegerField(_("pupils"))
    met = models.PositiveSmallIntegerField()
    unmet = models.PositiveSmallIntegerField()
    missing = models.PositiveSmallIntegerField()
    shortfall = models.FloatField()
    shortfall_high = models.FloatField()
    complies = models.BooleanField(null=True)
    weak = models.BooleanField(default=False)
    overruled = models.BooleanField(default=False)
    signs = models.JSONField(default=list)
    parts = models.JSONField(default=list)

    class Meta:
        verbose_name = _("result of a school")
        verbose_name_plural = _("results of schools")
        ordering = ["school__code"]
        constraints = [
            models.UniqueConstraint(fields=["judgement", "school"], name="balance_one_row_a_school"),
        ]

    def __str__(self) -> str:
        return f"{self.judgement_id} {self.school_id}"


class ItemResult(models.Model):
    """One item of resources of one part of a school; ``amount`` is what is missing in the item's own unit."""

    result = models.ForeignKey(SchoolResult, on_delete=models.CASCADE, related_name="items")
    part = models.CharField(max_length=8)
    code = models.CharField(max_length=8)
    value = models.FloatField(null=True)
    threshold = models.FloatField()
    reached = models.FloatField(null=True)
    short = models.FloatField(null=True)
    amount = models.FloatField(null=True)
    state = models.CharField(max_length=8)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("item of a school")
        verbose_name_plural = _("items of schools")
        ordering = ["part", "code"]
        constraints = [
            models.UniqueConstraint(fields=["result", "part", "code"], name="balance_one_item_a_part"),
        ]

    def __str__(self) -> str:
        return f"{self.result_id} {self.part} {self.code}"


class Appeal(Identified):
    """A school's objection to being counted as weak."""

    result = models.ForeignKey(SchoolResult, on_delete=models.CASCADE, related_name="appeals")
    text = models.TextField(_("why the school objects"), max_length=2000)
    state = models.CharField(max_length=10, choices=AppealState.choices, default=AppealState.OPEN)
    answer = models.TextField(_("answer"), blank=True, max_length=2000)
    entered_by = _by()
    entered = models.DateTimeField()
    settled_by = _by()
    settled = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["result"], condition=Q(state=AppealState.OPEN), name="balance_one_open_objection"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.result_id}"


class Mapping(Identified):
    """What the columns of a table are called, as somebody named it: heading to fact."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    headings = models.JSONField(default=dict)
    entered_by = _by()
    entered = models.DateTimeField()

    class Meta:
        verbose_name = _("named layout")
        verbose_name_plural = _("named layouts")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Trial(Identified):
    """Changes that somebody tried out, kept under a name for that person alone; no figure is changed by them."""

    year = models.ForeignKey(SchoolYear, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    changes = models.JSONField(default=list)
    entered_by = _by()
    entered = models.DateTimeField()

    class Meta:
        verbose_name = _("trial")
        verbose_name_plural = _("trials")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["year", "entered_by", "name"], name="balance_one_trial_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
