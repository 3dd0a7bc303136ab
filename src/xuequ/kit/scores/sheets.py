"""A file's sheets as tables: which ones hold results, what their columns probably are."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from xuequ.kit.scores.aliases import Meaning, Use
from xuequ.kit.scores.blueprint import blueprint_sheet
from xuequ.kit.scores.options import ColumnUse, Mode, Options
from xuequ.kit.scores.problems import Problem
from xuequ.kit.scores.proposal import item_uses, propose_district, propose_study
from xuequ.kit.scores.tables import Table, find_plain_table, find_table
from xuequ.kit.sheets.problems import SheetRefused
from xuequ.kit.sheets.reading import Book, Sheet, read_book
from xuequ.record.models import Assessment, HeadingAlias

Loaded = Book


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is proposed for a file, and how many rows of data it has."""

    options: Options
    rows: int


def load(content: bytes, file_name: str) -> Loaded:
    """Read a file whose visible sheets hold something; refused otherwise."""
    book = read_book(content, file_name)
    if not any(sheet.rows for sheet in book.sheets):
        raise SheetRefused(Problem("empty"))
    return book


def remembered() -> dict[str, Meaning]:
    """Return the headings that people have explained."""
    return {alias.heading: Meaning(Use(alias.use), alias.subject) for alias in HeadingAlias.objects.all()}


def propose(book: Loaded, options: Options) -> Proposal:
    """Propose which sheets and columns to use; refused when no sheet holds a table."""
    if options.mode == Mode.STUDY:
        table = study_table(book, options)
        return Proposal(
            replace(options, columns=tuple(propose_study(table)), sheets=(table.sheet,)), len(table.rows)
        )
    known = remembered()
    tables = tables_of(book, known)
    # Where a book holds totals on one sheet and items on another, the items say both.
    tables.sort(key=lambda table: not item_uses(table))
    same = [table for table in tables if table.labels == tables[0].labels]
    columns = propose_district(tables[0], known, _subject_of(options))
    chosen = replace(options, columns=tuple(columns), sheets=tuple(table.sheet for table in same))
    return Proposal(chosen, sum(len(table.rows) for table in same))


def _subject_of(options: Options) -> str:
    if not options.assessment:
        return ""
    code = Assessment.objects.filter(uid=options.assessment).values_list("subject__code", flat=True).first()
    return code or ""


def tables_of(book: Loaded, known: Mapping[str, Meaning]) -> list[Table]:
    """Return the tables of all sheets that hold one; the first sheet's refusal when none does."""
    tables, refusals = [], []
    planned = blueprint_sheet(book)
    for sheet in book.sheets:
        if sheet is planned and len(book.sheets) > 1:
            continue
        try:
            tables.append(find_table(sheet, known))
        except SheetRefused as refusal:
            refusals.append(refusal)
    if not tables:
        raise refusals[0]
    return tables


def study_table(book: Loaded, options: Options) -> Table:
    """Return the table of an external study: the chosen sheet, else the first that holds something."""
    named = [sheet for sheet in book.sheets if sheet.name in options.sheets]
    filled = [sheet for sheet in book.sheets if sheet.rows]
    return find_plain_table((named or filled)[0])


def chosen_tables(book: Loaded, options: Options) -> tuple[list[Table], list[Problem]]:
    """Return the tables of the chosen sheets, and what stands against reading them together."""
    known = remembered()
    tables = [find_table(sheet, known) for sheet in _chosen(book, options)]
    first = tables[0]
    differing = [table for table in tables if table.labels != first.labels]
    problems = [Problem("sheets-differ", table.sheet, "", {"sheet": table.sheet}) for table in differing]
    return tables, problems


def _chosen(book: Loaded, options: Options) -> list[Sheet]:
    return [sheet for sheet in book.sheets if sheet.name in options.sheets] or [book.sheets[0]]


def left_out(options: Options) -> list[ColumnUse]:
    """Return the columns that are not stored."""
    return [column for column in options.columns if column.use in {Use.IGNORE, Use.RANK}]
