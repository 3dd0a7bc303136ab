"""Plans as pages and files: does the plan work on what stands in the way, is the speciality backed, who covers what."""

from collections import Counter
from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.clock import SHANGHAI
from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.reports import (
    Block,
    CellRef,
    FigureBlock,
    Lead,
    Note,
    Paragraph,
    Report,
    Sentence,
    Step,
    Steps,
)
from xuequ.district import queries as district
from xuequ.district.models import School
from xuequ.systems.stars.plans.choices import SpecialityKind
from xuequ.systems.stars.plans.matching import GROWTH, Match

_ALL = gettext_noop("The plan works on all of the largest obstacles (%(addressed)s of %(top)s).")
_SOME = gettext_noop("The plan works on %(addressed)s of the %(top)s largest obstacles.")
_NONE = gettext_noop("The plan works on none of the %(top)s largest obstacles yet.")
_NO_LEVEL = gettext_noop(
    "Nothing is published about the school yet that the plan could be compared with; it has %(goals)s goals."
)
_NOTHING_LACKS = gettext_noop(
    "Nothing stands in the way on the indexes that are known; the plan has %(goals)s goals."
)
_BACKED = gettext_noop("The speciality is backed by the data: %(good)s of %(known)s known signs are good.")
_NOT_BACKED = gettext_noop(
    "The speciality is not backed by the data yet: %(good)s of %(known)s known signs are good. It may still be right;"
    " then say in the plan how it will show."
)
_TOO_FEW = gettext_noop("Too few signs of the speciality are known to say whether the data back it.")
_NO_SPECIALITY = gettext_noop("No speciality is chosen yet.")
_ADD_GOAL = gettext_noop("Add a goal about “%(index)s”: %(advice)s")
_ADD_GOAL_BARE = gettext_noop("Add a goal about “%(index)s”.")


def plan_blocks(match: Match, *, writes: bool = False) -> tuple[Block, ...]:
    """Return a plan beside the data; those who write it are led to what they can add."""
    shown: list[Block] = [Lead(_lead(match))]
    if steps := tuple(_steps(match, writes)):
        shown.append(Steps(_("What the plan could add"), steps))
    shown.append(Paragraph((_speciality(match),)))
    if match.obstacles:
        shown.append(FigureBlock(obstacles(match), chart=False))
    folded = [
        goals(match),
        *([advice(match)] if match.obstacles else []),
        *([signs(match)] if match.signs else []),
    ]
    return (*shown, *(FigureBlock(figure, folded=True, chart=False) for figure in (*folded, overview(match))))


def _cells(figure: str, row: str, *columns: str) -> dict[str, CellRef]:
    return {column: CellRef(figure, row, column) for column in columns}


def _lead(match: Match) -> Sentence:
    if match.level is None:
        return Sentence(_NO_LEVEL, _cells("plan", "all", "goals"))
    if not match.obstacles:
        return Sentence(_NOTHING_LACKS, _cells("plan", "all", "goals"))
    if not match.addressed:
        return Sentence(_NONE, _cells("plan", "all", "top"))
    whole = match.addressed == len(match.obstacles)
    return Sentence(_ALL if whole else _SOME, _cells("plan", "all", "addressed", "top"))


def _speciality(match: Match) -> Sentence:
    if not match.plan.speciality_kind:
        return Sentence(_NO_SPECIALITY)
    if match.backed is None:
        return Sentence(_TOO_FEW)
    return Sentence(_BACKED if match.backed else _NOT_BACKED, _cells("plan", "all", "good", "known"))


def _steps(match: Match, writes: bool) -> Iterator[Step]:
    for one in match.obstacles:
        if one.goal is None:
            cells = _cells("obstacles", one.code, "index")
            cells |= _cells("advice", one.code, "advice") if one.code in match.rules else {}
            sentence = Sentence(_ADD_GOAL if one.code in match.rules else _ADD_GOAL_BARE, cells)
            url = f"{reverse('stars:plan-goal-new', args=[match.plan.uid])}?item={one.code}"
            yield Step(sentence, url=url if writes else "")


def overview(match: Match) -> Figure:
    """The counts that the sentences state."""
    columns = (
        Column("goals", _("goals"), ColumnKind.INTEGER),
        Column("top", _("largest obstacles"), ColumnKind.INTEGER),
        Column("addressed", _("with a goal"), ColumnKind.INTEGER),
        Column("known", _("known signs of the speciality"), ColumnKind.INTEGER),
        Column("good", _("good signs"), ColumnKind.INTEGER),
    )
    cells = (len(match.goals), len(match.obstacles), match.addressed, match.known, match.good)
    return Figure("plan", FigureKind.TABLE, _("The plan in numbers"), columns, (Row("all", cells),))


