"""Score sheets of the district: from the file to the record and back out of it."""

import pytest
from django.core.files.storage import default_storage

from tests.factories import (
    give_results,
    make_actor,
    make_assessment,
    make_class,
    make_pupil,
    make_pupils,
    make_school,
    make_subject,
    make_term,
)
from tests.kit.score_sheets import FINAL, MONITORING, text_file, workbook
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.models import AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import SchoolClass
from xuequ.kit.scores import actions
from xuequ.kit.scores.problems import Problem
from xuequ.record.choices import BatchState, ResultStatus
from xuequ.record.models import Assessment, ImportBatch, Result

pytestmark = pytest.mark.django_db

HEAD = ["学校", "班级", "姓名", "学籍号", "数学"]


@pytest.fixture
def school_class() -> SchoolClass:
    make_term()
    make_subject("mathematics"), make_subject("chinese")
    return make_class(make_school("云上中学"), number=3)


@pytest.fixture
def officer() -> Actor:
    return make_actor(Role.DISTRICT_OFFICER)


def bring(actor: Actor, file, options=MONITORING) -> ImportBatch:
    """Upload and check with what was proposed."""
    return actions.check(actor=actor, batch=actions.upload(actor=actor, file=file, options=options))


def problems(batch: ImportBatch) -> list[tuple[str, str]]:
    return [(item["code"], item["cell"]) for item in batch.problems]


def rows_for(pupils, scores, head=HEAD, school="云上中学", klass="八年级3班"):
    return [head] + [
        [school, klass, pupil.person.name, pupil.person.identity.fields["number"], score]
        for pupil, score in zip(pupils, scores, strict=True)
    ]


def test_a_sheet_is_checked_stored_and_undone(school_class: SchoolClass, officer: Actor) -> None:
    pupils = make_pupils(school_class, 3)
    batch = bring(officer, workbook(rows_for(pupils, [81, "缺考", 95.5])))
    assert batch.summary["added"] == 3
    assert not Result.objects.exists()

    stored = actions.confirm(actor=officer, batch=batch)
    found = Result.objects.order_by("pupil_id").values_list("status", "score", "raw_text", "school_class")
    assert list(found) == [
        ("scored", 81.0, "81", school_class.pk),
        ("absent", None, "缺考", school_class.pk),
        ("scored", 95.5, "95.5", school_class.pk),
    ]
    assert Assessment.objects.get().name == "2025-2026-2 八年级 数学 抽样监测"
    assert AuditEvent.objects.filter(verb="import.stored", object_uid=stored.uid).count() == 1

    actions.undo(actor=officer, batch=stored)
    assert Result.objects.filter(is_current=True).count() == 0
    assert Result.objects.count() == 3


def test_the_same_file_twice_changes_nothing_and_says_so(school_class: SchoolClass, officer: Actor) -> None:
    rows = rows_for(make_pupils(school_class, 2), [70, 80])
    actions.confirm(actor=officer, batch=bring(officer, workbook(rows)))
    again = bring(officer, workbook(rows))
    assert (again.summary["added"], again.summary["corrected"], again.summary["unchanged"]) == (0, 0, 2)
    with pytest.raises(Refused):
        actions.confirm(actor=officer, batch=again)
    assert Result.objects.count() == 2


def test_confirming_twice_stores_once(school_class: SchoolClass, officer: Actor) -> None:
    batch = bring(officer, workbook(rows_for(make_pupils(school_class, 2), [70, 80])))
    actions.confirm(actor=officer, batch=batch)
    assert actions.confirm(actor=officer, batch=batch).state == BatchState.STORED
    assert Result.objects.count() == 2


def test_a_correction_keeps_history_and_undo_restores_it(school_class: SchoolClass, officer: Actor) -> None:
    pupils = make_pupils(school_class, 2)
    first = actions.confirm(actor=officer, batch=bring(officer, workbook(rows_for(pupils, [70, 80]))))
    second = actions.confirm(actor=officer, batch=bring(officer, workbook(rows_for(pupils, [70, 85]))))
    assert second.summary["corrected"] == 1
    with pytest.raises(Refused, match="scores"):
        actions.undo(actor=officer, batch=first)
    actions.undo(actor=officer, batch=second)
    assert sorted(Result.objects.filter(is_current=True).values_list("score", flat=True)) == [70, 80]


