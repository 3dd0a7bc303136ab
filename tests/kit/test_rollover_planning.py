"""A school's plan is made from plain facts: everybody goes exactly one way."""

import datetime as dt
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xuequ.district.choices import EnrolmentEnd, Stage, YearSystem
from xuequ.kit.rollover.choices import Boundary, Listing, Outcome
from xuequ.kit.rollover.facts import Arrival, Choices, ClassKey, Listed, SchoolFacts, Stay
from xuequ.kit.rollover.grades import spans_of
from xuequ.kit.rollover.planning import class_numbers, placing_grades, plan_school, pool_of
from xuequ.kit.rollover.staffing import Post, StaffFacts, plan_staff

DAY = dt.date(2026, 9, 1)
YEAR = 2026


def school(
    stage: Stage = Stage.JUNIOR,
    *grades: int,
    classes: int = 2,
    pupils: int = 3,
    system: YearSystem = YearSystem.SIX_THREE,
    **more: object,
) -> SchoolFacts:
    """Return a school with ``classes`` classes of ``pupils`` pupils in each of ``grades`` of the old year."""
    spans = spans_of(stage, system)
    entries = {g: span.first for span in spans for g in range(span.first, span.last + 1)}
    keys, stays = {}, []
    for grade in grades:
        entry = entries.get(grade, spans[-1].first)
        for number in range(1, classes + 1):
            pk = len(keys) + 1
            keys[pk] = ClassKey(YEAR - 1 - (grade - entry), entry, number)
            stays += [Stay(len(stays) + i, len(stays) + i, pk) for i in range(1, pupils + 1)]
    return SchoolFacts(YEAR, DAY, spans, keys, tuple(stays), **more)


def codes(plan) -> set[str]:
    return {note.code for note in plan.notes}


def test_the_last_grade_graduates_and_the_others_move_up_without_a_row_written():
    plan = plan_school(school(Stage.JUNIOR, 7, 8, 9), Choices())
    outcomes = Counter(move.outcome for move in plan.moves)
    assert outcomes == {Outcome.MOVED_UP: 12, Outcome.GRADUATED: 6}
    assert {move.ended for move in plan.moves if move.outcome == Outcome.GRADUATED} == {
        EnrolmentEnd.GRADUATED
    }
    assert not any(move.ended for move in plan.moves if move.outcome == Outcome.MOVED_UP)
    assert plan.new_classes == (ClassKey(YEAR, 7, 1), ClassKey(YEAR, 7, 2))
    assert codes(plan) == {"new-names"}


@pytest.mark.parametrize(("system", "last"), [(YearSystem.SIX_THREE, 6), (YearSystem.FIVE_FOUR, 5)])
def test_a_primary_school_ends_by_its_year_system(system: YearSystem, last: int):
    plan = plan_school(school(Stage.PRIMARY, *range(1, last + 1), system=system), Choices())
    assert plan.counts["graduated"] == 6
    assert plan.counts["moved_up"] == 6 * (last - 1)


def test_the_number_of_new_classes_is_last_years_unless_the_school_says_otherwise():
    facts = school(Stage.JUNIOR, 7, 8, 9, classes=3)
    assert len(plan_school(facts, Choices()).new_classes) == 3
    assert len(plan_school(facts, Choices(classes={7: 5})).new_classes) == 5


def test_classes_that_the_roster_brought_already_are_not_opened_twice():
    facts = school(Stage.JUNIOR, 7, 8, 9)
    facts = replace(facts, classes={**facts.classes, 50: ClassKey(YEAR, 7, 1)}, filled=frozenset({50}))
    plan = plan_school(facts, Choices())
    assert plan.new_classes == (ClassKey(YEAR, 7, 2),)
    assert "new-names" not in codes(plan)


def test_a_nine_year_school_keeps_its_sixth_grade_together_unless_it_says_otherwise():
    facts = school(Stage.NINE_YEAR, 6, 9)
    plan = plan_school(facts, Choices())
    assert plan.counts["in_house"] == 6 and plan.counts["graduated"] == 6
    assert {move.to for move in plan.moves if move.outcome == Outcome.IN_HOUSE} == {
        ClassKey(YEAR, 7, 1), ClassKey(YEAR, 7, 2)
    }  # fmt: skip
    left = plan_school(facts, Choices(boundary={7: Boundary.LEAVE}))
    assert left.counts["graduated"] == 12


