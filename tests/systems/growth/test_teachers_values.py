"""Teacher-level values that were computed: told to the teacher first, then to the head, deleted when locked."""

import datetime as dt

import numpy as np
import polars as pl
import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from tests import factories
from tests.standing import built, copied
from tests.systems.growth.conftest import signed_in
from tests.systems.growth.teachers import (
    PUPILS_EACH,
    SCHOOLS,
    TEACHERS,
    TODAY,
    Staff,
    actor,
    add_year,
    built_files,
    compute,
    english_and_own_files,
    page,
    unlock,
    value_of,
    with_values,
)
from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.core.jobs.duties import do_daily
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Person
from xuequ.record.models import Indicator, Run
from xuequ.systems.growth import teachers_actions as actions
from xuequ.systems.growth import teachers_queries as queries
from xuequ.systems.growth.models import Evaluation, TaughtClass, TeacherGrowth, TeacherUnlock

__all__ = ["built_files", "english_and_own_files"]
GET_PAGES = ("mine", "classes", "schools", "values")

built_computed = built(with_values, "built_files")
computed = copied("built_computed")


def test_a_later_correction_takes_the_agreement_back(computed: Staff) -> None:
    row = queries.own_rows(actor(computed.accounts[0]))[0].row
    actions.confirm_taught(actor=actor(computed.accounts[0]), shares={row.uid: row.share})
    row.refresh_from_db()
    assert row.agreed is not None, "the same share again changes nothing"
    actions.confirm_taught(actor=actor(computed.accounts[0]), shares={row.uid: 0.5})
    row.refresh_from_db()
    assert row.agreed is None and row.confirmed is not None


def test_an_evaluation_that_replaces_another_asks_nobody_again(computed: Staff) -> None:
    old = Evaluation.objects.get(period="2024-2025")
    Evaluation.objects.filter(pk=old.pk).update(superseded=clock.now())
    new = add_year(computed, factories.make_subject("mathematics"), 2024, np.random.default_rng(1))
    assert actions.gather_taught(actor=actor(computed.leader)) == 0
    assert new.taught.filter(agreed__isnull=False).count() == SCHOOLS * TEACHERS
    assert not old.taught.exists()


def test_planted_values_come_back_within_the_school(computed: Staff) -> None:
    found = [value_of(computed, i) for i in range(len(computed.teachers))]
    assert np.corrcoef([row.value for row in found], computed.effects)[0, 1] > 0.9
    assert all(row.low < row.value < row.high for row in found)
    assert {(row.n, row.years) for row in found} == {(40, 2)}
    assert found[0].periods == ["2023-2024", "2024-2025"]


def test_pupils_are_in_the_snapshot_by_no_key(computed: Staff) -> None:
    run = Run.objects.get(system=actions.SYSTEM)
    with default_storage.open(f"runs/{run.uid}/inputs.parquet") as stream:
        table = pl.read_parquet(stream)
    assert set(table["pupil"]) == {str(i + 1) for i in range(2 * SCHOOLS * TEACHERS * PUPILS_EACH)}
    assert set(table["teacher"]) == {str(teacher.uid) for teacher in computed.teachers}


def test_the_district_sees_counts_and_no_name_or_value(computed: Staff) -> None:
    TeacherGrowth.objects.filter(teacher__in=computed.teachers[3:]).update(value=None)
    for account in (computed.leader, factories.make_account(Role.RESEARCHER)):
        text = page(account, "growth:teachers")
        assert ">32<" in text and "fewer than 5" in text and ">3<" not in text
        for teacher in computed.teachers:
            assert teacher.person.name not in text and str(teacher.uid) not in text
        row = value_of(computed)
        page(account, "growth:teachers-value", row.uid, status=404)
        page(account, "growth:teachers-values", status=404)
    assert not Indicator.objects.exists()
    assert not Run.objects.filter(system="growth", kind=actions.KIND).exists(), "not among the evaluations"


