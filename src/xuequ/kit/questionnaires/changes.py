"""What changed between two versions of a questionnaire, for people who are filling it in."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from xuequ.kit.questionnaires.schema import NO_TEXT, Form, Label, Question


class ChangeKind(StrEnum):
    """How a question changed."""

    ADDED = "added"
    REMOVED = "removed"
    REWORDED = "reworded"
    RULES = "rules"


@dataclass(frozen=True, slots=True)
class FormChange:
    kind: ChangeKind
    question: str
    title: Label


def changes(old: Form, new: Form) -> list[FormChange]:
    """Return what changed, question by question, in the new form's order; what was removed comes last."""
    return list(_changes(old, new))


def _changes(old: Form, new: Form) -> Iterator[FormChange]:
    for name, question in new.questions.items():
        before = old.questions.get(name)
        if before is None:
            yield FormChange(ChangeKind.ADDED, name, question.shown_title)
        elif before != question:
            worded = _without_words(before) == _without_words(question)
            kind = ChangeKind.REWORDED if worded else ChangeKind.RULES
            yield FormChange(kind, name, question.shown_title)
    for name, question in old.questions.items():
        if name not in new.questions:
            yield FormChange(ChangeKind.REMOVED, name, question.shown_title)


def _without_words(question: Question) -> Question:
    """Return what decides about answers: everything but titles and descriptions (what a choice says decides)."""
    return replace(question, title=NO_TEXT, description=NO_TEXT)
