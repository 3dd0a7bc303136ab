"""What projects and equipment may hold about people: words that were written, by staff about things."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData

BASIS = _("accounting for public money and property, a legal duty")
RETENTION = _("kept with the accounts; names in it are taken out when a person is erased")


def _words(model: str, what: object, *fields: str) -> PersonalData:
    return PersonalData(
        model=f"programmes.{model}",
        what=what,  # type: ignore[arg-type]
        basis=BASIS,
        retention=RETENTION,
        seen_by=_("the school concerned and the district's readers"),
        free_text=fields,
    )


PERSONAL_DATA = (
    _words(
        "Project",
        _("what a school writes about a project it applies for"),
        "title",
        "purpose",
        "expected",
    ),
    _words("Opinion", _("what experts write about an application, by account"), "words"),
    _words("Acceptance", _("who took part in an acceptance and what was found"), "group", "words"),
    _words("UseReport", _("what a school writes about the use of a project"), "words"),
    _words("Issue", _("what is wrong with a project and how it was settled"), "title", "owner", "outcome"),
    _words("Passage", _("what was said when a project moved on"), "words"),
    _words("Booking", _("what a room is booked for, in words"), "title", "words"),
    _words("Move", _("why a device goes to another school, in words"), "reason", "words"),
    _words("InventoryLine", _("remarks at an inventory"), "words"),
)
