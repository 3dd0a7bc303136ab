"""Teacher-level values: locked off, verified by teacher and school, told to the teacher first, deleted when locked."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.translation import override

from tests import factories
from tests.systems.growth.conftest import signed_in
from xuequ.core import clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs.duties import do_daily
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import Account, AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Person, School, SchoolClass, Subject, Teacher, TeachingAssignment
from xuequ.record.actions import create_run, parquet_bytes, save_run_file
from xuequ.record.choices import RunState
from xuequ.record.models import Indicator, Run
from xuequ.systems.growth import teachers_actions as actions
from xuequ.systems.growth import teachers_queries as queries
from xuequ.systems.growth.models import ClassGrowth, Evaluation, TaughtClass, TeacherGrowth, TeacherUnlock
from xuequ.systems.growth.storing import PUPILS

TODAY = clock.today()
BASIS = "虚构文件〔2026〕9号第三条，局长办公会核对"
SCHOOLS, TEACHERS, PUPILS_EACH = 4, 4, 20
GET_PAGES = ("mine", "classes", "schools", "values")


@dataclass
class Staff:
    """Four schools with four teachers of mathematics, each with one class, evaluated in two years."""

    schools: list[School] = field(default_factory=list)
    teachers: list[Teacher] = field(default_factory=list)
    classes: list[SchoolClass] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    effects: list[float] = field(default_factory=list)
    leader: Account = field(default_factory=lambda: factories.make_account(Role.BUREAU_LEADER))

    def head(self, place: int = 0) -> Account:
        return factories.make_account(Role.HEAD, school=self.schools[place])


def make_staff() -> Staff:
    factories.make_district()
    found, rng, subject = Staff(), np.random.default_rng(8), factories.make_subject("mathematics")
    for _place in range(SCHOOLS):
        school = factories.make_school()
        found.schools.append(school)
        for number in range(1, TEACHERS + 1):
            group = factories.make_class(school, number=number, entry_year=2022)
            account = factories.make_account()
            found.teachers.append(factories.make_teacher(group, subject, account=account))
            found.classes.append(group)
            found.accounts.append(account)
            found.effects.append(0.5 * (number - 2.5))
    for first_year in (2023, 2024):
        add_year(found, subject, first_year, rng)
    return found


def add_year(staff: Staff, subject: Subject, first_year: int, rng: np.random.Generator) -> Evaluation:
    """An evaluation of one school year, written as its run would have left it."""
    grade = 7 + first_year - 2022
    tests = [
        factories.make_assessment(
            subject=subject,
            term=factories.make_term(f"{year}-{year + 1}-2"),
            grade=grade,
            held_on=dt.date(year + 1, 6, 1),
        )
        for year in (first_year - 1, first_year)
    ]
    run = create_run(
        actor=Actor.system(TODAY), system="growth", kind="evaluation", title="虚构", engine_version="1", parameters={}
    )  # fmt: skip
    Run.objects.filter(pk=run.pk).update(state=RunState.DONE)
    found = Evaluation.objects.create(
        run=run, grade=grade, period=f"{first_year}-{first_year + 1}", published=clock.now(), findings={"remarks": []}
    )  # fmt: skip
    found.priors.set(tests[:1])
    found.outcomes.set(tests[1:])
    rows = []
    for group, effect in zip(staff.classes, staff.effects, strict=True):
        ClassGrowth.objects.create(evaluation=found, school=group.school, school_class=group, n=PUPILS_EACH)
        # What the whole school gained is not the teachers': it goes out.
        whole = 3.0 * staff.schools.index(group.school)
        rows += [
            (f"{run.pk}-{group.pk}-{i}", str(group.school.uid), str(group.uid), "mathematics", gain)
            for i, gain in enumerate(whole + effect + rng.normal(0, 0.4, PUPILS_EACH))
        ]
    schema = ["pupil", "school", "class", "outcome_form", "residual"]
    save_run_file(run, PUPILS, parquet_bytes(pl.DataFrame(rows, schema=schema, orient="row")))
    return found


@pytest.fixture(autouse=True)
def english_and_own_files(tmp_path: Path, settings) -> Iterator[None]:
    """A storage of the test's own, and every sentence in the language of this file."""
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    settings.LANGUAGE_CODE = "en"
    with override("en"):
        yield


@pytest.fixture
def staff(db: None) -> Staff:
    return make_staff()


def actor(account: Account, ahead: int = 0) -> Actor:
    return Actor.of(account, TODAY + dt.timedelta(days=ahead))


def unlock(staff: Staff, days: int = 100) -> TeacherUnlock:
    ends = TODAY + dt.timedelta(days=days)
    return actions.unlock_teacher_values(actor=actor(staff.leader), basis=BASIS, ends=ends, acknowledged=True)


