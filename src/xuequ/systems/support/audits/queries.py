"""What may be read of sampling audits: those who see the money or look at fields all, a school its own fields."""

from uuid import UUID

from django.db.models import Count, Q, QuerySet

from xuequ.district.actors import Actor
from xuequ.record.models import Evidence
from xuequ.systems.support import access
from xuequ.systems.support.audits.choices import TOLD, Finding
from xuequ.systems.support.audits.models import Audit, Check
from xuequ.systems.support.funding.models import Round


def reads_all(actor: Actor) -> bool:
    """Whether the actor reads the audits of the whole district."""
    return access.sees_money(actor) or access.audits(actor)


def may_enter(actor: Actor) -> bool:
    """Whether audits have anything for the actor."""
    return reads_all(actor) or access.speaks_for_a_school(actor)


def audits(actor: Actor) -> "QuerySet[Audit]":
    """Return the draws, newest first, with how many fields wait and how many answers wait to be settled."""
    rows = Audit.objects.select_related("round__year").annotate(
        fields=Count("checks"),
        waiting=Count("checks", filter=Q(checks__finding=Finding.WAITS)),
        objections=Count("checks", filter=Q(checks__finding__in=TOLD, checks__settled=None)),
    )
    return rows if reads_all(actor) else rows.none()


def audit(actor: Actor, uid: UUID) -> Audit | None:
    """Return one draw."""
    return audits(actor).filter(uid=uid).first()


def checks(actor: Actor) -> "QuerySet[Check]":
    """Return the fields drawn that the actor may read; a school its own."""
    rows = Check.objects.select_related("school", "project", "audit__round__year")
    return rows if reads_all(actor) else rows.filter(access.of_own_schools(actor))


def check(actor: Actor, uid: UUID) -> Check | None:
    """Return one field drawn."""
    return checks(actor).filter(uid=uid).first()


def to_answer(actor: Actor) -> "QuerySet[Check]":
    """Return the objections that the actor's own schools are asked to answer, the oldest first."""
    rows = Check.objects.filter(access.of_own_schools(actor), finding__in=TOLD, replied=None, settled=None)
    return rows.order_by("found", "id")


def to_do(actor: Actor) -> "dict[str, QuerySet[Check]]":
    """Return what waits for the actor, to be counted together: fields, answers to objections, objections."""
    found = {}
    if access.audits(actor):
        found["audit_fields"] = Check.objects.filter(finding=Finding.WAITS)
    if access.prepares(actor):
        answered = Check.objects.filter(finding__in=TOLD, settled=None).exclude(replied=None)
        found["audit_answers"] = answered
    if access.speaks_for_a_school(actor):
        found["audit_objections"] = to_answer(actor)
    return found


def piece(actor: Actor, uid: UUID) -> Evidence | None:
    """Return a piece of evidence of a project whose field was drawn."""
    rows = Evidence.objects.filter(fund_projects__checks__in=checks(actor).values("pk"), uid=uid)
    return rows.distinct().first()


def open_rounds(actor: Actor) -> "QuerySet[Round]":
    """Return the rounds with a proposal, newest first: those that fields can be drawn from."""
    rows = Round.objects.exclude(proposal=None).select_related("year")
    return rows if access.prepares(actor) else rows.none()
