"""The figures behind the audits."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Reference, Row, Text
from xuequ.core.ordering import natural_key
from xuequ.engines.growth.audits.verdicts import AuditCode, AuditVerdict
from xuequ.systems.growth.audit_wording import MISSING, MODELS, TEXTS, VERDICTS
from xuequ.systems.growth.choices import Verdict
from xuequ.systems.growth.shapes import GROWTH, HIGH, LOW, NAME, PUPILS, in_sd, integer, one_row, percent

IN_SHARE = {AuditCode.FIT, AuditCode.CEILING}
IN_SD = {
    AuditCode.INTAKE, AuditCode.SUBGROUPS, AuditCode.LEAVERS, AuditCode.FALSIFICATION, AuditCode.FORMS,
    AuditCode.PERSISTENCE,
}  # fmt: skip
CONCERNED = frozenset({AuditVerdict.FAIL, AuditVerdict.CAUTION})


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One audit as it was stored: ``evidence`` is its table, whose school keys ``names`` turns into words."""

    code: AuditCode
    verdict: AuditVerdict
    statistic: float | None
    p: float | None
    numbers: Mapping[str, float]
    schools: tuple[str, ...]
    missing: str
    evidence: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Names:
    """How schools are called and where their pages are; a school that is not in it is left out of the figures."""

    names: Mapping[str, str]
    urls: Mapping[str, str]

    def rows(self, table: pl.DataFrame) -> list[dict[str, Any]]:
        """Return the rows of known schools in the order of their names."""
        known = [row for row in table.iter_rows(named=True) if row["school"] in self.names]
        return sorted(known, key=lambda row: natural_key(self.names[row["school"]]))


def overview(audits: Sequence[AuditLine]) -> Figure:
    """What each audit asks and what it says."""
    columns = (
        Column("name", _("audit")),
        Column("question", _("what is asked")),
        Column("verdict", _("found")),
    )
    rows = tuple(
        Row(one.code, (TEXTS[one.code].title, TEXTS[one.code].question, VERDICTS[one.verdict]))
        for one in audits
    )
    return Figure(
        "audits",
        FigureKind.TABLE,
        _("The audits of this evaluation"),
        columns,
        rows,
        caption=_(
            "The audits ask whether the evaluation can be relied on. They judge no school; a test at the level of"
            " one in a hundred and a difference that matters are both needed before one speaks up."
        ),
    )


def counts(audits: Sequence[AuditLine]) -> Figure:
    """How many audits say what."""
    columns = (
        integer("all", _("audits")),
        integer("sound", _("nothing found")),
        integer("caution", _("use with care")),
        integer("fail", _("find out first")),
        integer("absent", _("cannot be looked at")),
    )
    said = [one.verdict for one in audits]
    order = (AuditVerdict.SOUND, AuditVerdict.CAUTION, AuditVerdict.FAIL, AuditVerdict.NOT_POSSIBLE)
    cells = (len(said), *(said.count(verdict) for verdict in order))
    return one_row("audit-counts", _("Audits by what they say"), columns, cells)


def numbers(audits: Sequence[AuditLine]) -> Figure:
    """The number and the test of each audit."""
    columns = (
        Column("name", _("audit")),
        percent("share", _("share"), 1),
        in_sd("sd", _("difference")),
        Column("number", _("value"), ColumnKind.NUMBER, 2),
        Column("p", _("p, adjusted"), ColumnKind.NUMBER, 4),
        integer("schools", _("schools concerned")),
        integer("flagged", _("one by one")),
        integer("remaining", _("when all are looked at together")),
        integer("chance", _("by chance")),
        Column("missing", _("what is missing")),
    )
    return Figure(
        "audit-numbers",
        FigureKind.TABLE,
        _("The audits in numbers"),
        columns,
        tuple(Row(one.code, _number_cells(one)) for one in audits),
        caption=_(
            "What each number is and from where on it matters stands in the description of the methods."
        ),
    )


def _number_cells(one: AuditLine) -> tuple[Cell, ...]:
    value = one.statistic
    counted = one.code == AuditCode.MULTIPLICITY
    return (
        TEXTS[one.code].title,
        value if one.code in IN_SHARE else None,
        value if one.code in IN_SD else None,
        None if counted or one.code in IN_SHARE | IN_SD else value,
        one.p,
        len(one.schools),
        round(one.numbers["flagged"]) if "flagged" in one.numbers else None,
        round(value) if counted and value is not None else None,
        round(one.numbers["chance"]) if "chance" in one.numbers else None,
        MISSING.get(one.missing, "") if one.missing else None,
    )


