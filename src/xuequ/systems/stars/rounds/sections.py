"""The district's overview of a round: sentences that cite their cells, what to do, figures; for page and files."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Reference, Row
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Lead, Note, Sentence, Step, Steps
from xuequ.district.actors import Actor
from xuequ.engines.evaluation.second_rating import Overstatement, overstatement
from xuequ.systems.stars.choices import AppealState, ApplicationState, Ground, RoundState
from xuequ.systems.stars.models import Appeal, Application, Round, SecondRater
from xuequ.systems.stars.rounds.queries import rows_of
from xuequ.systems.stars.schemes.queries import scheme_in
from xuequ.systems.stars.templatetags.stars import star_name

SETTLED = pgettext_lazy("points of a school", "settled")
NEAR = (Ground.BORDERLINE, Ground.BOTH)
LEAD = gettext_noop(
    "%(handed)s of %(schools)s schools have handed in; %(second)s are rated a second time, and %(settled)s results are"
    " settled."
)
OVER = gettext_noop(
    "Over %(n)s schools drawn by lot, self-rating less second rating is %(mean)s points on average (between %(low)s and"
    " %(high)s). Self-ratings of the others should be read with this in mind."
)
LOT = gettext_noop(
    "Schools were drawn by lot with the seed %(seed)s from those that handed in, sorted by school code: whoever repeats"
    " the draw gets the same schools. All schools within %(margin)s points of a cut-off were added."
)
EXAMPLE = gettext_noop(
    "The scheme is an example and not official: its points, cut-offs and costs must be compared with the city's text."
)
INTERVAL = gettext_noop(
    "An interval is that of the raters' mean with a certainty of 95 %%; the spread between raters is pooled over all"
    " schools of the round. A school without an interval was not rated a second time."
)


@dataclass(frozen=True)
class Overview:
    """What the overview is written from; ``hidden`` are schools that the reader still rates.

    ``raters`` tells how many raters were asked and how many have handed in, ``appeals`` are the open ones, the oldest
    first.
    """

    round: Round
    rows: Sequence[Application]
    hidden: frozenset[int]
    over: Overstatement | None
    raters: Mapping[int, tuple[int, int]]
    appeals: Sequence[Appeal]
    day: dt.date

    @property
    def waiting(self) -> list[Application]:
        """The schools that were chosen for a second rating and are not settled."""
        return [row for row in self.rows if row.ground and row.state == ApplicationState.HANDED_IN]

    @property
    def unasked(self) -> list[Application]:
        """Those of them whom nobody has been asked to rate, the borderline ones first."""
        found = [row for row in self.waiting if row.pk not in self.raters]
        return sorted(found, key=lambda row: row.ground not in NEAR)

    @property
    def ready(self) -> list[Application]:
        """Those of them whose raters have all handed in."""
        return [row for row in self.waiting if self.has_all_ratings(row)]

    def has_all_ratings(self, row: Application) -> bool:
        """Whether everybody who was asked to rate the school has handed in."""
        asked, rated = self.raters.get(row.pk, (0, 0))
        return 0 < asked == rated

    @property
    def overdue(self) -> int:
        """How many second ratings are past their day."""
        if self.round.state != RoundState.SECOND or self.day <= self.round.second_until:
            return 0
        return sum(asked - rated for asked, rated in self.raters.values())

    @property
    def late_appeals(self) -> int:
        """How many open appeals are past the day of their answer."""
        return sum(row.due < self.day for row in self.appeals)


def overview_of(actor: Actor, found: Round) -> Overview:
    """Return the round as the actor may see it; three queries."""
    rows = list(rows_of(found))
    seconds = SecondRater.objects.filter(application__round=found).annotate(points=Sum("ratings__points"))
    given = list(seconds.order_by("pk").values_list("application", "rater", "handed_in", "points"))
    hidden = frozenset(pk for pk, rater, done, _points in given if rater == actor.account_id and done is None)
    raters: dict[int, tuple[int, int]] = {}
    totals: dict[int, list[float]] = {}
    for pk, _rater, done, points in given:
        asked, rated = raters.get(pk, (0, 0))
        raters[pk] = (asked + 1, rated + (done is not None))
        if done is not None:
            totals.setdefault(pk, []).append(float(points or 0))
    appeals = Appeal.objects.filter(application__round=found, state=AppealState.OPEN).order_by("filed", "pk")
    over = _overstatement(rows, totals)
    return Overview(found, rows, hidden, over, raters, list(appeals.select_related("application")), actor.day)


def _overstatement(
    rows: Sequence[Application], totals: Mapping[int, Sequence[float]]
) -> Overstatement | None:
    """What drawn schools gave themselves beyond the mean of their raters."""
    by_lot = [row for row in rows if row.ground in (Ground.SAMPLE, Ground.BOTH) and row.pk in totals]
    gaps = [float(row.self_total or 0) - sum(totals[row.pk]) / len(totals[row.pk]) for row in by_lot]
    return overstatement(gaps)


def blocks(found: Overview) -> tuple[Block, ...]:
    """Return the overview."""
    shown: list[Block] = [Lead(_lead())]
    if steps := tuple(next_steps(found)):
        shown.append(Steps(_("What to do next"), steps[:3]))
    shown.append(FigureBlock(schools(found)))
    shown.append(Note(tuple(_notes(found))))
    shown += [Heading(_("The evidence")), FigureBlock(numbers(found), folded=True, chart=False)]
    shown.append(FigureBlock(stars(found), folded=True, chart=False))
    if found.over is not None:
        shown.append(FigureBlock(over(found.over), folded=True, chart=False))
    return tuple(shown)


def _cells(figure: str, row: str, *columns: str) -> dict[str, CellRef]:
    return {column: CellRef(figure, row, column) for column in columns}


def _lead() -> Sentence:
    return Sentence(LEAD, _numbers("schools", "handed", "second", "settled"))


def next_steps(found: Overview) -> Iterator[Step]:
    """Yield what those who run the round do next, the most urgent first."""
    if found.appeals:
        yield _appeals_step(found)
    if found.round.state == RoundState.SELF:
        yield from _before_the_draw(found)
    elif found.round.state == RoundState.SECOND:
        yield from _after_the_draw(found)


def _appeals_step(found: Overview) -> Step:
    message = gettext_noop("Answer the open appeals of %(appeals)s schools.")
    late = gettext_noop(
        "Answer the open appeals of %(appeals)s schools: %(late)s appeals are past their day."
    )
    names = ("appeals", "late") if found.late_appeals else ("appeals",)
    oldest = reverse("stars:application", args=[found.appeals[0].application.uid])
    return Step(Sentence(late if found.late_appeals else message, _numbers(*names)), url=oldest)


def _before_the_draw(found: Overview) -> Iterator[Step]:
    url = reverse("stars:round", args=[found.round.uid])
    if any(row.handed_in is None for row in found.rows):
        message = gettext_noop("Call the %(waiting)s schools that have not handed in; the day is %(until)s.")
        yield Step(Sentence(message, _numbers("waiting", "until")), url=url)
    yield Step(Sentence(gettext_noop("Then draw the schools that are rated a second time.")), url=url)


def _after_the_draw(found: Overview) -> Iterator[Step]:
    url = reverse("stars:round-raters", args=[found.round.uid])
    if found.unasked:
        message = gettext_noop(
            "Ask raters for %(unasked)s schools that were chosen, %(near)s of them close to a cut-off."
        )
        yield Step(Sentence(message, _numbers("unasked", "near")), url=url)
    if found.overdue:
        message = gettext_noop(
            "Call the raters: %(overdue)s second ratings are past their day, which was %(rated_until)s."
        )
        url = reverse("stars:round", args=[found.round.uid])
        yield Step(Sentence(message, _numbers("overdue", "rated_until")), url=url)
    if found.ready:
        message = gettext_noop("Settle the results whose ratings are complete: look where raters differ.")
        yield Step(Sentence(message), url=reverse("stars:application", args=[found.ready[0].uid]))


def _numbers(*columns: str) -> dict[str, CellRef]:
    return _cells("round", "all", *columns)


def _notes(found: Overview) -> Iterator[Sentence]:
    if not found.round.version.is_official:
        yield Sentence(EXAMPLE)
    if found.over is not None:
        yield Sentence(OVER, _cells("over", "lot", "n", "mean", "low", "high"))
    if found.round.drawn is not None:
        yield Sentence(LOT, _numbers("seed", "margin"))
        yield Sentence(INTERVAL)


def numbers(found: Overview) -> Figure:
    """The counts that the first sentence states."""
    rows = found.rows
    columns = (
        Column("title", _("round")),
        Column("schools", _("schools"), ColumnKind.INTEGER),
        Column("handed", _("handed in"), ColumnKind.INTEGER),
        Column("waiting", _("not handed in"), ColumnKind.INTEGER),
        Column("second", _("rated a second time"), ColumnKind.INTEGER),
        Column("lot", _("of them by lot"), ColumnKind.INTEGER),
        Column("rated", _("with all their ratings"), ColumnKind.INTEGER),
        Column("settled", SETTLED, ColumnKind.INTEGER),
        Column("starred", _("settled, with a star by the district's points"), ColumnKind.INTEGER),
        Column("appeals", _("schools with an open appeal"), ColumnKind.INTEGER),
        Column("late", _("appeals past their day"), ColumnKind.INTEGER),
        Column("unasked", _("chosen, no rater asked"), ColumnKind.INTEGER),
        Column("near", _("of them close to a cut-off"), ColumnKind.INTEGER),
        Column("overdue", _("second ratings past their day"), ColumnKind.INTEGER),
        Column("until", _("hand in until"), ColumnKind.DATE),
        Column("rated_until", _("second rating until"), ColumnKind.DATE),
        Column("margin", _("close to a cut-off within (points)"), ColumnKind.NUMBER, 1),
        Column("seed", _("seed of the draw")),
    )
    handed = sum(row.handed_in is not None for row in rows)
    starred = sum(
        row.settled is not None and bool(row.district_star) for row in rows if row.pk not in found.hidden
    )
    cells = (
        found.round.title, len(rows), handed, len(rows) - handed, sum(bool(row.ground) for row in rows),
        sum(row.ground in (Ground.SAMPLE, Ground.BOTH) for row in rows), sum(map(found.has_all_ratings, rows)),
        sum(row.settled is not None for row in rows), starred,
        len({row.application_id for row in found.appeals}), found.late_appeals, len(found.unasked),
        sum(row.ground in NEAR for row in found.unasked), found.overdue, found.round.self_until,
        found.round.second_until, float(found.round.margin), str(found.round.seed) if found.round.drawn else None,
    )  # fmt: skip
    return Figure(
        code="round",
        kind=FigureKind.TABLE,
        title=_("The round in numbers"),
        columns=columns,
        rows=(Row("all", cells),),
    )


def schools(found: Overview) -> Figure:
    """Every school by code: own points, the district's with their interval, the star."""
    columns = (
        Column("name", _("school")),
        Column("own", _("self-rating"), ColumnKind.NUMBER, 1),
        Column("district", _("settled points"), ColumnKind.NUMBER, 1),
        Column("low", _("lower end"), ColumnKind.NUMBER, 1),
        Column("high", _("upper end"), ColumnKind.NUMBER, 1),
        Column("star", _("star by these points")),
        Column("ground", _("second rating")),
        Column("state", _("state")),
    )
    scheme = scheme_in(found.round.version)
    return Figure(
        code="schools",
        kind=FigureKind.BARS,
        title=_("Points of each school"),
        columns=columns,
        rows=tuple(_school(found, row) for row in found.rows),
        roles={"label": "name", "value": "district", "low": "low", "high": "high"},
        caption=_(
            "Schools stand in the order of their code; the order is no ranking. Lines are the cut-offs."
        ),
        alt=_(
            "Settled points of each school with the interval of its raters, and the cut-offs of the stars."
        ),
        references=tuple(Reference("x", rule.total, f"{rule.star}★") for rule in scheme.stars),
    )


