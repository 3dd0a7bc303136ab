"""One district with one of everything in two schools of two areas, and an account in every role.

The first school is the readers' own: its grade 8 is their class, its grade 7 is near (the same school, another
class). The second school is far (another school of another area), furnished like the first.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.test import Client

from tests import factories as make
from tests.kit import collection_books, roster_files, score_sheets
from tests.security import balance_world, programmes_world, stars_b_world, stars_world, support_world
from tests.security.columns import COLUMNS, Column, Owner, Place, Scope
from tests.security.passkey import registered
from tests.systems.growth.conftest import build_world, evaluate
from tests.systems.growth.items.conftest import paper_items
from xuequ.core import clock
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import Account, Task
from xuequ.district import rights
from xuequ.district.actors import Actor
from xuequ.district.choices import Relation, Role
from xuequ.district.consent import ConsentText, RequestKind, RightsRequest
from xuequ.district.models import (
    Guardianship,
    Person,
    Pupil,
    RoleAssignment,
    School,
    SchoolClass,
    SchoolGroup,
    Study,
    Teacher,
)
from xuequ.kit.approvals.models import Case
from xuequ.kit.collection import actions as collecting
from xuequ.kit.collection.models import Collection
from xuequ.kit.credentials import bindings
from xuequ.kit.credentials.models import Binding
from xuequ.kit.documents import actions as documents
from xuequ.kit.documents.counting import Question
from xuequ.kit.documents.models import Citation, Document
from xuequ.kit.questionnaires import actions as asking
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Questionnaire, Round
from xuequ.kit.rollover import actions as rollovers
from xuequ.kit.rollover.facts import Choices
from xuequ.kit.rollover.models import Rollover, SchoolRollover
from xuequ.kit.roster import actions as roster
from xuequ.kit.roster.models import Mapping
from xuequ.kit.scores import actions as scores
from xuequ.kit.scores.options import Options
from xuequ.record.choices import Basis
from xuequ.record.models import Assessment, HeadingAlias, ImportBatch, Paper, Result, Run
from xuequ.record.papers import PaperContent, pack
from xuequ.site import feedback
from xuequ.site.models import Feedback, TrustedMachine
from xuequ.systems.growth.items import actions as items
from xuequ.systems.growth.models import Evaluation, TrendAlert
from xuequ.systems.office.ledgers import actions as ledgers

DAY = make.DAY
USE = "family-questionnaire"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
LENDABLE = frozenset(Role) - {
    Role.TEACHER, Role.EXPERT, Role.OUTSIDE_INSTRUCTOR, Role.SYSTEM_ADMINISTRATOR, Role.PUPIL, Role.GUARDIAN,
}  # fmt: skip
SCORES = {Place.OWN: "63.37", Place.NEAR: "62.37", Place.FAR: "61.37"}
"""What the first pupil of each class got in its examination: no other number of the site looks like it."""
FORM: dict[str, Any] = {
    "pages": [{"elements": [{"type": "rating", "name": "mood", "title": "评价"}]}],
}


@dataclass
class ClassRoom:
    """A class with its pupils, one guardian, their requests, and an examination of its grade."""

    group: SchoolClass
    pupils: list[Pupil]
    teacher: Teacher
    guardian: Person
    exam: Assessment
    case: Case
    tie: Binding
    request: RightsRequest
    copy: RightsRequest
    erasure: RightsRequest


@dataclass
class Office:
    """What a school, or the district, has in the making: one of everything."""

    score_import: ImportBatch
    roster_import: ImportBatch
    import_case: Case
    form: Questionnaire
    wave: Round
    document: Document
    citation: Citation


@dataclass
class Side:
    """One school with everything."""

    school: School
    room: ClassRoom
    office: Office
    head: Account
    account: Account
    role: RoleAssignment
    loan: RoleAssignment
    move: SchoolRollover
    sheet: Any
    task: Task
    feedback: Feedback
    alert: TrendAlert | None = None


@dataclass
class Own:
    """What belongs to one reader alone."""

    account: Account
    person: Person
    client: Client
    task: Task
    log_in: UserSession
    machine: TrustedMachine
    factor: Authenticator
    request: RightsRequest
    score_import: ImportBatch
    roster_import: ImportBatch
    citation: Citation
    role: RoleAssignment
    loan: RoleAssignment


@dataclass
class World:
    """Everything the walk needs."""

    sides: dict[Place, Side]
    near: ClassRoom
    district: Office
    run: Run
    study_run: Run
    item_run: Run
    paper: Assessment
    rollover: Rollover
    collection: Collection
    text: ConsentText
    draft: ConsentText
    mapping: Mapping
    heading: HeadingAlias
    group: SchoolGroup
    stranger: Own
    known: int
    """The place among the answers of the collection of something that the district knows already."""
    own: dict[str, Own] = field(default_factory=dict)
    owners: dict[str, Owner] = field(default_factory=dict)
    schools: dict[str, Place] = field(default_factory=dict)
    objects: dict[Any, Any] = field(default_factory=dict)
    """What stands behind an address, by finder, reader and distance: it stays the same, so it is looked up once."""
    words: dict[str, frozenset[str]] = field(default_factory=dict)

    def words_of(self, column: Column) -> frozenset[str]:
        """Return the names, numbers and logins of the reader, and of a guardian's child."""
        if column.code not in self.words:
            self.words[column.code] = self._words_of(column)
        return self.words[column.code]

    def _words_of(self, column: Column) -> frozenset[str]:
        mine = self.own[column.code]
        people = [
            mine.person,
            *([self.sides[Place.OWN].room.pupils[0].person] if column.role == Role.GUARDIAN else []),
        ]
        accounts = [person.account.username for person in people if person.account is not None]
        words = [value for person in people for value in person.identity.fields.values()]
        score = [SCORES[Place.OWN]] if column.scope == Scope.FAMILY else []
        return frozenset([*words, *accounts, *score])

    def room(self, place: Place) -> ClassRoom:
        """The class at this distance."""
        return self.near if place == Place.NEAR else self.sides[place].room


