"""Pages by role: who gets 200, 403 and 404, in how many queries, and what their buttons do."""

import datetime as dt
import io
import re
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import factories
from tests.factories import DAY
from tests.kit.score_sheets import workbook
from tests.systems.programmes.conftest import World, client_as, client_of
from tests.systems.programmes.test_projects import BUDGET, applied, judged, taken_up
from xuequ.core import clock
from xuequ.core.home import home_cards
from xuequ.core.models import Account, AuditEvent
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.approvals.models import Case
from xuequ.record.models import Evidence, ImportBatch, Run
from xuequ.systems.programmes.choices import InventoryKind, MoveKind, Source, Stage
from xuequ.systems.programmes.ledger import inventories, moves
from xuequ.systems.programmes.models import Booking, Device, Issue, Move, Project, Room, Use

MOST_QUERIES = 12


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "today", lambda: DAY)


def page(client: Client, name: str, *args: object, query: str = "") -> str:
    """Open a page that must work, in few queries."""
    url = reverse(f"programmes:{name}", args=args) + query
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == 200, (url, response.status_code)
    reads = [q for q in queries.captured_queries if q["sql"].startswith("SELECT")]
    assert len(reads) <= MOST_QUERIES, f"{len(reads)}\n" + "\n".join(q["sql"][:150] for q in reads)
    return response.content.decode()


def status(client: Client, name: str, *args: object) -> int:
    return client.get(reverse(f"programmes:{name}", args=args)).status_code


def post(client: Client, name: str, /, *args: object, **data: object) -> int:
    return client.post(reverse(f"programmes:{name}", args=args), data).status_code


def asked(world: World) -> Move:
    return moves.ask(
        actor=world.head, device=world.tablets, receiving=world.own, kind=MoveKind.FOR_GOOD, reason="课"
    )


LISTS = ("index", "ledger", "rooms", "bookings", "inventories", "moves", "projects")


@pytest.mark.parametrize(
    ("role", "place", "closed"),
    [
        (Role.BUREAU_LEADER, False, ()),
        (Role.DISTRICT_OFFICER, False, ()),
        (Role.RESEARCHER, False, ()),
        (Role.SUPERVISOR, False, ()),
        (Role.DATA_OFFICER, False, ()),
        (Role.FINANCE, False, ()),
        (Role.HEAD, True, ()),
        (Role.SCHOOL_ADMINISTRATOR, True, ()),
        (Role.TEACHER, True, ("moves", "projects")),
        (Role.CLASS_TEACHER, True, ("moves", "projects")),
        (Role.GUARDIAN, False, LISTS),
        (Role.PUPIL, False, LISTS),
        (Role.OUTSIDE_INSTRUCTOR, True, LISTS),
    ],
)
def test_who_enters_which_list(world: World, role: Role, place: bool, closed: tuple[str, ...]) -> None:
    client = client_as(role, **({"school": world.own} if place else {}))
    for name in LISTS:
        if name in closed:
            assert status(client, name) == 403, name
        else:
            page(client, name)


def test_an_expert_comes_to_the_projects_at_once(world: World) -> None:
    client = client_as(Role.EXPERT)
    assert client.get(reverse("programmes:index")).url == reverse("programmes:projects")
    page(client, "projects")
    assert status(client, "ledger") == 403
    assert status(client, "bookings") == 403


def test_a_school_sees_its_own_ledger_alone(world: World) -> None:
    client = client_of(world.far_head)
    listed = page(client, "ledger")
    assert "平板电脑" in listed
    assert "机器人套件" not in listed
    assert status(client, "device", world.robots.uid) == 404
    assert status(client, "room", world.ai_room.uid) == 404
    assert status(client, "plan", world.ai_room.uid) == 404
    export = client.get(reverse("programmes:ledger") + "?export=csv").content.decode("utf-8-sig")
    assert "B-7" in export
    assert "A-1" not in export
    assert AuditEvent.objects.filter(verb="programmes.ledger.exported").count() == 1


def test_an_offer_is_seen_by_other_schools_leaders_and_not_by_their_teachers(world: World) -> None:
    assert "平板电脑" in page(client_of(world.head), "moves")
    page(client_of(world.head), "device", world.tablets.uid)
    assert status(client_as(Role.TEACHER, school=world.own), "device", world.tablets.uid) == 404


@pytest.mark.parametrize(
    "query", ["?state=idle", "?state=ending", "?kind=robot", "?q=A-1", "?school=x", "?state=scrapped"]
)
def test_the_filters_of_the_ledger(world: World, query: str) -> None:
    page(client_of(world.officer), "ledger", query=query)


