"""Levels of AI education as pages and files: sentences that cite their cells, things to do, figures."""

from collections.abc import Iterable, Iterator
from itertools import chain

from django.urls import reverse
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
    Paragraph,
    Report,
    Sentence,
    Step,
    Steps,
)
from xuequ.systems.stars.ailevel import district_pictures, pictures
from xuequ.systems.stars.ailevel.material import Line, Material

CLEAR = 0.95
"""An order is told as clear from this share of the draws on."""
EXAMPLE = gettext_noop(
    "The scheme is an example and no official standard; the result is for improvement and is tied to no money."
)
_NAMED = gettext_noop(
    "By the largest membership the level is “%(leading)s” (α = %(alpha)s, the rule is valid); the score is %(score)s"
    " points, and other weights and raters would give %(low)s to %(high)s."
)
_ALONE = gettext_noop(
    "All memberships lie in “%(leading)s”; the score is %(score)s points, and other weights and raters would give"
    " %(low)s to %(high)s."
)
_DOUBTFUL = gettext_noop(
    "No single grade is named: “%(leading)s” has the largest membership, but the next one is so close that the rule of"
    " the largest is of low validity (α = %(alpha)s, below one half). The score is %(score)s points, with a range from"
    " %(low)s to %(high)s; with confidence the level is at least “%(at_least)s”."
)
_TIED = gettext_noop(
    "No single grade is named: two grades have the same membership. The score is %(score)s points, with a range from"
    " %(low)s to %(high)s; with confidence the level is at least “%(at_least)s”."
)
_SURE = gettext_noop("With other weights and raters “%(leading)s” leads in %(sure)s of the draws.")
_OBSTACLE = gettext_noop(
    "%(index)s makes up %(degree)s of what is missing to the best grade (%(low)s to %(high)s with other weights and"
    " raters); your school has %(value)s (%(grade)s)."
)
_OBSTACLE_BARE = gettext_noop(
    "%(index)s makes up %(degree)s of what is missing to the best grade; your school has %(value)s (%(grade)s)."
)
_PEERS = gettext_noop(
    "Of %(peers)s other schools of the same stage, %(reached)s are in one of the two best grades here."
)
_ORDER_OPEN = gettext_noop(
    "Which of these weighs most is open: “%(index)s” is the largest in %(first)s of the draws only."
)
_WEAKEST = gettext_noop(
    "“%(dimension)s” is clearly the weakest dimension: it is below all others in %(lowest)s of the draws."
)
_WEAKEST_OPEN = gettext_noop(
    "Which dimension is the weakest is open: “%(dimension)s” has the lowest score, but is below all others in"
    " %(lowest)s of the draws only."
)
_DIMENSION = gettext_noop("%(dimension)s: %(score)s points (%(low)s to %(high)s).")
_DIMENSION_BARE = gettext_noop("%(dimension)s: %(score)s points (no range).")
_ADVICE = gettext_noop("%(index)s: %(advice)s")
_ADVICE_HOW = gettext_noop("Responsible: %(responsible)s; about %(cost)s 元, within %(weeks)s weeks.")
_ADVICE_FREE = gettext_noop("Responsible: %(responsible)s; needs no extra money, within %(weeks)s weeks.")
_NOTHING = gettext_noop(
    "On every index that is known the school is in the best grade; nothing stands in the way."
)


def _cells(figure: str, row: str, *columns: str) -> dict[str, CellRef]:
    return {column: CellRef(figure, row, column) for column in columns}


def level_sentence(line: Line) -> Sentence:
    """Say the grade where one may be named, else why none is."""
    r = line.result
    names = ["score", "low", "high"]
    if r["tie"]:
        return Sentence(_TIED, _cells("own", "own", *names, "at_least"))
    if r["alpha"] is None:
        return Sentence(_ALONE, _cells("own", "own", *names, "leading"))
    if r["verdict"] is None:
        return Sentence(_DOUBTFUL, _cells("own", "own", *names, "leading", "alpha", "at_least"))
    return Sentence(_NAMED, _cells("own", "own", *names, "leading", "alpha"))