def evidence(audits: Sequence[AuditLine], names: Names) -> Iterator[Figure]:
    """Yield the figure behind each audit that has one."""
    for one in audits:
        draw = _DRAWN.get(one.code)
        if draw is not None and not one.evidence.is_empty():
            yield draw(one, names)


def _grid(one: AuditLine, _names: Names) -> Figure:
    columns = (
        Column("start", _("starting point, tenth")),
        Column("growth", _("growth, tenth")),
        percent("share", _("share of the tenth")),
        PUPILS,
    )
    rows = tuple(
        Row(
            f"{row['start']}-{row['growth']}",
            (str(row["start"]), str(row["growth"]), row["share"], row["pupils"]),
        )
        for row in one.evidence.iter_rows(named=True)
    )
    return Figure(
        "audit-fit",
        FigureKind.MATRIX,
        _("Growth for weak and strong starters"),
        columns,
        rows,
        roles={"label": "start", "column": "growth", "value": "share"},
        caption=_(
            "One tenth of each row should stand in each field. The first row holds the weakest starters."
        ),
        alt=_(
            "A grid of ten by ten fields: tenths of the starting point by tenths of growth within schools."
        ),
    )


def _intake(one: AuditLine, names: Names) -> Figure:
    columns = (
        NAME,
        in_sd("intake", _("school's mean starting point")),
        GROWTH,
        PUPILS,
    )
    return Figure(
        "audit-intake",
        FigureKind.QUADRANT,
        _("Growth and intake, when the intake is left out of the model"),
        columns,
        _rows(one, names, ("intake", "effect", "n")),
        roles={"label": "name", "x": "intake", "y": "effect", "size": "n"},
        caption=_("Where the points rise or fall together, part of the “growth” is the intake."),
        alt=_("Each school by its mean starting point and by its growth in a model without that mean."),
        references=(Reference("x", 0.0, _("average start")), Reference("y", 0.0, _("average school"))),
    )


def _groups(one: AuditLine, names: Names) -> Figure:
    columns = (
        Column("group", _("group")),
        in_sd("gap", _("reached beyond expectation")),
        LOW,
        HIGH,
        PUPILS,
    )
    rows = tuple(
        Row(
            f"{place}",
            (
                f"{names.names.get(row['factor'], row['factor'])}：{group_name(row['group'])}",
                row["gap"],
                row["gap"] - 2 * row["se"],
                row["gap"] + 2 * row["se"],
                row["pupils"],
            ),
        )
        for place, row in enumerate(one.evidence.iter_rows(named=True))
    )
    return Figure(
        "audit-subgroups",
        FigureKind.INTERVAL,
        _("Groups of pupils against their expectation"),
        columns,
        rows,
        roles={"label": "group", "value": "gap", "low": "low", "high": "high"},
        caption=_("Ranges of two standard errors; pupils are compared within their schools."),
        alt=_("Intervals of the mean residual of each group around zero."),
        references=(Reference("x", 0.0, _("as expected")),),
    )


def group_name(text: str) -> str:
    """Return a group of pupils in words: the engine names thirds of a number."""
    thirds = {
        "lowest third": gettext("lowest third"),
        "middle third": gettext("middle third"),
        "highest third": gettext("highest third"),
    }
    return thirds.get(text, text)


def _ends(one: AuditLine, names: Names) -> Figure:
    columns = (
        Column("test", _("test")),
        Column("end", _("end of the scale")),
        Column("at", _("score"), ColumnKind.NUMBER, 1),
        PUPILS,
        percent("share", _("share"), 1),
        percent("expected", _("expected share"), 1),
        percent("excess", _("more than expected"), 1),
    )
    ends: dict[str, Text] = {"highest": _("highest score"), "lowest": _("lowest score")}
    rows = tuple(
        Row(
            f"{place}",
            (
                names.names.get(row["column"], row["column"]),
                ends[row["end"]],
                row["at"],
                row["pupils"],
                row["share"],
                row["expected"],
                row["excess"],
            ),
        )
        for place, row in enumerate(one.evidence.iter_rows(named=True))
    )
    return Figure("audit-ceiling", FigureKind.TABLE, _("Pupils at the ends of the scales"), columns, rows)


def _missing(one: AuditLine, names: Names) -> Figure:
    columns = (
        NAME,
        in_sd("gain", _("growth, plain mean")),
        in_sd("low", _("if the missing had grown least")),
        in_sd("high", _("if the missing had grown most")),
        integer("missing", _("without an outcome")),
        in_sd("gap", _("start of the missing against the others")),
    )
    table = one.evidence.drop_nulls("gain")
    return Figure(
        "audit-leavers",
        FigureKind.INTERVAL,
        _("How far the missing pupils could move a school's growth"),
        columns,
        _rows(one, names, ("gain", "low", "high", "missing", "gap"), table),
        roles={"label": "name", "value": "gain", "low": "low", "high": "high"},
        caption=_(
            "The ends say what the plain mean would be if all missing pupils had grown like the lowest or like the"
            " highest tenth of the district."
        ),
        alt=_("For each school the plain mean of growth with its lowest and highest possible value."),
        references=(Reference("x", 0.0, _("average school")),),
    )


