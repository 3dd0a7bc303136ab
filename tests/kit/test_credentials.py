"""Cards and letters: secrets that open one door once, for those whom somebody at school has seen."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.factories import DAY
from xuequ.core import clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account, AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Relation, Role
from xuequ.district.models import (
    Enrolment,
    Guardianship,
    Identity,
    Person,
    Pupil,
    RoleAssignment,
    SchoolClass,
)
from xuequ.kit.approvals import actions as approvals
from xuequ.kit.approvals import queries as requests
from xuequ.kit.approvals.models import Case
from xuequ.kit.credentials import bindings, cards, codes, printing, throttle
from xuequ.kit.credentials.choices import BindingState, KnockState
from xuequ.kit.credentials.models import Attempt, Binding, BindingCode, Knock, LoginCard

pytestmark = pytest.mark.django_db


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    return Clock(monkeypatch)


class Clock:
    """The time as the actions see it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def later(self, **how_long: float) -> None:
        self.at += dt.timedelta(**how_long)


@pytest.fixture
def school_class() -> SchoolClass:
    return factories.make_class()


@pytest.fixture
def teacher(school_class: SchoolClass) -> Actor:
    return factories.make_actor(Role.CLASS_TEACHER, school=school_class.school, school_class=school_class)


@pytest.fixture
def pupils(school_class: SchoolClass) -> list[Pupil]:
    return factories.make_pupils(school_class, names=["陈小云", "林小溪"])


def card_of(teacher: Actor, school_class: SchoolClass, pupil: Pupil) -> str:
    return cards.issue(actor=teacher, school_class=school_class, pupils=[pupil])[0].secret


def knock(secret: str, address: str = "10.0.0.1") -> Knock:
    return cards.knock(secret=secret, address=address, day=DAY)


# Secrets


@pytest.mark.parametrize("length", [codes.CODE, codes.CARD])
def test_secrets_are_well_formed_and_only_a_digest_is_kept(length: int) -> None:
    secret = codes.new(length)
    assert codes.is_well_formed(secret, length)
    assert codes.plain(f" {codes.grouped(secret).lower()} ") == secret
    assert codes.plain(f"https://x.example/accounts/card/#{secret}") == secret
    assert secret not in codes.digest("card", secret)


@given(st.integers(0, codes.CARD - 1), st.sampled_from(codes.ALPHABET))
def test_every_single_slip_is_found(place: int, sign: str) -> None:
    secret = codes.new(codes.CARD)
    slipped = secret[:place] + sign + secret[place + 1 :]
    assert codes.is_well_formed(slipped, codes.CARD) == (slipped == secret)


@given(st.integers(0, codes.CODE - 2))
def test_every_exchange_of_neighbours_is_found(place: int) -> None:
    secret = codes.new(codes.CODE)
    swapped = secret[:place] + secret[place + 1] + secret[place] + secret[place + 2 :]
    assert codes.is_well_formed(swapped, codes.CODE) == (swapped == secret)


@given(st.text(max_size=30))
def test_whatever_is_typed_is_read_without_a_fault(text: str) -> None:
    codes.is_well_formed(codes.plain(text), codes.CARD)


# Cards


def test_a_card_knocks_a_teacher_lets_in_and_the_door_opens_once(now, school_class, teacher, pupils) -> None:
    secret = card_of(teacher, school_class, pupils[0])
    row = knock(secret)
    assert cards.enter(knock_uid=str(row.uid), day=DAY) is None
    waiting = cards.who_waits(teacher, school_class, now.at)
    assert [item.name for item in waiting] == ["陈小云"]
    assert cards.let_in(actor=teacher, school_class=school_class, knocks=[waiting[0].uid]) == 1
    account = cards.enter(knock_uid=str(row.uid), day=DAY)
    assert account is not None and not account.has_usable_password()
    pupil = Actor.of(account, DAY)
    assert (pupil.role_codes, pupil.person_id) == (frozenset({"pupil"}), pupils[0].person_id)
    with pytest.raises(Refused):
        cards.enter(knock_uid=str(row.uid), day=DAY)
    verbs = list(AuditEvent.objects.values_list("verb", flat=True).order_by("id"))
    assert verbs == ["cards.issued", "card.shown", "card.confirmed", "card.signed_in"]
    assert secret not in str(list(AuditEvent.objects.values())) and "陈小云" not in str(
        list(AuditEvent.objects.values())
    )