def test_the_teacher_is_told_first_and_the_head_reads_two_weeks_later(computed: Staff) -> None:
    account, head, row = computed.accounts[0], computed.head(0), value_of(computed)
    do_daily(TODAY)
    assert not queries.readable_values(actor(head, 90)).exists(), (
        "not before the teacher was here, however late"
    )
    assert reverse("growth:teachers-mine") in page(account, "home")
    do_daily(TODAY)
    row.refresh_from_db()
    assert row.notified is not None and row.first_opened is None
    assert row.shown_to_others_from == TODAY + dt.timedelta(days=14)
    assert not queries.readable_values(actor(head, 13)).exists()
    assert list(queries.readable_values(actor(head, 14))) == [row]
    page(head, "growth:teachers-value", row.uid, status=404)
    text = page(account, "growth:teachers-mine")
    assert "Only you can read this now" in text and "less far than the average of the school" in text
    row.refresh_from_db()
    assert row.first_opened is not None
    assert reverse("growth:teachers-mine") not in page(account, "home"), "done"
    assert AuditEvent.objects.filter(verb="teachers.told").count() == 1
    assert AuditEvent.objects.filter(verb="teachers.own.viewed").count() == 1


def test_a_teacher_without_an_account_is_never_shown_to_anybody(computed: Staff) -> None:
    person = computed.teachers[1].person
    Person.objects.filter(pk=person.pk).update(account=None)
    compute(computed)
    do_daily(TODAY)
    assert value_of(computed, 1).notified is None and value_of(computed, 1).shown_to_others_from is None
    Person.objects.filter(pk=person.pk).update(account=computed.accounts[1])
    do_daily(TODAY)
    assert value_of(computed, 1).notified is not None, "told as soon as somebody can be told"


def told_long_ago(staff: Staff) -> None:
    TeacherGrowth.objects.update(notified=clock.now(), shown_to_others_from=TODAY)


def test_growth_begins_there_for_those_concerned_while_unlocked(computed: Staff) -> None:
    found = {
        "teacher": page(computed.accounts[0], "growth:index"),
        "head": page(computed.head(0), "growth:index"),
    }
    office = signed_in(factories.make_account(Role.SCHOOL_ADMINISTRATOR, school=computed.schools[0]))
    assert office.get(reverse("growth:index")).headers["Location"] == reverse("growth:teachers-schools")
    urls = {name: reverse(f"growth:teachers-{name}") for name in ("mine", "schools", "values")}
    seen = {who: {name for name, url in urls.items() if f'"{url}"' in text} for who, text in found.items()}
    assert seen["head"] == {"schools", "values"}
    assert "mine" in seen["teacher"] and "values" not in seen["teacher"]
    actions.lock_teacher_values(actor=actor(computed.leader))
    assert "growth/teachers" not in page(computed.head(0), "growth:index")


def test_the_head_reads_one_at_a_time_by_name(computed: Staff) -> None:
    told_long_ago(computed)
    head = computed.head(0)
    listed = page(head, "growth:teachers-values")
    names = sorted(teacher.person.name for teacher in computed.teachers[:TEACHERS])
    assert [listed.index(name) for name in names] == sorted(listed.index(name) for name in names)
    assert "standard deviations" not in listed
    assert not any(teacher.person.name in listed for teacher in computed.teachers[TEACHERS:])
    text = page(head, "growth:teachers-value", value_of(computed).uid)
    assert "standard deviations below" in text and "no measure of a teacher" in text
    page(head, "growth:teachers-value", value_of(computed, TEACHERS).uid, status=404)
    viewed = AuditEvent.objects.get(verb="teachers.value.viewed")
    assert viewed.object_uid == value_of(computed).uid and viewed.account_id == head.pk
    assert "Since" in page(computed.accounts[0], "growth:teachers-mine")


def test_nobody_else_ever_reads_a_value(computed: Staff) -> None:
    told_long_ago(computed)
    uid = value_of(computed).uid
    for role in set(Role) - {Role.HEAD}:
        for place in ({"school": computed.schools[0]}, {}):
            account = factories.make_account(role, **place)
            page(account, "growth:teachers-value", uid, status=404)
            page(account, "growth:teachers-values", status=404)
            assert not queries.readable_values(actor(account, 200)).exists()
    assert not queries.readable_values(Actor.system(TODAY)).exists()


def test_a_lent_head_and_a_colleague_read_nothing(computed: Staff) -> None:
    told_long_ago(computed)
    head = computed.head(0)
    deputy = factories.make_account()
    factories.give_role(deputy, Role.HEAD, school=computed.schools[0], lent_from=head.roles.get())
    for account in (deputy, computed.accounts[1]):
        page(account, "growth:teachers-value", value_of(computed).uid, status=404)


