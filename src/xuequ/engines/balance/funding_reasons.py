"""Why each project is funded, as a code.

- ``must``: it has to be done
- ``floor``: without it the school would fall below the lowest score of all (not with α)
- ``required``: another chosen project of the school needs it
- ``reserve``: without it the weak schools' share would not be kept
- ``gain``: for its gain, or with α for its part in Σ ω φ(u) (``fair``)
"""

from xuequ.engines.balance.funding_programme import SLACK
from xuequ.engines.balance.funding_task import FundDesign, Task
from xuequ.engines.balance.inputs import Array

REASONS = ("must", "floor", "required", "reserve", "gain", "fair")


def reasons_of(task: Task, x: Array, design: FundDesign, floor: float | None) -> list[str]:
    """The reason of each project, "" where it is not chosen; the first that holds in the order of ``REASONS``."""
    chosen, after = x > 0.5, task.after(x)
    needed = {other for one, other in task.requires if chosen[one]}
    spare = float(task.weak_cost @ x) - design.weak_share * design.budget
    # With α = 0 a point counts alike wherever it falls.
    last = "fair" if design.alpha else "gain"
    found = []
    for i in range(len(x)):
        drop = task.gain[i]
        if not chosen[i]:
            found.append("")
        elif task.must[i]:
            found.append("must")
        elif floor is not None and after[task.of[i]] - drop < floor - SLACK * max(1.0, abs(floor)):
            found.append("floor")
        elif i in needed:
            found.append("required")
        elif design.weak_share > 0 and task.weak_cost[i] > spare + SLACK * design.budget:
            found.append("reserve")
        else:
            found.append(last)
    return found