def test_the_account_that_a_pupil_has_is_used(now, school_class, teacher, pupils) -> None:
    account = factories.make_account(Role.PUPIL, school_class=school_class)
    factories.bind(pupils[0].person, account)
    row = knock(card_of(teacher, school_class, pupils[0]))
    cards.let_in(actor=teacher, school_class=school_class, knocks=[str(row.uid)])
    assert cards.enter(knock_uid=str(row.uid), day=DAY) == account
    account.is_active = False
    account.save()
    row = knock(card_of(teacher, school_class, pupils[0]))
    cards.let_in(actor=teacher, school_class=school_class, knocks=[str(row.uid)])
    with pytest.raises(Refused, match="no longer valid"):
        cards.enter(knock_uid=str(row.uid), day=DAY)


def test_two_minutes_and_no_more(now, school_class, teacher, pupils) -> None:
    row = knock(card_of(teacher, school_class, pupils[0]))
    now.later(minutes=2)
    assert cards.who_waits(teacher, school_class, now.at) == []
    assert cards.let_in(actor=teacher, school_class=school_class, knocks=[str(row.uid)]) == 0
    with pytest.raises(Refused, match="Nobody let you in"):
        cards.enter(knock_uid=str(row.uid), day=DAY)


def test_who_was_let_in_comes_in_soon_or_not_at_all(now, school_class, teacher, pupils) -> None:
    row = knock(card_of(teacher, school_class, pupils[0]))
    cards.let_in(actor=teacher, school_class=school_class, knocks=[str(row.uid)])
    now.later(minutes=3)
    with pytest.raises(Refused):
        cards.enter(knock_uid=str(row.uid), day=DAY)


def test_a_new_card_and_a_revoked_one_close_the_door(now, school_class, teacher, pupils) -> None:
    old = card_of(teacher, school_class, pupils[0])
    waiting = knock(old)
    new = card_of(teacher, school_class, pupils[0])
    with pytest.raises(Refused, match="no longer valid"):
        knock(old)
    cards.let_in(actor=teacher, school_class=school_class, knocks=[str(waiting.uid)])
    with pytest.raises(Refused):
        cards.enter(knock_uid=str(waiting.uid), day=DAY)
    assert cards.revoke(actor=teacher, school_class=school_class, pupils=pupils) == 1
    with pytest.raises(Refused):
        knock(new)
    assert LoginCard.objects.filter(revoked=None).count() == 0


def test_turned_away_and_shown_again(now, school_class, teacher, pupils) -> None:
    secret = card_of(teacher, school_class, pupils[0])
    first = knock(secret)
    second = knock(secret)
    first.refresh_from_db()
    assert first.state == KnockState.TURNED_AWAY, "who shows the card again has left the first machine"
    assert cards.turn_away(actor=teacher, school_class=school_class, knocks=[str(second.uid)]) == 1
    with pytest.raises(Refused):
        cards.enter(knock_uid=str(second.uid), day=DAY)


def test_who_keeps_the_door_and_who_prints(now, school_class, teacher, pupils) -> None:
    school = school_class.school
    math = factories.make_account()
    factories.make_teacher(school_class, account=math)
    gone = factories.make_account()
    left = factories.make_teacher(school_class, account=gone)
    left.assignments.update(end=DAY)
    deputy = factories.make_account()
    factories.give_role(
        deputy, Role.CLASS_TEACHER, school=school, school_class=school_class, lent_from=teacher.assignments[0]
    )
    row = knock(card_of(teacher, school_class, pupils[0]))
    strangers = [
        Actor.of(gone, DAY),
        factories.make_actor(
            Role.CLASS_TEACHER, school=school, school_class=factories.make_class(school, number=9)
        ),
        factories.make_actor(Role.HEAD, school=school),
        factories.make_actor(Role.DISTRICT_OFFICER),
        factories.make_actor(Role.DATA_OFFICER),
        factories.make_actor(Role.PUPIL),
    ]
    for actor in strangers:
        with pytest.raises(Forbidden):
            cards.let_in(actor=actor, school_class=school_class, knocks=[str(row.uid)])
        with pytest.raises(Forbidden):
            cards.issue(actor=actor, school_class=school_class, pupils=pupils)
        with pytest.raises(Forbidden):
            bindings.issue(actor=actor, school_class=school_class, pupils=pupils)
    with pytest.raises(Forbidden):
        cards.issue(actor=Actor.of(math, DAY), school_class=school_class, pupils=pupils)
    for actor in (Actor.of(math, DAY), Actor.of(deputy, DAY)):
        assert cards.let_in(actor=actor, school_class=school_class, knocks=[]) == 0
    office = factories.make_actor(Role.SCHOOL_ADMINISTRATOR, school=school)
    assert len(cards.issue(actor=office, school_class=school_class, pupils=pupils)) == 2


