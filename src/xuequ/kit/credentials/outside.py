"""Accounts in other apps with which people sign in here: connected by their owner, who signed in with a password first.

Nobody is let in for the first time by another app: it only stands in for the password of somebody whom the district
knows. What is kept of the account there is a keyed digest of its stable id, so that the table names nobody elsewhere.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from xuequ.core import audit, clock, crypto
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.credentials.choices import App, BindingState
from xuequ.kit.credentials.models import Binding, OutsideAccount


@dataclass(frozen=True, slots=True)
class Outsider:
    """Whoever has just signed in over there: the app, and the digest of the id that it gave."""

    app: App
    digest: str

    @classmethod
    def of(cls, app: App, subject: str) -> "Outsider":
        """Return the outsider with the stable id ``subject``, which is not kept."""
        return cls(app, crypto.blind_index(f"credentials:outside:{app}", subject))


def owner(outsider: Outsider) -> Account | None:
    """Return the account, open or closed, that this outsider is connected with."""
    return Account.objects.filter(
        outside_accounts__app=outsider.app, outside_accounts__digest=outsider.digest
    ).first()


def note_use(outsider: Outsider) -> None:
    """Note that the owner came in this way just now."""
    OutsideAccount.objects.filter(app=outsider.app, digest=outsider.digest).update(last_used=clock.now())


def may_connect(actor: Actor, account: Account) -> bool:
    """Whether the actor's own login may be connected: it has a password to fall back on, and is no pupil's."""
    return actor.account_id == account.pk and account.has_usable_password() and not actor.has(Role.PUPIL)


def connect(*, actor: Actor, account: Account, outsider: Outsider) -> OutsideAccount:
    """Connect the actor's own login; the caller has made sure of a fresh password.

    Raises Forbidden for pupils and logins without a password, Refused where either side is connected already.
    """
    if not may_connect(actor, account):
        raise Forbidden(_("This login cannot be connected with another app."))
    return _connect(actor, account, outsider)


def connect_newcomer(*, binding: Binding, outsider: Outsider) -> OutsideAccount:
    """Connect the closed login that a guardian has just asked for; the school's word opens both."""
    if not binding.is_new or binding.state != BindingState.PENDING or binding.account is None:
        raise Forbidden(_("This login cannot be connected with another app."))
    nobody = Actor(account_id=None, person_id=None, day=clock.today())
    return _connect(nobody, binding.account, outsider)


def _connect(actor: Actor, account: Account, outsider: Outsider) -> OutsideAccount:
    try:
        with transaction.atomic():
            row = OutsideAccount.objects.create(
                account=account, app=outsider.app, digest=outsider.digest, connected=clock.now()
            )
            audit.record(actor, "account.app_connected", account, {"app": outsider.app.value})
    except IntegrityError:
        raise Refused(_already(account, outsider)) from None
    return row


def _already(account: Account, outsider: Outsider) -> str:
    words = {"app": outsider.app.label}
    holder = owner(outsider)
    if holder is None:
        return _("Your login is connected with another %(app)s account; disconnect that one first.") % words
    if holder.pk == account.pk:
        return _("This %(app)s account is connected with your login already.") % words
    return _("This %(app)s account is connected with somebody else's login; nothing was changed.") % words


def of_account(account: Account) -> "QuerySet[OutsideAccount]":
    """Return what an account is connected with."""
    return OutsideAccount.objects.filter(account=account)


def disconnect(*, actor: Actor, row: OutsideAccount) -> None:
    """End a connection of one's own; the password stays as it is."""
    if actor.account_id != row.account_id:
        raise Forbidden(_("This is somebody else's connection."))
    with transaction.atomic():
        row.delete()
        audit.record(actor, "account.app_disconnected", row.account, {"app": row.app})


def forget_all(*, actor: Actor, account: Account) -> int:
    """End all connections of an account and return how many; the caller checks the right and holds the transaction."""
    rows = list(of_account(account))
    for row in rows:
        row.delete()
        audit.record(actor, "account.app_disconnected", account, {"app": row.app})
    return len(rows)
