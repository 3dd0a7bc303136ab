"""What a form for a school's office is opened with: the district never asks anew what it knows already.

A system says what it knows in its app config: ``known_answers(names, school, day) -> Mapping[name, value]``. What was
filled in so can be corrected like any other answer.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.apps import apps

from xuequ.district.models import School
from xuequ.kit.questionnaires.schema import Form, Input, QuestionType


def known_answers(form: Form, school: School, day: dt.date) -> dict[str, Any]:
    """Return the known answers to the form's typed questions, by name; whole numbers without a point."""
    names = {name for name, question in form.questions.items() if question.type == QuestionType.TEXT}
    hooks: Iterable[Any] = (getattr(config, "known_answers", None) for config in apps.get_app_configs())
    found: dict[str, Any] = {}
    for hook in hooks:
        if hook is not None and names:
            found |= {name: value for name, value in hook(names, school, day).items() if name in names}
    return {name: _written(value) for name, value in found.items() if _fits(form, name, value)}


def _fits(form: Form, name: str, value: Any) -> bool:
    """Numbers only where numbers are typed, within the question's limits."""
    question = form.questions[name]
    if question.input != Input.NUMBER:
        return isinstance(value, str)
    if not isinstance(value, int | float):
        return False
    low = question.low if isinstance(question.low, int | float) else value
    high = question.high if isinstance(question.high, int | float) else value
    return low <= value <= high


def _written(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
