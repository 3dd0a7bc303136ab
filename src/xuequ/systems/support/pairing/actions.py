"""What may be done with pairs: settle rules, compute, propose, agree; acts typed once, confirmed by the other side."""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ import __version__
from xuequ.core import audit, clock
from xuequ.core.errors import Refused
from xuequ.core.jobs import enqueue
from xuequ.core.models import Task
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School, SchoolYear
from xuequ.kit.notices import actions as notices
from xuequ.record.actions import create_run
from xuequ.record.choices import RunState
from xuequ.systems.support import access
from xuequ.systems.support.pairing import material, queries
from xuequ.systems.support.pairing.choices import ActKind, PairState, RuleKind, Side
from xuequ.systems.support.pairing.jobs import effect_run, pair_run
from xuequ.systems.support.pairing.models import Act, Effect, Pair, PairPlan, PairRule, Room

AGREE, CONFIRM, DECLINED = "support-pair", "support-act", "support-pair-declined"
ENDED, VOIDED = "support-pair-ended", "support-act-voided"
"""Kinds of notices."""
MOST_HOURS, MOST_PUPILS = Decimal(40), 3000
"""One act holds no more; a term's lessons are written down lesson by lesson or month by month."""


def set_rooms(*, actor: Actor, year: SchoolYear, places: Mapping[int, int | None]) -> None:
    """Say how many partners each school (by key) can help; 0: it is helped; None: it takes no part."""
    access.require(access.prepares(actor), _("Only the district's officers prepare pairs."))
    if any(count is not None and not 0 <= count <= 5 for count in places.values()):
        raise Refused(_("A school helps at most five others."))
    with transaction.atomic():
        _refuse_against_agreed(year, places)
        for school, count in places.items():
            Room.objects.update_or_create(year=year, school_id=school, defaults={"places": count})
        audit.record(actor, "support.rooms.set", year, {"schools": len(places)})


def _refuse_against_agreed(year: SchoolYear, places: Mapping[int, int | None]) -> None:
    """Pairs that stand need the room they take: end one before a school is given less."""
    stands = Pair.objects.filter(year=year, state=PairState.AGREED).select_related("giver", "receiver")
    helped = Counter(pair.giver_id for pair in stands)
    for pair in stands:
        room = places.get(pair.giver_id, helped[pair.giver_id])
        if room is None or room < helped[pair.giver_id] or places.get(pair.receiver_id, 0) != 0:
            raise Refused(
                _(
                    "“%(pair)s” is agreed for this year; end that pair before you change what its schools give."
                )
                % {"pair": pair}
            )


def add_rule(*, actor: Actor, year: SchoolYear, kind: RuleKind, giver: School, receiver: School) -> PairRule:
    """Settle two schools before pairs are computed."""
    access.require(access.prepares(actor), _("Only the district's officers prepare pairs."))
    if giver.pk == receiver.pk:
        raise Refused(_("A school cannot be its own partner."))
    with transaction.atomic():
        SchoolYear.objects.select_for_update().get(pk=year.pk)
        _refuse_two_helpers(year, kind, giver, receiver)
        row, _made = PairRule.objects.update_or_create(
            year=year, giver=giver, receiver=receiver, defaults={"kind": kind}
        )
        audit.record(actor, "support.pair-rule.set", row)
    return row


def _refuse_two_helpers(year: SchoolYear, kind: RuleKind, giver: School, receiver: School) -> None:
    """A school has one helper: a rule must not stand against another one or against what both schools agreed."""
    agreed = Pair.objects.filter(year=year, receiver=receiver, state=PairState.AGREED)
    if kind == RuleKind.FORBIDDEN and agreed.filter(giver=giver).exists():
        raise Refused(_("These two have agreed; end their pair before you forbid it."))
    if kind != RuleKind.LOCKED:
        return
    other = agreed.exclude(giver=giver).select_related("giver").first()
    other_rule = PairRule.objects.filter(year=year, receiver=receiver, kind=RuleKind.LOCKED)
    settled = other or other_rule.exclude(giver=giver).select_related("giver").first()
    if settled is not None:
        raise Refused(
            _("%(receiver)s has a helper already: %(giver)s. Drop that first.")
            % {"receiver": receiver, "giver": settled.giver}
        )


