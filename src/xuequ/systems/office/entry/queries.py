"""Which results the actor types in, how far that has come, and one class's sheet."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce, Substr

from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Dated, Enrolment, Pupil, School, SchoolClass, TeachingAssignment, Term
from xuequ.district.queries import ListedPupil, first_year_on, listed_pupils, term_on
from xuequ.record import rules
from xuequ.record.models import Assessment, Result

ENTERERS = frozenset({Role.TEACHER, Role.CLASS_TEACHER, Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER})
SCHOOL_MADE = tuple(basis for basis, rule in rules.BASES.items() if rule.school_made)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One class in one assessment: how many pupils it has and how many of them have a result."""

    assessment: Assessment
    school_class: SchoolClass
    grade: int
    pupils: int = 0
    entered: int = 0

    @property
    def missing(self) -> int:
        """Pupils without a result."""
        return max(self.pupils - self.entered, 0)


def own_schools(actor: Actor) -> list[School]:
    """Return the schools where the actor may type in everything, and plan examinations."""
    return list(actor.import_schools)


def lessons(actor: Actor) -> set[tuple[int, int]]:
    """Return the lessons that the actor gives today, as keys of class and subject."""
    rows = TeachingAssignment.objects.filter(policy.score_entry_lessons(actor))
    return set(rows.values_list("school_class_id", "subject_id"))


def may_open(actor: Actor) -> bool:
    """Whether the actor has one of the roles that type in results; by role only, for the menu stands on every page."""
    return policy.holds_at_a_school(actor, ENTERERS)


def sheets(actor: Actor, term: Term | None) -> list[Sheet]:
    """Return the sheets of the term's own examinations that the actor fills in, by school, grade, class, subject."""
    schools, given = {school.pk for school in own_schools(actor)}, lessons(actor)
    taught = {school_class for school_class, _subject in given}
    if term is None or not (schools or taught):
        return []
    classes = _classes(schools, taught, actor)
    by_school: dict[int | None, list[SchoolClass]] = defaultdict(list)
    for school_class in classes:
        by_school[school_class.school_id].append(school_class)
    first_year = first_year_on(term.start)
    pairs = [
        (assessment, school_class)
        for assessment in _assessments(term, by_school)
        for school_class in by_school[assessment.school_id]
        if school_class.grade_in(first_year) == assessment.grade
        and (school_class.school_id in schools or (school_class.pk, assessment.subject_id) in given)
    ]
    return _counted(pairs, actor)


def _classes(schools: Iterable[int], taught: Iterable[int], actor: Actor) -> list[SchoolClass]:
    enrolled = Enrolment.objects.filter(Dated.at(actor.day)).values("school_class_id")
    rows = SchoolClass.objects.filter(Q(school__in=schools) | Q(pk__in=taught), pk__in=enrolled)
    return list(rows.select_related("school").order_by("school__code", "-entry_year", "number"))


def _assessments(term: Term, schools: Iterable[int | None]) -> list[Assessment]:
    rows = Assessment.objects.filter(basis__in=SCHOOL_MADE, term=term, school__in=list(schools), study=None)
    return list(rows.select_related("subject", "school", "term").order_by("grade", "subject__order", "id"))


def _counted(pairs: Sequence[tuple[Assessment, SchoolClass]], actor: Actor) -> list[Sheet]:
    classes = {school_class.pk for _assessment, school_class in pairs}
    enrolled = Enrolment.objects.filter(Dated.at(actor.day), school_class__in=classes).order_by()
    pupils = dict(enrolled.values_list("school_class").annotate(n=Count("pupil", distinct=True)))
    results = Result.objects.filter(
        assessment__in={assessment.pk for assessment, _class in pairs},
        school_class__in=classes,
        is_current=True,
    ).order_by()
    counted = results.values_list("assessment", "school_class").annotate(n=Count("id"))
    entered = {(assessment, school_class): n for assessment, school_class, n in counted}
    return [
        Sheet(
            assessment,
            school_class,
            assessment.grade or 0,
            pupils.get(school_class.pk, 0),
            entered.get((assessment.pk, school_class.pk), 0),
        )
        for assessment, school_class in pairs
    ]


