"""``xuequ growth fit --class``: classes within schools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xuequ.cli.output import print_json, print_table

if TYPE_CHECKING:
    import polars as pl

    from xuequ.engines.growth.formula import Formula
    from xuequ.engines.growth.nested import NestedFit


def fitted(table: pl.LazyFrame, model: Formula, class_: str, method: str) -> NestedFit:
    """Fit the three levels."""
    from xuequ.engines.growth.nested import fit_nested

    return fit_nested(table, model, class_, method="reml" if method == "reml" else "ml")


def show(result: NestedFit, column: str, *, json_: bool) -> None:
    """Print the fit, the schools as without classes and the classes after them."""
    from xuequ.cli.growth_fit import document, note, print_notes, print_tables

    print_notes(result.school)
    if result.class_variance == 0.0:
        note(f"the variance between classes ({column}) of a school is zero: no detectable difference")
    if json_:
        print_json(document(result.school) | {"classes": _classes(result, column)})
        return
    print_tables(result.school)
    title = f"Effects of {column} within {result.school.model.formula.group}; variance {result.class_variance:.6g}"
    headings = [result.school.model.formula.group, column, "pupils", "effect", "SE given β", "prediction SE"]
    print_table(title, headings, [tuple(row.values()) for row in _rows(result)])


def _classes(result: NestedFit, column: str) -> dict[str, Any]:
    return {"column": column, "variance": result.class_variance, "effects": _rows(result)}


def _rows(result: NestedFit) -> list[dict[str, Any]]:
    names = ("group", "class", "n", "effect", "se", "se_prediction")
    sizes = [int(size) for size in result.class_sizes]
    numbers = (result.class_effects, result.class_se, result.class_se_prediction)
    columns = (result.class_school, result.class_label, sizes, *(values.tolist() for values in numbers))
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
