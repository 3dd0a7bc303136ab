"""Imports of schools that wait for the head and the district."""

import pytest

from tests import factories
from tests.factories import DAY
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.approvals import actions, imports, jobs, queries
from xuequ.kit.approvals.choices import CaseState, ImportKind, When
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch

pytestmark = pytest.mark.django_db

stored: list[tuple[str, int | None]] = []


def confirm(*, actor: Actor, batch: ImportBatch, agreed: bool = False) -> None:
    imports.check_may_store(actor=actor, batch=batch)
    stored.append((str(batch.uid), actor.account_id))
    batch.state = BatchState.STORED
    batch.save()


@pytest.fixture(autouse=True)
def _confirming(monkeypatch: pytest.MonkeyPatch) -> None:
    stored.clear()
    for kind in ImportKind:
        monkeypatch.setitem(imports.CONFIRMING, kind, f"{__name__}.confirm")


@pytest.fixture
def school() -> School:
    return factories.make_school()


@pytest.fixture
def administrator(school: School) -> Actor:
    return factories.make_actor(Role.SCHOOL_ADMINISTRATOR, school=school)


@pytest.fixture
def office() -> Actor:
    return factories.make_actor(Role.DATA_OFFICER)


def make_batch(actor: Actor, kind: str = "roster", **fields: object) -> ImportBatch:
    from xuequ.core import clock

    summary = {"rows": 40, "added": {"pupils": 2}, "changed": {}, "removed": {"pupils": 1}}
    given = {"state": BatchState.CHECKED, "summary": summary, "options": {}, **fields}
    return ImportBatch.objects.create(
        kind=kind,
        file_name="名单.xlsx",
        file_sha256="0" * 64,
        created_by_id=actor.account_id,
        created=clock.now(),
        **given,
    )


def test_by_default_only_removals_by_a_school_need_an_approval(administrator, office) -> None:
    away, added = (
        make_batch(administrator),
        make_batch(administrator, summary={"rows": 1, "added": {"pupils": 1}}),
    )
    assert imports.needs_approval(actor=administrator, batch=away)
    assert not imports.needs_approval(actor=administrator, batch=added)
    assert not imports.needs_approval(actor=office, batch=away)
    assert not imports.needs_approval(actor=administrator, batch=make_batch(administrator, "scores"))
    assert not imports.needs_approval(actor=Actor.system(DAY), batch=away)


def test_storing_waits_for_the_approval(administrator, office) -> None:
    batch, scores = make_batch(administrator), make_batch(administrator, "scores")
    imports.check_may_store(actor=administrator, batch=scores)
    with pytest.raises(Refused, match="needs an approval"):
        imports.check_may_store(actor=administrator, batch=batch)
    for waiting in (batch, scores):
        case = imports.open_import_case(actor=administrator, batch=waiting)
        with pytest.raises(Refused, match="handed in"):
            imports.check_may_store(actor=administrator, batch=waiting)
        actions.approve(actor=office, case=case)
    assert len(stored) == 2


def test_the_data_office_changes_the_rule(administrator, office) -> None:
    scores = make_batch(administrator, "scores")
    with pytest.raises(Forbidden):
        imports.set_rule(actor=administrator, kind=ImportKind.SCORES, when=When.ALWAYS)
    imports.set_rule(actor=office, kind=ImportKind.SCORES, when=When.ALWAYS)
    imports.set_rule(actor=office, kind=ImportKind.ROSTER, when=When.NEVER)
    assert imports.needs_approval(actor=administrator, batch=scores)
    assert not imports.needs_approval(actor=administrator, batch=make_batch(administrator))
    assert AuditEvent.objects.filter(verb="import-rule.set").count() == 2


