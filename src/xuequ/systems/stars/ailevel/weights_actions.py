"""What may be done with votes on weights: ask experts, judge, hand in, close, adopt."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.group import WeightRanges
from xuequ.kit.notices import actions as notices
from xuequ.systems.stars.access import may_manage
from xuequ.systems.stars.ailevel import queries, weights
from xuequ.systems.stars.ailevel.models import WeightBallot, WeightPoll
from xuequ.systems.stars.ailevel.scheme import Weighed, read_scheme, with_weights
from xuequ.systems.stars.models import Scheme, SchemeVersion
from xuequ.systems.stars.schemes.actions import new_version

INVITED = "stars-ai-weights"
WAYS = ("judgements", "weights")
LOW_CONSENSUS = 0.5


@dataclass(frozen=True, slots=True)
class PollPlan:
    """What a vote on weights is opened with; ``node`` "" is the dimensions, else a dimension's indexes."""

    title: str
    version: SchemeVersion
    node: str
    reason: str
    due: dt.date
    experts: Collection[int]


def _require(actor: Actor) -> None:
    if not may_manage(actor):
        raise Forbidden(_("You may not manage votes on weights."))


def codes_of(poll: WeightPoll) -> tuple[str, ...]:
    """Return the codes of what a poll compares, in the order of the scheme."""
    return tuple(part.code for part in read_scheme(poll.version.document).node(poll.node))


def open_poll(*, actor: Actor, plan: PollPlan) -> WeightPoll:
    """Ask experts to compare what stands under one node."""
    _require(actor)
    try:
        parts = read_scheme(plan.version.document).node(plan.node)
    except KeyError as error:
        raise Refused(_("This part no longer stands in the scheme. Load the page again.")) from error
    if len(parts) < 2:
        raise Refused(_("There is only one part here, so there is nothing to weigh."))
    allowed = {pk for pk, _name in queries.possible_raters(actor)}
    if len(set(plan.experts)) < weights.FEWEST_BALLOTS or not set(plan.experts) <= allowed:
        raise Refused(_("Choose at least three experts or researchers of the district."))
    moment = clock.now()
    with transaction.atomic():
        poll = WeightPoll.objects.create(
            version=plan.version, node=plan.node, title=plan.title, reason=plan.reason, due=plan.due,
            opened=moment, opened_by_id=actor.account_id,
        )  # fmt: skip
        for pk in sorted(plan.experts):
            _invite(poll, pk, moment)
        audit.record(actor, "stars.ai.weights.opened", poll, {"experts": len(plan.experts)})
    return poll


def _invite(poll: WeightPoll, account: int, moment: dt.datetime) -> None:
    ballot = WeightBallot.objects.create(poll=poll, expert_id=account, invited=moment)
    notices.notify(
        kind=INVITED,
        message=gettext_noop("Please compare in pairs what matters more in AI education."),
        about=ballot.uid,
        accounts=[Account.objects.get(pk=account)],
        url=reverse("stars:ai-ballot", args=[ballot.uid]),
        due=poll.due,
    )


def judge(*, actor: Actor, ballot: WeightBallot, pair: str, value: float | None) -> WeightBallot:
    """Keep one judgement: how much more the first of a pair matters than the second (None skips the pair)."""
    with transaction.atomic():
        locked = _own(actor, ballot)
        if pair not in {one.code for one in weights.pairs_of(codes_of(locked.poll), {})}:
            raise Refused(_("This pair does not belong to the vote. Load the page again."))
        try:
            step = None if value is None else weights.nearest_step(value)
        except InputError as error:
            raise Refused(_("Choose one of the seventeen steps.")) from error
        judgements = {**locked.judgements, pair: step}
        if locked.handed_in is not None and weights.to_judge(codes_of(locked.poll), judgements):
            raise Refused(
                _(
                    "You have handed in, and without this pair some parts would not be connected with the others any"
                    " more. Choose a step, or judge another pair between them first."
                )
            )
        locked.judgements = judgements
        locked.save(update_fields=["judgements"])
        audit.record(actor, "stars.ai.weights.judged", locked)
    return locked


def hand_in(*, actor: Actor, ballot: WeightBallot) -> WeightBallot:
    """Hand a ballot in; until the vote is closed it may be changed and handed in again."""
    with transaction.atomic():
        locked = _own(actor, ballot)
        state = weights.standing(codes_of(locked.poll), locked.judgements)
        if state.to_judge:
            raise Refused(
                _(
                    "Some parts are not connected with the others yet: judge at least %(count)d more of the pairs."
                )
                % {"count": state.to_judge}
            )
        locked.handed_in = clock.now()
        locked.save(update_fields=["handed_in"])
        notices.resolve(about=locked.uid, kind=INVITED)
        audit.record(actor, "stars.ai.weights.handed-in", locked)
    return locked


