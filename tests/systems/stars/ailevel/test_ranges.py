"""Dimensions, obstacles and counts with their ranges: on pages, in letters, as indicators, and stored without."""

import io
import json

import pytest
from django.utils import translation
from docx import Document

from tests.systems.stars.ailevel.conftest import SYSTEM, World, build_world, client_as, evaluate
from tests.systems.stars.ailevel.test_levels import own, text
from xuequ.core import clock
from xuequ.core.errors import Refused
from xuequ.core.rendering.cells import format_number
from xuequ.core.rendering.checker import check_report
from xuequ.core.reports import Report
from xuequ.district.choices import Role
from xuequ.record.models import Indicator
from xuequ.systems.stars.ailevel import actions, district_pictures, pictures, queries
from xuequ.systems.stars.ailevel.jobs import evaluate_round
from xuequ.systems.stars.ailevel.material import Material, material
from xuequ.systems.stars.ailevel.models import LevelEvaluation, LevelVote, SchoolLevel
from xuequ.systems.stars.ailevel.sections import (
    district_report,
    letter,
    obstacle_sentences,
    order_sentences,
    school_blocks,
    weakest_sentences,
)


def read(evaluation: LevelEvaluation) -> Material:
    evaluation.refresh_from_db()
    return material(evaluation, list(queries.school_levels(evaluation)))


