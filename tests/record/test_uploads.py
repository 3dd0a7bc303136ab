"""Files of imports: kept while the import is undecided, and never longer, even when a process died in between."""

import datetime as dt

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import factories as make
from xuequ.core import clock, files
from xuequ.district.actors import Actor
from xuequ.record import evidence
from xuequ.record.models import ImportBatch
from xuequ.record.uploads import SETTLED, remove_stray

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.STORAGES = {**settings.STORAGES, "default": {**FILES, "OPTIONS": {"location": tmp_path}}}


FILES = {"BACKEND": "django.core.files.storage.FileSystemStorage"}


def stored(name: str) -> str:
    return default_storage.save(f"imports/{name}", ContentFile(b"x"))


def undecided(file: str) -> ImportBatch:
    return ImportBatch.objects.create(kind="roster", file_name="x.csv", stored_file=file, created=clock.now())


def left() -> set[str]:
    return set(default_storage.listdir("imports")[1])


def test_a_file_that_no_import_names_is_removed():
    undecided(stored("kept.csv"))
    stored("stray.csv")
    assert remove_stray(dt.timedelta(0)) == 1
    assert left() == {"kept.csv"}


def test_a_file_that_was_just_written_is_left_alone(monkeypatch):
    stored("new.csv")
    apps.get_app_config("record").daily(clock.today())
    assert left() == {"new.csv"}
    later = clock.now() + SETTLED + dt.timedelta(seconds=1)
    monkeypatch.setattr("xuequ.core.clock.now", lambda: later)
    apps.get_app_config("record").daily(clock.today())
    assert left() == set()


def test_nothing_is_there_to_be_removed():
    assert remove_stray() == 0


def test_evidence_that_a_dead_process_left_is_removed_and_other_evidence_stays():
    actor = Actor.of(make.make_account(), make.DAY)
    upload = SimpleUploadedFile("plan.pdf", b"%PDF-1.7\n%%EOF\n")
    kept = evidence.attach_file(actor=actor, system="stars", school=None, title="Plan", upload=upload)
    stray = files.keep("evidence", ".pdf", b"%PDF-1.7\n")
    assert remove_stray(dt.timedelta(0)) == 1
    assert default_storage.exists(kept.stored_file) and not default_storage.exists(stray)