def test_the_kept_file_goes_when_the_import_is_decided(
    school_class: SchoolClass, officer: Actor, django_capture_on_commit_callbacks
) -> None:
    batch = bring(officer, workbook(rows_for(make_pupils(school_class), [70])))
    assert default_storage.exists(batch.stored_file)
    with django_capture_on_commit_callbacks(execute=True):
        actions.confirm(actor=officer, batch=batch)
    assert not default_storage.exists(batch.stored_file)


def test_names_alone_find_pupils_within_school_and_class(school_class: SchoolClass, officer: Actor) -> None:
    make_pupil(school_class, name="甲乙")
    rows = [["学校", "班级", "姓名", "数学"], ["云上中学", "初二（3）班", "甲　乙", "９１"]]
    assert bring(officer, workbook(rows)).summary["added"] == 1


@pytest.mark.parametrize("named", ["八年级3班", "八(3)班", "2024级3班", "803", "初二3班", "3班"])
def test_classes_are_written_in_many_ways(school_class: SchoolClass, officer: Actor, named: str) -> None:
    make_pupil(school_class, name="甲乙")
    rows = [["学校", "班级", "姓名", "数学"], ["云上中学", named, "甲乙", 60]]
    assert bring(officer, workbook(rows)).summary["added"] == 1


def test_namesakes_in_one_class_are_asked_about(school_class: SchoolClass, officer: Actor) -> None:
    twins = make_pupils(school_class, names=["丙丁", "丙丁"])
    batch = bring(officer, workbook([["学校", "班级", "姓名", "数学"], ["云上中学", "803", "丙丁", 60]]))
    assert [item["reason"] for item in batch.questions] == ["several"]
    with pytest.raises(Refused):
        actions.confirm(actor=officer, batch=batch)
    actions.answer(actor=officer, batch=batch, choices={"Sheet1!2": str(twins[1].pk)})
    actions.confirm(actor=officer, batch=actions.check(actor=officer, batch=batch))
    assert Result.objects.get().pupil == twins[1]


def test_number_and_name_that_disagree_are_asked_about_and_may_be_left_out(
    school_class: SchoolClass, officer: Actor
) -> None:
    pupil = make_pupil(school_class, name="戊己", number="G100")
    other = make_pupil(school_class, name="庚辛")
    rows = [
        HEAD,
        ["云上中学", "803", "庚辛", "G100", 60],
        ["云上中学", "803", "庚辛", other.person.identity.fields["number"], 70],
    ]
    batch = bring(officer, workbook(rows))
    assert set(batch.questions[0]["candidates"]) == {pupil.pk, other.pk}
    actions.answer(actor=officer, batch=batch, choices={"Sheet1!2": "skip"})
    stored = actions.confirm(actor=officer, batch=actions.check(actor=officer, batch=batch))
    assert stored.summary["added"] == 1


def test_an_answer_outside_the_candidates_is_not_taken(school_class: SchoolClass, officer: Actor) -> None:
    make_pupils(school_class, names=["丙丁", "丙丁"])
    stranger = make_pupil(school_class)
    batch = bring(officer, workbook([["学校", "班级", "姓名", "数学"], ["云上中学", "803", "丙丁", 60]]))
    actions.answer(actor=officer, batch=batch, choices={"Sheet1!2": str(stranger.pk)})
    assert len(actions.check(actor=officer, batch=batch).questions) == 1


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["云上中学", "803", "甲乙", "G1", "abc"], ("text-in-score", "E2")),
        (["云上中学", "803", "甲乙", "G1", -1], ("negative", "E2")),
        (["云上中学", "803", "甲乙", "G1", 101], ("over-full-mark", "E2")),
        (["无名中学", "803", "甲乙", "G1", 60], ("unknown-school", "A2")),
        (["云上中学", "809", "甲乙", "", 60], ("unknown-class", "B2")),
        (["云上中学", "803", "无人", "G9", 60], ("unknown-pupil", "D2")),
        (["云上中学", "803", "", "", 60], ("nobody", "D2")),
    ],
)
def test_each_wrong_cell_is_named(school_class: SchoolClass, officer: Actor, row, expected) -> None:
    make_pupil(school_class, name="甲乙", number="G1")
    batch = bring(officer, workbook([[*HEAD[:4], "数学（满分100）"], row]))
    assert problems(batch) == [expected]
    with pytest.raises(Refused):
        actions.confirm(actor=officer, batch=batch)
    assert not Result.objects.exists()