def test_one_tap_says_that_it_was_used(world: World) -> None:
    teacher = client_as(Role.TEACHER, school=world.own)
    page(teacher, "device", world.robots.uid)
    page(teacher, "room", world.ai_room.uid)
    assert post(teacher, "device-used", world.robots.uid) == 302
    assert post(teacher, "room-used", world.ai_room.uid) == 302
    assert Use.objects.count() == 2
    assert post(client_of(world.far_head), "device-used", world.robots.uid) == 404
    assert post(client_of(world.leader), "device-used", world.robots.uid) == 403


def test_a_keeper_enters_changes_divides_and_scraps(world: World) -> None:
    head = client_of(world.head)
    page(head, "device-new")
    data = {"kind": "tablet", "name": "新平板", "quantity": 10, "value_yuan": "2.3万元"}
    assert post(head, "device-new", **data) == 302
    made = Device.objects.get(name="新平板")
    assert (made.school, made.value_yuan) == (world.own, Decimal(23_000))
    page(head, "device-edit", made.uid)
    assert post(head, "device-edit", made.uid, **{**data, "name": "新平板二"}) == 302
    made.refresh_from_db()
    assert (made.name, made.school) == ("新平板二", world.own)
    assert post(head, "device-divide", made.uid, pieces=4, number="") == 302
    assert post(head, "device-state", made.uid, state="in_repair") == 302
    page(head, "device-scrap", made.uid)
    assert post(head, "device-scrap", made.uid, day=DAY, reason="摔坏") == 302
    made.refresh_from_db()
    assert (made.quantity, made.state) == (6, "scrapped")
    teacher = client_as(Role.TEACHER, school=world.own)
    assert status(teacher, "device-new") == 403
    assert status(teacher, "device-edit", made.uid) == 403
    assert status(client_of(world.far_head), "device-edit", made.uid) == 404


def test_a_sum_without_a_unit_that_could_be_wan_is_asked_about(world: World) -> None:
    head = client_of(world.head)
    data = {"kind": "tablet", "name": "新平板", "quantity": 10, "value_yuan": "12"}
    response = head.post(reverse("programmes:device-new"), data)
    assert response.status_code == 200
    assert "12 元还是 12 万元" in response.content.decode()
    assert not Device.objects.filter(name="新平板").exists()


def test_a_room_is_entered_and_changed(world: World) -> None:
    head = client_of(world.head)
    assert post(head, "room-new", kind="sport", name="体育馆", seats=0) == 302
    room = Room.objects.get(name="体育馆")
    page(head, "room-edit", room.uid)
    assert (
        post(
            head, "room-edit", room.uid, kind="sport", name="体育馆", closed="2026-01-01", opened="2027-01-01"
        )
        == 200
    )
    assert post(head, "room-new", kind="sport", name="体育馆") == 200
    assert Room.objects.filter(name="体育馆").count() == 1


def test_labels_are_printed_for_own_things_only(world: World) -> None:
    response = client_of(world.head).get(reverse("programmes:labels"))
    assert response.content.startswith(b"%PDF")
    assert AuditEvent.objects.get(verb="programmes.labels.printed").data == {"labels": 1}
    assert status(client_as(Role.TEACHER, school=world.own), "labels") == 403
    assert status(client_as(Role.HEAD, school=world.bare), "labels") == 302


def test_a_move_by_its_pages(world: World) -> None:
    head, far = client_of(world.head), client_of(world.far_head)
    page(head, "move-new", world.tablets.uid)
    data = {"receiving": world.own.uid, "kind": "for_good", "reason": "编程课"}
    assert post(head, "move-new", world.tablets.uid, **data) == 302
    move = Move.objects.get()
    page(far, "move", move.uid)
    page(far, "moves")
    assert status(client_as(Role.HEAD, school=world.bare), "move", move.uid) == 404
    assert status(client_as(Role.TEACHER, school=world.own), "move", move.uid) == 403
    assert post(head, "move-act", move.uid, "agree") == 403
    assert post(far, "move-act", move.uid, "agree") == 302
    assert post(far, "move-act", move.uid, "give") == 302
    assert post(head, "move-act", move.uid, "dance") == 404
    assert post(head, "move-act", move.uid, "receive") == 302
    world.tablets.refresh_from_db()
    assert world.tablets.school == world.own
    page(client_of(world.leader), "move", move.uid)