def test_a_value_in_words_tells_chance_from_difference(computed: Staff) -> None:
    TeacherGrowth.objects.filter(teacher=computed.teachers[0]).update(value=0.02, low=-0.1, high=0.14)
    text = page(computed.accounts[0], "growth:teachers-mine")
    assert "cannot be told from the school" in text and "0.10 standard deviations below" in text
    assert "0.14 standard deviations above" in text
    assert "further than the average of the school" in page(computed.accounts[3], "growth:teachers-mine")


def test_computing_again_tells_the_teacher_first_again(
    computed: Staff, django_capture_on_commit_callbacks
) -> None:
    told_long_ago(computed)
    before = Run.objects.get(system=actions.SYSTEM)
    with django_capture_on_commit_callbacks(execute=True):
        compute(computed)
    assert not queries.readable_values(actor(computed.head(0), 90)).exists()
    assert TeacherGrowth.objects.count() == len(computed.teachers)
    assert default_storage.listdir(f"runs/{before.uid}")[1] == []


def test_locking_hides_and_deletes_at_once(computed: Staff, django_capture_on_commit_callbacks) -> None:
    told_long_ago(computed)
    row, run = value_of(computed), Run.objects.get(system=actions.SYSTEM)
    client = signed_in(computed.leader)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(reverse("growth:teachers-lock")).status_code == 302
    assert not TeacherGrowth.objects.exists() and not TaughtClass.objects.exists()
    assert default_storage.listdir(f"runs/{run.uid}")[1] == []
    for account in (computed.accounts[0], computed.head(0), computed.leader):
        for name in GET_PAGES:
            page(account, f"growth:teachers-{name}", status=404)
        page(account, "growth:teachers-value", row.uid, status=404)
    assert AuditEvent.objects.get(verb="teachers.locked").data == {"values": 16, "rows": 32}
    with pytest.raises(Refused):
        actions.confirm_taught(actor=actor(computed.accounts[0]), shares={})


def test_on_the_day_of_its_end_everything_is_hidden_and_deleted(computed: Staff) -> None:
    TeacherUnlock.objects.update(ends=TODAY)
    page(computed.accounts[0], "growth:teachers-mine", status=404)
    do_daily(TODAY)
    assert not TeacherGrowth.objects.exists()
    opened = TeacherUnlock.objects.get()
    assert opened.closed is not None and opened.closed_by is None
    unlock(computed)


def test_pages_stay_within_their_queries_whoever_opens_them(computed: Staff) -> None:
    """``page`` counts them: twelve at most, also with every card and row."""
    told_long_ago(computed)
    head = computed.head(0)
    row = queries.own_rows(actor(computed.accounts[0]))[0].row
    actions.confirm_taught(actor=actor(computed.accounts[0]), shares={row.uid: 0.5})
    assert reverse("growth:teachers-schools") in page(head, "home")
    for name in ("schools", "values"):
        page(head, f"growth:teachers-{name}")
    for name in ("mine", "classes"):
        page(computed.accounts[0], f"growth:teachers-{name}")
    assert reverse("growth:teachers-classes") not in page(computed.accounts[0], "home")
    actions.agree_taught(actor=actor(head), rows=[row.uid], agreed=False)
    assert reverse("growth:teachers-classes") in page(computed.accounts[0], "home")
    for account in (head, computed.head(1)):
        assert reverse("growth:teachers-schools") not in page(account, "home"), "nothing to do"


def test_an_erased_teacher_leaves_no_row(computed: Staff) -> None:
    from xuequ.district.erasure import forget

    person = Person.objects.get(pk=computed.teachers[0].person_id)
    done = forget(person, TODAY)
    assert done["growth-teachergrowth"] == 1 and done["growth-taughtclass"] == 2
    assert not TeacherGrowth.objects.filter(teacher=computed.teachers[0]).exists()
    assert not TaughtClass.objects.filter(teacher=computed.teachers[0]).exists()


def test_whoever_prepares_a_copy_of_somebodys_data_reads_no_value(computed: Staff) -> None:
    from xuequ.district.portability import collect

    row = value_of(computed)
    sections = {
        section.entry.slug: section
        for section in collect(actor=Actor.system(TODAY), person=row.teacher.person)
    }
    assert len(sections["growth-taughtclass"].rows) == 2
    told = str(sections["growth-teachergrowth"].rows)
    assert "2023-2024" in told and not any(str(n) in told for n in (row.value, row.low, row.high, row.se))