def words_of(client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    document = Document(io.BytesIO(b"".join(response)))
    return "\n".join(line.text for line in document.paragraphs)


def test_every_dimension_has_a_range_around_its_score(evaluation: LevelEvaluation, world: World) -> None:
    for line in read(evaluation).lines:
        for one in line.result["dimensions"]:
            assert one["low"] <= one["score"] <= one["high"]
            assert 0 <= one["lowest"] <= 1
        drawn = {one["code"]: one["drawn"] for one in line.result["dimensions"]}
        assert drawn["hours"] == ["weights"], "measured values alone"
        assert drawn["teachers"] == ["weights", "raters"]
    rows = Indicator.objects.filter(superseded=None, school=world.schools[3], code="stars.ai_teachers")
    one = next(d for d in own(evaluation, world, 3).result["dimensions"] if d["code"] == "teachers")
    assert [(row.value, row.low, row.high) for row in rows] == [(one["score"], one["low"], one["high"])]


def test_one_measured_index_alone_is_told_to_have_no_range(world: World) -> None:
    document = world.version.document
    hours = document["dimensions"][0]
    hours["indexes"] = [{**hours["indexes"][0], "weight": 1.0}]
    world.round.version.document = document
    world.round.version.save(update_fields=["document"])
    found = read(evaluate(world))
    one = found.lines[0].result["dimensions"][0]
    assert (one["code"], one["low"], one["high"], one["drawn"]) == ("hours", None, None, [])
    with translation.override("zh-hans"):
        assert "无区间" in str(pictures.dimensions(found, found.lines[0]).cell("hours", "drawn"))
        assert check_report(letter(found, found.lines[0])) == []


def test_the_figure_has_whiskers_and_says_what_the_ranges_hold(
    evaluation: LevelEvaluation, world: World
) -> None:
    found = read(evaluation)
    figure = pictures.dimensions(found, found.lines[0])
    assert (figure.roles["low"], figure.roles["high"]) == ("low", "high")
    page = text(world.school_client(0), f"/stars/ai/levels/{own(evaluation, world).uid}/")
    assert "量化数据按填报的数使用" in page
    assert "换权重、换评分人" in page


def test_the_letter_says_each_dimension_with_its_range(evaluation: LevelEvaluation, world: World) -> None:
    level = own(evaluation, world)
    words = words_of(world.school_client(0), f"/stars/ai/levels/{level.uid}/letter.docx")
    assert words.count("分（") >= len(level.result["dimensions"])
    titles = read(evaluation).scheme.titles
    for one in level.result["dimensions"]:
        score, low, high = (format_number(one[name], 1) for name in ("score", "low", "high"))
        assert f"{titles[one['code']]}：{score} 分（{low}–{high}）。" in words


@pytest.mark.parametrize(("share", "clear"), [(0.97, True), (0.944, False), (0.952, True), (0.4, False)])
def test_an_order_is_told_as_clear_only_where_nearly_all_draws_agree(
    evaluation: LevelEvaluation, share: float, clear: bool
) -> None:
    found = read(evaluation)
    line = found.lines[0]
    least = min(line.result["dimensions"], key=lambda one: one["score"])
    least["lowest"] = share
    (sentence,) = weakest_sentences(line)
    assert ("clearly" in sentence.message) is clear
    line.obstacles[0]["first"] = share
    assert bool(list(order_sentences(line))) is not clear


def old(evaluation: LevelEvaluation) -> None:
    """Make the evaluation one that an earlier version stored."""
    for row in evaluation.schools.all():
        for one in row.result["dimensions"]:
            for key in ("low", "high", "sure", "lowest", "drawn"):
                one.pop(key)
        for one in row.result["obstacles"]:
            for key in ("low", "high", "among", "first"):
                one.pop(key)
        row.save(update_fields=["result"])
    evaluation.findings.pop("common")
    for one in evaluation.findings["importance"]:
        for key in ("low", "high", "same"):
            one.pop(key)
    evaluation.save(update_fields=["findings"])


def test_what_was_stored_before_still_opens_and_says_that_it_has_no_ranges(
    evaluation: LevelEvaluation, world: World
) -> None:
    old(evaluation)
    found = read(evaluation)
    with translation.override("zh-hans"):
        assert check_report(district_report(found)) == []
        for line in found.lines:
            assert check_report(letter(found, line)) == []
            assert check_report(Report("t", "", "", found.stamp, found.run, school_blocks(found, line))) == []
    level = own(evaluation, world)
    assert "还没有计算各维度和障碍的区间" in text(world.school_client(0), f"/stars/ai/levels/{level.uid}/")
    assert "（无区间）" in words_of(world.school_client(0), f"/stars/ai/levels/{level.uid}/letter.docx")
    text(client_as(Role.DISTRICT_OFFICER), f"/stars/ai/evaluations/{evaluation.run.uid}/")
    assert list(Indicator.objects.filter(code="stars.ai_hours", superseded=None))


def test_an_old_evaluation_is_published_without_ranges_of_dimensions(world: World) -> None:
    found = evaluate(world, published=False)
    old(found)
    actions.publish(actor=SYSTEM, evaluation=found)
    row = Indicator.objects.get(code="stars.ai_hours", superseded=None, school=world.schools[0])
    assert (row.low, row.high) == (None, None)


def test_of_fewer_than_five_other_schools_nothing_is_told(db: None) -> None:
    world = build_world(5)
    found = read(evaluate(world))
    line = found.lines[0]
    assert all(len(sentences) == 1 for sentences in obstacle_sentences(found, line))
    figure = pictures.obstacles(found, line)
    assert all(figure.cell(one["code"], "reached") is None for one in line.obstacles)
    assert pictures.dimensions(found, line).cell("hours", "middle") is None


def test_counts_and_quadrants_say_how_sure_they_are(evaluation: LevelEvaluation) -> None:
    found = read(evaluation)
    for row in district_pictures.common(found).rows:
        figure = district_pictures.common(found)
        assert figure.cell(row.key, "low") <= figure.cell(row.key, "count") <= figure.cell(row.key, "high")
    figure = district_pictures.importance(found)
    assert figure.cell("lessons", "low") is None, "a measured value is the same in every draw"
    assert figure.cell("skill", "low") <= figure.cell("skill", "performance") <= figure.cell("skill", "high")
    assert all(0 <= figure.cell(row.key, "same") <= 1 for row in figure.rows)


def test_one_rater_leaves_nothing_open_and_it_is_said(world: World) -> None:
    keep = world.round.raters.order_by("pk")[0]
    LevelVote.objects.exclude(seat=keep).delete()
    world.round.raters.exclude(pk=keep.pk).delete()
    found = read(evaluate(world))
    with translation.override("zh-hans"):
        assert "少于两位评分人" in str(pictures.range_note(found))
        assert check_report(letter(found, found.lines[0])) == []
    assert {tuple(one["drawn"]) for one in found.lines[0].result["dimensions"]} == {("weights",)}


def test_a_job_taken_up_again_sweeps_no_answer_away(evaluation: LevelEvaluation, world: World) -> None:
    level = own(evaluation, world)
    SchoolLevel.objects.filter(pk=level.pk).update(answer="下学期开课", answered=clock.now())
    assert evaluate_round.call(str(evaluation.run.uid)) == "done"
    assert SchoolLevel.objects.get(pk=level.pk).answer == "下学期开课"


def test_what_comes_in_after_the_start_is_told_before_publishing(world: World) -> None:
    found = evaluate(world, published=False)
    officer, url = client_as(Role.DISTRICT_OFFICER), f"/stars/ai/evaluations/{found.run.uid}/"
    assert "请重新评价再发布" not in text(officer, url)
    vote = LevelVote.objects.first()
    assert vote is not None
    vote.entered_at = clock.now()
    vote.save(update_fields=["entered_at"])
    assert "又有 0 所学校的填报和 1 张评分" in text(officer, url)


def test_a_letter_of_what_is_not_published_is_a_draft(world: World) -> None:
    found = evaluate(world, published=False)
    officer = client_as(Role.DISTRICT_OFFICER)
    url = f"/stars/ai/levels/{own(found, world).uid}/letter.docx"
    assert "草稿" in words_of(officer, url)
    actions.publish(actor=SYSTEM, evaluation=found)
    assert "草稿" not in words_of(officer, url)
    evaluate(world)
    assert "已有更新的评价" in words_of(officer, url)
    with pytest.raises(Refused):
        actions.answer(actor=world_head(world), level=own(found, world), text="回复")


def world_head(world: World):
    from tests import factories as make

    return make.make_actor(Role.HEAD, school=world.schools[0])


def test_nobody_evaluated_is_said_and_not_published(world: World) -> None:
    LevelVote.objects.all().delete()
    survey = world.round.survey
    assert survey is not None
    for row in survey.answers.all():
        row.data = {key: value for key, value in row.data.items() if key == "ai_lessons"}
        row.save(update_fields=["data"])
    found = evaluate(world, published=False)
    officer = client_as(Role.DISTRICT_OFFICER)
    page = text(officer, f"/stars/ai/evaluations/{found.run.uid}/")
    assert "没有一所学校能评价" in page
    assert world.schools[0].name in page, "those left out are named to the district"
    answer = officer.post(f"/stars/ai/evaluations/{found.run.uid}/publish/", follow=True)
    assert "没有可发布的内容" in answer.content.decode()
    found.refresh_from_db()
    assert found.published is None


def test_columns_of_grades_are_no_school_grades(evaluation: LevelEvaluation) -> None:
    found = read(evaluation)
    line = found.lines[0]
    with translation.override("zh-hans"):
        for figure in (
            pictures.memberships(found, line),
            pictures.obstacles(found, line),
            pictures.indexes(found, line),
        ):
            assert str(figure.column("grade").label) == "等级"
        assert str(pictures.indexes(found, line).column("source").label) == "来源"
        assert str(pictures.dimensions(found, line).column("dimension").label) == "维度"


def test_schools_left_out_are_named_to_the_district(world: World) -> None:
    survey = world.round.survey
    assert survey is not None
    survey.answers.filter(school=world.schools[2]).delete()
    LevelVote.objects.filter(school=world.schools[2]).delete()
    survey_answer = survey.answers.get(school=world.schools[3])
    survey_answer.data = {"ai_lessons": 10}
    survey_answer.save(update_fields=["data"])
    LevelVote.objects.filter(school=world.schools[3]).delete()
    found = read(evaluate(world))
    figure = district_pictures.left_out(found)
    assert [row.cells[0] for row in figure.rows] == [str(world.schools[3])]
    assert check_report(district_report(found)) == []
    assert json.dumps(found.findings["too_little"])
