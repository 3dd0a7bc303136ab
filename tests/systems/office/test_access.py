"""Accounts and roles: who may give what where, who may act on which account, and lending."""

import datetime as dt
import re
from itertools import pairwise

import pytest
from allauth.mfa.models import Authenticator
from axes.models import AccessAttempt
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import factories
from xuequ.core import clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import Account, AuditEvent
from xuequ.district import policy, roles
from xuequ.district.actors import Actor, Grant
from xuequ.district.choices import Role
from xuequ.district.models import RoleAssignment, School
from xuequ.district.people import create_people
from xuequ.systems.office.access import actions, queries
from xuequ.systems.office.access.passwords import ALPHABET, first_password
from xuequ.systems.office.access.slips import Slip, slips_pdf

pytestmark = pytest.mark.django_db
KEEPERS = {Role.HEAD, Role.SCHOOL_ADMINISTRATOR, Role.DATA_OFFICER}
DAY = clock.today()


def actor_of(role: Role, **place: object) -> Actor:
    return factories.make_actor(role, day=DAY, **place)


@pytest.fixture
def school() -> School:
    return factories.make_school("虚构第一中学", code="9000001203")


@pytest.fixture
def target() -> Account:
    return factories.make_account(username="target")


def may_give(actor: Actor, role: Role, school: School | None) -> bool:
    return policy.may_give(actor, Grant(role, school_id=school.pk if school else None))


@pytest.mark.parametrize("giver", list(Role))
def test_who_may_give_what_where(giver: Role, school: School) -> None:
    foreign = factories.make_school()
    district, own = actor_of(giver), actor_of(giver, school=school)
    for role in Role:
        everything = giver == Role.SYSTEM_ADMINISTRATOR
        office = giver == Role.DATA_OFFICER and role != Role.SYSTEM_ADMINISTRATOR
        assert may_give(district, role, None) == (everything or office), role
        if giver == Role.SYSTEM_ADMINISTRATOR:
            continue  # it holds for the instance; a school's is refused when it is given
        at_school = giver in KEEPERS and role in policy.GIVEN_BY_SCHOOLS - policy.FAMILY
        assert may_give(own, role, school) == (at_school or (giver in KEEPERS and role in policy.FAMILY)), (
            role
        )
        if role not in policy.FAMILY:
            assert not may_give(own, role, foreign), role
            assert not may_give(own, role, None), role
            assert not may_give(own, Role.HEAD, school)


@pytest.mark.parametrize(
    ("role", "place", "words"),
    [
        (Role.CLASS_TEACHER, {"school": True}, "class"),
        (Role.YEAR_HEAD, {"school": True}, "year"),
        (Role.HEAD, {}, "school"),
        (Role.BUREAU_LEADER, {"school": True}, "not in one school"),
    ],
)
def test_a_role_on_a_place_that_does_not_fit_is_refused(
    role: Role, place: dict[str, bool], words: str, school: School, target: Account
) -> None:
    from django.utils import translation

    where = roles.Place(school=school if place else None)
    with translation.override("en"), pytest.raises(Refused, match=words):
        roles.give(actor=actor_of(Role.DATA_OFFICER), account=target, role=role, place=where, start=DAY)
    assert not RoleAssignment.objects.filter(account=target).exists()


def test_given_ended_and_kept_as_history(school: School, target: Account) -> None:
    head = actor_of(Role.HEAD, school=school)
    row = roles.give(
        actor=head, account=target, role=Role.DATA_OFFICER, place=roles.Place(school=school), start=DAY
    )
    assert (row.granted_by_id, Actor.of(target, DAY).has(Role.DATA_OFFICER)) == (head.account_id, True)
    with pytest.raises(Refused):
        roles.give(
            actor=head, account=target, role=Role.DATA_OFFICER, place=roles.Place(school=school), start=DAY
        )
    actions.end_role(actor=head, row=row, day=DAY + dt.timedelta(days=1))
    tomorrow = DAY + dt.timedelta(days=1)
    assert Actor.of(target, DAY).has(Role.DATA_OFFICER)
    assert not Actor.of(target, tomorrow).has(Role.DATA_OFFICER)
    assert [event.verb for event in AuditEvent.objects.order_by("id")] == ["role.given", "role.ended"]