def actor_of(account: Account) -> Actor:
    """Return whoever holds the account, on the day of the tests."""
    return Actor.of(account, DAY)


def staff_of(role: Role | None, **place: Any) -> tuple[Account, Person]:
    """Return an account with a person of its own."""
    account = make.make_account(role, **place)
    number = next(make._number)
    person = make.create_people([(f"教师{number}", f"T{number:06d}")])[0]
    make.bind(person, account)
    return account, person


# A class with its people.


def furnish_room(group: SchoolClass, pupils: list[Pupil], grade: int, score: str) -> ClassRoom:
    """Give a class a teacher, a guardian, an examination with results, a tie asked for, and requests about data."""
    teacher = make.make_teacher(group)
    guardian_account = make.make_account()
    guardian = make.make_guardian(pupils[0], account=guardian_account)
    exam = make.make_assessment(
        f"{group.school.name}期中{grade}", basis=Basis.SCHOOL_MIDTERM, school=group.school, grade=grade
    )
    make.give_results(exam, {pupils[0]: float(score)})
    keeper, _person = staff_of(Role.CLASS_TEACHER, school=group.school, school_class=group)
    asked = rights.ask(
        actor=actor_of(guardian_account), person=pupils[0].person, kind=RequestKind.CORRECTION, text="虚构"
    )
    copy = rights.ask(actor=actor_of(guardian_account), person=pupils[0].person, kind=RequestKind.ACCESS)
    erasure = rights.ask(actor=actor_of(guardian_account), person=pupils[0].person, kind=RequestKind.ERASURE)
    case = ask_to_be_tied(actor_of(keeper), group, pupils[1])
    tie = tied(pupils[0], guardian_account, guardian)
    return ClassRoom(group, pupils, teacher, guardian, exam, case, tie, asked, copy, erasure)


