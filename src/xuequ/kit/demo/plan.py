"""The invented schools: where they are, how big, whom they take in and what they add.

The table of planted effects lives here and in the simulation only; the database never holds it.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from xuequ.district.choices import Sector, Stage
from xuequ.kit.demo.names import AREAS, SCHOOL_WORDS


class Scale(StrEnum):
    """How big the demo is."""

    SMALL = "small"
    DISTRICT = "district"


class Part(StrEnum):
    """A part that a school plays in the demo's story."""

    NONE = ""
    FAMED = "famed"  # strong intake, weak growth: raw averages flatter it
    RISING = "rising"  # weak intake, strong growth: raw averages hide it
    STRUGGLING = "struggling"  # weak intake, weak growth: needs help first
    STRONG = "strong"  # strong intake, strong growth
    TINY = "tiny"  # so few pupils that nothing can be said with certainty
    RESHUFFLING = "reshuffling"  # puts its classes together anew in grade 8


@dataclass(frozen=True, slots=True)
class SchoolPlan:
    """A school. ``intake`` is the mean ability it takes in, ``effect`` what it adds a year (in pupil SD)."""

    word: str
    stage: Stage
    sector: Sector
    area: int
    primary_pupils: int
    junior_pupils: int
    class_size: int
    intake: float
    effect: float
    part: Part = Part.NONE

    @property
    def short_name(self) -> str:
        suffix = {Stage.PRIMARY: "小学", Stage.JUNIOR: "中学", Stage.NINE_YEAR: "学校"}[self.stage]
        return self.word + suffix

    def pupils(self, entry_grade: int) -> int:
        """Return how many enter a cohort of the primary (1) or junior (7) part."""
        return self.primary_pupils if entry_grade == 1 else self.junior_pupils


@dataclass(frozen=True, slots=True)
class Size:
    """How many schools of each stage, and the pupils of one cohort in a school of each part."""

    primary: int
    junior: int
    nine_year: int
    primary_cohort: int
    junior_cohort: int
    class_size: int


SIZES = {
    Scale.SMALL: Size(8, 12, 2, primary_cohort=135, junior_cohort=110, class_size=42),
    Scale.DISTRICT: Size(24, 12, 4, primary_cohort=257, junior_cohort=440, class_size=42),
}

EFFECT_SD = 0.13
INTAKE_SD = 0.38

# (intake, effect) of the schools that the demo's story is about: all four combinations, so that intake and effect are
# nearly uncorrelated. An effect that goes along with intake could not be told from it by any model.
PLANTED: dict[Part, tuple[float, float]] = {
    Part.FAMED: (1.05, -0.20),
    Part.RISING: (-0.90, 0.26),
    Part.STRUGGLING: (-0.75, -0.22),
    Part.STRONG: (0.85, 0.20),
    Part.TINY: (-0.20, 0.10),
}
PARTS = {
    Stage.PRIMARY: (Part.FAMED, Part.RISING, Part.STRUGGLING, Part.STRONG),
    Stage.JUNIOR: (Part.FAMED, Part.RISING, Part.STRUGGLING, Part.STRONG, Part.RESHUFFLING),
    Stage.NINE_YEAR: (Part.TINY,),
}
TINY_COHORT = 13


def plan_schools(rng: np.random.Generator, scale: Scale) -> list[SchoolPlan]:
    """Return the schools of the demo; effects have mean 0 among the schools of each stage."""
    size = SIZES[scale]
    schools = [
        *_of_stage(rng, size, Stage.PRIMARY, size.primary),
        *_of_stage(rng, size, Stage.JUNIOR, size.junior),
        *_of_stage(rng, size, Stage.NINE_YEAR, size.nine_year),
    ]
    words = rng.permutation(len(SCHOOL_WORDS))[: len(schools)]
    return [
        replace(s, word=SCHOOL_WORDS[w], area=i % len(AREAS))
        for i, (s, w) in enumerate(zip(schools, words, strict=True))
    ]


def _of_stage(rng: np.random.Generator, size: Size, stage: Stage, count: int) -> list[SchoolPlan]:
    parts = (*PARTS[stage], *[Part.NONE] * count)[:count]
    drawn = [_school(rng, size, stage, part) for part in parts]
    # Every sixth school without a part is private.
    schools = [replace(s, sector=Sector.PRIVATE) if i % 6 == 4 else s for i, s in enumerate(drawn)]
    free = [s for s in schools if s.part not in PLANTED]
    shift = sum(s.effect for s in schools) / max(1, len(free))
    return [s if s.part in PLANTED else replace(s, effect=s.effect - shift) for s in schools]


def _school(rng: np.random.Generator, size: Size, stage: Stage, part: Part) -> SchoolPlan:
    drawn_intake, drawn_effect = rng.normal(0, INTAKE_SD), rng.normal(0, EFFECT_SD)
    breadth = rng.uniform(0.7, 1.3, 2)
    intake, effect = PLANTED.get(part, (float(drawn_intake), float(drawn_effect)))
    primary = round(size.primary_cohort * breadth[0]) if stage != Stage.JUNIOR else 0
    junior = round(size.junior_cohort * breadth[1]) if stage != Stage.PRIMARY else 0
    if part == Part.TINY:
        primary, junior = min(primary, TINY_COHORT), min(junior, TINY_COHORT)
    return SchoolPlan("", stage, Sector.PUBLIC, 0, primary, junior, size.class_size, intake, effect, part)
