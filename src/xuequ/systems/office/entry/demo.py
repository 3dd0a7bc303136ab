"""The demo's part: a mid-term examination of one school's grade, half of it typed in."""

import datetime as dt

from django.db.models import Q

from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment, SchoolClass, Subject
from xuequ.district.queries import first_year_on, listed_pupils, term_on
from xuequ.kit.demo import DemoContext
from xuequ.kit.scores.targets import assessment_name
from xuequ.record import actions as record
from xuequ.record.choices import Basis, Form, ResultStatus
from xuequ.record.entering import Entry, Value, enter

SHARE_DONE = {"chinese": 1.0, "mathematics": 0.6, "english": 0.0}


def build(demo: DemoContext) -> None:
    """Plan the examination in the class where the demo's accounts meet, and type in part of it."""
    held = RoleAssignment.objects.select_related("school_class__school").filter(role=Role.CLASS_TEACHER)
    school_class = held.get(account__username="demo-class-teacher").school_class
    assert school_class is not None
    term = term_on(demo.day)
    grade = school_class.grade_in(first_year_on(demo.day))
    if term is None or not 7 <= grade <= 9:
        return
    for subject in Subject.objects.filter(code__in=SHARE_DONE):
        assessment = record.create_assessment(
            actor=demo.actor,
            name=assessment_name(Basis.SCHOOL_MIDTERM, term, grade, subject),
            basis=Basis.SCHOOL_MIDTERM,
            form=Form.SCORE,
            subject=subject,
            term=term,
            grade=grade,
            held_on=demo.day - dt.timedelta(days=3),
            full_mark=100.0,
            school=school_class.school,
        )
        entries = _entries(demo, school_class, subject.code)
        if entries:
            enter(actor=demo.actor, assessment=assessment, entries=entries)


def _entries(demo: DemoContext, school_class: SchoolClass, subject: str) -> list[Entry]:
    rng = demo.rng(f"typed {subject}")
    pupils = listed_pupils(Q(school_class=school_class), demo.day)
    scores = (rng.normal(74, 12, len(pupils)).clip(20, 100) * 2).round() / 2
    entries = []
    for place, item in enumerate(pupils[: round(len(pupils) * SHARE_DONE[subject])]):
        value = Value(ResultStatus.ABSENT) if place == 11 else Value(score=float(scores[place]))
        raw = "缺考" if place == 11 else f"{scores[place]:g}"
        entries.append(Entry(item.pupil.pk, school_class.school_id, school_class.pk, value, raw, ""))
    return entries