def obstacle_sentences(material: Material, line: Line) -> Iterator[tuple[Sentence, ...]]:
    """Say what stands in the way with its range, and what schools of the same stage reached there; one by one."""
    told = len(material.peers(line)) >= pictures.FEWEST_PEERS
    for one in line.obstacles:
        ends, message = (("low", "high"), _OBSTACLE) if "low" in one else ((), _OBSTACLE_BARE)
        cells = _cells("obstacles", one["code"], "index", "degree", *ends, "value", "grade")
        peers = Sentence(_PEERS, _cells("obstacles", one["code"], "peers", "reached"))
        yield (Sentence(message, cells), peers) if told else (Sentence(message, cells),)


def order_sentences(line: Line) -> Iterator[Sentence]:
    """Say that the order of the obstacles is open, where it is."""
    first = line.obstacles[0] if line.obstacles[1:] else {}
    if "first" in first and not _is_clear(first["first"]):
        yield Sentence(_ORDER_OPEN, _cells("obstacles", first["code"], "index", "first"))


def weakest_sentences(line: Line) -> Iterator[Sentence]:
    """Say which dimension is the weakest, as clear only where it is below all others in nearly all draws."""
    found = line.result["dimensions"]
    if len(found) > 1 and line.has_ranges:
        least = min(found, key=lambda one: float(one["score"]))
        message = _WEAKEST if _is_clear(least["lowest"]) else _WEAKEST_OPEN
        yield Sentence(message, _cells("dimensions", least["code"], "dimension", "lowest"))


def _is_clear(share: float) -> bool:
    # As it is read: 95 % on the page is enough.
    return round(share, 2) >= CLEAR


def dimension_sentences(line: Line) -> Iterator[Sentence]:
    """Say every dimension's score with its range."""
    for one in line.result["dimensions"]:
        ranged = one.get("low") is not None
        names = ("dimension", "score", "low", "high") if ranged else ("dimension", "score")
        yield Sentence(_DIMENSION if ranged else _DIMENSION_BARE, _cells("dimensions", one["code"], *names))


def advice_steps(material: Material, line: Line) -> tuple[Step, ...]:
    """Return what to do, from the table of rules; nothing where no rule is there."""
    found = []
    for one in line.obstacles:
        rule = material.rule(one["code"])
        if rule is not None:
            cells = _cells("advice", one["code"], "index", "advice")
            names = ("responsible", "cost", "weeks") if rule.cost_yuan else ("responsible", "weeks")
            message = _ADVICE_HOW if rule.cost_yuan else _ADVICE_FREE
            how = Sentence(message, _cells("advice", one["code"], *names))
            found.append(Step(Sentence(_ADVICE, cells), how))
    return tuple(found)


def _folded(figures: Iterable[Figure]) -> Iterator[FigureBlock]:
    return (FigureBlock(figure, folded=True, chart=False) for figure in figures)


def _example(material: Material) -> tuple[Block, ...]:
    return () if material.scheme.official else (Note((Sentence(EXAMPLE),)),)


def school_blocks(material: Material, line: Line) -> tuple[Block, ...]:
    """Return the page of one school; other schools are counted and never named."""
    shown: list[Block] = [Lead(level_sentence(line))]
    if steps := advice_steps(material, line):
        shown.append(Steps(_("What to do first"), steps))
    if line.obstacles:
        shown += [
            Paragraph((*chain.from_iterable(obstacle_sentences(material, line)), *order_sentences(line))),
            FigureBlock(pictures.obstacles(material, line)),
        ]
    else:
        shown.append(Paragraph((Sentence(_NOTHING),)))
    if weakest := tuple(weakest_sentences(line)):
        shown.append(Paragraph(weakest))
    shown += [
        FigureBlock(pictures.dimensions(material, line)),
        *_example(material),
        Heading(_("The evidence")),
    ]
    if not line.result["tie"]:
        sure = Sentence(_SURE, _cells("own", "own", "leading", "sure"))
        shown.append(Paragraph((sure,)))
    figures = [pictures.own_overview(material, line), pictures.memberships(material, line)]
    if line.obstacles:
        figures.append(pictures.advice(material, line))
    figures += [pictures.indexes(material, line), pictures.operators(material, line)]
    return (*shown, *_folded(figures))


