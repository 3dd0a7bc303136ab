"""Rounds, votes, evaluation and its pages: who sees what, what schools answer, and what is published."""

import io

import pytest
from django.test import Client
from django.utils import translation
from docx import Document
from pytest_django import DjangoAssertNumQueries

from tests import factories as make
from tests.standing import built, copied
from tests.systems.stars.ailevel.conftest import SYSTEM, World, build_world, client_as, client_of, evaluate
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs.enqueue import run_pending
from xuequ.core.models import AuditEvent
from xuequ.core.rendering.checker import check_report
from xuequ.core.reports import Report
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.record.actions import read_run_file
from xuequ.record.models import Indicator
from xuequ.systems.stars.ailevel import actions, queries
from xuequ.systems.stars.ailevel.audit_sections import audit_report
from xuequ.systems.stars.ailevel.inputs import answers_of, facts_table
from xuequ.systems.stars.ailevel.jobs import RESULT
from xuequ.systems.stars.ailevel.material import material
from xuequ.systems.stars.ailevel.models import (
    AdviceRule,
    LevelEvaluation,
    LevelVote,
    SchoolLevel,
    SystemAudit,
)
from xuequ.systems.stars.ailevel.scheme import read_scheme
from xuequ.systems.stars.ailevel.sections import district_report, letter, school_blocks

built_world = built(build_world)
world = copied("built_world")


def text(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status, url
    return response.content.decode()


def own(evaluation: LevelEvaluation, world: World, number: int = 0) -> SchoolLevel:
    return evaluation.schools.select_related("school", "evaluation__run").get(school=world.schools[number])


def test_a_better_school_has_a_higher_score_and_other_obstacles(
    evaluation: LevelEvaluation, world: World
) -> None:
    rows = list(evaluation.schools.order_by("school__code"))
    assert len(rows) == len(world.schools)
    assert rows[0].score < rows[-1].score
    assert all(row.low <= row.score <= row.high for row in rows)
    assert [one["degree"] for one in rows[0].result["obstacles"]] == sorted(
        (one["degree"] for one in rows[0].result["obstacles"]), reverse=True
    )


def test_the_numbers_are_published_with_their_range(evaluation: LevelEvaluation, world: World) -> None:
    rows = Indicator.objects.filter(superseded=None, school=world.schools[3])
    found = {row.code: row for row in rows}
    level = own(evaluation, world, 3)
    assert found["stars.ai_level"].value == level.score
    assert (found["stars.ai_level"].low, found["stars.ai_level"].high) == (level.low, level.high)
    assert set(found) == {"stars.ai_level", *(f"stars.ai_{c}" for c in ("hours", "teachers", "courses", "rooms", "use", "clubs"))}  # noqa: E501  # fmt: skip
    assert {row.period for row in rows} == {"2025-2026"}


def test_the_same_facts_give_the_same_bytes_and_a_newer_run_takes_over(
    evaluation: LevelEvaluation, world: World
) -> None:
    again = evaluate(world)
    assert again.sha256 == evaluation.sha256
    assert again.run.inputs_sha256 == evaluation.run.inputs_sha256
    assert read_run_file(again.run, RESULT) == read_run_file(evaluation.run, RESULT)
    evaluation.refresh_from_db()
    assert evaluation.superseded is not None
    assert Indicator.objects.filter(code="stars.ai_level", superseded=None).count() == len(world.schools)


def test_nobody_is_named_in_the_table_of_facts(world: World) -> None:
    table = facts_table(world.round, read_scheme(world.version.document))
    assert set(table["rater"]) == {"", "r1", "r2", "r3", "r4", "r5"}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_number_of_pages_letters_and_reports_is_a_cited_cell(
    evaluation: LevelEvaluation, language: str
) -> None:
    with translation.override(language):
        whole = material(evaluation, list(queries.school_levels(evaluation)))
        assert check_report(district_report(whole), [language]) == []
        for line in whole.lines:
            page = Report("t", "", "", whole.stamp, whole.run, school_blocks(whole, line))
            assert check_report(page, [language]) == []
            assert check_report(letter(whole, line), [language]) == []


def test_a_school_reads_its_own_level_alone(evaluation: LevelEvaluation, world: World) -> None:
    head, other = world.school_client(0), world.school_client(1)
    level = own(evaluation, world)
    url = f"/stars/ai/levels/{level.uid}/"
    page = text(head, url)
    assert world.schools[0].name in page
    assert not any(school.name in page for school in world.schools[1:])
    assert "位次" not in page
    text(other, url, 404)
    text(client_as(Role.TEACHER, school=world.schools[0]), url, 404)
    text(client_as(Role.BUREAU_LEADER), url)
    assert head.get("/stars/ai/").headers["Location"] == url
    text(head, f"/stars/ai/evaluations/{evaluation.run.uid}/", 404)
    text(client_as(Role.TEACHER, school=world.schools[0]), "/stars/ai/", 403)


def test_what_is_not_published_is_for_those_who_manage(world: World) -> None:
    found = evaluate(world, published=False)
    level = own(found, world)
    text(world.school_client(0), f"/stars/ai/levels/{level.uid}/", 404)
    text(client_as(Role.BUREAU_LEADER), f"/stars/ai/evaluations/{found.run.uid}/", 404)
    officer = client_as(Role.DISTRICT_OFFICER)
    text(officer, f"/stars/ai/evaluations/{found.run.uid}/")
    assert officer.post(f"/stars/ai/evaluations/{found.run.uid}/publish/").status_code == 302
    text(world.school_client(0), f"/stars/ai/levels/{level.uid}/")
    assert (
        client_as(Role.BUREAU_LEADER).post(f"/stars/ai/evaluations/{found.run.uid}/publish/").status_code
        == 403
    )


def test_a_school_answers_and_the_district_replies(evaluation: LevelEvaluation, world: World) -> None:
    url = f"/stars/ai/levels/{own(evaluation, world).uid}/"
    head, officer = world.school_client(0), client_as(Role.DISTRICT_OFFICER)
    assert "/stars/ai/" in text(head, "/")
    assert head.post(url, {"text": "社团人数漏报了分校区。"}).status_code == 302
    assert "社团人数漏报了分校区。" in text(officer, url)
    assert officer.post(url, {"text": "已核对，下一轮更正。"}).status_code == 302
    assert "已核对，下一轮更正。" in text(head, url)
    level = own(evaluation, world)
    assert (level.answered is not None, level.replied is not None) == (True, True)
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))
    assert {"stars.ai.published", "stars.ai.answered", "stars.ai.replied"} <= verbs
    with pytest.raises(Forbidden):
        actions.answer(actor=make.make_actor(Role.DISTRICT_OFFICER), level=level, text="x")
    with pytest.raises(Refused):
        actions.reply(actor=SYSTEM, level=own(evaluation, world, 1), text="没有问")


