"""The report on an audit: what was found, how it was drawn, and what anybody needs to draw and check it again."""

import hashlib
import json
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop, pgettext_lazy

from xuequ.core import clock
from xuequ.core.figures import Cell, Column, ColumnKind, Figure, FigureKind, Row
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Paragraph, Report, Sentence
from xuequ.district.models import District
from xuequ.systems.support.audits import wording
from xuequ.systems.support.audits.actions import repeats
from xuequ.systems.support.audits.models import Audit, Check

SEED = gettext_noop("The lot was drawn with the seed %(seed)s.")
LOT = gettext_noop(
    "Of %(lot)s fields %(share)s of each kind were drawn; the list that was drawn from has the fingerprint"
    " %(list)s."
)
CHANGED = gettext_noop(
    "%(changed)s fields that changed by more than %(most)s since the last round decided were looked at without a lot."
)
REPEATS = gettext_noop("Drawn again with this seed and this list, the same fields come out.")
DIFFERS = gettext_noop(
    "Drawn again with this seed and this list, other fields come out: the list was altered."
)
HASHES = gettext_noop(
    "The evidence of %(hashed)s fields is kept by its fingerprint as it was when drawn, so that a later change is seen."
)


def list_digest(row: Audit) -> str:
    """Return the SHA-256 of what was drawn from and taken without a lot, as canonical JSON."""
    whole = json.dumps({"lot": row.lot, "changed": row.changed}, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()


def audit_report(row: Audit, checks: Sequence[Check], district: District | None) -> Report:
    """Return the report in the layout of official documents; its stamp is the draw's or the last finding's."""
    latest = max((at for check in checks for at in (check.found, check.settled) if at), default=row.drawn)
    return Report(
        title=_("Report on a sampling audit of the special fund"),
        subtitle=" · ".join([row.round.title, f"{row.drawn.astimezone(clock.SHANGHAI):%Y-%m-%d}"]),
        issuer=(district.bureau or district.name) if district is not None else "",
        stamp=latest.astimezone(clock.SHANGHAI).replace(microsecond=0).isoformat(),
        run=None,
        blocks=tuple(_blocks(row, checks)),
    )


def _blocks(row: Audit, checks: Sequence[Check]) -> Iterator[Block]:
    yield from wording.blocks(row, checks)
    yield Heading(_("How it was drawn"))
    said = [_said(SEED, "seed"), _said(LOT, "lot", "share", "list")]
    if any(row.changed.values()):
        said.append(_said(CHANGED, "changed", "most"))
    said.append(Sentence(REPEATS if repeats(row, checks) else DIFFERS))
    yield Paragraph((*said, _said(HASHES, "hashed")))
    yield FigureBlock(_draw(row, checks), folded=True, chart=False)
    yield Heading(_("Fields drawn"))
    yield FigureBlock(_fields(checks), chart=False)


def _said(message: str, *columns: str) -> Sentence:
    return Sentence(message, {name: CellRef("audit-draw", "all", name) for name in columns})


def _draw(row: Audit, checks: Sequence[Check]) -> Figure:
    columns = (
        Column("seed", _("seed of the draw")),
        Column("lot", _("fields drawn from"), ColumnKind.INTEGER),
        Column("share", _("share drawn"), ColumnKind.PERCENT, 1),
        Column("changed", _("changed much, all looked at"), ColumnKind.INTEGER),
        Column("most", _("change that is always looked at"), ColumnKind.PERCENT, 1),
        Column("hashed", _("fields with evidence"), ColumnKind.INTEGER),
        Column("list", _("fingerprint of the list (SHA-256)")),
    )
    cells: tuple[Cell, ...] = (
        str(row.seed), sum(map(len, row.lot.values())), float(row.share), sum(map(len, row.changed.values())),
        float(row.change), sum(bool(check.evidence_sha256) for check in checks), list_digest(row),
    )  # fmt: skip
    return Figure("audit-draw", FigureKind.TABLE, _("The draw"), columns, (Row("all", cells),))


def _fields(checks: Sequence[Check]) -> Figure:
    columns = (
        Column("school", _("school")),
        Column("field", _("field")),
        Column("ground", _("why it is looked at")),
        Column("stated", _("stated"), ColumnKind.NUMBER, 2),
        Column("right", _("right would be"), ColumnKind.NUMBER, 2),
        Column("paid", _("paid on it"), ColumnKind.NUMBER, 2, _("yuan")),
        Column("finding", pgettext_lazy("audit", "what was found")),
        Column("reply", _("what the school says")),
        Column("settlement", _("how an objection was settled")),
        Column("hash", _("fingerprint of the evidence (SHA-256)")),
    )
    return Figure(
        "audit-checks", FigureKind.TABLE, _("Fields drawn"), columns,
        tuple(Row(str(check.uid), _cells(check)) for check in checks),
    )  # fmt: skip


def _cells(check: Check) -> tuple[Cell, ...]:
    what = f"{check.get_field_display()}" + (f" · {check.project}" if check.project is not None else "")
    found = check.get_finding_display() + (f": {check.reason}" if check.reason else "")
    right = None if check.right_value is None else float(check.right_value)
    return (
        str(check.school), what, check.get_ground_display(), float(check.stated), right, float(check.paid_yuan),
        found, check.reply, check.settlement, check.evidence_sha256,
    )  # fmt: skip
