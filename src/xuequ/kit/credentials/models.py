"""Tables: pupils' cards and who wants in with them, guardians' codes and ties, connected accounts of other apps.

Of secrets and of ids in other apps only keyed digests are kept.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from xuequ.core.ids import Identified
from xuequ.core.models import Account
from xuequ.district.choices import Relation
from xuequ.district.models import Guardianship, Person, Pupil, SchoolClass
from xuequ.kit.credentials.choices import App, BindingState, KnockState


class LoginCard(Identified):
    """A card that was printed for a pupil; a new one makes the earlier one void."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="login_cards")
    secret = models.CharField(max_length=24, unique=True)
    issued = models.DateTimeField()
    issued_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    revoked = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("login card")
        verbose_name_plural = _("login cards")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pupil"], condition=models.Q(revoked=None), name="credentials_one_valid_card"
            ),
        ]

    def __str__(self) -> str:
        return str(self.uid)


class Knock(Identified):
    """A pupil has shown a card and waits to be let in; kept for a day."""

    card = models.ForeignKey(LoginCard, on_delete=models.CASCADE, related_name="knocks")
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(db_index=True)
    until = models.DateTimeField()
    state = models.CharField(max_length=12, choices=KnockState.choices, default=KnockState.WAITING)
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("wish to come in")
        verbose_name_plural = _("wishes to come in")
        ordering = ["id"]
        indexes = [models.Index(fields=["school_class", "state", "until"], name="credentials_knock_class")]

    def __str__(self) -> str:
        return str(self.uid)


class BindingCode(Identified):
    """A code on a letter, by which a child's guardians ask for their logins."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="binding_codes")
    secret = models.CharField(max_length=24, unique=True)
    issued = models.DateTimeField()
    issued_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()
    revoked = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("guardians' code")
        verbose_name_plural = _("guardians' codes")
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.uid)


class Binding(Identified):
    """A guardian's account tied, or to be tied, to a child.

    ``is_new``: the account was made by this request, so it goes again when the school refuses.
    """

    code = models.ForeignKey(BindingCode, null=True, on_delete=models.SET_NULL, related_name="bindings")
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="bindings")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="bindings")
    account = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="bindings")
    relation = models.CharField(_("relation"), max_length=8, choices=Relation.choices)
    is_new = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=BindingState.choices, default=BindingState.PENDING)
    guardianship = models.ForeignKey(Guardianship, null=True, on_delete=models.SET_NULL, related_name="+")
    asked = models.DateTimeField()
    decided = models.DateTimeField(null=True, blank=True)
    ended = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("tie of a guardian")
        verbose_name_plural = _("ties of guardians")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["pupil", "person"],
                condition=models.Q(state__in=["pending", "active"]),
                name="credentials_one_tie_to_a_child",
            ),
        ]

    def __str__(self) -> str:
        return str(self.uid)


class OutsideAccount(Identified):
    """An account in another app with which its owner signs in here; of its id there only a keyed digest is kept."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="outside_accounts")
    app = models.CharField(_("app"), max_length=12, choices=App.choices)
    digest = models.CharField(max_length=24)
    connected = models.DateTimeField(_("connected on"))
    last_used = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("connected account of another app")
        verbose_name_plural = _("connected accounts of other apps")
        ordering = ["app"]
        constraints = [
            models.UniqueConstraint(fields=["app", "digest"], name="credentials_outside_one_owner"),
            models.UniqueConstraint(fields=["account", "app"], name="credentials_outside_one_an_app"),
        ]

    def __str__(self) -> str:
        return f"{self.get_app_display()} {self.connected:%F}"


class Attempt(models.Model):
    """A wrong card or code, counted by keyed digests of the address and of the code's beginning; kept for a day."""

    kind = models.CharField(max_length=12)
    key = models.CharField(max_length=24)
    at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("wrong attempt")
        verbose_name_plural = _("wrong attempts")
        indexes = [models.Index(fields=["kind", "key", "at"], name="credentials_attempt_key")]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%F %T}"
