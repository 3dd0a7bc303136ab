"""Sums of money as they are read and written everywhere."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.template import Context, Template

from xuequ.core.money_field import MoneyField


def _shown(pattern: str, value: object) -> str:
    return Template("{% load money %}{{ value|" + pattern + " }}").render(Context({"value": value}))


@pytest.mark.parametrize(
    ("how", "value", "text"),
    [
        ("yuan", Decimal("1234567.5"), "1,234,567.50"),
        ("yuan", "80000", "80,000.00"),
        ("yuan", None, "—"),
        ("yuan", "", "—"),
        ("wan", Decimal("3456789"), "345.68"),
        ("wan", None, "—"),
        ("signed_yuan", Decimal(-1200), "−1,200.00"),
        ("signed_yuan", Decimal(0), "0.00"),
        ("cost", 9999.4, "9,999元"),
        ("cost", Decimal(125_000), "12.5万元"),
        ("cost", 20_000, "2万元"),
        ("cost", "", "—"),
    ],
)
def test_a_sum_is_written_the_same_on_all_pages(how: str, value: object, text: str) -> None:
    assert _shown(how, value).replace(" ", "") == text


def test_a_sum_without_its_unit_is_asked_about_where_it_may_be_in_the_other_one() -> None:
    field = MoneyField(low=10_000, high=50_000_000)
    assert field.clean("350万元") == Decimal(3_500_000)
    assert field.clean("350元") == Decimal(350)
    with pytest.raises(ValidationError) as asked:
        field.clean("350")
    assert asked.value.error_list[0].code == "which-unit"
    with pytest.raises(ValidationError):
        field.clean("a lot")


def test_what_was_stored_is_shown_with_its_unit_and_read_back_the_same() -> None:
    field = MoneyField(low=10_000)
    for stored in (Decimal("120000.00"), Decimal("123456.78"), Decimal("800.50")):
        assert field.clean(field.prepare_value(stored)) == stored


def test_nothing_is_no_price() -> None:
    assert MoneyField().clean("0") == 0
    with pytest.raises(ValidationError):
        MoneyField(positive=True).clean("0")
