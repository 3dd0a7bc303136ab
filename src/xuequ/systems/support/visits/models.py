"""Visits, what schools ask for, and the problems that were found."""

import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.models import School
from xuequ.record.models import Evidence
from xuequ.systems.support.visits.choices import OPEN_STATES, IssueState, Owner, VisitState


class Visit(Identified):
    """A visit of a school on a day.

    ``reasons`` (why the school was due; never shown to it) and ``agenda`` are lists of codes with their numbers, as
    they were when the visit was planned (``visits.wording``).
    """

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="support_visits")
    day = models.DateField(_("day"))
    visitor = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(
        _("state"), max_length=12, choices=VisitState.choices, default=VisitState.PLANNED
    )
    reasons = models.JSONField(default=list)
    agenda = models.JSONField(default=list)
    met = models.CharField(_("who was met"), max_length=120, blank=True)
    seen = models.TextField(_("what was seen"), blank=True)
    agreed = models.TextField(_("what was agreed"), blank=True)
    saved = models.DateTimeField(null=True, blank=True)
    sent = models.DateTimeField(null=True, blank=True)
    confirmed = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    comment = models.TextField(_("what the school says"), blank=True)
    evidence = models.ManyToManyField(Evidence, blank=True, related_name="support_visits")
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    created = models.DateTimeField()

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        ordering = ["-day", "-id"]
        indexes = [models.Index(fields=["school", "day"], name="support_visit_school")]
        constraints = [
            models.UniqueConstraint(
                fields=["school"],
                condition=models.Q(state__in=[str(state) for state in OPEN_STATES]),
                name="support_one_open_visit",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.school} {self.day}"

    @property
    def version(self) -> str:
        """Which saving of the minutes this is; empty before the first."""
        return self.saved.isoformat() if self.saved is not None else ""

    @property
    def words(self) -> dict[str, str]:
        """The minutes by field."""
        return {"met": self.met, "seen": self.seen, "agreed": self.agreed}

    @property
    def has_content(self) -> bool:
        """Whether anything was written, found or photographed."""
        return any(self.words.values()) or self.issues.exists() or self.evidence.exists()

    @property
    def visitor_name(self) -> str:
        """Who visits, by name; empty where nobody is named."""
        person = getattr(self.visitor, "person", None)
        return str(person.name) if person is not None else ""

    @property
    def is_open(self) -> bool:
        """Whether the minutes are still the visitor's own."""
        return self.state in OPEN_STATES


class VisitRequest(Identified):
    """A school asks for a visit, in its own words."""

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="visit_requests")
    topic = models.TextField(_("what about"))
    asked = models.DateTimeField()
    asked_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey(
        Visit, null=True, blank=True, on_delete=models.SET_NULL, related_name="requests"
    )
    withdrawn = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("request for a visit")
        verbose_name_plural = _("requests for a visit")
        ordering = ["asked", "id"]

    def __str__(self) -> str:
        return f"{self.school} {self.asked:%Y-%m-%d}"


class Issue(Identified):
    """A problem found on a visit: whose part, by when, what was done, and who looked whether it is solved."""

    visit = models.ForeignKey(Visit, on_delete=models.CASCADE, related_name="issues")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="support_issues")
    text = models.TextField(_("problem"))
    owner = models.CharField(_("whose part"), max_length=8, choices=Owner.choices, default=Owner.SCHOOL)
    office = models.CharField(pgettext_lazy("whose part", "Office"), max_length=60, blank=True)
    opened = models.DateField(_("opened"))
    due = models.DateField(_("until"))
    state = models.CharField(_("state"), max_length=10, choices=IssueState.choices, default=IssueState.OPEN)
    answer = models.TextField(_("what was done"), blank=True)
    submitted = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    remark = models.TextField(_("what is still missing"), blank=True)
    settled = models.DateField(null=True, blank=True)
    settled_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.ManyToManyField(Evidence, blank=True, related_name="support_issues")
    created_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("problem")
        verbose_name_plural = _("problems")
        ordering = ["due", "id"]
        indexes = [models.Index(fields=["state", "due"], name="support_issue_due")]

    def __str__(self) -> str:
        return self.text[:60]

    def is_overdue(self, day: dt.date) -> bool:
        """Whether its day is over and nobody has reported it as solved."""
        return self.state == IssueState.OPEN and self.due < day
