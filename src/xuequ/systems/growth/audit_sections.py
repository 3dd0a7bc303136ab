"""The audits of an evaluation as a page and a part of its report."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Lead, Paragraph, Sentence, Step, Steps
from xuequ.engines.growth.audits.verdicts import AuditCode, AuditVerdict
from xuequ.systems.growth import audit_pictures as pictures
from xuequ.systems.growth.audit_pictures import CONCERNED, AuditLine, Names
from xuequ.systems.growth.audit_wording import TEXTS

MOST_STEPS = 3
_PLACES = {
    AuditCode.FIT: ("share",),
    AuditCode.INTAKE: ("sd",),
    AuditCode.SUBGROUPS: ("sd",),
    AuditCode.CEILING: ("share",),
    AuditCode.LEAVERS: ("sd", "schools"),
    AuditCode.FALSIFICATION: ("sd",),
    AuditCode.MODELS: ("number",),
    AuditCode.RELIABILITY: ("number",),
    AuditCode.FORMS: ("sd",),
    AuditCode.PERSISTENCE: ("schools", "sd"),
    AuditCode.MULTIPLICITY: ("flagged", "remaining", "chance"),
}


def audit_blocks(audits: Sequence[AuditLine], names: Names) -> tuple[Block, ...]:
    """Return the page of the audits: one sentence, what to do, and the evidence folded."""
    concerned = _most_serious(audits)
    shown: list[Block] = [Lead(_lead(audits))]
    steps = tuple(Step(Sentence(TEXTS[one.code].to_do), _found(one)) for one in concerned[:MOST_STEPS])
    if steps:
        shown.append(Steps(_("Before the numbers are used"), steps))
    shown.append(FigureBlock(pictures.overview(audits)))
    if rest := concerned[MOST_STEPS:]:
        shown.append(Paragraph(tuple(_found(one) for one in rest)))
    shown.append(Heading(_("The evidence")))
    folded = [pictures.counts(audits), pictures.numbers(audits), *pictures.evidence(audits, names)]
    return (*shown, *(FigureBlock(figure, folded=True) for figure in folded))


def _most_serious(audits: Sequence[AuditLine]) -> list[AuditLine]:
    return sorted(
        (one for one in audits if one.verdict in CONCERNED), key=lambda one: one.verdict != AuditVerdict.FAIL
    )


def _found(one: AuditLine) -> Sentence:
    cells = {
        place: CellRef("audit-numbers", one.code, place, absolute=place == "sd")
        for place in _PLACES[one.code]
    }
    return Sentence(TEXTS[one.code].found, cells)


def _lead(audits: Sequence[AuditLine]) -> Sentence:
    said = {one.verdict for one in audits}
    cells = {
        name: CellRef("audit-counts", "all", name) for name in ("all", "sound", "caution", "fail", "absent")
    }
    message, places = _LEADS[AuditVerdict.FAIL in said, AuditVerdict.CAUTION in said]
    return Sentence(message, {place: cells[place] for place in places})


_LEADS: dict[tuple[bool, bool], tuple[str, tuple[str, ...]]] = {
    (True, True): (
        gettext_noop(
            "Find out first: %(fail)s of %(all)s audits say that something is wrong with these numbers, %(caution)s"
            " more call for care, and %(absent)s could not be done."
        ),
        ("fail", "all", "caution", "absent"),
    ),
    (True, False): (
        gettext_noop(
            "Find out first: %(fail)s of %(all)s audits say that something is wrong with these numbers; %(absent)s"
            " could not be done."
        ),
        ("fail", "all", "absent"),
    ),
    (False, True): (
        gettext_noop(
            "The numbers can be used with care: %(sound)s of %(all)s audits found nothing, %(caution)s call for care,"
            " and %(absent)s could not be done."
        ),
        ("sound", "all", "caution", "absent"),
    ),
    (False, False): (
        gettext_noop(
            "The numbers can be used: %(sound)s of %(all)s audits found nothing against them, and %(absent)s could"
            " not be done."
        ),
        ("sound", "all", "absent"),
    ),
}
