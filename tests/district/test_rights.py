"""Requests, rules, times of keeping, erasure with what holds it, and the copy of one's data."""

import datetime as dt
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.factories import DAY
from xuequ.core import clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.core.registry import RuleUnit
from xuequ.district import erasure, holdings, mentions, portability, retention, rights, rules
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.consent import ErasureGround, RequestKind, RequestState, RightsRequest
from xuequ.district.mentions import Words, named_in_file, without
from xuequ.district.models import Employment, Enrolment, Erasure, Guardianship, Identity, Person, Pupil
from xuequ.district.presence import gone_before, presence

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system(DAY)


@pytest.fixture
def pupil() -> Pupil:
    return factories.make_pupil(name="欧阳寻", number="G0777")


def guardian_of(pupil: Pupil) -> Actor:
    person = factories.make_guardian(pupil, account=factories.make_account())
    return Actor.of(person.account, DAY)


def office(day: dt.date = DAY) -> Actor:
    return factories.make_actor(Role.DATA_OFFICER, day=day)


def school_office(pupil: Pupil) -> Actor:
    return factories.make_actor(Role.SCHOOL_ADMINISTRATOR, school=pupil.enrolments.get().school)


def gone(pupil: Pupil, years: int = 4) -> None:
    end = DAY.replace(year=DAY.year - years)
    Enrolment.objects.filter(pupil=pupil).update(start=end.replace(year=end.year - 2), end=end)


# Requests.


def test_a_guardian_asks_and_the_school_answers(pupil: Pupil) -> None:
    guardian = guardian_of(pupil)
    row = rights.ask(actor=guardian, person=pupil.person, kind=RequestKind.ACCESS)
    assert row.due == dt.date(2026, 3, 23), "fifteen working days"
    school = school_office(pupil)
    assert list(rights.open_requests(school)) == [row]
    rights.answer(actor=school, request=row, text="已备好。")
    assert row.state == RequestState.DONE
    assert [step.state for step in row.steps.all()] == [RequestState.OPEN, RequestState.DONE]
    assert rights.copy_may_be_fetched(row, clock.now())
    assert not rights.copy_may_be_fetched(row, clock.now() + dt.timedelta(days=31))
    assert set(AuditEvent.objects.values_list("verb", flat=True)) >= {"rights.asked", "rights.done"}


def test_the_same_request_waits_once(pupil: Pupil) -> None:
    guardian = guardian_of(pupil)
    row = rights.ask(actor=guardian, person=pupil.person, kind=RequestKind.ERASURE)
    with pytest.raises(Refused, match="already waiting"):
        rights.ask(actor=guardian, person=pupil.person, kind=RequestKind.ERASURE)
    rights.withdraw(actor=guardian, request=row)
    rights.ask(actor=guardian, person=pupil.person, kind=RequestKind.ERASURE)
    with pytest.raises(Refused, match="settled"):
        rights.withdraw(actor=guardian, request=row)


def test_a_correction_says_what_is_wrong(pupil: Pupil) -> None:
    with pytest.raises(Refused):
        rights.ask(actor=guardian_of(pupil), person=pupil.person, kind=RequestKind.CORRECTION, text="  ")


def test_strangers_ask_and_answer_nothing(pupil: Pupil) -> None:
    stranger = guardian_of(factories.make_pupil())
    with pytest.raises(Forbidden):
        rights.ask(actor=stranger, person=pupil.person, kind=RequestKind.ACCESS)
    row = rights.ask(actor=guardian_of(pupil), person=pupil.person, kind=RequestKind.ACCESS)
    foreign = factories.make_actor(Role.SCHOOL_ADMINISTRATOR, school=factories.make_school())
    for actor in (stranger, foreign, factories.make_actor(Role.BUREAU_LEADER)):
        assert not rights.requests(actor).exists()
        with pytest.raises(Forbidden):
            rights.answer(actor=actor, request=row, text="x")
        with pytest.raises(Forbidden):
            rights.withdraw(actor=actor, request=row)
    with pytest.raises(Forbidden):
        rights.write_down(actor=foreign, person=pupil.person, kind=RequestKind.ACCESS)


