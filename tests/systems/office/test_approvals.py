"""The pages of approvals and of a class's ways in: who sees which, and what each button does."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories
from xuequ.core import clock
from xuequ.district.actors import Actor
from xuequ.district.choices import Relation, Role
from xuequ.district.models import Guardianship, SchoolClass
from xuequ.kit.approvals import actions
from xuequ.kit.approvals.choices import CaseState, ImportKind
from xuequ.kit.approvals.imports import open_import_case, rule_for
from xuequ.kit.approvals.models import Case
from xuequ.kit.credentials import bindings, cards
from xuequ.kit.credentials.models import Binding, BindingCode, LoginCard
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch

pytestmark = pytest.mark.django_db
INBOX = "/office/approvals/"


class Place:
    """A class with its teacher, the school's office, the district, and a stranger from another school."""

    def __init__(self) -> None:
        factories.make_district()
        self.school_class: SchoolClass = factories.make_class()
        self.school = self.school_class.school
        self.pupils = factories.make_pupils(self.school_class, names=["陈小云", "林小溪"])
        own = {"school": self.school}
        self.accounts = {
            "teacher": factories.make_account(Role.CLASS_TEACHER, school_class=self.school_class, **own),
            "math": factories.make_account(),
            "office": factories.make_account(Role.SCHOOL_ADMINISTRATOR, **own),
            "head": factories.make_account(Role.HEAD, **own),
            "data": factories.make_account(Role.DATA_OFFICER),
            "stranger": factories.make_account(Role.HEAD, school=factories.make_school()),
            "pupil": factories.make_account(Role.PUPIL),
            "guardian": factories.make_account(Role.GUARDIAN),
            "nobody": factories.make_account(),
        }
        factories.make_teacher(self.school_class, account=self.accounts["math"])

    def actor(self, who: str) -> Actor:
        return Actor.of(self.accounts[who], clock.today())

    def browser(self, who: str) -> Client:
        client = Client()
        client.force_login(self.accounts[who])
        client.cookies["xuequ_language"] = "en"
        return client

    def code(self, number: int = 0) -> str:
        pupils = [self.pupils[number]]
        issued = bindings.issue(actor=self.actor("teacher"), school_class=self.school_class, pupils=pupils)
        return issued[0].secret

    def guardian_asks(self, number: int = 0) -> Case:
        name = ("陈小云", "林小溪")[number]
        claim = bindings.Claim(self.code(number), name, Relation.MOTHER, "1")
        newcomer = bindings.Newcomer("陈大山", "13800000000", f"dashan{number}", None)
        binding = bindings.ask_as_newcomer(claim=claim, newcomer=newcomer, day=clock.today())
        return Case.objects.get(about_uid=binding.uid)

    def import_asked(self) -> Case:
        batch = ImportBatch.objects.create(
            kind="scores",
            file_name="期中.xlsx",
            file_sha256="0" * 64,
            state=BatchState.CHECKED,
            summary={"rows": 40, "added": 40},
            created_by=self.accounts["office"],
            created=clock.now(),
        )
        return open_import_case(actor=self.actor("office"), batch=batch, words="请审核")


@pytest.fixture
def place(db: None) -> Place:
    return Place()


def test_who_may_open_which_page(place: Place) -> None:
    case = place.guardian_asks()
    klass = f"{INBOX}classes/{place.school_class.uid}/"
    pages: dict[str, dict[str, int]] = {
        INBOX: {"teacher": 200, "head": 200, "pupil": 403, "guardian": 403, "nobody": 403},
        f"{INBOX}mine/": {"office": 200, "guardian": 403},
        f"{INBOX}done/": {"data": 200, "pupil": 403},
        f"{INBOX}rules/": {"data": 200, "office": 403, "head": 403, "teacher": 403},
        f"{INBOX}requests/{case.uid}/": {
            "teacher": 200,
            "office": 200,
            "head": 404,
            "stranger": 404,
            "guardian": 403,
        },
        f"{INBOX}classes/": {"teacher": 200, "math": 200, "stranger": 200, "guardian": 403},
        klass: {
            "teacher": 200,
            "office": 200,
            "math": 302,
            "head": 404,
            "stranger": 404,
            "data": 404,
            "pupil": 403,
        },
        f"{klass}door/": {
            "teacher": 200,
            "math": 200,
            "office": 404,
            "head": 404,
            "data": 404,
            "guardian": 403,
        },
    }
    for path, answers in pages.items():
        for who, status in answers.items():
            assert place.browser(who).get(path).status_code == status, (path, who)
        assert Client().get(path).status_code == 302, path


