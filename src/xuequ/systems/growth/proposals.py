"""Proposed designs in words: what a person chooses from before looking at the form."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from xuequ.engines.growth.findings import Reason
from xuequ.engines.growth.growth_design import GrowthDesign
from xuequ.engines.growth.proposal import STUDY, Proposal, Sitting, propose_designs
from xuequ.record.models import Assessment
from xuequ.systems.growth.cohorts import available
from xuequ.systems.growth.wording import reason_text


@dataclass(frozen=True, slots=True)
class OfferedDesign:
    """A proposal with its title and reasons in the current language."""

    title: str
    results: int
    reasons: tuple[str, ...]
    design: GrowthDesign


def offered_designs(assessments: Sequence[Assessment]) -> list[OfferedDesign]:
    """Return the designs that these assessments allow, the newest first."""
    names = {str(item.uid): item.name for item in assessments}
    return [_offered(proposal, names) for proposal in propose_designs(available(assessments))]


def _offered(proposal: Proposal, names: dict[str, str]) -> OfferedDesign:
    reasons = tuple(_reason(reason) for reason in proposal.reasons)
    return OfferedDesign(_title(proposal, names), proposal.outcome.pupils, reasons, proposal.design)


def _reason(reason: Reason) -> str:
    return reason_text(reason.code, reason.numbers)


def _title(proposal: Proposal, names: dict[str, str]) -> str:
    if proposal.outcome.ground == STUDY:
        first, second = proposal.design.outcomes[0].column, proposal.design.priors[0].column
        return _("%(outcome)s after %(prior)s") % {"outcome": names[first], "prior": names[second]}
    return _("Growth from grade %(start)s (%(from_year)s) to grade %(end)s (%(to_year)s)") % {
        "start": proposal.prior.grade,
        "from_year": _year(proposal.prior),
        "end": proposal.outcome.grade,
        "to_year": _year(proposal.outcome),
    }


def _year(sitting: Sitting) -> str:
    return f"{sitting.year}-{(sitting.year or 0) + 1}"
