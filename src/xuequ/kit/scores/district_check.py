"""The check of a sheet of the district or a school: every row to its pupil, every cell to a result. Stores nothing."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from xuequ.kit.scores.aliases import Use
from xuequ.kit.scores.district_results import read_results, scale_remarks, second_subjects
from xuequ.kit.scores.dry_run import DryRun, Found, Question
from xuequ.kit.scores.item_results import item_columns, items_subject
from xuequ.kit.scores.options import Options
from xuequ.kit.scores.problems import Problem, Remark
from xuequ.kit.scores.roster import Match, Roster, RowIdentity
from xuequ.kit.scores.tables import Table
from xuequ.kit.scores.targets import Context, classify
from xuequ.kit.sheets.class_names import parse_class
from xuequ.kit.sheets.reading import cell_name
from xuequ.kit.sheets.tables import DataRow, text_of

IDENTITY = (Use.SCHOOL, Use.GRADE, Use.CLASS, Use.NAME, Use.NUMBER)
SKIP = "skip"


def check_columns(options: Options, sheet: str = "") -> list[Problem]:
    """Return what is wrong with the uses given to the columns, before any row is read."""
    problems = []
    results = options.using(Use.SCORE) + options.using(Use.LEVEL)
    items = item_columns(options)
    if not results and not items:
        problems.append(Problem("no-score-column", sheet))
    if options.one(Use.NUMBER) is None and options.one(Use.NAME) is None:
        problems.append(Problem("no-pupil-column", sheet))
    problems += [
        Problem("twice-used", sheet, "", {"use": options.using(use)[1].label})
        for use in (*IDENTITY, Use.SUBJECT)
        if len(options.using(use)) > 1
    ]
    if options.one(Use.SUBJECT) is None and not options.assessment:
        problems += [Problem("no-subject", sheet, column.label) for column in results if not column.subject]
        if items and not results and not items_subject(options, ""):
            problems.append(Problem("no-subject", sheet))
    pairs = [(column.use, column.subject) for column in results]
    problems += [
        Problem("twice-used", sheet, "", {"use": column.label})
        for place, column in enumerate(results)
        if (column.use, column.subject) in pairs[:place]
    ]
    return problems


def check_rows(tables: Sequence[Table], options: Options, context: Context) -> DryRun:
    """Read all rows and compare them with the record."""
    run = DryRun(rows=sum(len(table.rows) for table in tables))
    found = list(
        _unrepeated(find_pupils(tables, options, context.roster, run), options.one(Use.SUBJECT), run)
    )
    readings = list(read_results(found, options, context, run))
    context.settle_school({item.school for item in found})
    run.problems += context.rule_problems()
    run.problems += second_subjects(readings, context)
    run.remarks += scale_remarks(readings)
    if run.blanks:
        run.remarks.append(Remark("blank-results", {"count": str(run.blanks)}))
    if run.left_out:
        run.remarks.append(Remark("left-out-rows", {"count": str(run.left_out)}))
    run.targets = classify(readings, context)
    return run


def find_pupils(tables: Sequence[Table], options: Options, roster: Roster, run: DryRun) -> Iterator[Found]:
    places = {use: options.one(use) for use in IDENTITY}
    chosen = _chosen(options.choices, roster)
    for table in tables:
        for row in table.rows:
            key = f"{table.sheet}!{row.index + 1}"
            if options.choices.get(key) == SKIP:
                run.left_out += 1
                continue
            identity = _identity(table, row, places)
            match = chosen.get(key) or roster.match(identity)
            if match.enrolled is not None and not (problem := _wrong_grade(match, roster)):
                pupil = match.enrolled
                yield Found(table, row, pupil.pupil, pupil.school, pupil.school_class)
            elif match.candidates:
                run.questions.append(_question(key, row, places, identity, match))
            else:
                problem = _wrong_grade(match, roster) or (match.problem, {"text": match.text})
                run.problems.append(
                    Problem(problem[0], table.sheet, _identity_cell(row, places, problem[0]), problem[1])
                )


def _chosen(choices: Mapping[str, str], roster: Roster) -> dict[str, Match]:
    pupils = {str(pupil.pupil): pupil for pupil in roster.pupils} if choices else {}
    return {key: Match(pupils[value]) for key, value in choices.items() if value in pupils}


def _identity(table: Table, row: DataRow, places: Mapping[Use, int | None]) -> RowIdentity:
    texts = {use: text_of(row.at(place)) if place is not None else "" for use, place in places.items()}
    school_class = texts[Use.CLASS] if places[Use.CLASS] is not None else class_from_sheet(table.sheet)
    return RowIdentity(
        texts[Use.SCHOOL],
        texts[Use.GRADE],
        school_class,
        texts[Use.NAME],
        texts[Use.NUMBER].removesuffix(".0"),
    )


def class_from_sheet(name: str) -> str:
    """Return the sheet's name where it is the name of a class (七年级3班), as in many schools' score books."""
    return name if "班" in name and parse_class(name) is not None else ""


def _wrong_grade(match: Match, roster: Roster) -> tuple[str, dict[str, str]] | None:
    if match.enrolled is None or match.enrolled.school_class is None or roster.grade is None:
        return None
    grade = roster.grades.get(match.enrolled.school_class)
    if grade is None or grade == roster.grade:
        return None
    return "wrong-grade", {"found": str(grade), "wanted": str(roster.grade)}


def _identity_cell(row: DataRow, places: Mapping[Use, int | None], code: str) -> str:
    preferred = {
        "unknown-school": (Use.SCHOOL,),
        "other-school": (Use.SCHOOL,),
        "unknown-class": (Use.CLASS,),
        "wrong-grade": (Use.CLASS, Use.NUMBER),
    }.get(code, (Use.NUMBER, Use.NAME))
    columns = [places[use] for use in (*preferred, Use.NAME, Use.NUMBER)]
    column = next((place for place in columns if place is not None), 0)
    return cell_name(row.index, column)


def _question(
    key: str, row: DataRow, places: Mapping[Use, int | None], identity: RowIdentity, match: Match
) -> Question:
    said = (identity.school, identity.school_class, identity.name, identity.number)
    return Question(
        key,
        _identity_cell(row, places, ""),
        " ".join(filter(None, said)),
        match.reason,
        tuple(pupil.pupil for pupil in match.candidates),
    )


def _unrepeated(found: Iterable[Found], subject_column: int | None, run: DryRun) -> Iterator[Found]:
    """Pass rows on whose pupil did not stand in a row before; in the long layout a pupil has a row for each subject."""
    first: dict[tuple[int, str], str] = {}
    for item in found:
        subject = text_of(item.row.at(subject_column)) if subject_column is not None else ""
        key = (item.pupil, subject)
        if key in first:
            cell = cell_name(item.row.index, 0)
            run.problems.append(Problem("duplicate-pupil", item.table.sheet, cell, {"row": first[key]}))
            continue
        first[key] = f"{item.table.sheet}!{item.row.index + 1}"
        yield item