def test_the_letter_is_a_word_document_with_advice_from_the_table(
    evaluation: LevelEvaluation, world: World
) -> None:
    level = own(evaluation, world)
    head = world.school_client(0)
    first = level.result["obstacles"][0]["code"]
    actions.save_rule(
        actor=SYSTEM, item=first, advice="改过的建议内容", responsible="教务处", cost_yuan=1200, weeks=6
    )
    response = head.get(f"/stars/ai/levels/{level.uid}/letter.docx")
    words = "\n".join(line.text for line in Document(io.BytesIO(b"".join(response))).paragraphs)
    assert world.schools[0].name in words
    assert "改过的建议内容" in words
    assert not any(school.name in words for school in world.schools[1:])
    assert AdviceRule.objects.get().item == first


def test_rules_are_for_the_district_and_changed_by_managers(world: World) -> None:
    leader, officer = client_as(Role.BUREAU_LEADER), client_as(Role.DISTRICT_OFFICER)
    assert "排进课表" in text(leader, "/stars/ai/advice/")
    text(leader, "/stars/ai/advice/lessons/", 403)
    text(officer, "/stars/ai/advice/unknown/", 404)
    data = {"advice": "每周一节", "responsible": "教务处", "cost_yuan": "0", "weeks": "18"}
    assert officer.post("/stars/ai/advice/lessons/", data).status_code == 302
    assert "每周一节" in text(leader, "/stars/ai/advice/")
    assert officer.post("/stars/ai/advice/lessons/", {**data, "weeks": "0"}).status_code == 200
    text(world.school_client(0), "/stars/ai/advice/", 403)


def test_a_rater_votes_on_a_phone_and_sees_the_own_votes_alone(world: World) -> None:
    LevelVote.objects.all().delete()
    seats = list(world.round.raters.order_by("pk"))
    mine, other = client_of(seats[0].rater), client_of(seats[1].rater)
    url = f"/stars/ai/seats/{seats[0].uid}/"
    assert world.schools[0].name in text(mine, url)
    text(other, url, 404)
    page = f"{url}schools/{world.schools[0].uid}/"
    assert "教师实施能力" in text(mine, page)
    scheme = read_scheme(world.version.document)
    data = {f"i_{index.code}": "1" for index in scheme.voted}
    incomplete = dict(list(data.items())[1:])
    assert mine.post(page, incomplete).status_code == 200
    assert not LevelVote.objects.exists()
    response = mine.post(page, {**data, "note": "看了两节课"})
    assert response.headers["Location"] == f"{url}schools/{world.schools[1].uid}/"
    vote = LevelVote.objects.get()
    assert (vote.seat, vote.grades["skill"], vote.note) == (seats[0], 1, "看了两节课")
    with pytest.raises(Forbidden):
        actions.vote(
            actor=Actor.of(seats[1].rater, make.DAY),
            seat=seats[0],
            school=world.schools[0],
            grades={},
            note="",
        )


