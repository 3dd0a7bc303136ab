"""The demo's rooms and devices: who has what, what is used, what stands idle, what moves between schools."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import numpy as np

from xuequ.core.clock import SHANGHAI
from xuequ.district.choices import Stage as Teaches
from xuequ.district.models import School, SchoolClass
from xuequ.kit.demo.context import DemoContext
from xuequ.kit.demo.plan import Part, SchoolPlan
from xuequ.kit.demo.timeline import spring_start, year_start
from xuequ.systems.programmes.choices import DeviceKind, DeviceState, Purpose, RoomKind
from xuequ.systems.programmes.models import Booking, Device, Project, Room, Use

PILOTS_OF_40 = 12
ROOM_RATES: dict[Part, float] = {
    Part.FAMED: 2.95, Part.STRONG: 2.7, Part.RISING: 2.45, Part.STRUGGLING: 1.85, Part.TINY: 4.5,
}  # fmt: skip
"""网络多媒体教室 for a hundred pupils; the rule of 2017 asks 2.3 of primary and 2.4 of junior schools."""
VALUES: dict[Part, int] = {
    Part.FAMED: 3400, Part.STRONG: 3100, Part.RISING: 2600, Part.STRUGGLING: 1700, Part.TINY: 5200,
}  # fmt: skip
"""教学仪器设备值 for a pupil in 元; the rule asks 2000 and 2500."""
WEEKLY = (2, 3, 1, 4, 2, 3, 2, 0, 3, 2, 1, 3, 2)
"""AI lessons a week in the pilot schools' AI classrooms, in their order; the one with none is the idle one."""
PERIODS = ((8, 30), (9, 20), (10, 15), (11, 5), (14, 30), (15, 20))
LESSON = dt.timedelta(minutes=40)
SETS = (
    ("科学实验仪器", 0.30), ("音乐器材", 0.16), ("美术器材", 0.10), ("体育器材", 0.20), ("劳动教育工具", 0.08),
    ("图书馆设备", 0.16),
)  # fmt: skip


@dataclass
class Stock:
    """What has been written for the ledger."""

    schools: list[School]
    pilots: list[int]
    rooms: list[Room] = field(default_factory=list)
    devices: list[Device] = field(default_factory=list)

    def ai_rooms(self) -> list[Room]:
        """The AI classrooms in the order of the pilot schools."""
        order = {self.schools[index].pk: place for place, index in enumerate(self.pilots)}
        return sorted((r for r in self.rooms if r.kind == RoomKind.AI), key=lambda r: order[r.school_id])


def pilots(demo: DemoContext) -> list[int]:
    """Return the indices of the pilot schools: those of the story that have a name for it first, weak ones never."""
    wanted = round(PILOTS_OF_40 * len(demo.schools) / 40)
    rank = {Part.RISING: 0, Part.STRONG: 1, Part.FAMED: 2, Part.RESHUFFLING: 3}
    fit = [
        i
        for i, plan in enumerate(demo.schools)
        if plan.part not in {Part.STRUGGLING, Part.TINY} and plan.sector == "public"
    ]
    fit.sort(key=lambda i: (rank.get(demo.schools[i].part, 9), demo.schools[i].stage == Teaches.PRIMARY, i))
    return fit[:wanted]


def write(demo: DemoContext, projects: dict[str, Project]) -> Stock:
    """Write rooms, devices, use and bookings."""
    schools = list(School.objects.of_district().order_by("code"))
    stock = Stock(schools, pilots(demo))
    rng = demo.rng("ledger")
    for index, plan in enumerate(demo.schools):
        stock.rooms += _rooms(demo, rng, stock, index, plan, projects)
    stock.rooms = list(Room.objects.bulk_create(stock.rooms, batch_size=500))
    by_school: dict[int, list[Room]] = {}
    for room in stock.rooms:
        by_school.setdefault(room.school_id, []).append(room)
    for index, plan in enumerate(demo.schools):
        own = by_school[stock.schools[index].pk]
        stock.devices += _devices(demo, rng, stock, index, plan, own, projects)
    stock.devices = list(Device.objects.bulk_create(stock.devices, batch_size=500))
    _uses(demo, rng, stock)
    _bookings(demo, rng, stock)
    return stock


