"""What a school does: rate itself, hand in evidence, hand in the whole, agree to be named for what works."""

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.engines.evaluation.star_scheme import SchemeItem
from xuequ.kit.notices import actions as notices
from xuequ.record import evidence as record
from xuequ.record.models import Evidence
from xuequ.systems.stars import history
from xuequ.systems.stars.access import fills_in, heads
from xuequ.systems.stars.choices import ApplicationState, Deed, Ground, RoundState
from xuequ.systems.stars.models import Application, ItemEvidence, Practice, Scheme, SelfRating
from xuequ.systems.stars.points import by_item, exact, shown, total
from xuequ.systems.stars.rounds.actions import NOTICE, locked_application
from xuequ.systems.stars.schemes.queries import scheme_in

LONGEST_NOTE = 2000


def item_of(application: Application, code: str) -> SchemeItem:
    """Return an item of the application's scheme; ``Refused`` when the version has none of that code."""
    try:
        return scheme_in(application.round.version).item(code)
    except KeyError as error:
        raise Refused(_("This scheme has no item “%(code)s”.") % {"code": code}) from error


def rate(*, actor: Actor, application: Application, code: str, points: float, note: str = "") -> SelfRating:
    """Keep what the school gives itself for an item; only points that the scheme may give are taken."""
    _allow(actor, application)
    item = item_of(application, code)
    refuse_points(item, points)
    with transaction.atomic():
        locked = _open(application)
        old = SelfRating.objects.filter(application=locked, item=code).first()
        row, _made = SelfRating.objects.update_or_create(
            application=locked,
            item=code,
            defaults={
                "points": exact(points),
                "note": note.strip()[:LONGEST_NOTE],
                "carried": False,
                "entered_at": clock.now(),
                "entered_by_id": actor.account_id,
            },
        )
        before = old.points if old is not None else None
        if before != row.points or old is None or old.carried or old.note != row.note:
            history.note(actor, locked, Deed.RATED, item=code, before=before, after=row.points)
            audit.record(actor, "stars.self.rated", locked, {"item": code})
    return row


def refuse_points(item: SchemeItem, points: float) -> None:
    """Refuse points that the item's levels do not give."""
    if points not in item.given:
        raise Refused(
            _("%(item)s: %(points)s points cannot be given; possible are %(given)s.")
            % {"item": item.code, "points": shown(points), "given": "、".join(map(shown, item.given))}
        )


def _allow(actor: Actor, application: Application) -> None:
    if not fills_in(actor, application.school_id):
        raise Forbidden(_("Only the school itself fills in its self-rating."))


def _open(application: Application, *, with_round: bool = False) -> Application:
    """Lock the application and refuse when it is no longer being filled in."""
    locked = locked_application(application, with_round=with_round)
    if locked.state != ApplicationState.RATING or locked.round.state == RoundState.CLOSED:
        raise Refused(
            _("This self-rating has been handed in or the time for it is over; nothing was changed.")
        )
    return locked


def confirm_carried(*, actor: Actor, application: Application) -> int:
    """Take all answers of the last round as they are; return how many."""
    _allow(actor, application)
    with transaction.atomic():
        locked = _open(application)
        rows = SelfRating.objects.filter(application=locked, carried=True)
        changed = rows.update(carried=False, entered_at=clock.now(), entered_by=actor.account_id)
        if changed:
            history.note(actor, locked, Deed.CARRIED)
            audit.record(actor, "stars.self.confirmed", locked, {"items": changed})
    return changed


def attach(*, actor: Actor, application: Application, code: str, evidence: Evidence) -> ItemEvidence:
    """Point an item to a piece of evidence that was just handed in, in the caller's transaction."""
    _allow(actor, application)
    item_of(application, code)
    locked = _open(application)
    row = ItemEvidence.objects.create(application=locked, item=code, evidence=evidence)
    history.note(actor, locked, Deed.EVIDENCE, item=code, text=evidence.title)
    return row


def withdraw_piece(*, actor: Actor, piece: ItemEvidence, reason: str) -> None:
    """Take a piece of evidence back with the reason; it stays to be seen in the history."""
    _allow(actor, piece.application)
    with transaction.atomic():
        locked = _open(piece.application)
        record.withdraw(actor=actor, evidence=piece.evidence, reason=reason)
        history.note(actor, locked, Deed.WITHDRAWN, item=piece.item, text=piece.evidence.title)


def aim_at(*, actor: Actor, application: Application, star: int | None) -> Application:
    """Set the star that the school works for."""
    _allow(actor, application)
    if star is not None and star not in [rule.star for rule in scheme_in(application.round.version).stars]:
        raise Refused(_("This scheme has no such star."))
    with transaction.atomic():
        locked = locked_application(application)
        locked.aim = star
        locked.save(update_fields=["aim"])
        audit.record(actor, "stars.aim.set", locked, {"star": star})
    return locked


def hand_in(*, actor: Actor, application: Application) -> Application:
    """Hand in the self-rating; the head answers for it. Every item must have been looked at.

    Who hands in after the draw is rated a second time in any case: being late is no way around the lot.
    """
    if not heads(actor, application.school_id):
        raise Forbidden(_("Only the head of the school hands in its self-rating."))
    with transaction.atomic():
        locked = _open(application, with_round=True)
        rows = list(SelfRating.objects.filter(application=locked))
        _refuse_incomplete(locked, rows)
        locked.state, locked.handed_in = ApplicationState.HANDED_IN, clock.now()
        locked.submitted_by_id, locked.self_total = actor.account_id, total(by_item(rows))
        if locked.round.state == RoundState.SECOND:
            locked.ground = Ground.LATE
        locked.save(update_fields=["state", "handed_in", "submitted_by", "self_total", "ground"])
        history.note(actor, locked, Deed.HANDED_IN, after=locked.self_total)
        notices.resolve(about=locked.uid, kind=NOTICE)
        audit.record(actor, "stars.self.handed_in", locked)
    return locked


def _refuse_incomplete(application: Application, rows: list[SelfRating]) -> None:
    rated = {row.item for row in rows if not row.carried}
    missing = [item.code for item in scheme_in(application.round.version).items if item.code not in rated]
    if missing:
        raise Refused(
            _("Not rated yet, or taken over from the last round and not looked at: %(items)s.")
            % {"items": "、".join(missing[:8]) + ("…" if len(missing) > 8 else "")}
        )


def share_practice(*, actor: Actor, school: School, scheme: Scheme, item: str, text: str) -> Practice:
    """Agree that other schools read how this one reached an item, with its name."""
    if not heads(actor, school.pk):
        raise Forbidden(_("Only the head agrees that the school is named."))
    if not text.strip():
        raise Refused(_("Write in a sentence or two how you reached it."))
    with transaction.atomic():
        row, _made = Practice.objects.update_or_create(
            school=school,
            scheme=scheme,
            item=item,
            ended=None,
            defaults={
                "text": text.strip()[:LONGEST_NOTE],
                "agreed": clock.now(),
                "granted_by_id": actor.account_id,
            },
        )
        audit.record(actor, "stars.practice.shared", row, {"item": item})
    return row


def end_practice(*, actor: Actor, practice: Practice) -> None:
    """Take the agreement back: other schools no longer see the name."""
    if not heads(actor, practice.school_id):
        raise Forbidden(_("Only the head agrees that the school is named."))
    with transaction.atomic():
        Practice.objects.filter(pk=practice.pk, ended=None).update(ended=clock.now())
        audit.record(actor, "stars.practice.ended", practice)
