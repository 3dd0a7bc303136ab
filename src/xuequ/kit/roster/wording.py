"""Words for what a check asks and what it found to change."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.district.choices import Relation

REASONS: dict[str, Text] = {
    "name-differs": _("The number belongs to somebody with another name. Whose row is it?"),
    "number-unknown": _("Nobody has this number, but somebody of this name is there. Is it the same person?"),
    "class-differs": _("Somebody of this name is in another class of the school. Is it the same pupil?"),
    "several": _("Several people have this name. Whose row is it?"),
}

WHAT: dict[str, Text] = {
    "at": "%(after)s",
    "back": _("is enrolled again: %(after)s"),
    "left": _("not in the list: marked as left (%(before)s)"),
    "no-longer": _("not in the list: no longer guardian"),
    "not-taught": _("not in the list: ends"),
    "from-pupils": _("because pupils stand in it"),
    "moved-transfer": _("transferred: %(before)s → %(after)s"),
    "moved-graduated": _("to the next school: %(before)s → %(after)s"),
    "moved-moved_up": _("moved up: %(before)s → %(after)s"),
    "moved-repeating": _("repeats the year: %(before)s → %(after)s"),
    "moved-class_change": _("other class: %(before)s → %(after)s"),
    "new-name": _("name: %(before)s → %(after)s"),
    "new-number": _("number: %(before)s → %(after)s"),
    "new-sex": _("sex filled in or corrected"),
    "new-born": _("birthday: %(before)s → %(after)s"),
    "new-phone": _("telephone number filled in or corrected"),
    "new-relation": _("relation: %(before)s → %(after)s"),
    "new-sourced_id": _("foreign identifier"),
    "new-label": _("own name: %(before)s → %(after)s"),
    "school-name": _("name: %(before)s → %(after)s"),
    "school-short_name": _("short name: %(before)s → %(after)s"),
    "school-stage": _("kind of school"),
    "school-sector": _("public or private"),
    "school-year_system": _("year system"),
    "school-area": _("area: %(before)s → %(after)s"),
    "school-sourced_id": _("foreign identifier"),
    "class-teacher": _("class teacher: %(after)s"),
    "taught-by": _("teacher: %(after)s"),
}


def what_text(example: Mapping[str, Any]) -> str:
    """Return in words what an example of a change says."""
    if not example["what"]:
        return ""
    params = {"before": "", "after": "", **example["params"]}
    if example["what"] == "new-relation":
        params = {name: str(Relation(text).label) if text else "" for name, text in params.items()}
    params = {name: text or "—" for name, text in params.items()}
    return str(WHAT[example["what"]]) % params
