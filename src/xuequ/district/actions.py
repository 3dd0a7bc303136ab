"""What may be written to the district: calendar, subjects, schools with areas and groups, studies with their rows."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.errors import Forbidden, Refused
from xuequ.district import journal, merging, policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Stage
from xuequ.district.models import (
    Area,
    Enrolment,
    Pupil,
    RoleAssignment,
    School,
    SchoolGroup,
    SchoolYear,
    Study,
    Subject,
    Term,
)
from xuequ.district.people import Person, create_people

SUBJECTS: tuple[tuple[str, str, str], ...] = (
    ("total", "总分", "Total"),
    ("chinese", "语文", "Chinese"),
    ("mathematics", "数学", "Mathematics"),
    ("english", "英语", "English"),
    ("physics", "物理", "Physics"),
    ("chemistry", "化学", "Chemistry"),
    ("biology", "生物学", "Biology"),
    ("science", "科学", "Science"),
    ("civics", "道德与法治", "Morality and law"),
    ("history", "历史", "History"),
    ("geography", "地理", "Geography"),
    ("information", "信息科技", "Information technology"),
    ("music", "音乐", "Music"),
    ("art", "美术", "Art"),
    ("sport", "体育与健康", "Physical education"),
    ("labour", "劳动", "Labour education"),
)
"""Subjects of the compulsory curriculum (2022 programme), in timetable order: code, Chinese name, English name."""


def ensure_subjects() -> dict[str, Subject]:
    """Create the subjects of the curriculum where they are missing and return all by code."""
    known = set(Subject.objects.values_list("code", flat=True))
    Subject.objects.bulk_create(
        Subject(code=code, name=name, name_en=name_en, order=order)
        for order, (code, name, name_en) in enumerate(SUBJECTS)
        if code not in known
    )
    return {subject.code: subject for subject in Subject.objects.all()}


def ensure_year(first_year: int, *, spring: dt.date | None = None) -> SchoolYear:
    """Create the school year that begins on 1 September of ``first_year`` with its two terms where it is missing."""
    code = f"{first_year}-{first_year + 1}"
    start, end = dt.date(first_year, 9, 1), dt.date(first_year + 1, 9, 1)
    with transaction.atomic():
        year, made = SchoolYear.objects.get_or_create(code=code, defaults={"start": start, "end": end})
        if made:
            middle = spring or dt.date(first_year + 1, 2, 15)
            Term.objects.create(code=f"{code}-1", year=year, start=start, end=middle)
            Term.objects.create(code=f"{code}-2", year=year, start=middle, end=end)
    return year


def create_study(*, actor: Actor, name: str, source: str = "") -> Study:
    """Create an external study; its name is its own."""
    if not policy.may_import_scores(actor, study=True):
        raise Forbidden(_("Only the district's officers and researchers bring in external studies."))
    if Study.objects.filter(name=name).exists():
        raise Refused(_("There is already a study called “%(name)s”; choose another name.") % {"name": name})
    with transaction.atomic():
        study = Study.objects.create(name=name, source=source, created_by_id=actor.account_id)
        audit.record(actor, "study.created", study)
    return study


def create_study_schools(study: Study, names: Sequence[str]) -> dict[str, School]:
    """Create the study's schools in the caller's transaction and return them by name; codes keep the order."""
    schools = School.objects.bulk_create(
        [
            School(study=study, code=f"{number:05d}", name=name[:100], stage=Stage.COMPLETE)
            for number, name in enumerate(names, start=1)
        ],
        batch_size=1000,
    )
    return dict(zip(names, schools, strict=True))


def create_study_pupils(study: Study, labels: Sequence[str]) -> list[Pupil]:
    """Create the study's pupils, each called by its label, in the caller's transaction."""
    people = create_people([(label, label) for label in labels], scope=str(study.uid))
    return Pupil.objects.bulk_create(
        [Pupil(person=person, study=study) for person in people], batch_size=2000
    )


def delete_study(study: Study) -> None:
    """Remove the study with its schools, pupils and everything recorded of them, in the caller's transaction."""
    Person.objects.filter(pupil__study=study).delete()
    study.delete()


def _require_school_keeper(actor: Actor) -> None:
    if not policy.keeps_roster_everywhere(actor):
        raise Forbidden(_("Only the district's data office keeps the list of schools."))


