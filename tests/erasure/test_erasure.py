"""The proof: fill everything, erase, and look into every table, column and file for what the person was called."""

import json
from pathlib import Path

import polars as pl
import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.storage import default_storage
from django.db import connection
from django.test import TestCase

from tests.erasure.fillers import NAME, NUMBER, Filled, fill
from tests.factories import DAY
from xuequ.core.models import Account, AuditEvent
from xuequ.district import erasure
from xuequ.district.consent import ErasureGround
from xuequ.district.mentions import Words, named_in_file
from xuequ.district.models import Change, Consent, Enrolment, Erasure, Identity, Person
from xuequ.kit.credentials.models import OutsideAccount
from xuequ.record.models import ImportBatch, Result, Run

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(tmp_path: Path, settings) -> Path:
    """A storage of the test's own."""
    default = {**settings.STORAGES["default"], "OPTIONS": {"location": tmp_path}}
    settings.STORAGES = {**settings.STORAGES, "default": default}
    return tmp_path


@pytest.fixture
def filled(files: Path) -> Filled:
    return fill()


def cells() -> dict[str, list[str]]:
    """Return the text of every cell of every table, by table: JSON as it is stored and as people read it."""
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            found[table] = [text for row in cursor.fetchall() for value in row for text in _texts(value)]
    return found


def _texts(value: object) -> list[str]:
    if isinstance(value, bytes | memoryview):
        return [bytes(value).decode("utf-8", "ignore")]
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    try:
        return [text, json.dumps(json.loads(text), ensure_ascii=False)]
    except ValueError:
        return [text]


def found_in_database(words: list[str]) -> set[str]:
    return {
        f"{table}: {word}"
        for table, texts in cells().items()
        for text in texts
        for word in words
        if word in text
    }


def found_in_files(folder: Path, words: list[str]) -> set[str]:
    looked_for = Words(words[0], tuple(words[1:]))
    every = [file for file in folder.rglob("*") if file.is_file()]
    assert every, "the fillers write files"
    named = {file.name for file in every if named_in_file(file.read_bytes(), looked_for)}
    return named | {
        f"{file.name}: {word}"
        for file in every
        if file.suffix == ".parquet"
        for word in words
        if word in str(pl.read_parquet(file).to_dicts())
    }


def leave(filled: Filled) -> None:
    """The pupil left four years ago, so that nothing holds the name any more."""
    day = DAY.replace(year=DAY.year - 4)
    Enrolment.objects.filter(pupil=filled.pupil).update(start=day.replace(year=day.year - 3), end=day)


def erase(filled: Filled) -> Erasure:
    leave(filled)
    with TestCase.captureOnCommitCallbacks(execute=True):
        return erasure.erase(actor=filled.officer, person=filled.person, ground=ErasureGround.REQUEST)


def test_the_fillers_name_the_person_everywhere(filled: Filled, files: Path) -> None:
    """Else the proof would prove nothing."""
    tables = {text.split(":")[0] for text in found_in_database(filled.words)}
    assert tables >= {
        "record_importbatch", "district_rightsrequest", "xuequ_site_feedback", "core_task", "core_account",
        "django_admin_log", "axes_accessattempt",
    }  # fmt: skip
    assert len(found_in_files(files, filled.words)) >= 2


def test_nothing_calls_the_person_by_name_afterwards(filled: Filled, files: Path) -> None:
    erase(filled)
    assert found_in_database(filled.words) == set()
    assert found_in_files(files, filled.words) == set()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the file of SQLite")
def test_the_free_pages_of_the_file_hold_no_sealed_name(filled: Filled) -> None:
    sealed = bytes(Identity.objects.get(person=filled.person).sealed)
    kept = [bytes(row.sealed) for row in Identity.objects.exclude(person=filled.person)[:1]]
    erase(filled)
    content = connection.connection.serialize()
    assert sealed[30:60] not in content
    assert kept[0][30:60] in content, "others stay"


