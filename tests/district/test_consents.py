"""Consent of families: who is asked, whose word counts, and what a new version or a withdrawal does."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import factories
from tests.factories import DAY
from xuequ.core import clock, registry
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.core.registry import ConsentUse
from xuequ.district import consents, rules
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.consent import Consent, ConsentText, Speaker
from xuequ.district.consents import Said, Standing, standing
from xuequ.district.models import Guardianship, Identity, Pupil

USE = "sample-use"


class SampleSystem:
    """A system that uses data on consent."""

    consent_uses = (ConsentUse(USE, "作品展示", "作品", "全校", "一年", "没有影响"),)


@pytest.fixture(autouse=True)
def sample(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    uses = {use.code: use for use in SampleSystem.consent_uses}
    monkeypatch.setattr(consents, "consent_uses", lambda: uses)


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = (dt.datetime(2026, 3, 2, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=i) for i in range(1000))
    monkeypatch.setattr(clock, "now", lambda: next(moments))
    monkeypatch.setattr(clock, "today", lambda: DAY)


@pytest.fixture
def pupil() -> Pupil:
    return factories.make_pupil()


def office() -> Actor:
    return factories.make_actor(Role.DATA_OFFICER)


def guardian_of(pupil: Pupil) -> Actor:
    person = factories.make_guardian(pupil, account=factories.make_account())
    return Actor.of(person.account, DAY)


def published(text: str = "第一版") -> ConsentText:
    row = consents.write_text(actor=office(), use=USE, text=text)
    consents.publish(actor=office(), text=row)
    row.refresh_from_db()
    return row


def test_nothing_may_be_used_before_somebody_agrees(pupil: Pupil) -> None:
    assert not consents.granted(pupil.person, USE, clock.now())
    text = published()
    assert not consents.granted(pupil.person, USE, clock.now())
    consents.answer(actor=guardian_of(pupil), pupil=pupil, text=text, granted=True)
    assert consents.granted(pupil.person, USE, clock.now())


def test_consent_holds_from_when_it_was_said(pupil: Pupil) -> None:
    text = published()
    before = clock.now()
    consents.answer(actor=guardian_of(pupil), pupil=pupil, text=text, granted=True)
    assert not consents.granted(pupil.person, USE, before)


def test_one_refusal_is_enough(pupil: Pupil) -> None:
    text = published()
    mother, father = guardian_of(pupil), guardian_of(pupil)
    consents.answer(actor=mother, pupil=pupil, text=text, granted=True)
    consents.answer(actor=father, pupil=pupil, text=text, granted=False)
    assert consents.standings([pupil.person_id], USE, clock.now()) == {pupil.person_id: Standing.REFUSED}
    consents.answer(actor=father, pupil=pupil, text=text, granted=True)
    assert consents.granted(pupil.person, USE, clock.now())


def test_a_new_version_asks_again(pupil: Pupil) -> None:
    guardian = guardian_of(pupil)
    consents.answer(actor=guardian, pupil=pupil, text=(first := published()), granted=True)
    second = published("第二版")
    assert second.version == 2
    assert not consents.granted(pupil.person, USE, clock.now())
    [asked] = consents.asked_of(guardian, pupil, clock.now())
    assert (asked.text, asked.mine, asked.older) == (second, None, True)
    with pytest.raises(Refused, match="newer version"):
        consents.answer(actor=guardian, pupil=pupil, text=first, granted=True)


def test_a_published_version_is_never_changed() -> None:
    text = published()
    with pytest.raises(Refused):
        consents.publish(actor=office(), text=text)
    with pytest.raises(Refused):
        consents.discard(actor=office(), text=text)
    draft = consents.write_text(actor=office(), use=USE, text="新的")
    assert draft.pk != text.pk
    assert consents.write_text(actor=office(), use=USE, text="更新的").pk == draft.pk, "one draft at a time"
    consents.discard(actor=office(), text=draft)
    assert ConsentText.objects.get().text == "第一版"


def test_the_texts_are_the_data_offices() -> None:
    for role, place in ((Role.HEAD, {"school": factories.make_school()}), (Role.BUREAU_LEADER, {})):
        with pytest.raises(Forbidden):
            consents.write_text(actor=factories.make_actor(role, **place), use=USE, text="x")
    with pytest.raises(Refused, match="No system"):
        consents.write_text(actor=office(), use="nobody-uses-it", text="x")


def test_saying_the_same_again_changes_nothing(pupil: Pupil) -> None:
    text, guardian = published(), guardian_of(pupil)
    for _again in range(2):
        consents.answer(actor=guardian, pupil=pupil, text=text, granted=True)
    assert Consent.objects.count() == 1
    assert AuditEvent.objects.filter(verb="consent.said").count() == 1


def test_withdrawal_is_told_to_the_systems(pupil: Pupil, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, int]] = []
    monkeypatch.setattr(registry, "_withdrawing", [])
    registry.on_withdrawal(lambda use, person: told.append((use, person)))
    text, guardian = published(), guardian_of(pupil)
    consents.answer(actor=guardian, pupil=pupil, text=text, granted=False)
    assert told == [], "nothing had been granted"
    consents.answer(actor=guardian, pupil=pupil, text=text, granted=True)
    consents.answer(actor=guardian, pupil=pupil, text=text, granted=False)
    assert told == [(USE, pupil.person_id)]
    assert Consent.objects.count() == 3, "rows are only added"


def born(pupil: Pupil, day: str) -> None:
    Identity.objects.filter(person=pupil.person).delete()
    Identity.of(pupil.person, name="甲", details={"born": day}).save()


def own(pupil: Pupil) -> Actor:
    account = factories.make_account(Role.PUPIL)
    factories.bind(pupil.person, account)
    return Actor.of(account, DAY)


def test_a_child_under_fourteen_is_not_asked(pupil: Pupil) -> None:
    born(pupil, "2012-03-03")
    text = published()
    with pytest.raises(Forbidden):
        consents.answer(actor=own(pupil), pupil=pupil, text=text, granted=True)


def test_from_fourteen_on_the_pupil_is_asked_too(pupil: Pupil) -> None:
    born(pupil, "2012-03-02")
    text = published()
    consents.answer(actor=guardian_of(pupil), pupil=pupil, text=text, granted=True)
    assert not consents.granted(pupil.person, USE, clock.now())
    consents.answer(actor=own(pupil), pupil=pupil, text=text, granted=True)
    assert consents.granted(pupil.person, USE, clock.now())
    assert set(Consent.objects.values_list("speaker", flat=True)) == {Speaker.GUARDIAN, Speaker.SELF}


def test_the_age_is_a_rule(pupil: Pupil) -> None:
    born(pupil, "2012-03-02")
    rules.change(
        actor=office_on(DAY),
        code=consents.OWN_AGE,
        value=16,
        since=DAY,
        verified=True,
        source="",
        reason="局里决定",
    )
    assert not consents.own_word_counts(pupil.person, clock.now())


def office_on(day: dt.date) -> Actor:
    return factories.make_actor(Role.DATA_OFFICER, day=day)


def test_strangers_answer_for_nobody(pupil: Pupil) -> None:
    text = published()
    stranger = guardian_of(factories.make_pupil())
    for actor in (stranger, factories.make_actor(Role.HEAD, school=factories.make_school()), office()):
        with pytest.raises(Forbidden):
            consents.answer(actor=actor, pupil=pupil, text=text, granted=True)


def test_a_guardian_who_is_one_no_more_has_no_say(pupil: Pupil) -> None:
    text, guardian = published(), guardian_of(pupil)
    consents.answer(actor=guardian, pupil=pupil, text=text, granted=True)
    Guardianship.objects.update(end=DAY)
    assert not consents.granted(pupil.person, USE, clock.now())


def test_the_class_teacher_enters_paper(pupil: Pupil) -> None:
    text = published()
    school_class = pupil.enrolments.get().school_class
    teacher = factories.make_actor(Role.CLASS_TEACHER, school=school_class.school, school_class=school_class)
    guardian = factories.make_guardian(pupil)
    consents.record_paper(actor=teacher, pupil=pupil, text=text, granted=True, guardian=guardian)
    row = Consent.objects.get()
    assert (row.on_paper, row.guardian, row.recorded_by_id) == (True, guardian, teacher.account_id)
    assert consents.granted(pupil.person, USE, clock.now())
    other = factories.make_class()
    for role, place in (
        (Role.CLASS_TEACHER, {"school": other.school, "school_class": other}),
        (Role.TEACHER, {"school": school_class.school}),
        (Role.SCHOOL_ADMINISTRATOR, {"school": other.school}),
    ):
        with pytest.raises(Forbidden):
            consents.record_paper(
                actor=factories.make_actor(role, **place), pupil=pupil, text=text, granted=True, guardian=None
            )
    with pytest.raises(Refused, match="not a guardian"):
        consents.record_paper(
            actor=teacher,
            pupil=pupil,
            text=text,
            granted=True,
            guardian=factories.make_guardian(factories.make_pupil()),
        )


def test_a_class_is_asked_about_in_few_queries(django_assert_max_num_queries) -> None:
    school_class = factories.make_class()
    pupils = factories.make_pupils(school_class, 30)
    text = published()
    for pupil in pupils[:3]:
        consents.answer(actor=guardian_of(pupil), pupil=pupil, text=text, granted=pupil != pupils[2])
    people = [pupil.person_id for pupil in pupils]
    with django_assert_max_num_queries(5):
        assert consents.granted_among(people, USE, clock.now()) == set(people[:2])
    actor = factories.make_actor(Role.SCHOOL_ADMINISTRATOR, school=school_class.school)
    tallies = consents.tallies_by_class(actor, school_class.school, USE, clock.now())
    assert tallies == {school_class: consents.Tally(2, 1, 27)}
    by_school = consents.tallies_by_school(office(), USE, clock.now())
    assert by_school[school_class.school].asked == 30


words = st.dictionaries(st.one_of(st.none(), st.integers(1, 3)), st.booleans(), max_size=4)


@given(words, st.one_of(st.none(), st.booleans()), st.booleans())
def test_consent_needs_a_yes_and_suffers_no_no(guardians: dict, own: bool | None, needed: bool) -> None:
    found = standing(Said(guardians, own), own_needed=needed)
    if found == Standing.GRANTED:
        assert True in guardians.values() and False not in guardians.values()
        assert own is True or not needed
    if False in guardians.values() or (needed and own is False):
        assert found == Standing.REFUSED


def test_the_office_declares_its_uses() -> None:
    assert "family-questionnaire" in registry.consent_uses()
