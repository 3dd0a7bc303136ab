"""What the rule of a placing looks at: sex and coarse level bands. Names are opened in memory only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from xuequ.district.people import Identity
from xuequ.kit.rollover.choices import Wish
from xuequ.kit.rollover.models import PlacingWish, SchoolRollover
from xuequ.kit.rollover.placing import Candidate
from xuequ.record.choices import Form, ResultStatus
from xuequ.record.models import Factor, Result

SEXES = {"male": "male", "男": "male", "m": "male", "female": "female", "女": "female", "f": "female"}
BANDS = ("A", "B", "C")


def candidates(item: SchoolRollover, grade: int, pool: Sequence[int], *, by_band: bool) -> list[Candidate]:
    """Return the pupils to be placed with what the rule may know of them."""
    sexes, bands = sexes_of(pool), bands_of(pool) if by_band else {}
    marks: dict[tuple[int, str], str] = {}
    for wish in PlacingWish.objects.filter(school_rollover=item, grade=grade):
        marks[wish.pupil_id, wish.kind] = wish.mark
    return [
        Candidate(
            pupil,
            sexes.get(pupil, ""),
            bands.get(pupil, ""),
            marks.get((pupil, Wish.TOGETHER), ""),
            marks.get((pupil, Wish.APART), ""),
        )
        for pupil in pool
    ]


def sexes_of(pupils: Sequence[int]) -> dict[int, str]:
    """Return ``male`` or ``female`` where it is known, from the sealed details, else from the register's factor."""
    found: dict[int, str] = {}
    facts = Factor.objects.filter(kind__code="sex", kind__study=None, pupil__in=list(pupils)).order_by(
        "start", "id"
    )
    for pupil, text in facts.values_list("pupil_id", "text"):
        if sex := SEXES.get(text.strip().lower()):
            found[pupil] = sex
    rows = Identity.objects.filter(person__pupil__in=list(pupils)).values_list("person__pupil", "sealed")
    for pupil, sealed in rows:
        if sex := SEXES.get(Identity(sealed=sealed).fields.get("sex", "").lower()):
            found[pupil] = sex
    return found


def bands_of(pupils: Sequence[int]) -> dict[int, str]:
    """Return a coarse band from the levels of the latest term: the mean place of the levels, in three fixed parts."""
    rows = Result.objects.filter(
        pupil__in=list(pupils),
        is_current=True,
        status=ResultStatus.SCORED,
        assessment__form=Form.LEVEL,
        assessment__term__isnull=False,
    ).values_list("pupil_id", "assessment__term__code", "level", "assessment__levels")
    latest: dict[int, str] = {}
    places: dict[tuple[int, str], list[float]] = defaultdict(list)
    for pupil, term, level, levels in rows:
        if level in levels and len(levels) > 1:
            places[pupil, term].append(levels.index(level) / (len(levels) - 1))
            latest[pupil] = max(term, latest.get(pupil, ""))
    return {pupil: band_of(places[pupil, term]) for pupil, term in latest.items()}


def band_of(places: Iterable[float]) -> str:
    """Return the band of places between 0 (the best level) and 1.

    >>> band_of([0, 1 / 3]), band_of([0.5]), band_of([1, 2 / 3])
    ('A', 'B', 'C')
    """
    values = list(places)
    return BANDS[min(int(3 * sum(values) / len(values)), 2)]
