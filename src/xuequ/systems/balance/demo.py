"""The demo's balance: three years of figures, nearer to passing each year, with a few items that still fail."""

import io
from decimal import Decimal
from typing import Any

import numpy as np
from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.district.models import RoleAssignment, School, SchoolYear
from xuequ.kit.demo.plan import Part, SchoolPlan
from xuequ.kit.demo.timeline import year_code
from xuequ.record import evidence
from xuequ.systems.balance import actions, official, queries
from xuequ.systems.balance.book import Book, SchoolPlace
from xuequ.systems.balance.choices import Ground, Source, Work
from xuequ.systems.balance.imports import actions as imports
from xuequ.systems.balance.items import actions as items
from xuequ.systems.balance.models import Item
from xuequ.systems.balance.rules import actions as rules
from xuequ.systems.balance.trials import actions as trials
from xuequ.systems.balance.trials.changes import Change
from xuequ.systems.balance.values import actions as values

YEARS = 3
SPREAD = (0.42, 0.30, 0.19)
"""How far schools lie apart (log scale), year by year: the district evens out."""
BEHIND = (0.5, 0.25, 0.0)
"""Which share of the schools without a part is still below some threshold."""
# Thresholds per pupil: qualified, backbone, sport and arts teachers, rooms, grounds, equipment in 元, multimedia.
ASKED = {
    "primary": (0.042, 0.01, 0.009, 4.5, 7.5, 2000.0, 0.023),
    "junior": (0.053, 0.01, 0.009, 5.8, 10.2, 2500.0, 0.024),
}
AMPLE = (1.22, 1.30, 1.25, 1.18, 1.12, 1.35, 1.28)
"""How much more than asked for the average school has, by item."""
STRUGGLING = (1.06, 0.82, 1.05, 1.04, 0.78, 0.93, 0.74)
RISING = (
    (0.86, 0.7, 0.9, 1.02, 1.02, 0.6, 0.62),
    (0.98, 0.9, 1.05, 1.03, 1.03, 0.84, 0.9),
    (1.1, 1.06, 1.1, 1.04, 1.04, 1.1, 1.22),
)
LAVISH = 4.2
"""What the famed primary school has of equipment: one school alone that keeps a coefficient above its limit."""
LATE_GROUNDS = 0.9
"""One school reaches nine tenths of its grounds only: it complies with one item below."""
YES = (
    "layout_rational", "standards_uniform", "posts_allotted_by_county", "places_favour_rural", "left_behind_cared_for",
    "digital_teaching_skilled", "moral_culture_good", "curriculum_complete", "no_heavy_burden",
)  # fmt: skip
NO = ("exam_or_chosen_admission", "posts_left_unfilled", "grave_incident", "falsified")
COUNTY: dict[str, str] = {
    "small_schools": "0", "small_schools_funded_as_100": "0", "special_funds_per_pupil_yuan": "8600",
    "teacher_pay_yuan": "171200", "civil_servant_pay_yuan": "168900", "teachers_due_360_hours": "1204",
    "teachers_with_360_hours": "1187", "teachers_due_exchange": "640", "teachers_exchanged": "83",
    "backbone_exchanged": "21", "teachers": "2316", "teachers_certified": "2316", "primary_entrants": "3120",
    "primary_entrants_by_zone": "3120", "junior_entrants": "2210", "junior_entrants_by_zone": "2148",
    "good_senior_places": "1200", "good_senior_places_shared_out": "660", "migrants": "5230",
    "migrants_in_public_places": "4716", "graduates": "1958", "entrants": "2040", "transferred_in": "31",
    "transferred_out": "60", "died": "0", "disabled_children": "142", "disabled_enrolled": "138",
    "satisfaction": "0.913",
}  # fmt: skip
"""Round figures of a district that does not exist; the monitoring results of item Q09 have not come yet."""
SHEETS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "G12": ("专任教师持证上岗汇总", (("专任教师", "teachers"), ("其中持证", "teachers_certified"))),
    "G05": ("各校班额核查汇总", (("小学班额上限", "45"), ("初中班额上限", "50"))),
}
"""What offices hand in: title, and names with the figure that stands beside each."""


