"""What the district does with a round: open it, draw, ask raters, decide, settle, close."""

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School, SchoolYear
from xuequ.engines.evaluation.second_rating import draw, nearest_cut
from xuequ.kit.notices import actions as notices
from xuequ.systems.stars import history
from xuequ.systems.stars.access import may_manage
from xuequ.systems.stars.choices import ApplicationState, Deed, Ground, RoundState
from xuequ.systems.stars.models import Appeal, Application, Round, Scheme, SchemeVersion
from xuequ.systems.stars.rounds.carrying import carry_over
from xuequ.systems.stars.schemes import actions as schemes
from xuequ.systems.stars.schemes.queries import scheme_in

NOTICE = "stars-self-rating"


def allow(actor: Actor) -> None:
    """Refuse those who do not run rounds."""
    if not may_manage(actor):
        raise Forbidden(_("You may not run rounds of stars."))


def open_round(
    *,
    actor: Actor,
    version: SchemeVersion,
    year: SchoolYear,
    title: str,
    self_until: dt.date,
    second_until: dt.date,
    schools: Sequence[School],
    share: float = 0.3,
    margin: float = 3.0,
) -> Round:
    """Open a year's round: the version is fixed from now on, and what schools handed in last time is taken over."""
    allow(actor)
    with transaction.atomic():
        # Two who open at once: the second waits here, and is then told that there is a round.
        Scheme.objects.select_for_update().get(pk=version.scheme_id)
        _check_opening(version, year, self_until, second_until, schools)
        found = Round.objects.create(
            version=schemes.begin(version),
            year=year,
            title=title.strip()[:120],
            self_until=self_until,
            second_until=second_until,
            share=share,
            margin=margin,
            opened=clock.now(),
            opened_by_id=actor.account_id,
        )
        rows = Application.objects.bulk_create(Application(round=found, school=school) for school in schools)
        history.note_all(actor, rows, Deed.OPENED)
        carry_over(actor, found, rows)
        for row in rows:
            _tell_school(row, gettext_noop("The year's self-rating for stars is open."), found.self_until)
        audit.record(actor, "stars.round.opened", found, {"schools": len(rows)})
    return found


def _check_opening(
    version: SchemeVersion, year: SchoolYear, self_until: dt.date, second_until: dt.date, schools: Sequence[School]
) -> None:  # fmt: skip
    if not schools:
        raise Refused(_("Choose at least one school."))
    if second_until < self_until:
        raise Refused(_("The second rating ends before the schools have handed in; change the days."))
    if not version.document.get("stars"):
        raise Refused(_("This scheme has no stars, so no round can be opened on it."))
    if Round.objects.filter(version__scheme=version.scheme_id, year=year).exists():
        raise Refused(
            _("There is a round on this scheme in %(year)s already; a school year has one.") % {"year": year}
        )


def _tell_school(row: Application, message: str, due: dt.date | None = None) -> None:
    notices.notify(
        kind=NOTICE,
        message=message,
        about=row.uid,
        roles=(Role.HEAD, Role.SCHOOL_ADMINISTRATOR),
        school=row.school,
        url=reverse("stars:application", args=[row.uid]),
        due=due,
    )


def begin_second(*, actor: Actor, found: Round, seed: int | None = None) -> Round:
    """Begin the second rating: draw schools by lot, add those close to a cut-off.

    Schools that hand in later are rated a second time in any case.
    """
    allow(actor)
    with transaction.atomic():
        locked = _locked(found, RoundState.SELF, _("The second rating of this round has begun already."))
        rows = list(locked.applications.filter(state=ApplicationState.HANDED_IN).select_related("school"))
        if not rows:
            raise Refused(_("No school has handed in yet, so there is nothing to draw from."))
        locked.seed = secrets.randbelow(2**31) if seed is None else seed
        chosen = _choose(locked, rows)
        locked.state, locked.drawn = RoundState.SECOND, clock.now()
        locked.save(update_fields=["state", "seed", "drawn"])
        history.note_all(actor, chosen, Deed.CHOSEN)
        audit.record(actor, "stars.round.drawn", locked, {"schools": len(chosen), "seed": locked.seed})
    return locked