def ask_to_be_tied(keeper: Actor, group: SchoolClass, pupil: Pupil) -> Case:
    """A guardian without an account asks by the letter of the class teacher."""
    issued = bindings.issue(actor=keeper, school_class=group, pupils=[pupil])[0]
    claim = bindings.Claim(issued.secret, pupil.person.name, Relation.MOTHER, "192.0.2.1")
    number = next(make._number)
    newcomer = bindings.Newcomer(f"家长{number}", f"138{number:08d}", f"account-{number}", None)
    binding = bindings.ask_as_newcomer(claim=claim, newcomer=newcomer, day=DAY)
    return Case.objects.get(about_uid=binding.uid)


def tied(pupil: Pupil, account: Account, guardian: Person) -> Binding:
    """The tie of a guardian who came by a letter."""
    return Binding.objects.create(
        pupil=pupil, account=account, person=guardian, relation=Relation.FATHER, state="active", asked=clock.now(),
        guardianship=Guardianship.objects.get(pupil=pupil, guardian=guardian),
    )  # fmt: skip


# What an office has in the making.


def furnish_office(actor: Actor, room: ClassRoom, school: School | None) -> Office:
    """Let ``actor`` begin one of everything, for ``school`` or for the district."""
    score_import = bring_scores(actor, room)
    roster_import = bring_roster(actor, room)
    form, wave = ask_staff(actor, room.group.school, school)
    draft = documents.Draft("虚构的答复", "虚构单位", "现答复如下。", "虚构落款", DAY)
    document = documents.create(actor=actor, draft=draft, school=school)
    question = Question(DAY)
    citation = documents.quote(actor=actor, code="pupils", question=question, document=document)
    documents.quote(actor=actor, code="pupils", question=question)
    case = hand_in(actor, roster_import) if school is not None else room.case
    return Office(score_import, roster_import, case, form, wave, document, citation)


def bring_scores(actor: Actor, room: ClassRoom) -> ImportBatch:
    """A checked file with a pupil whom it knows and one whom it does not."""
    name = room.pupils[0].person.name
    file = score_sheets.workbook([["姓名", "数学"], [name, 61.5], ["无此人", 71.5]])
    options = Options(assessment=str(room.exam.uid))
    return scores.check(actor=actor, batch=scores.upload(actor=actor, file=file, options=options))


def bring_ledger() -> ImportBatch:
    """A checked file that somebody else of the data office brought in."""
    file = ContentFile("学校,月份,出勤率\n无名中学,2025-10,97\n".encode(), name="台账.csv")
    return ledgers.upload(actor=Actor.system(DAY), file=file, year=make.make_year(2025))


def bring_roster(actor: Actor, room: ClassRoom) -> ImportBatch:
    """A checked file with somebody new."""
    number = next(make._number)
    row = [room.group.school.name, "八年级1班", f"学生{number}", f"G0{number:08d}"]
    return roster.check(
        actor=actor,
        batch=roster.upload(actor=actor, file=roster_files.pupils(row), options=roster_files.YEAR),
    )


def hand_in(actor: Actor, batch: ImportBatch) -> Case:
    """Ask for the approval of an import."""
    from xuequ.kit.approvals.imports import open_import_case

    return open_import_case(actor=actor, batch=batch)


def ask_staff(actor: Actor, asked: School, owner: School | None) -> tuple[Questionnaire, Round]:
    """A questionnaire by name to the staff of a school, with one answer that is still missing."""
    now = clock.now()
    form = asking.create(actor=actor, title="虚构问卷", school=owner, source=FORM, at=now)
    asking.publish(actor=actor, questionnaire=form, at=now)
    day = dt.timedelta(days=1)
    plan = asking.Plan(
        "虚构问卷", Audience.STAFF, [asked], now - day, now + day, "虚构", "自愿", anonymous=False,
        roles=["teacher", "class_teacher"],
    )  # fmt: skip
    return form, asking.open_round(actor=actor, questionnaire=form, plan=plan, at=now)


# A school.