_OPENING = gettext_noop(
    "We send you the result of this year's evaluation of AI education at your school, with what stands in the way most"
    " and what we advise."
)
_CLOSING = gettext_noop(
    "Please discuss it at your school and answer in the system what you will do. If you think that something is wrong,"
    " write so there too: it is looked at again, and the reply stands beside your answer."
)


_RANGES = gettext_noop(
    "The numbers in brackets are what other weights and other raters would give. What was measured is taken as you"
    " filled it in; mistakes in it are not in the ranges."
)
_RANGES_ONE = gettext_noop(
    "The numbers in brackets are what other weights would give; there are too few raters to tell what others would have"
    " said. What was measured is taken as you filled it in; mistakes in it are not in the ranges."
)
_DRAFT = gettext_noop("Draft: the evaluation is not published yet.")
_SUPERSEDED = gettext_noop("A newer evaluation took the place of this one.")


def _standing(material: Material) -> tuple[Block, ...]:
    """A letter that must not go out says so before anything else."""
    message = _DRAFT if not material.published else _SUPERSEDED if material.superseded else None
    return () if message is None else (Note((Sentence(message),)),)


def letter(material: Material, line: Line) -> Report:
    """Return the letter to a school, in the layout of official documents when it is written as Word."""
    blocks: list[Block] = [
        *_standing(material),
        Paragraph((Sentence(_OPENING),)),
        Heading(_("The result")),
        Paragraph((level_sentence(line),)),
        Paragraph((*dimension_sentences(line), *weakest_sentences(line))),
        Paragraph((Sentence(_RANGES_ONE if len(material.findings["raters"]) < 2 else _RANGES),)),
        Heading(_("What stands in the way")),
    ]
    if line.obstacles:
        blocks += [Paragraph(sentences) for sentences in obstacle_sentences(material, line)]
        blocks += [Paragraph((sentence,)) for sentence in order_sentences(line)]
    else:
        blocks.append(Paragraph((Sentence(_NOTHING),)))
    if steps := advice_steps(material, line):
        blocks += [Heading(_("Advice")), *_advice_paragraphs(steps)]
    blocks += [Heading(_("What we ask for")), Paragraph((Sentence(_CLOSING),)), *_example(material)]
    figures = [pictures.own_overview(material, line)]
    if line.obstacles:
        figures += [pictures.obstacles(material, line), pictures.advice(material, line)]
    figures += [pictures.dimensions(material, line), pictures.indexes(material, line)]
    return _report(
        material, (*blocks, *_folded(figures)), _("Letter on the level of AI education"), line.name
    )


def _advice_paragraphs(steps: tuple[Step, ...]) -> Iterator[Paragraph]:
    for step in steps:
        assert step.reason is not None
        yield Paragraph((step.sentence, step.reason))


def _report(material: Material, blocks: tuple[Block, ...], title: Text, subtitle: Text) -> Report:
    return Report(
        title=title,
        subtitle=subtitle,
        issuer=material.issuer,
        stamp=material.stamp,
        run=material.run,
        blocks=blocks,
    )


