"""The stages of a project: what each demands before the next, and what may follow. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from xuequ.systems.programmes.choices import PATH, AcceptanceVerdict, Stage

OPINIONS = 3
"""So many experts say something about an application before the leading group decides."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a project, as far as moving on asks for it. Sums in 元.

    ``unshown``: milestones said to be reached and issues said to be settled whose evidence was all withdrawn.
    """

    purpose: bool = False
    expected: bool = False
    due: bool = False
    budget: Decimal = Decimal(0)
    opinions: int = 0
    approved: bool = False
    contracts: int = 0
    milestones: int = 0
    open_milestones: int = 0
    acceptance: str = ""
    acceptance_proofs: int = 0
    use_reports: int = 0
    open_issues: int = 0
    unshown: int = 0


def missing(stage: Stage, facts: Facts) -> tuple[str, ...]:
    """Return the codes of what is missing to leave ``stage``, most needed first; empty when nothing is.

    >>> missing(Stage.PROCUREMENT, Facts())
    ('contract',)
    """
    passed = facts.acceptance in {AcceptanceVerdict.PASSED, AcceptanceVerdict.WITH_ISSUES}
    demands: dict[Stage, tuple[tuple[str, bool], ...]] = {
        Stage.APPLICATION: (
            ("purpose", facts.purpose),
            ("budget", facts.budget > 0),
            ("expected", facts.expected),
            ("due", facts.due),
        ),
        Stage.APPRAISAL: (("opinions", facts.opinions >= OPINIONS), ("approval", facts.approved)),
        Stage.PROCUREMENT: (("contract", facts.contracts > 0),),
        Stage.DELIVERY: (
            ("milestones", facts.milestones > 0),
            ("open-milestones", facts.open_milestones == 0),
            ("unshown", facts.unshown == 0),
        ),
        Stage.ACCEPTANCE: (("acceptance", passed), ("acceptance-proof", facts.acceptance_proofs > 0)),
        Stage.USE: (
            ("use-report", facts.use_reports > 0),
            ("open-issues", facts.open_issues == 0),
            ("acceptance-proof", facts.acceptance_proofs > 0),
            ("unshown", facts.unshown == 0),
        ),
    }
    return tuple(code for code, met in demands.get(stage, ()) if not met)


def following(stage: Stage) -> Stage | None:
    """Return the stage after ``stage``; None at an end.

    >>> following(Stage.USE) == Stage.DONE, following(Stage.STOPPED)
    (True, None)
    """
    if stage not in PATH or stage == PATH[-1]:
        return None
    return PATH[PATH.index(stage) + 1]


@dataclass(frozen=True, slots=True)
class Balance:
    """The money of one source of a project, in 元."""

    source: str
    budget: Decimal
    committed: Decimal
    spent: Decimal

    @property
    def over(self) -> Decimal:
        """What was ordered beyond the budget; 0 when nothing was."""
        return max(Decimal(0), self.committed - self.budget)


def is_unused(stage: Stage, expected: int | None, uses: int | None) -> bool:
    """Whether something was accepted and is used less than a quarter as often as was expected, or never reported."""
    if stage != Stage.USE:
        return False
    return uses is None or (expected is not None and uses * 4 < expected)
