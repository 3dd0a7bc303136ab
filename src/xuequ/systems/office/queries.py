"""What the data office's pages read; everything is limited to what the actor may see."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.models import Dated, Enrolment, School, SchoolClass, Subject
from xuequ.district.queries import first_year_on, names_of_pupils
from xuequ.kit.scores.actions import KIND
from xuequ.record import queries as record
from xuequ.record.choices import BatchState, ResultStatus
from xuequ.record.models import Assessment, HeadingAlias, ImportBatch, Result


def may_import(actor: Actor) -> bool:
    """Whether the actor may bring in results of some school."""
    return policy.imports_everywhere(actor) or bool(own_import_schools(actor))


def own_import_schools(actor: Actor) -> list[School]:
    """Return the schools whose own sheets the actor may bring in; none for those who import for the district."""
    return list(actor.import_schools)


def may_enter(actor: Actor) -> bool:
    """Whether the data office has a page for the actor."""
    return actor.sees_district or may_import(actor)


def imports(actor: Actor) -> "QuerySet[ImportBatch]":
    """Return the imports that the actor may see, newest first."""
    return record.imports(actor)


def import_batch(actor: Actor, uid: UUID) -> ImportBatch | None:
    """Return one import that the actor may see."""
    return record.imports(actor).filter(uid=uid).first()


def sees_rows(actor: Actor, batch: ImportBatch) -> bool:
    """Whether the actor may look at the rows of an import's file, which name pupils: whoever brought it in, and the
    district's data office. Others who import for the district see what came of it.
    """
    return batch.created_by_id == actor.account_id or policy.keeps_roster_everywhere(actor)


def waiting_imports(actor: Actor) -> list[ImportBatch]:
    """Return the actor's own imports that were begun and not decided."""
    return list(begun_imports(actor)[:20])


def begun_imports(actor: Actor) -> "QuerySet[ImportBatch]":
    """Return the same as a query, newest first."""
    own = ImportBatch.objects.filter(
        kind=KIND, created_by=actor.account_id, state__in=[BatchState.UPLOADED, BatchState.CHECKED]
    )
    return own.order_by("-id")


def assessments(actor: Actor) -> "QuerySet[Assessment]":
    """Return the assessments that the actor may know of, with their coverage."""
    return record.with_coverage(record.assessments(actor), actor)


def assessment(actor: Actor, uid: UUID) -> Assessment | None:
    """Return one assessment that the actor may know of."""
    return record.assessments(actor).filter(uid=uid).first()


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far one school's pupils have results in an assessment."""

    school: School
    enrolled: int
    scored: int
    absent: int
    exempt: int
    cancelled: int

    @property
    def without(self) -> int:
        """Pupils of the grade without any result."""
        return max(self.enrolled - self.scored - self.absent - self.exempt - self.cancelled, 0)


def coverage(actor: Actor, assessment: Assessment) -> list[Coverage]:
    """Return the coverage by school in the order of the schools' codes: two queries and the schools."""
    visible = School.objects.visible_to(actor).filter(study=assessment.study)
    results = _counts_by_status(assessment, visible)
    enrolled = _enrolled(assessment, visible, actor)
    concerned = visible.filter(pk__in=set(results) | set(enrolled)) if assessment.study is None else visible
    if assessment.school_id is not None:
        concerned = concerned.filter(pk=assessment.school_id)
    return [
        Coverage(
            school, enrolled.get(school.pk, 0), *(results.get(school.pk, {}).get(s, 0) for s in ResultStatus)
        )
        for school in concerned.order_by("code")
    ]


def _counts_by_status(assessment: Assessment, schools: "QuerySet[School]") -> dict[int, dict[str, int]]:
    rows = Result.objects.filter(assessment=assessment, is_current=True, school__in=schools.values("pk"))
    counts: dict[int, dict[str, int]] = {}
    for school, status, count in rows.values_list("school", "status").annotate(count=Count("id")).order_by():
        counts.setdefault(school, {})[status] = count
    return counts


def _enrolled(assessment: Assessment, schools: "QuerySet[School]", actor: Actor) -> dict[int, int]:
    if assessment.study_id is not None or assessment.grade is None:
        return {}
    day = assessment.held_on or actor.day
    rows = Enrolment.objects.filter(
        Dated.at(day), in_grade(assessment.grade, day), school__in=schools.values("pk")
    )
    return dict(rows.values_list("school").annotate(count=Count("id")).order_by())


def in_grade(grade: int, day: dt.date) -> Q:
    """Return the condition on enrolments "in this grade on this day" for classes of any entry grade."""
    first_year = first_year_on(day)
    pairs = ((first_year - grade + entry, entry) for entry in (1, 6, 7, 10))
    condition = Q()
    for entry_year, entry_grade in pairs:
        condition |= Q(school_class__entry_year=entry_year, school_class__entry_grade=entry_grade)
    return condition


def values_of(actor: Actor, assessment: Assessment) -> tuple[list[float], list[str]]:
    """Return the scores and the levels that the actor may see in aggregate (own schools, or the district)."""
    frame = record.results_frame([assessment], schools=School.objects.visible_to(actor))
    return frame["score"].drop_nulls().to_list(), [level for level in frame["level"].to_list() if level]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pupil whom an uncertain row may mean, as the person who chooses needs to see it."""

    key: str
    name: str
    place: str


def candidates(questions: Sequence[dict[str, Any]], actor: Actor) -> dict[int, Candidate]:
    """Return the candidates of all questions by primary key, with name, school and class."""
    keys = {pk for question in questions for pk in question["candidates"]}
    names = names_of_pupils(keys)
    rows = Enrolment.objects.filter(Dated.at(actor.day), pupil__in=keys).select_related(
        "school", "school_class"
    )
    places = {row.pupil_id: f"{row.school} {row.school_class or ''}".strip() for row in rows}
    return {pk: Candidate(str(pk), names[pk], places.get(pk, "")) for pk in keys if pk in names}


def template_classes(actor: Actor, assessment: Assessment) -> "QuerySet[SchoolClass]":
    """Return the classes that stand in an assessment's template: of the grade, and of schools the actor imports for."""
    day = assessment.held_on or actor.day
    schools = School.objects.filter(policy.import_schools(actor))
    if assessment.school_id is not None:
        schools = schools.filter(pk=assessment.school_id)
    condition = Q()
    if assessment.grade is not None:
        first_year = first_year_on(day)
        for entry in (1, 6, 7, 10):
            condition |= Q(entry_year=first_year - assessment.grade + entry, entry_grade=entry)
    return SchoolClass.objects.filter(condition, school__in=schools.values("pk"))


def may_import_into(actor: Actor, assessment: Assessment) -> bool:
    """Whether the actor may bring results into this assessment (a study's come from its own file only)."""
    if assessment.study_id is not None:
        return False
    return policy.may_import_scores(actor, school_id=assessment.school_id)


def main_subjects() -> "QuerySet[Subject]":
    """Return the subjects of the blank template."""
    return Subject.objects.filter(code__in=("chinese", "mathematics", "english")).order_by("order")


def in_classes(keys: Iterable[int]) -> Q:
    """Return the condition on enrolments "in one of these classes"."""
    return Q(school_class__in=list(keys))


def headings() -> "QuerySet[HeadingAlias]":
    """Return the headings that people have explained."""
    return HeadingAlias.objects.order_by("heading")
