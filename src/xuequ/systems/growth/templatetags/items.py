"""Filters and tags of the pages on item results."""

from typing import Any

from django import template
from django.utils.translation import gettext, ngettext

from xuequ.core.figures import Text
from xuequ.district.models import Pupil
from xuequ.systems.growth.items import queries
from xuequ.systems.growth.items.material import PupilMaterial
from xuequ.systems.growth.items.wording import BANDS

register = template.Library()


@register.filter
def band_words(code: str) -> Text:
    """Put a band of mastery into words."""
    return BANDS[code]


@register.inclusion_tag("growth/items/_papers.html")
def item_papers(child: Pupil) -> dict[str, Any]:
    """List the papers whose items a child's family may read; the page has checked that it is the family."""
    return {"pupil": child, "runs": queries.family_papers([child])[child.pk]}


@register.filter
def pupil_lead(material: PupilMaterial) -> str:
    """Say in one sentence what a pupil's paper shows: what is secure, and where to practise."""
    if not material.lost:
        return gettext("Every item that counts was solved. There is nothing to repeat from this paper.")
    if material.practise:
        return gettext("Practise %(points)s first; most marks went there.") % {
            "points": "、".join(material.practise)
        }
    return ngettext("Look at %(count)d item again.", "Look at %(count)d items again.", len(material.lost)) % {
        "count": len(material.lost)
    }