def test_nobody_changes_their_own_rights(school: School) -> None:
    for actor in (actor_of(Role.SYSTEM_ADMINISTRATOR), actor_of(Role.HEAD, school=school)):
        own = Account.objects.get(pk=actor.account_id)
        with pytest.raises(Forbidden):
            roles.give(actor=actor, account=own, role=Role.EXPERT, place=roles.Place(), start=DAY)
        with pytest.raises(Forbidden):
            roles.end(actor=actor, row=own.roles.get(), day=DAY)
        for step in (actions.reset_password, actions.reset_factor, actions.end_log_ins, actions.unlock):
            with pytest.raises(Forbidden):
                step(actor=actor, account=own)


def test_whoever_holds_more_is_not_touched_by_the_school(school: School) -> None:
    """A password opens everything that an account holds, so setting it needs the right to give all of that."""
    keeper = actor_of(Role.SCHOOL_ADMINISTRATOR, school=school)
    teacher = factories.make_account(Role.TEACHER, school=school)
    assert queries.may_manage(keeper, teacher)
    loftier = factories.make_account(Role.TEACHER, school=school)
    factories.give_role(loftier, Role.SUPERVISOR)
    head = factories.make_account(Role.HEAD, school=school)
    elsewhere = factories.make_account(Role.TEACHER, school=school)
    factories.give_role(elsewhere, Role.DATA_OFFICER, school=factories.make_school())
    owner = factories.make_account(Role.TEACHER, school=school)
    Account.objects.filter(pk=owner.pk).update(is_superuser=True)
    owner.refresh_from_db()
    for account in (loftier, head, elsewhere, owner):
        assert not queries.may_manage(keeper, account)
        with pytest.raises(Forbidden):
            actions.reset_password(actor=keeper, account=account)
    office = actor_of(Role.DATA_OFFICER)
    assert [queries.may_manage(office, account) for account in (loftier, head, elsewhere, owner)] == [
        True
    ] * 3 + [False]
    system = factories.make_account(Role.SYSTEM_ADMINISTRATOR)
    assert not queries.may_manage(office, system)
    assert queries.may_manage(actor_of(Role.SYSTEM_ADMINISTRATOR), system)


def test_which_accounts_one_looks_after(school: School) -> None:
    school_class = factories.make_class(school)
    pupil = factories.make_pupil(school_class, name="方小舟")
    child, parent = factories.make_account(Role.PUPIL), factories.make_account()
    factories.bind(pupil.person, child)
    factories.make_guardian(pupil, account=parent)
    teacher = factories.make_account()
    factories.make_teacher(school_class, account=teacher)
    factories.make_account(Role.TEACHER, school=factories.make_school())
    keeper = actor_of(Role.HEAD, school=school)
    assert set(queries.accounts(keeper)) == {
        child,
        parent,
        teacher,
        Account.objects.get(pk=keeper.account_id),
    }
    assert list(queries.accounts(keeper, text="方小舟")) == [child]
    assert list(queries.accounts(keeper, text="方 小舟")) == [child]
    assert not queries.accounts(keeper, text="方小")
    assert set(queries.accounts(keeper, school=school, role=Role.PUPIL)) == {child}
    assert set(queries.accounts(keeper, role=Role.PUPIL)) == {child}
    assert set(queries.accounts(actor_of(Role.TEACHER, school=school))) == set()
    assert queries.accounts(actor_of(Role.DATA_OFFICER)).count() == Account.objects.count()


def test_accounts_for_a_class(school: School) -> None:
    school_class = factories.make_class(school)
    factories.make_pupils(school_class, 3)
    keeper = actor_of(Role.SCHOOL_ADMINISTRATOR, school=school)
    slips = actions.make_accounts(actor=keeper, school=school, who="pupils", school_class=school_class)
    assert [slip.username for slip in slips] == ["xs1203-0001", "xs1203-0002", "xs1203-0003"]
    for slip in slips:
        account = Account.objects.get(username=slip.username)
        assert account.check_password(slip.password)
        assert (account.must_change_password, account.person.name) == (True, slip.name)
        assert Actor.of(account, DAY).has(Role.PUPIL)
    with pytest.raises(Refused):
        actions.make_accounts(actor=keeper, school=school, who="pupils", school_class=school_class)
    factories.make_pupils(school_class, 1)
    later = actions.make_accounts(actor=keeper, school=school, who="pupils")
    assert [slip.username for slip in later] == ["xs1203-0004"]
    event = AuditEvent.objects.filter(verb="accounts.made").first()
    assert event is not None
    assert event.data == {"who": "pupils", "count": 3, "class": str(school_class.uid)}