_DISTRICT = gettext_noop(
    "Of %(schools)s schools, %(named)s have a valid single grade, %(good)s of them one of the two best; for %(open)s no"
    " single grade may be named."
)
_DISTRICT_ALL = gettext_noop(
    "All %(schools)s schools have a valid single grade, %(good)s of them one of the two best."
)
_DISTRICT_NONE = gettext_noop(
    "For none of the %(schools)s schools may a single grade be named: memberships lie close."
)
_COMMON = gettext_noop("%(index)s stands in the way of %(count)s schools: %(advice)s")
_COMMON_BARE = gettext_noop("%(index)s stands in the way of %(count)s schools.")
_COMMON_RANGE = gettext_noop("With other weights and raters it would be %(low)s to %(high)s schools.")
_NOBODY = gettext_noop(
    "No school could be evaluated: of each, less than three fifths of the weights are known. Wait for more answers and"
    " votes, then evaluate again."
)
_ASK = gettext_noop(
    "Ask again before you publish: some answers look careless or differ from what others counted."
)
_ASK_AFTER = gettext_noop("Ask again: some answers look careless or differ from what others counted.")
_LITTLE = gettext_noop(
    "Of %(too_little)s schools too little is known (less than three fifths of the weights); they are left out, which is"
    " no judgement."
)
_NO_RANKING = gettext_noop(
    "Where ranges overlap schools cannot be told apart. No ranking is shown to schools, and none may be published."
)


def district_blocks(material: Material) -> tuple[Block, ...]:
    """Return the report on all schools: the sentence, common problems, and the schools with their ranges."""
    if not material.lines:
        return (Lead(Sentence(_NOBODY)), FigureBlock(district_pictures.left_out(material), chart=False))
    figures = [district_pictures.compared_operators(material)]
    shown: list[Block] = [Lead(_district_lead(material))]
    if steps := tuple(_district_steps(material)):
        shown.append(Steps(_("What to do first"), steps))
    shown += [
        FigureBlock(district_pictures.common(material)),
        FigureBlock(district_pictures.schools(material)),
    ]
    notes = [Sentence(_NO_RANKING)]
    if material.findings["too_little"]:
        notes.append(Sentence(_LITTLE, _cells("overview", "all", "too_little")))
    shown += [Note(tuple(notes)), *_example(material), FigureBlock(district_pictures.importance(material))]
    shown.append(Heading(_("The evidence")))
    if material.findings["careless"] or material.findings["differing"]:
        figures.insert(0, district_pictures.to_ask(material))
    if material.findings["too_little"]:
        figures.insert(0, district_pictures.left_out(material))
    return (*shown, *_folded([district_pictures.overview(material), *figures]))


def _district_lead(material: Material) -> Sentence:
    named = sum(bool(line.result["verdict"]) for line in material.lines)
    if not named:
        return Sentence(_DISTRICT_NONE, _cells("overview", "all", "schools"))
    if named == len(material.lines):
        return Sentence(_DISTRICT_ALL, _cells("overview", "all", "schools", "good"))
    return Sentence(_DISTRICT, _cells("overview", "all", "schools", "named", "good", "open"))


def _district_steps(material: Material) -> Iterator[Step]:
    found = material.findings
    most = 2 if found["careless"] or found["differing"] else 3
    if most == 2:
        yield Step(Sentence(_ASK_AFTER if material.published else _ASK))
    ranged = {one["code"] for one in material.findings.get("common", ())}
    for row in district_pictures.common(material).rows[:most]:
        has_rule = material.rule(row.key) is not None
        names = ("index", "count", "advice") if has_rule else ("index", "count")
        sentence = Sentence(_COMMON if has_rule else _COMMON_BARE, _cells("common", row.key, *names))
        ends = (
            Sentence(_COMMON_RANGE, _cells("common", row.key, "low", "high")) if row.key in ranged else None
        )
        yield Step(sentence, ends, url=reverse("stars:ai-rules"))


def district_report(material: Material) -> Report:
    """Return the report on all schools, for the district alone."""
    return _report(
        material,
        district_blocks(material),
        _("Level of AI education of the district's schools"),
        material.title,
    )
