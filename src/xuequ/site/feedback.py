"""Reads and writes of complaints and suggestions."""

from django.db import transaction
from django.db.models import F, QuerySet

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.credentials import codes
from xuequ.site.models import Feedback

ANSWERING = (Role.DISTRICT_OFFICER, Role.DATA_OFFICER, Role.SYSTEM_ADMINISTRATOR)

CODE = 12
"""Signs of the code with which somebody who is not signed in reads the answer."""


def may_answer(actor: Actor) -> bool:
    """Whether the actor reads and answers what others wrote."""
    return actor.has_everywhere(*ANSWERING)


def written_by(actor: Actor) -> QuerySet[Feedback]:
    """Return what the actor wrote, newest first."""
    return (
        Feedback.objects.filter(account_id=actor.account_id) if actor.account_id else Feedback.objects.none()
    )


def received(actor: Actor) -> QuerySet[Feedback]:
    """Return everything written, unanswered first; nothing for those who do not answer."""
    rows = Feedback.objects.all() if may_answer(actor) else Feedback.objects.none()
    return rows.select_related("account").order_by(F("replied_at").asc(nulls_first=True), "-at", "-id")


def unanswered(actor: Actor) -> int:
    """Return how many wait for an answer."""
    return received(actor).filter(replied_at=None).count()


def found(typed: str) -> Feedback | None:
    """Return what was written without signing in, by its code; dashes and small letters do not matter."""
    code = codes.plain(typed)
    if not codes.is_well_formed(code, CODE):
        return None
    return Feedback.objects.filter(account=None, code_digest=_digest(code)).first()


def _digest(code: str) -> str:
    return codes.digest("feedback", code)


@transaction.atomic
def send(*, actor: Actor, kind: str, text: str, page: str) -> str:
    """Store a complaint or suggestion; returns the code for the answer, which somebody signed in does not need."""
    code = "" if actor.account_id else codes.new(CODE)
    row = Feedback.objects.create(
        account_id=actor.account_id,
        at=clock.now(),
        kind=kind,
        text=text,
        page=page,
        code_digest=_digest(code) if code else "",
    )
    audit.record(actor, "site.feedback.send", row)
    return codes.grouped(code)


@transaction.atomic
def answer(*, actor: Actor, row: Feedback, reply: str) -> None:
    """Answer; raises Forbidden for those who do not."""
    if not may_answer(actor):
        raise Forbidden
    row.reply, row.replied_at, row.replied_by_id = reply, clock.now(), actor.account_id
    row.save(update_fields=["reply", "replied_at", "replied_by"])
    audit.record(actor, "site.feedback.answer", row)