def test_a_nine_year_class_that_runs_through_goes_on_after_the_boundary():
    facts = school(Stage.NINE_YEAR)
    classes = {1: ClassKey(YEAR - 7, 1, 1)}  # grade 7 in the old year
    plan = plan_school(replace(facts, classes=classes, stays=(Stay(1, 1, 1),)), Choices())
    assert plan.moves[0].outcome == Outcome.MOVED_UP


def test_the_junior_part_of_a_complete_school_leaves_by_default():
    assert plan_school(school(Stage.COMPLETE, 9, 12), Choices()).counts["graduated"] == 12


def test_a_boundary_that_is_placed_stops_until_the_placing_is_there():
    facts = school(Stage.NINE_YEAR, 6, 9)
    choices = Choices(boundary={7: Boundary.PLACED}, classes={7: 3})
    assert placing_grades(facts, choices) == (7,)
    assert class_numbers(facts, choices, 7) == (1, 2, 3)
    plan = plan_school(facts, choices)
    assert {note.code for note in plan.problems} == {"placing-open"}
    seats = {pupil: 1 + i % 3 for i, pupil in enumerate(pool_of(facts, choices, 7))}
    placed = plan_school(replace(facts, placings={7: seats}), choices)
    assert not placed.problems
    assert {move.to for move in placed.moves if move.to} == {ClassKey(YEAR, 7, n) for n in (1, 2, 3)}


def test_a_grade_placed_anew_moves_only_those_whose_class_changes():
    facts = school(Stage.JUNIOR, 7, 8, 9)
    choices = Choices(placed=frozenset({8}))
    pool = pool_of(facts, choices, 8)
    home = {stay.pupil: facts.classes[stay.school_class].number for stay in facts.stays}
    seats = {pupil: home[pupil] for pupil in pool} | {pool[0]: 2}
    plan = plan_school(replace(facts, placings={8: seats}), choices)
    assert [move.pupil for move in plan.moves if move.outcome == Outcome.PLACED] == [pool[0]]
    assert plan.counts["moved_up"] == 11


def test_who_was_listed_repeats_or_leaves():
    facts = school(Stage.JUNIOR, 7, 8, 9)
    seventh, eighth, ninth = facts.stays[0], facts.stays[6], facts.stays[12]
    listed = {
        seventh.pupil: Listed(Listing.REPEAT),
        eighth.pupil: Listed(Listing.REPEAT, target=2),
        ninth.pupil: Listed(Listing.TRANSFER),
    }
    plan = plan_school(replace(facts, listed=listed), Choices())
    moves = {move.pupil: move for move in plan.moves}
    assert moves[seventh.pupil].to == ClassKey(YEAR, 7, 1)
    assert moves[eighth.pupil].to == facts.classes[2]
    assert (moves[ninth.pupil].outcome, moves[ninth.pupil].ended) == (Outcome.LEFT, EnrolmentEnd.TRANSFER)


def test_somebody_in_two_classes_stops_the_move():
    facts = school(Stage.JUNIOR, 7, 8)
    plan = plan_school(replace(facts, stays=(*facts.stays, Stay(900, facts.stays[0].pupil, 3))), Choices())
    assert [(note.code, note.params["count"]) for note in plan.problems] == [("two-classes", 1)]


def test_a_class_below_the_schools_grades_stops_the_move():
    facts = school(Stage.JUNIOR)
    facts = replace(facts, classes={1: ClassKey(YEAR - 3, 1, 1)}, stays=(Stay(1, 1, 1),))
    (problem,) = plan_school(facts, Choices()).problems
    assert problem.code == "class-out-of-range" and "3" in str(problem)


def test_a_closed_school_with_pupils_stops():
    assert plan_school(school(Stage.JUNIOR, 7, closed=True), Choices()).problems[0].code == "school-closed"


def test_new_pupils_without_a_class_are_placed_in_the_first_grade():
    facts = school(Stage.JUNIOR, 7, 8, 9, arrivals=(Arrival(800, 800), Arrival(801, 801)))
    plan = plan_school(replace(facts, placings={7: {800: 2}}), Choices())
    assert [(fill.enrolment, fill.to.number) for fill in plan.fills] == [(800, 2)]
    assert "unassigned" in codes(plan) and plan.counts["unassigned"] == 1