def test_accounts_for_teachers_and_guardians(school: School) -> None:
    school_class = factories.make_class(school)
    pupil = factories.make_pupil(school_class)
    factories.make_guardian(pupil)
    factories.make_teacher(school_class)
    office = actor_of(Role.DATA_OFFICER)
    (teacher,) = actions.make_accounts(actor=office, school=school, who="teachers")
    (parent,) = actions.make_accounts(actor=office, school=school, who="guardians", school_class=school_class)
    assert (teacher.username, parent.username) == ("js1203-0001", "jz1203-0001")
    for slip, role in ((teacher, Role.TEACHER), (parent, Role.GUARDIAN)):
        assert Actor.of(Account.objects.get(username=slip.username), DAY).has(role)


def test_accounts_are_made_for_ones_own_school_only(school: School) -> None:
    for role in Role:
        actor = actor_of(role, school=factories.make_school())
        if role not in {Role.SYSTEM_ADMINISTRATOR}:
            with pytest.raises(Forbidden):
                actions.make_accounts(actor=actor, school=school, who="teachers")


def test_a_slip_is_a_file_with_names_that_fit() -> None:
    slips = [Slip("方小舟", "虚构第一中学", "xs1203-0001", first_password()) for _slip in range(13)]
    assert slips_pdf(slips, "https://xuequ.example/").startswith(b"%PDF")


@given(st.integers(0, 5))
def test_first_passwords_are_legible(_seed: int) -> None:
    password = first_password()
    assert re.fullmatch(f"[{ALPHABET}]{{4}}(-[{ALPHABET}]{{4}}){{2}}", password)
    assert not set(password) & set("0o1lieau")


def test_closing_resetting_and_unlocking(school: School) -> None:
    keeper = actor_of(Role.HEAD, school=school)
    account = factories.make_account(Role.TEACHER, username="Wang-1", school=school)
    client = Client()
    client.force_login(account)
    assert client.get("/").status_code == 200
    actions.set_open(actor=keeper, account=account, is_open=False)
    assert client.get("/").status_code == 302
    actions.set_open(actor=keeper, account=account, is_open=True)
    client.force_login(account)
    slip = actions.reset_password(actor=keeper, account=account)
    assert client.get("/").status_code == 302
    assert account.check_password(slip.password)
    Authenticator.objects.create(user=account, type=Authenticator.Type.TOTP, data={})
    actions.reset_factor(actor=keeper, account=account)
    with pytest.raises(Refused):
        actions.reset_factor(actor=keeper, account=account)
    AccessAttempt.objects.create(username="wang-1", ip_address="10.0.0.1", failures_since_start=5)
    assert queries.locked_names() == {"wang-1"}
    actions.unlock(actor=keeper, account=account)
    assert queries.locked_names() == set()
    Account.objects.filter(pk=account.pk).update(must_change_password=False)
    client.force_login(account)
    client.cookies["xuequ_language"] = "en"
    assert "Your second factor was reset" in client.get("/").content.decode()


def test_taking_a_role_ends_the_log_ins(school: School) -> None:
    account = factories.make_account(Role.TEACHER, school=school)
    client = Client()
    client.force_login(account)
    actions.end_role(actor=actor_of(Role.HEAD, school=school), row=account.roles.get(), day=DAY)
    assert client.get("/").status_code == 302


# Lending


def loan_of(actor: Actor, borrower: Account, days: int = 14, start: dt.date = DAY) -> RoleAssignment:
    end = start + dt.timedelta(days=days)
    return roles.lend(actor=actor, row=actor.assignments[0], borrower=borrower, start=start, end=end)


def test_a_head_is_represented(school: School) -> None:
    head = actor_of(Role.HEAD, school=school)
    deputy = factories.make_account(Role.TEACHER, school=school)
    loan_of(head, deputy)
    acting = Actor.of(deputy, DAY)
    assert acting.role_codes == {"teacher", "head/lent"}
    assert policy.may_give(acting, Grant(Role.TEACHER, school_id=school.pk))
    client = Client()
    client.force_login(deputy)
    client.cookies["xuequ_language"] = "en"
    assert "on behalf of" in client.get("/").content.decode()
    assert AuditEvent.objects.get(verb="account.signed_in").roles == "head/lent,teacher"


