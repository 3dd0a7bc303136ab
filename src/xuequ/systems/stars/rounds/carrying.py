"""What schools handed in last time stands in the new round already; they look it over and change what has changed."""

from collections.abc import Sequence

from xuequ.core import clock
from xuequ.district.actors import Actor
from xuequ.engines.evaluation.star_scheme import StarScheme
from xuequ.systems.stars import history
from xuequ.systems.stars.choices import ApplicationState, Deed
from xuequ.systems.stars.models import (
    Application,
    HistoryEntry,
    ItemEvidence,
    Round,
    SelfRating,
    SettledPoints,
)
from xuequ.systems.stars.points import by_item, exact, only_known
from xuequ.systems.stars.schemes.queries import scheme_in


def carry_over(actor: Actor, found: Round, rows: Sequence[Application]) -> None:
    """Copy points and evidence of each school's last application on the same scheme, in the caller's transaction."""
    scheme = scheme_in(found.version)
    last = _last_applications(found)
    pairs = [(row, last[row.school_id]) for row in rows if row.school_id in last]
    moment = clock.now()
    points = _points(scheme, [old for _row, old in pairs])
    SelfRating.objects.bulk_create(
        SelfRating(application=row, item=item, points=exact(value), carried=True, entered_at=moment)
        for row, old in pairs
        for item, value in points[old.pk].items()
    )
    _carry_evidence(scheme, {old.pk: row for row, old in pairs})
    HistoryEntry.objects.bulk_create(history.entry(actor, row, Deed.CARRIED) for row, _old in pairs)


def _last_applications(found: Round) -> dict[int, Application]:
    """Return the newest earlier application of each school on the scheme that was handed in."""
    rows = Application.objects.filter(
        round__version__scheme=found.version.scheme_id, round__year__code__lt=found.year.code
    ).exclude(state=ApplicationState.RATING)
    return {row.school_id: row for row in rows.order_by("round__year__code", "pk")}


def _points(scheme: StarScheme, olds: Sequence[Application]) -> dict[int, dict[str, float]]:
    """Return the district's points by application where they were settled, else the school's own."""
    keys = [old.pk for old in olds]
    found: dict[int, dict[str, float]] = {key: {} for key in keys}
    for model, where in ((SelfRating, {}), (SettledPoints, {"is_current": True})):
        for row in model._default_manager.filter(application__in=keys, **where):
            found[row.application_id] |= by_item([row])
    return {key: only_known(scheme, points) for key, points in found.items()}


def _carry_evidence(scheme: StarScheme, new: dict[int, Application]) -> None:
    codes = {item.code for item in scheme.items}
    pieces = ItemEvidence.objects.filter(application__in=list(new), evidence__withdrawn=None)
    ItemEvidence.objects.bulk_create(
        ItemEvidence(application=new[piece.application_id], item=piece.item, evidence_id=piece.evidence_id)
        for piece in pieces.order_by("pk")
        if piece.item in codes
    )
