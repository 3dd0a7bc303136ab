"""Pages by role: who gets 200, 403 and 404, in how many questions; what a school reads of others: nothing."""

import io
import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from tests import factories as make
from tests.standing import built, copied
from tests.systems.balance.conftest import World, build_world, client_as, give, table_rows, workbook
from xuequ.core.home import home_cards
from xuequ.core.registry import report_sections
from xuequ.core.rendering.formats import FORMATS
from xuequ.core.rendering.sentences import figures_of, sentence_text, sentences_of
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.record import evidence
from xuequ.systems.balance import actions, queries
from xuequ.systems.balance.area import area_blocks
from xuequ.systems.balance.choices import ValueState
from xuequ.systems.balance.imports import actions as imports
from xuequ.systems.balance.material import area_material
from xuequ.systems.balance.models import Appeal, Item, Judgement, Prices, RuleSet, Value, WeakRule
from xuequ.systems.balance.rules import actions as rules
from xuequ.systems.balance.values import actions as values

MOST_QUERIES = 12
YEAR = "2025-2026"
DISTRICT = [Role.BUREAU_LEADER, Role.DISTRICT_OFFICER, Role.RESEARCHER, Role.SUPERVISOR, Role.DATA_OFFICER]
OTHERS = [Role.CLASS_TEACHER, Role.TEACHER, Role.FINANCE, Role.EXPERT, Role.GUARDIAN, Role.PUPIL]


def judged(world: World) -> Judgement:
    """Two years, the newer with a school that fails, and everything that waits."""
    officer = make.make_actor(Role.DISTRICT_OFFICER)
    before = values.year_before(world.year)
    assert before is not None
    give(before, {(s, "primary", "pupils"): 16 for s in world.schools[:4]})
    give(before, {(s, "", "equipment_value_yuan"): 60000 for s in world.schools[:4]})
    actions.publish(actor=officer, judgement=actions.judge_year(actor=officer, year=before))
    give(world.year, {(world.first, "", "multimedia_rooms"): 0, (world.first, "", "sports_grounds_m2"): 5})
    found = actions.publish(actor=officer, judgement=actions.judge_year(actor=officer, year=world.year))
    head = make.make_actor(Role.HEAD, school=world.first)
    result = found.schools.select_related("school").get(school=world.first)
    actions.object_to(actor=head, result=result, text="新场地已建成")
    numbers = {("", "equipment_value_yuan"): Decimal("6.2"), ("", "multimedia_rooms"): Decimal(2)}
    values.type_in(actor=head, year=world.year, school=world.first, numbers=numbers)
    return found


built_world = built(build_world)
built_published = built(judged, "built_world")
world = copied("built_world")
published = copied("built_published")


def text(client: Client, url: str, **kwargs: object) -> str:
    """Open a page that must work, in few queries."""
    with CaptureQueriesContext(connection) as asked:
        response = client.get(url, **kwargs)
    assert response.status_code == 200, (url, response.status_code)
    reads = [q["sql"][:150] for q in asked.captured_queries if q["sql"].startswith("SELECT")]
    assert len(reads) <= MOST_QUERIES, "\n".join([url, *reads])
    return response.content.decode()


def pages(world: World, *, batch: object = None) -> dict[str, str]:
    rule_set = RuleSet.objects.get()
    appeal = Appeal.objects.get()
    names = {
        "year": [YEAR], "brief": [YEAR], "what-if": [YEAR], "cost": [YEAR], "overview": [YEAR], "waiting": [],
        "rules": [], "rule-set": [rule_set.uid], "appeals": [], "appeal": [appeal.uid], "item": [YEAR, "Q01"],
        "spread": [YEAR, "primary", "R7"],
    }  # fmt: skip
    return {name: reverse(f"balance:{name}", args=args) for name, args in names.items()}


KEEPERS_ONLY = ("prices", "import-new", "imports", "new-version")


def keeper_pages() -> dict[str, str]:
    return {
        name: reverse(f"balance:{name}", args=[YEAR] if name in ("prices", "import-new") else [])
        for name in KEEPERS_ONLY
    }


@pytest.mark.parametrize("role", DISTRICT)
def test_readers_of_the_district_open_every_page(world: World, published: Judgement, role: Role) -> None:
    client = client_as(role)
    for url in pages(world).values():
        text(client, url)
    expected = 200 if role in (Role.DISTRICT_OFFICER, Role.DATA_OFFICER) else 403
    for url in keeper_pages().values():
        assert client.get(url).status_code == expected, url