def test_an_inventory_on_a_phone(world: World) -> None:
    head = client_of(world.head)
    assert post(head, "inventories", school=world.own.uid, kind="own") == 302
    found = world.own.inventories.get()
    line = found.lines.get()
    page(head, "inventory", found.uid)
    assert "id_state" in page(head, "device", world.robots.uid)
    assert post(head, "inventory-mark", found.uid, line.uid, answer="found") == 302
    assert post(head, "inventory-mark", found.uid, line.uid, answer="maybe") == 404
    assert post(head, "inventory-close", found.uid) == 302
    page(head, "inventory", found.uid)
    far = client_of(world.far_head)
    assert status(far, "inventory", found.uid) == 404
    assert post(far, "inventories", school=world.own.uid, kind="own") == 200
    assert post(client_as(Role.TEACHER, school=world.own), "inventories", kind="own") == 403
    inventories.open_inventory(actor=world.officer, school=world.own, kind=InventoryKind.SPOT)
    page(client_of(world.officer), "inventories")


def test_a_list_is_brought_in_by_its_pages(world: World) -> None:
    head = client_of(world.head)
    page(head, "import-new")
    file = workbook([("名称", "数量"), ("机器人", 3)])
    upload = SimpleUploadedFile("台账.xlsx", file.read())
    assert post(head, "import-new", school=world.own.uid, file=upload) == 302
    batch = ImportBatch.objects.get()
    page(head, "import", batch.uid)
    assert status(client_of(world.far_head), "import", batch.uid) == 404
    assert status(client_as(Role.TEACHER, school=world.own), "import", batch.uid) == 403
    assert post(head, "import-act", batch.uid, "store") == 302
    assert Device.objects.filter(batch=batch).count() == 1
    page(head, "import", batch.uid)
    assert post(head, "import-act", batch.uid, "undo") == 302
    assert not Device.objects.filter(batch=batch).exists()
    page(head, "import", batch.uid)
    assert head.get(reverse("programmes:import-template")).content.startswith(b"PK")
    newer = workbook([("资产编号", "名称", "数量", "类别"), ("A-1", "机器人套件", 30, "")])
    assert (
        post(head, "import-new", school=world.own.uid, file=SimpleUploadedFile("新.xlsx", newer.read()))
        == 302
    )
    shown = page(head, "import", ImportBatch.objects.order_by("-pk").first().uid)
    assert "将要更改的内容" in shown
    assert ">24<" in shown
    assert ">30<" in shown
    bad = SimpleUploadedFile("台账.xlsx", io.BytesIO(b"PK\x03\x04").getvalue())
    assert post(head, "import-new", school=world.own.uid, file=bad) == 200


def test_a_room_is_booked_by_its_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: dt.datetime.combine(DAY, dt.time(1), dt.UTC))
    account = factories.make_account(Role.TEACHER, school=world.own)
    teacher = client_of(Actor.of(account, DAY))
    page(teacher, "plan", world.ai_room.uid)
    data = {
        "school": world.own.uid,
        "day": DAY,
        "start": "14:00",
        "end": "14:40",
        "purpose": "ai_lesson",
        "lessons": 1,
    }
    assert post(teacher, "plan", world.ai_room.uid, **data) == 302
    response = teacher.post(reverse("programmes:plan", args=[world.ai_room.uid]), data)
    assert "14:00" in response.content.decode()
    found = Booking.objects.get()
    page(teacher, "plan", world.ai_room.uid, query=f"?week={DAY}")
    page(teacher, "plan", world.ai_room.uid, query="?week=never")
    page(client_of(world.officer), "bookings")
    assert post(client_of(world.far_head), "booking-cancel", found.uid) == 404
    assert post(client_as(Role.TEACHER, school=world.own), "booking-cancel", found.uid) == 403
    assert post(teacher, "booking-cancel", found.uid) == 302
    found.refresh_from_db()
    assert found.cancelled is not None


def test_who_books_or_cancels_sees_the_week_of_the_booking_or_the_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: dt.datetime.combine(DAY, dt.time(1), dt.UTC))
    head, day = client_of(world.head), DAY + dt.timedelta(days=14)
    address = reverse("programmes:plan", args=[world.robots.uid])
    data = {"day": day, "start": "08:00", "end": "08:40", "purpose": "ai_lesson", "lessons": 1}
    booked = head.post(address, {"school": world.own.uid, **data})
    assert booked["Location"] == f"{address}?week={day}"
    found = Booking.objects.get()
    Device.objects.filter(pk=world.robots.pk).update(bookable=False)
    cancelled = head.post(reverse("programmes:booking-cancel", args=[found.uid]))
    assert cancelled["Location"] == reverse("programmes:bookings"), "its plan is not there any more"


