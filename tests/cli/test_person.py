"""``xuequ person``: the copy as a zip, the erasure with what holds it, exit 2 for what cannot be done."""

import json
import zipfile
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from tests.factories import make_class, make_pupil
from xuequ.cli.person import app
from xuequ.core import clock
from xuequ.district.models import Enrolment, Erasure, Identity, Pupil

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout


@pytest.fixture
def pupil() -> Pupil:
    return make_pupil(make_class(), name="欧阳寻", number="G0777")


def left(pupil: Pupil) -> None:
    today = clock.today()
    end = today.replace(year=today.year - 5, day=1)
    Enrolment.objects.filter(pupil=pupil).update(start=end.replace(year=end.year - 2), end=end)


def test_a_copy_is_written(pupil: Pupil, tmp_path: Path) -> None:
    out = tmp_path / "copy.zip"
    code, said = run("export", str(pupil.uid), "--out", str(out), "--json")
    assert code == 0
    assert json.loads(said)["rows"]["pupil-names"] == 1
    assert "欧阳寻" not in said, "names stand in the file only"
    with zipfile.ZipFile(out) as archive:
        assert "欧阳寻" in archive.read("data.json").decode()


def test_a_dry_run_erases_nothing(pupil: Pupil) -> None:
    left(pupil)
    code, said = run("erase", str(pupil.person.key), "--reason", "request", "--dry-run", "--json")
    document = json.loads(said)
    assert (code, document["erased"], document["holds"]) == (0, False, [])
    assert document["rows"]["pupil-names"] == {"rows": 1, "effect": "delete"}
    assert Identity.objects.filter(person=pupil.person).exists()


def test_what_the_law_holds_is_not_erased(pupil: Pupil) -> None:
    code, said = run("erase", str(pupil.uid), "--reason", "request", "--json")
    document = json.loads(said)
    assert code == 2
    assert [hold["code"] for hold in document["holds"]] == ["pupil-names"]
    assert Identity.objects.filter(person=pupil.person).exists()


def test_a_person_is_erased(pupil: Pupil) -> None:
    left(pupil)
    code, said = run("erase", str(pupil.uid), "--reason", "request", "--json")
    assert (code, json.loads(said)["erased"]) == (0, True)
    assert not Identity.objects.filter(person=pupil.person).exists()
    assert str(Erasure.objects.get().uid) == json.loads(said)["ledger"]
    assert run("erase", str(pupil.uid), "--reason", "request")[0] == 2
    assert run("export", str(pupil.uid), "--out", "/nowhere/x.zip")[0] == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("erase", "no-uid", "--reason", "request"),
        ("erase", str(uuid4()), "--reason", "request"),
        ("erase", str(uuid4()), "--reason", "欧阳寻"),
        ("export", str(uuid4()), "--out", "x.zip"),
    ],
)
def test_what_cannot_be_understood_is_refused(arguments: tuple[str, ...]) -> None:
    code, said = run(*arguments)
    assert (code, said) == (2, "")