@pytest.mark.parametrize("role", [Role.HEAD, Role.SCHOOL_ADMINISTRATOR, *OTHERS])
def test_nobody_else_opens_them(world: World, published: Judgement, role: Role) -> None:
    client = client_as(role, school=world.first)
    for url in (*pages(world).values(), *keeper_pages().values()):
        assert client.get(url).status_code == 403, url


@pytest.mark.parametrize("role", OTHERS)
def test_others_have_nothing_to_do_here(world: World, published: Judgement, role: Role) -> None:
    client = client_as(role, school=world.first)
    assert client.get(reverse("balance:index")).status_code == 403
    assert client.get(reverse("balance:school", args=[YEAR, world.first.uid])).status_code == 403


def test_a_head_is_led_to_the_own_school_and_reads_of_no_other(world: World, published: Judgement) -> None:
    client = client_as(Role.HEAD, school=world.first)
    url = reverse("balance:school", args=[YEAR, world.first.uid])
    assert client.get(reverse("balance:index")).url == url
    for name in ("school", "values", "exceptions"):
        page = text(client, reverse(f"balance:{name}", args=[YEAR, world.first.uid]))
        assert world.first.name in page
        assert not any(other.name in page for other in world.schools[1:])
        for other in world.schools[1:]:
            assert client.get(reverse(f"balance:{name}", args=[YEAR, other.uid])).status_code == 404
    text(client, reverse("balance:weak"))
    for form in FORMATS:
        response = client.get(reverse("balance:school-report", args=[YEAR, world.first.uid, form]))
        assert response.status_code == 200
        assert response.headers["Content-Disposition"].startswith("attachment")
    other = reverse("balance:school-report", args=[YEAR, world.nine.uid, "html"])
    assert client.get(other).status_code == 404


def test_the_page_of_a_school_says_what_it_would_take(world: World, published: Judgement) -> None:
    page = text(
        client_as(Role.HEAD, school=world.first), reverse("balance:school", args=[YEAR, world.first.uid])
    )
    assert "2项未达标" in page
    assert "即可达标" in page
    assert "是：分配资源时优先" in page
    assert "新场地已建成" in page


def test_every_sentence_of_the_reports_has_its_cells(
    world: World, published: Judgement, officer: Actor
) -> None:
    result = published.schools.select_related("school").get(school=world.first)
    for code, where in (("balance.district", None), ("balance.brief", None), ("balance.school", result)):
        blocks = list(report_sections()[code].build(officer, where, published))
        figures = figures_of(blocks)
        for sentence in (s for block in blocks for s in sentences_of(block)):
            assert "%(" not in sentence_text(sentence, figures)
            assert not re.search(r"\d", re.sub(r"%\(\w+\)s", "", sentence.message)), sentence.message


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_the_report_of_the_district_leaves_in_every_format(
    world: World, published: Judgement, form: str
) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    first, second = (client.get(reverse("balance:report", args=[YEAR, form])).content for _ in range(2))
    assert first == second
    assert len(first) > 1000


def test_the_tables_for_the_upper_unit(world: World, published: Judgement) -> None:
    response = client_as(Role.DISTRICT_OFFICER).get(reverse("balance:tables", args=[YEAR]))
    book = load_workbook(io.BytesIO(response.content))
    assert book.sheetnames == [
        "综合情况", "校际均衡-小学", "校际均衡-初中", "政府保障程度", "教育质量", "社会认可度", "一票否决",
    ]  # fmt: skip
    sheet = book["校际均衡-小学"]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    labels = [row[1] for row in rows]
    cv = next(c for c in published.findings["coefficients"] if (c["stage"], c["code"]) == ("primary", "R7"))
    assert rows[labels.index("差异系数")][9] == pytest.approx(cv["cv"])
    first = rows[labels.index(world.first.name)]
    assert (first[2], first[9], first[-1]) == (16, 0, "未达标")
    assert len(list(book["政府保障程度"].iter_rows(min_row=3))) == 15
    assert len(list(book["教育质量"].iter_rows(min_row=3))) == 9


