"""Papers: new secrets and the sheet on which they stand, both or neither."""

from collections.abc import Sequence

from django.db import transaction

from xuequ.district.actors import Actor
from xuequ.district.models import Pupil, SchoolClass
from xuequ.kit.credentials import bindings, cards, printing


def print_cards(*, actor: Actor, school_class: SchoolClass, pupils: Sequence[Pupil], address: str) -> bytes:
    """Return new cards as PDF; a sheet that cannot be printed leaves the earlier cards valid."""
    with transaction.atomic():
        issued = cards.issue(actor=actor, school_class=school_class, pupils=pupils)
        return printing.cards_pdf(school_class, issued, address)


def print_letters(*, actor: Actor, school_class: SchoolClass, pupils: Sequence[Pupil], address: str) -> bytes:
    """Return new letters as PDF; a sheet that cannot be printed leaves the earlier codes valid."""
    with transaction.atomic():
        issued = bindings.issue(actor=actor, school_class=school_class, pupils=pupils)
        return printing.letters_pdf(school_class, issued, address)
