"""The indicators that growth publishes, each with its definition 口径."""

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.core.registry import Good, IndicatorDefinition
from xuequ.record.choices import IndicatorAudience

GRADES = range(3, 13)
"""Grades in which tests that all schools share exist."""

_SOURCE = _("growth evaluation of the district; the run is named with each number")
_WHAT: dict[str, tuple[Text, Text, Text]] = {
    "effect": (
        _("growth of the school"),
        _(
            "Difference between what the school's pupils reached and what pupils with the same start reach"
            " in the average"
            " school of the run, from a mixed model, shrunken, with a prediction interval"
        ),
        _("standard deviations of the outcome"),
    ),
    "share-above": (
        _("share of pupils above expectation"),
        _("Pupils who reached more than pupils with the same start do on average, over pupils in the model"),
        _("share"),
    ),
    "coverage": (
        _("coverage of the evaluation of growth"),
        _("Pupils in the model over pupils enrolled on the day of the outcome"),
        _("share"),
    ),
}


def code_of(what: str, grade: int) -> str:
    """Return the catalogue code of one number for one grade."""
    return f"growth.{what}.g{grade}"


def definitions() -> tuple[IndicatorDefinition, ...]:
    """Return the catalogue entries, one for each number and grade."""
    return tuple(
        IndicatorDefinition(
            code=code_of(what, grade),
            title=format_lazy(_("{title}, grade {grade}"), title=title, grade=grade),
            definition=definition,
            unit=unit,
            source=_SOURCE,
            audience=IndicatorAudience.SCHOOL,
            good=Good.MORE if what == "effect" else None,
        )
        for what, (title, definition, unit) in _WHAT.items()
        for grade in GRADES
    )
