"""Scores of several years and subjects, simulated with the school effects known.

Follows the layered model itself: what a school gives stays, pupils change schools between years, scores are missing
the more the lower the last one was.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from xuequ.engines.growth.simulation import Floats, Ints


@dataclass(frozen=True, slots=True)
class LayeredWorld:
    """Sizes and constants, in units of a pupil's standard deviation within schools.

    Parameters
    ----------
    start_sd : SD between schools of what pupils bring along in the first year
    effect_sd : SD between schools of what they add in one year and subject
    common : covariance of two scores of one pupil that do not depend on the subject
    of_subject, of_year : what two scores of the same subject, or of the same year, have more in common
    missing : share of scores that are missing; half of them at random, half for a low general ability
    moving : share of pupils who change schools between two years
    part_time : share of those who spend the year of the change in both schools
    persistence : share of an effect that is left a year later
    """

    pupils: int = 3000
    schools: int = 30
    subjects: int = 3
    years: int = 5
    start_sd: float = 0.4
    effect_sd: float = 0.15
    common: float = 0.5
    of_subject: float = 0.15
    of_year: float = 0.05
    missing: float = 0.15
    moving: float = 0.05
    part_time: float = 0.3
    persistence: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class LayeredTruth:
    """``table`` as the model takes it; ``effects`` (schools, subjects, years) as planted."""

    table: pl.DataFrame
    effects: Floats


def simulate_layered(rng: np.random.Generator, world: LayeredWorld) -> LayeredTruth:
    """Simulate one cohort through all its years."""
    effects = rng.normal(size=(world.schools, world.subjects, world.years)) * world.effect_sd
    effects[:, :, 0] *= world.start_sd / world.effect_sd
    school, other, share = _attendance(rng, world)
    own = effects[school].transpose(0, 2, 3, 1)  # pupil, subject, year given, year attended
    given = np.einsum("istt->ist", own) * share[:, None]
    given += np.einsum("istt->ist", effects[other].transpose(0, 2, 3, 1)) * (1.0 - share[:, None])
    ability, error = _scores(rng, world)
    scores = _carried(given, world.persistence) + error
    low = ability[:, None, None] + rng.normal(size=scores.shape) < 0.0
    lost = rng.random(scores.shape) < np.where(low, 1.5, 0.5) * world.missing
    return LayeredTruth(_table(np.where(lost, np.nan, scores), school, other, share), effects)


def _attendance(rng: np.random.Generator, world: LayeredWorld) -> tuple[Ints, Ints, Floats]:
    """School and, in the year of a change, the one before with the share of the new, each (pupils, years)."""
    school = np.empty((world.pupils, world.years), dtype=np.int64)
    school[:, 0] = rng.integers(0, world.schools, world.pupils)
    other, share = school.copy(), np.ones((world.pupils, world.years))
    for t in range(1, world.years):
        moves = rng.random(world.pupils) < world.moving
        school[:, t] = np.where(moves, rng.integers(0, world.schools, world.pupils), school[:, t - 1])
        both = moves & (rng.random(world.pupils) < world.part_time) & (school[:, t] != school[:, t - 1])
        share[both, t] = 0.5
        other[:, t] = np.where(both, school[:, t - 1], school[:, t])
    other[:, 0] = school[:, 0]
    return school, other, share


def _scores(rng: np.random.Generator, world: LayeredWorld) -> tuple[Floats, Floats]:
    """General ability (pupils,) and a pupil's own deviation in each score, variance 1, (pupils, subjects, years)."""
    n, s, t = world.pupils, world.subjects, world.years
    ability = rng.normal(size=n)
    rest = 1.0 - world.common - world.of_subject - world.of_year
    error = np.sqrt(world.common) * ability[:, None, None]
    error = error + np.sqrt(world.of_subject) * rng.normal(size=(n, s, 1))
    error = error + np.sqrt(world.of_year) * rng.normal(size=(n, 1, t))
    return ability, error + np.sqrt(rest) * rng.normal(size=(n, s, t))


def _carried(given: Floats, persistence: float) -> Floats:
    carried = given.copy()
    for t in range(1, given.shape[2]):
        carried[:, :, t] += persistence * carried[:, :, t - 1]
    return carried


def _table(scores: Floats, school: Ints, other: Ints, share: Floats) -> pl.DataFrame:
    n, subjects, years = scores.shape
    pupil, subject, year = (axis.ravel() for axis in np.indices((n, subjects, years)))
    rows = pl.DataFrame(
        {
            "pupil": pupil,
            "subject": pl.Series(subject).replace_strict(dict(enumerate(_letters(subjects)))),
            "year": year + 1,
            "school": school[pupil, year] + 1,
            "score": scores.ravel(),
            "share": share[pupil, year],
        }
    ).with_columns(pl.col("score").fill_nan(None))
    second = rows.with_columns(school=pl.Series(other[pupil, year] + 1), share=1.0 - pl.col("share"))
    return pl.concat([rows, second.filter(pl.col("share") > 0.0)])


def _letters(subjects: int) -> list[str]:
    return [chr(ord("a") + i) for i in range(subjects)]