def drop_rule(*, actor: Actor, rule: PairRule) -> None:
    """Take a rule back."""
    access.require(access.prepares(actor), _("Only the district's officers prepare pairs."))
    with transaction.atomic():
        audit.record(actor, "support.pair-rule.dropped", rule)
        rule.delete()


def start_plan(
    *, actor: Actor, year: SchoolYear, per_km: float = 0.02, other_stage: float = 0.5, stay: float = 0.1
) -> tuple[PairPlan, Task]:
    """Start computing the pairs of a year; what goes in is kept with the run."""
    access.require(access.prepares(actor), _("Only the district's officers prepare pairs."))
    with transaction.atomic():
        run = create_run(
            actor=actor, system="support", kind="pairing",
            title=_("Pairs of %(year)s") % {"year": year.code}, engine_version=__version__,
            parameters={
                "day": actor.day.isoformat(),
                "design": {"per_km": per_km, "other_stage": other_stage, "stay": stay},
                "forbidden": material.forbidden(year),
            },
            year=year,
        )  # fmt: skip
        plan = PairPlan.objects.create(year=year, run=run)
        done = reverse("support:pair-plan", args=[plan.uid])
        task = enqueue.start(pair_run, actor=actor, title=run.title, done_url=done, run_uid=str(run.uid))
        run.task_uid = task.uid
        run.save(update_fields=["task_uid"])
    return plan, task


def adopt(*, actor: Actor, plan: PairPlan) -> list[Pair]:
    """Propose the computed pairs to the schools; pairs that both have agreed to stay as they are."""
    access.require(access.prepares(actor), _("Only the district's officers prepare pairs."))
    if plan.run.state != RunState.DONE:
        raise Refused(_("This computation holds no pairs; choose another one."))
    with transaction.atomic():
        SchoolYear.objects.select_for_update().get(pk=plan.year_id)
        found = PairPlan.objects.select_for_update(of=("self",)).select_related("year", "run").get(pk=plan.pk)
        if found.adopted is not None:
            raise Refused(_("These pairs were proposed already."))
        made, _unpaired = queries.planned(found)
        agreed = _refuse_stale(found, made)
        proposed = {(one.giver.pk, one.receiver.pk) for one in made}
        _clear_proposals(found.year, proposed)
        rows = [_propose(found, one) for one in made if one.receiver.pk not in agreed]
        found.adopted = clock.now()
        found.save(update_fields=["adopted"])
        audit.record(actor, "support.pairs.proposed", found, {"pairs": len(rows)})
    return rows


def _refuse_stale(plan: PairPlan, made: Sequence[queries.PlannedPair]) -> set[int]:
    """Return the schools whose pairs stand; schools have answered since the computation where it says otherwise."""
    stands = Pair.objects.filter(year=plan.year, state=PairState.AGREED)
    agreed = set(stands.values_list("giver", "receiver"))
    there = set(School.objects.filter(closed_on=None).values_list("pk", flat=True))
    computed = {(one.giver.pk, one.receiver.pk) for one in made}
    still = {pair for pair in agreed if there.issuperset(pair)}
    never = set(material.forbidden(plan.year))
    declined = any((str(one.giver.uid), str(one.receiver.uid)) in never for one in made)
    if declined or not still <= computed:
        raise Refused(_("Schools or rules have changed since this was computed; compute the pairs anew."))
    return {receiver for _giver, receiver in still}