def test_the_same_pupil_twice_names_both_rows(school_class: SchoolClass, officer: Actor) -> None:
    pupil = make_pupil(school_class)
    rows = rows_for([pupil, pupil], [60, 61])
    batch = bring(officer, workbook(rows))
    assert [Problem.from_json(item).params["row"] for item in batch.problems] == ["Sheet1!2"]
    assert batch.problems[0]["cell"].endswith("3")


def test_a_pupil_of_another_grade_is_refused(school_class: SchoolClass, officer: Actor) -> None:
    ninth = make_class(school_class.school, entry_year=2023, number=1)
    rows = rows_for([make_pupil(ninth)], [60], klass="九年级1班")
    assert problems(bring(officer, workbook(rows)))[0][0] == "wrong-grade"


def test_sampled_monitoring_gives_each_pupil_one_subject(school_class: SchoolClass, officer: Actor) -> None:
    one, two = make_pupils(school_class, 2)
    head = ["学籍号", "数学", "语文"]
    number = [p.person.identity.fields["number"] for p in (one, two)]
    batch = bring(officer, workbook([head, [number[0], 60, ""], [number[1], 70, 80]]))
    assert problems(batch) == [("one-subject", "C3")]


def test_a_second_subject_in_a_second_file_is_refused_too(school_class: SchoolClass, officer: Actor) -> None:
    pupil = make_pupil(school_class)
    earlier = make_assessment(subject=make_subject("chinese"))
    give_results(earlier, {pupil: 80.0})
    assert problems(bring(officer, workbook(rows_for([pupil], [60])))) == [("one-subject", "E2")]


def test_a_schools_own_examination_takes_one_school_only(school_class: SchoolClass, officer: Actor) -> None:
    other = make_class(make_school("云下中学"), number=1)
    rows = (
        rows_for([make_pupil(school_class)], [60])
        + rows_for([make_pupil(other)], [61], school="云下中学", klass="801")[1:]
    )
    batch = bring(officer, workbook(rows), FINAL)
    assert [item["code"] for item in batch.problems] == ["rule"]


def test_a_school_administrator_brings_in_the_own_schools_sheets_only(school_class: SchoolClass) -> None:
    administrator = make_actor(Role.SCHOOL_ADMINISTRATOR, school=school_class.school)
    other = make_class(make_school("云下中学"), number=1)
    own, foreign = make_pupil(school_class), make_pupil(other)
    stored = actions.confirm(
        actor=administrator, batch=bring(administrator, workbook(rows_for([own], [60])), FINAL)
    )
    assert Assessment.objects.get().school == school_class.school
    assert stored.summary["added"] == 1

    batch = bring(administrator, workbook(rows_for([foreign], [60], school="云下中学", klass="801")), FINAL)
    assert problems(batch) == [("other-school", "A2")]
    number = foreign.person.identity.fields["number"]
    batch = bring(administrator, workbook([["学籍号", "数学"], [number, 60]]), FINAL)
    assert problems(batch) == [("unknown-pupil", "A2")]
    with pytest.raises(Forbidden):
        bring(administrator, workbook(rows_for([own], [60])), MONITORING)