def test_what_comes_by_letter_is_written_down(pupil: Pupil) -> None:
    row = rights.write_down(actor=school_office(pupil), person=pupil.person, kind=RequestKind.ACCESS)
    assert row.received_by is not None and row.asked_by is None


def test_nobody_answers_about_themselves() -> None:
    account = factories.make_account(Role.DATA_OFFICER)
    factories.bind(factories.make_pupil().person, account)
    actor = Actor.of(account, DAY)
    row = rights.ask(actor=actor, person=Person.objects.get(account=account), kind=RequestKind.ACCESS)
    assert row not in rights.requests(actor)
    assert row in rights.requests(office())


def test_a_refusal_has_a_reason(pupil: Pupil) -> None:
    row = rights.ask(actor=guardian_of(pupil), person=pupil.person, kind=RequestKind.ERASURE)
    with pytest.raises(Refused, match="reason"):
        rights.refuse(actor=office(), request=row, text=" ")
    with pytest.raises(Refused, match="erasing"):
        rights.answer(actor=office(), request=row, text="好")
    rights.refuse(actor=office(), request=row, text="学籍档案须依法保存。")
    assert row.state == RequestState.REFUSED


# Rules.


def test_a_rule_changes_from_a_day_on_and_keeps_its_history() -> None:
    assert rules.in_force("answer-days", DAY).value == 15
    later = DAY + dt.timedelta(days=10)
    said = {"code": "answer-days", "verified": True, "source": "某条", "reason": "核实"}
    rules.change(actor=office(), value=20, since=later, **said)
    assert rules.in_force("answer-days", DAY).value == 15
    assert (rules.in_force("answer-days", later).value, rules.in_force("answer-days", later).verified) == (
        20,
        True,
    )
    assert len(rules.history("answer-days")) == 1
    with pytest.raises(Refused, match="today"):
        rules.change(actor=office(), value=5, since=DAY - dt.timedelta(days=1), **said)
    with pytest.raises(Refused, match="between"):
        rules.change(actor=office(), value=500, since=DAY, **said)
    with pytest.raises(Forbidden):
        rules.change(actor=factories.make_actor(Role.BUREAU_LEADER), value=5, since=DAY, **said)


@given(st.dates(dt.date(2000, 1, 1), dt.date(2090, 1, 1)), st.integers(0, 40), st.sampled_from(RuleUnit))
def test_later_is_later_and_earlier_is_earlier(day: dt.date, value: int, unit: RuleUnit) -> None:
    assert rules.later(day, value, unit) >= day >= rules.earlier(day, value, unit)
    if unit == RuleUnit.WORKING_DAYS and value:
        assert rules.later(day, value, unit).weekday() < 5


def test_leap_days_and_ends_of_months() -> None:
    assert rules.later(dt.date(2024, 2, 29), 1, RuleUnit.YEARS) == dt.date(2025, 2, 28)
    assert rules.later(dt.date(2024, 1, 31), 1, RuleUnit.MONTHS) == dt.date(2024, 2, 29)
    assert rules.earlier(dt.date(2024, 3, 31), 1, RuleUnit.MONTHS) == dt.date(2024, 2, 29)


# Presence and holds.


def test_a_pupil_here_is_held_and_one_who_left_is_held_until_the_time_is_over(pupil: Pupil) -> None:
    plan = erasure.plan(pupil.person, DAY)
    assert [hold.entry.slug for hold in plan.holds] == ["pupil-names"]
    assert plan.postponed_until is None
    with pytest.raises(Refused, match="cannot be erased yet"):
        erasure.erase(actor=office(), person=pupil.person, ground=ErasureGround.REQUEST)
    gone(pupil, years=1)
    plan = erasure.plan(pupil.person, DAY)
    assert plan.postponed_until == dt.date(2028, 3, 2)
    with pytest.raises(Refused, match="2028-03-02"):
        erasure.erase(actor=office(), person=pupil.person, ground=ErasureGround.REQUEST)
    assert Identity.objects.filter(person=pupil.person).exists(), "nothing half-done"
    gone(pupil, years=3)
    erasure.erase(actor=office(), person=pupil.person, ground=ErasureGround.REQUEST)
    assert Erasure.objects.get().person_key == pupil.person.key