def confirm_all(staff: Staff) -> None:
    for account in staff.accounts:
        mine = queries.own_rows(actor(account))
        actions.confirm_taught(actor=actor(account), shares={one.row.uid: one.row.share for one in mine})


def agree_all(staff: Staff) -> None:
    for place in range(SCHOOLS):
        head = actor(staff.head(place))
        actions.agree_taught(actor=head, rows=[one.row.uid for one in queries.school_rows(head)], agreed=True)


def compute(staff: Staff) -> Run:
    run, _task = actions.compute_teacher_values(actor=actor(staff.leader))
    run_pending()
    run.refresh_from_db()
    return run


@pytest.fixture
def computed(staff: Staff, django_capture_on_commit_callbacks) -> Staff:
    with django_capture_on_commit_callbacks(execute=True):
        unlock(staff)
        confirm_all(staff)
        agree_all(staff)
        assert compute(staff).state == RunState.DONE
    return staff


def page(account: Account, name: str, *args: object, status: int = 200) -> str:
    client = signed_in(account)
    with CaptureQueriesContext(connection) as asked:
        response = client.get(reverse(name, args=args))
    assert response.status_code == status, (name, response.status_code)
    reads = [query for query in asked.captured_queries if query["sql"].startswith("SELECT")]
    assert len(reads) <= 12, "\n".join(query["sql"][:150] for query in reads)
    return response.content.decode()


def value_of(staff: Staff, index: int = 0) -> TeacherGrowth:
    return TeacherGrowth.objects.get(teacher=staff.teachers[index])


# Locked


def test_locked_there_is_nothing_but_the_page_that_says_why(staff: Staff) -> None:
    assert not TaughtClass.objects.exists()
    for account in (staff.leader, staff.accounts[0], staff.head(), factories.make_account(Role.RESEARCHER)):
        for name in GET_PAGES:
            page(account, f"growth:teachers-{name}", status=404)
        for name in ("lock", "gather", "compute"):
            assert signed_in(account).post(reverse(f"growth:teachers-{name}")).status_code == 404
    assert "growth/teachers" not in page(staff.accounts[0], "home")
    assert "growth/teachers" not in page(staff.head(), "home")


def test_only_leader_and_analysts_know_that_it_exists(db: None) -> None:
    for role in Role:
        account = factories.make_account(role)
        knows = role in {Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.DATA_OFFICER}
        text = page(account, "growth:teachers", status=200 if knows else 404)
        assert ("id_basis" in text) == (role == Role.BUREAU_LEADER)
        if knows:
            listed = page(account, "growth:runs")
            assert (reverse("growth:teachers") in listed) == (role == Role.BUREAU_LEADER)


def test_nobody_but_the_leader_unlocks_locks_or_computes(staff: Staff) -> None:
    unlock(staff)
    ends = TODAY + dt.timedelta(days=5)
    for role in set(Role) - {Role.BUREAU_LEADER}:
        other = Actor.of(factories.make_account(role), TODAY)
        with pytest.raises(Forbidden):
            actions.unlock_teacher_values(actor=other, basis=BASIS, ends=ends, acknowledged=True)
        for action in (actions.lock_teacher_values, actions.compute_teacher_values, actions.gather_taught):
            with pytest.raises(Forbidden):
                action(actor=other)


def test_neither_a_lent_role_nor_an_area_nor_the_system_unlocks(staff: Staff) -> None:
    lent = factories.make_account()
    own = staff.leader.roles.get()
    factories.give_role(lent, Role.BUREAU_LEADER, lent_from=own)
    area = factories.make_account(Role.BUREAU_LEADER, area=factories.make_area())
    for who in (actor(lent), actor(area), Actor.system(TODAY)):
        with pytest.raises(Forbidden):
            actions.unlock_teacher_values(
                actor=who, basis=BASIS, ends=TODAY + dt.timedelta(days=5), acknowledged=True
            )
        page(lent, "growth:teachers", status=404)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"basis": "  很好  "}, "legal basis"),
        ({"acknowledged": False}, "pay, honours"),
        ({"ends": TODAY}, "one year"),
        ({"ends": TODAY + dt.timedelta(days=367)}, "one year"),
    ],
)
def test_unlocking_needs_ground_end_and_declaration(
    staff: Staff, change: dict[str, object], said: str
) -> None:
    good = {"basis": BASIS, "ends": TODAY + dt.timedelta(days=365), "acknowledged": True}
    with pytest.raises(Refused, match=said):
        actions.unlock_teacher_values(actor=actor(staff.leader), **{**good, **change})
    assert not TeacherUnlock.objects.exists()
    actions.unlock_teacher_values(actor=actor(staff.leader), **good)
    with pytest.raises(Refused, match="already"):
        actions.unlock_teacher_values(actor=actor(staff.leader), **good)
    row = AuditEvent.objects.get(verb="teachers.unlocked")
    assert row.account_id == staff.leader.pk and row.data["acknowledged"] is True