@pytest.mark.parametrize("role", [Role.HEAD, Role.TEACHER, Role.GUARDIAN, Role.BUREAU_LEADER, Role.EXPERT])
def test_other_roles_bring_in_nothing(school_class: SchoolClass, role: Role) -> None:
    with pytest.raises(Forbidden):
        bring(make_actor(role, school=school_class.school), workbook([HEAD]), FINAL)


def test_levels_come_with_or_without_scores(school_class: SchoolClass, officer: Actor) -> None:
    pupils = make_pupils(school_class, 3)
    numbers = [p.person.identity.fields["number"] for p in pupils]
    rows = [["学籍号", "数学", ""], ["", "分数", "等级"]] + [
        [n, s, g] for n, s, g in zip(numbers, [90, 70, ""], ["A", "B", "c"], strict=True)
    ]
    batch = bring(officer, workbook(rows, merged=["B1:C1", "A1:A2"]), FINAL)
    assert batch.problems == []
    actions.confirm(actor=officer, batch=batch)
    found = Result.objects.order_by("pupil_id").values_list("score", "level")
    assert list(found) == [(90.0, "A"), (70.0, "B"), (None, "C")]


def test_the_long_layout_has_a_row_for_each_subject(school_class: SchoolClass, officer: Actor) -> None:
    pupil = make_pupil(school_class)
    number = pupil.person.identity.fields["number"]
    rows = [["学号", "科目", "成绩"], [number, "语文", 80], [number, "数学", 70], [number, "魔法", 1]]
    batch = bring(officer, workbook(rows), FINAL)
    assert problems(batch) == [("unknown-subject", "B4")]
    batch = bring(officer, workbook(rows[:-1]), FINAL)
    actions.confirm(actor=officer, batch=batch)
    assert set(Assessment.objects.values_list("subject__code", flat=True)) == {"chinese", "mathematics"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gbk", "gb18030"])
def test_text_files_in_the_encodings_that_schools_use(
    school_class: SchoolClass, officer: Actor, encoding: str
) -> None:
    rows = rows_for(make_pupils(school_class, 2), [60, "免考"])
    batch = bring(officer, text_file(rows, encoding))
    actions.confirm(actor=officer, batch=batch)
    assert set(Result.objects.values_list("status", flat=True)) == {ResultStatus.SCORED, ResultStatus.EXEMPT}


def test_titles_summaries_hidden_sheets_and_ranks_are_left_out_and_said(
    school_class: SchoolClass, officer: Actor
) -> None:
    pupil = make_pupil(school_class)
    number = pupil.person.identity.fields["number"]
    rows = [
        ["云上中学成绩册", "", "", ""],
        ["制表日期", "2026-03-05", "", ""],
        [" 学 籍 号", "班级", "数　学", "班级排名"],
        [number, "803", 60, 1],
        ["平均分", "", 60, ""],
        ["合计", "", 60, ""],
    ]
    book = workbook(rows, [["x"]], names=["成绩", "草稿"], hidden=["草稿"])
    batch = bring(officer, book)
    assert batch.problems == [] and batch.summary["added"] == 1
    said = {item["code"] for item in batch.summary["remarks"]}
    assert said >= {"hidden-sheet", "summary-row", "rank-column"}


def test_sheets_with_the_same_headings_are_read_together_and_name_their_class(
    school_class: SchoolClass, officer: Actor
) -> None:
    second = make_class(school_class.school, number=4)
    one, two = make_pupil(school_class, name="甲乙"), make_pupil(second, name="甲乙")
    head = ["姓名", "数学"]
    book = workbook([head, ["甲乙", 60]], [head, ["甲乙", 70]], names=["八年级3班", "八年级4班"])
    administrator = make_actor(Role.DATA_OFFICER, school=school_class.school)
    actions.confirm(actor=administrator, batch=bring(administrator, book, FINAL))
    assert dict(Result.objects.values_list("pupil_id", "score")) == {one.pk: 60.0, two.pk: 70.0}


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (lambda: workbook([]), "empty"),
        (lambda: workbook([HEAD]), "headings-only"),
        (lambda: workbook([["foo", "bar"], [1, 2]]), "no-heading"),
        (lambda: text_file([["学籍号", "数学"]], name="a.csv"), "headings-only"),
    ],
)
def test_files_without_results_are_refused_and_nothing_is_kept(officer: Actor, file, said: str) -> None:
    with pytest.raises(Refused) as refusal:
        actions.upload(actor=officer, file=file(), options=MONITORING)
    assert refusal.value.problem.code == said
    assert not ImportBatch.objects.exists()


