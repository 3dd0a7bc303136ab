"""Small builders for tests: each makes one thing and what it cannot exist without. No real names anywhere."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from itertools import count

from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Relation, Role, Sector, Stage
from xuequ.district.models import (
    Area,
    Consent,
    ConsentText,
    District,
    Enrolment,
    Guardianship,
    Person,
    Pupil,
    RoleAssignment,
    School,
    SchoolClass,
    SchoolYear,
    Study,
    Subject,
    Teacher,
    TeachingAssignment,
    Term,
)
from xuequ.district.people import create_people
from xuequ.record.choices import Basis, Form, ResultStatus
from xuequ.record.models import Assessment, Result

DAY = dt.date(2026, 3, 2)
"""The day on which most tests play: the second term of 2025—2026."""

_number = count(1)

SUBJECTS = {
    "chinese": ("语文", "Chinese"),
    "mathematics": ("数学", "Mathematics"),
    "english": ("英语", "English"),
}


def make_district(name: str = "云汀区（虚构）") -> District:
    """Return the district of this instance."""
    return District.objects.first() or District.objects.create(name=name, bureau="虚构教育局")


def make_area(name: str = "") -> Area:
    return Area.objects.create(name=name or f"第{next(_number)}片区")


def make_year(first_year: int = 2025) -> SchoolYear:
    """Return the school year that begins in ``first_year``, with its two terms."""
    year, made = SchoolYear.objects.get_or_create(
        code=f"{first_year}-{first_year + 1}",
        defaults={"start": dt.date(first_year, 9, 1), "end": dt.date(first_year + 1, 9, 1)},
    )
    if made:
        spring = dt.date(first_year + 1, 2, 15)
        Term.objects.create(code=f"{year.code}-1", year=year, start=year.start, end=spring)
        Term.objects.create(code=f"{year.code}-2", year=year, start=spring, end=year.end)
    return year


def make_term(code: str = "2025-2026-2") -> Term:
    make_year(int(code[:4]))
    return Term.objects.get(code=code)


def make_subject(code: str = "mathematics") -> Subject:
    name, name_en = SUBJECTS.get(code, (code, code))
    return Subject.objects.get_or_create(code=code, defaults={"name": name, "name_en": name_en})[0]


def make_school(
    name: str = "",
    *,
    code: str = "",
    stage: Stage = Stage.JUNIOR,
    sector: Sector = Sector.PUBLIC,
    area: Area | None = None,
    study: Study | None = None,
) -> School:
    number = next(_number)
    return School.objects.create(
        code=code or f"{9_000_000_000 + number}",
        name=name or f"虚构第{number}中学",
        stage=stage,
        sector=sector,
        area=area,
        study=study,
    )


def make_class(
    school: School | None = None, *, entry_year: int = 2024, number: int = 1, entry_grade: int = 7
) -> SchoolClass:
    """Return a class; by default grade 8 in the school year 2025-2026."""
    return SchoolClass.objects.create(
        school=school or make_school(), entry_year=entry_year, entry_grade=entry_grade, number=number
    )


def make_pupils(
    school_class: SchoolClass, how_many: int = 1, *, names: Sequence[str] = (), numbers: Sequence[str] = ()
) -> list[Pupil]:
    """Return pupils enrolled in the class since the September of its entry year."""
    firsts = [next(_number) for _index in range(len(names) or how_many)]
    pairs = [
        (names[i] if names else f"学生{first}", numbers[i] if numbers else f"G0{first:08d}")
        for i, first in enumerate(firsts)
    ]
    people = create_people(pairs)
    pupils = Pupil.objects.bulk_create([Pupil(person=person) for person in people])
    start = dt.date(school_class.entry_year, 9, 1)
    Enrolment.objects.bulk_create(
        Enrolment(pupil=pupil, school_id=school_class.school_id, school_class=school_class, start=start)
        for pupil in pupils
    )
    return pupils


def make_pupil(school_class: SchoolClass | None = None, *, name: str = "", number: str = "") -> Pupil:
    """Return one pupil, enrolled in the class."""
    found = make_pupils(
        school_class or make_class(), names=[name] if name else (), numbers=[number] if number else ()
    )
    return found[0]


def make_study(name: str = "") -> Study:
    return Study.objects.create(name=name or f"外部研究{next(_number)}", source="invented")


def make_study_pupils(school: School, how_many: int = 1) -> list[Pupil]:
    """Return numbered pupils of an external study's school (no enrolments: results name the school)."""
    assert school.study is not None
    people = create_people(
        [(str(next(_number)), "") for _index in range(how_many)], scope=str(school.study.uid)
    )
    return Pupil.objects.bulk_create([Pupil(person=person, study=school.study) for person in people])


