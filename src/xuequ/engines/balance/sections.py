"""Schools as the rules count them: by stage, with nine-year and complete schools split by their pupils.

教督〔2017〕6号 judges 小学 and 初中 apart. A nine-year school (九年一贯制) or complete secondary school (完全中学) is
split into its departments; each gets the share of the school's resources that it has of its pupils. A school that
counts its departments apart gives a row for each. Special and vocational schools, and teaching points of fewer than 50
pupils, are left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from xuequ.engines.balance.inputs import Array, amounts_or_missing, keys, positives, require, texts
from xuequ.engines.errors import InputError

PRIMARY, JUNIOR, ALL = "primary", "junior", "all"
PRIMARY_PUPILS, JUNIOR_PUPILS = "primary_pupils", "junior_pupils"
SMALL_POINT = 50

_WORDS = {
    "primary": "primary", "小学": "primary", "小学部": "primary",
    "junior": "junior", "初中": "junior", "初中部": "junior", "初级中学": "junior",
    "nine-year": "nine-year", "九年一贯制": "nine-year", "九年一贯制学校": "nine-year",
    "complete": "complete", "完全中学": "complete",
    "twelve-year": "twelve-year", "十二年一贯制": "twelve-year", "十二年一贯制学校": "twelve-year",
    "special": "special", "特殊教育": "special", "特殊教育学校": "special",
    "vocational": "vocational", "职业学校": "vocational", "中等职业学校": "vocational",
    "teaching-point": "teaching-point", "教学点": "teaching-point",
}  # fmt: skip
_DEPARTMENTS = {
    "nine-year": (PRIMARY, JUNIOR), "complete": (JUNIOR,), "twelve-year": (PRIMARY, JUNIOR),
}  # fmt: skip
_PUPILS = {PRIMARY: PRIMARY_PUPILS, JUNIOR: JUNIOR_PUPILS}


def taught(stage: str) -> frozenset[str]:
    """Return the stages that a school of this name of a stage teaches; an unknown name is a stage of its own.

    >>> sorted(taught("九年一贯制")), sorted(taught("高中"))
    (['junior', 'primary'], ['高中'])
    """
    word = _WORDS.get(stage, stage)
    return frozenset(_DEPARTMENTS.get(word, (word,)))


@dataclass(frozen=True, slots=True, eq=False)
class Sections:
    """Schools and departments in the order of the table.

    Attributes
    ----------
    school, stage, area : one text each; the area (片区) is empty when not given
    row : 0-based row of the table, shape (sections,)
    pupils : shape (sections,)
    share : part of the row's amounts that belongs to the section, shape (sections,), 0..1
    left_out : school and reason: ``special``, ``vocational`` or ``small-teaching-point``
    """

    school: tuple[str, ...]
    stage: tuple[str, ...]
    area: tuple[str, ...]
    row: np.ndarray[tuple[int], np.dtype[np.int64]]
    pupils: Array
    share: Array
    left_out: tuple[tuple[str, str], ...]

    def stages(self) -> tuple[str, ...]:
        """The stages that occur, primary first."""
        return tuple(stage for stage in (PRIMARY, JUNIOR, ALL) if stage in self.stage)

    def at(self, stage: str) -> list[int]:
        """The places of the sections of one stage."""
        return [i for i, own in enumerate(self.stage) if own == stage]


def sections(
    table: pl.DataFrame, pupils: str, *, school: str = "school", stage: str = "stage", area: str = "area"
) -> Sections:
    """Split the rows of a table into sections; without a column ``stage`` every row is one of stage ``all``.

    Raises
    ------
    InputError
        ``unknown-column``, ``missing-key``, ``duplicate-school``, ``unknown-stage``, ``zero-pupils``,
        ``pupils-differ`` (the departments' pupils against the school's), ``no-schools`` or what a number raises.
    """
    require(table, (school, pupils))
    reason = "a school without pupils has no amount per pupil; leave the row out"
    enrolled = positives(table, pupils, "zero-pupils", reason)
    kinds = kinds_of(table, stage)
    names, areas = keys(table, school), texts(table, area)
    found, left_out = [], []
    for row, kind in enumerate(kinds):
        why = why_left_out(kind, enrolled[row])
        if why:
            left_out.append((names[row], why))
        else:
            found += [(row, *part) for part in _parts(table, row, kind, enrolled[row])]
    _refuse_again([(names[row], part) for row, part, _ in found], [row for row, _, _ in found], school)
    if not found:
        raise InputError("no-schools", "no school is left that the rules count")
    rows = np.array([row for row, _, _ in found])
    own = np.array([count for _, _, count in found])
    return Sections(
        school=tuple(names[row] for row in rows),
        stage=tuple(part for _, part, _ in found),
        area=tuple(areas[row] for row in rows),
        row=rows,
        pupils=own,
        share=own / enrolled[rows],
        left_out=tuple(left_out),
    )


def kinds_of(table: pl.DataFrame, stage: str = "stage") -> list[str]:
    """What kind of school each row is; ``all`` without a column ``stage``. Raises what `sections` does."""
    if stage not in table.columns:
        return [ALL] * table.height
    found = []
    for row, word in enumerate(keys(table, stage), 1):
        if word not in _WORDS:
            known = "小学, 初中, 九年一贯制, 完全中学, 十二年一贯制, 教学点, 特殊教育, 职业学校"
            message = f"no such stage; write one of {known}"
            raise InputError("unknown-stage", message, column=stage, row=row, value=word)
        found.append(_WORDS[word])
    return found


def why_left_out(kind: str, pupils: float) -> str:
    """Why the rules do not count a school; empty where they do."""
    if kind == "teaching-point":
        return "small-teaching-point" if pupils < SMALL_POINT else ""
    return kind if kind in ("special", "vocational") else ""


def _parts(table: pl.DataFrame, row: int, kind: str, pupils: float) -> Iterator[tuple[str, float]]:
    """The departments of one row with their pupils."""
    if kind not in _DEPARTMENTS:
        yield (PRIMARY if kind == "teaching-point" else kind), pupils
        return
    counts = [_department(table, row, _PUPILS[stage]) for stage in _DEPARTMENTS[kind]]
    total = sum(counts)
    if total > pupils or (kind == "nine-year" and total != pupils):
        message = f"the departments have {total:g} pupils, the school {pupils:g}"
        raise InputError("pupils-differ", message, column=_PUPILS[_DEPARTMENTS[kind][-1]], row=row + 1)
    yield from zip(_DEPARTMENTS[kind], counts, strict=True)


def _department(table: pl.DataFrame, row: int, column: str) -> float:
    count = amounts_or_missing(table, column)[row]
    if not count > 0:
        message = "a school of several stages needs the pupils of each department"
        raise InputError("zero-pupils", message, column=column, row=row + 1)
    return float(count)


def _refuse_again(found: Sequence[tuple[str, str]], rows: Sequence[int], column: str) -> None:
    seen: set[tuple[str, str]] = set()
    for section, row in zip(found, rows, strict=True):
        if section in seen:
            message = "the same school and stage stand in two rows"
            raise InputError("duplicate-school", message, column=column, row=row + 1, value=section[0])
        seen.add(section)
