"""Faults of answers in words for people."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from xuequ.kit.questionnaires.validation import Fault


def fault_text(fault: Fault) -> str:
    """Return what is wrong with an answer in one sentence; a rule's own words come first."""
    if fault.text:
        return fault.text.said(get_language() or "zh-hans")
    said = _sentences()[fault.code]
    return said % {"limit": _limit(fault)}


def _limit(fault: Fault) -> str:
    return f"{fault.limit:g}" if isinstance(fault.limit, int | float) else str(fault.limit or "")


def _sentences() -> dict[str, str]:
    return {
        "required": _("Please answer this question."),
        "other": _("Please write what “other” means."),
        "rows": _("Please answer every row."),
        "choice": _("This is not one of the choices."),
        "none_alone": _("“None” cannot be chosen together with others."),
        "number": _("Please give a number."),
        "date": _("Please give a date such as 2026-09-01."),
        "text": _("Please write plain text on one line."),
        "max_length": _("Please write at most %(limit)s characters."),
        "min_length": _("Please write at least %(limit)s characters."),
        "min_count": _("Please choose at least %(limit)s."),
        "max_count": _("Please choose at most %(limit)s."),
        "low": _("The smallest value is %(limit)s."),
        "high": _("The largest value is %(limit)s."),
        "pattern": _("This is not written as expected."),
        "email": _("Please give an e-mail address."),
        "expression": _("This does not agree with another answer."),
    }