def test_votes_stay_once_the_round_is_published(evaluation: LevelEvaluation, world: World) -> None:
    seat = world.round.raters.select_related("round__version", "round__survey").first()
    assert seat is not None
    with pytest.raises(Refused, match="已发布"):
        actions.vote(
            actor=Actor.of(seat.rater, make.DAY), seat=seat, school=world.schools[0], grades={}, note=""
        )
    rater, url = client_of(seat.rater), f"/stars/ai/seats/{seat.uid}/"
    page = text(rater, f"{url}schools/{world.schools[0].uid}/")
    assert "已发布" in text(rater, url)
    assert "已发布" in page
    assert "保存" not in page


def test_careless_and_unlikely_answers_are_named_to_the_district(world: World) -> None:
    survey = world.round.survey
    assert survey is not None
    row = survey.answers.get(school=world.schools[2])
    row.data = {**row.data, "ai_teachers": 0, "ai_lessons": 20}
    row.save(update_fields=["data"])
    assert [one.school for one in answers_of(world.round) if one.careless] == [world.schools[2]]
    officer = client_as(Role.DISTRICT_OFFICER)
    assert world.schools[2].name in text(officer, f"/stars/ai/rounds/{world.round.uid}/")
    run = evaluate(world).run
    Indicator.objects.create(
        code="programmes.ai_rooms", school=world.schools[4], period="2025-2026", value=60.0, run=run,
        published=run.finished,
    )  # fmt: skip
    found = evaluate(world)
    assert found.findings["careless"] == [str(world.schools[2].uid)]
    assert [(one["school"], one["index"]) for one in found.findings["differing"]] == [
        (str(world.schools[4].uid), "room_ratio")
    ]
    assert "看起来不够认真" in text(officer, f"/stars/ai/evaluations/{found.run.uid}/")


def test_a_round_is_opened_by_managers_alone_and_fixes_its_scheme(world: World) -> None:
    officer, leader = client_as(Role.DISTRICT_OFFICER), client_as(Role.BUREAU_LEADER)
    text(leader, "/stars/ai/rounds/new/", 403)
    assert "版" in text(officer, "/stars/ai/rounds/new/")
    world.version.refresh_from_db()
    assert world.version.began is not None
    plan = actions.RoundPlan("无人", world.version, make.make_year(), None, make.DAY, [])
    with pytest.raises(Refused, match="只能由人来评"):
        actions.open_round(actor=SYSTEM, plan=plan)


def test_an_audit_is_made_by_one_click(world: World) -> None:
    officer = client_as(Role.DISTRICT_OFFICER)
    assert officer.post(f"/stars/ai/rounds/{world.round.uid}/audit/").status_code == 302
    run_pending()
    audit = SystemAudit.objects.select_related("run", "round").get()
    with translation.override("zh-hans"):
        assert check_report(audit_report(audit), ["zh-hans", "en"]) == []
    page = text(client_as(Role.SUPERVISOR), f"/stars/ai/audits/{audit.run.uid}/")
    assert "开课年级占比" in page
    text(world.school_client(0), f"/stars/ai/audits/{audit.run.uid}/", 404)
    assert officer.get(f"/stars/ai/audits/{audit.run.uid}/report.docx").status_code == 200
    assert "换一批同样的学校，α 会在" in page
    whole = audit.findings["whole"]
    assert whole["alpha_low"] < whole["alpha"] < whole["alpha_high"]
    del whole["alpha_low"], whole["alpha_high"]
    audit.save(update_fields=["findings"])
    assert "换一批同样的学校" not in text(officer, f"/stars/ai/audits/{audit.run.uid}/"), (
        "stored by an earlier version"
    )


def test_too_few_schools_are_told_in_a_sentence(world: World) -> None:
    survey = world.round.survey
    assert survey is not None
    survey.answers.filter(school__in=world.schools[3:]).delete()
    started = actions.start_audit(actor=SYSTEM, round_=world.round)
    run_pending()
    started.run.refresh_from_db()
    assert started.run.state == "refused"
    page = text(client_as(Role.DISTRICT_OFFICER), f"/stars/ai/audits/{started.run.uid}/")
    assert started.run.refusal in page.replace("&quot;", '"')
    text(client_as(Role.BUREAU_LEADER), f"/stars/ai/audits/{started.run.uid}/", 404)


def test_pages_ask_little_of_the_database(
    evaluation: LevelEvaluation, world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    officer, head = client_as(Role.DISTRICT_OFFICER), world.school_client(0)
    level = own(evaluation, world)
    seat = world.round.raters.order_by("pk")[0]
    pages = [
        (officer, "/stars/ai/"),
        (officer, f"/stars/ai/rounds/{world.round.uid}/"),
        (officer, f"/stars/ai/evaluations/{evaluation.run.uid}/"),
        (officer, "/stars/ai/advice/"),
        (officer, "/stars/ai/rounds/new/"),
        (head, f"/stars/ai/levels/{level.uid}/"),
        (client_of(seat.rater), f"/stars/ai/seats/{seat.uid}/"),
        (client_of(seat.rater), f"/stars/ai/seats/{seat.uid}/schools/{world.schools[0].uid}/"),
    ]
    for client, url in pages:
        client.get(url)
        with django_assert_max_num_queries(12):
            text(client, url)
