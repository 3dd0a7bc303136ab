"""Draws of fields and what was found."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core import clock
from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School
from xuequ.systems.support.audits.choices import ANSWER_WITHIN, Field, Finding, Ground
from xuequ.systems.support.funding.models import Project, Round


class Audit(Identified):
    """One draw of a round's fields.

    ``lot`` keeps by kind of field the keys that were drawn from, in the order of the draw, so that anybody can repeat
    it with the seed; ``changed`` those that were taken without a lot because they changed by more than ``change``.
    """

    round = models.ForeignKey(Round, on_delete=models.CASCADE, related_name="audits")
    seed = models.BigIntegerField(_("seed of the draw"))
    share = models.DecimalField(_("share drawn"), max_digits=4, decimal_places=3)
    change = models.DecimalField(_("change that is always looked at"), max_digits=4, decimal_places=3)
    lot = models.JSONField(default=dict)
    changed = models.JSONField(default=dict)
    drawn = models.DateTimeField()
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("sampling audit")
        verbose_name_plural = _("sampling audits")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.round)


class Check(Identified):
    """One field of one school: what it said when it was drawn, what was found, and what the school answers.

    ``evidence_sha256`` is that of all evidence as it was when drawn, so that a later change is seen. A finding changes
    no amount: that takes a decision.
    """

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="checks")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="support_checks")
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.CASCADE, related_name="checks"
    )
    field = models.CharField(_("field"), max_length=8, choices=Field.choices)
    ground = models.CharField(_("why it is looked at"), max_length=8, choices=Ground.choices)
    stated = models.DecimalField(_("stated"), max_digits=14, decimal_places=2)
    before = models.DecimalField(_("last year"), max_digits=14, decimal_places=2, null=True, blank=True)
    paid_yuan = models.DecimalField(_("paid on it"), max_digits=14, decimal_places=2)
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    finding = models.CharField(
        pgettext_lazy("audit", "finding"), max_length=8, choices=Finding.choices, default=Finding.WAITS
    )
    right_value = models.DecimalField(
        _("right would be"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    reason = models.TextField(_("what was looked at and found"), blank=True)
    found = models.DateTimeField(null=True, blank=True)
    recorded_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reply = models.TextField(_("what the school says"), blank=True)
    replied = models.DateTimeField(null=True, blank=True)
    replied_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    settlement = models.TextField(pgettext_lazy("audit", "how it was settled"), blank=True)
    settled = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("field looked at")
        verbose_name_plural = _("fields looked at")
        ordering = ["field", "school__code", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["audit", "project", "field"], name="support_one_check_of_project"
            ),
            models.UniqueConstraint(
                fields=["audit", "school", "field"],
                condition=models.Q(project=None),
                name="support_one_check_of_school",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.get_field_display()}"

    @property
    def off(self) -> Decimal | None:
        """How much more was stated than would be right; None where that is not known."""
        return None if self.right_value is None else self.stated - self.right_value

    @property
    def waits_for_school(self) -> bool:
        """Whether the school is asked and has not answered."""
        return self.finding in (Finding.WRONG, Finding.OPEN) and self.replied is None and self.settled is None

    @property
    def answer_by(self) -> dt.date | None:
        """Until when the school is asked to answer, in Shanghai; None where nothing was found."""
        return None if self.found is None else self.found.astimezone(clock.SHANGHAI).date() + ANSWER_WITHIN

    @property
    def subject(self) -> Any:
        """What the field belongs to: the project, or the school."""
        return self.project or self.school
