"""``xuequ evaluate quality``: the quality of an index system, index by index and rater by rater."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xuequ.cli.evaluate_notes import note, read_texts, remark_documents
from xuequ.cli.output import print_json, print_table

if TYPE_CHECKING:
    from xuequ.engines.evaluation.comparison import Compared
    from xuequ.engines.evaluation.quality import SystemQuality


def quality(
    file: Annotated[
        Path, typer.Argument(help="CSV: school, perhaps rater, and a column of ratings for each index.")
    ],
    json_: Annotated[bool, typer.Option("--json", help="One JSON document instead of tables.")] = False,
) -> None:
    """Judge an index system by ratings on it: keep, merge, drop or reword each index, and look at the raters."""
    table = read_texts(file)
    from xuequ.engines.evaluation.comparison import compare_operators, compare_weights, votes
    from xuequ.engines.evaluation.objective import Indexes, scaled
    from xuequ.engines.evaluation.quality import audit
    from xuequ.engines.evaluation.ratings import on_one_scale, read_ratings

    ratings = read_ratings(table)
    found = audit(ratings)
    means = ratings.means
    common = on_one_scale(ratings)
    if not common:
        means = scaled(Indexes(ratings.indexes, means, (False,) * len(ratings.indexes)))
    weighed = compare_weights(means, ratings.indexes)
    voted = votes(ratings) if common else None
    operators: tuple[Compared, ...] = ()
    if voted is not None:
        equal = means[0] * 0 + 1 / len(ratings.indexes)
        operators = compare_operators(voted[0], equal, voted[1])
    note(found.remarks)
    if json_:
        print_json(_document(found, weighed, operators))
    else:
        _print(found, weighed, operators)


def _document(
    found: SystemQuality, weighed: tuple[Compared, ...], operators: tuple[Compared, ...]
) -> dict[str, Any]:
    from dataclasses import asdict

    document = asdict(found)
    document["remarks"] = remark_documents(found.remarks)
    document["raters_judged"] = document.pop("rated_by")
    document["weights_compared"] = [{"way": one.way, "tau": one.tau} for one in weighed]
    document["operators_compared"] = [asdict(one) for one in operators]
    return document


_INDEXES = {
    "index": "name", "verdict": "verdict", "reason": "reason", "with": "partner", "mean": "mean", "SD": "sd",
    "with the rest": "rest", "upper − lower": "upper_lower", "VIF": "vif", "alpha without": "alpha_without",
    "ICC": "icc", "τ without": "without",
}  # fmt: skip


def _print(found: SystemQuality, weighed: tuple[Compared, ...], operators: tuple[Compared, ...]) -> None:
    print(f"{found.schools} schools, {found.raters} raters, {found.n_indexes} indexes")
    print_table("The system", ["statistic", "value"], list(_whole(found)))
    rows = [[_short(getattr(index, field)) for field in _INDEXES.values()] for index in found.indexes]
    print_table("Indexes", list(_INDEXES), rows)
    if found.rated_by:
        raters = [
            [r.name, r.answers, _short(r.commonest), _short(r.along), "careless" if r.careless else ""]
            for r in found.rated_by
        ]
        print_table("Raters", ["rater", "answers", "commonest", "with the others", ""], raters)
    print_table(
        "Weights compared with equal ones", ["way", "Kendall's τ"], [[one.way, one.tau] for one in weighed]
    )
    if operators:
        rows = [[one.way, one.tau, one.same_grade, one.ties] for one in operators]
        print_table("Operators compared", ["operator", "Kendall's τ", "same grade", "ties"], rows)


def _whole(found: SystemQuality) -> list[list[object]]:
    factors, kendall = found.factors, found.kendall
    return [
        ["Cronbach's alpha", _short(found.alpha)],
        ["McDonald's omega", _short(found.omega)],
        ["KMO", _short(factors and factors.kmo)],
        ["Bartlett's χ²", factors and f"{factors.chi2:.1f}, df {factors.df}, p {factors.p:.2g}"],
        ["Kendall's W of raters", kendall and f"{kendall.w:.3f}, p {kendall.p:.2g}"],
        ["ICC(A,1) of totals", _short(found.icc_one)],
        ["ICC(A,k) of totals", _short(found.icc_mean)],
        ["Krippendorff's alpha", _short(found.krippendorff)],
    ]


def _short(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value