def test_a_sheet_without_a_score_or_pupil_column_says_so(school_class: SchoolClass, officer: Actor) -> None:
    batch = bring(officer, workbook([["学校", "班级", "备注"], ["云上中学", "803", "x"]]))
    assert {code for code, _cell in problems(batch)} == {"no-score-column", "no-pupil-column"}


def test_a_heading_that_was_explained_is_known_next_time(school_class: SchoolClass, officer: Actor) -> None:
    from dataclasses import replace

    from xuequ.kit.scores.aliases import Use

    pupil = make_pupil(school_class)
    rows = [["学籍号", "姓名", "卷一合成"], [pupil.person.identity.fields["number"], pupil.person.name, 60]]
    batch = actions.upload(actor=officer, file=workbook(rows), options=MONITORING)
    options = actions.options_of(batch)
    columns = [
        replace(c, use=Use.SCORE, subject="mathematics") if c.index == 2 else c for c in options.columns
    ]
    actions.set_columns(actor=officer, batch=batch, columns=columns, chosen_sheets=options.sheets)
    assert actions.check(actor=officer, batch=batch).summary["added"] == 1
    assert bring(officer, workbook(rows)).summary["added"] == 1


def test_results_go_into_a_chosen_assessment(school_class: SchoolClass, officer: Actor) -> None:
    from dataclasses import replace

    assessment = make_assessment(subject=make_subject("chinese"), full_mark=120.0)
    pupil = make_pupil(school_class)
    rows = [["学籍号", "成绩"], [pupil.person.identity.fields["number"], 118]]
    batch = bring(officer, workbook(rows), replace(MONITORING, assessment=str(assessment.uid)))
    actions.confirm(actor=officer, batch=batch)
    assert Result.objects.get().assessment == assessment


def test_grades_one_and_two_have_no_scores(officer: Actor) -> None:
    from dataclasses import replace

    make_term(), make_subject("mathematics")
    second = make_class(make_school("云上小学"), entry_year=2024, entry_grade=1, number=1)
    rows = rows_for([make_pupil(second)], [60], school="云上小学", klass="二年级1班")
    batch = bring(officer, workbook(rows), replace(FINAL, grade=2))
    assert [item["code"] for item in batch.problems] == ["rule"]


def test_a_failure_on_the_way_stores_nothing(school_class: SchoolClass, officer: Actor, monkeypatch) -> None:
    from xuequ.kit.scores import storing

    batch = bring(officer, workbook(rows_for(make_pupils(school_class, 3), [60, 70, 80])))
    monkeypatch.setattr(storing, "BATCH", 1)
    stop_after = iter([None, None])
    real = storing.report_progress
    monkeypatch.setattr(storing, "report_progress", lambda *said: (next(stop_after), real(*said)))
    with pytest.raises(StopIteration):
        actions.confirm(actor=officer, batch=batch)
    assert not Result.objects.exists() and not Assessment.objects.exists()
    batch.refresh_from_db()
    assert batch.state == BatchState.CHECKED and default_storage.exists(batch.stored_file)


def test_uploads_that_nobody_decides_on_are_removed(
    school_class: SchoolClass, officer: Actor, django_capture_on_commit_callbacks
) -> None:
    old = bring(officer, workbook(rows_for(make_pupils(school_class), [60])))
    ImportBatch.objects.filter(pk=old.pk).update(created=old.created - actions.KEPT_UNDECIDED * 2)
    with django_capture_on_commit_callbacks(execute=True):
        bring(officer, workbook(rows_for(make_pupils(school_class), [60])))
    assert not ImportBatch.objects.filter(pk=old.pk).exists()
    assert not default_storage.exists(old.stored_file)
