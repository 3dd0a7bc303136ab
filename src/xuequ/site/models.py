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
    """A complaint, suggestion or question; ``account`` is empty when somebody wrote without signing in.

    Whoever wrote without signing in reads the answer by a code, of which ``code_digest`` is kept.
    """

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="feedback"
    )
    at = models.DateTimeField(_("received"))
    kind = models.CharField(_("kind"), max_length=16, choices=FeedbackKind.choices)
    page = models.CharField(_("page"), max_length=200, blank=True)
    text = models.TextField(_("text"), max_length=2000)
    code_digest = models.CharField(max_length=64, blank=True, db_index=True)
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


class TrustedMachine(Identified):
    """An office computer on which one account is not asked for the second factor again until ``expires``.

    The browser holds a signed random token, we its digest; ``setup`` is a digest of password and factors, so that
    a change of either ends the trust.
    """

    account = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="trusted_machines"
    )
    digest = models.CharField(max_length=64)
    setup = models.CharField(max_length=64)
    user_agent = models.CharField(_("device"), max_length=200, blank=True)
    created = models.DateTimeField(_("trusted since"))
    last_used = models.DateTimeField(_("last used"))
    expires = models.DateTimeField(_("until"))

    class Meta:
        verbose_name = _("trusted computer")
        verbose_name_plural = _("trusted computers")
        ordering = ["-last_used"]
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="site_trusted_machine")]

    def __str__(self) -> str:
        return f"{self.created:%F}"


class PasswordTrace(models.Model):
    """The hash of a password that an account has had, where the profile forbids using it again."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    hash = models.CharField(max_length=256)

    class Meta:
        verbose_name = _("former password")
        verbose_name_plural = _("former passwords")

    def __str__(self) -> str:
        return str(self.account_id)