def _clear_proposals(year: SchoolYear, kept: Collection[tuple[int, int]]) -> None:
    """Take back what is proposed no longer; pairs with acts, and those of closed schools, are ended and not deleted."""
    rows = Pair.objects.select_for_update(of=("self",)).filter(year=year)
    open_answers = rows.filter(state=PairState.DECLINED).values_list("uid", flat=True)
    notices.resolve(about=list(open_answers), kind=DECLINED)
    old = [
        row for row in rows.filter(state=PairState.PROPOSED) if (row.giver_id, row.receiver_id) not in kept
    ]
    notices.resolve(about=[row.uid for row in old])
    keys = [row.pk for row in old]
    worked = Pair.objects.filter(pk__in=keys, acts__isnull=False).values_list("pk", flat=True).distinct()
    Pair.objects.filter(pk__in=list(worked)).update(state=PairState.ENDED)
    Pair.objects.filter(pk__in=keys, state=PairState.PROPOSED).delete()
    closed = Q(giver__closed_on__isnull=False) | Q(receiver__closed_on__isnull=False)
    gone = rows.filter(closed, state=PairState.AGREED).values_list("pk", flat=True)
    left = list(Pair.objects.filter(pk__in=list(gone)).select_related("giver", "receiver"))
    Pair.objects.filter(pk__in=[row.pk for row in left]).update(state=PairState.ENDED)
    for row in left:
        _tell(row, ENDED, HAS_ENDED)


def _propose(plan: PairPlan, one: queries.PlannedPair) -> Pair:
    """Ask both schools; where the same pair is proposed already the answers so far stand."""
    given = {"plan": plan, "reasons": one.reasons}
    row = Pair.objects.filter(year=plan.year, giver=one.giver, receiver=one.receiver).first()
    if row is not None and row.state == PairState.PROPOSED:
        Pair.objects.filter(pk=row.pk).update(**given)
        return row
    anew = {
        "state": PairState.PROPOSED, "remark": "", "ended_why": "", "giver_agreed": None, "receiver_agreed": None,
    }  # fmt: skip
    row, _made = Pair.objects.update_or_create(
        year=plan.year, giver=one.giver, receiver=one.receiver, defaults={**given, **anew}
    )
    for side, school in ((Side.GIVER, one.giver), (Side.RECEIVER, one.receiver)):
        notices.resolve(about=row.uid, kind=f"{ENDED}-{side}")
        notices.notify(
            kind=f"{AGREE}-{side}",
            message=gettext_noop(
                "A partner for digital assistance is proposed to your school: please agree or decline."
            ),
            about=row.uid,
            roles=(Role.HEAD,),
            school=school,
            url=reverse("support:pair", args=[row.uid]),
            due=None,
        )
    return row


def _locked(pair: Pair, *states: PairState) -> Pair:
    rows = Pair.objects.select_for_update(of=("self",)).select_related("giver", "receiver", "year")
    found = rows.get(pk=pair.pk)
    if found.state not in states:
        raise Refused(
            _("This pair is “%(state)s” by now; nothing was changed.") % {"state": found.get_state_display()}
        )
    return found


def _sides(actor: Actor, pair: Pair) -> tuple[Side, ...]:
    sides = queries.sides_of(actor, pair)
    access.require(bool(sides), _("Only those who lead one of the two schools may do this."))
    return sides


def agree(*, actor: Actor, pair: Pair) -> Pair:
    """One of the schools agrees; when both have, the pair stands."""
    sides = _sides(actor, pair)
    with transaction.atomic():
        found = _locked(pair, PairState.PROPOSED)
        for side in sides:
            setattr(found, f"{side}_agreed", clock.now())
            notices.resolve(about=found.uid, kind=f"{AGREE}-{side}")
            audit.record(actor, "support.pair.agreed", found, {"side": str(side)})
        if found.giver_agreed and found.receiver_agreed:
            found.state = PairState.AGREED
            notices.resolve(about=found.uid)
        found.save(update_fields=["giver_agreed", "receiver_agreed", "state"])
    return found


def decline(*, actor: Actor, pair: Pair, remark: str) -> Pair:
    """One of the schools declines, with the reason; the district reads it."""
    side = _sides(actor, pair)[0]
    if not remark.strip():
        raise Refused(_("Say why; the district looks for another partner."))
    with transaction.atomic():
        found = _locked(pair, PairState.PROPOSED)
        found.state, found.remark = PairState.DECLINED, remark.strip()
        found.save(update_fields=["state", "remark"])
        notices.resolve(about=found.uid)
        notices.notify(
            kind=DECLINED,
            message=gettext_noop("A school declines its partner: read why and compute the pairs anew."),
            about=found.uid,
            roles=(Role.DISTRICT_OFFICER,),
            url=reverse("support:pair", args=[found.uid]),
        )
        audit.record(actor, "support.pair.declined", found, {"side": str(side)})
    return found