def test_the_cost_is_said_in_one_sentence(world: World, published: Judgement) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    page = text(client, reverse("balance:cost", args=[YEAR]))
    assert "涉及1所学校" in page
    assert "虚构示例" in page
    codes = ("R1", "R2", "R3", "R4", "R5", "R6", "R7")
    posted = client.post(
        reverse("balance:prices", args=[YEAR]), dict.fromkeys(codes, "100") | {"note": "本区询价"}
    )
    assert posted.status_code == 302
    assert Prices.objects.get().prices["R7"] == "100"
    assert "本区询价" in text(client, reverse("balance:cost", args=[YEAR]))


def test_the_cost_names_who_moves_and_leads_to_a_trial_of_it(world: World, published: Judgement) -> None:
    client, (poor, rich) = client_as(Role.DISTRICT_OFFICER), world.schools[:2]
    give(world.year, {(poor, "", "backbone_teachers"): 0, (rich, "", "backbone_teachers"): 7})
    url = reverse("balance:cost", args=[YEAR])
    page = text(client, url)
    assert f"从{rich.name}到{poor.name}：骨干教师" in page
    assert "若不调动" in page
    tried = text(client, client.get(url).context["trial"])
    assert "backbone_teachers~add~-" in tried
    prices = {f"R{n}": "100" for n in range(1, 8)}
    stored = client.post(reverse("balance:prices", args=[YEAR]), prices | {"move-R2": "80", "note": ""})
    assert stored.status_code == 302
    assert Prices.objects.get().moves == {"R2": "80"}
    wrong = client.post(reverse("balance:prices", args=[YEAR]), prices | {"move-R2": "0"})
    assert wrong.status_code == 200


def test_a_head_hands_in_and_answers_on_a_phone_and_the_district_confirms(
    world: World, published: Judgement
) -> None:
    head, officer = client_as(Role.HEAD, school=world.first), client_as(Role.DISTRICT_OFFICER)
    url = reverse("balance:values", args=[YEAR, world.first.uid])
    assert "是否应为62,000" in text(head, url)
    asked = Value.objects.get(state=ValueState.ASKED)
    assert head.post(reverse("balance:unit", args=[asked.uid]), {"other": "yes"}).status_code == 302
    stranger = client_as(Role.HEAD, school=world.schools[1])
    assert stranger.post(reverse("balance:unit", args=[asked.uid]), {"other": "yes"}).status_code == 404
    assert head.post(url, {"__music_teachers": "2"}).status_code == 302
    assert head.post(reverse("balance:confirm-all", args=[YEAR, world.first.uid])).status_code == 403
    assert officer.post(reverse("balance:confirm-all", args=[YEAR, world.first.uid])).status_code == 302
    now = queries.book_of(world.year, [world.first]).values
    assert now[world.first.pk, "", "equipment_value_yuan"] == 62000
    assert now[world.first.pk, "", "music_teachers"] == 2
    assert "项数据变动" in text(officer, reverse("balance:year", args=[YEAR]))


def test_a_form_that_is_wrong_comes_back_with_the_reason(world: World, published: Judgement) -> None:
    head = client_as(Role.HEAD, school=world.first)
    url = reverse("balance:values", args=[YEAR, world.first.uid])
    before = Value.objects.count()
    response = head.post(url, {"__music_teachers": "-2"})
    assert response.status_code == 200
    assert Value.objects.count() == before


def test_sending_back(world: World, published: Judgement) -> None:
    officer = client_as(Role.DISTRICT_OFFICER)
    waiting = Value.objects.get(state=ValueState.WAITING)
    officer.post(reverse("balance:send-back", args=[waiting.uid]), {"reason": "核对后再报"})
    page = text(
        client_as(Role.HEAD, school=world.first), reverse("balance:values", args=[YEAR, world.first.uid])
    )
    assert "核对后再报" in page


