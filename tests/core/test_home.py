"""A home page stands though one of its cards does not."""

from collections.abc import Iterable, Iterator

import pytest
from django.apps import apps
from django.conf import LazySettings

from tests import factories
from xuequ.core.actors import Actor
from xuequ.core.home import home_cards
from xuequ.core.registry import Card, Counted
from xuequ.district.models import Role

pytestmark = pytest.mark.django_db
SORRY = "暂时无法显示"


class BrokenError(Exception):
    """What the part stumbles over."""


def _half(actor: Actor, counted: Counted) -> Iterator[Card]:
    yield Card("Stands", "was found before the failure")
    raise BrokenError


def _at_once(*_given: object) -> Iterable[Card]:
    raise BrokenError


@pytest.fixture
def reader(settings: LazySettings) -> Actor:
    settings.CARDS_RAISE = False
    return factories.make_actor(Role.DISTRICT_OFFICER)


def _texts(actor: Actor) -> list[str]:
    return [str(card.text) for card in home_cards(actor)]


def test_a_card_that_fails_takes_no_other_with_it(
    reader: Actor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(apps.get_app_config("support"), "home_cards", _at_once)
    without = _texts(reader)
    assert [SORRY in text for text in without] == [False] * (len(without) - 1) + [True]  # last, and said once
    assert "BrokenError" in caplog.text
    monkeypatch.setattr(apps.get_app_config("support"), "home_cards", _half)
    assert set(_texts(reader)) - set(without) == {"was found before the failure"}


def test_what_cannot_be_counted_leaves_the_others_their_numbers(
    reader: Actor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = _texts(reader)
    monkeypatch.setattr(apps.get_app_config("support"), "home_counts", _at_once)
    found = _texts(reader)
    assert [text for text in found if SORRY not in text] == whole
    assert sum(SORRY in text for text in found) == 1
    assert "BrokenError" in caplog.text


def test_a_part_that_fails_leaves_the_other_parts_of_its_system(
    reader: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = _texts(reader)
    monkeypatch.setattr("xuequ.systems.office.cards.home_cards", _at_once)
    found = _texts(reader)
    assert sum(SORRY in text for text in found) == 1
    assert {text for text in found if SORRY not in text} <= set(whole)
    assert whole


def test_tests_and_developers_see_the_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    actor = factories.make_actor(Role.DISTRICT_OFFICER)
    for hook in ("home_cards", "home_counts"):
        with monkeypatch.context() as patch, pytest.raises(BrokenError):
            patch.setattr(apps.get_app_config("support"), hook, _at_once)
            home_cards(actor)
