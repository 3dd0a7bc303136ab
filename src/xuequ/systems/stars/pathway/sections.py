"""A school's diagnosis as blocks: where it stands, what to do first, the whole path, what holds it back."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Lead, Note, Sentence, Step, Steps
from xuequ.district.actors import Actor
from xuequ.systems.stars.models import Application
from xuequ.systems.stars.pathway.queries import Way, way_of
from xuequ.systems.stars.points import full_column
from xuequ.systems.stars.rounds.sections import EXAMPLE
from xuequ.systems.stars.templatetags.stars import kind_name, star_name

ITEM = pgettext_lazy("of a scheme", "item")
TOP = gettext_noop("The school has %(total)s of %(full)s points: the highest star of the scheme is reached.")
REACHED = gettext_noop(
    "The school has %(total)s of %(full)s points: everything that %(star)s ask for is there."
)
AWAY = gettext_noop(
    "The school has %(total)s of %(full)s points; %(star)s are %(steps)s steps away, which cost %(cost)s yuan by the"
    " cheapest path."
)
FAR = gettext_noop(
    "The school has %(total)s of %(full)s points; with the improvements that the scheme names, %(star)s cannot be"
    " reached yet."
)
DO = gettext_noop("%(what)s (%(item)s): %(gained)s points more, %(cost)s yuan.")
EXACT = gettext_noop(
    "The path is found exactly: no other set of the scheme's improvements reaches the star more cheaply. Costs are the"
    " scheme's estimates."
)
COACHING = gettext_noop(
    "Internal, for coaching: stars are awarded by the city, and no money depends on this paper."
)


def school_blocks(actor: Actor, found: Application) -> tuple[Block, ...]:
    """Return the diagnosis of one school; the caller checked that the actor may open it."""
    way = way_of(actor, found, found.aim)
    shown: list[Block] = [Lead(_lead(way))]
    if way.steps:
        shown.append(Steps(_("What to do first"), tuple(_steps(way))))
        shown.append(FigureBlock(path_figure(way), chart=False))
    shown.append(FigureBlock(dimensions(way)))
    if way.obstacles:
        shown.append(FigureBlock(obstacles(way), chart=False))
    official = found.round.version.is_official
    notes = [] if official else [Sentence(EXAMPLE)]
    shown.append(Note((*notes, Sentence(EXACT), Sentence(COACHING))))
    shown += [Heading(_("The evidence")), FigureBlock(numbers(way), folded=True, chart=False)]
    return tuple(shown)


def _cells(*columns: str) -> dict[str, CellRef]:
    return {column: CellRef("standing", "now", column) for column in columns}


def _lead(way: Way) -> Sentence:
    if way.star is None:
        return Sentence(TOP, _cells("total", "full"))
    if way.path is None or not way.path.feasible:
        return Sentence(FAR, _cells("total", "full", "star"))
    if way.path.already:
        return Sentence(REACHED, _cells("total", "full", "star"))
    return Sentence(AWAY, _cells("total", "full", "star", "steps", "cost"))


def _steps(way: Way) -> Iterator[Step]:
    """The three steps with the most points for their money, in the path's own order among equals."""
    ranked = sorted(way.steps, key=lambda step: step.cost_yuan / max(step.gained, 0.01))
    for step in ranked[:3]:
        cells = {name: CellRef("path", step.way.code, name) for name in ("what", "item", "gained", "cost")}
        yield Step(Sentence(DO, cells))


def numbers(way: Way) -> Figure:
    """Where the school stands, and the path in sum."""
    columns = (
        Column("total", _("points now"), ColumnKind.NUMBER, 1),
        full_column(way.standing.full),
        Column("star", _("star worked for")),
        Column("after", _("points after all steps"), ColumnKind.NUMBER, 1),
        Column("steps", _("steps"), ColumnKind.INTEGER),
        Column("cost", _("cost"), ColumnKind.INTEGER, unit=_("yuan")),
        Column("days", _("working days"), ColumnKind.INTEGER),
    )
    path = way.path
    cells = (
        way.standing.total, way.standing.full, star_name(way.star) if way.star else "",
        path.after if path else None, len(path.steps) if path else None,
        round(path.cost) if path else None, round(path.effort) if path else None,
    )  # fmt: skip
    return Figure(
        code="standing", kind=FigureKind.TABLE, title=_("Standing and path in numbers"), columns=columns,
        rows=(Row("now", cells),),
    )  # fmt: skip


def path_figure(way: Way) -> Figure:
    """Each step with its cost, who has done it and which evidence is missing."""
    columns = (
        Column("what", _("what to do")),
        Column("item", ITEM),
        Column("gained", _("points more"), ColumnKind.NUMBER, 1),
        Column("cost", _("cost"), ColumnKind.INTEGER, unit=_("yuan")),
        Column("days", _("working days"), ColumnKind.INTEGER),
        Column("who", _("who has done it")),
        Column("missing", _("evidence that lacks")),
    )
    rows = tuple(
        Row(
            step.way.code,
            (
                step.way.text, f"{step.item.code} {step.item.text}", step.gained, round(step.cost_yuan),
                round(step.days), "、".join(str(row.school) for row in step.shared),
                "、".join(kind_name(kind) for kind in step.missing),
            ),
        )
        for step in way.steps
    )  # fmt: skip
    return Figure(
        code="path", kind=FigureKind.TABLE, title=_("The cheapest path"), columns=columns, rows=rows
    )


def dimensions(way: Way) -> Figure:
    """Points of each dimension as a share of its full points."""
    columns = (
        Column("name", _("dimension")),
        Column("share", _("share of the full points"), ColumnKind.PERCENT, 0),
        Column("points", _("points now"), ColumnKind.NUMBER, 1),
        full_column(*(d.full for d in way.standing.dimensions)),
    )
    rows = tuple(
        Row(d.code, (d.title, d.points / d.full if d.full else 0.0, d.points, d.full))
        for d in way.standing.dimensions
    )
    return Figure(
        code="dimensions",
        kind=FigureKind.BARS,
        title=_("Points by dimension"),
        columns=columns,
        rows=rows,
        roles={"label": "name", "value": "share"},
        alt=_("Bars of the share of full points in each dimension."),
    )


def obstacles(way: Way) -> Figure:
    """The three items that hold the school back most."""
    columns = (
        Column("item", ITEM),
        Column("degree", _("part of what is lacking"), ColumnKind.PERCENT, 0),
    )
    rows = tuple(Row(item.code, (f"{item.code} {item.text}", degree)) for item, degree in way.obstacles)
    return Figure(
        code="obstacles",
        kind=FigureKind.TABLE,
        title=_("What holds the school back most"),
        columns=columns,
        rows=rows,
        caption=_("Degree of obstruction: the item's part of all points that are lacking."),
    )