def make_account(role: Role | None = None, *, username: str = "", **place: object) -> Account:
    """Return an account, holding ``role`` on ``place`` (``school=``, ``school_class=``, ``area=``, …) since 2020."""
    account = Account.objects.create(username=username or f"account-{next(_number)}")
    if role is not None:
        give_role(account, role, **place)
    return account


def give_role(
    account: Account,
    role: Role,
    *,
    start: dt.date = dt.date(2020, 9, 1),
    end: dt.date | None = None,
    **place: object,
) -> RoleAssignment:
    return RoleAssignment.objects.create(account=account, role=role, start=start, end=end, **place)


def make_actor(role: Role | None = None, *, day: dt.date = DAY, **place: object) -> Actor:
    """Return the actor of a new account that holds ``role`` on ``place``."""
    return Actor.of(make_account(role, **place), day)


def make_teacher(
    school_class: SchoolClass, subject: Subject | None = None, *, account: Account | None = None
) -> Teacher:
    """Return a teacher who teaches the class; with an account, the account gets the role of a teacher."""
    number = next(_number)
    person = create_people([(f"教师{number}", f"T{number:06d}")])[0]
    if account is not None:
        bind(person, account)
        give_role(account, Role.TEACHER, school=school_class.school)
    teacher = Teacher.objects.create(person=person, school=school_class.school)
    TeachingAssignment.objects.create(
        teacher=teacher,
        school_class=school_class,
        subject=subject or make_subject(),
        start=dt.date(school_class.entry_year, 9, 1),
    )
    return teacher


def make_guardian(pupil: Pupil, *, account: Account | None = None) -> Person:
    """Return a guardian of the pupil; with an account, the account gets the role."""
    person = create_people([(f"家长{next(_number)}", "")])[0]
    if account is not None:
        bind(person, account)
        give_role(account, Role.GUARDIAN)
    Guardianship.objects.create(
        guardian=person, pupil=pupil, relation=Relation.OTHER, start=dt.date(2020, 9, 1)
    )
    return person


def make_consent(person: Person, *, guardian: Person | None = None, granted: bool = True) -> Consent:
    """Return what was said about the person, on the first version of an invented use."""
    said = dt.datetime.combine(DAY, dt.time(9), dt.UTC)
    text, _made = ConsentText.objects.get_or_create(
        use="test-use", version=1, defaults={"text": "虚构的用途", "published": said}
    )
    return Consent.objects.create(text=text, person=person, guardian=guardian, granted=granted, said=said)


def bind(person: Person, account: Account) -> None:
    """Make ``account`` the account of ``person``."""
    person.account = account
    person.save(update_fields=["account"])


def make_assessment(
    name: str = "",
    *,
    basis: Basis = Basis.SAMPLED_MONITORING,
    subject: Subject | None = None,
    term: Term | None = None,
    grade: int = 8,
    form: Form = Form.SCORE,
    **fields: object,
) -> Assessment:
    term = term or make_term()
    return Assessment.objects.create(
        name=name or f"测试{next(_number)}",
        basis=basis,
        subject=subject or make_subject(),
        term=term,
        grade=grade,
        form=form,
        **{"full_mark": 100.0 if form == Form.SCORE else None, "held_on": term.start, **fields},
    )


def give_results(
    assessment: Assessment,
    scores: Mapping[Pupil, float | str | None],
    *,
    school: School | None = None,
    status: ResultStatus = ResultStatus.ABSENT,
) -> list[Result]:
    """Store a result for each pupil: a number is a score, a text a level, None means not scored (``status``)."""
    enrolments = {
        e.pupil_id: e for e in Enrolment.objects.filter(pupil__in=list(scores)).select_related("school")
    }
    return Result.objects.bulk_create(
        Result(
            assessment=assessment,
            pupil=pupil,
            school=school or enrolments[pupil.pk].school,
            school_class_id=enrolments[pupil.pk].school_class_id if pupil.pk in enrolments else None,
            status=status if value is None else ResultStatus.SCORED,
            score=value if isinstance(value, int | float) else None,
            level=value if isinstance(value, str) else "",
            raw_text="" if value is None else str(value),
        )
        for pupil, value in scores.items()
    )


def uids(objects: Iterable[object]) -> set[str]:
    """Return the uids of rows as text, to compare with a page."""
    return {str(getattr(item, "uid")) for item in objects}  # noqa: B009
