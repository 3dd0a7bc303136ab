"""What would have to give where budget, weak schools' share, earmarks and what must be done cannot be kept together."""

from dataclasses import dataclass, replace

import numpy as np

from xuequ.engines.balance.funding_programme import limits_of, links_of, purses, solve
from xuequ.engines.balance.funding_task import FundDesign, Task


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The smallest change of one setting alone that makes an impossible task possible; None where none does.

    ``budget`` is the whole budget needed, further money being free of earmarks; ``sources`` the amount of each source.
    """

    budget: float | None
    weak_share: float | None
    sources: tuple[tuple[str, float | None], ...] = ()


def relaxation_of(task: Task, design: FundDesign) -> Relaxation:
    """The least budget with this share, the largest share with this budget, the least of each source alone."""
    within = limits_of(task, replace(design, weak_share=0.0))
    spent = solve(task, -task.weak_cost, within, design, 0.0)
    return Relaxation(
        budget=_least_money(task, design, None),
        weak_share=None if spent is None else abs(spent.value) / design.budget,
        sources=tuple((s.name, _least_money(task, design, k)) for k, s in enumerate(design.sources)),
    )


def _least_money(task: Task, design: FundDesign, source: int | None) -> float | None:
    """The least amount of one source, or the least budget with further money free of earmarks; None if not more.

    The further money is a column e ≥ 0; the share for weak schools grows with it.
    """
    rows, share = links_of(task).widened(1), design.weak_share
    for who, amount, sources in purses(task, design):
        more_money = source is None or source in sources
        rows = rows.plus(np.append(task.cost * who, -1.0 * more_money)[None], -np.inf, amount)
    rows = rows.plus(np.append(task.weak_cost, -share)[None], share * design.budget, np.inf)
    extra = np.append(np.zeros(len(task.cost)), 1.0)
    needed = solve(task, extra, rows.plus(extra[None], 0.0, np.inf), design, 0.0)
    if needed is None or needed.value <= 0:
        return None
    return needed.value + (design.budget if source is None else design.sources[source].amount)
