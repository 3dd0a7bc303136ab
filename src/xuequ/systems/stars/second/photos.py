"""Photographs that raters take on the spot: kept with an item of their rating, and who may open them."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ.core import audit, files
from xuequ.core.errors import Refused
from xuequ.district.actors import Actor
from xuequ.record import evidence
from xuequ.record.models import Evidence
from xuequ.systems.stars.access import may_read_district
from xuequ.systems.stars.models import Application, RatingPhoto, SecondRater
from xuequ.systems.stars.rounds.queries import is_blind
from xuequ.systems.stars.second.actions import locked_second, own
from xuequ.systems.stars.selfrating.actions import item_of

MOST = 6
"""How many photographs an item may have: enough to show a room from all sides."""


def add(*, actor: Actor, second: SecondRater, code: str, upload: File[bytes]) -> RatingPhoto:
    """Keep a photograph of an item while the rating is open; ``Refused`` says what is wrong with the file."""
    own(actor, second)
    item_of(second.application, code)
    files.check_upload(upload, files.PICTURES)
    with transaction.atomic():
        locked_second(second)
        if second.photos.filter(item=code, evidence__withdrawn=None).count() >= MOST:
            raise Refused(
                _("%(item)s has %(n)d photographs already; take one out first.") % {"item": code, "n": MOST}
            )
        kept = evidence.attach_file(
            actor=actor, system="stars", school=second.application.school, title=code, upload=upload
        )
        photo = RatingPhoto.objects.create(second=second, item=code, evidence=kept)
        audit.record(actor, "stars.second.photographed", second, {"item": code})
    return photo


def take_out(*, actor: Actor, second: SecondRater, uid: str) -> None:
    """Withdraw one of the rater's own photographs while the rating is open."""
    own(actor, second)
    with transaction.atomic():
        locked_second(second)
        rows = second.photos.select_related("evidence")
        photo = next((row for row in rows if str(row.evidence.uid) == uid), None)
        if photo is None:
            raise Refused(_("This photograph does not belong to your rating."))
        evidence.withdraw(actor=actor, evidence=photo.evidence)


def by_item(seconds: Iterable[SecondRater]) -> defaultdict[str, list[Evidence]]:
    """Return the photographs of these raters that stand, by item; one query."""
    rows = RatingPhoto.objects.filter(second__in=[one.pk for one in seconds], evidence__withdrawn=None)
    found: defaultdict[str, list[Evidence]] = defaultdict(list)
    for row in rows.select_related("evidence").order_by("pk"):
        found[row.item].append(row.evidence)
    return found


def shown_beside(
    actor: Actor, found: Application, raters: Iterable[SecondRater]
) -> defaultdict[str, list[Evidence]]:
    """Return the photographs that a reader of the district sees beside the ratings: only of ratings handed in.

    Somebody who rates this school too sees the others' only once the result is settled.
    """
    ready = [one for one in raters if one.handed_in is not None]
    if found.settled is None and any(one.rater_id == actor.account_id for one in ready):
        ready = [one for one in ready if one.rater_id == actor.account_id]
    return by_item(ready)


def photo(actor: Actor, uid: UUID) -> Evidence | None:
    """Return a photograph that the actor may open: the own ones, and those that are shown beside the ratings."""
    rows = RatingPhoto.objects.filter(evidence__uid=uid, evidence__withdrawn=None)
    row = rows.select_related("evidence", "second__application").first()
    if row is None:
        return None
    found = row.second.application
    if row.second.rater_id == actor.account_id:
        return row.evidence
    if not may_read_district(actor) or row.second.handed_in is None or is_blind(actor, found):
        return None
    if found.settled is None and found.raters.filter(rater=actor.account_id).exists():
        return None
    return row.evidence