def _past(one: AuditLine, names: Names) -> Figure:
    columns = (
        NAME,
        in_sd("gain", _("growth, plain mean")),
        in_sd("other", _("result from before, given the start")),
        PUPILS,
    )
    return Figure(
        "audit-falsification",
        FigureKind.QUADRANT,
        _("Growth and results from before the pupils entered"),
        columns,
        _rows(one, names, ("gain", "other", "n")),
        roles={"label": "name", "x": "gain", "y": "other", "size": "n"},
        caption=_(
            "Nothing that a school does now can move a result from before: the points should form no line."
        ),
        alt=_("Each school by its growth and by what its pupils had reached before they entered it."),
        references=(Reference("x", 0.0, ""), Reference("y", 0.0, "")),
    )


def _models(one: AuditLine, _names: Names) -> Figure:
    columns = (
        Column("model", _("model")),
        Column("correlation", _("rank correlation with the main model"), ColumnKind.NUMBER, 2),
        integer("moved", _("schools that change place by more than a quarter")),
    )
    rows = tuple(
        Row(row["model"], (MODELS.get(row["model"], row["model"]), row["correlation"], row["moved"]))
        for row in one.evidence.iter_rows(named=True)
    )
    return Figure(
        "audit-models",
        FigureKind.BARS,
        _("The main model beside others"),
        columns,
        rows,
        roles={"label": "model", "value": "correlation"},
        caption=_(
            "The plain difference of standard scores is shown because it is common; it favours low starts."
        ),
        alt=_("Bars: how closely the order of schools in each model follows that of the main model."),
    )


def _reliability(one: AuditLine, names: Names) -> Figure:
    columns = (NAME, Column("reliability", _("reliability"), ColumnKind.NUMBER, 2), PUPILS)
    return Figure(
        "audit-reliability",
        FigureKind.TABLE,
        _("How much of a school's difference its data resolve"),
        columns,
        _rows(one, names, ("reliability", "n")),
    )


def _lasting(one: AuditLine, names: Names) -> Figure:
    columns = (
        NAME,
        in_sd("gain", _("growth in this test")),
        in_sd("other", _("growth in the later one")),
        in_sd("excess", _("more than usual")),
        Column("p", _("p, adjusted"), ColumnKind.NUMBER, 4),
        PUPILS,
    )
    return Figure(
        "audit-persistence",
        FigureKind.TABLE,
        _("Growth in this test and in a later one"),
        columns,
        _rows(one, names, ("gain", "other", "excess", "p", "n")),
    )


def _together(one: AuditLine, names: Names) -> Figure:
    columns = (
        NAME,
        GROWTH,
        Column("verdict", _("one by one")),
        Column("remains", _("when all are looked at together")),
        Column("p", _("p"), ColumnKind.NUMBER, 4),
    )
    said = {True: _("remains"), False: _("may be chance")}
    flagged = one.evidence.filter(pl.col("verdict") != "cannot-tell")
    rows = tuple(
        Row(
            row["school"],
            (
                names.names[row["school"]],
                row["effect"],
                Verdict(row["verdict"]).label,
                said[row["remains"]],
                row["p"],
            ),
            names.urls.get(row["school"], ""),
        )
        for row in names.rows(flagged)
    )
    return Figure(
        "audit-multiplicity",
        FigureKind.TABLE,
        _("Schools that stand out, one by one and together"),
        columns,
        rows,
    )


def _rows(
    one: AuditLine, names: Names, columns: Sequence[str], table: pl.DataFrame | None = None
) -> tuple[Row, ...]:
    found = names.rows(one.evidence if table is None else table)
    return tuple(
        Row(
            row["school"],
            (names.names[row["school"]], *(row[column] for column in columns)),
            names.urls.get(row["school"], ""),
        )
        for row in found
    )


_DRAWN: Mapping[str, Callable[[AuditLine, Names], Figure]] = {
    AuditCode.FIT: _grid,
    AuditCode.INTAKE: _intake,
    AuditCode.SUBGROUPS: _groups,
    AuditCode.CEILING: _ends,
    AuditCode.LEAVERS: _missing,
    AuditCode.FALSIFICATION: _past,
    AuditCode.MODELS: _models,
    AuditCode.RELIABILITY: _reliability,
    AuditCode.PERSISTENCE: _lasting,
    AuditCode.MULTIPLICITY: _together,
}
