"""Of what is counted: the schools that the actor sees, narrowed as asked, and the ways to split what is counted."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.db.models import Count, F, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from xuequ.core.figures import Text
from xuequ.core.ordering import natural_key
from xuequ.district.actors import DISTRICT_READERS, SCHOOL_LEADERS, Actor
from xuequ.district.choices import EnrolmentEnd, Sector, Stage
from xuequ.district.models import Area, Dated, Enrolment, School, SchoolClass, SchoolYear, Subject
from xuequ.kit.documents.counting import Counted, Line, Question
from xuequ.record.models import Factor

SMALLEST = 5
"""Above school level, fewer people with an attribute than this are not shown."""


def may_count(actor: Actor) -> bool:
    """Whether the actor answers for a school, an area or the district."""
    return actor.is_system or actor.has(*DISTRICT_READERS, *SCHOOL_LEADERS)


def schools(actor: Actor, question: Question) -> "QuerySet[School]":
    """Return the district's schools that the actor sees and the question asks for."""
    rows = School.objects.of_district().visible_to(actor)
    for name, path in (("school", "uid__in"), ("area", "area__uid__in")):
        if text := question.where.get(name):
            rows = rows.filter(**{path: _uids(text)})
    for name in ("stage", "sector"):
        if text := question.where.get(name):
            rows = rows.filter(**{name: text})
    return rows


def _uids(text: str) -> list[UUID]:
    """Return the uid that a text holds, as a list; none when it is no uid."""
    try:
        return [UUID(text)]
    except ValueError:
        return []


def enrolled(actor: Actor, question: Question) -> "QuerySet[Enrolment]":
    """Return the stays of that day in those schools, and of that grade when one is asked for."""
    rows = Enrolment.objects.filter(Dated.at(question.at), school__in=schools(actor, question).values("pk"))
    return of_grade(rows, question)


def of_grade(rows: "QuerySet[Any]", question: Question, path: str = "school_class__") -> "QuerySet[Any]":
    """Keep the rows of the grade asked for; the grade is that of the school year of the question's day."""
    rows = rows.annotate(grade=grade_of(question.at, path))
    grade = question.where.get("grade", "")
    return rows.filter(grade=int(grade)) if grade.isdecimal() else rows


def grade_of(day: dt.date, path: str = "school_class__") -> Any:
    """Return the expression for the grade of a class in the school year of ``day``."""
    # The year is found in the same question: a catalogue counts a dozen numbers.
    year = SchoolYear.objects.filter(start__lte=day, end__gt=day).values("start__year")[:1]
    first = Coalesce(Subquery(year), Value(day.year - (day.month < 8)))
    return F(f"{path}entry_grade") + first - F(f"{path}entry_year")


Labels = Mapping[Any, tuple[Any, str, str]]
"""What a part is called: the order, the words, and where it leads."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A way to split: ``labels`` names the parts; ``attribute`` says something about people, so few are not shown."""

    code: str
    title: Text
    labels: Callable[[Iterable[Any], Question], Labels]
    attribute: bool = False


def _school_labels(keys: Iterable[Any], question: Question) -> Labels:
    return {
        s.pk: (s.code, s.name, reverse("office:numbers") + f"?school={s.uid}&at={question.at}")
        for s in School.objects.filter(pk__in=list(keys))
    }


def _area_labels(keys: Iterable[Any], question: Question) -> Labels:
    return {
        area.pk: (area.name, area.name, "") for area in Area.objects.filter(pk__in=[k for k in keys if k])
    }


def _class_labels(keys: Iterable[Any], question: Question) -> Labels:
    rows = SchoolClass.objects.filter(pk__in=[k for k in keys if k]).select_related("school")
    return {
        c.pk: (natural_key(f"{c.school.code} {c.entry_year} {c.number}"), f"{c.school} {c}", "") for c in rows
    }


def _subject_labels(keys: Iterable[Any], question: Question) -> Labels:
    return {s.pk: (s.order, str(s), "") for s in Subject.objects.filter(pk__in=[k for k in keys if k])}


def _grade_labels(keys: Iterable[Any], question: Question) -> Labels:
    return {key: (key, _("grade {grade}").format(grade=key), "") for key in keys if key is not None}


def _choice_labels(choices: Iterable[tuple[str, Any]]) -> Callable[[Iterable[Any], Question], Labels]:
    listed = list(choices)

    def labels(keys: Iterable[Any], question: Question) -> Labels:
        return {code: (place, str(label), "") for place, (code, label) in enumerate(listed)}

    return labels


def _text_labels(keys: Iterable[Any], question: Question) -> Labels:
    return {key: (str(key), str(key), "") for key in keys if key}


