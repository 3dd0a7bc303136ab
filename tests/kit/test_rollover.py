"""The move of schools into a year: written once, school by school, and undone to the very rows."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest
from django.apps import apps

from tests import factories as make
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs.duties import do_daily
from xuequ.core.models import AuditEvent
from xuequ.district.choices import EnrolmentEnd, Role, Stage
from xuequ.district.models import (
    ClassTeaching,
    Dated,
    Enrolment,
    Pupil,
    RoleAssignment,
    School,
    SchoolClass,
    SchoolYear,
    TeachingAssignment,
    Term,
)
from xuequ.kit.rollover import actions, placings, running
from xuequ.kit.rollover.choices import Boundary, Listing, Method, RolloverState, SchoolState, Step, Wish
from xuequ.kit.rollover.facts import Choices, ClassKey
from xuequ.kit.rollover.loading import load, load_facts
from xuequ.kit.rollover.models import ListedPupil, PlacedPupil, Rollover, SchoolRollover, StaffChoice
from xuequ.kit.rollover.planning import pool_of
from xuequ.record.choices import Basis, Form

pytestmark = pytest.mark.django_db

AUGUST = dt.date(2026, 8, 25)
DAY = dt.date(2026, 9, 1)


@pytest.fixture
def office():
    return make.make_actor(Role.DATA_OFFICER, day=AUGUST)


def junior(classes: int = 2, pupils: int = 3, **fields: Any) -> School:
    """Return a junior school with classes in grades 7, 8 and 9 of 2025-2026."""
    make.make_year(2025)
    school = make.make_school(**fields)
    for entry_year in (2023, 2024, 2025):
        for number in range(1, classes + 1):
            make.make_pupils(make.make_class(school, entry_year=entry_year, number=number), pupils)
    return school


def of(rollover: Rollover, school: School) -> SchoolRollover:
    return rollover.schools.select_related("school", "rollover__year").get(school=school)


def dump() -> dict[str, list[Mapping[str, Any]]]:
    """Return every row of the district and of the accounts, to be compared."""
    models = [*apps.get_app_config("district").get_models(), apps.get_model("core.Account")]
    return {m._meta.label: list(m._default_manager.order_by("pk").values()) for m in models}


def test_a_rollover_opens_the_year_with_its_terms_and_lists_the_schools(office):
    junior()
    closed = make.make_school()
    School.objects.filter(pk=closed.pk).update(closed_on=dt.date(2026, 1, 1))
    rollover = actions.prepare(actor=office, first_year=2026)
    assert rollover.effective == DAY
    assert Term.objects.filter(year__code="2026-2027").count() == 2
    assert rollover.schools.count() == 1
    make.make_school()
    assert actions.prepare(actor=office, first_year=2026) == rollover
    assert rollover.schools.count() == 2


@pytest.mark.parametrize("year", [1990, 2031, 9999])
def test_a_year_that_follows_on_nothing_is_refused(office, year: int):
    make.make_year(2025)
    with pytest.raises(Refused, match=str(year - 1)[:2]):
        actions.prepare(actor=office, first_year=year)
    assert not Rollover.objects.exists() and SchoolYear.objects.count() == 1


def test_a_school_is_moved_once(office):
    school = junior()
    item = of(actions.prepare(actor=office, first_year=2026), school)
    running.run_school(actor=office, item=item)
    assert Enrolment.objects.filter(ended=EnrolmentEnd.GRADUATED, end=DAY).count() == 6
    assert SchoolClass.objects.filter(entry_year=2026, entry_grade=7).count() == 2
    after = dump()
    running.run_school(actor=office, item=item)
    assert dump() == after
    item.refresh_from_db()
    assert item.state == SchoolState.DONE and item.counts["graduated"] == 6
    assert load(item).plan.changes == 0, "a plan of a school that moved has nothing left to do"
    assert AuditEvent.objects.filter(verb="rollover.run").count() == 1


def test_undo_gives_back_the_very_rows(office):
    school = full_school(office)
    before = dump()
    item = SchoolRollover.objects.get(school=school)
    running.run_school(actor=office, item=item)
    assert dump() != before
    running.undo_school(actor=office, item=item)
    assert dump() == before
    item.refresh_from_db()
    assert (item.state, item.operation) == (SchoolState.OPEN, None)
    running.run_school(actor=office, item=item)
    running.undo_school(actor=office, item=item)
    assert dump() == before


def full_school(office) -> School:
    """Return a school in which the move touches everything: staff, roles, accounts, lists, a placing."""
    school = junior(classes=2, pupils=4)
    ninth = SchoolClass.objects.get(school=school, entry_year=2023, number=1)
    head = make.make_account(Role.YEAR_HEAD, school=school, entry_year=2023)
    make.make_account(Role.CLASS_TEACHER, school=school, school_class=ninth)
    teacher = make.make_teacher(ninth, account=make.make_account())
    ClassTeaching.objects.create(teacher=teacher, school_class=ninth, start=dt.date(2023, 9, 1))
    make.give_role(teacher.person.account, Role.CLASS_TEACHER, school=school, school_class=ninth)
    graduate = Pupil.objects.filter(enrolments__school_class=ninth).first()
    account = make.make_account(Role.PUPIL, school_class=ninth)
    make.bind(graduate.person, account)
    make.make_guardian(graduate, account=make.make_account())
    item = of(actions.prepare(actor=office, first_year=2026), school)
    seventh = SchoolClass.objects.get(school=school, entry_year=2025, number=1)
    mine = list(Pupil.objects.filter(enrolments__school_class=seventh).order_by("pk"))
    said = {mine[0].pk: (Listing.REPEAT, None), mine[1].pk: (Listing.LEAVE, None)}
    actions.list_pupils(actor=office, item=item, school_class=seventh.pk, said=said)
    actions.decide(actor=office, item=item, choices=Choices(classes={7: 3}, placed=frozenset({8})))
    placings.place_by_rule(actor=office, item=item, grade=8, lot=4, by_band=False)
    placings.confirm_placing(actor=office, item=item, grade=8)
    assert head.roles.get().end is None
    return school


def test_teachers_and_roles_follow(office):
    school = full_school(office)
    running.run_school(actor=office, item=SchoolRollover.objects.get(school=school))
    new = SchoolClass.objects.get(school=school, entry_year=2026, number=1)
    assert not TeachingAssignment.objects.filter(Dated.at(DAY), school_class__entry_year=2023).exists()
    assert TeachingAssignment.objects.filter(Dated.at(DAY), school_class=new).count() == 0, (
        "no subject was taught in grade 7, so none is proposed"
    )
    charge = ClassTeaching.objects.get(school_class=new)
    assert charge.start == DAY
    role = RoleAssignment.objects.get(role=Role.CLASS_TEACHER, school_class=new)
    assert role.account == charge.teacher.person.account
    heads = RoleAssignment.objects.filter(role=Role.YEAR_HEAD, school=school).order_by("start")
    assert [(row.entry_year, row.start, row.end) for row in heads] == [
        (2023, dt.date(2020, 9, 1), DAY), (2026, DAY, None)
    ]  # fmt: skip


def test_the_accounts_of_graduates_and_of_their_guardians_close(office):
    school = full_school(office)
    running.run_school(actor=office, item=SchoolRollover.objects.get(school=school))
    graduate = Pupil.objects.get(person__account__isnull=False)
    assert not graduate.person.account.is_active
    assert not graduate.guardians.get().guardian.account.is_active
    assert set(
        RoleAssignment.objects.filter(role__in=[Role.PUPIL, Role.GUARDIAN]).values_list("end", flat=True)
    ) == {DAY}


def test_a_guardian_with_another_child_at_school_keeps_the_account(office):
    school = junior()
    other = Pupil.objects.filter(enrolments__school_class__entry_year=2025).first()
    graduate = Pupil.objects.filter(enrolments__school_class__entry_year=2023).first()
    guardian = make.make_guardian(graduate, account=make.make_account())
    guardian.wards.create(pupil=other, relation="other", start=dt.date(2020, 9, 1))
    running.run_school(actor=office, item=of(actions.prepare(actor=office, first_year=2026), school))
    guardian.account.refresh_from_db()
    assert guardian.account.is_active and guardian.account.roles.get().end is None


def test_a_guardian_who_teaches_keeps_the_account(office):
    school = junior()
    graduate = Pupil.objects.filter(enrolments__school_class__entry_year=2023).first()
    guardian = make.make_guardian(graduate, account=make.make_account(Role.TEACHER, school=school))
    running.run_school(actor=office, item=of(actions.prepare(actor=office, first_year=2026), school))
    guardian.account.refresh_from_db()
    assert guardian.account.is_active
    assert guardian.account.roles.get(role=Role.GUARDIAN).end == DAY


def test_accounts_of_those_who_may_go_on_in_the_district_wait_for_the_office(office):
    primary = make.make_school(stage=Stage.PRIMARY)
    junior()
    sixth = make.make_class(primary, entry_year=2020, entry_grade=1)
    staying, going = make.make_pupils(sixth, 2)
    for pupil in (staying, going):
        make.bind(pupil.person, make.make_account(Role.PUPIL, school_class=sixth))
    rollover = actions.prepare(actor=office, first_year=2026)
    running.run_schools(actor=office, items=rollover.schools.all())
    going.person.account.refresh_from_db()
    assert going.person.account.is_active
    target = SchoolClass.objects.filter(entry_year=2026, entry_grade=7).first()
    Enrolment.objects.create(pupil=staying, school=target.school, school_class=target, start=DAY)
    assert running.close_leftover(actor=office, rollover=rollover) == 1
    for pupil, active in ((staying, True), (going, False)):
        pupil.person.account.refresh_from_db()
        assert pupil.person.account.is_active is active
    assert running.close_leftover(actor=office, rollover=rollover) == 0
    running.undo_school(actor=office, item=of(rollover, primary))
    going.person.account.refresh_from_db()
    assert going.person.account.is_active


def test_one_school_that_cannot_move_does_not_stop_the_others(office):
    good, bad = junior(), junior()
    pupil = Pupil.objects.filter(enrolments__school=bad).first()
    second = SchoolClass.objects.filter(school=bad, entry_year=2025).last()
    Enrolment.objects.create(pupil=pupil, school=bad, school_class=second, start=dt.date(2025, 9, 1))
    rollover = actions.prepare(actor=office, first_year=2026)
    before = Enrolment.objects.filter(school=bad).values_list("pk", "end").order_by("pk")
    ran = running.run_schools(actor=office, items=rollover.schools.all())
    assert (ran.done, set(ran.refused)) == ((good.code,), {bad.code})
    assert list(before) == list(Enrolment.objects.filter(school=bad).values_list("pk", "end").order_by("pk"))
    rollover.refresh_from_db()
    assert rollover.state == RolloverState.PREVIEWED
    Enrolment.objects.filter(school=bad, school_class=second, pupil=pupil).delete()
    assert running.run_schools(actor=office, items=rollover.schools.all()).done
    rollover.refresh_from_db()
    assert rollover.state == RolloverState.DONE


def test_results_of_the_new_year_keep_the_move(office):
    school = junior()
    item = of(actions.prepare(actor=office, first_year=2026), school)
    running.run_school(actor=office, item=item)
    pupil = Pupil.objects.filter(enrolments__school_class__entry_year=2025).first()
    test = make.make_assessment(term=Term.objects.get(code="2026-2027-1"), basis=Basis.SCHOOL_FINAL)
    make.give_results(test, {pupil: 80.0})
    with pytest.raises(Refused, match="1"):
        running.undo_school(actor=office, item=item)
    item.refresh_from_db()
    assert item.state == SchoolState.DONE


def test_new_pupils_in_the_new_classes_keep_the_move(office):
    school = junior()
    item = of(actions.prepare(actor=office, first_year=2026), school)
    running.run_school(actor=office, item=item)
    make.make_pupils(SchoolClass.objects.filter(entry_year=2026).first(), 1)
    with pytest.raises(Refused):
        running.undo_school(actor=office, item=item)
    assert SchoolClass.objects.filter(entry_year=2026).exists()


def test_what_is_decided_after_the_preview_is_to_be_previewed_again(office):
    school = junior()
    item = of(actions.prepare(actor=office, first_year=2026), school)
    running.declare_ready(actor=office, item=item)
    item.refresh_from_db()
    assert item.state == SchoolState.READY and Step.PREVIEW in item.steps
    actions.decide(actor=office, item=item, choices=Choices(classes={7: 4}), step=Step.NEW_CLASSES)
    item.refresh_from_db()
    assert item.state == SchoolState.OPEN and item.steps == [Step.NEW_CLASSES]


def test_a_school_with_a_problem_is_not_ready(office):
    school = junior()
    item = of(actions.prepare(actor=office, first_year=2026), school)
    actions.decide(actor=office, item=item, choices=Choices(placed=frozenset({8})))
    with pytest.raises(Refused):
        running.declare_ready(actor=office, item=item)
    item.refresh_from_db()
    assert item.state == SchoolState.OPEN


def test_a_placing_is_kept_confirmed_and_dropped_when_its_classes_change(office):
    school = junior(pupils=6)
    item = of(actions.prepare(actor=office, first_year=2026), school)
    actions.decide(actor=office, item=item, choices=Choices(placed=frozenset({8})))
    placings.place_by_rule(actor=office, item=item, grade=8, lot=1, by_band=True)
    draft = placings.draft_of(item, 8)
    assert len(draft.seats) == 12 and draft.numbers == (1, 2)
    placings.confirm_placing(actor=office, item=item, grade=8)
    assert not load(item).plan.problems
    actions.decide(actor=office, item=item, choices=Choices(classes={8: 3}, placed=frozenset({8})))
    item.refresh_from_db()
    assert not PlacedPupil.objects.exists()
    placings.place_by_rule(actor=office, item=item, grade=8, lot=1, by_band=False)
    placings.confirm_placing(actor=office, item=item, grade=8)
    running.run_school(actor=office, item=item)
    assert SchoolClass.objects.filter(school=item.school, entry_year=2025, entry_grade=7).count() == 3
    sizes = [
        Enrolment.objects.filter(Dated.at(DAY), school_class=row).count()
        for row in SchoolClass.objects.filter(school=item.school, entry_year=2025)
    ]
    assert sorted(sizes) == [4, 4, 4]


def test_a_placing_by_file_must_name_exactly_the_grades_pupils(office):
    school = junior()
    item = of(actions.prepare(actor=office, first_year=2026), school)
    actions.decide(actor=office, item=item, choices=Choices(placed=frozenset({8})))
    item.refresh_from_db()
    pool = pool_of(load_facts(item), Choices.from_json(item.settings), 8)
    for seats in ({}, dict.fromkeys(pool, 9), dict.fromkeys(pool[1:], 1)):
        with pytest.raises(Refused):
            placings.place_by_file(actor=office, item=item, grade=8, seats=seats)
    placing = placings.place_by_file(actor=office, item=item, grade=8, seats=dict.fromkeys(pool, 2))
    assert placing.method == Method.FILE and not placing.confirmed


def test_wishes_are_kept_for_the_grades_own_pupils_and_met(office):
    school = junior()
    item = of(actions.prepare(actor=office, first_year=2026), school)
    actions.decide(actor=office, item=item, choices=Choices(placed=frozenset({8})))
    item.refresh_from_db()
    pool = pool_of(load_facts(item), Choices.from_json(item.settings), 8)
    stranger = make.make_pupil()
    marks = {(pool[0], Wish.TOGETHER): "甲", (pool[1], Wish.TOGETHER): "甲", (stranger.pk, Wish.APART): "乙"}
    placings.keep_wishes(actor=office, item=item, grade=8, marks=marks)
    placings.place_by_rule(actor=office, item=item, grade=8, lot=3, by_band=False)
    seats = placings.draft_of(item, 8).seats
    assert seats[pool[0]] == seats[pool[1]] and stranger.pk not in seats


def test_bands_come_from_levels_of_the_latest_term(office):
    school = junior()
    item = of(actions.prepare(actor=office, first_year=2026), school)
    actions.decide(actor=office, item=item, choices=Choices(placed=frozenset({8})))
    item.refresh_from_db()
    pool = [Pupil.objects.get(pk=pk) for pk in pool_of(load_facts(item), Choices.from_json(item.settings), 8)]
    test = make.make_assessment(form=Form.LEVEL, basis=Basis.SCHOOL_FINAL, levels=["A", "B", "C", "D"])
    make.give_results(test, {pool[0]: "A", pool[1]: "D"})
    found = {c.pupil: c.band for c in placings.draft_of(item, 8).candidates}
    assert (found[pool[0].pk], found[pool[1].pk], found[pool[2].pk]) == ("A", "C", "")


def test_a_class_that_stays_can_get_another_class_teacher(office):
    school = junior()
    eighth = SchoolClass.objects.get(school=school, entry_year=2025, number=1)
    old, new = make.make_teacher(eighth), make.make_teacher(eighth, make.make_subject("chinese"))
    ClassTeaching.objects.create(teacher=old, school_class=eighth, start=dt.date(2025, 9, 1))
    item = of(actions.prepare(actor=office, first_year=2026), school)
    math = make.make_subject()
    actions.choose_staff(actor=office, item=item, key=ClassKey(2025, 7, 1), teachers={None: new, math: new})
    actions.choose_staff(actor=office, item=item, key=ClassKey(2025, 7, 1), teachers={None: new, math: new})
    assert StaffChoice.objects.count() == 2
    running.run_school(actor=office, item=item)
    charges = ClassTeaching.objects.filter(school_class=eighth).order_by("start")
    assert [(row.teacher, row.start, row.end) for row in charges] == [
        (old, dt.date(2025, 9, 1), DAY), (new, DAY, None)
    ]  # fmt: skip
    assert TeachingAssignment.objects.get(Dated.at(DAY), school_class=eighth, subject=math).teacher == new


def test_a_nine_year_school_moves_its_sixth_grade_into_new_classes(office):
    make.make_year(2025)
    school = make.make_school(stage=Stage.NINE_YEAR)
    sixth = make.make_class(school, entry_year=2020, entry_grade=1)
    (pupil,) = make.make_pupils(sixth, 1)
    item = of(actions.prepare(actor=office, first_year=2026), school)
    actions.decide(actor=office, item=item, choices=Choices(boundary={7: Boundary.TOGETHER}))
    running.run_school(actor=office, item=item)
    first, second = pupil.enrolments.order_by("start")
    assert (first.end, first.ended) == (DAY, EnrolmentEnd.MOVED_UP)
    assert (second.start, second.school_class.entry_year, second.school_class.entry_grade) == (DAY, 2026, 7)


def test_only_the_office_runs_the_district_and_only_a_school_its_own(office):
    own, foreign = junior(), junior()
    keeper = make.make_actor(Role.SCHOOL_ADMINISTRATOR, day=AUGUST, school=own)
    with pytest.raises(Forbidden):
        actions.prepare(actor=keeper, first_year=2026)
    rollover = actions.prepare(actor=office, first_year=2026)
    running.run_school(actor=keeper, item=of(rollover, own))
    with pytest.raises(Forbidden):
        running.run_school(actor=keeper, item=of(rollover, foreign))
    with pytest.raises(Forbidden):
        running.close_leftover(actor=keeper, rollover=rollover)
    teacher = make.make_actor(Role.TEACHER, day=AUGUST, school=own)
    with pytest.raises(Forbidden):
        running.undo_school(actor=teacher, item=of(rollover, own))


def test_lists_of_years_that_are_over_are_forgotten(office):
    school = junior()
    item = of(actions.prepare(actor=office, first_year=2026), school)
    stay = load_facts(item).stays[0]
    said = {stay.pupil: (Listing.REPEAT, None)}
    actions.list_pupils(actor=office, item=item, school_class=stay.school_class, said=said)
    do_daily(dt.date(2027, 8, 31))
    assert ListedPupil.objects.exists()
    do_daily(dt.date(2027, 9, 1))
    assert not ListedPupil.objects.exists()
