"""``xuequ growth fit --reliability`` and ``--sem``: a prior score measured with error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xuequ.cli.output import print_json, print_table
from xuequ.engines.errors import InputError

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.growth.errors_in_variables import CorrectedFit, PriorError
    from xuequ.engines.growth.formula import Formula


def prior_error(reliability: str | None, sem: str | None) -> PriorError | None:
    """The error that the options tell of; None without either."""
    from xuequ.engines.growth.errors_in_variables import PriorError

    if reliability is not None and sem is not None:
        raise InputError("reliability-or-sem", "give either --reliability or --sem")
    if reliability is not None:
        column, value = _pair(reliability, "--reliability prior=0.85")
        number = _number(value)
        if number is None:
            raise InputError("bad-reliability", f"{value!r} is not a number", column=column)
        return PriorError(column, reliability=number)
    if sem is not None:
        column, value = _pair(sem, "--sem prior=3.2")
        number = _number(value)
        return PriorError(column, sem=value if number is None else number)
    return None


def extra_columns(error: PriorError) -> list[str]:
    """Columns to be read beside those of the formula."""
    return [error.sem] if isinstance(error.sem, str) else []


def fitted(table: pl.LazyFrame, model: Formula, error: PriorError, *, school_mean: bool) -> CorrectedFit:
    """Fit the corrected model."""
    from xuequ.engines.growth.errors_in_variables import fit_with_error

    return fit_with_error(table, model, error, school_mean=school_mean)


def show(result: CorrectedFit, *, json_: bool) -> None:
    """Print the corrected fit with the ordinary one beside it."""
    from xuequ.cli.growth_fit import note, print_notes

    print_notes(result.naive)
    if result.school_variance == 0.0:
        note("the corrected variance between groups is zero: no detectable difference")
    if json_:
        print_json(_document(result))
    else:
        _print_tables(result)


def _pair(text: str, example: str) -> tuple[str, str]:
    column, equals, value = text.rpartition("=")
    if not (column and equals and value):
        raise InputError("bad-option", f"{text!r} names no column and value; write it like {example}")
    return column, value


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _document(result: CorrectedFit) -> dict[str, Any]:
    from xuequ.cli.growth_fit import document

    naive = document(result.naive)
    rows = zip(result.groups, *(values.tolist() for values in _numbers(result)), strict=True)
    return {
        "n": result.naive.n,
        "groups": len(result.groups),
        "error": {
            "column": result.error.column,
            "reliability": result.error.reliability,
            "sem": result.error.sem,
            "variance": result.error_variance,
        },
        "fixed": {term: {"estimate": e.estimate, "se": e.se} for term, e in result.fixed.items()},
        "school_variance": result.school_variance,
        "residual_variance": result.residual_variance,
        "effects": [
            {"group": group, "effect": effect, "se": se, "se_prediction": prediction}
            for group, effect, se, prediction in rows
        ],
        "uncorrected": naive,
    }


def _numbers(result: CorrectedFit) -> tuple[Any, Any, Any]:
    return result.effects, result.se, result.se_prediction


def _print_tables(result: CorrectedFit) -> None:
    group = result.naive.model.formula.group
    print(
        f"{result.naive.n} pupils, {len(result.groups)} groups of {group};"
        f" error variance of {result.error.column} {result.error_variance:.6g}"
    )
    plain = result.naive.fixed
    print_table(
        "Fixed effects, corrected for measurement error and without correction",
        ["term", "estimate", "sandwich SE", "without", "SE without"],
        [(t, e.estimate, e.se, plain[t].estimate, plain[t].se) for t, e in result.fixed.items()],
    )
    variances = [("between", result.school_variance), ("residual", result.residual_variance)]
    print_table(f"Variances between groups of {group}", ["term", "variance"], variances)
    naive = result.naive.effects[:, 0].tolist()
    rows = zip(
        result.groups, result.sizes.astype(int).tolist(), *map(list, _numbers(result)), naive, strict=True
    )
    headings = [group, "pupils", "effect", "SE given β", "prediction SE", "effect without"]
    print_table(f"Effects of {group}", headings, [tuple(map(_plain, row)) for row in rows])


def _plain(value: object) -> object:
    return float(value) if isinstance(value, float) else value
