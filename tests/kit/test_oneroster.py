"""OneRoster: what goes out comes in again, byte for byte; foreign archives are read, wrong ones say where."""

import csv
import datetime as dt
import io
import zipfile
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import factories
from xuequ.core.errors import Forbidden
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import (
    ClassTeaching,
    Employment,
    Guardianship,
    Identity,
    Person,
    Pupil,
    School,
    SchoolClass,
    Teacher,
    TeachingAssignment,
)
from xuequ.district.names import family_and_given, joined
from xuequ.kit.roster import actions
from xuequ.kit.roster.oneroster import export
from xuequ.kit.roster.oneroster.files import HEADERS
from xuequ.kit.roster.options import Options
from xuequ.kit.sheets.problems import SheetRefused
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch

pytestmark = pytest.mark.django_db

DAY = factories.DAY
ACTOR = Actor.system(DAY)
SINCE = dt.date(2024, 9, 1)


def identify(person: Person, name: str, number: str = "", **details: str) -> None:
    Identity.of(person, name=name, number=number, details=details).save()


def build() -> None:
    """A small district: two schools, names that are hard to split or to print, siblings, lessons."""
    factories.make_district()
    factories.make_year(2025)
    area = factories.make_area("东片")
    first, second = factories.make_school("虚构一中", area=area), factories.make_school("虚构二中")
    here = factories.make_class(first)
    named = SchoolClass.objects.create(
        school=second, entry_year=2025, entry_grade=7, number=2, label="启航班"
    )
    names = ["甲乙", "欧阳丙丁", "𠮷田", "买买提·艾力", "Ada Byron"]
    pupils = factories.make_pupils(here, names=names, numbers=[f"G{i}" for i in range(5)])
    pupils += factories.make_pupils(named, names=["戊己"], numbers=[""])
    identify(pupils[0].person, "甲乙", "G0", sex="female", born="2012-05-06")
    for place, (phone, relation) in enumerate(
        (("0591-111", "mother"), ("0591-111", "mother"), ("", "other"))
    ):
        guardian = factories.make_guardian(pupils[place])
        identify(guardian, "庚辛", phone=phone)
        Guardianship.objects.filter(guardian=guardian).update(relation=relation)
    for school_class, subject in ((here, "mathematics"), (named, "chinese")):
        teacher = factories.make_teacher(school_class, factories.make_subject(subject))
        ClassTeaching.objects.create(teacher=teacher, school_class=school_class, start=SINCE)
        Employment.objects.create(teacher=teacher, school=school_class.school, start=dt.date(2019, 9, 1))


def bring_in(content: bytes) -> ImportBatch:
    file = SimpleUploadedFile("roster.zip", content)
    batch = actions.upload(actor=ACTOR, file=file, options=Options("2025-2026", DAY.isoformat()))
    return actions.check(actor=ACTOR, batch=batch)


def empty() -> None:
    for model in (
        Guardianship,
        TeachingAssignment,
        ClassTeaching,
        Employment,
        Pupil,
        Teacher,
        SchoolClass,
        School,
    ):
        model.objects.all().delete()
    Person.objects.all().delete()


def tables(content: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        return {
            name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(opened.read(name).decode())))
            for name in opened.namelist()
        }


