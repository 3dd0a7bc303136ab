"""What views share: do something and say how it went, and take in a piece of evidence."""

from collections.abc import Callable

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from xuequ.core.answers import attempt
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.kit.evidence.forms import EvidenceForm
from xuequ.record.models import Evidence


def actor_of(request: HttpRequest) -> Actor:
    """Return whoever asks."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def account_of(request: HttpRequest) -> Account:
    """Return the account of whoever asks; its pages want a sign-in."""
    assert isinstance(request.user, Account)
    return request.user


def done(request: HttpRequest, act: Callable[[], object], message: str) -> bool:
    """Do it and say so; where it is refused say why, and tell whether it was done."""
    return attempt(request, message, act)


def take_piece(request: HttpRequest, school: School, attach: Callable[[Evidence], object]) -> None:
    """Keep the piece of evidence that was sent and attach it, both or neither, and say how it went."""
    form = EvidenceForm(request.POST, request.FILES, prefix="piece")
    if not form.is_valid():
        messages.error(request, _("Say what it shows, and choose a file, type an address or write a note."))
        return

    def act() -> None:
        with transaction.atomic():
            attach(form.save(actor=actor_of(request), system="support", school=school))

    done(request, act, _("Added."))
