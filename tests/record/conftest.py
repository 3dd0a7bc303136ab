"""Messages of actions are compared in the language that they are written in; Chinese is the pages' business."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Speak English for the time of a test."""
    with translation.override("en"):
        yield
