"""What every system is given when it builds its part of the demo."""

import datetime as dt
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.kit.demo.plan import Scale, SchoolPlan, plan_schools
from xuequ.kit.demo.population import Population, simulate_population
from xuequ.kit.demo.timeline import Timeline


def _silent(_fraction: float, _message: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class AssessedCohort:
    """A cohort of pupils with results at two times, fit for a growth run. Primary keys of assessments.

    ``grade`` and ``year`` are those of the outcome; ``is_total``: the outcome is one total of all subjects.
    """

    grade: int
    year: int
    priors: tuple[int, ...]
    outcomes: tuple[int, ...]
    is_total: bool = False


@dataclass
class DemoContext:
    """One demo in the making. Systems build in the order of the menu and read what earlier ones left here."""

    scale: Scale
    seed: int
    day: dt.date
    progress: Callable[[float, str], None] = _silent
    cohorts: list[AssessedCohort] = field(default_factory=list)

    @property
    def timeline(self) -> Timeline:
        """The school years as seen from ``day``."""
        return Timeline(self.day)

    @property
    def actor(self) -> Actor:
        """The system itself, acting on ``day``."""
        return Actor.system(self.day)

    def rng(self, label: str) -> np.random.Generator:
        """Return a generator of the seed and ``label`` only, so that systems do not disturb each other."""
        return np.random.default_rng([self.seed, zlib.crc32(label.encode())])

    @cached_property
    def schools(self) -> list[SchoolPlan]:
        """The invented schools with their planted effects."""
        return plan_schools(self.rng("schools"), self.scale)

    @cached_property
    def population(self) -> Population:
        """The invented pupils through the years."""
        return simulate_population(self.rng("population"), self.schools, self.timeline)

    def account(self, username: str) -> Account:
        """Return one of the demo's accounts."""
        return Account.objects.get(username=username)
