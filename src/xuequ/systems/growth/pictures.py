"""The figures of growth: each one frozen object from which table, chart, spreadsheet and print are made."""

from collections.abc import Iterable

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Reference, Row, Text
from xuequ.engines.growth.findings import BANDS
from xuequ.systems.growth.choices import SHORT_BANDS, Band, Verdict
from xuequ.systems.growth.material import ClassLine, Material, SchoolLine
from xuequ.systems.growth.shapes import GROWTH, HIGH, LOW, NAME, PUPILS, SD, in_sd, integer, percent
from xuequ.systems.growth.wording import MODELS, term_text


def overview(material: Material) -> Figure:
    """The counts that the first sentence states."""
    told = material.distinguishability
    main = material.models[0]
    columns = (
        integer("schools", _("schools")),
        integer("pupils", _("pupils in the model")),
        integer("above", _("clearly above the average")),
        integer("below", _("clearly below the average")),
        integer("cannot_tell", _("cannot be told from the average")),
        integer("too_few", _("too few pupils")),
        percent("distinct", _("pairs of schools that can be told apart")),
        percent("icc", _("share of the differences that lies between schools")),
    )
    cells = (
        told.schools, main.n, told.above, told.below, told.cannot_tell, told.too_few,
        told.distinct_pairs / told.pairs if told.pairs else None, main.icc,
    )  # fmt: skip
    return Figure(
        code="overview",
        kind=FigureKind.TABLE,
        title=_("The evaluation in numbers"),
        columns=columns,
        rows=(Row("all", cells),),
        caption=format_lazy(
            _(
                "Outcome: {outcome}. Starting point: {prior}. Pairs are counted as told apart when the"
                " difference stays certain"
                " among all pairs looked at together."
            ),
            outcome=material.outcome,
            prior=material.prior,
        ),
        run=material.run,
    )


def effects(material: Material) -> Figure:
    """Growth with prediction intervals, by need and then by name."""
    columns: tuple[Column, ...] = (
        NAME, GROWTH, LOW, HIGH,
        Column("verdict", _("what can be said")),
        percent("share_above", _("pupils above expectation")),
        Column("reliability", _("reliability"), ColumnKind.NUMBER, 2),
        PUPILS,
    )  # fmt: skip
    rows = tuple(Row(line.key, _effect_cells(line), line.url) for line in material.schools)
    sd = material.outcome_sd
    if sd is not None and not 0.5 < sd < 2:
        # An outcome that is standardised already has no points of its own.
        columns = (*columns, Column("points", _("growth in points of the test"), ColumnKind.SIGNED, 1))
        effect = {line.key: line.effect for line in material.schools}
        rows = tuple(Row(r.key, (*r.cells, _scaled(effect[r.key], sd)), r.url) for r in rows)
    return Figure(
        code="effects",
        kind=FigureKind.INTERVAL,
        title=_("Growth by school, with the range in which it lies"),
        columns=columns,
        rows=rows,
        roles={"label": "name", "value": "effect", "low": "low", "high": "high"},
        caption=format_lazy(
            _(
                "Zero is the average school of this run. A range holds the school's growth with a certainty"
                " of {certainty}; where"
                " it crosses zero the school cannot be told from the average. Schools stand in the order of"
                " need, then of name;"
                " the order is not a ranking."
            ),
            certainty=f"{material.design.confidence:.0%}",
        ),
        alt=_("Intervals of growth for each school around the average school of the run."),
        run=material.run,
        references=(Reference("x", 0.0, _("average school")),),
    )


def _scaled(effect: float | None, sd: float) -> float | None:
    return None if effect is None else effect * sd


def _effect_cells(line: SchoolLine) -> tuple[str | int | float | Text | None, ...]:
    # A share of a handful of pupils would be about persons.
    share = None if line.effect is None else line.share_above
    return (
        line.name, line.effect, line.low, line.high, Verdict(line.verdict).label, share, line.reliability, line.n,
    )  # fmt: skip