def furnish_side(room: ClassRoom, rollover: Rollover, collection: Collection) -> Side:
    """Furnish one school; its administrator does what the school does."""
    school = room.group.school
    administrator, _person = staff_of(Role.SCHOOL_ADMINISTRATOR, school=school)
    lender, _person = staff_of(Role.HEAD, school=school)
    plain, _person = staff_of(Role.TEACHER, school=school)
    actor = actor_of(administrator)
    rights.answer(actor=actor, request=room.copy, text="已办理")
    return Side(
        school=school,
        room=room,
        office=furnish_office(actor, room, school),
        head=lender,
        account=plain,
        role=RoleAssignment.objects.get(account=plain),
        loan=lent(lender, plain),
        move=placed_anew(actor, rollover.schools.get(school=school)),
        sheet=collection.sheets.get(school=school),
        task=task_of(plain),
        feedback=asked_by(plain),
    )


def lent(lender: Account, borrower: Account) -> RoleAssignment:
    """What the lender holds, lent for a month."""
    row = RoleAssignment.objects.filter(account=lender, lent_from=None).get()
    return RoleAssignment.objects.create(
        account=borrower, role=row.role, lent_from=row, start=DAY, end=DAY + dt.timedelta(days=30),
        area=row.area, school=row.school, school_class=row.school_class, entry_year=row.entry_year,
    )  # fmt: skip


def placed_anew(actor: Actor, move: SchoolRollover) -> SchoolRollover:
    """A school's move in which the ninth grade is placed in new classes."""
    choices = Choices(classes={9: 1}, placed=frozenset({9}))
    return rollovers.decide(actor=actor, item=move, choices=choices)


def asked_by(account: Account) -> Feedback:
    """A question that waits for an answer."""
    feedback.send(actor=actor_of(account), kind="question", text="虚构的提问", page="/")
    return Feedback.objects.latest("id")


def task_of(account: Account) -> Task:
    """A failed piece of work of this account."""
    now = clock.now()
    return Task.objects.create(
        path="x", title="虚构任务", account=account, state="failed", run_after=now, enqueued_at=now
    )


# The readers.


def readers(world: World) -> None:
    """Make an account for every column, with what belongs to it alone."""
    side = world.sides[Place.OWN]
    clerk, _person = staff_of(Role.FINANCE)
    for column in COLUMNS:
        account, person = reader(column, side)
        if column.role == Role.SYSTEM_ADMINISTRATOR:
            account.is_staff = account.is_superuser = True
            account.save()
        borrower = side.account if role_has_school(column) else clerk
        world.own[column.code] = belongings(account, person, side, borrower, signs_in=column.code != "an")


def role_has_school(column: Column) -> bool:
    """Whether the role holds in a school, so that it is lent to a colleague there."""
    return column.scope in {Scope.SCHOOL, Scope.GRADE, Scope.CLASS}


def reader(column: Column, side: Side) -> tuple[Account, Person]:
    """Return the account of a column: families are the first pupil of the class and its guardian."""
    if column.role == Role.PUPIL:
        account = make.make_account(Role.PUPIL)
        make.bind(side.room.pupils[0].person, account)
        return account, side.room.pupils[0].person
    if column.role == Role.GUARDIAN:
        assert side.room.guardian.account is not None
        return side.room.guardian.account, side.room.guardian
    account, person = staff_of(column.role, **place_of(column, side))
    if column.role == Role.TEACHER:
        Teacher.objects.create(person=person, school=side.school)
        side.room.teacher.assignments.update(teacher=person.teacher)
    return account, person


def place_of(column: Column, side: Side) -> dict[str, Any]:
    """Return where a column's role holds."""
    match column.scope:
        case Scope.AREA:
            return {"area": side.school.area}
        case Scope.SCHOOL:
            return {"school": side.school}
        case Scope.GRADE:
            return {"school": side.school, "entry_year": side.room.group.entry_year}
        case Scope.CLASS:
            group = {"school_class": side.room.group} if column.role == Role.CLASS_TEACHER else {}
            return {"school": side.school, **group}
    return {}


