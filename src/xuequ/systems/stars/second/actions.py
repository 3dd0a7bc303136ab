"""Second ratings: asking raters, rating blind, handing in, deciding where they differ, settling the result."""

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment
from xuequ.engines.evaluation.second_rating import rated_totals
from xuequ.engines.evaluation.standing import standing
from xuequ.engines.evaluation.star_scheme import StarScheme
from xuequ.kit.notices import actions as notices
from xuequ.systems.stars import history
from xuequ.systems.stars.access import RATERS, may_manage
from xuequ.systems.stars.choices import ApplicationState, Deed, RoundState, SettledBy
from xuequ.systems.stars.models import (
    Application,
    SecondRater,
    SecondRating,
    SettledPoints,
)
from xuequ.systems.stars.points import by_item, exact, total
from xuequ.systems.stars.rounds.actions import NOTICE as SCHOOL_NOTICE
from xuequ.systems.stars.rounds.actions import allow, locked_application
from xuequ.systems.stars.rounds.queries import Compared, compared, is_blind, seconds_of
from xuequ.systems.stars.schemes.queries import scheme_in
from xuequ.systems.stars.selfrating.actions import LONGEST_NOTE, item_of, refuse_points

NOTICE = "stars-second-rating"


def assign(*, actor: Actor, application: Application, accounts: Iterable[Account]) -> list[SecondRater]:
    """Ask raters for a school; nobody rates a school where he or she has a role, and a rater is asked once."""
    allow(actor)
    with transaction.atomic():
        locked = _in_second(application)
        if not locked.ground:
            raise Refused(_("This school was not chosen for a second rating; add it by hand first."))
        already = set(locked.raters.values_list("rater", flat=True))
        new = [account for account in accounts if account.pk not in already]
        _refuse_raters(locked, new, actor)
        rows = [
            SecondRater.objects.create(application=locked, rater=account, assigned=clock.now())
            for account in new
        ]
        for row in rows:
            _ask(row, locked)
        audit.record(actor, "stars.raters.asked", locked, {"raters": len(rows)})
    return rows


def _refuse_raters(application: Application, accounts: list[Account], actor: Actor) -> None:
    held = RoleAssignment.objects.filter(RoleAssignment.at(actor.day), account__in=accounts)
    roles = list(held.values_list("account_id", "role", "school_id", "school_class__school_id"))
    if any(application.school_id in (school, school_of_class) for _a, _r, school, school_of_class in roles):
        raise Refused(_("One of them has a role at this school and cannot rate it."))
    may = {account for account, role, _s, _c in roles if role in RATERS}
    if any(account.pk not in may for account in accounts):
        raise Refused(_("Only experts, researchers, supervisors and district officers rate schools."))


def _ask(row: SecondRater, application: Application) -> None:
    notices.notify(
        kind=NOTICE,
        message=gettext_noop("You are asked to rate a school for its star."),
        about=row.uid,
        accounts=(row.rater,),
        url=reverse("stars:second", args=[row.uid]),
        due=application.round.second_until,
    )


def release(*, actor: Actor, second: SecondRater) -> None:
    """Take an assignment back that has no rating yet."""
    allow(actor)
    with transaction.atomic():
        locked = SecondRater.objects.select_for_update().select_related("application").get(pk=second.pk)
        if locked.ratings.exists() or locked.photos.exists():
            raise Refused(_("This rater has begun; ratings are not thrown away."))
        notices.resolve(about=locked.uid, kind=NOTICE)
        audit.record(actor, "stars.rater.released", locked.application)
        locked.delete()


def _in_second(application: Application) -> Application:
    locked = locked_application(application)
    if locked.round.state != RoundState.SECOND or locked.state != ApplicationState.HANDED_IN:
        raise Refused(_("The second rating of this school does not run; nothing was changed."))
    return locked


def rate_second(
    *, actor: Actor, second: SecondRater, code: str, points: float, note: str = ""
) -> SecondRating:
    """Keep what a rater gives for an item."""
    return rate_many(actor=actor, second=second, given={code: (points, note)})[0]


def rate_many(
    *, actor: Actor, second: SecondRater, given: Mapping[str, tuple[float, str]]
) -> list[SecondRating]:
    """Keep what a rater gives for several items, all or none."""
    own(actor, second)
    for code, (points, _note) in given.items():
        refuse_points(item_of(second.application, code), points)
    with transaction.atomic():
        locked_second(second)
        rows = [
            SecondRating.objects.update_or_create(
                second=second,
                item=code,
                defaults={
                    "points": exact(points), "note": note.strip()[:LONGEST_NOTE], "entered_at": clock.now()
                },
            )[0]
            for code, (points, note) in given.items()
        ]  # fmt: skip
        audit.record(actor, "stars.second.rated", second, {"items": len(rows)})
    return rows


def own(actor: Actor, second: SecondRater) -> None:
    """Refuse everybody but the rater."""
    if actor.account_id != second.rater_id and not actor.is_system:
        raise Forbidden(_("Only the rater writes this rating."))


def locked_second(second: SecondRater) -> SecondRater:
    """Lock a rating in the caller's transaction, and refuse when it can no longer be changed."""
    _in_second(second.application)
    locked = SecondRater.objects.select_for_update().get(pk=second.pk)
    if locked.handed_in is not None:
        raise Refused(_("This rating has been handed in and stays as it is."))
    return locked