def pupils_of(plan: SchoolPlan) -> int:
    """Return about how many pupils a school has."""
    return plan.primary_pupils * 6 + plan.junior_pupils * 3


def _rooms(
    demo: DemoContext,
    rng: np.random.Generator,
    stock: Stock,
    index: int,
    plan: SchoolPlan,
    projects: dict[str, Project],
) -> Iterator[Room]:
    school, pupils = stock.schools[index], pupils_of(plan)
    rate = ROOM_RATES.get(plan.part, float(rng.uniform(2.2, 2.85)))
    is_pilot = index in stock.pilots
    computer = 1 + (pupils > 900)
    plain = max(1, round(pupils * rate / 100) - computer - is_pilot)
    since = year_start(demo.timeline.first - 6)

    def room(kind: RoomKind, name: str, place: str, seats: int | None, **more: Any) -> Room:
        shows = kind in {RoomKind.AI, RoomKind.MULTIMEDIA, RoomKind.COMPUTER}
        given = {"opened": since, **more}
        return Room(school=school, kind=kind, name=name, place=place, seats=seats, shows=shows, **given)

    for number in range(plain):
        floor = number // 6 + 1
        yield room(RoomKind.MULTIMEDIA, f"多媒体教室{number + 1:02d}", f"教学楼{floor}层", plan.class_size)
    for number in range(computer):
        yield room(RoomKind.COMPUTER, f"计算机教室{number + 1}", "综合楼2层", 50)
    yield room(RoomKind.LABORATORY, "科学实验室", "综合楼1层", 48)
    yield room(RoomKind.ARTS, "音乐教室", "综合楼3层", 50)
    yield room(RoomKind.READING, "智慧阅读角", "图书馆", 30)
    yield room(RoomKind.SPORT, "智慧体育区", "操场东侧", None)
    if is_pilot:
        place = stock.pilots.index(index)
        wave = "ai-1" if place < (len(stock.pilots) + 1) // 2 else "ai-2"
        first = projects.get(wave)
        opened = dt.date(demo.timeline.first - (4 if wave == "ai-1" else 2), 9, 1)
        lendable = place in {0, 1, 4}
        for number in range(1 + (place == 0)):
            yield room(
                RoomKind.AI,
                f"人工智能教室{number + 1}" if place == 0 else "人工智能教室",
                "科技楼2层",
                48,
                opened=opened,
                project=first,
                lendable=lendable and number == 0,
            )


def _devices(
    demo: DemoContext,
    rng: np.random.Generator,
    stock: Stock,
    index: int,
    plan: SchoolPlan,
    rooms: list[Room],
    projects: dict[str, Project],
) -> Iterator[Device]:
    school, serial = stock.schools[index], iter(range(1, 10_000))
    year = demo.timeline.first

    def device(kind: DeviceKind, name: str, value: float, bought: dt.date, **more: Any) -> Device:
        more.setdefault("warranty", bought.replace(year=bought.year + 3))
        number = f"{index + 1:02d}-{next(serial):04d}"
        yuan = Decimal(round(value)).quantize(Decimal("0.01"))
        return Device(
            school=school, kind=kind, name=name, value_yuan=yuan, bought=bought, number=number, **more
        )

    made: list[Device] = []
    for room in rooms:
        bought = dt.date(year - int(rng.integers(0, 6)), int(rng.integers(3, 12)), int(rng.integers(1, 28)))
        if room.kind == RoomKind.MULTIMEDIA:
            made.append(
                device(
                    DeviceKind.SCREEN, "交互式智能平板", rng.choice([18500, 21800, 24600]), bought, room=room
                )
            )
        if room.kind == RoomKind.COMPUTER:
            made.append(
                device(
                    DeviceKind.COMPUTER,
                    "学生用计算机",
                    50 * 4300,
                    bought,
                    room=room,
                    quantity=50,
                    model="云终端",
                )
            )
        if room.kind == RoomKind.AI:
            made += _ai_devices(device, demo, room, stock.pilots.index(index), projects)
    made += _special(device, demo, rng, index, plan, rooms, projects)
    target = VALUES.get(plan.part, int(rng.uniform(2050, 2950))) * pupils_of(plan)
    left = max(60_000.0, target - sum(float(item.value_yuan or 0) for item in made))
    for name, share in SETS:
        bought = dt.date(year - int(rng.integers(1, 8)), int(rng.integers(3, 12)), 15)
        made.append(
            device(DeviceKind.INSTRUMENT, name, left * share, bought, quantity=int(rng.integers(20, 90)))
        )
    yield from made