def test_an_item_with_figures_state_and_evidence(world: World, published: Judgement) -> None:
    officer = client_as(Role.DISTRICT_OFFICER)
    url = reverse("balance:item", args=[YEAR, "G12"])
    numbers = {"what": "figures", "teachers": "30", "teachers_certified": "30"}
    assert officer.post(url, numbers).status_code == 302
    state = {"what": "state", "office": "人事科", "work": "ready", "remark": "", "due": "2026-05-01"}
    assert officer.post(url, state).status_code == 302
    row = Item.objects.get(year=world.year, code="G12")
    assert (row.office, row.work) == ("人事科", "ready")
    paper = SimpleUploadedFile("证书汇总.pdf", b"%PDF-1.4\n%%EOF\n", content_type="application/pdf")
    add = reverse("balance:add-evidence", args=[YEAR, "G12"])
    assert officer.post(add, {"title": "证书汇总", "file": paper}).status_code == 302
    piece = row.evidence.get()
    leader, head = client_as(Role.BUREAU_LEADER), client_as(Role.HEAD, school=world.first)
    opened = leader.get(reverse("balance:evidence", args=[piece.uid]))
    assert opened.headers["Content-Disposition"].startswith("attachment")
    assert head.get(reverse("balance:evidence", args=[piece.uid])).status_code == 403
    assert leader.post(url, state).status_code == 403
    page = text(leader, url)
    assert "证书汇总" in page
    withdraw = reverse("balance:withdraw", args=[YEAR, "G12", piece.uid])
    assert leader.post(withdraw).status_code == 403
    assert officer.post(withdraw).status_code == 302
    assert "批复已过期" not in text(officer, url)
    assert officer.post(withdraw, {"reason": "批复已过期"}).status_code == 302
    assert "批复已过期" in text(officer, url)
    empty = officer.post(add, {"title": "无"}, follow=True)
    assert empty.status_code == 200


def test_evidence_of_another_system_is_not_opened_here(
    world: World, published: Judgement, officer: Actor
) -> None:
    piece = evidence.attach_note(actor=officer, system="stars", school=None, title="t", note="n")
    assert (
        client_as(Role.DISTRICT_OFFICER).get(reverse("balance:evidence", args=[piece.uid])).status_code == 404
    )


def test_retention_is_named_on_its_page(world: World, published: Judgement) -> None:
    page = text(client_as(Role.DISTRICT_OFFICER), reverse("balance:item", args=[YEAR, "Q01"]))
    assert "毕业生 ÷" in page
    assert "采用" in page


def test_objections(world: World, published: Judgement) -> None:
    officer, appeal = client_as(Role.DISTRICT_OFFICER), Appeal.objects.get()
    url = reverse("balance:appeal", args=[appeal.uid])
    assert client_as(Role.SUPERVISOR).post(url, {"upheld": "no", "answer": "x"}).status_code == 403
    assert officer.post(url, {"upheld": "no", "answer": "需实地核查"}).status_code == 302
    head = client_as(Role.HEAD, school=world.first)
    assert "需实地核查" in text(head, reverse("balance:school", args=[YEAR, world.first.uid]))
    again = head.post(reverse("balance:object", args=[YEAR, world.first.uid]), {"text": "仍有异议"})
    assert again.status_code == 302
    assert Appeal.objects.count() == 2
    administrator = client_as(Role.SCHOOL_ADMINISTRATOR, school=world.first)
    denied = administrator.post(reverse("balance:object", args=[YEAR, world.first.uid]), {"text": "x"})
    assert denied.status_code == 403


def test_a_new_version_of_the_rules_by_its_form(world: World, published: Judgement) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    page = client.get(reverse("balance:new-version"))
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields} | {"version": "2026", "reason": "本区加严"}
    data["indicators-0-threshold"] = "4.4"
    assert client.post(reverse("balance:new-version"), data).status_code == 302
    made = RuleSet.objects.get(version="2026")
    shown = text(client, reverse("balance:rule-set", args=[made.uid]))
    assert "4.4" in shown
    response = client.get(reverse("balance:rules-file", args=[made.uid]))
    assert "threshold = 4.4" in response.content.decode()
    file = SimpleUploadedFile("r.toml", response.content)
    upload = {"file": file, "version": "2026-2", "reason": "外部修改"}
    assert client.post(reverse("balance:rules-upload"), upload).status_code == 302
    assert (
        client.post(reverse("balance:adopt", args=[RuleSet.objects.get(version="2026-2").uid])).status_code
        == 302
    )
    broken = {"file": SimpleUploadedFile("r.toml", b"title ="), "version": "坏", "reason": "x"}
    client.post(reverse("balance:rules-upload"), broken)
    assert not RuleSet.objects.filter(version="坏").exists()


