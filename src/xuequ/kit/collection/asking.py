"""What all steps of a collection share: who is asked and told, and how an answer is sealed and stored."""

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from xuequ.core.errors import Forbidden
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.kit.collection.choices import Shape, SheetState
from xuequ.kit.collection.layout import Layout
from xuequ.kit.collection.models import Collection, SchoolSheet
from xuequ.kit.notices import actions as notices

OPEN = (SheetState.TO_DO, SheetState.RETURNED)
ASKED = gettext_noop("“%(title)s” is to be filled in for your school.")
RETURNED = gettext_noop("“%(title)s” was returned for correction.")
TO_CONFIRM = gettext_noop("“%(title)s” waits for your confirmation.")
# The page of the one system in which schools answer.
SHEET_PAGE = "office:collection-sheet"


def needs_head(collection: Collection) -> bool:
    """Whether the head of school confirms before the district takes an answer."""
    return collection.head_confirms


def require_officer(actor: Actor) -> None:
    """Refuse whoever does not collect figures for the district."""
    if not policy.collects(actor):
        raise Forbidden(_("Only the district's officers collect figures from schools."))


def seal(sheet: SchoolSheet, layout: Layout) -> None:
    """Put the content into its sealed form, with the counts that lists show; nothing is stored."""
    content = sheet.content
    sheet.sealed = content.sealed()
    sheet.contested = sum(known.contested for known in content.known.values())
    sheet.known_cells = len(content.known)
    lines = len(content.lines) if layout.shape == Shape.ITEMS else 1
    sheet.asked_cells = lines * (len(layout.answers) - len(content.known))


def store(sheet: SchoolSheet, layout: Layout) -> None:
    """Seal and store an answer as its next revision."""
    seal(sheet, layout)
    sheet.revision += 1
    sheet.save()


def tell(sheet: SchoolSheet, message: str, kind: str, *, roles: Iterable[Role] | None = None) -> None:
    """Tell a school's people, those who answer unless others are named."""
    collection = sheet.collection
    notices.notify(
        kind=kind,
        message=message,
        params={"title": collection.title},
        about=sheet.uid,
        roles=sorted(policy.ANSWERERS) if roles is None else roles,
        school=sheet.school,
        url=reverse(SHEET_PAGE, args=[sheet.uid]),
        due=collection.deadline,
    )