def test_forms_are_refused_to_strangers(place: Place) -> None:
    case = place.guardian_asks()
    klass = f"{INBOX}classes/{place.school_class.uid}/"
    posts = [f"{INBOX}requests/{case.uid}/{verb}/" for verb in ("decide", "remark", "withdraw", "again")]
    posts += [f"{klass}print/", f"{klass}void/", f"{klass}door/", f"{klass}guardians/{case.uid}/end/"]
    for path in posts:
        assert place.browser("stranger").post(path).status_code == 404, path
        assert place.browser("guardian").post(path).status_code == 403, path
        assert Client().post(path).status_code == 302, path
    assert not BindingCode.objects.filter(issued_by=place.accounts["stranger"]).exists()


def test_a_request_is_decided_on_its_page(place: Place) -> None:
    case = place.guardian_asks()
    browser = place.browser("teacher")
    assert "陈小云 — 陈大山" in browser.get(INBOX).text
    page = browser.get(f"{INBOX}requests/{case.uid}/").text
    assert "13800000000" in page and "Return it to be revised" not in page
    decide = f"{INBOX}requests/{case.uid}/decide/"
    answer = browser.post(decide, {"decision": "refuse", "words": "", "turn": case.turn})
    assert answer.status_code == 200 and "Please say why" in answer.text
    browser.post(decide, {"decision": "approve", "words": "", "turn": case.turn})
    case.refresh_from_db()
    assert case.state == CaseState.APPROVED
    assert "陈小云 — 陈大山" in browser.get(f"{INBOX}done/").text
    again = place.browser("office").post(
        decide, {"decision": "refuse", "words": "x", "turn": case.turn}, follow=True
    )
    assert "decided meanwhile" in again.text


def test_like_requests_are_ticked_and_approved(place: Place) -> None:
    cases = [place.guardian_asks(0), place.guardian_asks(1)]
    browser = place.browser("teacher")
    assert "Approve the ticked ones" in browser.get(INBOX).text
    ticks = [f"{case.uid}:{case.turn}" for case in cases]
    answer = browser.post(f"{INBOX}together/", {"case": [*ticks, "nonsense"]}, follow=True)
    assert "2 requests were approved" in answer.text and "Nothing waits for you" in answer.text
    assert "Tick the requests" in browser.post(f"{INBOX}together/", {}, follow=True).text
    assert (
        "Tick the requests"
        in place.browser("stranger").post(f"{INBOX}together/", {"case": ticks}, follow=True).text
    )


def test_an_import_is_handed_over_returned_and_withdrawn(place: Place) -> None:
    case = place.import_asked()
    page, head = f"{INBOX}requests/{case.uid}/", place.browser("head")
    assert "期中.xlsx" in head.get(page).text
    colleague = place.accounts["teacher"]
    said = {"decision": "delegate", "words": "", "turn": case.turn}
    assert "Choose to whom" in head.post(f"{page}decide/", {**said, "to": ""}).text
    head.post(f"{page}decide/", {**said, "to": str(colleague.uid)})
    case.refresh_from_db()
    assert case.delegate == colleague
    back = {"decision": "return_", "words": "请补充班级", "turn": case.turn}
    place.browser("teacher").post(f"{page}decide/", back)
    author = place.browser("office")
    assert "came back" in author.get("/").text
    text = author.get(page).text
    assert "请补充班级" in text and "Hand it in again" in text
    author.post(f"{page}remark/", {"words": "已补充"})
    author.post(f"{page}again/")
    case.refresh_from_db()
    assert (case.state, case.step) == (CaseState.OPEN, "head")
    assert place.browser("head").get(f"{page}withdraw/").status_code == 403
    assert "will not be decided" in author.get(f"{page}withdraw/").text
    author.post(f"{page}withdraw/")
    case.refresh_from_db()
    assert case.state == CaseState.WITHDRAWN
    assert "期中.xlsx" in author.get(f"{INBOX}mine/").text


def test_lists_narrow_and_go_home_as_files(place: Place) -> None:
    actions.approve(actor=place.actor("teacher"), case=place.guardian_asks())
    browser = place.browser("teacher")
    done = f"{INBOX}done/"
    assert "陈大山" in browser.get(f"{done}?export=csv").content.decode("utf-8-sig")
    assert "陈大山" not in browser.get(f"{done}?procedure=roster-import").text
    assert "陈大山" in browser.get(f"{done}?procedure=guardian-binding&state=approved&sort=opened").text
    assert browser.get(f"{done}?procedure=x&state=y&page=99").status_code == 200