def test_the_rule_for_weak_schools_is_published_for_all_to_read(world: World, published: Judgement) -> None:
    officer = client_as(Role.DISTRICT_OFFICER)
    data = {"least_unmet": 1, "least_shortfall": "0.2", "needed": 1, "reason": "先看资源"}
    assert officer.post(reverse("balance:weak"), data).status_code == 302
    rule = WeakRule.objects.order_by("-pk").first()
    assert rule is not None
    assert (rule.with_growth, rule.star_below) == (False, None)
    page = text(client_as(Role.HEAD, school=world.first), reverse("balance:weak"))
    assert "20.0%" in page
    assert client_as(Role.HEAD, school=world.first).post(reverse("balance:weak"), data).status_code == 403


def test_an_import_by_its_pages(world: World, published: Judgement) -> None:
    client = client_as(Role.DATA_OFFICER)
    rows = table_rows(
        (world.first.name, {"multimedia_rooms": 4}), (world.schools[1].name, {"equipment_value_yuan": 61000})
    )
    upload = SimpleUploadedFile("统计表.xlsx", workbook(rows).read())
    response = client.post(reverse("balance:import-new", args=[YEAR]), {"file": upload})
    assert response.status_code == 302
    page = text(client, response.url)
    assert "610,000,000" in page
    batch = imports.ImportBatch.objects.get()
    text(client, reverse("balance:import-columns", args=[batch.uid]))
    client.post(reverse("balance:import-answers", args=[batch.uid]), {"q1": "other"})
    client.post(reverse("balance:import-confirm", args=[batch.uid]))
    text(client, response.url)
    assert queries.book_of(world.year).values[world.first.pk, "", "multimedia_rooms"] == 4
    client.post(reverse("balance:import-undo", args=[batch.uid]))
    assert queries.book_of(world.year).values[world.first.pk, "", "multimedia_rooms"] == 0
    bad = client.post(
        reverse("balance:import-new", args=[YEAR]), {"file": SimpleUploadedFile("a.pdf", b"%PDF-1")}
    )
    assert bad.status_code == 200
    text(client, reverse("balance:imports"))


def test_exceptions_by_their_page(world: World, published: Judgement) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    url = reverse("balance:exceptions", args=[YEAR, world.first.uid])
    data = {
        "part": "primary",
        "code": "R5",
        "ground": "city-centre",
        "add": "300",
        "reason": "租用体育馆，步行八分钟",
    }
    assert client.post(url, data).status_code == 302
    row = world.first.balance_allowances.get()
    assert "租用体育馆" in text(client_as(Role.HEAD, school=world.first), url)
    assert client_as(Role.SUPERVISOR).post(url, data).status_code == 403
    assert client.post(reverse("balance:end-exception", args=[row.uid])).status_code == 302
    row.refresh_from_db()
    assert row.ended is not None


@pytest.mark.parametrize("role", [*DISTRICT, Role.HEAD, Role.SCHOOL_ADMINISTRATOR, *OTHERS])
def test_a_home_page_asks_one_question_for_balance(world: World, published: Judgement, role: Role) -> None:
    actor = make.make_actor(role, school=None if role in DISTRICT else world.first)
    list(actor.schools_of((Role.HEAD,)))  # the site asks for the schools once, for whoever wants them
    with CaptureQueriesContext(connection) as asked:
        found = home_cards(actor, "balance")
    assert len(asked.captured_queries) <= 1
    assert bool(found) == (role in (*DISTRICT, Role.HEAD, Role.SCHOOL_ADMINISTRATOR))


def test_unknown_things_are_not_found(world: World, published: Judgement) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    for name, args in (
        ("year", ["1999-2000"]), ("spread", [YEAR, "primary", "R9"]), ("item", [YEAR, "X1"]), ("report", [YEAR, "exe"]),
        ("school", [YEAR, "00000000-0000-4000-8000-000000000000"]), ("spread", [YEAR, "senior", "R1"]),
    ):  # fmt: skip
        assert client.get(reverse(f"balance:{name}", args=args)).status_code == 404


def test_the_rules_are_shown_in_words_and_not_in_keys(world: World, published: Judgement) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    first = RuleSet.objects.get()
    text_of = first.text.replace(
        'retention_reading = "transfers-at-entry"', 'retention_reading = "transfers-at-exit"'
    )
    text_of = text_of.replace("threshold = 2.3", "threshold = 2.4")
    officer = make.make_actor(Role.DISTRICT_OFFICER)
    made = rules.new_version(
        actor=officer, based_on=first, text=text_of, version="2026-试行", reason="另一算法"
    )
    shown = text(client, reverse("balance:rule-set", args=[made.uid]))
    assert "判定采用：（毕业生－转入" in shown
    assert "巩固率算法" in shown
    for key in ("retention_reading", "transfers-at", "threshold", "primary", "may_miss"):
        assert key not in re.sub(r"<[^>]+>", "", shown), key