def _ai_devices(
    device: Any, demo: DemoContext, room: Room, place: int, projects: dict[str, Project]
) -> list[Device]:
    opened = room.opened or demo.day
    day, project = opened - dt.timedelta(days=40), room.project
    soon = demo.day + dt.timedelta(days=38 if place == 0 else 160 + 20 * place)
    return [
        device(
            DeviceKind.ROBOT,
            "智能机器人套件",
            24 * 9600,
            day,
            room=room,
            quantity=24,
            model="UGOT 教育版",
            project=project,
            bookable=True,
        ),
        device(
            DeviceKind.COMPUTER,
            "编程用笔记本电脑",
            25 * 5200,
            day,
            room=room,
            quantity=25,
            project=project,
        ),
        device(DeviceKind.SCREEN, "86 寸智能交互平板", 26800, day, room=room, project=project),
        device(
            DeviceKind.LICENCE,
            "AI 编程平台（uCode）授权",
            48000,
            day,
            room=room,
            project=project,
            ends=soon,
            warranty=None,
        ),
    ]


def _special(
    device: Any,
    demo: DemoContext,
    rng: np.random.Generator,
    index: int,
    plan: SchoolPlan,
    rooms: list[Room],
    projects: dict[str, Project],
) -> list[Device]:
    year = demo.timeline.first
    reading = next(room for room in rooms if room.kind == RoomKind.READING)
    sport = next(room for room in rooms if room.kind == RoomKind.SPORT)
    made = []
    if plan.stage != Teaches.JUNIOR and index % 2 == 0:
        made.append(
            device(
                DeviceKind.READING,
                "智能阅读机",
                8 * 16500,
                dt.date(year + 1, 10, 20),
                room=reading,
                quantity=8,
                project=projects.get("reading"),
            )
        )
    if index % 5 == 1 or plan.part == Part.FAMED:
        made.append(
            device(
                DeviceKind.SPORT,
                "智慧体育训练一体机",
                4 * 56000,
                dt.date(demo.timeline.last, 11, 12),
                room=sport,
                quantity=4,
                project=projects.get("sport"),
            )
        )
    made.append(
        device(
            DeviceKind.TABLET,
            "学生平板电脑",
            50 * 2300,
            dt.date(year, 5, 16),
            quantity=50,
            bookable=True,
            offered=plan.part == Part.FAMED,
        )
    )
    if rng.random() < 0.5:
        made.append(
            device(
                DeviceKind.COMPUTER,
                "旧式台式计算机",
                30 * 3200,
                dt.date(year - 7, 4, 8),
                quantity=30,
                state=DeviceState.IN_STORE,
            )
        )
    if rng.random() < 0.3:
        made.append(
            device(
                DeviceKind.RECORDING,
                "移动录播设备",
                68000,
                dt.date(year - 1, 6, 2),
                state=DeviceState.IN_REPAIR,
            )
        )
    return made


def _school_days(demo: DemoContext, rng: np.random.Generator) -> list[dt.date]:
    """Return two days on which things were last used: lately, and before last summer."""
    running = demo.timeline.running
    lately = demo.day - dt.timedelta(days=int(rng.integers(1, 45)))
    before = dt.date(running, 6, int(rng.integers(8, 29)))
    return [day for day in (lately, before) if day <= demo.day]


