"""Building the demo: the same for the same seed, never over a real district, anew when it was interrupted."""

import datetime as dt
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from tests.factories import make_district
from xuequ.core.errors import Refused
from xuequ.core.models import Account
from xuequ.district.models import District, Enrolment, Pupil, RoleAssignment, School
from xuequ.district.people import Identity
from xuequ.kit.demo import DemoContext, Scale, demo_accounts, plan
from xuequ.kit.demo import build as building
from xuequ.record.models import Factor, Result
from xuequ.systems.office import demo as office_demo

DAY = dt.date(2026, 11, 22)
TINY = plan.Size(3, 5, 1, primary_cohort=16, junior_cohort=12, class_size=12)


@pytest.fixture(autouse=True)
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(plan.SIZES, Scale.SMALL, TINY)


def export() -> str:
    """Return a digest of all that people would see: no random keys, no ciphertext."""
    people = {identity.person_id: identity.fields for identity in Identity.objects.all()}
    rows: list[Any] = [sorted(map(str, people.values()))]
    named = {pupil.pk: people[pupil.person_id]["number"] for pupil in Pupil.objects.all()}
    rows.append(
        sorted(
            (named[e.pupil_id], e.school.code, str(e.school_class), str(e.start), str(e.end), e.ended)
            for e in Enrolment.objects.select_related("school", "school_class")
        )
    )
    rows.append(
        sorted(
            (named[r.pupil_id], r.assessment.name, r.school.code, r.status, r.score, r.level)
            for r in Result.objects.select_related("assessment", "school")
        )
    )
    rows.append(
        sorted(
            (named[f.pupil_id], f.kind.code, f.text, f.number) for f in Factor.objects.select_related("kind")
        )
    )
    rows.append(sorted((r.account.username, r.role, str(r.start), str(r.end)) for r in _roles()))
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, default=str).encode()).hexdigest()


def _roles() -> Any:
    return RoleAssignment.objects.select_related("account")


@pytest.mark.django_db
def test_the_same_seed_and_day_give_the_same_data() -> None:
    digests = []
    for _again in range(2):
        with transaction.atomic():
            office_demo.build(DemoContext(Scale.SMALL, 5, DAY))
            digests.append(export())
            transaction.set_rollback(True)
    assert digests[0] == digests[1]


@pytest.mark.django_db
def test_no_account_is_offered_before_the_demo_is_built() -> None:
    assert demo_accounts() == []


@pytest.mark.django_db
def test_a_real_district_is_never_touched(tmp_path: Path) -> None:
    make_district("某某区")
    with pytest.raises(Refused, match="real district"):
        building.build(DemoContext(Scale.SMALL, 5, DAY), tmp_path)
    assert District.objects.count() == 1
    assert not School.objects.exists()


@pytest.mark.django_db
def test_an_instance_with_accounts_only_is_never_touched(tmp_path: Path) -> None:
    Account.objects.create_user("officer")
    with pytest.raises(Refused, match="accounts or schools"):
        building.build(DemoContext(Scale.SMALL, 5, DAY), tmp_path)


@pytest.mark.django_db(transaction=True)
def test_an_unfinished_demo_is_built_anew(
    tiny: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "systems", lambda: [Interrupted()])
    with pytest.raises(KeyboardInterrupt):
        building.build(DemoContext(Scale.SMALL, 5, DAY), tmp_path)
    assert District.objects.exists()
    assert building.finished(tmp_path) is None

    monkeypatch.setattr(building, "systems", lambda: [Office()])
    built = building.build(DemoContext(Scale.SMALL, 5, DAY), tmp_path)
    assert building.finished(tmp_path) == built == building.Built(Scale.SMALL, 5, DAY)
    assert District.objects.count() == 1


class Office:
    """The data office alone, as a system that builds its part."""

    def build_demo(self, demo: DemoContext) -> None:
        office_demo.build(demo)


class Interrupted(Office):
    def build_demo(self, demo: DemoContext) -> None:
        super().build_demo(demo)
        raise KeyboardInterrupt