def build(demo: Any) -> None:
    """Write three years of figures, judge and publish each, and leave a few things for people to do."""
    years = [demo.timeline.running - back for back in range(YEARS - 1, -1, -1)]
    rows = list(queries.judged_schools())
    plans = _plans(demo)
    tiny = next((row for row in rows if plans[row.pk].part == Part.TINY), None)
    for place, first in enumerate(years):
        year = SchoolYear.objects.filter(code=year_code(first)).first()
        if year is None:
            continue
        demo.progress(place / YEARS, str(_("Balance of %(year)s") % {"year": year.code}))
        with transaction.atomic():
            values.take_known(actor=demo.actor, year=year)
            _write_schools(demo, year, place, plans, rows, newest=place == len(years) - 1)
            _write_county(demo, year, place)
            _judge(demo, year, tiny)
    _leave_work(demo)


def _plans(demo: Any) -> dict[int, SchoolPlan]:
    """The invented school behind each row, found by its short name."""
    plans = {plan.short_name: plan for plan in demo.schools}
    rows = School.objects.filter(study=None, short_name__in=plans)
    return {row.pk: plans[row.short_name] for row in rows}


def _judge(demo: Any, year: SchoolYear, tiny: School | None) -> None:
    rules.ship()
    items.ensure(year, list(items.OFFICES))
    _back(demo, year)
    if tiny is not None:
        _except(demo, year, tiny)
    try:
        actions.publish(actor=demo.actor, judgement=actions.judge_year(actor=demo.actor, year=year))
    except Refused:
        return  # a year without pupils in the roster has nothing to judge


def _factors(rng: np.random.Generator, plan: SchoolPlan, place: int, late: bool) -> tuple[float, ...]:
    """What a school has of each item, as a multiple of what is asked for."""
    drawn = rng.normal(0, 1, len(AMPLE))
    behind = bool(rng.random() < BEHIND[place])
    if plan.part == Part.STRUGGLING:
        return tuple(f * (0.88 + 0.06 * place) for f in STRUGGLING)
    if plan.part == Part.RISING:
        return RISING[place]
    ample = 1.15 if plan.part in (Part.FAMED, Part.STRONG) else 1.0
    found = [a * ample * float(np.exp(SPREAD[place] * z)) for a, z in zip(AMPLE, drawn, strict=True)]
    floors = [0.8 if behind and item in (1, 4, 6) else 1.01 for item in range(len(found))]
    found = [max(one, floor) for one, floor in zip(found, floors, strict=True)]
    if plan.part == Part.FAMED and plan.stage == Stage.PRIMARY:
        found[5] = LAVISH
    if late:
        found[4] = LATE_GROUNDS
    return tuple(found)


def _write_schools(
    demo: Any,
    year: SchoolYear,
    place: int,
    plans: dict[int, SchoolPlan],
    rows: "list[School]",
    *,
    newest: bool,
) -> None:
    rng = demo.rng("balance schools")
    book = queries.book_of(year, rows)
    late = next((s.pk for s in book.schools if plans[s.pk].part == Part.NONE), 0)
    given: dict[tuple[int, str, str], Decimal] = {}
    for school in book.schools:
        own = np.random.default_rng(rng.integers(2**32))
        factors = _factors(own, plans[school.pk], place, late=school.pk == late)
        given |= _school_values(book, school, factors, tiny=plans[school.pk].part == Part.TINY)
    if newest:
        _import(demo, year, book.changed(given))
        return
    values.store(
        actor=demo.actor, year=year, source=Source.STATISTICS, day=year.start,
        given=[values.Given(pk, part, fact, number) for (pk, part, fact), number in given.items()],
    )  # fmt: skip


def _school_values(
    book: Book, school: SchoolPlace, factors: tuple[float, ...], *, tiny: bool
) -> dict[tuple[int, str, str], Decimal]:
    """All figures of a school; a nine-year school reports its teachers by part and its rooms as a whole."""
    found: dict[tuple[int, str, str], Decimal] = {}
    asked = np.zeros(len(AMPLE))
    for part in school.parts:
        pupils = book.pupils(school, part)
        if pupils:
            own = np.array(ASKED[part]) * pupils * np.array(factors)
            # What both parts share is cut by pupils, so the junior part's thresholds have to hold for all.
            asked += np.array(ASKED[school.parts[-1]]) * pupils * np.array(factors)
            if school.is_split and not tiny:
                found |= {(school.pk, part, fact): n for fact, n in _teachers(own).items()}
    if not asked.any():
        return {}
    if not school.is_split or tiny:
        found |= {(school.pk, "", fact): n for fact, n in _teachers(asked, tiny=tiny).items()}
    indoor = round(asked[4] * 0.08)
    whole = {
        "teaching_rooms_m2": np.ceil(asked[3]) + indoor, "indoor_sports_m2": indoor,
        "sports_grounds_m2": np.ceil(asked[4]) - indoor, "equipment_value_yuan": np.ceil(asked[5] / 100) * 100,
        "multimedia_rooms": np.ceil(asked[6]),
    }  # fmt: skip
    found |= {(school.pk, "", fact): Decimal(int(n)) for fact, n in whole.items()}
    return found | _whole_school(book, school)