def end(*, actor: Actor, pair: Pair, why: str = "") -> Pair:
    """End a pair; what was done stays. Both schools are told, and read on the pair's page why, where that is said."""
    access.require(access.prepares(actor), _("Only the district's officers prepare pairs."))
    with transaction.atomic():
        found = _locked(pair, PairState.AGREED)
        found.state, found.ended_why = PairState.ENDED, why.strip()
        found.save(update_fields=["state", "ended_why"])
        _tell(found, ENDED, HAS_ENDED)
        audit.record(actor, "support.pair.ended", found)
    return found


HAS_ENDED = gettext_noop(
    "The district has ended the assistance %(pair)s. What was done stays; the page says why, where a reason was given."
)
HAS_VOIDED = gettext_noop(
    "The district has voided an entry of %(pair)s that both schools had confirmed: read why; it may be written anew."
)


def _tell(pair: Pair, kind: str, message: str) -> None:
    """Tell both schools of a pair, as far as they are open; the reason stays on the page, where names can be erased."""
    for side, school in ((Side.GIVER, pair.giver), (Side.RECEIVER, pair.receiver)):
        if school.closed_on is None:
            notices.notify(
                kind=f"{kind}-{side}",
                message=message,
                params={"pair": str(pair)},
                about=pair.uid,
                roles=(Role.HEAD, Role.SCHOOL_ADMINISTRATOR),
                school=school,
                url=reverse("support:pair", args=[pair.uid]),
            )


def opened(*, actor: Actor, pair: Pair) -> None:
    """A school has seen what the district ended or voided: its notices of that go."""
    for side in queries.sides_of(actor, pair):
        for kind in (ENDED, VOIDED):
            notices.resolve(about=pair.uid, kind=f"{kind}-{side}")


# Acts.


def write_act(
    *, actor: Actor, pair: Pair, kind: ActKind, day: dt.date, title: str, hours: Decimal, pupils: int
) -> Act:
    """Write down what was done; the other school confirms it, and only then it counts."""
    side = _sides(actor, pair)[0]
    if not pair.year.start <= day <= actor.day or day >= pair.year.end:
        raise Refused(_("An act has a day of the pair's school year that is not still to come."))
    if not 0 < hours <= MOST_HOURS:
        raise Refused(_("One entry holds up to 40 hours; write longer work down in parts."))
    if not 0 <= pupils <= MOST_PUPILS:
        raise Refused(_("Pupils reached: up to 3000 in one entry."))
    with transaction.atomic():
        found = _locked(pair, PairState.AGREED)
        _refuse_twice(found, kind, day, title.strip(), side)
        row = Act.objects.create(
            pair=found, kind=kind, day=day, title=title.strip(), hours=hours, pupils=pupils, side=side,
            entered=clock.now(), entered_by_id=actor.account_id,
        )  # fmt: skip
        notices.notify(
            kind=CONFIRM,
            message=gettext_noop("Your partner wrote down what you did together: please confirm."),
            about=found.uid,
            roles=(Role.HEAD, Role.SCHOOL_ADMINISTRATOR),
            school=found.receiver if side == Side.GIVER else found.giver,
            url=reverse("support:pair", args=[found.uid]),
        )
        audit.record(actor, "support.act.written", row)
    return row


def _refuse_twice(pair: Pair, kind: ActKind, day: dt.date, title: str, side: Side) -> None:
    """What both schools type would count twice."""
    same = pair.acts.filter(kind=kind, day=day, voided=None)
    if same.filter(title=title).exists():
        raise Refused(_("This stands in the list already; nothing was added."))
    if same.filter(side=side.other, confirmed=None).exists():
        raise Refused(
            _(
                "Your partner has written down such an act of this day: confirm it or say what is different first."
            )
        )