def test_the_ledger_is_counted_by_its_button(world: World) -> None:
    assert post(client_of(world.head), "publish") == 403
    assert post(client_of(world.officer), "publish") == 302
    assert Run.objects.filter(system="programmes").count() == 1


def test_who_opens_a_project(world: World) -> None:
    project = applied(world.head, world.own)
    for actor in (world.head, world.officer, world.leader, world.finance):
        client = client_of(actor)
        page(client, "project", project.uid)
        page(client, "project-history", project.uid)
    for actor in (world.far_head, factories.make_actor(Role.EXPERT)):
        assert status(client_of(actor), "project", project.uid) == 404
    assert status(client_as(Role.TEACHER, school=world.own), "project", project.uid) == 403
    assert status(client_of(world.head), "group") == 403
    page(client_of(world.leader), "group")


@pytest.mark.parametrize("stage", list(Stage))
def test_a_project_is_shown_in_every_stage_in_few_queries(world: World, stage: Stage) -> None:
    project = taken_up(world)
    Project.objects.filter(pk=project.pk).update(stage=stage)
    for actor in (world.head, world.officer, world.finance):
        page(client_of(actor), "project", project.uid)


def test_a_school_applies_by_the_form(world: World) -> None:
    head = client_of(world.head)
    page(head, "project-new")
    data = {
        "title": "阅读角",
        "purpose": "缺书",
        "expected": "每天",
        "expected_uses": 100,
        "due": "2026-12-01",
    }
    response = head.post(reverse("programmes:project-new"), {**data, "budget": "35"})
    assert "35 元还是 35 万元" in response.content.decode()
    assert post(head, "project-new", **data, budget="35万元") == 302
    project = Project.objects.get()
    assert (project.school, project.funds.get().budget_yuan) == (world.own, Decimal(350_000))
    edit = page(head, "project-edit", project.uid)
    assert "35万元" in edit
    assert post(head, "project-edit", project.uid, **data, budget="40万", base=base_of(edit)) == 302
    assert project.funds.get().budget_yuan == Decimal(400_000)
    assert post(head, "project-move-on", project.uid) == 302
    project.refresh_from_db()
    assert project.stage == Stage.APPRAISAL
    assert status(head, "project-edit", project.uid) == 404
    page(client_of(world.officer), "project-edit", project.uid)


def base_of(shown: str) -> str:
    """The version of the application that a page was written with."""
    found = re.search(r'name="base" value="([^"]*)"', shown)
    assert found is not None
    return found[1]


def test_of_two_who_change_an_application_the_second_is_told_and_loses_no_word(world: World) -> None:
    officer, head = client_of(world.officer), client_of(world.head)
    data = {
        "title": "阅读角",
        "purpose": "缺书",
        "expected": "每天",
        "expected_uses": 100,
        "due": "2026-12-01",
    }
    assert post(head, "project-new", **data, budget="35万元") == 302
    project = Project.objects.get()
    address = reverse("programmes:project-edit", args=[project.uid])
    base = base_of(page(head, "project-edit", project.uid))
    district = {"school": world.own.pk, "schools": [world.own.pk, world.far.pk], "budget": "35万元"}
    assert officer.post(address, {**data, **district, "purpose": "缺书架", "base": base}).status_code == 302
    mine = {**data, "purpose": "缺书\n也缺灯", "budget": "60万元"}
    told = head.post(address, {**mine, "base": base})
    shown = told.content.decode()
    assert told.status_code == 200
    assert all(words in shown for words in ("也缺灯", "60万元", "缺书架", "350,000.00"))
    project.refresh_from_db()
    assert (project.purpose, project.funds.get().budget_yuan) == ("缺书架", Decimal(350_000))
    assert head.post(address, {**mine, "base": base_of(shown)}).status_code == 302
    project.refresh_from_db()
    assert (project.purpose.split(), project.funds.get().budget_yuan) == (
        ["缺书", "也缺灯"],
        Decimal(600_000),
    )
    assert set(project.schools.all()) == {world.own, world.far}, "the district's choice of schools stays"
    again = {**mine, "base": base}
    assert head.post(address, again).status_code == 302, "who types what is stored takes nothing away"