def _teachers(asked: "np.ndarray[Any, Any]", *, tiny: bool = False) -> dict[str, Decimal]:
    """Teachers by degree and subject; a tiny school has one teacher of sport and shares those of the arts."""
    above, backbone, arts = (int(np.ceil(asked[k])) for k in range(3))
    doctors, masters = above // 60, above // 7
    sport = 1 if tiny else max(1, round(arts * 0.45))
    music = 0 if tiny else max(0, round((arts - sport) / 2))
    counts = {
        "teachers_college": 0, "teachers_bachelor": above - doctors - masters, "teachers_master": masters,
        "teachers_doctor": doctors, "backbone_teachers": backbone, "sport_teachers": sport, "music_teachers": music,
        "art_teachers": 0 if tiny else max(0, arts - sport - music), "arts_teachers": 0,
    }  # fmt: skip
    return {fact: Decimal(n) for fact, n in counts.items()}


def _whole_school(book: Book, school: SchoolPlace) -> dict[tuple[int, str, str], Decimal]:
    classes = int(book.values.get((school.pk, "", "classes"), Decimal(12)))
    pupils = sum(book.pupils(school, part) for part in school.parts)
    rooms = -(-classes // 12)
    funds = Decimal(pupils * 1150)
    numbers: dict[str, Decimal | int] = {
        "music_rooms": rooms, "art_rooms": rooms, "smallest_music_room_m2": 97, "smallest_art_room_m2": 92,
        "built_by_2016": 0, "charter": 1, "digital_management": 1, "public_funds_yuan": funds,
        "training_funds_yuan": (funds * Decimal("0.056")).quantize(Decimal(1)),
    }  # fmt: skip
    return {(school.pk, "", fact): Decimal(n) for fact, n in numbers.items()}


def _import(demo: Any, year: SchoolYear, book: Book) -> None:
    """The newest year comes as the statistics table does: a workbook, checked, stored, and to be undone if need be."""
    content = official.figures_workbook(book, filled=True)
    file = _file(content, f"{official.FIGURES}-{year.code}.xlsx")
    batch = imports.upload(actor=demo.actor, file=file, year=year)
    imports.confirm(actor=demo.actor, batch=batch)


def _write_county(demo: Any, year: SchoolYear, place: int) -> None:
    numbers = {code: Decimal(text) for code, text in COUNTY.items()}
    numbers |= dict.fromkeys(YES, Decimal(1)) | dict.fromkeys(NO, Decimal(0))
    if place == 0:
        numbers |= {"teachers_exchanged": Decimal(55), "satisfaction": Decimal("0.846")}
    values.type_county(actor=demo.actor, year=year, numbers=numbers)


def _back(demo: Any, year: SchoolYear) -> None:
    """Hand in evidence for the items that are answered with yes; one is still collecting."""
    titles = {
        "G01": "学校布局专项规划批复", "G02": "城乡统一标准落实情况说明", "G10": "教职工编制统筹分配方案",
        "G14": "优质高中名额分配方案", "G15": "留守儿童关爱与随迁子女就学情况", "Q05": "信息化应用水平抽查记录",
        "Q06": "德育与校园文化评估汇总", "Q07": "课程开设情况核查表", "Q08": "作业与考试管理督查记录",
    }  # fmt: skip
    for row in Item.objects.filter(year=year, code__in=titles).order_by("code"):
        if row.code == "Q05" and year.code == year_code(demo.timeline.running):
            continue
        piece = evidence.attach_note(
            actor=demo.actor,
            system="balance",
            school=None,
            title=titles[row.code],
            note=f"{year.code}学年，原件存科室。",
        )
        row.evidence.add(piece)
        row.work, row.changed = Work.READY, piece.uploaded
        row.save(update_fields=["work", "changed"])
    _hand_in(demo, Item.objects.get(year=year, code="G12"), f"教师资格证持证汇总-{year.code}.xlsx")
    _hand_in(demo, Item.objects.get(year=year, code="G05"), f"班额核查汇总-{year.code}.xlsx")


def _hand_in(demo: Any, row: Item, name: str) -> None:
    """Hand in a sheet, as offices do."""
    title, lines = SHEETS[row.code]
    content = _sheet([["项目", "数量"], *([name, str(COUNTY.get(fact, fact))] for name, fact in lines)])
    piece = evidence.attach_file(
        actor=demo.actor,
        system="balance",
        school=None,
        title=title,
        upload=_file(content, name),
    )
    row.evidence.add(piece)


def _sheet(rows: "list[list[str]]") -> bytes:
    from openpyxl import Workbook  # loaded for the demo alone

    book = Workbook()
    book.worksheets[0].title = "统计表"
    for line in rows:
        book.worksheets[0].append(line)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _file(content: bytes, name: str) -> "File[bytes]":
    file = File(io.BytesIO(content), name=name)
    file.size = len(content)
    return file


def _leave_work(demo: Any) -> None:
    """A figure in the wrong unit, one to confirm, and an objection: things that wait for people."""
    year = SchoolYear.objects.get(code=year_code(demo.timeline.running))
    heads = RoleAssignment.objects.filter(
        role=Role.HEAD, account__username__in=("demo-head", "demo-head-low")
    )
    for held in heads.select_related("account", "school").order_by("pk"):
        actor = Actor.of(held.account, demo.day)
        if held.school is not None and held.account.username == "demo-head":
            _mix_up(actor, year, held.school)
        elif held.school is not None:
            _object(actor, year, held.school)
    _leave_open(demo, year)
    _try_out(demo, year)


def _try_out(demo: Any, year: SchoolYear) -> None:
    """Two drafts of the officer's for the weakest school, to be set side by side."""
    found = queries.latest(demo.actor, year)
    weak = (
        found.schools.filter(weak=True).select_related("school").order_by("school__code") if found else None
    )
    row = weak.first() if weak is not None else None
    if row is None:
        return
    actor, school = Actor.of(demo.account("demo-officer"), demo.day), str(row.school.uid)
    rooms = Change(school, "", "multimedia_rooms", Decimal(5), more=True)
    devices = Change(school, "", "equipment_value_yuan", Decimal(120_000), more=True)
    trials.keep(actor=actor, year=year, name="先补网络多媒体教室", changes=[rooms])
    trials.keep(actor=actor, year=year, name="教室和仪器设备一起补", changes=[rooms, devices])


def _leave_open(demo: Any, year: SchoolYear) -> None:
    """A table from the equipment office that was checked and has cells to be corrected."""
    first, second = queries.judged_schools()[:2]
    rows = [
        ["学校名称", "网络多媒体教室数", "音乐专用教室数"],
        [first.name, "三十", "2"],
        ["云汀区启航小学", "26", "2"],
        [second.name, "28", "2"],
    ]
    imports.upload(actor=demo.actor, file=_file(_sheet(rows), "装备站补报表.xlsx"), year=year)


def _mix_up(actor: Actor, year: SchoolYear, school: School) -> None:
    """The school corrects its equipment and writes 万元 into a field of 元; its rooms wait for the district."""
    book = queries.book_of(year, [school])
    equipment = book.values.get((school.pk, "", "equipment_value_yuan"))
    rooms = book.values.get((school.pk, "", "multimedia_rooms"))
    if equipment is None or rooms is None:
        return
    wan = (equipment * Decimal("1.04") / 10_000).quantize(Decimal("0.01"))
    numbers = {("", "equipment_value_yuan"): wan, ("", "multimedia_rooms"): rooms + 2}
    values.type_in(actor=actor, year=year, school=school, numbers=numbers)


def _object(actor: Actor, year: SchoolYear, school: School) -> None:
    found = queries.latest(actor, year)
    row = found.schools.filter(school=school).select_related("school").first() if found is not None else None
    if row is not None and row.weak:
        text = "新运动场已于上月完工，验收后学校即补报面积；请复核后再认定。"
        actions.object_to(actor=actor, result=row, text=text)


def _except(demo: Any, year: SchoolYear, school: School) -> None:
    """A small school counts the teachers of the arts that it shares with others."""
    try:
        rules.allow(
            actor=demo.actor, year=year, school=school, part="primary", code="R3", ground=Ground.RURAL_SMALL,
            add=Decimal(1), reason="音乐、美术教师由片区走教，按规定计入",
        )  # fmt: skip
    except Refused:
        return  # in some years the school is not small enough