AREA_ROLES = [Role.DATA_OFFICER, Role.DISTRICT_OFFICER, Role.SUPERVISOR]


@pytest.mark.parametrize("role", AREA_ROLES)
def test_who_reads_an_area_sees_its_schools_and_no_others(
    world: World, published: Judgement, role: Role
) -> None:
    """The first school is of the eastern area; the western has others."""
    east, west = world.first.area, world.schools[1].area
    assert east is not None
    assert west is not None
    client = client_as(role, area=east)
    url = reverse("balance:area", args=[YEAR, east.uid])
    assert client.get(reverse("balance:index")).url == url
    page = text(client, url)
    inside = [s for s in world.schools if s.area_id == east.pk]
    outside = [s for s in world.schools if s.area_id != east.pk]
    assert inside
    assert outside
    assert all(school.name in page for school in inside)
    assert not any(school.name in page for school in outside)
    assert west.name not in page
    assert "泰尔" in page
    for name in ("school", "values", "exceptions"):
        own = text(client, reverse(f"balance:{name}", args=[YEAR, world.first.uid]))
        assert not any(school.name in own for school in outside)
        assert client.get(reverse(f"balance:{name}", args=[YEAR, outside[0].uid])).status_code == 404
    report = reverse("balance:school-report", args=[YEAR, world.first.uid, "html"])
    assert client.get(report).status_code == 200
    assert client.get(reverse("balance:area", args=[YEAR, west.uid])).status_code == 404
    for foreign in (*pages(world).values(), *keeper_pages().values()):
        assert client.get(foreign).status_code == 403, foreign
    typed = client.post(reverse("balance:values", args=[YEAR, world.first.uid]), {"__music_rooms": "3"})
    assert typed.status_code == 403
    assert Value.objects.filter(fact="music_rooms").count() == 0


def test_every_number_in_the_sentences_of_an_area_stands_in_a_figure(
    world: World, published: Judgement
) -> None:
    assert world.first.area is not None
    actor = make.make_actor(Role.SUPERVISOR, area=world.first.area)
    material = area_material(actor, published, world.first.area)
    blocks = area_blocks(material, world.first.area.name)
    figures = figures_of(blocks)
    said = [sentence_text(one, figures) for block in blocks for one in sentences_of(block)]
    assert any(world.first.name in one for one in said), said
    shares = next(f for f in figures.values() if f.code == "area-spread")
    held = {(c["stage"], c["code"]): c for c in published.findings["coefficients"]}
    for row in shares.rows:
        stage, code = row.key.split()
        own = next(a for a in held[stage, code]["areas"] if a["area"] == world.first.area.name)
        assert row.cells[3] == own["share_t"]


def test_a_form_that_cannot_be_kept_says_why_and_keeps_what_was_typed(
    world: World, published: Judgement
) -> None:
    client = client_as(Role.DISTRICT_OFFICER)
    url = reverse("balance:item", args=[YEAR, "Q01"])
    before = Item.objects.get(year=world.year, code="Q01").office
    page = client.post(
        url, {"what": "state", "office": "督导室", "due": "someday", "work": "open", "remark": ""}
    )
    assert page.status_code == 200
    assert "督导室" in page.content.decode()
    assert page.context["state"].errors["due"]
    assert Item.objects.get(year=world.year, code="Q01").office == before
    kept = client.post(url, {"what": "state", "office": "督导室", "due": "", "work": "open", "remark": ""})
    assert kept.status_code == 302
    assert Item.objects.get(year=world.year, code="Q01").office == "督导室"
    missing = client.post(reverse("balance:rules-upload"), {"version": "x", "reason": "y"}, follow=True)
    assert "规则文件" in missing.content.decode() or "TOML" in missing.content.decode()
    assert list(missing.context["messages"])
    large = SimpleUploadedFile("rules.toml", b"#" * 300_001)
    told = client.post(
        reverse("balance:rules-upload"), {"version": "x", "reason": "y", "file": large}, follow=True
    )
    assert "文件过大" in told.content.decode()
    assert RuleSet.objects.count() == 1
