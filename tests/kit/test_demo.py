"""The invented district: the same for the same seed and day, believable, and within the rules."""

import datetime as dt
import re
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from xuequ.district.choices import EnrolmentEnd, Stage
from xuequ.kit.demo import DemoContext, Scale, names
from xuequ.kit.demo.plan import Part, SchoolPlan, plan_schools
from xuequ.kit.demo.population import Population, simulate_population
from xuequ.kit.demo.timeline import Timeline

DAY = dt.date(2026, 11, 22)


@pytest.fixture(scope="module")
def demo() -> DemoContext:
    return DemoContext(Scale.SMALL, 2026, DAY)


@pytest.mark.parametrize(
    ("day", "running", "last", "terms"),
    [
        (dt.date(2026, 11, 22), 2026, 2025, [(2025, 1), (2025, 2)]),
        (dt.date(2027, 3, 1), 2026, 2025, [(2025, 2), (2026, 1)]),
        (dt.date(2027, 7, 14), 2026, 2025, [(2026, 1), (2026, 2)]),
        (dt.date(2027, 8, 31), 2026, 2026, [(2026, 1), (2026, 2)]),
        (dt.date(2027, 9, 1), 2027, 2026, [(2026, 1), (2026, 2)]),
    ],
)
def test_the_years_follow_from_the_day(
    day: dt.date, running: int, last: int, terms: list[tuple[int, int]]
) -> None:
    timeline = Timeline(day)
    assert (timeline.running, timeline.last, timeline.terms_with_levels()) == (running, last, terms)
    assert list(timeline.years) == list(range(last - 2, running + 1))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(("scale", "count"), [(Scale.SMALL, 22), (Scale.DISTRICT, 40)])
def test_schools_are_many_named_apart_and_play_their_parts(scale: Scale, count: int, seed: int) -> None:
    schools = plan_schools(np.random.default_rng(seed), scale)
    assert len({school.short_name for school in schools}) == len(schools) == count
    parts = {school.part for school in schools if school.stage != Stage.PRIMARY}
    assert parts == set(Part)
    for stage in Stage.PRIMARY, Stage.JUNIOR, Stage.NINE_YEAR:
        effects = [school.effect for school in schools if school.stage == stage]
        assert sum(effects) == pytest.approx(0)
    assert {school.sector for school in schools} == {"public", "private"}


def test_numbers_cannot_be_real_ones() -> None:
    identity_card, mobile = re.compile(r"[1-9]\d{16}[\dX]"), re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)")
    for text in (
        names.pupil_number(2019, 12_345),
        names.teacher_number(13_912_345),
        names.school_code(101),
        names.DISTRICT_CODE,
    ):
        assert not identity_card.search(text)
        assert not mobile.search(text)
    assert re.fullmatch(r"D000000\d{12}", names.pupil_number(2019, 12_345))


@pytest.mark.parametrize("day", [DAY, dt.date(2027, 3, 1), dt.date(2027, 7, 12), dt.date(2027, 8, 20)])
def test_nobody_is_in_two_classes_at_a_time(day: dt.date) -> None:
    context = DemoContext(Scale.SMALL, 7, day)
    stays = context.population.stays
    for one, other in pairwise(stays):
        if one.pupil == other.pupil:
            assert one.end is not None
            assert one.start < one.end <= other.start
    assert all(stay.start <= day and (stay.end is None or stay.end <= day) for stay in stays)


def test_pupils_number_what_the_scales_promise(demo: DemoContext) -> None:
    assert len(demo.population.pupils) <= 15_000
    district = DemoContext(Scale.DISTRICT, 2026, DAY).population
    assert sum(stay.end is None for stay in district.stays) == pytest.approx(60_000, rel=0.05)


def test_life_is_untidy(demo: DemoContext) -> None:
    reasons = Counter(stay.ended for stay in demo.population.stays)
    assert set(reasons) == {"", *map(str, EnrolmentEnd)}


def test_the_same_seed_and_day_give_the_same_population(demo: DemoContext) -> None:
    again = DemoContext(Scale.SMALL, 2026, DAY)
    assert again.population.stays == demo.population.stays
    assert np.array_equal(again.population.years[-1].after, demo.population.years[-1].after)
    other = DemoContext(Scale.SMALL, 2027, DAY)
    assert other.population.stays != demo.population.stays


def means(schools: list[SchoolPlan], population: Population, grade: int, year: int) -> dict[Part, float]:
    """Mean ability in spring of the junior schools that play a part."""
    part = next(y for y in population.years if (y.grade, y.year) == (grade, year))
    return {
        school.part: float(part.after[part.schools == index].mean())
        for index, school in enumerate(schools)
        if school.stage == Stage.JUNIOR and school.part
    }


@pytest.mark.parametrize("seed", [1, 2026])
def test_raw_averages_mislead_about_what_schools_add(seed: int) -> None:
    schools = plan_schools(np.random.default_rng(seed), Scale.SMALL)
    population = simulate_population(np.random.default_rng(seed), schools, Timeline(DAY))
    index = {s.part: i for i, s in enumerate(schools) if s.stage == Stage.JUNIOR and s.part}
    raw = means(schools, population, 8, 2025)
    added = population.true_effects(8, 2025, 1, len(schools))
    assert raw[Part.FAMED] > raw[Part.RISING]
    assert added[index[Part.FAMED]] < 0 < added[index[Part.RISING]]
    assert raw[Part.STRUGGLING] < raw[Part.FAMED]