def obstacles(match: Match) -> Figure:
    """The largest obstacles and the goals that work on them."""
    rows = tuple(
        Row(one.code, (_titled(match, one.code), one.degree, one.goal.text if one.goal else _("no goal yet")))
        for one in match.obstacles
    )
    return Figure(
        code="obstacles",
        kind=FigureKind.TABLE,
        title=_("What stands in the way, and what the plan does about it"),
        columns=(
            Column("index", _("index")),
            Column("degree", _("part in what is missing"), ColumnKind.PERCENT, 0),
            Column("goal", _("goal in the plan")),
        ),
        rows=rows,
        run=match.level.evaluation.run.uid if match.level else None,
    )


def _titled(match: Match, code: str) -> str:
    return match.scheme.titles.get(code, code)


def advice(match: Match) -> Figure:
    """What the district's table advises about the largest obstacles."""
    rules = match.rules
    rows = tuple(
        Row(one.code, (_titled(match, one.code), rules[one.code].advice if one.code in rules else "—"))
        for one in match.obstacles
    )
    columns = (Column("index", _("index")), Column("advice", _("advice")))
    return Figure("advice", FigureKind.TABLE, _("Advice by index"), columns, rows)


def goals(match: Match) -> Figure:
    """The goals with what is measured now."""
    rows = tuple(
        Row(str(line.goal.uid), (
            line.goal.text, line.goal.measure, line.goal.begins_at, line.now, line.goal.target, line.way,
            line.goal.due, line.goal.get_state_display(),
        ))
        for line in match.goals
    )  # fmt: skip
    return Figure(
        code="goals",
        kind=FigureKind.TABLE,
        title=_("The goals"),
        columns=(
            Column("goal", _("goal")),
            Column("measure", _("measured by")),
            Column("start", _("at the start"), ColumnKind.NUMBER, 1),
            Column("now", _("now, by the last survey"), ColumnKind.NUMBER, 1),
            Column("target", _("target"), ColumnKind.NUMBER, 1),
            Column("way", _("part of the way"), ColumnKind.PERCENT, 0),
            Column("due", _("until"), ColumnKind.DATE),
            Column("state", _("state")),
        ),
        rows=rows,
    )


def signs(match: Match) -> Figure:
    """What the data say about the speciality."""
    rows = []
    for sign in match.signs:
        title: Cell = (
            _("growth of the pupils")
            if sign.code == GROWTH
            else match.scheme.titles.get(sign.code, sign.code)
        )
        said = _("not known") if sign.good is None else _("good") if sign.good else _("not good yet")
        rows.append(Row(sign.code, (title, sign.words or "—", said)))
    return Figure(
        code="signs",
        kind=FigureKind.TABLE,
        title=_("Signs of the speciality in the data"),
        columns=(
            Column("sign", _("sign")),
            Column("value", _("what is known")),
            Column("said", _("what it says")),
        ),
        rows=tuple(rows),
        caption=_(
            "Good is an index in one of the two best grades, or growth whose whole range lies above zero. At least half"
            " of two or more known signs must be good."
        ),
    )


def plan_report(match: Match) -> Report:
    """Return a plan beside the data as a file."""
    office = district.district()
    plan = match.plan
    return Report(
        title=plan.title,
        subtitle=str(plan.school),
        issuer=(office.bureau or office.name) if office is not None else "",
        stamp=plan.changed.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        run=None,
        blocks=plan_blocks(match),
    )


_DISTRICT = gettext_noop(
    "%(plans)s of %(schools)s schools have handed in a plan; %(fitting)s of the plans work on every large obstacle, and"
    " %(backed)s specialities are backed by the data."
)
_MISSING = gettext_noop("%(missing)s schools have handed in no plan: ask what keeps them.")
_GAPS = gettext_noop(
    "In %(area)s nobody has chosen: %(kinds)s. Balance between areas may need a partner there."
)


def district_blocks(found: Sequence[Match], schools: Sequence[School]) -> tuple[Block, ...]:
    """Return all plans: how many fit, and which specialities stand in which area."""
    shown: list[Block] = [
        Lead(Sentence(_DISTRICT, _cells("district", "all", "plans", "schools", "fitting", "backed"))),
    ]
    if steps := tuple(_district_steps(found, schools))[:3]:
        shown.append(Steps(_("What to do first"), steps))
    shown.append(FigureBlock(by_area(found, schools)))
    shown.append(
        Note(
            (
                Sentence(
                    gettext_noop("A speciality is the school's own choice; no number here ranks schools.")
                ),
            )
        )
    )
    shown.append(FigureBlock(plans_table(found), chart=False))
    return (
        *shown,
        *(
            FigureBlock(f, folded=True, chart=False)
            for f in (district_overview(found, schools), gaps(found, schools))
        ),
    )