def test_the_rules_for_imports_are_edited(place: Place) -> None:
    browser = place.browser("data")
    browser.post(f"{INBOX}rules/", {"roster": "always", "scores": "always"})
    assert {kind: rule_for(kind) for kind in ImportKind} == {"roster": "always", "scores": "always"}
    assert browser.post(f"{INBOX}rules/", {"roster": "x", "scores": "removals"}).status_code == 200
    assert rule_for(ImportKind.SCORES) == "always"


def test_cards_and_letters_are_printed_for_those_who_are_meant(place: Place) -> None:
    browser, path = place.browser("teacher"), f"{INBOX}classes/{place.school_class.uid}/"
    first = browser.post(f"{path}print/", {"what": "cards", "who": "ticked", "pupils": [place.pupils[0].uid]})
    assert first.content.startswith(b"%PDF") and first["Content-Type"] == "application/pdf"
    browser.post(f"{path}print/", {"what": "cards", "who": "missing"})
    assert LoginCard.objects.count() == 2, "only the one without a card got one"
    nobody = browser.post(f"{path}print/", {"what": "cards", "who": "missing"}, follow=True)
    assert "Nobody is meant" in nobody.text
    letters = browser.post(f"{path}print/", {"what": "letters", "who": "all"})
    assert letters.content.startswith(b"%PDF") and BindingCode.objects.filter(revoked=None).count() == 2
    assert (
        "Make them void"
        in browser.post(
            f"{path}print/", {"what": "void", "who": "missing", "pupils": [p.uid for p in place.pupils]}
        ).text
    )
    assert LoginCard.objects.filter(revoked=None).count() == 2, "asked first"
    browser.post(f"{path}void/", {"pupils": [p.uid for p in place.pupils]})
    assert not LoginCard.objects.filter(revoked=None).exists()
    for wrong in ({}, {"what": "cards", "who": "x"}, {"what": "cards", "who": "all", "pupils": ["x"]}):
        assert browser.post(f"{path}print/", wrong).status_code == 404


def test_the_door_shows_who_waits_and_answers_only_when_it_changes(place: Place) -> None:
    path = f"{INBOX}classes/{place.school_class.uid}/door/"
    issued = cards.issue(actor=place.actor("teacher"), school_class=place.school_class, pupils=place.pupils)
    rows = [cards.knock(secret=card.secret, address="1", day=clock.today()) for card in issued]
    browser = place.browser("math")
    page = browser.get(path)
    assert "陈小云" in page.text and "2 pupils wait" in page.text
    assert "2 pupils want in" in browser.get("/").text
    seen = page.context["seen"]
    htmx = {"HX-Request": "true"}
    assert browser.get(f"{path}?seen={seen}", headers=htmx).status_code == 204
    assert (
        "was let in"
        in browser.post(path, {"one": str(rows[0].uid), "all": [str(r.uid) for r in rows]}, follow=True).text
    )
    changed = browser.get(f"{path}?seen={seen}", headers=htmx)
    assert "林小溪" in changed.text and "陈小云" not in changed.text
    browser.post(path, {"away": str(rows[1].uid)})
    assert "Nobody waits" in browser.get(path).text
    assert "do not wait any more" in browser.post(path, {"all": [str(rows[1].uid), "x"]}, follow=True).text


def test_the_school_ends_a_tie(place: Place) -> None:
    actions.approve(actor=place.actor("teacher"), case=place.guardian_asks())
    binding = Binding.objects.get()
    browser, path = place.browser("teacher"), f"{INBOX}classes/{place.school_class.uid}/"
    assert "陈大山" in browser.get(path).text
    end = f"{path}guardians/{binding.uid}/end/"
    assert "no longer sees" in browser.get(end).text
    browser.post(end)
    assert Guardianship.objects.get().end == clock.today()
    assert browser.post(end).status_code == 404


def test_home_tells_what_waits(place: Place) -> None:
    place.guardian_asks()
    assert "1 request waits for you" in place.browser("teacher").get("/").text
    assert reverse("bind") in place.browser("guardian").get("/").text
    assert "Cards and letters for the class" in place.browser("teacher").get("/").text


def test_lists_ask_few_questions(place: Place, django_assert_max_num_queries) -> None:
    for number in (0, 1):
        place.guardian_asks(number)
    place.import_asked()
    for who in ("teacher", "office"):
        browser = place.browser(who)
        browser.get(INBOX)
        with django_assert_max_num_queries(14):
            browser.get(INBOX)
