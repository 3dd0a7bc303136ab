"""The demo's moves between schools, inventories and spot checks: done, waiting for a word, waiting for a signature."""

import datetime as dt

from django.core.files.base import ContentFile

from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.choices import Role, Stage
from xuequ.district.models import RoleAssignment, School
from xuequ.kit.demo.context import DemoContext
from xuequ.kit.demo.plan import Part
from xuequ.systems.programmes.choices import DeviceKind, InventoryKind, MoveKind, Side
from xuequ.systems.programmes.counting import WINDOW
from xuequ.systems.programmes.demo_ledger import Stock
from xuequ.systems.programmes.ledger import actions, imports, inventories, moves
from xuequ.systems.programmes.ledger.facts import last_uses
from xuequ.systems.programmes.models import Device, Move

DAYS = dt.timedelta(days=1)


def write(demo: DemoContext, stock: Stock) -> None:
    """Let schools ask, agree and sign; let the district check two schools."""
    rising, weak = _junior(demo, stock, Part.RISING), _junior(demo, stock, Part.STRUGGLING)
    famed, strong = _junior(demo, stock, Part.FAMED), _junior(demo, stock, Part.STRONG)
    _done(demo, famed, weak)
    _ask(demo, _own(rising, DeviceKind.COMPUTER), rising, weak, MoveKind.LOAN, "机器人社团集训借用平板电脑")
    agreed = _ask(
        demo, _own(strong, DeviceKind.TABLET), strong, rising, MoveKind.FOR_GOOD, "编程课缺少平板电脑"
    )
    moves.decide(actor=_head(demo, rising), move=agreed, agree=True)
    _lent(demo, rising, _tiny(demo, stock))
    for school, seed in ((rising, 11), (famed, 12)):
        _spot_check(demo, school, seed)
    _list_to_answer(demo, rising)


def _junior(demo: DemoContext, stock: Stock, part: Part) -> School:
    found = [i for i, plan in enumerate(demo.schools) if plan.part == part and plan.stage == Stage.JUNIOR]
    return stock.schools[found[0]]


def _tiny(demo: DemoContext, stock: Stock) -> School:
    return stock.schools[next(i for i, plan in enumerate(demo.schools) if plan.part == Part.TINY)]


def _head(demo: DemoContext, school: School) -> Actor:
    row = RoleAssignment.objects.select_related("account").filter(role=Role.HEAD, school=school).first()
    account: Account = row.account if row is not None else demo.account("demo-head")
    return Actor.of(account, demo.day)


def _own(school: School, kind: DeviceKind) -> Device:
    return Device.objects.select_related("school").filter(school=school, kind=kind).order_by("pk")[0]


def _part(demo: DemoContext, giving: School, pieces: int) -> Device:
    number = f"{giving.code[-3:]}-{pieces:04d}"
    return actions.divide(
        actor=_head(demo, giving),
        device=_own(giving, DeviceKind.TABLET),
        pieces=pieces,
        number=number,
    )


def _ask(
    demo: DemoContext, device: Device, asking: School, receiving: School, kind: MoveKind, reason: str
) -> Move:
    until = demo.day + 60 * DAYS if kind == MoveKind.LOAN else None
    return moves.ask(
        actor=_head(demo, asking), device=device, receiving=receiving, kind=kind, reason=reason, until=until
    )


def _done(demo: DemoContext, giving: School, receiving: School) -> None:
    part = _part(demo, giving, 20)
    move = _ask(demo, part, giving, receiving, MoveKind.FOR_GOOD, "薄弱校课堂应用补充终端")
    _through(demo, move, giving, receiving)


def _lent(demo: DemoContext, giving: School, receiving: School) -> None:
    part = _part(demo, giving, 10)
    move = _ask(demo, part, giving, receiving, MoveKind.LOAN, "小规模学校人工智能课借用")
    _through(demo, move, giving, receiving)


def _through(demo: DemoContext, move: Move, giving: School, receiving: School) -> None:
    moves.decide(actor=_head(demo, receiving), move=move, agree=True)
    moves.sign(actor=_head(demo, giving), move=move, side=Side.GIVING)
    moves.sign(actor=_head(demo, receiving), move=move, side=Side.RECEIVING)


def _spot_check(demo: DemoContext, school: School, seed: int) -> None:
    officer = Actor.of(demo.account("demo-officer"), demo.day)
    check = inventories.open_inventory(actor=officer, school=school, kind=InventoryKind.SPOT, seed=seed)
    used = last_uses(demo.day)
    for place, line in enumerate(check.lines.select_related("device")):
        last = used.of(line.device)
        is_used = last is not None and last > demo.day - WINDOW
        # One entry was used although nobody had noted it, as spot checks find.
        inventories.mark(actor=officer, line=line, found=True, used=is_used or place == 0)
    inventories.close(actor=officer, inventory=check)


LIST = (
    "资产名称,类别,资产编号,数量,原值,购置日期,存放地点",
    "无人机编程套件,机器人,2026-0001,12,3.96,2026-09-12,人工智能教室1",
    "三维打印机,教学仪器,2026-0002,2,1.8,2026-09-12,科学实验室",
    "便携投影仪,投影,2026-0003,3,0.0012,2025-10-08,音乐教室",
)
"""A list as schools keep it: in GBK, and nobody wrote whether the values are 元 or 万元."""


def _list_to_answer(demo: DemoContext, school: School) -> None:
    """Let the school's administrator have a list half brought in: a question waits."""
    clerk = Actor.of(demo.account("demo-school"), demo.day)
    file = ContentFile("\r\n".join(LIST).encode("gb18030"), name="新增资产.csv")
    imports.upload(actor=clerk, file=file, school=school)