def quadrants(material: Material) -> Figure:
    """Growth against level."""
    columns = (NAME, in_sd("level", _("present level")), GROWTH, PUPILS)
    shown = [line for line in material.schools if line.effect is not None]
    return Figure(
        code="quadrants",
        kind=FigureKind.QUADRANT,
        title=_("Growth and level"),
        columns=columns,
        rows=tuple(Row(line.key, (line.name, line.level, line.effect, line.n), line.url) for line in shown),
        roles={"label": "name", "x": "level", "y": "effect", "size": "n"},
        caption=_(
            "To the right: pupils who stand high today. Above: pupils who came further than others with the"
            " same start. A"
            " low level with much growth is good work under hard conditions."
        ),
        alt=_("Each school by its level and its growth, in four fields around the averages."),
        run=material.run,
        references=(Reference("x", 0.0, _("average level")), Reference("y", 0.0, _("average school"))),
    )


def distribution(material: Material, line: SchoolLine | None = None) -> Figure:
    """Shares of pupils by how far they came, for all schools and, beside it, one."""
    columns = (
        Column("band", _("how far pupils came")),
        percent("share", _("share of pupils")),
        Column("group", _("where")),
    )
    total = material.shares()
    rows = [
        Row(f"all-{band}", (SHORT_BANDS[Band(band)], total.get(band), _("all schools"))) for band in BANDS
    ]
    if line is not None and line.bands:
        rows += [
            Row(f"own-{band}", (SHORT_BANDS[Band(band)], line.bands.get(band, 0.0), line.name))
            for band in BANDS
        ]
    return Figure(
        code="distribution",
        kind=FigureKind.DISTRIBUTION,
        title=_("How far pupils came"),
        columns=columns,
        rows=tuple(rows),
        roles={"label": "band", "value": "share", "group": "group"},
        caption=_("Pupils are compared with pupils who started alike, in the whole evaluation."),
        alt=_(
            "Shares of pupils in five bands from much less to much further than pupils with the same start."
        ),
        run=material.run,
    )


def coverage(material: Material, lines: Iterable[SchoolLine]) -> Figure:
    """Who is in the evaluation and who is not."""
    columns = (
        NAME,
        integer("enrolled", _("enrolled")),
        integer("with_prior", _("with a starting point")),
        integer("with_outcome", _("with an outcome")),
        integer("n", _("in the model")),
        percent("coverage", _("coverage")),
        Column(
            "gap",
            _("start of the missing against the others"),
            ColumnKind.SIGNED,
            2,
            SD,
            help=_("Far below zero: weak pupils are missing, and the school's growth may look too good."),
        ),
    )
    rows = tuple(
        Row(
            line.key,
            (
                line.name,
                line.enrolled,
                line.with_prior,
                line.with_outcome,
                line.n,
                line.coverage,
                line.prior_gap,
            ),
            line.url,
        )
        for line in lines
    )
    return Figure(
        code="coverage",
        kind=FigureKind.TABLE,
        title=_("Who is in the evaluation"),
        columns=columns,
        rows=rows,
        caption=_(
            "Pupils enrolled on the day of the outcome; a pupil without one of the two results cannot be used."
        ),
        run=material.run,
    )


def models(material: Material) -> Figure:
    """The main model beside the others."""
    columns = (
        Column("model", _("model")),
        PUPILS,
        percent("explained", _("explained by the start and factors")),
        percent("icc", _("share between schools of the rest")),
        Column("correlation", _("agreement of the order with the main model"), ColumnKind.NUMBER, 2),
        integer("changed", _("schools of which something else would be said")),
        Column("formula", _("formula")),
    )
    rows = tuple(
        Row(m.code, (MODELS[m.code], m.n, m.explained, m.icc, m.correlation, m.changed, m.formula))
        for m in material.models
    )
    return Figure(
        code="models",
        kind=FigureKind.TABLE,
        title=_("The model, and others beside it"),
        columns=columns,
        rows=rows,
        caption=_(
            "A value that changes much from one model to the next should not be built on. Factors are associations."
        ),
        run=material.run,
    )


