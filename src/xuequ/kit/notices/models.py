"""Tables: notices, gathered: at most one reminder a day, and none when the thing is done."""

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.choices import Role
from xuequ.district.models import School


class Notice(Identified):
    """Something that waits for an account, or for whoever holds ``role`` at ``school`` (no school: the district).

    ``message`` is a message id, so that everybody reads it in their own language; ``params`` name no person. ``about``
    is the uid of the thing: when that is done, every notice about it is.
    """

    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.CASCADE, related_name="notices"
    )
    role = models.CharField(max_length=24, choices=Role.choices, blank=True)
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    message = models.CharField(max_length=300)
    params = models.JSONField(default=dict)
    url = models.CharField(max_length=200, blank=True)
    about = models.UUIDField(db_index=True)
    due = models.DateField(gettext_lazy("due"), null=True, blank=True)
    created = models.DateTimeField()
    resolved = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = gettext_lazy("notice")
        verbose_name_plural = gettext_lazy("notices")
        ordering = ["due", "id"]
        indexes = [
            models.Index(
                fields=["role", "school"], name="notices_open_place", condition=models.Q(resolved=None)
            ),
            models.Index(fields=["due"], name="notices_open_due", condition=models.Q(resolved=None)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(account=None) ^ models.Q(role=""), name="notices_one_addressee"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uid}"

    @property
    def text(self) -> str:
        """The notice in the reader's language."""
        return _(self.message) % self.params


class Reminder(models.Model):
    """The one reminder that an account got on a day, of all that is due; kept for a month, shown to nobody else."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="reminders")
    day = models.DateField()
    notices = models.JSONField(default=list)

    class Meta:
        verbose_name = gettext_lazy("reminder")
        verbose_name_plural = gettext_lazy("reminders")
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="notices_one_a_day")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"
