"""How pupils learn, simulated: pure functions on arrays, with the school effects known.

Ability is one number per pupil in units of the pupils' standard deviation. A school year turns ability θ into

    θ' = ρ θ + u_school + c_class + g_pupil + ε,      ε ~ N(0, σ²)

and a test of one subject shows √κ θ + √(1 − κ) d_subject + e, where d is the pupil's own standing in the
subject and the variance of e follows from the reliability.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

SUBJECTS = ("chinese", "mathematics", "english")


@dataclass(frozen=True, slots=True)
class Dynamics:
    """Constants of learning and testing.

    Parameters
    ----------
    persistence : ρ, how much of this year's ability stands next year
    learning_sd : σ, what one year adds by chance to a pupil
    class_sd : SD of the class effects of one year
    cohort_sd : SD by which a school's effect differs between its cohorts and years
    common : κ, the share of a subject's ability that all subjects share
    reliability : of one subject's score
    """

    persistence: float = 0.94
    learning_sd: float = 0.30
    class_sd: float = 0.08
    cohort_sd: float = 0.05
    common: float = 0.80
    reliability: float = 0.85

    @property
    def error_sd(self) -> float:
        """SD of a score's error when subject ability has variance 1."""
        return float(np.sqrt((1 - self.reliability) / self.reliability))


DYNAMICS = Dynamics()


def learn(rng: np.random.Generator, ability: Floats, push: Floats, dynamics: Dynamics = DYNAMICS) -> Floats:
    """Return the ability a year later; ``push`` is what school and class add for each pupil."""
    return dynamics.persistence * ability + push + rng.normal(0, dynamics.learning_sd, len(ability))


def sit(
    rng: np.random.Generator, ability: Floats, own: Floats, subject: Ints, dynamics: Dynamics = DYNAMICS
) -> Floats:
    """Return observed scores (about mean 0, variance 1/reliability) of pupils who each sit the subject given.

    ``own`` is (n, subjects), each pupil's standing in each subject beyond the common ability.
    """
    true = subject_ability(ability, own[np.arange(len(subject)), subject], dynamics)
    return true + rng.normal(0, dynamics.error_sd, len(ability))


def subject_ability(ability: Floats, own: Floats, dynamics: Dynamics = DYNAMICS) -> Floats:
    """Return the true ability in one subject."""
    return np.sqrt(dynamics.common) * ability + np.sqrt(1 - dynamics.common) * own


def assign_subjects(rng: np.random.Generator, group: Ints, subjects: int = len(SUBJECTS)) -> Ints:
    """Assign one subject to each pupil: within each group at random and as equally as its size allows."""
    order = np.lexsort((rng.random(len(group)), group))
    sorted_group = group[order]
    starts = (
        np.flatnonzero(np.r_[True, sorted_group[1:] != sorted_group[:-1]])
        if len(group)
        else np.array([], int)
    )
    sizes = np.diff(np.r_[starts, len(group)])
    within = np.arange(len(group)) - np.repeat(starts, sizes)
    # A random first subject in each group: else the left-over pupils would always sit the same one.
    first = np.repeat(rng.integers(0, subjects, len(starts)), sizes)
    assigned = np.empty(len(group), np.int64)
    assigned[order] = (within + first) % subjects
    return assigned


@dataclass(frozen=True, slots=True)
class SchoolTruth:
    """A simulated school: its pupils' mean ability at the start, what it adds a year, its class sizes."""

    intake: float
    effect: float
    class_sizes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class SimulatedCohort:
    """A simulated cohort and the truth behind it.

    ``table`` has ``school``, ``class``, ``prior_subject``, ``prior``, ``outcome_subject``, ``outcome`` as
    the tests give them. ``effects`` is (schools,): what each school, with its classes, added to its
    pupils between the two tests, in units of the outcome's pupil SD within subject.
    """

    table: pl.DataFrame
    effects: Floats


def simulate_cohort(
    rng: np.random.Generator,
    schools: Sequence[SchoolTruth],
    *,
    years: int = 1,
    peer: float = 0.0,
    dynamics: Dynamics = DYNAMICS,
) -> SimulatedCohort:
    """Simulate one cohort from a first test to a second one ``years`` later, one subject per pupil in each.

    ``peer`` is what a school year adds for each unit of the school's mean starting ability: it is the
    company's doing and not counted as the school's effect.
    """
    school, group = _places(schools)
    intake = np.array([s.intake for s in schools])
    within = np.sqrt(max(0.1, 1 - float(np.var(intake))))
    ability = intake[school] + rng.normal(0, within, len(school))
    own = rng.normal(size=(len(school), len(SUBJECTS)))
    prior_subject = assign_subjects(rng, group)
    prior = sit(rng, ability, own, prior_subject, dynamics)
    company = _means(school, ability, len(schools))
    added = np.zeros(len(school))
    for _year in range(years):
        push = _push(rng, schools, school, group, dynamics)
        added = dynamics.persistence * added + push
        ability = learn(rng, ability, push + peer * company[school], dynamics)
    outcome_subject = assign_subjects(rng, group)
    outcome = sit(rng, ability, own, outcome_subject, dynamics)
    spread = _within_subject_sd(outcome, outcome_subject)
    names: dict[str, Any] = {
        "school": school, "class": group, "prior_subject": np.array(SUBJECTS)[prior_subject], "prior": prior,
        "outcome_subject": np.array(SUBJECTS)[outcome_subject], "outcome": outcome,
    }  # fmt: skip
    effects = np.sqrt(dynamics.common) / spread * _means(school, added, len(schools))
    return SimulatedCohort(pl.DataFrame(names), effects)


def _places(schools: Sequence[SchoolTruth]) -> tuple[Ints, Ints]:
    sizes = [size for school in schools for size in school.class_sizes]
    owner = [index for index, school in enumerate(schools) for _size in school.class_sizes]
    group = np.repeat(np.arange(len(sizes)), sizes)
    return np.array(owner, np.int64)[group], group


def _push(
    rng: np.random.Generator, schools: Sequence[SchoolTruth], school: Ints, group: Ints, dynamics: Dynamics
) -> Floats:
    effect = np.array([s.effect for s in schools]) + rng.normal(0, dynamics.cohort_sd, len(schools))
    classes = rng.normal(0, dynamics.class_sd, int(group.max()) + 1)
    return effect[school] + classes[group]


def _means(group: Ints, values: Floats, groups: int) -> Floats:
    count = np.bincount(group, minlength=groups)
    return np.asarray(np.bincount(group, values, minlength=groups) / np.maximum(count, 1))


def _within_subject_sd(values: Floats, subject: Ints) -> float:
    centred = values - _means(subject, values, len(SUBJECTS))[subject]
    return float(np.sqrt(np.mean(centred**2)))
