"""The fields of a round that can be drawn: what each school stated and what was paid on it."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from xuequ.district.models import School
from xuequ.record.models import Evidence
from xuequ.systems.support.audits.choices import Field
from xuequ.systems.support.funding.choices import RoundState
from xuequ.systems.support.funding.models import Project, Round
from xuequ.systems.support.funding.standard import Facts, parts


@dataclass(frozen=True, slots=True)
class Claim:
    """One field as it stands; ``key`` names it in the lot."""

    key: str
    field: Field
    school: School
    project: Project | None
    stated: Decimal
    paid: Decimal
    before: Decimal | None
    digest: str

    def changed(self, most: Decimal) -> bool:
        """Whether it differs from last year's by more than the share ``most`` of it."""
        if self.before is None:
            return False
        return abs(self.stated - self.before) > most * self.before


def claims(of: Round) -> list[Claim]:
    """Return all fields of a round with a proposal, in the order of field, school and project: five queries."""
    return [*_pupils(of), *_projects(of)]


def _pupils(of: Round) -> list[Claim]:
    now, before = _counted(of), _counted(_last(of))
    schools = {
        str(school.uid): school for school in School.objects.filter(uid__in=list(now)).order_by("code")
    }
    found = []
    for uid, school in schools.items():
        paid = parts(of.standard, Facts(now[uid], None, None)).base
        last = Decimal(before[uid]) if uid in before else None
        found.append(Claim(school.code, Field.PUPILS, school, None, Decimal(now[uid]), paid, last, ""))
    return found


def _counted(of: Round | None) -> Mapping[str, int]:
    """The pupils that a round's proposal counted, by school."""
    if of is None or of.proposal is None:
        return {}
    return {row["school"]: row["pupils"] for row in of.proposal.run.parameters.get("schools", [])}


def _last(of: Round) -> Round | None:
    """The round decided before this one's school year."""
    rows = Round.objects.filter(state=RoundState.DECIDED, year__start__lt=of.year.start)
    return rows.select_related("proposal__run").order_by("-year__start", "-id").first()


def _projects(of: Round) -> list[Claim]:
    rows = Project.objects.filter(round=of, allocations__round=of).select_related("school").distinct()
    funded = list(rows.prefetch_related("evidence").order_by("school__code", "id"))
    return [
        *(_of_project(row, Field.COST, row.cost_yuan) for row in funded),
        *(_of_project(row, Field.GAIN, row.expected) for row in funded),
        *(_of_project(row, Field.REACHED, row.reached) for row in funded if row.reached is not None),
    ]


def _of_project(row: Project, field: Field, stated: Decimal) -> Claim:
    key = f"{row.school.code} {row.uid}"
    return Claim(key, field, row.school, row, stated, row.cost_yuan, None, digest(row.evidence.all()))


def digest(pieces: Iterable[Evidence]) -> str:
    """Return one SHA-256 of all pieces that stand, or nothing where there are none."""
    parts = sorted(
        piece.sha256 or hashlib.sha256(f"{piece.url}\n{piece.title}\n{piece.note}".encode()).hexdigest()
        for piece in pieces
        if piece.withdrawn is None
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest() if parts else ""