def hand_in_second(*, actor: Actor, second: SecondRater) -> SecondRater:
    """Hand in a complete rating; only then the rater sees what the others gave."""
    own(actor, second)
    with transaction.atomic():
        locked = locked_second(second)
        rated = set(locked.ratings.values_list("item", flat=True))
        application = second.application
        missing = [item.code for item in scheme_in(application.round.version).items if item.code not in rated]
        if missing:
            raise Refused(_("Not rated yet: %(items)s.") % {"items": "、".join(missing[:8])})
        locked.handed_in = clock.now()
        locked.save(update_fields=["handed_in"])
        notices.resolve(about=locked.uid, kind=NOTICE)
        history.note(actor, application, Deed.SECOND, internal=True)
        audit.record(actor, "stars.second.handed_in", locked)
    return locked


def decide(*, actor: Actor, application: Application, code: str, points: float, note: str) -> SettledPoints:
    """Decide the points of an item on which raters differ, with the reason."""
    allow(actor)
    if is_blind(actor, application):
        raise Forbidden(_("You rate this school yourself; hand in your rating before you decide."))
    if not note.strip():
        raise Refused(_("Write why; the school reads it."))
    refuse_points(item_of(application, code), points)
    with transaction.atomic():
        locked = _in_second(application)
        row = settle_item(actor, locked, code, points, SettledBy.DECIDED, note)
        audit.record(actor, "stars.item.decided", locked, {"item": code})
    return row


def settle_item(
    actor: Actor, application: Application, code: str, points: float, rests_on: SettledBy, note: str
) -> SettledPoints:  # fmt: skip
    """Write the points of an item in the caller's transaction; what stood before stays in the history."""
    old = SettledPoints.objects.filter(application=application, item=code, is_current=True).first()
    if old is not None:
        SettledPoints.objects.filter(pk=old.pk).update(is_current=False)
    row = SettledPoints.objects.create(
        application=application,
        item=code,
        points=exact(points),
        rests_on=rests_on,
        note=note.strip()[:LONGEST_NOTE],
        decided_at=clock.now(),
        decided_by_id=actor.account_id,
    )
    before = old.points if old is not None else None
    history.note(actor, application, Deed.DECIDED, item=code, before=before, after=row.points, text=row.note)
    return row


def settle(*, actor: Actor, application: Application) -> Application:
    """Settle a school's result: raters' points where they agree, decided ones where not, its own where nobody rated."""
    allow(actor)
    with transaction.atomic():
        locked = _in_second(application)
        raters = seconds_of(locked)
        _refuse_open(locked, raters)
        scheme = scheme_in(locked.round.version)
        lines = compared(locked, scheme, raters)
        if left := [line.item.code for line in lines if line.differs]:
            raise Refused(
                _("The raters differ on %(items)s; decide these first.") % {"items": "、".join(left[:8])}
            )
        _store(actor, locked, scheme, lines, raters)
        audit.record(actor, "stars.result.settled", locked)
    return locked


def _refuse_open(application: Application, raters: list[SecondRater]) -> None:
    if application.ground and not raters:
        raise Refused(_("This school was chosen for a second rating, and nobody has been asked yet."))
    if any(one.handed_in is None for one in raters):
        raise Refused(_("A rater has not handed in yet; wait, or release the rater who has not begun."))


def _store(
    actor: Actor, application: Application, scheme: StarScheme, lines: list[Compared], raters: list[SecondRater]
) -> None:  # fmt: skip
    moment = clock.now()
    fresh = [line for line in lines if line.decided is None]
    SettledPoints.objects.bulk_create(
        SettledPoints(
            application=application,
            item=line.item.code,
            points=exact(line.agreed if line.agreed is not None else line.own or 0),
            rests_on=SettledBy.RATERS if line.given else SettledBy.SELF,
            decided_at=moment,
            decided_by_id=actor.account_id,
        )
        for line in fresh
    )
    application.state, application.settled = ApplicationState.SETTLED, moment
    application.settled_by_id = actor.account_id
    recount(application, scheme, raters)
    history.note(actor, application, Deed.SETTLED, after=application.district_total)
    notices.notify(
        kind=SCHOOL_NOTICE,
        message=gettext_noop("The district's points for your star are there; you may appeal."),
        about=application.uid,
        roles=(Role.HEAD,),
        school=application.school,
        url=reverse("stars:application", args=[application.uid]),
    )


def recount(application: Application, scheme: StarScheme, raters: list[SecondRater]) -> None:
    """Set total, star and interval from the settled points, in the caller's transaction."""
    rows = SettledPoints.objects.filter(application=application, is_current=True)
    points = by_item(rows)
    application.district_total = total(points)
    application.district_star = standing(scheme, points).star
    low, high = _interval(application, scheme, bool(raters))
    application.district_low, application.district_high = low, high
    application.save()


def _interval(application: Application, scheme: StarScheme, rated: bool) -> tuple[float | None, float | None]:
    """Return the interval of the raters' mean total around the settled total; none where nobody rated."""
    if not rated:
        return None, None
    ready = SecondRater.objects.filter(application__round=application.round_id, handed_in__isnull=False)
    totals: dict[str, list[float]] = {}
    for pk, points in ready.annotate(points=Sum("ratings__points")).values_list("application", "points"):
        totals.setdefault(str(pk), []).append(float(points or 0))
    found = {one.key: one for one in rated_totals(totals, scheme.points)}[str(application.pk)]
    if found.low is None or found.high is None:
        return None, None
    shift = float(application.district_total or 0) - found.mean
    return max(0.0, found.low + shift), min(scheme.points, found.high + shift)


def may_decide(actor: Actor, application: Application) -> bool:
    """Whether the actor may decide about this school now: managers who do not rate it themselves."""
    return may_manage(actor) and not is_blind(actor, application)
