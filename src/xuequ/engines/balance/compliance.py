"""Whether schools and the district meet a set of indicators, by how much not, and with which exceptions.

In the manner of 教督〔2017〕6号: a school may miss ``may_miss`` indicators if it reaches ``floor`` of each; a stage
complies when the asked share of its schools does and every limit of the official coefficient is kept. Thresholds are
compared without rounding, as the decimal numbers that the file shows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from xuequ.engines.balance.exact import fraction, within
from xuequ.engines.balance.indicators import Exemption, Indicator, IndicatorSet
from xuequ.engines.balance.inputs import Array, amounts_or_missing, refuse_mixed_units, texts
from xuequ.engines.balance.sections import Sections, sections
from xuequ.engines.errors import InputError

MET, MISSED, WAIVED, MISSING = "met", "missed", "waived", "missing"


@dataclass(frozen=True, slots=True)
class Compliance:
    """What is met.

    Attributes
    ----------
    items : stage, school, code, value, threshold, reached (share of the threshold; for at-most the threshold over
        the value), short (how much the value misses), amount (what that is in the columns' own unit), state
        (``met``, ``missed``, ``waived`` by an exception, ``missing`` without data), reason (of the exception)
    schools : stage, school, met, missed, waived, missing (counts), below_floor, complies (null while data are missing
        and the rest does not decide)
    indicators : stage, code, name, status, schools, met, share, share_required, share_met, cv, cv_limit, cv_met,
        cv_plain, cv_plain_met (the plain coefficient, for comparison only)
    stages : stage, schools, complying, share, share_required, complies
    left_out : schools that the rules leave out, with the reason
    to_confirm : codes whose thresholds nobody has compared with the source yet
    """

    items: pl.DataFrame
    schools: pl.DataFrame
    indicators: pl.DataFrame
    stages: pl.DataFrame
    left_out: tuple[tuple[str, str], ...]
    to_confirm: tuple[str, ...]

    @property
    def complies(self) -> bool | None:
        """Whether all stages comply; None while data are missing and the rest does not decide."""
        return _all(self.stages["complies"].to_list())


def comply(
    table: pl.DataFrame,
    rules: IndicatorSet,
    *,
    pupils: str = "pupils",
    school: str = "school",
    stage: str = "stage",
) -> Compliance:
    """Judge a table with one row for each school.

    Raises
    ------
    InputError
        What ``sections`` raises, ``unknown-column``, ``negative``, ``mixed-units``, ``unknown-school`` (an
        exception for a school that is not there), ``ground-not-given`` (an exception for small rural schools at one
        that is not) or ``no-indicators`` (a stage for which the document has none).
    """
    found = sections(table, pupils, school=school, stage=stage)
    _refuse_strangers(rules.exceptions, found)
    _refuse_grounds(rules.exceptions, found, table)
    items, indicators = [], []
    for own in found.stages():
        if not rules.of(own):
            raise InputError("no-indicators", f"the document has no indicator for stage {own!r}")
        for one in rules.of(own):
            part = _items(one, rules, found, own, _amounts(table, one, found))
            items += part.rows
            indicators.append(_indicator(one, own, part, found.pupils[found.at(own)]))
    by_item = pl.DataFrame(items, schema=_ITEMS, orient="row")
    by_school = _schools(by_item, rules)
    by_indicator = pl.DataFrame(indicators, schema=_INDICATORS, orient="row")
    return Compliance(
        items=by_item,
        schools=by_school,
        indicators=by_indicator,
        stages=_stages(by_school, by_indicator, rules),
        left_out=found.left_out,
        to_confirm=tuple(dict.fromkeys(one.code for one in rules.indicators if one.status != "verified")),
    )


def _refuse_strangers(exceptions: Sequence[Exemption], found: Sections) -> None:
    for entry in exceptions:
        if entry.school not in found.school:
            message = f"an exception names school {entry.school!r}, which the table does not count"
            raise InputError("unknown-school", message, value=entry.school)


RURAL, RURAL_PUPILS = "rural", (50, 99)


def _refuse_grounds(exceptions: Sequence[Exemption], found: Sections, table: pl.DataFrame) -> None:
    """Only rural schools of 50 to 99 pupils count teachers who come by turns or in part."""
    enrolled, rural = _enrolled(found, table.height), texts(table, RURAL)
    for entry in exceptions:
        if entry.ground != "rural-small":
            continue
        row = int(found.row[found.school.index(entry.school)])
        fits = RURAL_PUPILS[0] <= enrolled[row] <= RURAL_PUPILS[1]
        if not fits or rural[row].lower() in ("0", "no", "false", "否"):
            message = f"school {entry.school!r} is no rural school of 50 to 99 pupils"
            raise InputError("ground-not-given", message, row=row + 1, value=entry.school)


def _amounts(table: pl.DataFrame, one: Indicator, found: Sections) -> Array:
    """The amount of each row in the columns' own unit, NaN where a column is empty; mixed units refused."""
    total = np.zeros(table.height)
    counted = np.zeros(table.height, dtype=bool)
    counted[found.row] = True
    enrolled = _enrolled(found, table.height)
    for name in one.columns:
        values = amounts_or_missing(table, name.removeprefix("-"))
        judged = values / enrolled if one.per_pupil else values
        refuse_mixed_units(np.where(counted, judged, np.nan), name.removeprefix("-"))
        total += -values if name.startswith("-") else values
    # A school that the rules leave out may write what it likes.
    wrong = counted & (total < 0)
    if wrong.any():
        row = int(np.argmax(wrong)) + 1
        taken = next(name[1:] for name in one.columns if name.startswith("-"))
        message = f"indicator {one.code}: more is taken away than there is"
        raise InputError("negative", message, column=taken, row=row)
    return total


def _enrolled(found: Sections, rows: int) -> Array:
    """Pupils of the whole row: a section's own divided by its share."""
    result = np.full(rows, np.nan)
    result[found.row] = found.pupils / found.share
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The items of one indicator: its rows, and amounts for the coefficient (NaN where missing)."""

    rows: list[tuple[object, ...]]
    amounts: Array


_ITEMS = {
    "stage": pl.String, "school": pl.String, "code": pl.String, "value": pl.Float64, "threshold": pl.Float64,
    "reached": pl.Float64, "short": pl.Float64, "amount": pl.Float64, "state": pl.String, "reason": pl.String,
}  # fmt: skip


def _items(one: Indicator, rules: IndicatorSet, found: Sections, stage: str, raw: Array) -> _Part:
    rows, counted = [], []
    for i in found.at(stage):
        entry = next((e for e in rules.exceptions if (e.school, e.code) == (found.school[i], one.code)), None)
        share = found.share[i] if one.per_pupil else 1.0
        amount = float((raw[found.row[i]] + (entry.add or 0.0 if entry else 0.0)) * share)
        head = (stage, found.school[i], one.code)
        rows.append((*head, *_judged(one, amount, float(found.pupils[i]), entry)))
        # What does not depend on pupils is compared school by school, weighed by pupils all the same.
        counted.append(amount if one.per_pupil else amount * found.pupils[i])
    return _Part(rows, np.array(counted))


def _judged(one: Indicator, amount: float, pupils: float, entry: Exemption | None) -> tuple[object, ...]:
    reason = entry.reason if entry else ""
    waived = entry is not None and entry.add is None
    if np.isnan(amount):
        return None, one.threshold, None, None, None, WAIVED if waived else MISSING, reason
    unit = fraction(one.factor) / (fraction(pupils) if one.per_pupil else 1)
    value, threshold = fraction(amount) * unit, fraction(one.threshold)
    short = threshold - value if one.direction == "at-least" else value - threshold
    reached = _reached(float(value), one)
    state = MET if short <= 0 else WAIVED if waived else MISSED
    if short <= 0:
        return float(value), one.threshold, reached, 0.0, 0.0, state, reason
    return float(value), one.threshold, reached, float(short), float(short / unit), state, reason


def _reached(value: float, one: Indicator) -> float | None:
    if one.direction == "at-least":
        return value / one.threshold
    return one.threshold / value if value > 0 else None


_INDICATORS = {
    "stage": pl.String, "code": pl.String, "name": pl.String, "status": pl.String, "schools": pl.Int64,
    "met": pl.Int64, "share": pl.Float64, "share_required": pl.Float64, "share_met": pl.Boolean, "cv": pl.Float64,
    "cv_limit": pl.Float64, "cv_met": pl.Boolean, "cv_plain": pl.Float64, "cv_plain_met": pl.Boolean,
}  # fmt: skip


def _indicator(one: Indicator, stage: str, part: _Part, pupils: Array) -> tuple[object, ...]:
    states = [str(row[8]) for row in part.rows]
    met = sum(state in (MET, WAIVED) for state in states)
    unknown = states.count(MISSING)
    share_met = None if one.share is None else _reaches(met, unknown, len(states), one.share)
    head = (stage, one.code, one.name, one.status, len(states), met, met / len(states), one.share, share_met)
    return (*head, *_coefficients(part.amounts, pupils, one.cv))


def _coefficients(amounts: Array, pupils: Array, limit: float | None) -> tuple[object, ...]:
    """cv, its limit, met, plain cv, met; nothing while a school's amount is missing or all are zero."""
    if np.isnan(amounts).any() or not amounts.any():
        return None, limit, None, None, None
    X = amounts / pupils
    mean = float(np.average(X, weights=pupils))
    cv = float(np.sqrt(np.average((X - mean) ** 2, weights=pupils))) / mean
    plain = float(X.std() / X.mean())
    if limit is None:
        return cv, None, None, plain, None
    return cv, limit, within(amounts, pupils, limit), plain, plain <= limit


def _reaches(good: int, unknown: int, of: int, share: float) -> bool | None:
    """Whether a share is reached: True or False once the unknown cannot change it."""
    needed = fraction(share) * of
    if good >= needed:
        return True
    return None if good + unknown >= needed else False


_SCHOOLS = {
    "stage": pl.String, "school": pl.String, "met": pl.Int64, "missed": pl.Int64, "waived": pl.Int64,
    "missing": pl.Int64, "below_floor": pl.Int64, "complies": pl.Boolean,
}  # fmt: skip


def _schools(items: pl.DataFrame, rules: IndicatorSet) -> pl.DataFrame:
    rows = [
        _school(str(stage), str(school), part, rules)
        for (stage, school), part in items.group_by("stage", "school", maintain_order=True)
    ]
    return pl.DataFrame(rows, schema=_SCHOOLS, orient="row")


def _school(stage: str, school: str, part: pl.DataFrame, rules: IndicatorSet) -> tuple[object, ...]:
    counts = [part.filter(state=state).height for state in (MET, MISSED, WAIVED, MISSING)]
    deep = sum(_below(row, rules.floor) for row in part.filter(state=MISSED).iter_rows(named=True))
    missed, missing = counts[1], counts[3]
    complies: bool | None = missed <= rules.may_miss and not deep
    if complies and missing:
        complies = None
    return stage, school, *counts, deep, complies


def _below(row: dict[str, float], floor: float) -> bool:
    reached = row["reached"]
    return reached is None or fraction(reached) < fraction(floor)


_STAGES = {
    "stage": pl.String, "schools": pl.Int64, "complying": pl.Int64, "share": pl.Float64,
    "share_required": pl.Float64, "complies": pl.Boolean,
}  # fmt: skip


def _stages(schools: pl.DataFrame, indicators: pl.DataFrame, rules: IndicatorSet) -> pl.DataFrame:
    return pl.DataFrame(list(_stage_rows(schools, indicators, rules)), schema=_STAGES, orient="row")


def _stage_rows(
    schools: pl.DataFrame, indicators: pl.DataFrame, rules: IndicatorSet
) -> Iterator[tuple[object, ...]]:
    for stage in schools["stage"].unique(maintain_order=True):
        verdicts = schools.filter(stage=stage)["complies"].to_list()
        good, unknown = verdicts.count(True), verdicts.count(None)
        asked = indicators.filter(stage=stage)
        parts = [_reaches(good, unknown, len(verdicts), rules.share)]
        parts += asked.filter(pl.col("cv_limit").is_not_null())["cv_met"].to_list()
        parts += asked.filter(pl.col("share_required").is_not_null())["share_met"].to_list()
        yield stage, len(verdicts), good, good / len(verdicts), rules.share, _all(parts)


def _all(parts: Sequence[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True