def test_cards_are_for_pupils_of_the_class_only(now, school_class, teacher, pupils) -> None:
    stranger = factories.make_pupil(factories.make_class())
    for wrong in ([], [stranger], [*pupils, stranger]):
        with pytest.raises(Refused):
            cards.issue(actor=teacher, school_class=school_class, pupils=wrong)
    secret = card_of(teacher, school_class, pupils[0])
    Enrolment.objects.filter(pupil=pupils[0]).update(end=DAY)
    with pytest.raises(Refused, match="no longer valid"):
        knock(secret)


def test_wrong_cards_are_counted_by_address(now, school_class, teacher, pupils) -> None:
    limit = throttle.CARD_BY_ADDRESS.count
    secret = card_of(teacher, school_class, pupils[0])
    with pytest.raises(Refused, match="mistyped"):
        knock("AAAA")
    assert not Attempt.objects.exists(), "a slip of the pen is no attempt"
    throttle.count_wrong(((throttle.CARD_BY_ADDRESS, "10.0.0.1"),) * (limit - 1), now.at)
    with pytest.raises(Refused, match="no longer valid"):
        knock(codes.new(codes.CARD))
    with pytest.raises(throttle.TooMany):
        knock(secret)
    assert knock(secret, "10.0.0.2")
    now.later(minutes=11)
    assert knock(secret)


def test_a_card_that_is_shown_all_the_time_must_rest(now, school_class, teacher, pupils) -> None:
    secret = card_of(teacher, school_class, pupils[0])
    for _time in range(cards.KNOCKS):
        knock(secret)
    with pytest.raises(throttle.TooMany):
        knock(secret)
    now.later(days=2)
    cards.forget_yesterday(now.at)
    assert not Knock.objects.exists()
    assert knock(secret)


def test_a_session_ends_with_the_school_day() -> None:
    ends = dt.time(18)
    morning = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)  # nine in the morning
    assert cards.seconds_of_session(morning, 4, ends) == 4 * 3600
    assert cards.seconds_of_session(morning + dt.timedelta(hours=8), 4, ends) == 3600
    assert cards.seconds_of_session(morning + dt.timedelta(hours=12), 4, ends) == 600


# Guardians


def code_of(teacher: Actor, school_class: SchoolClass, pupil: Pupil) -> str:
    return bindings.issue(actor=teacher, school_class=school_class, pupils=[pupil])[0].secret


def ask(
    code: str, child: str = "陈小云", name: str = "陈大山", username: str = "dashan", address: str = "1"
) -> Binding:
    claim = bindings.Claim(code, child, Relation.FATHER, address)
    newcomer = bindings.Newcomer(name, "13800000000", username, "一个很长的密码 2026")
    return bindings.ask_as_newcomer(claim=claim, newcomer=newcomer, day=DAY)


def case_of(binding: Binding) -> Case:
    return Case.objects.get(about_uid=binding.uid)


def test_a_guardian_asks_and_the_class_teacher_opens_the_door(now, school_class, teacher, pupils) -> None:
    binding = ask(code_of(teacher, school_class, pupils[0]))
    account = Account.objects.get(username="dashan")
    assert not account.is_active and not RoleAssignment.objects.filter(account=account).exists()
    case = case_of(binding)
    assert list(requests.waiting_for(teacher)) == [case]
    assert requests.titles([case]) == {case.pk: "陈小云 — 陈大山"}
    assert ("Telephone", "13800000000") in [(str(a), b) for a, b in requests.about(teacher, case).figures]
    approvals.approve(actor=teacher, case=case)
    account.refresh_from_db()
    guardian = Actor.of(account, DAY)
    assert account.is_active and guardian.role_codes == {"guardian"}
    assert list(Pupil.objects.visible_to(guardian)) == [pupils[0]]
    tie = Guardianship.objects.get(pupil=pupils[0])
    assert (tie.relation, tie.start) == (Relation.FATHER, DAY)
    assert RoleAssignment.objects.get(account=account).granted_by_id == teacher.account_id