def test_head_then_district_then_stored_for_the_author(school, administrator, office) -> None:
    head = factories.make_actor(Role.HEAD, school=school)
    batch = make_batch(administrator)
    case = imports.open_import_case(actor=administrator, batch=batch, words="转出 1 人")
    assert (case.step, case.school) == ("head", school)
    assert not imports.is_approved(batch)
    actions.approve(actor=head, case=case)
    assert stored == []
    about = queries.about(office, case)
    assert ("Removed", 1) in [(str(label), value) for label, value in about.figures]
    assert "1 person" in str(about.notes[0])
    actions.approve(actor=office, case=case)
    assert stored == [(str(batch.uid), administrator.account_id)]
    assert case.state == CaseState.APPROVED


def test_without_a_head_it_goes_to_the_district(administrator, office) -> None:
    case = imports.open_import_case(actor=administrator, batch=make_batch(administrator))
    assert case.step == "district"
    assert queries.titles([case])[case.pk].endswith("名单.xlsx")


def test_a_file_checked_anew_is_handed_in_anew(administrator, office) -> None:
    batch = make_batch(administrator)
    case = imports.open_import_case(actor=administrator, batch=batch)
    batch.summary = {**batch.summary, "removed": {"pupils": 30}}
    batch.save()
    with pytest.raises(Refused, match="anew"):
        actions.approve(actor=office, case=case)
    assert stored == []
    actions.return_(actor=office, case=case, words="请重新提交")
    imports.open_import_case(actor=administrator, batch=batch)
    case.refresh_from_db()
    assert (case.state, case.data["removed"]) == (CaseState.OPEN, 30)
    actions.approve(actor=office, case=case)
    assert len(stored) == 1


def test_a_returned_import_is_handed_in_from_the_request_too(administrator, office) -> None:
    batch = make_batch(administrator)
    case = imports.open_import_case(actor=administrator, batch=batch)
    actions.return_(actor=office, case=case, words="请核对")
    batch.summary = {**batch.summary, "rows": 41}
    batch.save()
    actions.resubmit(actor=administrator, case=case)
    assert case.data["fingerprint"] == imports.fingerprint(batch)
    actions.return_(actor=office, case=case, words="请核对")
    batch.state = BatchState.UPLOADED
    batch.save()
    with pytest.raises(Refused, match="checked"):
        actions.resubmit(actor=administrator, case=case)


def test_a_discarded_import_cannot_be_approved(administrator, office) -> None:
    batch = make_batch(administrator)
    case = imports.open_import_case(actor=administrator, batch=batch)
    batch.delete()
    with pytest.raises(Refused, match="discarded"):
        actions.approve(actor=office, case=case)
    assert "discarded" in str(queries.about(office, case).notes[0])
    assert queries.titles([case])[case.pk] == str(case.school)
    actions.refuse(actor=office, case=case, words="已作废")


def test_a_large_file_is_stored_by_a_job(administrator, office, monkeypatch) -> None:
    batch = make_batch(administrator, "scores", summary={"rows": 5000})
    case = imports.open_import_case(actor=administrator, batch=batch)
    with_job: list[str] = []
    monkeypatch.setattr(imports, "start", lambda task, **given: with_job.append(given["case_uid"]))
    actions.approve(actor=office, case=case)
    assert (stored, with_job) == ([], [str(case.uid)])
    jobs.store_import.call(with_job[0])
    assert stored == [(str(batch.uid), administrator.account_id)]


def test_schools_hand_in_their_own_only(school, administrator) -> None:
    other = factories.make_school()
    for options in ({"school": other.code}, {"school": "nonsense"}):
        with pytest.raises(Forbidden):
            imports.open_import_case(actor=administrator, batch=make_batch(administrator, options=options))
    stranger = factories.make_actor(Role.TEACHER, school=school)
    with pytest.raises(Forbidden):
        imports.open_import_case(actor=stranger, batch=make_batch(administrator))
    with pytest.raises(Refused, match="checked"):
        imports.open_import_case(
            actor=administrator, batch=make_batch(administrator, state=BatchState.UPLOADED)
        )