def _district_steps(found: Sequence[Match], schools: Sequence[School]) -> Iterator[Step]:
    if len(found) < len(schools):
        yield Step(Sentence(_MISSING, _cells("district", "all", "missing")))
    for row in gaps(found, schools).rows:
        yield Step(Sentence(_GAPS, _cells("gaps", row.key, "area", "kinds")))


def district_overview(found: Sequence[Match], schools: Sequence[School]) -> Figure:
    """The counts that the first sentence states."""
    fitting = sum(bool(m.obstacles) and m.addressed == len(m.obstacles) for m in found)
    cells = (
        len(schools),
        len(found),
        len(schools) - len(found),
        fitting,
        sum(m.backed is True for m in found),
    )
    columns = (
        Column("schools", _("schools"), ColumnKind.INTEGER),
        Column("plans", _("plans handed in"), ColumnKind.INTEGER),
        Column("missing", _("schools without a plan"), ColumnKind.INTEGER),
        Column("fitting", _("plans that work on every large obstacle"), ColumnKind.INTEGER),
        Column("backed", _("specialities backed by the data"), ColumnKind.INTEGER),
    )
    return Figure("district", FigureKind.TABLE, _("Plans in numbers"), columns, (Row("all", cells),))


def _areas(schools: Sequence[School]) -> list[str]:
    return sorted({school.area.name if school.area else "—" for school in schools})


def _chosen(found: Sequence[Match]) -> Counter[tuple[str, str]]:
    return Counter(
        (m.plan.school.area.name if m.plan.school.area else "—", m.plan.speciality_kind)
        for m in found
        if m.plan.speciality_kind
    )


def by_area(found: Sequence[Match], schools: Sequence[School]) -> Figure:
    """How many schools of each area have chosen what."""
    counts = _chosen(found)
    rows = [
        Row(f"{area}-{kind}", (area, kind.label, counts[area, kind]))
        for area in _areas(schools)
        for kind in SpecialityKind
    ]
    return Figure(
        code="areas",
        kind=FigureKind.MATRIX,
        title=_("Specialities by area"),
        columns=(
            Column("area", _("area")),
            Column("kind", _("speciality")),
            Column("count", _("schools"), ColumnKind.INTEGER),
        ),
        rows=tuple(rows),
        roles={"label": "area", "column": "kind", "value": "count"},
        alt=_("A table of areas by specialities with how many schools have chosen each."),
    )


_SHOULD_BE_NEAR = (SpecialityKind.PROGRAMMING, SpecialityKind.ROBOTICS, SpecialityKind.AIGC)
"""What every area should have within reach."""


def gaps(found: Sequence[Match], schools: Sequence[School]) -> Figure:
    """Which of the specialities that every area should have within reach are chosen by nobody there."""
    counts = _chosen(found)
    rows = []
    for at, area in enumerate(_areas(schools)):
        lacking = [str(kind.label) for kind in _SHOULD_BE_NEAR if not counts[area, kind]]
        if lacking:
            rows.append(Row(f"a{at}", (area, "、".join(lacking))))
    columns = (Column("area", _("area")), Column("kinds", _("chosen by nobody")))
    return Figure("gaps", FigureKind.TABLE, _("Gaps by area"), columns, tuple(rows))


def plans_table(found: Sequence[Match]) -> Figure:
    """All plans, in the order of the schools' codes."""
    said = {True: _("backed"), False: _("not backed yet"), None: _("cannot be said")}
    rows = []
    for m in sorted(found, key=lambda m: m.plan.school.code):
        cells: tuple[Cell, ...] = (
            str(m.plan.school), m.plan.school.area.name if m.plan.school.area else "—",
            m.plan.get_speciality_kind_display() if m.plan.speciality_kind else "—", m.plan.speciality or "—",
            said[m.backed], len(m.goals), m.addressed if m.obstacles else None,
        )  # fmt: skip
        rows.append(Row(str(m.plan.uid), cells, reverse("stars:plan", args=[m.plan.uid])))
    return Figure(
        code="plans",
        kind=FigureKind.TABLE,
        title=_("The plans"),
        columns=(
            Column("school", _("school")),
            Column("area", _("area")),
            Column("kind", _("speciality")),
            Column("speciality", _("in one sentence")),
            Column("backed", _("by the data")),
            Column("goals", _("goals"), ColumnKind.INTEGER),
            Column("addressed", _("obstacles with a goal"), ColumnKind.INTEGER),
        ),
        rows=tuple(rows),
        roles={"label": "school"},
    )