def _choose(found: Round, rows: Sequence[Application]) -> list[Application]:
    """Write down why each school is rated a second time."""
    cuts = [rule.total for rule in scheme_in(found.version).stars]
    lot = set(draw([row.school.code for row in rows], found.share, found.seed))
    chosen = []
    for row in rows:
        near = abs(nearest_cut(float(row.self_total or 0), cuts)) <= float(found.margin)
        drawn = row.school.code in lot
        row.ground = Ground.BOTH if near and drawn else Ground.SAMPLE if drawn else Ground.BORDERLINE
        if near or drawn:
            chosen.append(row)
    Application.objects.bulk_update(chosen, ["ground"])
    return chosen


def _locked(found: Round, state: RoundState, otherwise: str) -> Round:
    locked = Round.objects.select_for_update().select_related("version__scheme", "year").get(pk=found.pk)
    if locked.state != state:
        raise Refused(otherwise)
    return locked


def locked_application(found: Application, *, with_round: bool = False) -> Application:
    """Lock an application in the caller's transaction, and return it with its round and school.

    ``with_round`` locks the round first, for what must not slip past a draw or the end of the round: whoever draws or
    closes holds that lock too.
    """
    if with_round:
        Round.objects.select_for_update().get(pk=found.round_id)
    rows = Application.objects.select_for_update(of=("self",))
    return rows.select_related("round__version__scheme", "round__year", "school").get(pk=found.pk)


def add_by_hand(*, actor: Actor, application: Application) -> Application:
    """Have a school rated a second time that was neither drawn nor close to a cut-off."""
    allow(actor)
    with transaction.atomic():
        locked = locked_application(application, with_round=True)
        if locked.round.state != RoundState.SECOND or locked.state != ApplicationState.HANDED_IN:
            raise Refused(_("Schools are added while the second rating runs, once they have handed in."))
        if not locked.ground:
            locked.ground = Ground.ASKED
            locked.save(update_fields=["ground"])
            history.note(actor, locked, Deed.CHOSEN)
            audit.record(actor, "stars.application.chosen", locked)
    return locked


def return_to_school(*, actor: Actor, application: Application, reason: str) -> Application:
    """Give a self-rating back to the school, with the reason, while schools rate themselves."""
    allow(actor)
    if not reason.strip():
        raise Refused(_("Write what the school should mend."))
    with transaction.atomic():
        locked = locked_application(application, with_round=True)
        if locked.round.state != RoundState.SELF or locked.state != ApplicationState.HANDED_IN:
            raise Refused(_("Only what was handed in can be returned, and only before schools are drawn."))
        locked.state, locked.handed_in = ApplicationState.RATING, None
        locked.save(update_fields=["state", "handed_in"])
        history.note(actor, locked, Deed.RETURNED, text=reason.strip())
        _tell_school(
            locked, gettext_noop("The district returned your self-rating for stars."), locked.round.self_until
        )
        audit.record(actor, "stars.application.returned", locked)
    return locked


def close_round(*, actor: Actor, found: Round) -> Round:
    """Close a round whose results are settled and whose appeals are answered; its numbers are published by a job."""
    from xuequ.systems.stars.rounds.jobs import start_publication

    allow(actor)
    with transaction.atomic():
        locked = _locked(found, RoundState.SECOND, _("Only a round in its second rating can be closed."))
        _refuse_unsettled(
            locked.applications.filter(state=ApplicationState.HANDED_IN).select_related("school")
        )
        if locked.applications.filter(appeals__state="open").exists():
            raise Refused(_("An appeal waits for its answer; answer it before the round is closed."))
        locked.state, locked.closed = RoundState.CLOSED, clock.now()
        locked.save(update_fields=["state", "closed"])
        _let_notices_vanish(locked)
        start_publication(actor, locked)
        audit.record(actor, "stars.round.closed", locked)
    return locked


def _let_notices_vanish(found: Round) -> None:
    """Nothing is left to do about a closed round."""
    applications = found.applications.values_list("uid", flat=True)
    appeals = Appeal.objects.filter(application__round=found).values_list("uid", flat=True)
    notices.resolve(about=[*applications, *appeals])


def _refuse_unsettled(rows: Iterable[Application]) -> None:
    names = [str(row.school) for row in rows]
    if names:
        raise Refused(
            _("Not settled yet: %(schools)s. Settle each result first.") % {"schools": "、".join(names[:5])}
        )
