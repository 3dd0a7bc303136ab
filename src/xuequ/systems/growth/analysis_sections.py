"""The comprehensive report 综合分析报告: trend, difference, influence factors, suggestions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Text
from xuequ.core.reports import (
    Block,
    CellRef,
    FigureBlock,
    Heading,
    Lead,
    Note,
    Paragraph,
    Report,
    Sentence,
    Step,
    Steps,
)
from xuequ.engines.growth.findings import BANDS
from xuequ.systems.growth import analysis_pictures as pictures
from xuequ.systems.growth import pictures as evaluation
from xuequ.systems.growth import process_pictures, sections
from xuequ.systems.growth.analysis import Analysis
from xuequ.systems.growth.choices import Trend
from xuequ.systems.growth.material import ClassLine, SchoolLine
from xuequ.systems.growth.suggestions import DISTRICT_RULES, SCHOOL_RULES, Case, suggestions

MOST_STEPS = 3


def comprehensive(case: Case, blocks: tuple[Block, ...], subtitle: Text) -> Report:
    """Return the blocks as the comprehensive report, ready to be printed, sent and filed."""
    report = sections.report_of(case.material, blocks, subtitle)
    return replace(report, title=_("Comprehensive report on growth"))


def district_analysis(case: Case, names: Mapping[str, str]) -> tuple[Block, ...]:
    """Return the report on all schools."""
    material = case.material
    needed = sections.district_steps(material)
    more = suggestions(DISTRICT_RULES, case)
    shown = _first(needed, more)
    blocks: list[Block] = [Lead(sections.district_lead(material))]
    if shown:
        blocks.append(Steps(_("What to do first"), shown))
    blocks += [Heading(_("Trend")), *_district_trend(case)]
    blocks += [Heading(_("Differences")), *_differences(case)]
    blocks += [Heading(_("Influence factors")), *_factors(case.analysis, names)]
    blocks += _process(case.analysis, names)
    blocks += [
        Heading(_("Suggestions")),
        *_suggestions([s for s in (*needed, *more) if s not in shown], bool(shown)),
    ]
    blocks += [*sections.limits(material), Heading(_("The evidence"))]
    folded = [evaluation.coverage(material, material.schools), evaluation.overview(material)]
    folded += [evaluation.models(material), pictures.trend_counts(case.trends)]
    if case.analysis.factors.rows:
        folded.append(pictures.factors_total(case.analysis))
    if case.analysis.process.rows:
        folded.append(process_pictures.process_total(case.analysis))
    return (*blocks, *(FigureBlock(figure, folded=True, chart=False) for figure in folded))


def _first(needed: Sequence[Step], more: Sequence[Step]) -> tuple[Step, ...]:
    """Return at most three steps: what the first rule says comes first, then whom to help."""
    urgent = [step for step in more[:1] if not step.url]
    return tuple([*urgent, *needed, *(step for step in more if step not in urgent)][:MOST_STEPS])


def _district_trend(case: Case) -> Iterator[Block]:
    judged = [line for line in case.trends if line.said != Trend.TOO_SHORT]
    if not judged:
        yield Paragraph((Sentence(_NO_PAST),))
        return
    cells = {name: CellRef("trend-counts", "all", name) for name in ("judged", "below", "above")}
    yield Paragraph((Sentence(_TREND, cells),))
    yield FigureBlock(pictures.trends(case.material, judged))


_NO_PAST = gettext_noop(
    "There are not yet enough earlier evaluations of this grade to say what a school's own past foretells; ten schools"
    " with two years each are the least."
)
_TREND = gettext_noop(
    "Of %(judged)s schools with a past, %(below)s lie below what it foretells and %(above)s above; the others move as"
    " usual."
)


def _differences(case: Case) -> Iterator[Block]:
    parts = {part.part for part in case.analysis.growth}
    if case.analysis.level and case.analysis.growth:
        cells = {
            "level": CellRef("parts", "level-school", "share"),
            "growth": CellRef("parts", "growth-school", "share"),
            "pupil": CellRef("parts", "growth-pupil", "share"),
        }
        message = _WITH_CLASSES if "class" in parts else _WITHOUT_CLASSES
        yield Paragraph((Sentence(message, cells),))
        yield FigureBlock(pictures.parts(case.analysis))
    yield FigureBlock(evaluation.effects(case.material))
    yield sections.told_apart(case.material)
    yield FigureBlock(evaluation.quadrants(case.material), table=False)
    if case.analysis.methods:
        yield FigureBlock(pictures.methods(case.analysis), folded=True)


_WITH_CLASSES = gettext_noop(
    "Between schools lie %(level)s of the differences in results, but only what the intake leaves is the schools' own:"
    " %(growth)s of the differences in growth; %(pupil)s lie between pupils of the same class."
)
_WITHOUT_CLASSES = gettext_noop(
    "Between schools lie %(level)s of the differences in results, but only what the intake leaves is the schools' own:"
    " %(growth)s of the differences in growth; %(pupil)s lie between pupils of the same school."
)


def _factors(analysis: Analysis, names: Mapping[str, str]) -> Iterator[Block]:
    if not analysis.factors.rows:
        yield Paragraph((Sentence(_NO_FACTORS),))
        return
    first = analysis.factors.rows[0].factor
    cells = {
        "explained": CellRef("factors-total", "all", "explained"),
        "n": CellRef("factors-total", "all", "n"),
        "name": CellRef("factors", first, "name"),
        "share": CellRef("factors", first, "share"),
    }
    yield Paragraph((Sentence(_TOGETHER, cells),))
    yield FigureBlock(pictures.factors(analysis, names))
    yield Note((Sentence(_ASSOCIATION),))


def _process(analysis: Analysis, names: Mapping[str, str]) -> Iterator[Block]:
    """Yield what schools did beside growth, where facts of it were chosen."""
    found = analysis.process
    if not found.rows:
        return
    first = found.rows[0].fact
    together = {name: CellRef("process-total", "all", name) for name in ("explained", "places", "chance")}
    one = {name: CellRef("process", first, name) for name in ("name", "slope", "low", "high")}
    yield Paragraph((Sentence(_PROCESS, together), Sentence(_FIRST_FACT, one)))
    yield FigureBlock(process_pictures.process(analysis, names))
    limits = [Sentence(_OWN_DOING)]
    if found.missing:
        cells = {name: CellRef("process-total", "all", name) for name in ("missing", "n")}
        limits.append(Sentence(_WITHOUT_FACTS, cells))
    yield Note(tuple(limits))


_PROCESS = gettext_noop(
    "What schools did, as far as it is known here, goes along with %(explained)s of the differences in growth between"
    " %(places)s classes or schools; chance alone would give %(chance)s."
)
_FIRST_FACT = gettext_noop(
    "Where “%(name)s” is one standard deviation higher, growth differs by %(slope)s SD (%(low)s to %(high)s SD)."
)
_OWN_DOING = gettext_noop(
    "What a school does is part of its growth: these facts are in no model of school effects, they are laid beside"
    " growth afterwards. They go along with it and need not cause it."
)
_WITHOUT_FACTS = gettext_noop(
    "%(missing)s pupils are in no class or school with a value and are left out, beside %(n)s who are in; a missing"
    " value is not taken as zero."
)


_NO_FACTORS = gettext_noop(
    "No factor is known of enough pupils, so nothing is said about what goes along with growth. Factors are brought in"
    " with the results, each with its legal basis."
)
_TOGETHER = gettext_noop(
    "All known factors together go along with %(explained)s of the differences in growth of %(n)s pupils; the"
    " weightiest is “%(name)s” with %(share)s."
)
_ASSOCIATION = gettext_noop(
    "These are associations and no causes: what goes along with growth may stand for something else that is not known"
    " here."
)


def _suggestions(steps: Sequence[Step], had_first: bool) -> Iterator[Block]:
    for step in steps:
        yield Paragraph(tuple(sentence for sentence in (step.sentence, step.reason) if sentence is not None))
    if not steps:
        yield Paragraph((Sentence(_NOTHING_MORE if had_first else _NOTHING),))


_NOTHING_MORE = gettext_noop("Beyond what stands at the top there is nothing to suggest.")
_NOTHING = gettext_noop("No rule speaks up: go on as planned, and look again next year.")


def school_analysis(case: Case, own: SchoolLine, names: Mapping[str, str]) -> tuple[Block, ...]:
    """Return the report on one school; other schools have no names in it."""
    material = case.material
    needed, more = sections.school_steps(material, own), suggestions(SCHOOL_RULES, case)
    shown = (*more, *needed)[:MOST_STEPS]
    blocks: list[Block] = [Lead(sections.school_lead(material, own))]
    if shown:
        blocks.append(Steps(_("What to do next"), shown))
    blocks.append(Heading(_("Trend")))
    if case.trends and len(case.trends[0].points) > 1:
        blocks.append(FigureBlock(pictures.own_trend(case.trends[0])))
    else:
        blocks.append(Paragraph((Sentence(_NO_OWN_PAST),)))
    blocks += [Heading(_("Differences")), FigureBlock(evaluation.spread(material, own))]
    blocks.append(FigureBlock(evaluation.distribution(material, own)))
    if len(case.classes) > 1:
        blocks.append(FigureBlock(evaluation.classes(material, case.classes)))
    blocks.append(Heading(_("Influence factors")))
    if case.groups:
        blocks += [FigureBlock(pictures.groups(case.groups, names)), Note((Sentence(_ASSOCIATION),))]
    else:
        blocks.append(Paragraph((Sentence(_NO_GROUPS),)))
    if case.places:
        classes = {line.key: line.name for line in case.classes}
        figure = process_pictures.own_process(case.analysis, case.places, classes, names)
        blocks += [FigureBlock(figure), Note((Sentence(_OWN_DOING),))]
    blocks += [Heading(_("Suggestions")), *_suggestions((*more, *needed)[MOST_STEPS:], bool(shown))]
    blocks += [*sections.limits(material), Heading(_("The evidence"))]
    folded = [
        evaluation.coverage(material, [own]),
        evaluation.overview(material),
        evaluation.models(material),
    ]
    return (*blocks, *(FigureBlock(figure, folded=True, chart=False) for figure in folded))


_NO_OWN_PAST = gettext_noop("There is no earlier evaluation of this grade with a value for the school.")
_NO_GROUPS = gettext_noop("No group of at least ten pupils can be set beside ten others of the school.")


def class_analysis(
    case: Case, own: SchoolLine, line: ClassLine | None, name: str, counts: Mapping[str, int]
) -> tuple[Block, ...]:
    """Return the report on one class, for those who see its pupils; pupils have no names in it."""
    total = sum(counts.values())
    blocks: list[Block] = []
    if not total:
        return (Lead(Sentence(gettext_noop("For no pupil of this class two results are known."))),)
    cells = {name: CellRef("class-numbers", "all", name) for name in ("n", "more", "less")}
    blocks.append(Lead(Sentence(_CLASS, cells)))
    steps = list(_class_steps(line, counts))
    if steps:
        blocks.append(Steps(_("What to do next"), tuple(steps[:MOST_STEPS])))
    blocks += [Heading(_("Differences")), FigureBlock(pictures.class_bands(counts, own, name))]
    if line is not None and line.within is not None:
        blocks.append(FigureBlock(evaluation.classes(case.material, [line])))
    blocks.append(Note((Sentence(_SMALL),)))
    blocks += [*sections.limits(case.material), Heading(_("The evidence"))]
    blocks.append(FigureBlock(pictures.class_numbers(counts), folded=True, chart=False))
    return tuple(blocks)


_CLASS = gettext_noop(
    "Of %(n)s pupils with two results, %(more)s came further than pupils with the same start and %(less)s less far."
)
_SMALL = gettext_noop(
    "A class is a small group and who is placed in it is not chance: its numbers describe its pupils and are no measure"
    " of any teacher."
)


def _class_steps(line: ClassLine | None, counts: Mapping[str, int]) -> Iterator[Step]:
    if counts.get(BANDS[0], 0):
        yield Step(
            Sentence(
                gettext_noop(
                    "Talk first with the %(n)s pupils who came much less far; the list of the class names them."
                ),
                {"n": CellRef("class-bands", f"own-{BANDS[0]}", "n")},
            )
        )
    if line is not None and line.within_high is not None and line.within_high < 0:
        cells = {name: CellRef("classes", line.key, name) for name in ("within", "low", "high")}
        yield Step(
            Sentence(
                gettext_noop("Compare with the parallel classes what was taught and how, subject by subject.")
            ),
            Sentence(
                gettext_noop("Against the school's own average: %(within)s SD, from %(low)s to %(high)s SD."),
                cells,
            ),
        )
    elif line is not None and line.within_low is not None and line.within_low > 0:
        yield Step(Sentence(gettext_noop("Show the parallel classes what worked in this one.")))