def test_a_correction_of_the_rule_frees_the_data(pupil: Pupil) -> None:
    gone(pupil, years=1)
    rules.change(
        actor=office(), code="pupil-record", value=1, since=DAY, verified=True, source="", reason="核对原文"
    )
    assert not list(erasure.holds(pupil.person, DAY))


def test_a_guardian_is_held_as_long_as_a_child_is_here(pupil: Pupil) -> None:
    guardian = factories.make_guardian(pupil)
    assert presence(guardian, DAY).here
    gone(pupil, years=2)
    assert presence(guardian, DAY) == type(presence(guardian, DAY))(False, DAY.replace(year=DAY.year - 2))
    assert not list(erasure.holds(guardian, DAY))
    other = factories.make_pupil()
    row = Guardianship.objects.create(
        guardian=guardian, pupil=other, relation="other", start=dt.date(2024, 9, 1)
    )
    assert presence(guardian, DAY).here
    row.end = DAY - dt.timedelta(days=30)
    row.save()
    assert presence(guardian, DAY).left == row.end, "a guardianship that ended holds no longer"


def test_a_teacher_is_held_until_years_after_the_service() -> None:
    teacher = factories.make_teacher(factories.make_class())
    assert presence(teacher.person, DAY).here, "nothing says that the service ended"
    Employment.objects.create(
        teacher=teacher, school=teacher.school, start=dt.date(2010, 9, 1), end=dt.date(2020, 9, 1)
    )
    assert presence(teacher.person, DAY).left == dt.date(2020, 9, 1)
    assert not list(erasure.holds(teacher.person, DAY))


def test_who_was_entered_by_mistake_is_held_by_nothing() -> None:
    pupil = factories.make_pupil()
    Enrolment.objects.filter(pupil=pupil).delete()
    erasure.erase(actor=office(), person=pupil.person, ground=ErasureGround.MISTAKE)
    with pytest.raises(Refused, match="already"):
        erasure.erase(actor=office(), person=pupil.person, ground=ErasureGround.MISTAKE)


def test_only_the_data_office_erases(pupil: Pupil) -> None:
    gone(pupil)
    for actor in (school_office(pupil), factories.make_actor(Role.BUREAU_LEADER), guardian_of(pupil)):
        with pytest.raises(Forbidden):
            erasure.erase(actor=actor, person=pupil.person, ground=ErasureGround.REQUEST)


def test_an_erasure_is_postponed_with_its_reason(pupil: Pupil) -> None:
    row = rights.ask(actor=guardian_of(pupil), person=pupil.person, kind=RequestKind.ERASURE)
    gone(pupil, years=1)
    handler = office()
    with pytest.raises(Refused):
        rights.grant_erasure(actor=handler, request=row)
    row.refresh_from_db()
    assert row.state == RequestState.OPEN, "a refused erasure leaves the request as it was"
    rights.postpone(actor=handler, request=row, text="学籍档案保存期未满。")
    assert (row.state, row.due) == (RequestState.POSTPONED, dt.date(2028, 3, 2))
    gone(pupil)
    with pytest.raises(Refused, match="can be erased now"):
        rights.postpone(actor=handler, request=row, text="")
    rights.grant_erasure(actor=handler, request=row)
    row.refresh_from_db()
    assert (row.state, row.text, row.answer) == (RequestState.DONE, "", "")


# Mentions.


@pytest.mark.parametrize("text", ["欧阳寻说", "欧 阳 寻", "欧阳·寻", "欧阳　寻"])
def test_a_name_is_found_however_it_is_spaced(text: str) -> None:
    pattern = Words("欧阳寻", ()).pattern(with_name=True)
    assert "欧" not in without(text, pattern)


def test_a_number_is_not_found_inside_another() -> None:
    pattern = Words("", ("1234",)).pattern(with_name=False)
    assert without("12345", pattern) == "12345"
    assert "1234" not in without({"a": ["编号1234。"]}, pattern)["a"][0]


@given(st.text(min_size=0, max_size=20), st.text(min_size=0, max_size=20))
def test_nothing_of_the_name_is_left(before: str, after: str) -> None:
    pattern = Words("欧阳寻", ()).pattern(with_name=True)
    assert not pattern.search(without(before + "欧阳寻" + after, pattern))


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-16-be"])
def test_a_name_is_found_in_files_of_any_encoding(encoding: str) -> None:
    content = "学籍号,姓名\nG1,欧阳寻\n".encode(encoding)
    assert named_in_file(content, Words("欧阳寻", ()))
    assert not named_in_file(content, Words("司马寻", ()))