def belongings(
    account: Account, person: Person, side: Side, borrower: Account, *, signs_in: bool = True
) -> Own:
    """Return what a reader alone may see: work, imports, numbers quoted, a role to lend, ways to sign in."""
    role = RoleAssignment.objects.filter(account=account).first() or side.role
    return Own(
        account,
        person,
        signed_in(account) if signs_in else Client(),
        task_of(account),
        UserSession.objects.create(
            user=account, ip="192.0.2.7", user_agent="x", session_key=f"elsewhere{account.pk}"
        ),
        trusted_machine(account),
        second_factors(account),
        rights.ask(actor=actor_of(account), person=person, kind=RequestKind.OBJECTION, text="虚构"),
        side.office.score_import
        if is_family(account)
        else copied(side.office.score_import, created_by=account),
        side.office.roster_import
        if is_family(account)
        else copied(side.office.roster_import, created_by=account),
        copied(side.office.citation, counted_by=account, document=None, place=None),
        role,
        side.loan if role.role not in LENDABLE else lent(role.account, borrower),
    )


def is_family(account: Account) -> bool:
    """Whether the account is a pupil's or a guardian's, who begin nothing."""
    return account.roles.filter(role__in=[Role.PUPIL, Role.GUARDIAN]).exists()


def signed_in(account: Account) -> Client:
    """Return the browser of somebody who has signed in."""
    client = Client(raise_request_exception=True)
    client.force_login(account, backend=BACKEND)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": clock.now().timestamp()}]
    session.save()
    return client


