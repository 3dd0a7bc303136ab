"""Words for what the checks found."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.district.models import Subject
from xuequ.kit.scores.aliases import LABELS, Use
from xuequ.record.models import HeadingAlias
from xuequ.systems.office.queries import Candidate

REASONS: dict[str, Text] = {
    "number-unknown": _("No pupil has this number, but the name is known. Is it one of these?"),
    "name-differs": _("The number belongs to a pupil with another name. Whose row is it?"),
    "school-differs": _("The number belongs to a pupil of another school. Whose row is it?"),
    "class-differs": _("The name is in another class of the school. Is it this pupil?"),
    "several": _("Several pupils have this name. Whose row is it?"),
}


def meanings(aliases: Iterable[HeadingAlias], subjects: Iterable[Subject]) -> list[tuple[HeadingAlias, str]]:
    """Return each remembered heading with what it means in words."""
    names = {subject.code: str(subject) for subject in subjects}
    return [(a, f"{LABELS[Use(a.use)]} {names.get(a.subject, '')}".strip()) for a in aliases]


def question_texts(
    questions: Sequence[Mapping[str, Any]], candidates: Mapping[int, Candidate]
) -> list[dict[str, Any]]:
    """Return each question as the form shows it: the row, the reason, and the pupils to choose from."""
    return [
        {
            "key": question["key"],
            "label": f"{question['key'].split('!')[0]}!{question['cell']} {question['text']}",
            "reason": REASONS[question["reason"]],
            "options": [
                (candidates[pk].key, f"{candidates[pk].name} {candidates[pk].place}")
                for pk in question["candidates"]
                if pk in candidates
            ],
        }
        for question in questions
    ]
