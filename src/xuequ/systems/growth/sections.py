"""The growth report: sentences that cite their cells, things to do, figures; shared by pages and files."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Figure, Text
from xuequ.core.reports import (
    Block,
    CellRef,
    FigureBlock,
    Heading,
    Lead,
    Note,
    Report,
    Sentence,
    Step,
    Steps,
)
from xuequ.engines.growth.findings import Need, Reason
from xuequ.systems.growth import pictures
from xuequ.systems.growth.material import ClassLine, Material, SchoolLine
from xuequ.systems.growth.shapes import cited
from xuequ.systems.growth.wording import REMARKS

MOST_STEPS = 3


def district_blocks(material: Material) -> tuple[Block, ...]:
    """Return the report on all schools."""
    shown: list[Block] = [Lead(district_lead(material))]
    if steps := district_steps(material):
        shown.append(Steps(_("Who needs help first"), steps))
    shown += [FigureBlock(pictures.effects(material)), told_apart(material)]
    shown += [
        FigureBlock(pictures.quadrants(material), table=False),
        FigureBlock(pictures.distribution(material)),
    ]
    shown += [*limits(material), Heading(_("The evidence"))]
    folded = [
        pictures.coverage(material, material.schools),
        pictures.overview(material),
        pictures.models(material),
    ]
    if len(material.models) > 1:
        folded.append(pictures.sensitivity(material))
    folded.append(pictures.coefficients(material))
    return (*shown, *_folded(folded))


def school_blocks(material: Material, line: SchoolLine, classes: Iterable[ClassLine]) -> tuple[Block, ...]:
    """Return the report on one school; other schools appear as a spread without names."""
    listed = list(classes)
    shown: list[Block] = [Lead(school_lead(material, line))]
    if steps := school_steps(material, line):
        shown.append(Steps(_("What to do next"), steps))
    shown += [
        FigureBlock(pictures.spread(material, line)),
        FigureBlock(pictures.distribution(material, line)),
    ]
    if len(listed) > 1:
        shown.append(FigureBlock(pictures.classes(material, listed)))
    shown += [*limits(material), Heading(_("The evidence"))]
    folded = [pictures.coverage(material, [line]), pictures.overview(material), pictures.models(material)]
    return (*shown, *_folded(folded))


def report_of(material: Material, blocks: tuple[Block, ...], subtitle: Text) -> Report:
    """Return the blocks as a report that can be printed, sent and filed."""
    return Report(
        title=_("Report on growth"),
        subtitle=subtitle,
        issuer=material.issuer,
        stamp=material.stamp,
        run=material.run,
        blocks=blocks,
    )


def _folded(figures: Iterable[Figure]) -> Iterator[FigureBlock]:
    return (FigureBlock(figure, folded=True, chart=False) for figure in figures)


def district_lead(material: Material) -> Sentence:
    """Say how many schools stand out."""
    counts = cited("overview", "all", "schools", "above", "below", "cannot_tell")
    if material.models[0].boundary:
        message = gettext_noop(
            "These results of %(schools)s schools show no difference in growth beyond chance."
        )
        return Sentence(message, {"schools": counts["schools"]})
    told = material.distinguishability
    message, places = _LEADS[told.below > 0, told.above > 0]
    if told.below and told.above and material.is_study:
        message = _STUDY_LEAD
    return Sentence(message, {place: counts[place] for place in places})


# By whether some schools lie below the average, and some above it: "in 0 schools" is said in words.
_LEADS: dict[tuple[bool, bool], tuple[str, tuple[str, ...]]] = {
    (True, True): (
        gettext_noop(
            "Of %(schools)s schools, %(below)s need a closer look because their pupils came less far than"
            " others with the same"
            " start, and %(above)s brought theirs further; %(cannot_tell)s cannot be told from the average."
        ),
        ("schools", "above", "below", "cannot_tell"),
    ),
    (True, False): (
        gettext_noop(
            "In %(below)s of %(schools)s schools pupils came less far than others with the same start, and in"
            " none further; %(cannot_tell)s cannot be told from the average."
        ),
        ("schools", "below", "cannot_tell"),
    ),
    (False, True): (
        gettext_noop(
            "In %(above)s of %(schools)s schools pupils came further than others with the same start, and in"
            " none less far; %(cannot_tell)s cannot be told from the average."
        ),
        ("schools", "above", "cannot_tell"),
    ),
    (False, False): (
        gettext_noop(
            "None of the %(schools)s schools can be told from the average: what sets them apart from it may"
            " be chance."
        ),
        ("schools",),
    ),
}
_STUDY_LEAD = gettext_noop(
    "Of %(schools)s schools of the study, pupils came further than others with the same start in"
    " %(above)s and less far"
    " in %(below)s; %(cannot_tell)s cannot be told from the average."
)


_NO_PAIR = gettext_noop(
    "Compared with each other, two by two, no schools differ beyond what chance brings among so many comparisons."
    " Do not read an order into this list."
)


def told_apart(material: Material) -> Note:
    """Say how far schools can be told apart at all."""
    cells = cited("overview", "all", "cannot_tell", "distinct")
    told = gettext_noop(
        "Schools whose ranges overlap cannot be told apart: only %(distinct)s of all pairs of schools can."
        " Do not read an order"
        " into this list."
    )
    if material.distinguishability.distinct_pairs == 0:
        return Note((Sentence(_NO_PAIR),))
    return Note((Sentence(told, {"distinct": cells["distinct"]}),))


def limits(material: Material) -> Iterator[Note]:
    """Yield what limits the evaluation, if anything."""
    codes = dict.fromkeys(remark.code for remark in material.remarks)
    if codes:
        yield Note(tuple(Sentence(REMARKS[code]) for code in codes))


def district_steps(material: Material) -> tuple[Step, ...]:
    """Return which schools need help first, at most three."""
    known = {line.key: line for line in material.schools}
    needed = [need for need in material.needs if need.school in known][:MOST_STEPS]
    return tuple(_district_step(known[need.school], need) for need in needed)


def _district_step(line: SchoolLine, need: Need) -> Step:
    first, *more = need.reasons
    also = {reason.code for reason in more}
    why = next((_and(line, code) for code in _AND if code in also), None)
    return Step(_first(line, first), why or _because(line, first), line.url)


def _first(line: SchoolLine, reason: Reason) -> Sentence:
    message, figure, columns = _DO[reason.code]
    return Sentence(message, cited(figure, line.key, *columns, absolute=("effect", "gap")))


def _because(line: SchoolLine, reason: Reason) -> Sentence | None:
    if reason.code != "low-growth":
        return None
    message = gettext_noop(
        "The whole range from %(low)s to %(high)s SD lies below the average school; %(share_above)s of the"
        " pupils came further"
        " than expected."
    )
    return Sentence(message, cited("effects", line.key, "low", "high", "share_above"))


def _and(line: SchoolLine, code: str) -> Sentence:
    message, figure, columns = _AND[code]
    return Sentence(message, cited(figure, line.key, *columns))


_DO: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "low-growth": (
        gettext_noop(
            "Talk with %(name)s first: its pupils came %(effect)s SD less far than pupils with the same"
            " start in the average"
            " school."
        ),
        "effects",
        ("name", "effect"),
    ),
    "many-behind": (
        gettext_noop(
            "Look with %(name)s at the pupils who fell behind: only %(share_above)s of its %(n)s pupils"
            " came further than"
            " expected."
        ),
        "effects",
        ("name", "share_above", "n"),
    ),
    "low-level": (
        gettext_noop(
            "Support %(name)s: its pupils stand at %(level)s SD, while their growth is not clearly below"
            " the average."
        ),
        "quadrants",
        ("name", "level"),
    ),
    "low-coverage": (
        gettext_noop(
            "Complete the results of %(name)s: %(n)s of %(enrolled)s pupils could be used, so its value may"
            " mislead."
        ),
        "coverage",
        ("name", "n", "enrolled"),
    ),
    "uneven-absence": (
        gettext_noop(
            "Ask %(name)s who is missing: pupils without an outcome started %(gap)s SD away from the"
            " others, so its value may"
            " mislead."
        ),
        "coverage",
        ("name", "gap"),
    ),
    "too-few": (
        gettext_noop(
            "Judge %(name)s by a visit: with %(n)s pupils in the evaluation there is no value to rely on."
        ),
        "coverage",
        ("name", "n"),
    ),
}

_AND: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "low-level": (
        gettext_noop("Its level is low as well, at %(level)s SD."),
        "quadrants",
        ("level",),
    ),
    "many-behind": (
        gettext_noop("Only %(share_above)s of its pupils came further than expected."),
        "effects",
        ("share_above",),
    ),
    "low-coverage": (
        gettext_noop("Only %(coverage)s of its pupils could be used, so check the results first."),
        "coverage",
        ("coverage",),
    ),
}


def school_lead(material: Material, line: SchoolLine) -> Sentence:
    """Say how one school stands to the average."""
    if line.verdict == "too-few":
        message = gettext_noop("%(name)s has %(n)s pupils in the evaluation, too few for a value of its own.")
        return Sentence(message, cited("coverage", line.key, "name", "n"))
    name = cited("coverage", line.key, "name")
    if material.models[0].boundary:
        message = gettext_noop(
            "%(name)s cannot be told from the other schools: they show no difference beyond chance."
        )
        return Sentence(message, name)
    message = {
        "above": gettext_noop(
            "In %(name)s pupils came further than pupils with the same start in the average school: by"
            " %(effect)s SD, and by"
            " %(low)s to %(high)s SD when the uncertainty is counted."
        ),
        "below": gettext_noop(
            "In %(name)s pupils came less far than pupils with the same start in the average school:"
            " %(effect)s SD, and %(low)s"
            " to %(high)s SD when the uncertainty is counted."
        ),
        "cannot-tell": gettext_noop(
            "%(name)s cannot be told from the average school: its growth of %(effect)s SD lies in a range"
            " from %(low)s to"
            " %(high)s SD."
        ),
    }[line.verdict]
    return Sentence(message, name | cited("spread", "own", "effect", "low", "high"))


def school_steps(material: Material, line: SchoolLine) -> tuple[Step, ...]:
    """Return what a school can do next, at most three."""
    need = material.need_of(line.key)
    steps = [] if need is None else [_school_step(line, reason) for reason in need.reasons]
    if not steps and line.verdict == "above":
        message = gettext_noop("Write down what worked in %(name)s and let other schools see it.")
        steps.append(Step(Sentence(message, cited("coverage", line.key, "name"))))
    return tuple(steps[:MOST_STEPS])


def _school_step(line: SchoolLine, reason: Reason) -> Step:
    behind = {"share": CellRef("distribution", "own-much-less", "share")}
    coverage = cited("coverage", line.key, "n", "enrolled", "gap", absolute=("gap",))
    sentences = {
        "low-growth": Sentence(
            gettext_noop(
                "Look class by class at pupils who came less far than expected, and agree with the"
                " researchers on one subject"
                " to start with."
            )
        ),
        "many-behind": Sentence(
            gettext_noop("Begin with the pupils who came much less far than expected, %(share)s of all."),
            behind,
        ),
        "low-level": Sentence(
            gettext_noop(
                "Growth is not the difficulty here, the start is: ask the district for support in the lower grades."
            )
        ),
        "low-coverage": Sentence(
            gettext_noop("Complete the results: %(n)s of %(enrolled)s pupils could be used."),
            {name: coverage[name] for name in ("n", "enrolled")},
        ),
        "uneven-absence": Sentence(
            gettext_noop(
                "Find out who has no outcome: those pupils started %(gap)s SD away from the others."
            ),
            {"gap": coverage["gap"]},
        ),
        "too-few": Sentence(
            gettext_noop("Look at your %(n)s pupils one by one; a value for so few would be chance."),
            {"n": coverage["n"]},
        ),
    }
    return Step(sentences[reason.code])