def _school(found: Overview, row: Application) -> Row:
    url = reverse("stars:application", args=[row.uid])
    ground = Ground(row.ground).label if row.ground else ""
    if row.pk in found.hidden:
        return Row(
            str(row.uid),
            (str(row.school), None, None, None, None, "", ground, _("you rate this school")),
            url,
        )
    own = None if row.self_total is None else float(row.self_total)
    district = None if row.district_total is None else float(row.district_total)
    star = star_name(row.district_star) if row.settled is not None else ""
    state = ApplicationState(row.state).label
    cells = (str(row.school), own, district, row.district_low, row.district_high, star, ground, state)
    return Row(str(row.uid), cells, url)


def stars(found: Overview) -> Figure:
    """How many schools reach which star by the settled points."""
    counted = Counter(
        row.district_star for row in found.rows if row.settled is not None and row.pk not in found.hidden
    )
    levels = [0, *(rule.star for rule in scheme_in(found.round.version).stars)]
    return Figure(
        code="stars",
        kind=FigureKind.TABLE,
        title=_("Stars by the district's points"),
        columns=(Column("star", _("star")), Column("schools", _("schools"), ColumnKind.INTEGER)),
        rows=tuple(Row(str(star), (star_name(star), counted[star])) for star in levels),
        caption=_("The city awards stars; these are the district's own points."),
    )


def over(found: Overstatement) -> Figure:
    """What schools drawn by lot gave themselves beyond their raters."""
    columns = (
        Column("n", _("schools"), ColumnKind.INTEGER),
        Column("mean", _("mean difference"), ColumnKind.SIGNED, 1),
        Column("low", _("lower end"), ColumnKind.SIGNED, 1),
        Column("high", _("upper end"), ColumnKind.SIGNED, 1),
        Column("sd", _("spread"), ColumnKind.NUMBER, 1),
    )
    return Figure(
        code="over",
        kind=FigureKind.TABLE,
        title=_("Self-rating less second rating, schools drawn by lot"),
        columns=columns,
        rows=(Row("lot", (found.n, found.mean, found.low, found.high, found.sd)),),
    )
