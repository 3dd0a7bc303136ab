"""What may be written to the district, as far as growth needs it: calendar, subjects, studies with their rows."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.errors import Forbidden, Refused
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Stage
from xuequ.district.models import Pupil, School, SchoolYear, Study, Subject, Term
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