def _own(actor: Actor, ballot: WeightBallot) -> WeightBallot:
    # The vote is locked too, so that no judgement slips in between its end and the count.
    rows = WeightBallot.objects.select_for_update(of=("self", "poll")).select_related("poll__version")
    locked = rows.get(pk=ballot.pk)
    if locked.expert_id != actor.account_id:
        raise Forbidden(_("This ballot belongs to another expert."))
    if locked.poll.closed is not None:
        raise Refused(_("The vote is closed; what was handed in counts."))
    return locked


def close_poll(*, actor: Actor, poll: WeightPoll) -> WeightPoll:
    """End a vote: nobody judges any more, and the ballots handed in count."""
    _require(actor)
    with transaction.atomic():
        locked = WeightPoll.objects.select_for_update().get(pk=poll.pk)
        if locked.closed is None:
            locked.closed, locked.closed_by_id = clock.now(), actor.account_id
            locked.save(update_fields=["closed", "closed_by"])
            notices.resolve(about=locked.ballots.values_list("uid", flat=True), kind=INVITED)
            audit.record(actor, "stars.ai.weights.closed", locked)
    return locked


def adopt(*, actor: Actor, poll: WeightPoll, way: str, consistent_only: bool, why: str) -> SchemeVersion:
    """Make the weights of the vote those of a new version of the scheme, with where they come from.

    ``way``: the geometric mean of judgements, or of weights. Weights from data are never adopted alone: there is no
    way for them here.
    """
    _require(actor)
    if way not in WAYS:
        raise Refused(_("Choose how the judgements are joined."))
    with transaction.atomic():
        locked = (
            WeightPoll.objects.select_for_update(of=("self",))
            .select_related("version__scheme")
            .get(pk=poll.pk)
        )
        if locked.adopted_id is not None:
            raise Refused(_("The weights of this vote were adopted already."))
        if locked.closed is None:
            raise Refused(_("Close the vote first."))
        codes = codes_of(locked)
        used = usable(locked, consistent_only=consistent_only)
        found = weights.together(codes, [ballot.judgements for ballot in used])
        if found is None or len(used) < weights.FEWEST_BALLOTS:
            raise Refused(
                _("Fewer than three ballots can be used, too few to change weights that all schools feel.")
            )
        if found.by_judgements.consensus < LOW_CONSENSUS and not why.strip():
            raise Refused(_("The experts hardly agree. Write why the weights are adopted all the same."))
        by_judgements = way == "judgements"
        joined = found.by_judgements if by_judgements else found.by_weights
        # Locked, so that no version slips in between that this one would undo.
        scheme = Scheme.objects.select_for_update().get(pk=locked.version.scheme_id)
        current = queries.versions().filter(scheme=scheme).first() or locked.version
        wanted = dict(zip(codes, map(float, joined.weights), strict=True))
        _refuse_other_parts(current, locked.node, set(codes))
        note = _("Weights by the vote “%(title)s” of %(count)d experts. %(why)s") % {
            "title": locked.title, "count": len(used), "why": why.strip(),
        }  # fmt: skip
        ranges = found.ranges if by_judgements else found.ranges_by_weights
        weighed = _weighed(locked, codes, ranges, len(joined.members))
        document = with_weights(current.document, locked.node, wanted, weighed)
        made = new_version(actor=actor, version=current, document=document, note=note.strip())
        locked.adopted = made
        locked.save(update_fields=["adopted"])
        audit.record(actor, "stars.ai.weights.adopted", locked, {"version": made.number, "way": way})
    return made


def _weighed(
    poll: WeightPoll, codes: tuple[str, ...], ranges: WeightRanges | None, ballots: int
) -> dict[str, Weighed]:
    if ranges is None:
        return {}
    ends = zip(codes, ranges.low, ranges.high, strict=True)
    return {
        code: Weighed(round(float(low), 4), round(float(high), 4), ballots, str(poll.uid))
        for code, low, high in ends
    }


def _refuse_other_parts(current: SchemeVersion, node: str, codes: set[str]) -> None:
    try:
        now = {part.code for part in read_scheme(current.document).node(node)}
    except KeyError:
        now = set()
    if now != codes:
        raise Refused(
            _("The newest version of the scheme has other parts here than the vote compared. Vote anew.")
        )


def usable(poll: WeightPoll, *, consistent_only: bool) -> list[WeightBallot]:
    """Return the ballots handed in, or those of them whose judgements do not contradict each other."""
    handed_in = list(poll.ballots.filter(handed_in__isnull=False).order_by("pk"))
    if not consistent_only:
        return handed_in
    codes = codes_of(poll)
    states = [weights.standing(codes, ballot.judgements) for ballot in handed_in]
    return [b for b, state in zip(handed_in, states, strict=True) if state.found and state.found.consistent]
