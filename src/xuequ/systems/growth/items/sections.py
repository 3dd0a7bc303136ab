"""The reports on item results: sentences that cite their cells, things to do, figures; shared by pages and files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Figure, FigureKind, Text
from xuequ.core.reports import (
    Block,
    FigureBlock,
    Heading,
    Lead,
    Note,
    Report,
    Sentence,
    Step,
    Steps,
)
from xuequ.engines.measurement.diagnosis import Alignment, Need
from xuequ.engines.measurement.findings import ItemStatistics
from xuequ.systems.growth.items import pictures
from xuequ.systems.growth.items.material import PaperMaterial, Place, PupilLine
from xuequ.systems.growth.items.wording import PAPER_FLAGS
from xuequ.systems.growth.process_facts import ClassFact
from xuequ.systems.growth.shapes import cited

MOST_STEPS = 3
RELIABLE = 0.8


def report_of(material: PaperMaterial, blocks: tuple[Block, ...], title: Text, subtitle: Text) -> Report:
    """Return the blocks as a report that can be printed, sent and filed."""
    return Report(
        title=title,
        subtitle=subtitle,
        issuer=material.issuer,
        stamp=material.stamp,
        run=material.run,
        blocks=blocks,
    )


def _folded(*figures: Figure) -> Iterator[FigureBlock]:
    return (FigureBlock(figure, folded=True, chart=False) for figure in figures)


# The quality of the paper.


def paper_blocks(material: PaperMaterial) -> tuple[Block, ...]:
    """Return the report on the paper itself: what it can carry, and what its makers do better next time."""
    shown: list[Block] = [Lead(_paper_lead(material))]
    if steps := tuple(_paper_steps(material))[:MOST_STEPS]:
        shown.append(Steps(_("What to do about the paper"), steps))
    if flags := material.findings.flags:
        shown.append(Note(tuple(Sentence(PAPER_FLAGS[flag]) for flag in flags)))
    shown += [FigureBlock(pictures.items(material), table=False), Heading(_("The evidence"))]
    folded = [pictures.overview(material), _table_of(pictures.items(material))]
    if material.findings.options:
        folded.append(pictures.options(material))
    if material.findings.points:
        folded.append(pictures.point_quality(material))
    return (*shown, *_folded(*folded))


def _table_of(figure: Figure) -> Figure:
    """Return the same rows as a table of its own, for those who unfold the evidence."""
    roles = {name: key for name, key in figure.roles.items() if name == "highlight"}
    return replace(
        figure, code=f"{figure.code}-table", kind=FigureKind.TABLE, title=_("Items in numbers"), roles=roles
    )


def _paper_lead(material: PaperMaterial) -> Sentence:
    alpha = material.findings.reliability.alpha
    cells = cited("overview", "all", "alpha", "items", "unsound")
    if alpha is None:
        message = gettext_noop(
            "How reliable this paper is cannot be said: %(unsound)s of its %(items)s items cannot be used."
        )
        return Sentence(message, {name: cells[name] for name in ("items", "unsound")})
    unsound = len(material.findings.items) - len(material.sound)
    if alpha >= RELIABLE and not unsound:
        message = gettext_noop(
            "The paper is sound: its reliability is %(alpha)s, and all %(items)s items can be built on."
        )
        return Sentence(message, {name: cells[name] for name in ("alpha", "items")})
    if alpha >= RELIABLE:
        message = gettext_noop(
            "The paper is reliable (%(alpha)s), but %(unsound)s of its %(items)s items must not drive teaching."
        )
        return Sentence(message, cells)
    message = gettext_noop(
        "With a reliability of %(alpha)s use this paper for classes and not for single pupils; %(unsound)s of its"
        " %(items)s items must not drive teaching."
    )
    return Sentence(message, cells)


_ABOUT: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "negative",
        gettext_noop(
            "Leave item %(item)s out: pupils who do well in the rest do worse in it (%(discrimination)s)."
        ),
        ("item", "discrimination"),
    ),
    ("no-variance", gettext_noop("Leave item %(item)s out: everybody got the same."), ("item",)),
    (
        "weak",
        gettext_noop(
            "Rewrite item %(item)s before it is used again: it hardly tells pupils apart (%(discrimination)s)."
        ),
        ("item", "discrimination"),
    ),
    (
        "too-hard",
        gettext_noop("Ask whether item %(item)s was taught: pupils got %(difficulty)s of its marks."),
        ("item", "difficulty"),
    ),
    (
        "too-easy",
        gettext_noop("Item %(item)s took time and told little: pupils got %(difficulty)s of its marks."),
        ("item", "difficulty"),
    ),
)


def _paper_steps(material: PaperMaterial) -> Iterator[Step]:
    told: set[str] = set()
    for option in material.findings.options:
        if "suspected-key" in option.flags and option.number not in told:
            told.add(option.number)
            yield _check_key(option.number, option.option)
    for flag, message, columns in _ABOUT:
        for item in material.findings.items:
            if flag in item.flags and item.number not in told:
                told.add(item.number)
                yield _about(item, message, columns)


def _check_key(number: str, option: str) -> Step:
    message = gettext_noop(
        "Check the key of item %(item)s: %(upper)s of the top group chose %(option)s, which is marked wrong."
    )
    return Step(Sentence(message, cited("options", f"{number}-{option}", "item", "upper", "option")))


def _about(item: ItemStatistics, message: str, columns: Sequence[str]) -> Step:
    return Step(Sentence(message, cited("items", item.number, *columns)))


# Knowledge points of the district, a school, a class.


def district_blocks(
    material: PaperMaterial, places: Sequence[Place], taught: Mapping[str, float]
) -> tuple[Block, ...]:
    """Return the report on the knowledge points of all schools; cells of few pupils are withheld."""
    found = material.needs("all", "all")
    aligned = material.alignment("all", "all", taught)
    shown: list[Block] = [Lead(_points_lead(material, found, _LEADS_OF_ALL))]
    if steps := tuple(_district_steps(found, aligned))[:MOST_STEPS]:
        shown.append(Steps(_("What to do next"), steps))
    shown.append(FigureBlock(pictures.points(material, "all", "all")))
    if places:
        figure = pictures.by_place(material, "school", places, _("Knowledge points by school"))
        shown.append(FigureBlock(figure, table=False))
    return (*shown, *_evidence(material, found, aligned))


def school_blocks(
    material: PaperMaterial, place: Place, classes: Sequence[Place], taught: Mapping[str, float]
) -> tuple[Block, ...]:
    """Return the report on the knowledge points of one school and its classes."""
    found = material.needs("school", place.key)
    aligned = material.alignment("school", place.key, taught)
    shown: list[Block] = [Lead(_points_lead(material, found, _LEADS_OF_ALL))]
    if steps := tuple(_district_steps(found, aligned))[:MOST_STEPS]:
        shown.append(Steps(_("What to do next"), steps))
    shown.append(FigureBlock(pictures.points(material, "school", place.key, str(_("all pupils")))))
    if classes:
        figure = pictures.by_place(material, "class", classes, _("Knowledge points by class"))
        shown.append(FigureBlock(figure, table=False))
    return (*shown, *_evidence(material, found, aligned))


def class_blocks(
    material: PaperMaterial,
    place: Place,
    lines: Sequence[PupilLine],
    taught: Mapping[str, float],
    facts: Sequence[ClassFact] = (),
) -> tuple[Block, ...]:
    """Return the diagnosis of one class: what to teach again on Monday, to whom, shown by which items."""
    found = material.needs("class", place.key)
    aligned = material.alignment("class", place.key, taught)
    shown: list[Block] = [Lead(_points_lead(material, found, _LEADS_OF_CLASS))]
    if steps := tuple(_class_step(need) for need in found[:MOST_STEPS]):
        shown.append(Steps(_("What to teach again"), steps))
    whom = pictures.class_pupils(material, lines, [need.point for need in found[:MOST_STEPS]])
    if whom.rows:
        shown.append(FigureBlock(whom))
    shown.append(FigureBlock(pictures.points(material, "class", place.key, str(_("all pupils")))))
    more = [pictures.class_facts(material, facts)] if facts else []
    return (*shown, *_evidence(material, found, aligned, pictures.class_items(material, place.key), *more))


def _evidence(
    material: PaperMaterial, found: Sequence[Need], aligned: Sequence[Alignment], *more: Figure
) -> Iterator[Block]:
    yield from _left_out(material)
    yield FigureBlock(pictures.alignment(material, aligned), chart=False)
    yield Heading(_("The evidence"))
    yield from _folded(pictures.needed(material, found), *more, pictures.overview(material))


def _left_out(material: PaperMaterial) -> Iterator[Note]:
    if len(material.sound) < len(material.findings.items):
        message = gettext_noop(
            "%(unsound)s items of this paper are left out of every statement, since they cannot be relied on."
        )
        yield Note((Sentence(message, cited("overview", "all", "unsound")),))


_LEADS_OF_ALL = (
    gettext_noop(
        "The weakest point is %(point)s: pupils reached %(mean)s of its marks (%(low)s to %(high)s)."
    ),
    gettext_noop("No knowledge point of this paper needs to be taught again to many."),
)
_LEADS_OF_CLASS = (
    gettext_noop("Begin with %(point)s: the class reached %(mean)s of its marks (%(low)s to %(high)s)."),
    gettext_noop("No point of this paper needs to be taught again to the class or to a larger group."),
)


def _points_lead(material: PaperMaterial, found: Sequence[Need], words: tuple[str, str]) -> Sentence:
    if not material.content.points:
        return Sentence(
            gettext_noop(
                "The items of this paper name no knowledge points, so only single items can be shown."
            )
        )
    if not found:
        return Sentence(words[1])
    return Sentence(words[0], cited("needs", found[0].point, "point", "mean", "low", "high"))


def _district_steps(found: Sequence[Need], aligned: Sequence[Alignment]) -> Iterator[Step]:
    codes = {row.point: row.codes for row in aligned}
    for need in found:
        if need.whom == "class":
            yield Step(_of_need(need, _AGAIN, "point", "below"), _of_need(need, _SHOWN_BY, "evidence"))
    for point, own in codes.items():
        for code, make in _PARTING.items():
            if code in own:
                yield make(point)


def _of_need(need: Need, message: str, *columns: str) -> Sentence:
    return Sentence(message, cited("needs", need.point, *columns))


_AGAIN = gettext_noop("Work on %(point)s together: %(below)s of the pupils have not got it yet.")
_SHOWN_BY = gettext_noop("Shown most clearly by item %(evidence)s.")


def _parting(message: str, *columns: str) -> Callable[[str], Step]:
    return lambda point: Step(Sentence(message, cited("alignment", point, "point", *columns)))


_PARTING: Mapping[str, Callable[[str], Step]] = {
    "taught-not-mastered": _parting(
        gettext_noop(
            "Ask how %(point)s is taught: %(taught)s of the reporting classes had it, and pupils reached %(mean)s."
        ),
        "taught",
        "mean",
    ),
    "tested-not-taught": _parting(
        gettext_noop(
            "%(point)s was tested before it was taught: %(taught)s of the reporting classes had had it."
        ),
        "taught",
    ),
    "overweight": _parting(
        gettext_noop(
            "Give %(point)s less weight: %(weight)s of the marks stand against %(curriculum)s of the lessons."
        ),
        "weight",
        "curriculum",
    ),
    "underweight": _parting(
        gettext_noop(
            "Give %(point)s more weight: %(weight)s of the marks stand against %(curriculum)s of the lessons."
        ),
        "weight",
        "curriculum",
    ),
    "unsound-only": _parting(
        gettext_noop("Nothing can be said of %(point)s: none of its items can be relied on.")
    ),
}


# Only where chance is ruled out is a whole class taught again without a look first.
_CLASS_STEPS: Mapping[str, str] = {
    "sure": gettext_noop(
        "Teach %(point)s to the whole class again: %(below)s of the %(n)s pupils who sat the paper have not got it yet."
    ),
    "class": gettext_noop(
        "Try a short exercise on %(point)s with the class, then decide: %(below)s of the %(n)s pupils who sat the"
        " paper have not got it yet."
    ),
    "group": gettext_noop(
        "Take a group for %(point)s: %(below)s of the %(n)s pupils who sat the paper have not got it yet."
    ),
}


def _class_step(need: Need) -> Step:
    message = _CLASS_STEPS["sure" if need.whom == "class" and need.sure else need.whom]
    return Step(_of_need(need, message, "point", "below", "n"), _of_need(need, _SHOWN_BY, "evidence"))
