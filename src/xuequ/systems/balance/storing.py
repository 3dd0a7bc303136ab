"""How verdicts become rows and JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from xuequ.engines.balance.judging import Found, Judged
from xuequ.systems.balance import weak
from xuequ.systems.balance.book import Book, SchoolPlace
from xuequ.systems.balance.judging import MOST_NAMED, Coefficient, Verdicts
from xuequ.systems.balance.models import ItemResult, Judgement, SchoolResult, WeakRule

Json = dict[str, Any]


def findings(book: Book, verdicts: Verdicts) -> Json:
    """What concerns the county, for the database; schools are named by primary key."""
    return {
        "verdict": verdicts.verdict,
        "deciding": list(verdicts.deciding),
        "items": [_found(one) for one in verdicts.found],
        "schools": counts(verdicts),
        "stages": list(verdicts.compliance.stages.iter_rows(named=True)),
        "coefficients": [_coefficient(one) for one in verdicts.coefficients],
        "retention": [
            {
                "reading": reading,
                "value": None if one.value is None else float(one.value),
                "verdict": one.verdict,
            }
            for reading, one in verdicts.readings.items()
        ],
        "reading": verdicts.reading,
        "depends_on_reading": verdicts.depends_on_reading,
        "to_confirm": list(verdicts.to_confirm),
        "without_pupils": [school.pk for school in verdicts.without_pupils],
        "sections": {
            section.key: {
                "school": section.school.pk,
                "part": section.part,
                "pupils": verdicts.enrolled[section.key],
            }
            for section in book.sections()
        },
    }


def counts(verdicts: Verdicts) -> Json:
    """Schools judged and complying; a nine-year school complies when both parts do."""
    found: dict[str, list[bool | None]] = {}
    for row in verdicts.compliance.schools.iter_rows(named=True):
        found.setdefault(row["school"].split("/")[0], []).append(row["complies"])
    return {"judged": len(found), "complying": sum(all(parts) for parts in found.values())}


def _found(one: Found) -> Json:
    deciding = [part for part in one.judged if part.verdict == one.verdict and one.verdict != "met"]
    return {
        "code": one.code, "group": one.group, "name": one.name, "verdict": one.verdict, "reason": one.reason,
        "to_confirm": one.to_confirm, "note": one.note, "count": len(deciding), "conditions": len(one.judged),
        "judged": [_judged(part) for part in (deciding or _county_only(one))[:MOST_NAMED]],
    }  # fmt: skip


def _county_only(one: Found) -> "list[Judged]":
    """What was compared, where it is met: the county's conditions, not one for each school."""
    return [part for part in one.judged if not part.school]


def _judged(part: Judged) -> Json:
    return {
        "name": part.name, "school": part.school.split("/")[0], "part": part.school.partition("/")[2],
        "verdict": part.verdict, "reason": part.reason, "direction": part.direction, "answer": part.answer,
        "value": None if part.value is None else float(part.value),
        "threshold": None if part.threshold is None else float(part.threshold), "missing": list(part.missing),
    }  # fmt: skip


def _coefficient(one: Coefficient) -> Json:
    names = (
        "stage", "code", "name", "cv", "limit", "met", "plain", "plain_met", "mean", "sd", "gini", "theil", "between",
        "within",
    )  # fmt: skip
    found = {name: getattr(one, name) for name in names}
    without = one.without or {}
    strongest = max(without, key=lambda key: abs(without[key] - (one.cv or 0.0)), default="")
    return found | {
        "areas": [dict(area) for area in one.areas],
        "flips": list(one.flips),
        "strongest": strongest,
        "without": without,
        "curve": [list(point) for point in one.curve],
    }


def school_results(
    judgement: Judgement, book: Book, verdicts: Verdicts
) -> "list[tuple[SchoolResult, list[ItemResult]]]":
    """Rows of each school with its items; the worse part speaks for the school."""
    items = verdicts.compliance.items.with_columns(
        pk=pl.col("school").str.split("/").list.get(0).cast(pl.Int64),
        part=pl.col("school").str.split("/").list.get(1),
    )
    sections = {row["school"]: row for row in verdicts.compliance.schools.iter_rows(named=True)}
    pupils = verdicts.enrolled
    found = []
    for school in book.schools:
        own = items.filter(pk=school.pk)
        if own.height:
            parts = list(_parts(school, own, sections, pupils))
            result = _result(judgement, school, parts)
            rows = [_item(result, row) for row in own.iter_rows(named=True)]
            found.append((result, rows))
    return found


def _parts(
    school: SchoolPlace, items: pl.DataFrame, sections: Mapping[str, Json], pupils: Mapping[str, float]
) -> Iterator[Json]:
    for part in school.parts:
        own, key = items.filter(part=part), f"{school.pk}/{part}"
        if own.height:
            gaps = [_gap(row) for row in own.iter_rows(named=True)]
            known = [gap for gap in gaps if gap is not None]
            row = sections[key]
            yield {
                "part": part, "pupils": int(pupils[key]), "complies": row["complies"],
                "met": row["met"] + row["waived"], "unmet": row["missed"], "missing": row["missing"],
                "below_floor": row["below_floor"], "shortfall": sum(known) / len(gaps),
                "shortfall_high": (sum(known) + len(gaps) - len(known)) / len(gaps),
            }  # fmt: skip


def _gap(row: Mapping[str, Any]) -> float | None:
    """What is missing to the threshold as a share of it; None where nobody knows the amount."""
    if row["state"] in ("met", "waived"):
        return 0.0
    return None if row["value"] is None else min(1.0, row["short"] / row["threshold"])


def _result(judgement: Judgement, school: SchoolPlace, parts: "list[Json]") -> SchoolResult:
    worse = max(parts, key=lambda part: (part["unmet"], part["shortfall"]))
    verdicts = [part["complies"] for part in parts]
    complies = False if False in verdicts else None if None in verdicts else True
    return SchoolResult(
        judgement=judgement, school_id=school.pk, pupils=sum(part["pupils"] for part in parts), met=worse["met"],
        unmet=worse["unmet"], missing=max(part["missing"] for part in parts), shortfall=worse["shortfall"],
        shortfall_high=max(part["shortfall_high"] for part in parts), complies=complies, parts=parts,
    )  # fmt: skip


def _item(result: SchoolResult, row: Mapping[str, Any]) -> ItemResult:
    return ItemResult(
        result=result, part=row["part"], code=row["code"], value=row["value"], threshold=row["threshold"],
        reached=row["reached"], short=row["short"], amount=row["amount"], state=row["state"], reason=row["reason"],
    )  # fmt: skip


def weigh(
    result: SchoolResult, rule: WeakRule, growth: float | None, star: float | None, upheld: bool
) -> None:
    """Set whether the school counts as weak, with the signs; an objection that was upheld overrules them."""
    found = weak.signs(rule, unmet=result.unmet, shortfall=result.shortfall, growth_high=growth, star=star)
    result.signs = [sign.as_json() for sign in found]
    result.overruled = upheld and weak.is_weak(rule, found)
    result.weak = weak.is_weak(rule, found) and not upheld
