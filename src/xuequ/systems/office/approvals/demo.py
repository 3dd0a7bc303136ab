"""Approvals in the demo: a school's import on its way, guardians who ask, a class with cards and letters."""

from django.core.files.base import ContentFile
from django.db import transaction

from xuequ.district.actors import Actor
from xuequ.district.choices import Relation, Role
from xuequ.district.models import RoleAssignment, SchoolClass
from xuequ.district.queries import ListedPupil, class_list, first_year_on, term_on
from xuequ.kit.approvals import actions
from xuequ.kit.approvals.imports import open_import_case
from xuequ.kit.approvals.models import Case
from xuequ.kit.credentials import bindings, cards
from xuequ.kit.demo import DemoContext, names
from xuequ.kit.scores import actions as scores
from xuequ.kit.scores.options import Options
from xuequ.kit.scores.templates import HEADINGS, class_text, workbook_bytes
from xuequ.record.choices import Basis

CARDS = 30
LETTERS = 12
"""How many pupils of the class, by the list, have a card and a letter."""


def build(demo: DemoContext) -> None:
    """Add cards, letters and requests in the class where the demo's accounts meet, in one transaction."""
    teacher = Actor.of(demo.account("demo-class-teacher"), demo.day)
    row = RoleAssignment.objects.filter(account=teacher.account_id, role=Role.CLASS_TEACHER, end=None)
    found = row.select_related("school_class__school").first()
    if found is None or found.school_class is None:
        return
    school_class = found.school_class
    pupils = class_list(teacher, school_class, demo.day)
    with transaction.atomic():
        cards.issue(actor=teacher, school_class=school_class, pupils=[p.pupil for p in pupils[:CARDS]])
        _guardians(demo, teacher, school_class, pupils)
        _score_import(demo, school_class, pupils)


def _guardians(
    demo: DemoContext, teacher: Actor, school_class: SchoolClass, pupils: list[ListedPupil]
) -> None:
    """Three guardians ask with their letters; the class teacher has let the first one in."""
    issued = bindings.issue(
        actor=teacher, school_class=school_class, pupils=[p.pupil for p in pupils[:LETTERS]]
    )
    rng = demo.rng("guardians who ask")
    called = names.person_names(rng, rng.random(3) < 0.5, adult=True)
    asked = []
    for number, (code, listed) in enumerate(zip(issued[:3], pupils, strict=False)):
        claim = bindings.Claim(code.secret, listed.name, Relation.OTHER, "demo")
        newcomer = bindings.Newcomer(called[number], "", f"demo-family-{number + 1}", None)
        asked.append(bindings.ask_as_newcomer(claim=claim, newcomer=newcomer, day=demo.day))
    first = Case.objects.get(about_uid=asked[0].uid)
    actions.approve(actor=teacher, case=first, words="家长会上见过。")


def _score_import(demo: DemoContext, school_class: SchoolClass, pupils: list[ListedPupil]) -> None:
    """The school's administrator hands in a score sheet; it waits for the head."""
    office = Actor.of(demo.account("demo-school"), demo.day)
    term = term_on(demo.day)
    if term is None:
        return
    rng = demo.rng("handed in for approval")
    marks = rng.integers(55, 100, len(pupils))
    place = (school_class.school.name, class_text(school_class))
    rows = ((*place, p.name, p.number, str(mark)) for p, mark in zip(pupils, marks, strict=True))
    content = workbook_bytes((*HEADINGS, "数学（满分100）"), rows)
    options = Options(
        basis=Basis.SCHOOL_MIDTERM,
        term=term.code,
        grade=school_class.grade_in(first_year_on(demo.day)),
        school=str(school_class.school.uid),
    )
    file = ContentFile(content, name="八年级期中成绩.xlsx")
    batch = scores.check(actor=office, batch=scores.upload(actor=office, file=file, options=options))
    open_import_case(actor=office, batch=batch, words="期中成绩，请审核。")
