"""Words for what is to be known about an uploaded workbook."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.kit.collection.models import Collection

REMARKS: dict[str, Text] = {
    "rebuilt": _(
        "The old file format was rebuilt as .xlsx: cells and merged areas are kept, fonts and widths are not."
    ),
    "charts": _("Charts of the file are not carried into the merged file."),
    "pictures": _("Pictures of the file may be missing from the merged file; the original stays as it is."),
    "pivots": _("Pivot tables of the file are not carried into the merged file."),
    "hidden": _("The file has hidden sheets; they are kept as they are and nobody is asked to fill them in."),
}


def remarks_of(collection: Collection) -> list[Text]:
    """Return what the officer should know about the file."""
    return [REMARKS[code] for code in collection.remarks if code in REMARKS]