def test_the_steps_of_a_project_by_their_forms(world: World) -> None:
    project = judged(world, applied(world.head, world.own))
    officer, head = client_of(world.officer), client_of(world.head)
    expert = client_as(Role.EXPERT)
    page(expert, "project-act", project.uid, "opinion")
    assert post(expert, "project-act", project.uid, "opinion", verdict="for", words="好") == 302
    assert post(officer, "project-put-before", project.uid) == 302
    case = Case.objects.get()
    leader = client_of(world.leader)
    shown = leader.get(reverse("office:approvals-case", args=[case.uid]))
    assert "智慧阅读" in shown.content.decode()
    assert leader.post(
        reverse("office:approvals-decide", args=[case.uid]), {"verdict": "approved", "turn": case.turn}
    ).status_code in {200, 302}
    Project.objects.filter(pk=project.pk).update(stage=Stage.PROCUREMENT)
    page(head, "project-act", project.uid, "contract")
    data = {
        "title": "设备",
        "supplier": "虚构公司",
        "way": "inquiry",
        "source": "budget",
        "sum_yuan": "65万元",
        "signed": DAY,
    }
    assert post(head, "project-act", project.uid, "contract", **data) == 200
    assert post(head, "project-act", project.uid, "contract", **data, over="涨价") == 302
    contract = project.contracts.get()
    finance = client_of(world.finance)
    page(finance, "project-act", project.uid, "payment")
    pay = {"contract": contract.pk, "amount_yuan": "650001元", "paid": DAY}
    assert post(finance, "project-act", project.uid, "payment", **pay) == 200
    assert post(finance, "project-act", project.uid, "payment", **{**pay, "amount_yuan": "65万元"}) == 302
    assert post(head, "project-move-on", project.uid) == 302
    assert post(head, "project-act", project.uid, "milestone", title="到货", due=DAY) == 302
    stone = project.milestones.get()
    page(head, "milestone", stone.uid)
    page(head, "milestone-day", stone.uid)
    assert status(client_of(world.finance), "milestone-day", stone.uid) == 404
    later = DAY + dt.timedelta(days=5)
    assert post(head, "milestone-day", stone.uid, due=later, words="") == 200
    assert post(head, "milestone-day", stone.uid, due=later, words="等场地") == 302
    assert "等场地" in page(head, "project-history", project.uid)
    assert post(head, "milestone", stone.uid, done=DAY) == 200
    assert not Evidence.objects.exists()
    picture = SimpleUploadedFile("单.pdf", b"%PDF-1.4 x")
    assert post(head, "milestone", stone.uid, done=DAY, proof=picture) == 302
    assert post(head, "milestone", stone.uid, done=DAY, seen="又报一次") == 200
    assert status(head, "milestone", stone.uid) == 302, "once reached, only its day is corrected"
    page(head, "milestone-day", stone.uid)
    assert post(head, "milestone-day", stone.uid, done=DAY - dt.timedelta(days=1), words="日期写错") == 302
    assert "日期写错" in page(head, "project-history", project.uid)
    piece = Evidence.objects.get()
    assert client_of(world.leader).get(reverse("programmes:proof", args=[piece.uid])).content == b"%PDF-1.4 x"
    assert status(client_of(world.far_head), "proof", piece.uid) == 404
    _withdrawn_by_its_page(world, head, project, piece)
    assert post(head, "project-move-on", project.uid) == 302
    assert status(head, "project-act", project.uid, "acceptance") == 404
    page(officer, "project-act", project.uid, "acceptance")
    record = {"day": DAY, "verdict": "passed", "group": "装备中心", "words": "齐全", "seen": "现场清点"}
    assert post(officer, "project-act", project.uid, "acceptance", **record) == 302
    assert post(officer, "project-move-on", project.uid) == 302
    page(head, "project-act", project.uid, "use")
    assert post(head, "project-act", project.uid, "use", term="2025-2026-1", uses=80, words="") == 302
    assert post(head, "project-act", project.uid, "issue", title="慢", owner="信息中心", due=DAY) == 302
    issue = Issue.objects.get()
    page(head, "issue", issue.uid)
    assert post(head, "issue", issue.uid, outcome="换了") == 200
    assert post(head, "issue", issue.uid, outcome="换了", seen="已换交换机") == 302
    assert status(head, "issue", issue.uid) == 404
    assert post(head, "project-act", project.uid, "evidence") == 200
    assert post(head, "project-act", project.uid, "evidence", seen="合影") == 302
    for form in ("pdf", "docx", "xlsx", "html"):
        assert status(head, "project-report", project.uid, form) == 200
    assert status(head, "project-report", project.uid, "exe") == 404
    assert post(officer, "project-move-on", project.uid) == 302
    project.refresh_from_db()
    assert project.stage == Stage.DONE
    assert status(head, "project-act", project.uid, "issue") == 404
    assert status(head, "project-act", project.uid, "nonsense") == 404
    page(head, "project-history", project.uid)


