"""Wrong attempts, counted in the database, where all web processes see the same number."""

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _

from xuequ.core.errors import Refused
from xuequ.kit.credentials.codes import digest
from xuequ.kit.credentials.models import Attempt


class TooMany(Refused):
    """There were too many wrong attempts."""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` wrong attempts of a kind from one key within ``within``."""

    kind: str
    count: int
    within: dt.timedelta


# A whole school may sit behind one address: a class of fifty who all mistype once must still get in.
CARD_BY_ADDRESS = Limit("card-ip", 150, dt.timedelta(minutes=10))
CODE_BY_ADDRESS = Limit("code-ip", 40, dt.timedelta(hours=1))
CODE_BY_BEGINNING = Limit("code-start", 10, dt.timedelta(hours=1))

Keys = tuple[tuple[Limit, str], ...]


def check(keys: Keys, now: dt.datetime) -> None:
    """Raise ``TooMany`` when one of the limits is reached."""
    for limit, key in keys:
        wrong = Attempt.objects.filter(kind=limit.kind, key=digest("attempt", key), at__gt=now - limit.within)
        if wrong.count() >= limit.count:
            raise TooMany(
                _("There were too many wrong attempts. Please wait an hour, or ask the class teacher.")
            )


def count_wrong(keys: Keys, now: dt.datetime) -> None:
    """Count a wrong attempt."""
    Attempt.objects.bulk_create(
        Attempt(kind=limit.kind, key=digest("attempt", key), at=now) for limit, key in keys
    )