def second_factors(account: Account) -> Authenticator:
    """Give the account one of each second factor; return the passkey."""
    TOTP.activate(account, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(account)
    data = registered(account.username)
    return Authenticator.objects.create(user=account, type=Authenticator.Type.WEBAUTHN, data=data)


def trusted_machine(account: Account) -> TrustedMachine:
    """A computer on which the account is not asked for the second factor."""
    now = clock.now()
    return TrustedMachine.objects.create(
        account=account, digest="0" * 64, setup="0" * 64, created=now, last_used=now, expires=now + dt.timedelta(30)
    )  # fmt: skip


def copied(row: Any, **changes: Any) -> Any:
    """Return a second row like ``row`` with a uid of its own."""
    fields = {
        f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.name not in {"id", "uid"}
    }
    names = {f.name: f.attname for f in row._meta.concrete_fields}
    return type(row).objects.create(**fields | {names[n]: getattr(v, "pk", v) for n, v in changes.items()})


def raised(evaluation: Evaluation, school: School) -> TrendAlert:
    """An alert that the district may read too."""
    return TrendAlert.objects.create(
        evaluation=evaluation,
        school=school,
        said="below",
        value=-0.5,
        low=-0.1,
        high=0.3,
        raised=clock.now(),
        district_from=clock.now(),
    )


# The whole.


def build() -> World:
    """Make the district. The caller has stopped the clock at ``DAY`` and undoes everything afterwards."""
    base = build_world()
    evaluation = evaluate(base)
    own_class, far_class = base.classes[0], base.classes[1]
    for school in (own_class.school, far_class.school):
        school.area = make.make_area()
        school.save()
    near_class = make.make_class(own_class.school, entry_year=2025)
    rooms = {
        Place.OWN: furnish_room(own_class, base.pupils[own_class.pk], 8, SCORES[Place.OWN]),
        Place.NEAR: furnish_room(near_class, make.make_pupils(near_class, 5), 7, SCORES[Place.NEAR]),
        Place.FAR: furnish_room(far_class, base.pupils[far_class.pk], 8, SCORES[Place.FAR]),
    }
    officer = actor_of(staff_of(Role.DATA_OFFICER)[0])
    rollover = rollovers.prepare(actor=officer, first_year=2026)
    collection = collect(officer, [own_class.school, far_class.school])
    sides = {p: furnish_side(rooms[p], rollover, collection) for p in (Place.OWN, Place.FAR)}
    for side in sides.values():
        side.alert = raised(evaluation, side.school)
    support_world.furnish(side.school for side in sides.values())
    programmes_world.furnish(side.school for side in sides.values())
    bring_ledger()
    balance_world.furnish(side.school for side in sides.values())
    world = World(
        sides=sides,
        near=rooms[Place.NEAR],
        district=furnish_office(officer, rooms[Place.OWN], None),
        run=evaluation.run,
        study_run=study_run(),
        item_run=analysed(base.outcomes[1]),
        paper=base.outcomes[1],
        rollover=rollover,
        collection=collection,
        text=ConsentText.objects.create(use=USE, version=1, text="虚构的说明", published=clock.now()),
        draft=ConsentText.objects.create(use=USE, version=2, text="虚构的草稿"),
        mapping=Mapping.objects.create(name="虚构对照", kind="pupils", headings={}),
        heading=HeadingAlias.objects.create(heading="虚构列", use="score"),
        group=SchoolGroup.objects.create(name="虚构集团"),
        stranger=belongings(
            *staff_of(Role.HEAD, school=far_class.school), sides[Place.FAR], sides[Place.FAR].account
        ),
        known=known_place(collection),
    )
    readers(world)
    stars_world.furnish(world)
    stars_b_world.furnish(world)
    note_owners(world)
    return world


def collect(officer: Actor, schools: list[School]) -> Collection:
    """A collection that both schools have been asked for."""
    collection = collecting.upload(actor=officer, file=collection_books.file_of(collection_books.funding()))
    said = {"basis": "虚构依据", "deadline": clock.today() + dt.timedelta(days=5)}
    collecting.describe(actor=officer, collection=collection, said=said)
    collecting.send(actor=officer, collection=collection, schools=schools)
    return collection


def known_place(collection: Collection) -> int:
    """Return the place among the answers of a value that the schools may contest."""
    sheet = collection.sheets.first()
    assert sheet is not None
    keys = [item.key for item in collection.layout.answers]
    return keys.index(next(iter(sheet.content.known)).partition("|")[2] or next(iter(sheet.content.known)))


def study_run() -> Run:
    """A run of an external study that has not been carried out."""
    study: Study = make.make_study()
    return Run.objects.create(
        system="growth",
        kind="evaluation",
        title="外部研究的评价",
        engine_version="1",
        study=study,
        created=clock.now(),
    )


def analysed(assessment: Assessment) -> Run:
    """Write marks by item beside the results of a monitoring, and analyse them."""
    content = PaperContent(paper_items())
    paper = Paper.objects.create(assessment=assessment, items=[item.as_json() for item in content.items])
    for number, result in enumerate(Result.objects.filter(assessment=assessment, score__isnull=False)):
        marks = [float(number * (place + 3) % 7 > place % 5) for place, _item in enumerate(content.items)]
        result.paper, result.item_scores = paper, pack(marks)
        result.item_options = pack(["A" if item.key else "" for item in content.items])
        result.save()
    run, _task = items.start_analysis(actor=Actor.system(DAY), assessment=assessment)
    run_pending()
    run.refresh_from_db()
    return run


def note_owners(world: World) -> None:
    """Write down whose each name, number and login is."""
    places = {world.sides[p].school.pk: p for p in (Place.OWN, Place.FAR)}
    for school in School.objects.filter(study=None):
        world.schools[school.name] = places.get(school.pk, Place.FAR)
    for person in Person.objects.select_related("identity", "account"):
        owner = _owner_of(world, person, places)
        identity = person.identity.fields
        account = person.account.username if person.account is not None else ""
        world.owners |= {word: owner for word in (identity["name"], identity["number"], account) if word}
    world.owners |= {score: Owner("pupil", place) for place, score in SCORES.items()}


def _owner_of(world: World, person: Person, places: dict[int, Place]) -> Owner:
    pupil = Pupil.objects.filter(person=person).first() or _ward_of(person)
    if pupil is not None:
        enrolled = pupil.enrolments.get()
        is_near = enrolled.school_class_id == world.near.group.pk
        place = Place.NEAR if is_near else places.get(enrolled.school_id, Place.FAR)
        return Owner("pupil", place)
    role = RoleAssignment.objects.filter(account=person.account).first() if person.account else None
    teacher = Teacher.objects.filter(person=person).first()
    school = teacher.school_id if teacher is not None else role and role.school_id
    return Owner("staff" if school else "official", places.get(school or 0, Place.FAR))


def _ward_of(person: Person) -> Pupil | None:
    tie = (
        Guardianship.objects.filter(guardian=person).first() or Binding.objects.filter(person=person).first()
    )
    return tie.pupil if tie is not None else None