def coefficients(material: Material) -> Figure:
    """The coefficients of the main model."""
    columns = (
        Column("term", _("predictor")),
        Column("estimate", _("estimate"), ColumnKind.SIGNED, 3),
        Column("se", _("standard error"), ColumnKind.NUMBER, 3),
    )
    main = material.models[0]
    return Figure(
        code="coefficients",
        kind=FigureKind.TABLE,
        title=_("Coefficients of the main model"),
        columns=columns,
        rows=tuple(Row(term.name, (term_text(term.name), term.estimate, term.se)) for term in main.terms),
        caption=_("In standard deviations of the outcome."),
        run=material.run,
    )


def sensitivity(material: Material) -> Figure:
    """Each school under each model."""
    others = [model.code for model in material.models if model.code != "main"]
    columns = (NAME, GROWTH, *(Column(code, MODELS[code], ColumnKind.SIGNED, 2, SD) for code in others))
    shown = [line for line in material.schools if line.effect is not None]
    return Figure(
        code="sensitivity",
        kind=FigureKind.TABLE,
        title=_("Growth under each model"),
        columns=columns,
        rows=tuple(
            Row(
                line.key,
                (line.name, line.effect, *(line.alternatives.get(code) for code in others)),
                line.url,
            )
            for line in shown
        ),
        run=material.run,
    )


def classes(material: Material, lines: Iterable[ClassLine]) -> Figure:
    """The classes of one school, against the school."""
    columns = (
        Column("name", _("class of pupils")),
        in_sd("within", _("against the school's own average")),
        LOW,
        HIGH,
        PUPILS,
    )
    rows = tuple(
        Row(line.key, (line.name, line.within, line.within_low, line.within_high, line.n), line.url)
        for line in lines
    )
    return Figure(
        code="classes",
        kind=FigureKind.INTERVAL,
        title=_("Classes within the school"),
        columns=columns,
        rows=rows,
        roles={"label": "name", "value": "within", "low": "low", "high": "high"},
        caption=_(
            "Pupils of the class against the school's other pupils with the same start. It describes the"
            " pupils and is no"
            " measure of any teacher: who is placed in a class is not chance."
        ),
        alt=_("Intervals of the classes around the average of the school."),
        run=material.run,
        references=(Reference("x", 0.0, _("own school")),),
    )


def spread(material: Material, own: SchoolLine) -> Figure:
    """A school's own value among the others, which have no names: for those who see one school."""
    values = sorted(
        line.effect for line in material.schools if line.effect is not None and line.key != own.key
    )
    parts = (0.1, 0.25, 0.5, 0.75, 0.9)
    columns = (
        Column("what", _("position")),
        GROWTH,
        LOW,
        HIGH,
        Column("own", _("remark")),
    )
    # With few schools a quantile would be one school's value, and a reader might know whose.
    enough = len(values) >= 10
    rows = [Row("own", (own.name, own.effect, own.low, own.high, _("this school")))]
    if enough:
        labels = (_("a tenth of the schools lie below"), _("a quarter lies below"), _("half lie below"),
                  _("three quarters lie below"), _("nine tenths lie below"))  # fmt: skip
        rows += [
            Row(f"q{round(100 * part)}", (label, _quantile(values, part), None, None, None))
            for part, label in zip(parts, labels, strict=True)
        ]
    return Figure(
        code="spread",
        kind=FigureKind.INTERVAL,
        title=_("This school and the spread of the others"),
        columns=columns,
        rows=tuple(rows),
        roles={"label": "what", "value": "effect", "low": "low", "high": "high", "highlight": "own"},
        caption=_("Zero is the average school of this run. Other schools are not named."),
        alt=_("The interval of this school beside the spread of the other schools."),
        run=material.run,
        references=(Reference("x", 0.0, _("average school")),),
    )


def _quantile(values: list[float], part: float) -> float:
    place = part * (len(values) - 1)
    below = int(place)
    above = min(below + 1, len(values) - 1)
    return values[below] + (values[above] - values[below]) * (place - below)