def test_a_refused_guardian_is_forgotten(now, school_class, teacher, pupils) -> None:
    people = Person.objects.count()
    code = code_of(teacher, school_class, pupils[0])
    binding = ask(code)
    approvals.refuse(actor=teacher, case=case_of(binding), words="家长会上未核实身份")
    binding.refresh_from_db()
    assert (binding.state, binding.person, binding.account) == (BindingState.REFUSED, None, None)
    assert Person.objects.count() == people
    assert not Account.objects.filter(username="dashan").exists()
    assert ask(code).state == BindingState.PENDING, "a refusal does not use up the letter"


def test_a_guardian_whom_the_roster_knows_stays_one_person(now, school_class, teacher, pupils) -> None:
    known = factories.make_guardian(pupils[0])
    Identity.of(known, name="陈 大山").save(force_update=True)
    people = Person.objects.count()
    binding = ask(code_of(teacher, school_class, pupils[0]))
    assert "knows this guardian by name" in str(requests.about(teacher, case_of(binding)).notes[0])
    approvals.approve(actor=teacher, case=case_of(binding))
    assert Person.objects.count() == people
    known.refresh_from_db()
    assert known.account == Account.objects.get(username="dashan")
    assert Guardianship.objects.filter(pupil=pupils[0]).count() == 1
    assert Identity.objects.get(person=known).fields == {
        "name": "陈 大山",
        "number": "",
        "phone": "13800000000",
    }
    with pytest.raises(Refused, match="already a login"):
        ask(code_of(teacher, school_class, pupils[0]), username="zweiter")


@pytest.mark.parametrize("wrong", ["code", "child", "revoked", "expired", "used up"])
def test_one_answer_for_everything_that_is_wrong(wrong, now, school_class, teacher, pupils) -> None:
    code, child = code_of(teacher, school_class, pupils[0]), "陈小云"
    if wrong == "code":
        code = codes.new(codes.CODE)
    elif wrong == "child":
        child = "林小溪"
    elif wrong == "revoked":
        code_of(teacher, school_class, pupils[0])
    elif wrong == "expired":
        now.later(days=60)
    else:
        ask(code, username="first")
        ask(code, name="林小雨", username="second")
    accounts = Account.objects.count()
    with pytest.raises(Refused, match="do not belong together"):
        ask(code, child, username="third")
    assert Account.objects.count() == accounts
    assert Attempt.objects.count() == 2


def test_wrong_codes_are_counted_by_address_and_by_beginning(now, school_class, teacher, pupils) -> None:
    code = code_of(teacher, school_class, pupils[0])
    for number in range(throttle.CODE_BY_BEGINNING.count):
        with pytest.raises(Refused, match="do not belong"):
            ask(code, "谁", address=str(number))
    with pytest.raises(throttle.TooMany):
        ask(code, address="another")
    now.later(minutes=61)
    assert ask(code)


def test_a_login_name_belongs_to_one(now, school_class, teacher, pupils) -> None:
    factories.make_account(username="dashan")
    code = code_of(teacher, school_class, pupils[0])
    with pytest.raises(bindings.UsernameTaken):
        ask(code)
    assert not Binding.objects.exists() and not Case.objects.exists()
    assert ask(code, username="dashan2")


def test_another_child_for_the_same_login(now, school_class, teacher, pupils) -> None:
    approvals.approve(actor=teacher, case=case_of(ask(code_of(teacher, school_class, pupils[0]))))
    account = Account.objects.get(username="dashan")
    guardian = Actor.of(account, DAY)
    code = code_of(teacher, school_class, pupils[1])
    claim = bindings.Claim(code, "林小溪", Relation.FATHER, "1")
    second = bindings.ask_as_guardian(actor=guardian, claim=claim)
    with pytest.raises(Refused, match="already asked"):
        bindings.ask_as_guardian(actor=guardian, claim=claim)
    assert case_of(second).opened_by == account
    approvals.approve(actor=teacher, case=case_of(second))
    assert set(Pupil.objects.visible_to(Actor.of(account, DAY))) == set(pupils)
    assert RoleAssignment.objects.filter(account=account).count() == 1
    with pytest.raises(Refused, match="already yours"):
        bindings.ask_as_guardian(actor=guardian, claim=claim)
    third = code_of(teacher, school_class, factories.make_pupil(school_class, name="林小北"))
    refused = bindings.ask_as_guardian(
        actor=guardian, claim=bindings.Claim(third, "林小北", Relation.OTHER, "1")
    )
    approvals.refuse(actor=teacher, case=case_of(refused), words="不是监护人")
    assert Account.objects.filter(pk=account.pk, is_active=True).exists(), "an account in use stays"


