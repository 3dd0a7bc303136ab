"""External studies: schools and pupils come from the file."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from tests.factories import make_actor, make_school, make_study
from tests.kit.score_sheets import text_file
from xuequ.core.clock import now
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Person, Pupil, School, Study
from xuequ.kit.scores import actions
from xuequ.kit.scores.aliases import Use
from xuequ.kit.scores.options import Mode, Options
from xuequ.record import queries
from xuequ.record.models import Assessment, Factor, FactorKind, ImportBatch, Result, Run

pytestmark = pytest.mark.django_db

ROWS = [
    ["school", "intake score", "final score", "sex", "size"],
    *[
        [f"S{school}", -0.5 + pupil / 7, pupil / 5, "MF"[pupil % 2], 100 + school]
        for school in (2, 10, 1)
        for pupil in range(12)
    ],
]


@pytest.fixture
def researcher() -> Actor:
    return make_actor(Role.RESEARCHER)


def options(name: str = "研究一") -> Options:
    return Options(mode=Mode.STUDY, study=name, source="invented")


def bring(actor: Actor, file: ContentFile, name: str = "研究一") -> ImportBatch:
    return actions.check(actor=actor, batch=actions.upload(actor=actor, file=file, options=options(name)))


def test_the_columns_are_proposed(researcher: Actor) -> None:
    batch = actions.upload(actor=researcher, file=text_file(ROWS), options=options())
    uses = [column.use for column in actions.options_of(batch).columns]
    assert uses == [Use.SCHOOL, Use.SCORE, Use.SCORE, Use.FACTOR, Use.FACTOR]


def test_a_study_is_created_from_its_file_and_removed_again(researcher: Actor) -> None:
    batch = bring(researcher, text_file(ROWS))
    assert not Study.objects.exists()
    stored = actions.confirm(actor=researcher, batch=batch)
    assert list(School.objects.order_by("code").values_list("name", flat=True)) == ["S1", "S2", "S10"]
    assert [p.person.name for p in Pupil.objects.order_by("id")[:2]] == ["1", "2"]
    assert Result.objects.count() == 72
    assert Factor.objects.filter(kind__code="sex", pupil__isnull=False).count() == 36
    assert set(Factor.objects.filter(kind__code="size").values_list("school__name", "number")) == {
        ("S1", 101.0), ("S2", 102.0), ("S10", 110.0)
    }  # fmt: skip

    actions.undo(actor=researcher, batch=stored)
    for model in (Study, School, Pupil, Person, Result, Factor, FactorKind, Assessment):
        assert not model.objects.exists(), model


def test_a_study_that_a_run_rests_on_stays(researcher: Actor) -> None:
    stored = actions.confirm(actor=researcher, batch=bring(researcher, text_file(ROWS)))
    Run.objects.create(system="growth", kind="growth", title="一次运行", study=stored.study, created=now())
    with pytest.raises(Refused, match="一次运行"):
        actions.undo(actor=researcher, batch=stored)
    assert Study.objects.exists()


def test_undoing_one_study_leaves_the_others(researcher: Actor) -> None:
    make_school(study=make_study("别的研究"))
    stored = actions.confirm(actor=researcher, batch=bring(researcher, text_file(ROWS)))
    actions.undo(actor=researcher, batch=stored)
    assert School.objects.get().study.name == "别的研究"


def test_the_same_study_twice_changes_nothing_and_says_so(researcher: Actor) -> None:
    actions.confirm(actor=researcher, batch=bring(researcher, text_file(ROWS)))
    again = bring(researcher, text_file(ROWS))
    assert [item["code"] for item in again.problems] == ["study-exists"]
    assert [item["code"] for item in again.summary["remarks"]] == ["same-file"]


def test_wrong_cells_are_named(researcher: Actor) -> None:
    rows = [list(row) for row in ROWS]
    rows[3][0], rows[4][1] = "", "n.a.?"
    batch = bring(researcher, text_file(rows))
    assert {(item["code"], item["cell"]) for item in batch.problems} >= {("no-school-in-row", "A4")}


def test_schools_bring_in_no_studies() -> None:
    with pytest.raises(Forbidden):
        bring(make_actor(Role.DATA_OFFICER, school=make_school()), text_file(ROWS))


@pytest.mark.parametrize(
    ("file", "schools", "results", "scores"),
    [("exam.csv", 65, 8118, {"normexam", "standLRT"}), ("hsb82.csv", 160, 7185, {"mAch"})],
)
def test_published_studies(
    researcher: Actor, shared_data: Path, file: str, schools: int, results: int, scores: set[str]
) -> None:
    content = (shared_data / "growth" / file).read_bytes()
    batch = bring(researcher, ContentFile(content, name=file), file)
    proposed = actions.options_of(batch)
    assert {column.label for column in proposed.using(Use.SCORE)} == scores
    actions.confirm(actor=researcher, batch=batch)
    frame = queries.results_frame(Assessment.objects.all())
    assert (frame["school"].n_unique(), len(frame)) == (schools, results)
    if file == "exam.csv":
        first = frame.filter(assessment=Assessment.objects.get(name="normexam").pk)["score"][0]
        assert first == 0.2613242
        of_school = FactorKind.objects.filter(factors__school__isnull=False).distinct()
        assert set(of_school.values_list("code", flat=True)) == {"schgend", "schavg", "vr", "type"}