@pytest.mark.parametrize("role", list(Role))
def test_which_roles_can_be_lent(role: Role, school: School) -> None:
    lender = actor_of(role, **({"school": school} if role in policy.SCHOOL_PLACE else {}))
    assert policy.may_lend(lender, lender.grants[0]) == (
        role
        not in {
            Role.SYSTEM_ADMINISTRATOR, Role.TEACHER, Role.PUPIL, Role.GUARDIAN, Role.EXPERT, Role.OUTSIDE_INSTRUCTOR,
        }
    )  # fmt: skip


def test_what_is_lent_is_not_lent_on(school: School) -> None:
    deputy, third = (factories.make_account(Role.TEACHER, school=school) for _each in range(2))
    loan = loan_of(actor_of(Role.HEAD, school=school), deputy)
    with pytest.raises(Forbidden):
        roles.lend(
            actor=Actor.of(deputy, DAY), row=loan, borrower=third, start=DAY, end=DAY + dt.timedelta(days=3)
        )


def test_a_loan_is_bounded_and_renewed_from_its_end(school: School) -> None:
    head = actor_of(Role.HEAD, school=school)
    deputy = factories.make_account(Role.TEACHER, school=school)
    for days in (0, 93):
        with pytest.raises(Refused):
            loan_of(head, deputy, days)
    loan = loan_of(head, deputy, 92)
    with pytest.raises(Refused):
        loan_of(head, deputy, 5, DAY + dt.timedelta(days=91))
    assert loan.end is not None
    loan_of(head, deputy, 92, loan.end)


def test_a_loan_stays_among_colleagues(school: School) -> None:
    head, officer = actor_of(Role.HEAD, school=school), actor_of(Role.DISTRICT_OFFICER)
    stranger = factories.make_account(Role.TEACHER, school=factories.make_school())
    parent, closed = (
        factories.make_account(Role.GUARDIAN),
        factories.make_account(Role.TEACHER, school=school),
    )
    Account.objects.filter(pk=closed.pk).update(is_active=False)
    for lender in (head, officer):
        for borrower in (stranger, parent, closed):
            with pytest.raises(Refused):
                loan_of(lender, borrower)
    loan_of(officer, factories.make_account(Role.RESEARCHER))


@pytest.mark.parametrize("how", ["role", "account", "back", "taken"])
def test_a_loan_ends_with_its_reason(how: str, school: School) -> None:
    head = actor_of(Role.HEAD, school=school)
    deputy = factories.make_account(Role.TEACHER, school=school)
    loan = loan_of(head, deputy)
    lender = Account.objects.get(pk=head.account_id)
    if how == "role":
        actions.end_role(actor=actor_of(Role.DATA_OFFICER), row=head.assignments[0], day=DAY)
    elif how == "account":
        actions.set_open(actor=actor_of(Role.DATA_OFFICER), account=lender, is_open=False)
    else:
        roles.hand_back(actor=Actor.of(deputy, DAY) if how == "back" else head, loan=loan, day=DAY)
    assert Actor.of(deputy, DAY).role_codes == {"teacher"}
    assert RoleAssignment.objects.filter(pk=loan.pk).exists()


def test_others_do_not_end_a_loan(school: School) -> None:
    loan = loan_of(actor_of(Role.HEAD, school=school), factories.make_account(Role.TEACHER, school=school))
    with pytest.raises(Forbidden):
        roles.hand_back(actor=actor_of(Role.HEAD, school=school), loan=loan, day=DAY)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.integers(-3, 20), st.integers(1, 10)), max_size=8))
def test_loans_to_one_colleague_never_overlap(loans: list[tuple[int, int]]) -> None:
    school = factories.make_school()
    head, deputy = actor_of(Role.HEAD, school=school), factories.make_account(Role.TEACHER, school=school)
    for start, days in loans:
        try:
            loan_of(head, deputy, days, DAY + dt.timedelta(days=start))
        except Refused:
            continue
    kept = sorted((row.start, row.end) for row in deputy.roles.filter(lent_from__isnull=False))
    assert all(first[1] <= second[0] for first, second in pairwise(kept))


def test_a_person_without_account_is_named_by_login(school: School) -> None:
    person = create_people([("方远山", "")])[0]
    account = factories.make_account(Role.TEACHER, username="plain", school=school)
    assert queries.name_of(account) == ""
    factories.bind(person, account)
    assert queries.name_of(Account.objects.get(pk=account.pk)) == "方远山"
