"""The pages about personal data: what each role sees, asks, answers and may not."""

import io
import json
import zipfile
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from docx import Document

from tests import factories
from xuequ.core import clock
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import Account
from xuequ.district import consents, rights
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.consent import (
    Consent,
    ConsentText,
    Erasure,
    RequestKind,
    RequestState,
    RightsRequest,
    RuleVersion,
)
from xuequ.district.models import Enrolment, Identity, Pupil, SchoolClass

pytestmark = pytest.mark.django_db
USE = "family-questionnaire"
MOST_QUERIES = 40


def signed_in(account: Account) -> Client:
    client = Client()
    client.force_login(account, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def client_of(role: Role, **place: object) -> Client:
    account = factories.make_account(role, **place)
    factories.give_role(account, role, **place)
    return signed_in(account)


@pytest.fixture
def school_class() -> SchoolClass:
    factories.make_district()
    return factories.make_class(factories.make_school("云上中学"))


@pytest.fixture
def pupil(school_class: SchoolClass) -> Pupil:
    factories.make_pupils(school_class, 3)
    return factories.make_pupil(school_class, name="欧阳寻", number="G0777")


@pytest.fixture
def guardian(pupil: Pupil) -> Account:
    account = factories.make_account()
    factories.make_guardian(pupil, account=account)
    return account


@pytest.fixture
def office() -> Client:
    return client_of(Role.DATA_OFFICER)


@pytest.fixture
def text() -> ConsentText:
    return ConsentText.objects.create(use=USE, version=1, text="用于问卷。", published=clock.now())


def address(name: str, *parts: object) -> str:
    return reverse(f"office:rights-{name}", args=parts)


def asked(pupil: Pupil, guardian: Account, kind: RequestKind = RequestKind.ACCESS) -> RightsRequest:
    actor = Actor.of(guardian, clock.today())
    return rights.ask(actor=actor, person=pupil.person, kind=kind, text="请处理。")


def left(pupil: Pupil) -> None:
    today = clock.today()
    end = today.replace(year=today.year - 5, day=1)
    Enrolment.objects.filter(pupil=pupil).update(start=end.replace(year=end.year - 2), end=end)


# Families.


def test_a_guardian_sees_what_is_kept_and_why(pupil: Pupil, guardian: Account, text: ConsentText) -> None:
    client = signed_in(guardian)
    assert client.get(address("home")).url == address("mine")
    choice = client.get(address("mine")).content.decode()
    assert "欧阳寻" in choice
    page = client.get(address("person", pupil.person.key)).content.decode()
    assert "欧阳寻" in page and "G0777" not in page
    assert address("consent", pupil.person.key, USE) in page
    assert page.count("<h1") == 1


def test_a_stranger_finds_nobody(pupil: Pupil, guardian: Account) -> None:
    stranger = factories.make_account()
    factories.make_guardian(factories.make_pupil(), account=stranger)
    row = asked(pupil, guardian)
    client = signed_in(stranger)
    for url in (
        address("person", pupil.person.key),
        address("person", uuid4()),
        address("consent", pupil.person.key, USE),
        address("ask", pupil.person.key),
        address("own-copy", pupil.person.key, row.uid),
    ):
        assert client.get(url).status_code == 404, url
    assert client.post(address("take-back", pupil.person.key, row.uid)).status_code == 404


def test_a_guardian_agrees_and_takes_it_back(pupil: Pupil, guardian: Account, text: ConsentText) -> None:
    client = signed_in(guardian)
    url = address("consent", pupil.person.key, USE)
    assert "用于问卷。" in client.get(url).content.decode()
    client.post(url, {"answer": "yes", "text": str(text.uid)})
    assert consents.granted(pupil.person, USE, clock.now())
    client.post(url, {"answer": "no", "text": str(text.uid)})
    assert not consents.granted(pupil.person, USE, clock.now())
    client.post(url, {"answer": "yes", "text": str(uuid4())})
    assert Consent.objects.count() == 2, "an answer to a page of an older version is not stored"
    client.post(url, {"answer": "perhaps", "text": str(text.uid)})
    assert Consent.objects.count() == 2


def test_the_home_page_asks_until_it_is_answered(pupil: Pupil, guardian: Account, text: ConsentText) -> None:
    client = signed_in(guardian)
    # The account menu leads there once; a card leads there while something waits.
    assert client.get("/").content.decode().count(address("mine")) == 2
    client.post(address("consent", pupil.person.key, USE), {"answer": "no", "text": str(text.uid)})
    assert client.get("/").content.decode().count(address("mine")) == 1


def test_a_guardian_asks_and_fetches_the_copy(pupil: Pupil, guardian: Account, office: Client) -> None:
    factories.give_results(factories.make_assessment("虚构监测"), {pupil: 88.0})
    client = signed_in(guardian)
    wrong = client.post(address("ask", pupil.person.key), {"kind": "correction", "text": ""})
    assert wrong.status_code == 200 and not RightsRequest.objects.exists()
    assert client.post(address("ask", pupil.person.key), {"kind": "access"}).status_code == 302
    row = RightsRequest.objects.get()
    assert client.get(address("own-copy", pupil.person.key, row.uid)).status_code == 404, "not granted yet"
    office.post(address("request", row.uid), {"do": "answer", "text": "已备好。"})
    answer = client.get(address("own-copy", pupil.person.key, row.uid))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = archive.namelist()
        document = json.loads(archive.read("data.json"))
        page = next(archive.read(name).decode() for name in names if name.endswith(".html"))
    assert len(names) == 3
    assert "欧阳寻" in page and "虚构监测" in page
    assert {"pupil-names", "record-result"} <= {part["code"] for part in document["classes"]}


def test_a_request_can_be_taken_back(pupil: Pupil, guardian: Account) -> None:
    row = asked(pupil, guardian)
    client = signed_in(guardian)
    client.post(address("take-back", pupil.person.key, row.uid))
    row.refresh_from_db()
    assert row.state == RequestState.WITHDRAWN
    assert client.post(address("take-back", pupil.person.key, row.uid)).status_code == 302


def test_staff_see_their_own_data() -> None:
    account = factories.make_account()
    teacher = factories.make_teacher(factories.make_class(), account=account)
    answer = signed_in(account).get(address("mine"), follow=True)
    assert answer.redirect_chain[0][0] == address("person", teacher.person.key)


def test_an_account_without_a_person_is_told_so() -> None:
    assert signed_in(factories.make_account(Role.SUPERVISOR)).get(address("mine")).status_code == 200


# Offices.


def test_the_office_answers_with_a_letter(pupil: Pupil, guardian: Account, office: Client) -> None:
    row = asked(pupil, guardian, RequestKind.CORRECTION)
    page = office.get(address("request", row.uid)).content.decode()
    assert "请处理。" in page
    assert office.post(address("request", row.uid), {"do": "refuse", "text": ""}).status_code == 200
    office.post(address("request", row.uid), {"do": "answer", "text": "已更正，准确率 100%。"})
    row.refresh_from_db()
    assert row.state == RequestState.DONE
    letter = office.get(address("letter", row.uid))
    said = "\n".join(p.text for p in Document(io.BytesIO(letter.content)).paragraphs)
    assert "欧阳寻" in said and "已更正，准确率 100%。" in said


def test_every_state_has_its_letter(pupil: Pupil, guardian: Account, office: Client) -> None:
    for state in RequestState:
        row = RightsRequest.objects.create(
            person=pupil.person, kind=RequestKind.ERASURE, state=state, asked=clock.now(), due=clock.today()
        )
        assert office.get(address("letter", row.uid)).status_code == 200


def test_the_school_answers_for_its_own_pupils_but_erases_nobody(
    pupil: Pupil, guardian: Account, school_class: SchoolClass
) -> None:
    row = asked(pupil, guardian, RequestKind.ERASURE)
    own = client_of(Role.SCHOOL_ADMINISTRATOR, school=school_class.school)
    foreign = client_of(Role.SCHOOL_ADMINISTRATOR, school=factories.make_school())
    assert own.get(address("request", row.uid)).status_code == 200
    for client in (foreign, client_of(Role.DATA_OFFICER, school=factories.make_school())):
        for name in ("request", "letter", "copy", "erase"):
            assert client.get(address(name, row.uid)).status_code == 404
    left(pupil)
    assert own.get(address("erase", row.uid)).status_code == 403
    assert own.post(address("erase", row.uid)).status_code == 403


def test_an_erasure_is_shown_before_it_is_done(pupil: Pupil, guardian: Account, office: Client) -> None:
    row = asked(pupil, guardian, RequestKind.ERASURE)
    page = office.get(address("request", row.uid))
    assert page.context["plan"].holds and address("erase", row.uid) not in page.content.decode()
    office.post(address("erase", row.uid))
    assert Identity.objects.filter(person=pupil.person).exists(), "the law holds it"
    left(pupil)
    assert address("erase", row.uid) in office.get(address("request", row.uid)).content.decode()
    assert office.get(address("erase", row.uid)).status_code == 200
    assert Identity.objects.filter(person=pupil.person).exists(), "looking erases nothing"
    office.post(address("erase", row.uid))
    assert not Identity.objects.filter(person=pupil.person).exists()
    ledger = office.get(address("ledger")).content.decode()
    assert str(pupil.person.key) in ledger and "欧阳寻" not in ledger
    assert office.get(address("request", row.uid)).status_code == 200
    assert office.get(address("letter", row.uid)).status_code == 200


def test_a_request_by_letter_is_written_down_by_number(pupil: Pupil, school_class: SchoolClass) -> None:
    client = client_of(Role.SCHOOL_ADMINISTRATOR, school=school_class.school)
    url = address("write-down")
    assert client.post(url, {"number": "G9999", "kind": "access"}).status_code == 200
    assert client.post(url, {"number": "Ｇ0777", "kind": "access"}).status_code == 302
    assert client.post(url, {"number": "G0777", "kind": "access"}).status_code == 200, "it already waits"
    assert RightsRequest.objects.count() == 1
    foreign = client_of(Role.SCHOOL_ADMINISTRATOR, school=factories.make_school())
    assert foreign.post(url, {"number": "G0777", "kind": "erasure"}).status_code == 200
    assert RightsRequest.objects.count() == 1


def test_the_list_leaves_the_house_without_names(pupil: Pupil, guardian: Account, office: Client) -> None:
    asked(pupil, guardian)
    url = address("requests")
    assert "欧阳寻" in office.get(url).content.decode()
    assert "欧阳寻" not in office.get(url + "?export=csv").content.decode("utf-8-sig")


def test_texts_are_drafted_and_published(office: Client, pupil: Pupil, guardian: Account) -> None:
    url = address("text", USE)
    assert office.post(url, {"text": ""}).status_code == 200
    office.post(url, {"text": "第一版"})
    draft = ConsentText.objects.get()
    office.post(address("publish", draft.uid), {"publish": ""})
    draft.refresh_from_db()
    assert draft.published is not None
    assert office.get(address("publish", draft.uid)).status_code == 200
    office.post(url, {"text": "第二版"})
    second = ConsentText.objects.get(version=2)
    office.post(address("publish", second.uid), {"discard": ""})
    assert ConsentText.objects.count() == 1
    assert office.get(address("text", "no-such-use")).status_code == 404


def test_paper_is_entered_for_the_whole_class(
    pupil: Pupil, guardian: Account, school_class: SchoolClass, text: ConsentText
) -> None:
    client = client_of(Role.CLASS_TEACHER, school=school_class.school, school_class=school_class)
    url = address("paper", school_class.uid, USE)
    assert url in client.get(address("home")).content.decode()
    assert "欧阳寻" in client.get(url).content.decode()
    by = pupil.guardians.get().guardian_id
    others = Pupil.objects.exclude(pk=pupil.pk)
    said = {
        f"child_{pupil.person_id}": f"{by}:yes",
        f"child_{others[0].person_id}": "0:no",
        "text": str(text.uid),
    }
    client.post(url, said)
    assert consents.standings([pupil.person_id], USE, clock.now())[pupil.person_id] == "granted"
    assert consents.standings([others[0].person_id], USE, clock.now())[others[0].person_id] == "refused"
    assert Consent.objects.filter(on_paper=True).count() == 2
    client.post(url, {f"child_{others[1].person_id}": f"{by}:yes", "text": str(text.uid)})
    client.post(url, {f"child_{others[1].person_id}": "0:yes", "text": str(uuid4())})
    assert Consent.objects.count() == 2, "a foreign guardian, an older text"
    other = factories.make_class()
    foreign = client_of(Role.CLASS_TEACHER, school=other.school, school_class=other)
    assert foreign.get(url).status_code == 404


def test_counts_of_answers_are_withheld_when_small_above_the_school(
    pupil: Pupil, guardian: Account, school_class: SchoolClass, text: ConsentText, office: Client
) -> None:
    consents.answer(actor=Actor.of(guardian, clock.today()), pupil=pupil, text=text, granted=True)
    rows = list(office.get(address("answers", USE)).context["table"].data)
    assert not isinstance(rows[0]["granted"], int) and not isinstance(rows[0]["open"], int)
    own = client_of(Role.SCHOOL_ADMINISTRATOR, school=school_class.school)
    rows = list(own.get(address("answers", USE)).context["table"].data)
    assert (rows[0]["granted"], rows[0]["open"]) == (1, 3)
    assert client_of(Role.TEACHER, school=school_class.school).get(address("answers", USE)).status_code == 403


def test_rules_are_changed_on_their_page(office: Client) -> None:
    url = address("rule", "answer-days")
    today = clock.today().isoformat()
    assert office.post(url, {"value": "20", "since": "2020-01-01", "reason": "x"}).status_code == 200
    assert office.post(url, {"value": "9999", "since": today, "reason": "x"}).status_code == 200
    assert not RuleVersion.objects.exists()
    office.post(url, {"value": "20", "since": today, "reason": "核对", "verified": "on"})
    assert RuleVersion.objects.get().value == 20
    assert office.get(address("rules")).status_code == 200
    assert office.get(address("rule", "nothing")).status_code == 404


def test_what_is_due_goes_after_confirmation_in_a_job(pupil: Pupil, office: Client) -> None:
    left(pupil)
    assert address("let-go", "pupil-names") in office.get(address("due")).content.decode()
    page = office.get(address("let-go", "pupil-names"))
    assert page.context["due"].total == 1
    assert Identity.objects.filter(person=pupil.person).exists()
    assert office.post(address("let-go", "pupil-names")).status_code == 302
    [task] = run_pending()
    assert (task.state, task.result) == ("succeeded", 1)
    assert not Identity.objects.filter(person=pupil.person).exists()
    assert Erasure.objects.count() == 1
    assert office.get(address("let-go", "pupil-names")).status_code == 200
    assert office.get(address("let-go", "nothing")).status_code == 404


def test_the_register_is_open_to_everybody_signed_in_and_exported(guardian: Account, office: Client) -> None:
    for client in (signed_in(guardian), office):
        assert client.get(address("register")).status_code == 200
    assert office.get(address("register") + "?export=xlsx").status_code == 200
    assert Client().get(address("register")).status_code == 302


OFFICE_PAGES = ("rules", "due", "ledger")


@pytest.mark.parametrize(
    "role", [Role.BUREAU_LEADER, Role.RESEARCHER, Role.DISTRICT_OFFICER, Role.SUPERVISOR]
)
def test_others_of_the_district_have_no_business_here(role: Role) -> None:
    client = client_of(role)
    for name in OFFICE_PAGES:
        assert client.get(address(name)).status_code == 403
    assert client.get(address("requests")).status_code == 403
    assert client.get(address("home")).status_code == 302


def test_pages_ask_little(
    pupil: Pupil, guardian: Account, text: ConsentText, office: Client, django_assert_max_num_queries
) -> None:
    row = asked(pupil, guardian, RequestKind.ERASURE)
    for client, url in (
        (office, address("home")),
        (office, address("requests")),
        (office, address("request", row.uid)),
        (signed_in(guardian), address("person", pupil.person.key)),
    ):
        with django_assert_max_num_queries(MOST_QUERIES):
            assert client.get(url).status_code == 200