def test_the_form_unlocks_and_says_what_is_missing(staff: Staff) -> None:
    client, url = signed_in(staff.leader), reverse("growth:teachers-unlock")
    ends = str(TODAY + dt.timedelta(days=30))
    assert "alert-danger" in client.post(url, {"basis": BASIS, "ends": ends}).content.decode()
    assert not TeacherUnlock.objects.exists()
    assert client.post(url, {"basis": BASIS, "ends": ends, "acknowledged": "on"}).status_code == 302
    text = page(staff.leader, "growth:teachers")
    assert BASIS in text and ends in text
    assert BASIS not in page(factories.make_account(Role.RESEARCHER), "growth:teachers")


# Who taught whom


def test_the_timetable_proposes_and_a_change_during_the_year_is_a_share(staff: Staff) -> None:
    first = TeachingAssignment.objects.get(teacher=staff.teachers[0])
    first.end = dt.date(2024, 12, 1)
    first.save()
    unlock(staff)
    rows = {row.evaluation.period: row for row in TaughtClass.objects.filter(teacher=staff.teachers[0])}
    assert rows["2023-2024"].on_record == rows["2023-2024"].share == 1.0
    assert rows["2024-2025"].share == pytest.approx(183 / 365, abs=0.005)


def test_a_mean_over_subjects_is_nobodys_teaching(staff: Staff) -> None:
    for found in Evaluation.objects.all():
        found.outcomes.add(factories.make_assessment(subject=factories.make_subject("chinese")))
    unlock(staff)
    assert not TaughtClass.objects.exists()


def test_a_teacher_corrects_own_shares_and_nobody_elses(staff: Staff) -> None:
    unlock(staff)
    account = staff.accounts[0]
    client, url = signed_in(account), reverse("growth:teachers-classes")
    rows = [one.row for one in queries.own_rows(actor(account))]
    page(account, "growth:teachers-classes")
    assert "alert-danger" in client.post(url, {str(row.uid): "101" for row in rows}).content.decode()
    assert client.post(url, {str(rows[0].uid): "60", str(rows[1].uid): "0"}).status_code == 302
    kept = [TaughtClass.objects.get(pk=row.pk) for row in rows]
    assert [row.share for row in kept] == [0.6, 0.0] and all(row.confirmed for row in kept)
    assert [row.on_record for row in kept] == [1.0, 1.0]
    foreign = TaughtClass.objects.filter(teacher=staff.teachers[1]).first()
    with pytest.raises(Forbidden):
        actions.confirm_taught(actor=actor(account), shares={foreign.uid: 1.0})
    assert AuditEvent.objects.get(verb="teachers.confirmed").data == {"rows": 2, "changed": 2}


def test_the_school_agrees_to_confirmed_rows_of_its_own(staff: Staff) -> None:
    unlock(staff)
    own, foreign = actor(staff.head(0)), actor(staff.head(1))
    row = TaughtClass.objects.filter(teacher=staff.teachers[0]).first()
    with pytest.raises(Refused, match="not confirmed"):
        actions.agree_taught(actor=own, rows=[row.uid], agreed=True)
    confirm_all(staff)
    with pytest.raises(Forbidden):
        actions.agree_taught(actor=foreign, rows=[row.uid], agreed=True)
    client = signed_in(factories.make_account(Role.SCHOOL_ADMINISTRATOR, school=staff.schools[0]))
    url = reverse("growth:teachers-schools")
    assert client.post(url, {"rows": [str(row.uid)], "what": "agree"}).status_code == 302
    row.refresh_from_db()
    assert row.agreed is not None
    assert client.post(url, {"rows": [str(row.uid)], "what": "return"}).status_code == 302
    row.refresh_from_db()
    assert row.agreed is None and row.confirmed is None
    other = TaughtClass.objects.filter(teacher=staff.teachers[-1]).first()
    assert client.post(url, {"rows": [str(other.uid)], "what": "agree"}).status_code == 404


def test_a_later_correction_takes_the_agreement_back(computed: Staff) -> None:
    row = queries.own_rows(actor(computed.accounts[0]))[0].row
    actions.confirm_taught(actor=actor(computed.accounts[0]), shares={row.uid: row.share})
    row.refresh_from_db()
    assert row.agreed is not None, "the same share again changes nothing"
    actions.confirm_taught(actor=actor(computed.accounts[0]), shares={row.uid: 0.5})
    row.refresh_from_db()
    assert row.agreed is None and row.confirmed is not None


