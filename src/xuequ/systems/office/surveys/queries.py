"""What the questionnaires' pages read beyond what ``kit.questionnaires.queries`` gives."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils.translation import get_language

from xuequ.core import crypto
from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.district.people import names_of
from xuequ.kit.questionnaires import results
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Answer, Round, Version
from xuequ.kit.questionnaires.results import SMALLEST, Given, Results
from xuequ.kit.questionnaires.schema import Form

KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which of a round's answers are looked at."""

    school: School | None = None
    grade: int | None = None
    careful: bool = False


def answers(wave: Round, narrowed: Narrowed) -> "QuerySet[Answer]":
    """Return the answers looked at; the caller has checked that the round may be evaluated."""
    rows = Answer.objects.filter(round=wave)
    if narrowed.school is not None:
        rows = rows.filter(school=narrowed.school)
    if narrowed.grade is not None:
        rows = rows.filter(grade=narrowed.grade)
    return rows


def given(wave: Round, narrowed: Narrowed) -> list[Given]:
    """Return the answers for counting."""
    rows = answers(wave, narrowed).order_by("uid").values_list("data", "seconds", "school", "grade")
    return [Given(*row) for row in rows.iterator(chunk_size=5000)]


def counted(wave: Round, form: Form, narrowed: Narrowed) -> Results:
    """Return the counted results; kept for an hour while no further answer comes in."""
    number = answers(wave, narrowed).count()
    place = narrowed.school.pk if narrowed.school else 0
    key = f"survey:{wave.uid}:{wave.version_id}:{number}:{place}:{narrowed.grade}:{narrowed.careful}"
    found: Results | None = cache.get(key)
    if found is None:
        found = results.count(form, given(wave, narrowed), wave.contradiction, careful=narrowed.careful)
        cache.set(key, found, KEPT_SECONDS)
    return found


def is_few(found: Results) -> bool:
    """Whether so few answered, or so few were left out, that showing the counts would tell about single people."""
    return found.total < SMALLEST or 0 < found.left_out < SMALLEST


def grades_of(wave: Round) -> list[int]:
    """Return the grades in which answers were given."""
    rows = Answer.objects.filter(round=wave, grade__isnull=False).values_list("grade", flat=True)
    return sorted(grade for grade in rows.distinct().order_by() if grade is not None)


def export_rows(wave: Round, form: Form) -> Iterator[list[Any]]:
    """Yield the answers as a table, headings first.

    By name: with school and, for staff, name. Anonymous: the answers alone, in random order, and only from five on.
    """
    language = get_language() or "zh-hans"
    questions = list(form.questions.values())
    titles = [f"{number}. {one.shown_title.said(language)}" for number, one in enumerate(questions, start=1)]
    rows = list(Answer.objects.filter(round=wave).select_related("school").order_by("uid"))
    if wave.anonymous:
        random.SystemRandom().shuffle(rows)
        yield titles
        if len(rows) < SMALLEST:
            return
    named = (
        names_of(row.person_id for row in rows if row.person_id) if wave.audience == Audience.STAFF else {}
    )
    if not wave.anonymous:
        yield [*places_headings(), *titles]
    for row in rows:
        said = [results.text_of(question, row.data, language) for question in questions]
        place = [] if wave.anonymous else [str(row.school or ""), named.get(row.person_id or 0, ""), row.sent]
        yield [*place, *said]


def places_headings() -> list[str]:
    """Return the headings of what stands before the answers in an export by name."""
    from django.utils.translation import gettext as _

    return [_("School"), _("Name"), _("Sent")]


def draft_owner(actor: Actor) -> str:
    """Return under what the browser keeps this person's drafts apart from those of others on the same computer."""
    return crypto.blind_index("survey-draft", str(actor.account_id))


def versions(questionnaire_id: int) -> "QuerySet[Version]":
    """Return the published versions, newest first."""
    return Version.objects.filter(questionnaire=questionnaire_id).order_by("-number")
