"""The pure parts: idle rate, sample, lessons, sums of money, stages of a project."""

import datetime as dt
from decimal import Decimal
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuequ.core import money
from xuequ.systems.programmes import counting
from xuequ.systems.programmes.choices import PATH, Stage
from xuequ.systems.programmes.counting import Countable, TermLessons
from xuequ.systems.programmes.projects import stages
from xuequ.systems.programmes.projects.stages import Facts
from xuequ.systems.programmes.projects.wording import DEMANDS

DAY = dt.date(2026, 3, 2)
YUAN = st.decimals(min_value="0.01", max_value="99999999.99", places=2)


def ago(days: int) -> dt.date:
    return DAY - dt.timedelta(days=days)


@pytest.mark.parametrize(
    ("since", "last", "counted", "idle"),
    [
        (None, None, 1, 1),
        (ago(400), ago(89), 1, 0),
        (ago(400), ago(90), 1, 1),
        (ago(90), None, 1, 1),
        (ago(89), None, 0, 0),
        (ago(400), DAY, 1, 0),
    ],
)
def test_ninety_days_count_back_from_the_day_itself(
    since: dt.date | None, last: dt.date | None, counted: int, idle: int
) -> None:
    found = counting.idle_rate([Countable(since, last)], DAY)
    assert (found.counted, found.idle) == (counted, idle)


def test_nothing_counted_has_no_rate() -> None:
    assert counting.idle_rate([], DAY).share is None


def test_wilson_gives_the_published_intervals() -> None:
    # Newcombe 1998 (Stat. Med. 17, 857-872), table I: score method without continuity correction.
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (hits, n), bounds in published.items():
        assert [round(bound, 4) for bound in counting.wilson(hits, n)] == list(bounds)


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n), st.integers(n, 400))))
def test_an_interval_holds_the_share_and_narrows_as_more_is_drawn(drawn: tuple[int, int, int]) -> None:
    hits, n, population = drawn
    low, high = counting.wilson(hits, n, population)
    wide_low, wide_high = counting.wilson(hits, n)
    assert 0 <= low <= hits / n + 1e-12
    assert hits / n - 1e-12 <= high <= 1
    assert high - low <= wide_high - wide_low + 1e-12


def test_all_looked_at_is_no_sample() -> None:
    assert counting.wilson(3, 12, 12) == (0.25, 0.25)
    with pytest.raises(ValueError, match="3 of 2"):
        counting.wilson(3, 2)
    with pytest.raises(ValueError, match="0 of 0"):
        counting.wilson(0, 0)


def test_the_interval_covers_as_often_as_it_says() -> None:
    # By enumeration over the hypergeometric distribution, 12 of 60 with 15 idle.
    from math import comb

    population, idle, n = 60, 15, 12
    covered = sum(
        comb(idle, k) * comb(population - idle, n - k) / comb(population, n)
        for k in range(n + 1)
        if counting.wilson(k, n, population)[0] <= idle / population <= counting.wilson(k, n, population)[1]
    )
    assert covered >= 0.93
    assert sqrt(0.25 * 0.75 / n) > 0


def test_a_draw_repeats_with_its_seed_and_takes_all_of_few() -> None:
    keys = list(range(100, 200))
    assert counting.drawn(keys, 12, 7) == counting.drawn(keys, 12, 7)
    assert len(set(counting.drawn(keys, 12, 7))) == 12
    assert counting.drawn(keys, 12, 7) != counting.drawn(keys, 12, 8)
    assert counting.drawn(keys[:5], 12, 7) == keys[:5]


def test_lessons_are_those_of_the_weaker_finished_term() -> None:
    first, second = TermLessons("2025-2026-1", 22, True), TermLessons("2025-2026-2", 9, True)
    assert counting.lessons_per_term([first, second]) == 9
    assert counting.lessons_per_term([first, TermLessons("2025-2026-2", 3, False)]) == 22
    assert counting.lessons_per_term([TermLessons("2025-2026-1", 5, False)]) == 5
    assert counting.lessons_per_term([]) == 0
    assert (counting.lessons_short(9), counting.lessons_short(16)) == (7, 0)


@pytest.mark.parametrize(
    ("text", "yuan", "stated"),
    [
        ("350万元", "3500000.00", True),
        ("１２０．５万", "1205000.00", True),
        ("￥1,200.50", "1200.50", False),
        ("1.2亿元", "120000000.00", True),
        (" 88 元 ", "88.00", True),
        ("0.005", "0.01", False),
    ],
)
def test_sums_are_read_as_people_write_them(text: str, yuan: str, stated: bool) -> None:
    found = money.parse_money(text)
    assert (found.yuan, found.stated) == (Decimal(yuan), stated)


@pytest.mark.parametrize("text", ["", "元", "-5", "12.3.4", "十万", "1e9", "99999999999999", "NaN"])
def test_what_is_no_sum_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        money.parse_money(text)


@given(YUAN)
def test_a_sum_that_was_written_is_read_back(yuan: Decimal) -> None:
    assert money.parse_money(f"{yuan:,}元").yuan == yuan


@given(YUAN, st.integers(2, 500).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n - 1))))
def test_a_divided_value_adds_up_to_the_cent(yuan: Decimal, pieces: tuple[int, int]) -> None:
    quantity, part = pieces
    first, rest = money.divided(yuan, quantity, part)
    assert first is not None
    assert rest is not None
    assert first + rest == yuan
    assert abs(first - yuan * part / quantity) <= Decimal("0.005")


def test_a_mix_up_is_about_ten_thousand_times() -> None:
    assert money.looks_mixed(Decimal(350), Decimal(3_480_000))
    assert not money.looks_mixed(Decimal(350_000), Decimal(3_480_000))
    assert not money.looks_mixed(Decimal(0), Decimal(3_480_000))
    assert money.may_mean_wan(Decimal(350), Decimal(5_000), Decimal(60_000_000))
    assert not money.may_mean_wan(Decimal(8_000), Decimal(5_000), Decimal(60_000_000))


def test_every_stage_demands_something_that_has_words() -> None:
    for stage in PATH[:-1]:
        lacking = stages.missing(stage, Facts())
        assert lacking
        assert set(lacking) <= set(DEMANDS)
    assert stages.missing(Stage.DONE, Facts()) == ()


def test_a_use_is_a_quarter_of_what_was_expected_or_it_is_none() -> None:
    assert stages.is_unused(Stage.USE, 100, 24)
    assert not stages.is_unused(Stage.USE, 100, 25)
    assert stages.is_unused(Stage.USE, 100, None)
    assert not stages.is_unused(Stage.DONE, 100, None)
