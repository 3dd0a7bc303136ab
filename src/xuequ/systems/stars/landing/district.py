"""The district's first page: the newest round, what to do first, who is close to a star, where evidence lacks."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.reports import Block, CellRef, FigureBlock, Lead, Note, Sentence, Step, Steps
from xuequ.district import queries as district
from xuequ.district.actors import Actor
from xuequ.engines.evaluation.standing import Standing, standing
from xuequ.engines.evaluation.star_scheme import StarScheme
from xuequ.systems.stars.access import may_manage
from xuequ.systems.stars.ailevel.queries import answers_waiting
from xuequ.systems.stars.choices import ApplicationState, RoundState
from xuequ.systems.stars.models import Application, ItemEvidence, SelfRating, SettledPoints
from xuequ.systems.stars.points import by_item, short_of
from xuequ.systems.stars.rounds.queries import rounds
from xuequ.systems.stars.rounds.sections import EXAMPLE, Overview, next_steps, numbers, overview_of
from xuequ.systems.stars.schemes.queries import scheme_in
from xuequ.systems.stars.templatetags.stars import star_name

CLOSE = 5
"""How many schools are named as close to a star: as many as can be coached in a term."""
_NOTHING = gettext_noop("No round has been opened yet.")
_SELF = gettext_noop(
    "%(title)s: schools rate themselves; %(handed)s of %(schools)s have handed in, and the day is %(until)s."
)
_SECOND = gettext_noop(
    "%(title)s: the second rating runs until %(rated_until)s; of %(second)s schools that were chosen %(rated)s have all"
    " their ratings, and %(settled)s of %(handed)s results are settled."
)
_CLOSED = gettext_noop(
    "%(title)s is closed: %(settled)s of %(schools)s schools have a settled result, and %(starred)s of them reach a"
    " star by the district's points."
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A school of the round as the reader may see it: where it stands, and how many of its items lack evidence."""

    row: Application
    now: Standing
    lacking: int

    @property
    def short(self) -> float | None:
        """How many points are missing to the next star, in all or in dimensions; None where something else is."""
        needed = self.now.next
        if needed is None or needed.vetoes:
            return None
        return short_of(needed)


def blocks(actor: Actor) -> tuple[Block, ...]:
    """Return the page for those who see the district."""
    found = rounds(actor).first()
    if found is None:
        step = Step(
            Sentence(gettext_noop("Open the round of this school year.")), url=reverse("stars:round-new")
        )
        first = (Steps(_("What to do first"), (step,)),) if may_manage(actor) else ()
        return (Lead(Sentence(_NOTHING)), *first)
    seen = overview_of(actor, found)
    shown = _shown(seen, scheme_in(found.version))
    page: list[Block] = [Lead(_lead(found.state))]
    if steps := tuple(_steps(actor, seen, shown))[:3]:
        page.append(Steps(_("What to do first"), steps))
    if not found.version.is_official:
        page.append(Note((Sentence(EXAMPLE),)))
    figures = [
        numbers(seen),
        *([close(shown)] if _close(shown) else ()),
        *([lacking(shown)] if _lacking(shown) else ()),
    ]
    return (*page, *(FigureBlock(figure, folded=True, chart=False) for figure in figures))


def _cells(figure: str, row: str, *columns: str) -> dict[str, CellRef]:
    return {column: CellRef(figure, row, column) for column in columns}


def _lead(state: str) -> Sentence:
    if state == RoundState.SELF:
        return Sentence(_SELF, _cells("round", "all", "title", "handed", "schools", "until"))
    if state == RoundState.SECOND:
        names = ("title", "rated_until", "second", "rated", "settled", "handed")
        return Sentence(_SECOND, _cells("round", "all", *names))
    return Sentence(_CLOSED, _cells("round", "all", "title", "settled", "schools", "starred"))


def _shown(seen: Overview, scheme: StarScheme) -> list[Shown]:
    """Return the schools that handed in, without those that the reader still rates; three queries."""
    rows = [row for row in seen.rows if row.state != ApplicationState.RATING and row.pk not in seen.hidden]
    points, kinds = _points(rows), _kinds(rows)
    return [
        Shown(row, standing(scheme, points[row.pk]), _without_evidence(scheme, points[row.pk], kinds[row.pk]))
        for row in rows
    ]


def _points(rows: Sequence[Application]) -> dict[int, dict[str, float]]:
    found: dict[int, dict[str, float]] = {row.pk: {} for row in rows}
    settled = [row.pk for row in rows if row.settled is not None]
    own = [row.pk for row in rows if row.settled is None]
    for one in SettledPoints.objects.filter(application__in=settled, is_current=True):
        found[one.application_id] |= by_item([one])
    for rated in SelfRating.objects.filter(application__in=own):
        found[rated.application_id] |= by_item([rated])
    return found


