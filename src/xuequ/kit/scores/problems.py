"""What can be wrong with a score sheet: each problem names its cell, says what is wrong and what to do."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.kit.sheets import problems
from xuequ.kit.sheets.problems import FILE_TEXTS

# The texts by code: what is wrong, and what to do. Names and numbers of persons never stand in a problem; the cell
# leads to them, and the sheet stays with the person who brought it.
WRONG: dict[str, tuple[Text, Text]] = {
    **FILE_TEXTS,
    "no-score-column": (
        _("No column holds scores or levels."),
        _("Say on the page which column does."),
    ),
    "no-pupil-column": (
        _("No column says who the pupils are."),
        _("A sheet needs the pupil's number, or the class and the name."),
    ),
    "no-school-column": (
        _("No column says which school each row belongs to."),
        _("Say on the page which column does."),
    ),
    "twice-used": (
        _("“%(use)s” is given to two columns."),
        _("Keep one of them and set the other to “leave out”."),
    ),
    "no-subject": (
        _("It is not known which subject this column is about."),
        _("Choose the subject beside the column."),
    ),
    "sheets-differ": (
        _("The sheet “%(sheet)s” has other headings than the first one."),
        _("Import it by itself, or give it the same headings."),
    ),
    "nobody": (
        _("The row holds a result but names no pupil."),
        _("Fill in the number, or the class and the name, or clear the result."),
    ),
    "unknown-school": (
        _("There is no school called “%(text)s”."),
        _("Write the name or the ten-digit code as in the list of schools."),
    ),
    "other-school": (
        _("You may bring in results of your own school only; “%(text)s” is another one."),
        _("Remove the rows of other schools, or ask the district's data office."),
    ),
    "no-school": (
        _("The row names no school and no number by which the pupil could be found."),
        _("Fill in the school or the number."),
    ),
    "unknown-class": (
        _("The school has no class “%(text)s” in this grade."),
        _("Write the class as in the class list, for example 七年级3班."),
    ),
    "wrong-grade": (
        _("The pupil is in grade %(found)s, and this assessment is for grade %(wanted)s."),
        _("Remove the row, or choose the right grade for the import."),
    ),
    "unknown-pupil": (
        _("No pupil was found with this number or with this class and name."),
        _("Correct the number or the name; if the pupil is new, bring the roster up to date first."),
    ),
    "duplicate-pupil": (
        _("The same pupil already stands in row %(row)s."),
        _("Keep one of the two rows."),
    ),
    "text-in-score": (
        _("“%(text)s” is not a score."),
        _("Write a number, or 缺考 (absent), 免考 (exempt), 取消 (cancelled), or leave the cell empty."),
    ),
    "date-in-score": (
        _("The cell holds a date; the spreadsheet program has turned a score into it."),
        _("Set the cell to number or text and write the score again."),
    ),
    "negative": (
        _("A score cannot be below 0."),
        _("Correct the score."),
    ),
    "over-full-mark": (
        _("%(text)s is more than the full mark %(full)s."),
        _("Correct the score, or the full mark beside the column."),
    ),
    "unknown-level": (
        _("“%(text)s” is not one of the levels %(levels)s."),
        _("Write one of these levels."),
    ),
    "unknown-subject": (
        _("There is no subject called “%(text)s”."),
        _("Write the subject as in the curriculum, for example 数学."),
    ),
    "one-subject": (
        _("This pupil has results in two subjects; in sampled monitoring each pupil sits one."),
        _("Leave one of them out, or choose the basis on which the test was really held."),
    ),
    "item-number": (
        _("“%(text)s” is not the number of an item."),
        _("Write the number as in the sheet of results, for example 13 or 13(1)."),
    ),
    "item-twice": (
        _("Item %(item)s stands twice in the table of specifications."),
        _("Keep one of the two rows."),
    ),
    "item-full": (
        _("“%(text)s” is not a full mark."),
        _("Write a number above 0."),
    ),
    "lessons": (
        _("“%(text)s” is not a number of lessons."),
        _("Write a number above 0, or leave the cell empty."),
    ),
    "lessons-differ": (
        _("Two rows give the same knowledge point different numbers of lessons (%(text)s)."),
        _("Write the same number in both, or in one of them only."),
    ),
    "item-full-missing": (
        _("The full mark of item %(item)s is not known."),
        _(
            "Write it in the heading, such as 12（3分）, in a row 满分 below the headings, or in a sheet 双向细目表."
        ),
    ),
    "item-full-differs": (
        _("The table of specifications gives item %(item)s %(text)s marks, the sheet of results %(full)s."),
        _("Correct one of the two."),
    ),
    "item-key": (
        _("Item %(item)s has options only, and its key is not known."),
        _("Add the key to the sheet 双向细目表, or a column with the marks of this item."),
    ),
    "item-absent": (
        _("No column holds item %(item)s of the table of specifications."),
        _("Add the column, or remove the row."),
    ),
    "option": (
        _("“%(text)s” is not an option."),
        _("Write the letters chosen, such as B or BD; leave the cell empty for no answer."),
    ),
    "part-marks": (
        _("Item %(item)s has several right options, and this pupil found some of them."),
        _("Add a column with the marks of this item, since only you know what a part is worth."),
    ),
    "item-blank": (
        _("Item %(item)s has no mark here."),
        _("Write 0 where the pupil got nothing; empty cells count as 0 only where the total proves it."),
    ),
    "item-sum": (
        _("The items add up to %(sum)s, and the total says %(text)s."),
        _("Correct the item or the total."),
    ),
    "item-scale": (
        _("This assessment keeps scores on a common scale, and this pupil has none yet."),
        _("Bring in the scores first; the items are added to them."),
    ),
    "rule": ("%(text)s", ""),
    "no-study-name": (
        _("The study has no name."),
        _("Give the study a name of its own."),
    ),
    "study-exists": (
        _("There is already a study called “%(text)s”."),
        _("Nothing was changed. Open that study, or give this one another name."),
    ),
    "no-school-in-row": (
        _("The row names no school."),
        _("Fill in the school, or remove the row."),
    ),
}

NOTES: dict[str, Text] = {
    "hidden-sheet": _("The hidden sheet “%(text)s” was left out."),
    "summary-row": _("The row “%(text)s” was left out, since it sums up others."),
    "rank-column": _("The column “%(text)s” was left out: ranks of pupils are never stored."),
    "ignored-column": _("The column “%(text)s” was left out."),
    "class-from-sheet": _("No column names the class; the name of the sheet “%(text)s” was taken."),
    "sheet-left-out": _("The sheet “%(text)s” was left out, since it holds no table of results."),
    "mixed-scale": _(
        "The results of “%(text)s” lie on another scale than those of the other schools; check the full mark."
    ),
    "blank-results": _("%(count)s empty cells were taken as “no result” and are not stored."),
    "same-file": _("The same file was brought in before, on %(text)s."),
    "items": _("The sheet holds %(items)s items on %(points)s knowledge points."),
    "no-points": _(
        "No knowledge points were found, so results cannot be told apart by point. Add a sheet 双向细目表 with"
        " 题号, 分值 and 知识点."
    ),
    "paper-sum": _("The items add up to %(sum)s marks, and the assessment has %(full)s."),
    "left-out-rows": _("%(count)s rows were left out, as you chose."),
}


class Problem(problems.Problem):
    """One thing that is wrong with a score sheet."""

    texts = WRONG


class Remark(problems.Remark):
    """Something that the person should know and that stops nothing."""

    texts = NOTES
