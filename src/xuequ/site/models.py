"""Complaints and suggestions: every page has an entry for them, and each gets an answer."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified


class FeedbackKind(models.TextChoices):
    """What the writer wants."""

    COMPLAINT = "complaint", _("complaint")
    SUGGESTION = "suggestion", _("suggestion")
    QUESTION = "question", _("question")


class Feedback(Identified):
    """A complaint, suggestion or question; ``account`` is empty when somebody wrote without signing in."""

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="feedback"
    )
    at = models.DateTimeField(_("received"))
    kind = models.CharField(_("kind"), max_length=16, choices=FeedbackKind.choices)
    page = models.CharField(_("page"), max_length=200, blank=True)
    text = models.TextField(_("text"), max_length=2000)
    reply = models.TextField(_("answer"), max_length=2000, blank=True)
    replied_at = models.DateTimeField(_("answered"), null=True, blank=True)
    replied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("complaint or suggestion")
        verbose_name_plural = _("complaints and suggestions")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%F}"