def test_the_teachers_of_a_leaving_class_are_proposed_for_the_new_one_of_its_number():
    facts = school(Stage.JUNIOR, 7, 8, 9)
    plan = plan_school(facts, Choices())
    lessons = {(pk, 1): 100 + pk for pk in facts.classes}
    staff = StaffFacts(
        charges={1: 11, 2: 12, 3: 13}, lessons=lessons, old_charges={1: 11, 2: 12, 3: 13, 5: 15, 6: 16},
        old_lessons=lessons, working=frozenset({11, 12, 13, 15, *range(100, 107)}),
    )  # fmt: skip
    found = plan_staff(facts, plan, staff)
    assert found.teacher_of(Post(ClassKey(YEAR, 7, 1))) == 15
    assert found.teacher_of(Post(ClassKey(YEAR, 7, 2))) is None, "16 no longer works here"
    assert found.teacher_of(Post(ClassKey(YEAR, 7, 2), 1)) == 106
    assert found.teacher_of(Post(facts.classes[1])) == 11
    decided = replace(staff, choices={Post(ClassKey(YEAR, 7, 2)): 13})
    assert plan_staff(facts, plan, decided).teacher_of(Post(ClassKey(YEAR, 7, 2))) == 13


STAGES = st.sampled_from([(stage, system) for stage in Stage for system in YearSystem])


@st.composite
def schools(draw: st.DrawFn) -> tuple[SchoolFacts, Choices]:
    """Any school with pupils in any of its grades, some listed, some gone already, some choices made."""
    stage, system = draw(STAGES)
    spans = spans_of(stage, system)
    taught = [grade for span in spans for grade in range(span.first, span.last + 1)]
    facts = school(stage, *draw(st.sets(st.sampled_from(taught))), classes=draw(st.integers(1, 3)),
                   pupils=draw(st.integers(0, 3)), system=system)  # fmt: skip
    ends = st.sampled_from(["", *EnrolmentEnd.values])
    stays = tuple(
        replace(stay, end=DAY, ended=draw(ends)) if draw(st.integers(0, 5)) == 0 else stay
        for stay in facts.stays
    )
    listed = {s.pupil: Listed(draw(st.sampled_from(Listing))) for s in stays if draw(st.integers(0, 5)) == 0}
    boundary = {span.first: draw(st.sampled_from(Boundary)) for span in spans[1:]}
    placed = frozenset(g for g in draw(st.sets(st.sampled_from(taught))) if g not in {s.first for s in spans})
    counts = {span.first: draw(st.integers(1, 4)) for span in spans if draw(st.booleans())}
    return replace(facts, stays=stays, listed=listed), Choices(counts, boundary, placed)


@given(schools(), st.randoms())
def test_everybody_goes_exactly_one_way_and_nobody_into_two_classes(made, lot):
    facts, choices = made
    placings = {
        grade: {
            pupil: lot.choice(class_numbers(facts, choices, grade))
            for pupil in pool_of(facts, choices, grade)
        }
        for grade in placing_grades(facts, choices)
    }
    facts = replace(facts, placings=placings)
    plan = plan_school(facts, choices)
    assert sorted(move.stay for move in plan.moves) == sorted(stay.pk for stay in facts.stays)
    ways = (
        Outcome.MOVED_UP,
        Outcome.PLACED,
        Outcome.IN_HOUSE,
        Outcome.GRADUATED,
        Outcome.REPEATING,
        Outcome.LEFT,
    )
    assert sum(plan.counts[str(way)] for way in ways) == plan.counts["pupils"] == len(facts.stays)
    assert {note.code for note in plan.problems} <= {"repeat-without-class"}
    alive = (
        {facts.classes[pk] for pk in plan.continuing} | set(plan.new_classes) | set(facts.classes.values())
    )
    for move in plan.moves:
        assert (move.to is not None) <= bool(move.ended), "who goes to another class leaves the old one"
        assert move.to is None or (move.to in alive and move.to.grade_in(YEAR) in range(1, 13))
        stays_put = move.outcome == Outcome.MOVED_UP
        assert not (stays_put and move.from_class in plan.ending)


@given(schools())
def test_planning_twice_gives_the_same(made):
    assert plan_school(*made) == plan_school(*made)
