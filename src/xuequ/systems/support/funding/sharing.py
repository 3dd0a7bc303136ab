"""Sharing out: the standard part exactly, then the projects by the engine; the same input gives the same money.

Money is counted in Decimal from the applications that the engine chose, so that it adds up to the cent and never
exceeds the sources. Pure: material and rates in, what pages show out. Called by the job alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from xuequ.engines.balance.dispersion import indices
from xuequ.engines.balance.funding import FundDesign, Funding, Source, front, fund
from xuequ.systems.support.funding.further import Worth, further
from xuequ.systems.support.funding.material import Material, SchoolFacts
from xuequ.systems.support.funding.purse import Purse
from xuequ.systems.support.funding.standard import CENT, Parts, Rates, highest_base, parts
from xuequ.systems.support.funding.wording import reason

POINTS = 21
TRIES = 4
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Settings:
    """How to share out: the weakest first (``alpha`` None) or α-fair; ``weak_share`` of all money, 0 to 1."""

    weak_share: float
    alpha: float | None = None
    weak_weight: float = 1.0
    seconds: float = 20.0


def share_out(given: Material, rates: Rates, purses: Sequence[Purse], settings: Settings) -> dict[str, Any]:
    """Return what pages show: either the amounts with their reasons, or why it cannot be and what would do.

    Raises
    ------
    InputError
        What ``engines.balance.funding.fund`` raises.
    """
    standard = {one.key: parts(rates, one.facts) for one in given.schools}
    free = sum((purse.amount for purse in purses if purse.is_free), ZERO)
    needed = sum((one.total for one in standard.values()), ZERO)
    if needed > free:
        return _no_room(list(standard.values()), needed, free)
    left = _left(purses, needed)
    table = given.table()
    if table.is_empty():
        nothing = [
            Worth(purse.name, code="no-application") for purse in (Purse("", ZERO), *_earmarked(purses))
        ]
        return _shown(given, standard, purses, None, pl.DataFrame(), nothing)
    useful = _useful(left, table)
    weak_part = sum((standard[one.key].total for one in given.schools if one.weak), ZERO)
    design = _design(useful, settings, weak_part, purses)
    found = _within(table, design, given, sum((purse.amount for purse in useful), ZERO))
    if not found.feasible:
        return {"feasible": False, "refusals": _relaxed(found, needed, weak_part, purses)}

    def share(more: Decimal) -> float:
        return _share(useful, settings, weak_part, purses, more)

    points = front(table, found.design, POINTS) if _chosen(found) else pl.DataFrame()
    return _shown(given, standard, purses, found, points, further(table, found, left, share))


def _no_room(standard: Sequence[Parts], needed: Decimal, free: Decimal) -> dict[str, Any]:
    """The standard alone does not fit: how much is missing, or how much for each pupil would fit."""
    base = highest_base(standard, free)
    sums = {"needed": needed, "free": free, "more": needed - free}
    said = reason("steps", **sums) if base is None else reason("standard", **sums, base=base)
    return {"feasible": False, "refusals": [said]}


def _left(purses: Sequence[Purse], needed: Decimal) -> list[Purse]:
    """What is left for projects: the standard is paid from money without an earmark, first source first."""
    found = []
    for purse in purses:
        taken = min(purse.amount, needed) if purse.is_free else ZERO
        needed -= taken
        found.append(Purse(purse.name, purse.amount - taken, purse.dimension, purse.weak_only))
    return found


def _earmarked(purses: Sequence[Purse]) -> list[Purse]:
    return [purse for purse in purses if not purse.is_free]


def _useful(purses: Sequence[Purse], table: pl.DataFrame) -> list[Purse]:
    """Sources that hold money and may pay some application."""
    return [purse for purse in purses if purse.amount > 0 and not table.filter(purse.pays()).is_empty()]


def _design(
    useful: Sequence[Purse], settings: Settings, weak_part: Decimal, purses: Sequence[Purse]
) -> FundDesign:
    """The engine's settings."""
    # Where the standard takes all, a cent stands for no money: the engine wants some, and it pays nothing.
    return FundDesign(
        budget=float(sum((purse.amount for purse in useful), ZERO) or CENT),
        weak_share=_share(useful, settings, weak_part, purses),
        weak_weight=settings.weak_weight,
        alpha=settings.alpha,
        seconds=settings.seconds,
        sources=tuple(
            Source(p.name, float(p.amount), (p.dimension,) if p.dimension else (), (), p.weak_only)
            for p in useful
        ),
    )


def _share(
    useful: Sequence[Purse],
    settings: Settings,
    weak_part: Decimal,
    purses: Sequence[Purse],
    more: Decimal = ZERO,
) -> float:
    """The weak schools' share of what projects get; it counts what the standard gives them already."""
    budget = sum((purse.amount for purse in useful), more)
    whole = sum((purse.amount for purse in purses), more)
    owed = max(settings.weak_share * float(whole) - float(weak_part), 0.0)
    return min(owed / float(budget), 1.0) if budget else 0.0


def _within(table: pl.DataFrame, design: FundDesign, given: Material, money: Decimal) -> Funding:
    """Solve; where the engine's tolerance let the costs exceed the money by a little, solve again with less."""
    cost = {str(project.uid): project.cost_yuan for project in given.projects}
    found = fund(table, design)
    for _try in range(TRIES):
        spent = sum((cost[uid] for uid in _chosen(found)), ZERO)
        if not found.feasible or spent <= money:
            return found
        over = float(spent - money + CENT)
        first, *others = found.design.sources
        less = replace(first, amount=max(first.amount - over, 0.0))
        budget = less.amount + sum(source.amount for source in others)
        found = fund(table, replace(found.design, budget=budget, sources=(less, *others)))
    return found