def test_a_damaged_workbook_counts_as_naming() -> None:
    assert named_in_file(b"PK\x03\x04 damaged", Words("欧阳寻", ()))


# Keeping.


def test_what_is_due_is_counted_by_school_and_let_go_by_hand(pupil: Pupil) -> None:
    stays = factories.make_pupils(pupil.enrolments.get().school_class, 2)
    school = pupil.enrolments.get().school
    gone(pupil)
    assert list(gone_before(DAY.replace(year=DAY.year - 3))) == [pupil.person]
    [due] = retention.due(office())
    assert (due.entry.slug, due.counts) == ("pupil-names", {school: 1})
    assert Identity.objects.filter(person=pupil.person).exists(), "a report deletes nothing"
    for actor in (school_office(stays[0]), factories.make_actor(Role.BUREAU_LEADER)):
        with pytest.raises(Forbidden):
            retention.due(actor)
        with pytest.raises(Forbidden):
            retention.let_go(actor=actor, slug="pupil-names")
    handler = office()
    assert retention.let_go(actor=handler, slug="pupil-names") == 1
    assert retention.let_go(actor=handler, slug="pupil-names") == 0
    assert retention.let_go(actor=handler, slug="no-such-thing") == 0
    assert Erasure.objects.get().ground == ErasureGround.RETENTION
    assert Identity.objects.filter(person__pupil__in=stays).count() == 2


def test_words_of_old_requests_go_after_their_time(pupil: Pupil) -> None:
    row = rights.ask(
        actor=guardian_of(pupil), person=pupil.person, kind=RequestKind.OBJECTION, text="不同意。"
    )
    rights.refuse(actor=office(), request=row, text="理由")
    RightsRequest.objects.update(closed=clock.now() - dt.timedelta(days=4 * 366))
    today = office(clock.today())
    assert [due.entry.slug for due in retention.due(today)] == ["district-rightsrequest"]
    assert retention.let_go(actor=today, slug="district-rightsrequest") == 1
    assert retention.let_go(actor=today, slug="district-rightsrequest") == 0
    row.refresh_from_db()
    assert (row.text, row.state) == ("", RequestState.REFUSED)


# The copy.


def test_the_copy_holds_everything_by_class_of_data(pupil: Pupil) -> None:
    factories.give_results(factories.make_assessment("虚构监测"), {pupil: 88.0})
    other = factories.make_pupil(name="司马另")
    factories.give_results(factories.make_assessment("别人的"), {other: 11.0})
    sections = {s.entry.slug: s for s in portability.collect(actor=SYSTEM, person=pupil.person)}
    assert sections["pupil-names"].rows[0][:2] == ("欧阳寻", "G0777")
    assert "虚构监测" in sections["record-result"].rows[0]
    assert 88.0 in sections["record-result"].rows[0]
    assert "司马另" not in str(sections) and "别人的" not in str(sections)
    assert AuditEvent.objects.get(verb="person.exported").data["person"] == str(pupil.person.key)


def test_nothing_is_left_to_tell_of_the_erased(pupil: Pupil) -> None:
    gone(pupil)
    erasure.erase(actor=office(), person=pupil.person, ground=ErasureGround.REQUEST)
    with pytest.raises(Refused):
        portability.collect(actor=SYSTEM, person=pupil.person)


def test_a_person_is_found_by_each_of_their_keys(pupil: Pupil) -> None:
    account = factories.make_account()
    factories.bind(pupil.person, account)
    for uid in (pupil.uid, pupil.person.key, account.uid):
        assert holdings.find_person(uid) == pupil.person
    assert holdings.find_person(uuid4()) is None


def test_the_register_is_counted_in_few_queries(pupil: Pupil, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(20):
        counted = holdings.counts(pupil.person)
    assert counted["pupil-names"] == 1 and counted["district-enrolment"] == 1
    assert mentions.words_of(pupil.person).name == "欧阳寻"