def _uses(demo: DemoContext, rng: np.random.Generator, stock: Stock) -> None:
    """Rooms are used; sets without a room are, but for some; what the story leaves idle has no entry."""
    rows = []
    entered = dt.datetime.combine(demo.day, dt.time(16), SHANGHAI)
    for room in stock.rooms:
        quiet = {RoomKind.READING: 0.25, RoomKind.SPORT: 0.55, RoomKind.AI: 1.0}.get(
            RoomKind(room.kind), 0.03
        )
        if rng.random() >= quiet:
            rows += [Use(room=room, day=day, entered=entered) for day in set(_school_days(demo, rng))]
    for device in stock.devices:
        likely = 0.88 if device.kind == DeviceKind.INSTRUMENT else 0.6
        if device.room_id is None and device.state == DeviceState.IN_USE and rng.random() < likely:
            rows += [Use(device=device, day=day, entered=entered) for day in set(_school_days(demo, rng))]
    Use.objects.bulk_create(rows, batch_size=1000)


def _bookings(demo: DemoContext, rng: np.random.Generator, stock: Stock) -> None:
    classes: dict[int, list[SchoolClass]] = {}
    for group in SchoolClass.objects.order_by("pk"):
        if 0 <= demo.timeline.running - group.entry_year < (6 if group.entry_grade == 1 else 3):
            classes.setdefault(group.school_id, []).append(group)
    guest = next(i for i, plan in enumerate(demo.schools) if plan.part == Part.STRUGGLING)
    rows: list[Booking] = []
    for place, room in enumerate(stock.ai_rooms()):
        weekly = WEEKLY[place % len(WEEKLY)]
        own = classes.get(room.school_id, [])
        for week, monday in enumerate(_weeks(demo)):
            for turn in range(weekly):
                taught = own[(week * weekly + turn) % len(own)] if own else None
                rows.append(_booking(room, room.school, monday, place + turn, taught, week))
            if place == 0 and week % 2:
                rows.append(_booking(room, stock.schools[guest], monday, 5, None, week))
        if weekly > 2:
            rows += [_club(room, monday) for monday in _weeks(demo)]
    Booking.objects.bulk_create((row for row in rows if _held(rng, row)), batch_size=1000)


def _held(rng: np.random.Generator, booking: Booking) -> bool:
    """Now and then a lesson falls out."""
    return bool(rng.random() < 0.93)


def _weeks(demo: DemoContext) -> Iterable[dt.date]:
    """Return the Mondays of the weeks of teaching in the last two school years, and of the next two weeks."""
    last = demo.day + dt.timedelta(days=14)
    for year in (demo.timeline.running - 1, demo.timeline.running):
        for first, weeks in ((year_start(year), 19), (spring_start(year) + dt.timedelta(days=8), 18)):
            monday = first + dt.timedelta(days=(7 - first.weekday()) % 7)
            for week in range(weeks):
                if (day := monday + dt.timedelta(weeks=week)) <= last:
                    yield day


def _booking(
    room: Room, school: School, monday: dt.date, turn: int, group: SchoolClass | None, week: int
) -> Booking:
    day, period = monday + dt.timedelta(days=turn % 5), PERIODS[(turn // 5 + turn) % len(PERIODS)]
    start = dt.datetime.combine(day, dt.time(*period), SHANGHAI)
    return Booking(
        room=room,
        school=school,
        school_class=group,
        purpose=Purpose.AI_LESSON,
        title=("图像识别初步", "机器人巡线", "语音交互", "数据与决策")[week % 4],
        start=start,
        end=start + LESSON,
        created=start - dt.timedelta(days=10),
    )


def _club(room: Room, monday: dt.date) -> Booking:
    start = dt.datetime.combine(monday + dt.timedelta(days=3), dt.time(16, 20), SHANGHAI)
    return Booking(
        room=room,
        school=room.school,
        purpose=Purpose.CLUB,
        title="人工智能社团",
        start=start,
        end=start + dt.timedelta(minutes=80),
        lessons=2,
        created=start - dt.timedelta(days=10),
    )
