"""Closed lists of approvals."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class CaseState(models.TextChoices):
    """Where a request stands."""

    OPEN = "open", pgettext_lazy("request", "waiting")
    RETURNED = "returned", pgettext_lazy("request", "returned to be revised")
    APPROVED = "approved", pgettext_lazy("request", "approved")
    REFUSED = "refused", pgettext_lazy("request", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("request", "withdrawn")


class Verdict(models.TextChoices):
    """What somebody did about a request."""

    OPENED = "opened", pgettext_lazy("request", "asked for it")
    RESUBMITTED = "resubmitted", pgettext_lazy("request", "revised and handed in again")
    APPROVED = "approved", pgettext_lazy("what was done", "approved")
    RETURNED = "returned", pgettext_lazy("what was done", "returned it")
    REFUSED = "refused", pgettext_lazy("what was done", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("what was done", "withdrew it")
    DELEGATED = "delegated", pgettext_lazy("what was done", "handed the step to a colleague")
    REMARKED = "remarked", pgettext_lazy("what was done", "remarked")
    PASSED = "passed", pgettext_lazy("what was done", "passed: nobody holds this task")


class ImportKind(models.TextChoices):
    """Imports that may need an approval, by ``ImportBatch.kind``."""

    ROSTER = "roster", _("roster imports of a school")
    SCORES = "scores", _("score imports of a school")


class When(models.TextChoices):
    """When imports of a kind need an approval."""

    NEVER = "never", _("never")
    REMOVALS = "removals", _("when people are removed or transferred")
    ALWAYS = "always", _("always")