def _kinds(rows: Sequence[Application]) -> dict[int, dict[str, set[str]]]:
    found: dict[int, dict[str, set[str]]] = {row.pk: {} for row in rows}
    pieces = ItemEvidence.objects.filter(application__in=list(found), evidence__withdrawn=None)
    for pk, item, kind in pieces.values_list("application", "item", "evidence__kind"):
        found[pk].setdefault(item, set()).add(kind)
    return found


def _without_evidence(
    scheme: StarScheme, points: Mapping[str, float], kinds: Mapping[str, set[str]]
) -> int:  # fmt: skip
    return sum(
        points.get(item.code, 0) > 0 and bool(set(item.evidence) - kinds.get(item.code, set()))
        for item in scheme.items
    )


def _steps(actor: Actor, seen: Overview, shown: Sequence[Shown]) -> Iterator[Step]:
    if seen.hidden:
        message = gettext_noop("Rate the schools that you were asked to rate yourself.")
        yield Step(Sentence(message), url=reverse("stars:seconds"))
    if may_manage(actor):
        yield from next_steps(seen)
        yield from _next_round(actor, seen)
        yield from _answers(actor)
    if first := _close(shown)[:1]:
        message = gettext_noop(
            "Coach first who is close: %(school)s lacks %(short)s points to %(star)s; the page names the cheapest path."
        )
        url = reverse("stars:next-star", args=[first[0].row.uid])
        yield Step(
            Sentence(message, _cells("close", str(first[0].row.uid), "school", "short", "star")), url=url
        )
    if poor := _lacking(shown)[:1]:
        message = gettext_noop(
            "Ask for evidence: %(school)s has points on %(items)s items without all the evidence that they ask for."
        )
        url = reverse("stars:application", args=[poor[0].row.uid])
        yield Step(Sentence(message, _cells("lacking", str(poor[0].row.uid), "school", "items")), url=url)


def _next_round(actor: Actor, seen: Overview) -> Iterator[Step]:
    if seen.round.state != RoundState.CLOSED:
        return
    year = district.year_on(actor.day)
    if year is not None and year.code > seen.round.year.code:
        message = gettext_noop("Open the round of this school year.")
        yield Step(Sentence(message), url=reverse("stars:round-new"))


def _answers(actor: Actor) -> Iterator[Step]:
    if answers_waiting(actor).exists():
        message = gettext_noop("Reply to the schools that answered their level of AI education.")
        yield Step(Sentence(message), url=reverse("stars:ai"))


def _close(shown: Sequence[Shown]) -> list[Shown]:
    """The schools that lack the fewest points to their next star, where no veto stands in the way."""
    near = [one for one in shown if one.short]
    return sorted(near, key=lambda one: (one.short or 0, one.row.school.code))[:CLOSE]


def _lacking(shown: Sequence[Shown]) -> list[Shown]:
    poor = [one for one in shown if one.lacking]
    return sorted(poor, key=lambda one: (-one.lacking, one.row.school.code))


def close(shown: Sequence[Shown]) -> Figure:
    """Who lacks the fewest points to the next star."""
    columns = (
        Column("school", _("school")),
        Column("points", _("points now"), ColumnKind.NUMBER, 1),
        Column("low", _("lower end"), ColumnKind.NUMBER, 1),
        Column("high", _("upper end"), ColumnKind.NUMBER, 1),
        Column("short", _("points that lack"), ColumnKind.NUMBER, 1),
        Column("star", _("next star")),
        Column("rests", _("whose points")),
    )
    return Figure(
        code="close",
        kind=FigureKind.TABLE,
        title=_("Close to the next star"),
        columns=columns,
        rows=tuple(_close_row(one) for one in _close(shown)),
        caption=_(
            "Settled points where there are any, else the school's own, which nobody has checked. A range is that of"
            " the raters; a school without one was not rated a second time. For coaching: the order is no ranking."
        ),
    )


def _close_row(one: Shown) -> Row:
    row, needed = one.row, one.now.next
    rests = _("the district") if row.settled is not None else _("the school itself")
    cells = (
        str(row.school), one.now.total, row.district_low, row.district_high, one.short,
        star_name(needed.star) if needed is not None else "", rests,
    )  # fmt: skip
    return Row(str(row.uid), cells, reverse("stars:next-star", args=[row.uid]))


def lacking(shown: Sequence[Shown]) -> Figure:
    """Where points stand without evidence."""
    return Figure(
        code="lacking",
        kind=FigureKind.TABLE,
        title=_("Points without evidence"),
        columns=(
            Column("school", _("school")),
            Column("items", _("items with points that lack a kind of evidence"), ColumnKind.INTEGER),
        ),
        rows=tuple(
            Row(
                str(one.row.uid),
                (str(one.row.school), one.lacking),
                reverse("stars:application", args=[one.row.uid]),
            )
            for one in _lacking(shown)
        ),
        caption=_(
            "Counted over the kinds of evidence that the scheme asks for; pieces that were withdrawn do not count."
        ),
    )
