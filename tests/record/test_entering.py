"""Results typed in: stored once, corrected with their history, never over something unseen."""

import threading

import pytest
from django.db import connection

from tests import factories
from xuequ.district.actors import Actor
from xuequ.district.models import Pupil, SchoolClass
from xuequ.record.choices import Basis, ResultStatus
from xuequ.record.entering import Entered, Entry, Outcome, Value, enter
from xuequ.record.models import Assessment, Result

pytestmark = pytest.mark.django_db

ACTOR = Actor.system(factories.DAY)


def exam(school_class: SchoolClass) -> Assessment:
    return factories.make_assessment(basis=Basis.SCHOOL_MIDTERM, school=school_class.school)


def typed(pupil: Pupil, school_class: SchoolClass, value: Value | None, was: str = "") -> Entry:
    raw = "" if value is None else value.token
    return Entry(pupil.pk, school_class.school_id, school_class.pk, value, raw, was)


def one(assessment: Assessment, entry: Entry) -> Entered:
    return enter(actor=ACTOR, assessment=assessment, entries=[entry])[entry.pupil]


def test_a_value_is_stored_with_who_and_when():
    school_class = factories.make_class()
    pupil, account = factories.make_pupil(school_class), factories.make_account()
    actor = Actor.of(account, factories.DAY)
    entry = typed(pupil, school_class, Value(score=81.5))
    found = enter(actor=actor, assessment=exam(school_class), entries=[entry])
    assert found[pupil.pk].outcome == Outcome.SAVED
    row = Result.objects.get()
    assert (row.score, row.status, row.entered_by, row.batch) == (81.5, "scored", account, None)
    assert row.entered_at is not None


def test_the_same_value_again_changes_nothing():
    school_class = factories.make_class()
    entry = typed(factories.make_pupil(school_class), school_class, Value(score=81.5))
    assessment = exam(school_class)
    one(assessment, entry)
    assert one(assessment, entry).outcome == Outcome.SAVED
    assert Result.objects.count() == 1


def test_a_correction_keeps_what_was_there():
    school_class = factories.make_class()
    pupil, assessment = factories.make_pupil(school_class), exam(school_class)
    one(assessment, typed(pupil, school_class, Value(score=18)))
    assert one(assessment, typed(pupil, school_class, Value(score=81), was="18.0")).outcome == Outcome.SAVED
    one(assessment, typed(pupil, school_class, Value(ResultStatus.ABSENT), was="81.0"))
    rows = list(Result.objects.order_by("id").values_list("status", "score", "is_current"))
    assert rows == [("scored", 18.0, False), ("scored", 81.0, False), ("absent", None, True)]
    assert [row.corrects_id for row in Result.objects.order_by("id")][1:] == [
        row.pk for row in Result.objects.order_by("id")
    ][:2]


def test_a_value_typed_over_something_unseen_is_a_conflict():
    school_class = factories.make_class()
    pupil, assessment = factories.make_pupil(school_class), exam(school_class)
    one(assessment, typed(pupil, school_class, Value(score=60)))
    found = one(assessment, typed(pupil, school_class, Value(score=70), was=""))
    assert found.outcome == Outcome.CONFLICT
    assert found.result is not None and found.result.score == 60
    assert Result.objects.count() == 1


def test_an_emptied_cell_leaves_history_only():
    school_class = factories.make_class()
    pupil, assessment = factories.make_pupil(school_class), exam(school_class)
    one(assessment, typed(pupil, school_class, Value(score=60)))
    assert one(assessment, typed(pupil, school_class, None, was="60.0")).outcome == Outcome.SAVED
    assert list(Result.objects.values_list("is_current", flat=True)) == [False]
    assert one(assessment, typed(pupil, school_class, None)).outcome == Outcome.SAVED


@pytest.mark.parametrize(
    ("value", "token"),
    [(Value(score=60), "60.0"), (Value(level="良"), "=良"), (Value(ResultStatus.EXEMPT), "exempt")],
)
def test_equal_values_have_equal_tokens(value: Value, token: str):
    assert value.token == token


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_store_one_value():
    school_class = factories.make_class()
    pupil, assessment = factories.make_pupil(school_class), exam(school_class)
    found: list[Entered] = []

    def write(score: float) -> None:
        try:
            found.append(one(assessment, typed(pupil, school_class, Value(score=score))))
        finally:
            connection.close()

    writers = [threading.Thread(target=write, args=(float(score),)) for score in (61, 62, 63, 64)]
    if connection.vendor == "sqlite":
        write(61.0)  # the tests' database in memory has one connection
        write(62.0)
    else:
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
    outcomes = sorted(str(item.outcome) for item in found)
    assert outcomes.count("saved") == 1
    assert Result.objects.filter(is_current=True).count() == 1
    assert Result.objects.count() == 1
