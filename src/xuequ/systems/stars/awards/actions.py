"""Recording what the city awards, with the document's number and day; corrections are newer rows."""

import datetime as dt
from collections.abc import Mapping

import polars as pl
from django.db import transaction
from django.utils.translation import gettext as _

from xuequ import __version__
from xuequ.core import audit, clock
from xuequ.core.errors import Forbidden, Refused
from xuequ.district.actors import Actor
from xuequ.district.models import School, SchoolYear
from xuequ.record.actions import IndicatorValue, create_run, finish_run, publish_indicators, start_run
from xuequ.systems.stars.access import may_manage
from xuequ.systems.stars.awards.queries import stars_held, year_before
from xuequ.systems.stars.catalogue import AWARD, IMPROVED
from xuequ.systems.stars.models import Award

STARS = (0, 3, 4, 5)
"""What the city may award; 0 takes a star back."""


def record_awards(
    *, actor: Actor, year: SchoolYear, stars: Mapping[School, int], document: str, day: dt.date
) -> list[Award]:
    """Keep one document's awards and publish the stars of the school year.

    Raises ``Refused`` for a star that the city does not award, a day outside of the school year and the one after, or a
    document without a number.
    """
    if not may_manage(actor):
        raise Forbidden(_("You may not record awards."))
    _check(year, stars, document, day)
    with transaction.atomic():
        # Two documents of one year at once: the second waits here, so that one award stays current.
        SchoolYear.objects.select_for_update().get(pk=year.pk)
        made = [_record(actor, year, school, star, document.strip(), day) for school, star in stars.items()]
        audit.record(actor, "stars.awards.recorded", None, {"year": year.code, "schools": len(made)})
        publish_stars(actor=actor, year=year)
    return made


def _check(year: SchoolYear, stars: Mapping[School, int], document: str, day: dt.date) -> None:
    if not stars:
        raise Refused(_("Choose a star for at least one school."))
    if not document.strip():
        raise Refused(_("Write the number of the city's document."))
    if wrong := [school for school, star in stars.items() if star not in STARS]:
        raise Refused(_("%(school)s: the city awards three, four or five stars.") % {"school": wrong[0]})
    if not year.start <= day < year.end + dt.timedelta(days=366):
        raise Refused(_("The document's day does not lie in the school year chosen or the one after it."))


def _record(
    actor: Actor, year: SchoolYear, school: School, star: int, document: str, day: dt.date
) -> Award:  # fmt: skip
    old = Award.objects.select_for_update().filter(school=school, year=year, is_current=True).first()
    if old is not None:
        Award.objects.filter(pk=old.pk).update(is_current=False)
    return Award.objects.create(
        school=school,
        year=year,
        star=star,
        document=document,
        day=day,
        recorded=clock.now(),
        recorded_by_id=actor.account_id,
        corrects=old,
    )


def publish_stars(*, actor: Actor, year: SchoolYear) -> None:
    """Publish the stars held in a school year and what was gained, in the caller's transaction."""
    now = stars_held(year.code)
    earlier = year_before(year)
    before = stars_held(earlier.code) if earlier is not None else {}
    run = create_run(
        actor=actor,
        system="stars",
        kind="awards",
        title=_("Stars awarded: %(year)s") % {"year": year},
        engine_version=__version__,
        parameters={"year": year.code},
        year=year,
    )
    rows = sorted(now.items())
    start_run(run, pl.DataFrame(rows, schema={"school": pl.Int64, "star": pl.Int64}, orient="row"))
    finish_run(run, actor=actor)
    values = [IndicatorValue(AWARD, star, school_id=school) for school, star in rows]
    if earlier is not None:
        values += [IndicatorValue(IMPROVED, star - before.get(pk, 0), school_id=pk) for pk, star in rows]
    publish_indicators(actor=actor, run=run, period=year.code, values=values)
