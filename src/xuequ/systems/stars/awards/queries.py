"""What the city awarded, year by year, and how the district's pre-assessments compare with it."""

from collections import Counter
from dataclasses import dataclass

from django.db.models import QuerySet

from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolYear
from xuequ.systems.stars.access import led_schools, may_read_district
from xuequ.systems.stars.models import Award, SchoolOutlook
from xuequ.systems.stars.schemes.queries import scheme_in

FEW = 30
"""Below so many schools, how well probabilities hold is said in words only."""


def awards(actor: Actor) -> "QuerySet[Award]":
    """Return the awards in force that the actor may read: they are public, yet schools read their own only."""
    rows = Award.objects.filter(is_current=True).select_related("school", "year")
    return rows if may_read_district(actor) else rows.filter(school__in=led_schools(actor))


def stars_held(code: str) -> dict[int, int]:
    """Return the star that each of the district's schools holds in a school year (by code); 0 for none. Two queries."""
    held = dict.fromkeys(
        School.objects.of_district().filter(closed_on=None, campus_of=None).values_list("pk", flat=True), 0
    )
    rows = Award.objects.filter(is_current=True, year__code__lte=code).order_by("year__code", "pk")
    for school, star in rows.values_list("school_id", "star"):
        held[school] = star
    return held


def year_before(year: SchoolYear) -> SchoolYear | None:
    """Return the school year before, if it is known."""
    return SchoolYear.objects.filter(code__lt=year.code).order_by("-code").first()


def years_with_awards() -> list[SchoolYear]:
    """Return the school years in which the city awarded something, the earliest first."""
    years = Award.objects.filter(is_current=True).values("year")
    return list(SchoolYear.objects.filter(pk__in=years).order_by("code"))


@dataclass(frozen=True, slots=True)
class Calibration:
    """Pre-assessments beside awards: ``counts[(foreseen, awarded)]``, how often the likeliest star came, and Brier.

    ``brier`` is Σ over schools and stars of (probability − 1 if awarded else 0)² / schools: 0 is perfect, 2 the worst.
    ``expected`` is how many hits the probabilities themselves announce.
    """

    counts: "Counter[tuple[int, int]]"
    schools: int
    hits: int
    expected: float
    brier: float
    years: tuple[str, ...]

    @property
    def is_small(self) -> bool:
        """Whether too few schools stand behind it to print numbers of calibration."""
        return self.schools < FEW


def calibration() -> Calibration | None:
    """Compare the last pre-assessment of each round with the star held after the city decided; None before any."""
    related = ("application__round__year", "application__round__version__scheme")
    rows = SchoolOutlook.objects.select_related(*related).order_by("outlook_id")
    last: dict[int, SchoolOutlook] = {row.application_id: row for row in rows}
    decided = {year.code: stars_held(year.code) for year in years_with_awards()}
    counts: Counter[tuple[int, int]] = Counter()
    brier = expected = 0.0
    years = set()
    for row in last.values():
        code = row.application.round.year.code
        if code not in decided:
            continue
        actual = decided[code].get(row.application.school_id, 0)
        counts[row.star, actual] += 1
        expected += row.chance
        stars = (0, *(rule.star for rule in scheme_in(row.application.round.version).stars))
        brier += sum((p - (star == actual)) ** 2 for star, p in zip(stars, row.chances, strict=True))
        years.add(code)
    n = counts.total()
    if not n:
        return None
    hits = sum(count for (a, b), count in counts.items() if a == b)
    return Calibration(counts, n, hits, expected, brier / n, tuple(sorted(years)))