def _chosen(found: Funding) -> list[str]:
    return found.projects.filter(pl.col("chosen"))["project"].to_list()


def _relaxed(
    found: Funding, standard: Decimal, weak_part: Decimal, purses: Sequence[Purse]
) -> list[dict[str, Any]]:
    """The smallest changes that would do, in terms of the whole money."""
    said = [reason("infeasible")]
    change = found.relaxation
    if change is None:
        return said
    if change.budget is not None:
        said.append(reason("budget", yuan=_up(change.budget) + standard))
    if change.weak_share is not None:
        whole = sum((purse.amount for purse in purses), ZERO)
        share = (change.weak_share * found.design.budget + float(weak_part)) / float(whole)
        said.append(reason("weak-share", share=f"{100 * share:.1f}"))
    amounts = {purse.name: purse for purse in purses}
    for name, amount in change.sources:
        if amount is not None and len(change.sources) > 1:
            taken = standard if amounts[name].is_free else ZERO
            said.append(reason("source", name=name, yuan=_up(amount) + taken))
    return said


def _up(amount: float) -> Decimal:
    return Decimal(repr(amount)).quantize(CENT, "ROUND_CEILING")


def _shown(
    given: Material,
    standard: Mapping[str, Parts],
    purses: Sequence[Purse],
    found: Funding | None,
    points: pl.DataFrame,
    worth: Sequence[Worth],
) -> dict[str, Any]:
    """What pages show of a sharing out that can be."""
    why = dict(found.projects.select("project", "reason").iter_rows()) if found is not None else {}
    after = dict(found.schools.select("school", "after").iter_rows()) if found is not None else {}
    rows = [
        _school(one, standard[one.key], given, why, after.get(one.key, one.score)) for one in given.schools
    ]
    without = [one.score for one in given.schools if one.key not in after]
    spent = sum((Decimal(row["amount"]) for row in rows), ZERO)
    whole = sum((purse.amount for purse in purses), ZERO)
    weak = sum((Decimal(row["amount"]) for row in rows if row["weak"]), ZERO)
    return {
        "feasible": True,
        "schools": rows,
        "spent": str(spent),
        "money": str(whole),
        "left": str(whole - spent),
        "weak_share": float(weak / spent) if spent else 0.0,
        "weak_known": given.weak_known,
        "steps": [{"name": s.name, "value": s.value, "gap": s.gap} for s in (found.steps if found else ())],
        "worst": found.worst if found and _chosen(found) else None,
        "greedy_worst": found.greedy_worst if found and _chosen(found) else None,
        "without": len(without),
        "lowest_without": min(without, default=None),
        "gain": found.gain if found else 0.0,
        "price": found.price if found else 0.0,
        "front": points.to_dicts(),
        "alpha": found.design.alpha if found else None,
        "more": [one.as_dict() for one in worth],
        "spread": spreads(given.schools, {row["school"]: float(row["amount"]) for row in rows}),
    }


def _school(
    one: SchoolFacts, own: Parts, given: Material, why: Mapping[str, str], after: float
) -> dict[str, Any]:
    """One school: its parts, its projects with the reason for each, and all reasons in order."""
    projects = [project for project in given.projects if str(project.school.uid) == one.key]
    chosen = [project for project in projects if why.get(str(project.uid))]
    cost = sum((project.cost_yuan for project in chosen), ZERO)
    reasons = _standard_reasons(one, own)
    reasons += [reason(why[str(p.uid)], yuan=p.cost_yuan, title=p.title) for p in chosen]
    reasons += [reason("not-now", title=p.title) for p in projects if p not in chosen]
    return {
        "school": one.key, "weak": one.weak, "pupils": one.facts.pupils, "award": one.facts.award,
        "score_from": one.score_from, "before": one.score, "after": after,
        "standard": str(own.total), "projects": str(cost), "amount": str(own.total + cost),
        "chosen": [str(project.uid) for project in chosen], "reasons": reasons,
    }  # fmt: skip


def _standard_reasons(one: SchoolFacts, own: Parts) -> list[dict[str, Any]]:
    code = "base" if own.pupils == one.facts.pupils else "small"
    found = [reason(code, yuan=own.base, pupils=own.pupils)] if own.base else []
    if one.facts.award is None:
        found.append(reason("unknown-star"))
    elif own.star:
        found.append(reason("star", yuan=own.star, stars=one.facts.award))
    else:
        found.append(reason("no-star"))
    if own.improved:
        found.append(reason("improved", yuan=own.improved, stars=one.facts.improved))
    return found


def spreads(schools: Sequence[SchoolFacts], amounts: Mapping[str, float]) -> list[dict[str, Any]]:
    """差异系数 by stage: of the money for each pupil, and of equipment for each pupil before and with the money."""
    found = []
    for stage in sorted({one.stage for one in schools}):
        here = [one for one in schools if one.stage == stage and one.facts.pupils]
        if len(here) < 2:
            continue
        money = np.array([amounts[one.key] for one in here])
        pupils = np.array([float(one.facts.pupils) for one in here])
        row: dict[str, Any] = {"stage": stage, "schools": len(here), "money": _cv(money, pupils)}
        if all(one.equipment is not None for one in here):
            owned = np.array([float(one.equipment or 0) for one in here])
            row |= {"before": _cv(owned, pupils), "after": _cv(owned + money, pupils)}
        found.append(row)
    return found


def _cv(amounts: np.ndarray[Any, Any], pupils: np.ndarray[Any, Any]) -> float | None:
    """The official coefficient, weighted by pupils; None where the mean is zero."""
    return float(indices(amounts / pupils, pupils).cv) if amounts.sum() > 0 else None