def test_the_facts_stay_under_the_random_key(filled: Filled) -> None:
    key = filled.person.key
    row = erase(filled)
    assert row.person_key == key
    person = Person.objects.get(key=key)
    assert not Identity.objects.filter(person=person).exists()
    assert Result.objects.filter(pupil__person=person).count() == 1
    assert Consent.objects.filter(person=person).count() == 1
    assert Run.objects.exists()
    assert AuditEvent.objects.filter(object_uid=filled.pupil.uid).count() == 2
    assert person.name == str(person.name) and NAME not in person.name


def test_the_account_is_closed_and_renamed_and_the_sessions_end(filled: Filled) -> None:
    assert Session.objects.count() == 1
    erase(filled)
    account = Account.objects.get(pk=filled.account.pk)
    assert not account.is_active and account.username.startswith("erased-")
    assert not account.has_usable_password()
    assert not account.roles.filter(end=None).exists()
    assert not Session.objects.exists()


def test_the_connection_with_another_app_ends(filled: Filled) -> None:
    assert OutsideAccount.objects.filter(account=filled.account).exists()
    erase(filled)
    assert not OutsideAccount.objects.exists()


def test_undecided_imports_that_name_the_person_are_discarded(filled: Filled) -> None:
    assert ImportBatch.objects.exclude(stored_file="").count() == 2
    erase(filled)
    assert not ImportBatch.objects.exclude(stored_file="").exists()
    assert default_storage.listdir("imports")[1] == []
    assert ImportBatch.objects.get().kind == "roster", "what is stored stays, without the name"


def test_the_search_forgets_the_person(filled: Filled) -> None:
    from xuequ.core.search.indexing import forget_person, index_people

    erase(filled)
    assert forget_person(filled.person.pk) == 0
    index_people([filled.person.pk])
    assert forget_person(filled.person.pk) == 0, "building the index anew finds no name"


def test_the_journal_forgets_the_name_too(filled: Filled) -> None:
    erase(filled)
    assert not Change.objects.filter(table="district.identity").exists()


def test_the_second_time_finds_nothing(filled: Filled) -> None:
    erase(filled)
    person = Person.objects.get(key=filled.person.key)
    before = cells()
    assert erasure.forget(person, DAY) == {}
    assert cells() == before


def test_a_restored_backup_forgets_again(filled: Filled) -> None:
    identity = Identity.objects.get(person=filled.person)
    erase(filled)
    kept = erasure.ledger()
    # The backup was made before: the name is back, and the ledger's row is not there yet.
    identity.save(force_insert=True)
    Erasure.objects.all().delete()
    assert erasure.replay(kept, DAY) == 1
    assert not Identity.objects.filter(person=filled.person).exists()
    assert erasure.ledger() == kept
    assert erasure.replay(kept, DAY) == 0
    assert erasure.ledger() == kept


def test_the_guardian_can_be_erased_too(filled: Filled) -> None:
    leave(filled)
    words = [filled.guardian.name]
    guardian = Person.objects.get(pk=filled.guardian.pk)
    erasure.erase(actor=filled.officer, person=guardian, ground=ErasureGround.REQUEST)
    assert found_in_database(words) == set()
    assert Identity.objects.filter(person=filled.person).exists(), "the child is somebody else"


def test_a_namesake_keeps_the_name(filled: Filled) -> None:
    from tests.factories import make_pupil

    other = make_pupil(filled.school_class, name=NAME, number="G20990000778")
    leave(filled)
    found = erasure.plan(filled.person, DAY)
    assert found.unclear > 0
    erase(filled)
    assert Person.objects.get(pk=other.person_id).name == NAME
    left = found_in_database([NUMBER])
    assert left == set(), "numbers point at one person and go"


def test_the_data_folder_of_the_tests_is_not_the_real_one() -> None:
    assert "xuequ-test" in str(settings.HOME) or "tmp" in str(settings.HOME)