def test_a_project_is_stopped_by_its_page(world: World) -> None:
    project = applied(world.head, world.own)
    assert status(client_of(world.head), "project-act", project.uid, "stop") == 404
    assert post(client_of(world.officer), "project-act", project.uid, "stop", words="重复") == 302


def test_the_leading_groups_page_leaves_as_a_file(world: World) -> None:
    applied(world.officer)
    leader = client_of(world.leader)
    for form in ("pdf", "docx", "xlsx", "html"):
        assert status(leader, "group-report", form) == 200
    assert status(leader, "group-report", "exe") == 404
    assert status(client_of(world.head), "group-report", "pdf") == 403


def test_the_home_card_asks_one_question(world: World) -> None:
    project = taken_up(world)
    project.milestones.create(title="安装", due=DAY - dt.timedelta(days=3))
    asked(world)
    for actor in (
        world.leader,
        world.officer,
        world.head,
        world.far_head,
        world.finance,
        factories.make_actor(Role.EXPERT),
    ):
        with CaptureQueriesContext(connection) as queries:
            home_cards(actor, "programmes")
        assert len(queries) <= 1
    assert "1" in str(home_cards(world.leader, "programmes")[0].text)
    assert home_cards(factories.make_actor(Role.TEACHER, school=world.own), "programmes") == []
    assert BUDGET[Source.BUDGET]


def test_the_api_shows_what_the_pages_show(world: World) -> None:
    head = client_of(world.head).get("/api/v1/programmes/devices").json()
    assert [row["number"] for row in head] == ["A-1"]
    rooms = client_of(world.officer).get("/api/v1/programmes/rooms").json()
    assert [row["name"] for row in rooms] == ["人工智能教室"]
    assert client_as(Role.GUARDIAN).get("/api/v1/programmes/devices").json() == []
    assert Client().get("/api/v1/programmes/devices").status_code in {401, 403}


def _withdrawn_by_its_page(world: World, head: Client, project: Project, piece: Evidence) -> None:
    page(head, "proof-withdraw", piece.uid)
    assert status(client_of(world.far_head), "proof-withdraw", piece.uid) == 404
    assert status(client_of(world.leader), "proof-withdraw", piece.uid) == 404
    assert post(head, "proof-withdraw", piece.uid, words="") == 200
    assert post(head, "proof-withdraw", piece.uid, words="传错了文件") == 302
    assert status(head, "proof", piece.uid) == 404
    assert status(head, "proof-withdraw", piece.uid) == 404
    assert "已撤回" in page(head, "project", project.uid)
    told = page(client_of(world.leader), "project-history", project.uid)
    assert "传错了文件" in told
    assert Account.objects.get(pk=world.head.account_id).username in told
    target = f"milestone-{project.milestones.get().pk}"
    assert target in page(head, "project-act", project.uid, "evidence")
    assert post(head, "project-act", project.uid, "evidence", target="issue-1", seen="重传") == 200
    assert post(head, "project-act", project.uid, "evidence", target=target, seen="重传") == 302


def test_ai_lessons_by_class_are_a_schools_own_and_the_districts(world: World) -> None:
    group = factories.make_class(world.own)
    start = dt.datetime.combine(DAY, dt.time(9), clock.SHANGHAI)
    Booking.objects.create(
        room=world.ai_room, school=world.own, school_class=group, purpose="ai_lesson", start=start,
        end=start + dt.timedelta(minutes=40), created=start, lessons=7,
    )  # fmt: skip
    for client in (
        client_of(world.officer),
        client_of(world.head),
        client_as(Role.CLASS_TEACHER, school=world.own),
    ):
        assert reverse("programmes:ai-lessons", args=[world.own.uid]) in page(client, "bookings")
        assert ">7<" in page(client, "ai-lessons", world.own.uid)
    assert status(client_of(world.far_head), "ai-lessons", world.own.uid) == 404
    assert status(client_of(world.officer), "ai-lessons", world.bare.uid) == 404
    assert status(client_as(Role.EXPERT), "ai-lessons", world.own.uid) == 403