DIMENSIONS = {
    dimension.code: dimension
    for dimension in (
        Dimension("school", gettext_lazy("School"), _school_labels),
        Dimension("stage", gettext_lazy("Stage"), _choice_labels(Stage.choices)),
        Dimension("sector", gettext_lazy("Public or private"), _choice_labels(Sector.choices)),
        Dimension("area", gettext_lazy("Area"), _area_labels),
        Dimension("grade", gettext_lazy("Grade"), _grade_labels),
        Dimension("class", pgettext_lazy("group of pupils", "class"), _class_labels),
        Dimension("subject", gettext_lazy("Subject"), _subject_labels),
        Dimension("sex", gettext_lazy("Sex"), _text_labels, attribute=True),
        Dimension("boarding", gettext_lazy("Boarding"), _text_labels, attribute=True),
        Dimension(
            "reason", gettext_lazy("Reason of the end"), _choice_labels(EnrolmentEnd.choices), attribute=True
        ),
        Dimension(
            "size",
            gettext_lazy("Class size"),
            _choice_labels(
                [
                    ("45", gettext_lazy("45 pupils or fewer")),
                    ("50", gettext_lazy("46 to 50 pupils")),
                    ("55", gettext_lazy("51 to 55 pupils")),
                    ("56", gettext_lazy("56 pupils or more")),
                ]
            ),
        ),
    )
}
PLACES = ("school", "stage", "sector", "area")
GRADES = [(str(grade), format_lazy(gettext_lazy("grade {grade}"), grade=grade)) for grade in range(1, 13)]


def titles(*codes: str) -> dict[str, Text]:
    """Return the names of dimensions by code."""
    return {code: DIMENSIONS[code].title for code in codes}


def path_of(by: str, school: str = "school") -> Any:
    """Return where rows that have a school (and a class) keep the part that they belong to."""
    paths = {
        "school": f"{school}_id",
        "stage": f"{school}__stage",
        "sector": f"{school}__sector",
        "area": f"{school}__area_id",
        "grade": "grade",
        "class": "school_class_id",
        "reason": "ended",
    }
    return F(paths[by])


def attributes(code: str, day: dt.date) -> dict[int, str]:
    """Return a dated fact about pupils (sex, boarding) as it was known for ``day``, by pupil; the newest counts."""
    facts = Factor.objects.filter(Dated.at(day), kind__code=code, kind__study=None, pupil__isnull=False)
    return dict(facts.order_by("start", "pk").values_list("pupil_id", "text"))


def tally(rows: "QuerySet[Any]", part: Any, counted: str) -> dict[Any, int]:
    """Return how many different ``counted`` there are in each part."""
    found = rows.order_by().annotate(part=part).values("part")
    return dict(found.annotate(n=Count(counted, distinct=True)).values_list("part", "n"))


Ends = tuple[float | None, float | None]
"""The range of an estimate."""


def lines(
    actor: Actor,
    question: Question,
    parts: Mapping[Any, float | None],
    ranges: Mapping[Any, Ends] = MappingProxyType({}),
) -> tuple[Line, ...]:
    """Return the parts in order and in words, those of too few people withheld where the rules say so."""
    dimension = DIMENSIONS[question.by]
    labels = dimension.labels(parts.keys(), question)
    unknown = ("\uffff", _("not known"), "")
    ordered = sorted(parts.items(), key=lambda part: (part[0] not in labels, labels.get(part[0], (0,))[0]))
    hidden = _too_few(parts) if dimension.attribute and _above_school(actor) else set()
    return tuple(
        Line(
            str(key or ""),
            labels.get(key, unknown)[1],
            None if key in hidden else value,
            labels.get(key, unknown)[2],
            key in hidden,
            *((None, None) if key in hidden else ranges.get(key, (None, None))),
        )
        for key, value in ordered
    )


def _above_school(actor: Actor) -> bool:
    """Tell whether the actor reads beyond single schools; a school's own leaders know their pupils."""
    return actor.is_system or (actor.has(*DISTRICT_READERS) and not _leads_only_schools(actor))


def _leads_only_schools(actor: Actor) -> bool:
    readers = [grant for grant in actor.grants if grant.role in DISTRICT_READERS]
    return all(grant.school_id is not None for grant in readers)


def _too_few(parts: Mapping[Any, float | None]) -> set[Any]:
    """Return the parts that are withheld: the small ones, and a second one where a subtraction would give one away."""
    small = {key for key, value in parts.items() if value is not None and 0 < value < SMALLEST}
    if len(small) == 1:
        others = sorted((value, str(key), key) for key, value in parts.items() if key not in small and value)
        small |= {key for _value, _text, key in others[:1]}
    return small


def split(
    actor: Actor, question: Question, rows: "QuerySet[Any]", counted: str, *, school: str = "school"
) -> Counted:
    """Count the different ``counted`` of ``rows``, in all and in the parts that the question asks for."""
    total = rows.order_by().values(counted).distinct().count()
    if not question.by:
        return Counted(total)
    by = question.by
    if by in {"sex", "boarding"}:
        # Looked up here: a subquery for each of 60,000 rows takes the database minutes.
        known = attributes(by, question.at)
        pupils = rows.order_by().values_list(counted, flat=True).distinct()
        return Counted(total, lines(actor, question, Counter(known.get(pk, "") for pk in pupils)))
    return Counted(total, lines(actor, question, tally(rows, path_of(by, school), counted)))


def narrowing_words(question: Question) -> list[str]:
    """Return in words what the question is narrowed to."""
    said = question.where
    words = [str(school) for school in School.objects.filter(uid__in=_uids(said.get("school", "")))]
    words += [area.name for area in Area.objects.filter(uid__in=_uids(said.get("area", "")))]
    words += [str(Stage(said["stage"]).label)] if said.get("stage") in Stage.values else []
    words += [str(Sector(said["sector"]).label)] if said.get("sector") in Sector.values else []
    grade = said.get("grade", "")
    words += [_("grade {grade}").format(grade=grade)] if grade.isdecimal() else []
    return [*words, *([said["period"]] if said.get("period") else [])]