def save_school(*, actor: Actor, school: School) -> School:
    """Store a new or altered school of the district; raises ``Refused`` when its code or its campus does not fit."""
    _require_school_keeper(actor)
    with transaction.atomic():
        same_code = School.objects.of_district().filter(code=school.code).exclude(pk=school.pk)
        if same_code.exists():
            raise Refused(_("Another school has the code %(code)s already.") % {"code": school.code})
        _refuse_odd_campus(school)
        made = school.pk is None
        school.save()
        audit.record(actor, "school.added" if made else "school.changed", school)
    return school


def _refuse_odd_campus(school: School) -> None:
    main = school.campus_of
    if main is None:
        return
    if main.pk == school.pk or main.campus_of_id is not None:
        raise Refused(_("A campus belongs to a school that is no campus itself."))
    if school.pk is not None and School.objects.filter(campus_of=school).exists():
        raise Refused(_("This school has campuses of its own, so it cannot be a campus of another one."))


def save_place(*, actor: Actor, place: Area | SchoolGroup) -> None:
    """Store a new or altered area or school group."""
    _require_school_keeper(actor)
    with transaction.atomic():
        if type(place).objects.filter(name=place.name).exclude(pk=place.pk).exists():
            raise Refused(_("The name “%(name)s” is taken already.") % {"name": place.name})
        made = place.pk is None
        place.save()
        audit.record(actor, f"{place._meta.model_name}.{'added' if made else 'changed'}", place)


def delete_place(*, actor: Actor, place: Area | SchoolGroup) -> None:
    """Delete an area or a school group; an area with schools or roles stays."""
    _require_school_keeper(actor)
    with transaction.atomic():
        if isinstance(place, Area) and _area_in_use(place):
            raise Refused(_("Schools or roles still belong to this area; give them another one first."))
        audit.record(actor, f"{place._meta.model_name}.deleted", place)
        place.delete()


def _area_in_use(area: Area) -> bool:
    return area.schools.exists() or RoleAssignment.objects.filter(area=area).exists()


def close_school(*, actor: Actor, school: School, day: dt.date) -> None:
    """Close a school from ``day`` on; raises ``Refused`` while pupils are enrolled there on that day or later."""
    _require_school_keeper(actor)
    with transaction.atomic():
        locked = School.objects.select_for_update().get(pk=school.pk)
        lasting = Enrolment.objects.filter(Q(end=None) | Q(end__gt=day), school=locked)
        if count := lasting.values("pupil_id").distinct().count():
            raise Refused(
                _(
                    "%(count)s pupils are still enrolled at the school on that day; merge it with another one instead."
                )
                % {"count": count}
            )
        locked.closed_on = day
        locked.save(update_fields=["closed_on"])
        audit.record(actor, "school.closed", locked, {"day": day.isoformat()})


def reopen_school(*, actor: Actor, school: School) -> None:
    """Open a closed school again, empty as it is; raises ``Refused`` when it went into another school."""
    _require_school_keeper(actor)
    with transaction.atomic():
        if merging.operation_of(school) is not None:
            raise Refused(_("The school was merged with another one; take the merger back instead."))
        School.objects.filter(pk=school.pk).update(closed_on=None)
        audit.record(actor, "school.reopened", school)


def merge_schools(*, actor: Actor, school: School, into: School, day: dt.date) -> dict[str, int]:
    """Let ``school`` go into ``into`` from ``day`` on, with classes, pupils, teachers and their roles.

    Returns how many of each went over; raises ``Refused`` when the two do not fit.
    """
    _require_school_keeper(actor)
    with transaction.atomic():
        counts = merging.merge(school, into, day)
        audit.record(
            actor, "school.merged", school, {"into": str(into.uid), "day": day.isoformat(), **counts}
        )
    return counts


def undo_merger(*, actor: Actor, school: School) -> None:
    """Take a merger back row by row; raises ``Refused`` when newer facts rest on it."""
    _require_school_keeper(actor)
    with transaction.atomic():
        operation = merging.operation_of(school)
        if operation is None:
            raise Refused(_("This school was not merged, or the merger was taken back already."))
        counts = journal.undo(operation)
        audit.record(actor, "school.merger_undone", school, counts)
