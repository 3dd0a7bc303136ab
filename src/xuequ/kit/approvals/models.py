"""Tables: requests, what was decided about them, and which imports need an approval."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School, SchoolClass, Subject
from xuequ.kit.approvals.choices import CaseState, ImportKind, Verdict, When


class Case(Identified):
    """One request on its way through a procedure.

    ``about_type`` and ``about_uid`` name the thing that is asked about; ``route`` holds the steps that apply;
    ``turn`` grows with every move, so that whoever decides about an older state is told. ``data`` holds keys and
    counts only.
    """

    procedure = models.CharField(_("procedure"), max_length=40)
    version = models.PositiveSmallIntegerField(default=1)
    about_type = models.CharField(max_length=64)
    about_uid = models.UUIDField(db_index=True)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    school_class = models.ForeignKey(
        SchoolClass, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    entry_year = models.PositiveSmallIntegerField(null=True, blank=True)
    subject = models.ForeignKey(Subject, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(_("state"), max_length=12, choices=CaseState.choices, default=CaseState.OPEN)
    route = models.JSONField(default=list)
    step = models.CharField(max_length=40, blank=True)
    turn = models.PositiveIntegerField(default=0)
    delegate = models.ForeignKey(
        Account,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("handed to"),
    )
    # Empty for a request from somebody who has no account yet.
    opened_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    opened = models.DateTimeField(_("asked on"))
    due = models.DateField(_("due"), null=True, blank=True)
    closed = models.DateTimeField(_("decided on"), null=True, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["procedure", "about_uid"],
                condition=models.Q(state__in=["open", "returned"]),
                name="approvals_one_running_case",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "procedure", "step"], name="approvals_case_step"),
            models.Index(fields=["opened_by", "state"], name="approvals_case_opener"),
        ]

    def __str__(self) -> str:
        return f"{self.procedure} {self.uid}"

    @property
    def is_running(self) -> bool:
        """Whether something can still happen to the request."""
        return self.state in {CaseState.OPEN, CaseState.RETURNED}


class Decision(models.Model):
    """One thing that was done about a request; rows are only added. The system itself has no account."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="decisions")
    step = models.CharField(max_length=40, blank=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    roles = models.CharField(max_length=200, blank=True)
    lent = models.BooleanField(_("on behalf of somebody"), default=False)
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    to = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    words = models.TextField(_("words"), blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["id"]
        indexes = [models.Index(fields=["account", "case"], name="approvals_decision_account")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.verdict}"


class ImportRule(models.Model):
    """When the imports of one kind need an approval; where no row stands, the product's own choice holds."""

    kind = models.CharField(max_length=12, choices=ImportKind.choices, unique=True)
    when = models.CharField(max_length=12, choices=When.choices)

    class Meta:
        verbose_name = _("rule for imports")
        verbose_name_plural = _("rules for imports")

    def __str__(self) -> str:
        return f"{self.kind} {self.when}"