def test_a_class_teacher_does_not_confirm_the_own_child(now, school_class, teacher, pupils) -> None:
    person = Person.objects.create(account_id=teacher.account_id)
    Identity.of(person, name="陈大山").save()
    actor = Actor.of(Account.objects.get(pk=teacher.account_id), DAY)
    claim = bindings.Claim(code_of(teacher, school_class, pupils[0]), "陈小云", Relation.FATHER, "1")
    binding = bindings.ask_as_guardian(actor=actor, claim=claim)
    with pytest.raises(Forbidden, match="own"):
        approvals.approve(actor=actor, case=case_of(binding))
    office = factories.make_actor(Role.SCHOOL_ADMINISTRATOR, school=school_class.school)
    approvals.approve(actor=office, case=case_of(binding))
    assert Actor.of(Account.objects.get(pk=teacher.account_id), DAY).has(Role.GUARDIAN)


def test_pupils_and_nameless_accounts_bind_nobody(now, school_class, teacher, pupils) -> None:
    factories.bind(pupils[1].person, factories.make_account(Role.PUPIL))
    claim = bindings.Claim(code_of(teacher, school_class, pupils[0]), "陈小云", Relation.OTHER, "1")
    for account in (pupils[1].person.account, factories.make_account(Role.TEACHER)):
        with pytest.raises(Forbidden):
            bindings.ask_as_guardian(actor=Actor.of(account, DAY), claim=claim)


def test_the_guardian_or_the_school_ends_it_and_history_stays(now, school_class, teacher, pupils) -> None:
    binding = ask(code_of(teacher, school_class, pupils[0]))
    approvals.approve(actor=teacher, case=case_of(binding))
    account = Account.objects.get(username="dashan")
    stranger = factories.make_actor(Role.CLASS_TEACHER, school_class=factories.make_class())
    with pytest.raises(Forbidden):
        bindings.end(actor=stranger, binding=binding)
    later = DAY + dt.timedelta(days=30)
    bindings.end(actor=Actor.of(account, later), binding=binding)
    assert not Pupil.objects.visible_to(Actor.of(account, later)).exists()
    assert Guardianship.objects.get(pupil=pupils[0]).end == later
    assert RoleAssignment.objects.get(account=account).end == later
    with pytest.raises(Refused):
        bindings.end(actor=teacher, binding=binding)


def test_personal_data_are_declared_for_every_table_that_leads_to_a_person() -> None:
    from xuequ.core.registry import personal_data

    declared = {item.model for item in personal_data()}
    tables = (LoginCard, Knock, BindingCode, Binding)
    assert {f"credentials.{model.__name__}" for model in tables} <= declared


# Paper


def test_papers_are_pdf_and_name_the_children(school_class, pupils) -> None:
    issued = [cards.IssuedCard(pupil, codes.new(codes.CARD)) for pupil in pupils]
    sheet = printing.cards_pdf(school_class, issued, "https://x.example/accounts/card/")
    until = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    letter = [bindings.IssuedCode(pupil, codes.new(codes.CODE), until) for pupil in pupils]
    letters = printing.letters_pdf(school_class, letter, "https://x.example/accounts/bind/")
    assert sheet.startswith(b"%PDF") and letters.startswith(b"%PDF")


def test_names_on_cards_are_short_unless_two_would_be_the_same() -> None:
    assert printing.short_names(["陈云", "林小溪", "王小溪", "欧阳小云"]) == [
        "云",
        "林小溪",
        "王小溪",
        "小云",
    ]
    assert printing.given_name("阿依古丽·买买提") == "阿依古丽"
    assert printing.printable("陈\U0002fffd") == "陈〓"