def _other_side(actor: Actor, act: Act) -> Act:
    """The act, locked, if the actor speaks for the school that did not type it and nobody has confirmed it."""
    sides = _sides(actor, act.pair)
    found = Act.objects.select_for_update(of=("self",)).select_related("pair").get(pk=act.pk)
    if found.confirmed is not None:
        raise Refused(_("This is confirmed already; nothing was changed."))
    other = Side(found.side).other in sides and found.entered_by_id != actor.account_id
    access.require(other, _("The other school confirms what yours has typed."))
    return found


def confirm(*, actor: Actor, act: Act) -> Act:
    """The other school confirms an act: it counts from now on."""
    with transaction.atomic():
        found = _other_side(actor, act)
        found.confirmed, found.confirmed_by_id, found.contested = clock.now(), actor.account_id, ""
        found.save(update_fields=["confirmed", "confirmed_by", "contested"])
        _nothing_waits(found)
        audit.record(actor, "support.act.confirmed", found)
    return found


def contest(*, actor: Actor, act: Act, text: str) -> Act:
    """The other school sees it otherwise: the act does not count until it is written anew."""
    with transaction.atomic():
        found = _other_side(actor, act)
        if not text.strip():
            raise Refused(_("Write what you see otherwise."))
        found.contested = text.strip()
        found.save(update_fields=["contested"])
        _nothing_waits(found)
        audit.record(actor, "support.act.contested", found)
    return found


def _nothing_waits(act: Act) -> None:
    waiting = Act.objects.filter(pair=act.pair, confirmed=None, contested="")
    if not waiting.exists():
        notices.resolve(about=act.pair.uid, kind=CONFIRM)


def take_back(*, actor: Actor, act: Act) -> None:
    """Whoever typed an act takes it back before it is confirmed."""
    sides = _sides(actor, act.pair)
    with transaction.atomic():
        found = Act.objects.select_for_update(of=("self",)).select_related("pair").get(pk=act.pk)
        access.require(found.side in sides, _("Only the school that typed it may take it back."))
        if found.confirmed is not None:
            raise Refused(_("This is confirmed already; nothing was changed."))
        audit.record(actor, "support.act.taken-back", found)
        found.delete()
        _nothing_waits(act)


def void(*, actor: Actor, act: Act, why: str) -> Act:
    """Void an act that both schools had confirmed, with the reason: it stays to be read and counts no more."""
    access.require(
        access.prepares(actor), _("Only the district's officers void what both schools confirmed.")
    )
    if not why.strip():
        raise Refused(_("Say why; both schools read it."))
    with transaction.atomic():
        rows = Act.objects.select_for_update(of=("self",)).select_related("pair__giver", "pair__receiver")
        found = rows.get(pk=act.pk)
        if found.confirmed is None:
            raise Refused(_("This is not confirmed: the schools can still correct it themselves."))
        if found.voided is not None:
            raise Refused(_("This is voided already; nothing was changed."))
        found.voided, found.voided_why = clock.now(), why.strip()
        found.save(update_fields=["voided", "voided_why"])
        _tell(found.pair, VOIDED, HAS_VOIDED)
        audit.record(actor, "support.act.voided", found, {"hours": str(found.hours), "pupils": found.pupils})
    return found


def start_effect(*, actor: Actor, year: SchoolYear) -> tuple[Effect, Task]:
    """Start comparing the helped schools with the others."""
    access.require(access.prepares(actor), _("Only the district's officers prepare pairs."))
    with transaction.atomic():
        run = create_run(
            actor=actor, system="support", kind="pairs-effect",
            title=_("What help did in %(year)s") % {"year": year.code}, engine_version=__version__,
            parameters={"day": actor.day.isoformat()}, year=year,
        )  # fmt: skip
        row = Effect.objects.create(year=year, run=run)
        task = enqueue.start(
            effect_run, actor=actor, title=run.title, done_url=reverse("support:pairs"), run_uid=str(run.uid)
        )
        run.task_uid = task.uid
        run.save(update_fields=["task_uid"])
    return row, task