def test_nobody_agrees_to_own_rows_and_no_class_is_taught_more_than_once(staff: Staff) -> None:
    teaching_head = staff.accounts[0]
    factories.give_role(teaching_head, Role.HEAD, school=staff.schools[0])
    second = factories.make_teacher(staff.classes[0], factories.make_subject("mathematics"))
    unlock(staff)
    confirm_all(staff)
    own = TaughtClass.objects.filter(teacher=staff.teachers[0]).first()
    with pytest.raises(Forbidden):
        actions.agree_taught(actor=actor(teaching_head), rows=[own.uid], agreed=True)
    TaughtClass.objects.filter(teacher=second).update(confirmed=clock.now())
    both = TaughtClass.objects.filter(evaluation=own.evaluation, school_class=own.school_class)
    assert both.count() == 2
    with pytest.raises(Refused, match="100 percent"):
        actions.agree_taught(actor=actor(staff.head()), rows=[row.uid for row in both], agreed=True)


def test_others_see_no_list_of_who_taught_whom(staff: Staff) -> None:
    unlock(staff)
    for role in set(Role) - {Role.HEAD, Role.SCHOOL_ADMINISTRATOR}:
        account = factories.make_account(role, school=staff.schools[0])
        for name in GET_PAGES:
            page(account, f"growth:teachers-{name}", status=404)


def test_an_evaluation_that_replaces_another_asks_nobody_again(computed: Staff) -> None:
    old = Evaluation.objects.get(period="2024-2025")
    Evaluation.objects.filter(pk=old.pk).update(superseded=clock.now())
    new = add_year(computed, factories.make_subject("mathematics"), 2024, np.random.default_rng(1))
    assert actions.gather_taught(actor=actor(computed.leader)) == 0
    assert new.taught.filter(agreed__isnull=False).count() == SCHOOLS * TEACHERS
    assert not old.taught.exists()


# Values


def test_planted_values_come_back_within_the_school(computed: Staff) -> None:
    found = [value_of(computed, i) for i in range(len(computed.teachers))]
    assert np.corrcoef([row.value for row in found], computed.effects)[0, 1] > 0.9
    assert all(row.low < row.value < row.high for row in found)
    assert {(row.n, row.years) for row in found} == {(40, 2)}
    assert found[0].periods == ["2023-2024", "2024-2025"]


def test_rows_that_one_side_has_not_confirmed_do_not_count(staff: Staff) -> None:
    unlock(staff)
    with pytest.raises(Refused, match="agreed to by its school"):
        compute(staff)
    confirm_all(staff)
    agree_all(staff)
    TaughtClass.objects.filter(teacher=staff.teachers[0]).update(agreed=None)
    TaughtClass.objects.filter(teacher=staff.teachers[1], evaluation__period="2023-2024").update(agreed=None)
    compute(staff)
    assert not TeacherGrowth.objects.filter(teacher=staff.teachers[0]).exists()
    assert (value_of(staff, 1).code, value_of(staff, 1).value) == ("one-year", None)
    assert "one year only" in page(staff.accounts[1], "growth:teachers-mine")


def test_who_is_alone_in_a_subject_has_nobody_to_compare_with(staff: Staff) -> None:
    unlock(staff)
    TaughtClass.objects.filter(teacher__in=staff.teachers[1:TEACHERS]).delete()
    confirm_all(staff)
    agree_all(staff)
    compute(staff)
    assert (value_of(staff).code, value_of(staff).value) == ("alone-in-school", None)
    assert "average to compare with" in page(staff.accounts[0], "growth:teachers-mine")


def test_too_few_teachers_are_refused_with_the_reason(staff: Staff) -> None:
    unlock(staff)
    confirm_all(staff)
    agree_all(staff)
    TaughtClass.objects.filter(teacher__in=staff.teachers[8:]).update(agreed=None)
    run = compute(staff)
    assert run.state == RunState.REFUSED and "ten teachers" in run.refusal
    assert default_storage.listdir(f"runs/{run.uid}")[1] == []
    assert run.refusal in page(staff.leader, "growth:teachers")


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


# Locking


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


def test_a_computation_that_is_overtaken_by_locking_keeps_nothing(
    staff: Staff, django_capture_on_commit_callbacks
) -> None:
    unlock(staff)
    confirm_all(staff)
    agree_all(staff)
    from xuequ.engines.growth.teachers import teacher_values
    from xuequ.systems.growth import teachers_jobs as jobs

    run, _task = actions.compute_teacher_values(actor=actor(staff.leader))
    found = teacher_values(jobs.input_table())
    actions.lock_teacher_values(actor=actor(staff.leader))
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.keep(run, found) == RunState.REFUSED
    assert not TeacherGrowth.objects.exists()


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


def test_strangers_sign_in_first(db: None) -> None:
    for name in ("", *(f"-{name}" for name in GET_PAGES)):
        response = Client().get(reverse(f"growth:teachers{name}"))
        assert response.status_code == 302 and "login" in response.headers["Location"]
