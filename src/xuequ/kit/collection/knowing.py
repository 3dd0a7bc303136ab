"""What is filled in before a school is asked, and what it is reminded of having answered last time."""

import datetime as dt
from collections.abc import Sequence

from xuequ.kit.collection.choices import CollectionState, Shape, Use
from xuequ.kit.collection.content import Known, Suggestion
from xuequ.kit.collection.layout import Layout, meaning
from xuequ.kit.collection.models import Collection, SchoolSheet
from xuequ.kit.collection.sources import prefill

LOOK_BACK = 20
"""How many finished collections are looked through for the same question."""


def fill_known(layout: Layout, sheets: Sequence[SchoolSheet], day: dt.date) -> None:
    """Fill in what the catalogue knows of each school on ``day``; what was filled in before stays as it was."""
    fields = [item for item in layout.of_use(Use.KNOWN) if item.source]
    if not fields or layout.shape == Shape.ITEMS:
        return
    values = prefill({item.source for item in fields}, [sheet.school_id for sheet in sheets], day)
    for sheet in sheets:
        for item in fields:
            value = values[item.source].get(sheet.school_id)
            if value is not None and item.key not in sheet.content.known:
                sheet.content.known[item.key] = Known(value, item.source, day.isoformat())


def fill_suggested(collection: Collection, layout: Layout, sheets: Sequence[SchoolSheet]) -> None:
    """Note what each school answered last to the same question (same labels, unit and kind of cell)."""
    if layout.shape == Shape.ITEMS:
        return
    wanted = {(meaning(item), item.kind): item.key for item in layout.of_use(Use.ASKED)}
    finished = Collection.objects.filter(state=CollectionState.FINISHED, destroyed=None)
    for earlier in finished.exclude(pk=collection.pk).order_by("-finished")[:LOOK_BACK]:
        old = earlier.layout
        pairs = [
            (item.key, wanted[meaning(item), item.kind])
            for item in old.answers
            if (meaning(item), item.kind) in wanted and old.shape != Shape.ITEMS
        ]
        if pairs:
            _suggest(earlier, pairs, sheets)


def _suggest(earlier: Collection, pairs: Sequence[tuple[str, str]], sheets: Sequence[SchoolSheet]) -> None:
    old_sheets = {sheet.school_id: sheet for sheet in earlier.sheets.exclude(submitted=None)}
    day = f"{earlier.finished:%Y-%m-%d}"
    for sheet in sheets:
        before = old_sheets.get(sheet.school_id)
        if before is None:
            continue
        content = before.content
        for old_key, key in pairs:
            value = content.value(content.single, old_key)
            if value is not None and key not in sheet.content.suggested:
                sheet.content.suggested[key] = Suggestion(value, earlier.title, day)