def changed(content: bytes, name: str, change: Callable[[str], str]) -> bytes:
    """Return the archive with one file rewritten."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.namelist():
            text = old.read(entry).decode()
            new.writestr(entry, change(text) if entry == f"{name}.csv" else text)
    return buffer.getvalue()


def test_what_goes_out_comes_in_again_byte_for_byte():
    build()
    sent = export(ACTOR)
    empty()
    batch = bring_in(sent)
    assert batch.problems == [] and batch.questions == []
    actions.confirm(actor=ACTOR, batch=batch)
    assert export(ACTOR) == sent
    assert {i.fields["name"] for i in Identity.objects.filter(person__pupil__isnull=False)} == {
        "甲乙", "欧阳丙丁", "𠮷田", "买买提·艾力", "Ada Byron", "戊己",
    }  # fmt: skip


def test_the_same_archive_twice_changes_nothing():
    build()
    sent = export(ACTOR)
    empty()
    actions.confirm(actor=ACTOR, batch=bring_in(sent))
    again = bring_in(sent)
    assert again.state == BatchState.CHECKED
    said = again.summary
    assert not any(said[what].get(kind, 0) for what in ("added", "changed", "removed") for kind in said[what])


def test_the_columns_are_the_standards(shared_data):
    listed: dict[str, list[str]] = {}
    with (shared_data / "teachers" / "oneroster12_headers.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            listed.setdefault(row["file"].removesuffix(".csv"), []).append(row["field"])
    for name, header in HEADERS.items():
        assert [column for column in header if not column.startswith("metadata.")] == listed[name]


def test_every_pointer_leads_somewhere():
    build()
    found = tables(export(ACTOR))
    ids = {name: {row["sourcedId"] for row in rows} for name, rows in found.items() if name != "manifest"}
    for row in found["enrollments"]:
        assert row["classSourcedId"] in ids["classes"]
        assert row["userSourcedId"] in ids["users"]
        assert row["schoolSourcedId"] in ids["orgs"]
    for row in found["classes"]:
        assert row["courseSourcedId"] in ids["courses"]
        assert set(row["termSourcedIds"].split(",")) <= ids["academicSessions"]
    for row in found["users"]:
        assert row["givenName"] and row["familyName"]
        assert set(filter(None, row["agentSourcedIds"].split(","))) <= ids["users"]
    assert all(len(rows) == len(ids[name]) for name, rows in found.items() if name in ids)


def test_no_id_tells_who_somebody_is():
    build()
    for name, rows in tables(export(ACTOR)).items():
        for row in rows if name != "manifest" else []:
            assert not any(word in row["sourcedId"] for word in ("G0", "甲乙", "0591"))


@pytest.mark.parametrize(
    ("name", "change", "code"),
    [
        ("manifest", lambda text: text.replace('"1.2"', '"1.1"'), "oneroster-version"),
        (
            "manifest",
            lambda text: text.replace('"file.users","bulk"', '"file.users","delta"'),
            "oneroster-delta",
        ),
        ("users", lambda text: text.replace("sourcedId", "id", 1), "oneroster-header"),
    ],
)
def test_an_archive_of_another_kind_is_refused(name: str, change: Callable[[str], str], code: str):
    build()
    batch_before = ImportBatch.objects.count()
    with pytest.raises(SheetRefused) as refused:
        bring_in(changed(export(ACTOR), name, change))
    assert refused.value.problem.code == code
    assert ImportBatch.objects.filter(state=BatchState.STORED).count() == batch_before


def test_a_missing_file_is_named():
    build()
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(export(ACTOR))) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.namelist():
            if entry != "roles.csv":
                new.writestr(entry, old.read(entry))
    with pytest.raises(SheetRefused, match=r"roles\.csv"):
        bring_in(buffer.getvalue())


def test_errors_say_file_and_cell():
    build()
    sent = export(ACTOR)
    user = tables(sent)["users"][0]["sourcedId"]
    batch = bring_in(changed(sent, "roles", lambda text: text.replace(user, "nobody", 1)))
    problem = batch.problems[0]
    assert (problem["code"], problem["sheet"]) == ("oneroster-dangling", "roles.csv")
    assert problem["cell"]


def test_a_deleted_row_is_passed_over():
    build()
    sent = export(ACTOR)
    found = tables(sent)
    role = next(r for r in found["roles"] if r["role"] == "student")
    line = next(row for row in found["users"] if row["sourcedId"] == role["userSourcedId"])
    empty()
    mark = f'"{line["sourcedId"]}","'
    gone = changed(sent, "users", lambda text: text.replace(mark, mark + "tobedeleted", 1))
    for name in ("roles", "enrollments"):
        gone = changed(gone, name, lambda text: without(text, line["sourcedId"]))
    batch = bring_in(gone)
    assert batch.summary["added"]["pupils"] == 5


def without(text: str, word: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if word not in line)


def test_only_the_data_office_takes_the_roster_out():
    build()
    for role, place in ((Role.HEAD, {"school": School.objects.first()}), (Role.DISTRICT_OFFICER, {})):
        with pytest.raises(Forbidden):
            export(factories.make_actor(role, **place))
    assert export(factories.make_actor(Role.DATA_OFFICER))


@pytest.mark.parametrize("name", ["甲乙", "欧阳甲", "单于", "丙", "买买提·艾力", "Ada King Byron"])
def test_names_come_together_again_where_the_standard_has_no_room_for_them(name: str):
    family, given = family_and_given(name)
    assert family and given
    assert joined(family, given).replace("·", "") in {name.replace("·", ""), "艾力买买提"}