def open_sheets(actor: Actor) -> "QuerySet[Assessment]":
    """Return the sheets whose examination has been held and that miss results: a row for each paper and class.

    The same sheets as ``sheets`` lists for today's term, found by the database alone.
    """
    began = Cast(Substr("term__year__code", 1, 4), IntegerField())  # as SchoolYear.first_year reads it
    held = Assessment.objects.filter(
        Dated.at(actor.day, "term__"), basis__in=SCHOOL_MADE, study=None, held_on__lte=actor.day
    ).annotate(group=F("school__classes"), cohort=F("school__classes__entry_year"))
    fitting = held.annotate(first_grade=F("school__classes__entry_grade")).filter(
        grade=began - F("cohort") + F("first_grade")
    )
    lessons = TeachingAssignment.objects.filter(policy.score_entry_lessons(actor))
    given = Exists(lessons.filter(school_class=OuterRef("group"), subject=OuterRef("subject")))
    mine = fitting.filter(Q(school__in=[school.pk for school in own_schools(actor)]) | given)
    return mine.annotate(pupils=_pupils_of_group(actor), entered=_entered_of_group()).filter(
        pupils__gt=F("entered")
    )


def _pupils_of_group(actor: Actor) -> Coalesce:
    rows = Enrolment.objects.filter(Dated.at(actor.day), school_class=OuterRef("group")).order_by()
    counted = rows.values("school_class").annotate(n=Count("pupil", distinct=True))
    return Coalesce(Subquery(counted.values("n")), 0)


def _entered_of_group() -> Coalesce:
    rows = Result.objects.filter(assessment=OuterRef("pk"), school_class=OuterRef("group"), is_current=True)
    counted = rows.order_by().values("school_class").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


def sheet(actor: Actor, assessment: UUID, school_class: UUID) -> Sheet | None:
    """Return one sheet that the actor fills in, without its counts: every typed cell asks for it."""
    found = Assessment.objects.select_related("term", "subject", "school").filter(
        uid=assessment, basis__in=SCHOOL_MADE, study=None
    )
    place = SchoolClass.objects.select_related("school").filter(uid=school_class)
    exam, group = found.first(), place.first()
    if exam is None or group is None or exam.term is None or exam.school_id != group.school_id:
        return None
    if group.grade_in(first_year_on(exam.term.start)) != exam.grade or not _may_fill(actor, exam, group):
        return None
    return Sheet(exam, group, exam.grade)


def _may_fill(actor: Actor, assessment: Assessment, school_class: SchoolClass) -> bool:
    given = TeachingAssignment.objects.filter(policy.score_entry_lessons(actor))
    if given.filter(school_class=school_class, subject=assessment.subject).exists():
        return True
    return School.objects.filter(policy.score_entry_schools(actor), pk=school_class.school_id).exists()


@dataclass(frozen=True, slots=True)
class Line:
    """A pupil's line of a sheet, with the result that stands."""

    listed: ListedPupil
    result: Result | None


def lines(sheet: Sheet, actor: Actor) -> list[Line]:
    """Return the class's pupils today with their results, by number."""
    pupils = listed_pupils(Q(school_class=sheet.school_class), actor.day)
    results = Result.objects.filter(assessment=sheet.assessment, is_current=True)
    current = {row.pupil_id: row for row in results.filter(pupil__in=[item.pupil.pk for item in pupils])}
    return [Line(item, current.get(item.pupil.pk)) for item in pupils]


def enrolled(sheet: Sheet, actor: Actor) -> dict[str, Pupil]:
    """Return the pupils of the sheet's class today by uid."""
    rows = Enrolment.objects.filter(Dated.at(actor.day), school_class=sheet.school_class).select_related(
        "pupil"
    )
    return {str(row.pupil.uid): row.pupil for row in rows}


def current_term(actor: Actor) -> Term | None:
    """Return the term of the actor's day."""
    return term_on(actor.day)
