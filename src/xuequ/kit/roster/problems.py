"""What can be wrong with a roster: each problem names its cell, says what is wrong and what to do.

Names and numbers of persons never stand in a problem; the cell leads to them.
"""

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.kit.sheets import problems
from xuequ.kit.sheets.problems import FILE_TEXTS

WRONG: dict[str, tuple[Text, Text]] = {
    **FILE_TEXTS,
    "no-roster-sheet": (
        _("No sheet was recognised as schools, classes, pupils, teachers, teaching or guardians."),
        _("Fill the template, or say on the page about the columns what the sheets are."),
    ),
    "score-book": (
        _("This is a score book: its subject columns hold numbers, not teachers."),
        _("Bring it in under “Bring in results”; the roster is not concerned."),
    ),
    "no-name-column": (
        _("No column holds the name (%(field)s)."),
        _("Say on the page about the columns which one does."),
    ),
    "no-name": (_("The name is missing."), _("Fill in the name, or remove the row.")),
    "bad-name": (
        _("The cell does not hold a name."),
        _("Write the name in letters or characters, 40 at most."),
    ),
    "bad-number": (
        _("The number holds other signs than letters and digits, or more than 32 of them."),
        _("Correct the number; set the column to text, so that no digit is lost."),
    ),
    "rounded-number": (
        _("The spreadsheet program has rounded this number: its last digits are lost."),
        _("Set the column to text and write the number again."),
    ),
    "number-twice": (
        _("Two people have this number: the other stands in %(place)s."),
        _("Correct one of the two numbers."),
    ),
    "duplicate-row": (_("The same row already stands in %(place)s."), _("Keep one of the two rows.")),
    "two-schools": (
        _("The same person stands in another school in %(place)s."),
        _("Keep the row of the school that is right."),
    ),
    "two-classes": (
        _("The same pupil stands in another class in %(place)s."),
        _("Keep the row of the class that is right."),
    ),
    "class-two-schools": (
        _("The class has the same code as one of another school, in %(place)s."),
        _("Correct the code or the school of one of them."),
    ),
    "unknown-school": (
        _("There is no school called “%(text)s”."),
        _("Write the school's name or code as in the list of schools, or add it in the sheet of schools."),
    ),
    "no-school": (_("The row names no school."), _("Fill in the school.")),
    "other-school": (
        _("“%(text)s” is not a school whose roster you keep."),
        _("Leave the rows of other schools out."),
    ),
    "district-only": (
        _("Schools are added and changed by the district's data office only."),
        _("Leave the sheet of schools out, or ask the data office."),
    ),
    "elsewhere": (
        _("The number belongs to somebody at another school."),
        _("Ask the district's data office for the transfer, or correct the number."),
    ),
    "school-code": (
        _("“%(text)s” is not a school code; it is needed to add a school."),
        _("Write the 学校标识码 of the school."),
    ),
    "school-stage": (
        _("The row does not say what the school teaches; that is needed to add a school."),
        _("Write 小学, 初中, 九年一贯制, 高中 or 完全中学."),
    ),
    "bad-class": (
        _("“%(text)s” is not understood as a class."),
        _("Write it like 七年级3班 or 2024级3班."),
    ),
    "no-grade": (
        _("The class “%(text)s” has no grade."),
        _("Add a column with the grade, or write the class like 七年级3班."),
    ),
    "grade-not-taught": (
        _("The school has no grade %(text)s."),
        _("Correct the school, the grade or the class."),
    ),
    "unknown-class": (
        _("The school has no class “%(text)s”."),
        _("Correct the class, or add it in the sheet of classes."),
    ),
    "bad-date": (
        _("“%(text)s” is not a date."),
        _("Write it like 2015-09-01, 2015年9月1日 or 20150901."),
    ),
    "impossible-birthday": (
        _("The birthday %(text)s is not possible here."),
        _("Correct the date: the person would be %(age)s years old."),
    ),
    "bad-sex": (_("“%(text)s” is neither 男 nor 女."), _("Write 男 or 女, or leave the cell empty.")),
    "bad-stage": (
        _("“%(text)s” is not a kind of school."),
        _("Write 小学, 初中, 九年一贯制, 高中 or 完全中学."),
    ),
    "bad-sector": (_("“%(text)s” is neither 公办 nor 民办."), _("Write 公办 or 民办.")),
    "bad-year-system": (_("“%(text)s” is neither 六三 nor 五四."), _("Write 六三 or 五四.")),
    "bad-phone": (
        _("The cell does not hold a telephone number."),
        _("Write digits, with an area code where there is one, or leave the cell empty."),
    ),
    "unknown-subject": (
        _("There is no subject called “%(text)s”."),
        _("Write the subject as in the curriculum, for example 数学."),
    ),
    "nothing-taught": (
        _("The row names neither a subject nor the charge of the class."),
        _("Fill in the subject, or write 是 under 班主任."),
    ),
    "unknown-teacher": (
        _("The school has no such teacher."),
        _("Correct the name or number, or add the teacher in the sheet of teachers."),
    ),
    "unknown-pupil": (
        _("No such pupil was found."),
        _("Correct the number or the name, or add the pupil in the sheet of pupils."),
    ),
    "two-class-teachers": (
        _("The class has another class teacher in %(place)s."),
        _("Keep one of the two."),
    ),
    "other-year": (
        _("The sheet says that it is of the school year %(text)s, but %(year)s was chosen."),
        _("Choose this year's sheet, or choose the other school year on the first page."),
    ),
    "last-year": (
        _(
            "%(count)s of %(all)s rows would go back a grade: the sheet seems to be of an earlier school year."
        ),
        _("Choose this year's sheet, or correct the grades."),
    ),
    "oneroster-missing-file": (
        _("The archive has no file %(file)s."),
        _("Export a OneRoster 1.2 CSV archive with this file."),
    ),
    "oneroster-encoding": (
        _("The file %(file)s is not in UTF-8, as the standard demands."),
        _("Export the archive again in UTF-8."),
    ),
    "oneroster-version": (
        _("The manifest says version %(text)s; version 1.2 is read here."),
        _("Export the archive as OneRoster 1.2."),
    ),
    "oneroster-delta": (
        _("The archive holds changes only (delta)."),
        _("Export the whole roster (bulk)."),
    ),
    "oneroster-header": (
        _("The column %(text)s is missing."),
        _("Export a OneRoster 1.2 CSV archive whose first rows hold the standard's column names."),
    ),
    "oneroster-no-id": (_("The row has no sourcedId."), _("Give it one, or remove the row.")),
    "oneroster-id-twice": (
        _("The sourcedId %(text)s stands twice in this file."),
        _("Keep one of the two rows."),
    ),
    "oneroster-dangling": (
        _("“%(text)s” does not stand in %(file)s."),
        _("Add the row there, or correct the id."),
    ),
}

NOTES: dict[str, Text] = {
    "hidden-sheet": _("The hidden sheet “%(text)s” was left out."),
    "sheet-left-out": _("The sheet “%(text)s” was left out."),
    "summary-row": _("The row “%(text)s” was left out, since it sums up others."),
    "identity-card": _(
        "The column “%(text)s” of “%(sheet)s” holds identity-card numbers and was left out: they are not kept."
    ),
    "ignored-columns": _("These columns of the sheet “%(sheet)s” were left out: %(text)s."),
    "unverified-mapping": _(
        "The mapping “%(text)s” has not been checked against an original file; look at a few rows before you store."
    ),
    "same-file": _("The same file was brought in before, on %(text)s."),
    "without-number": _("%(count)s pupils have no number; they are found by school, class and name only."),
    "left-out-rows": _("%(count)s rows were left out, as you chose."),
    "classes-from-pupils": _("%(count)s classes are added because pupils stand in them."),
    "users-without-role": _("%(count)s users without a role were left out."),
    "users-of-other-roles": _(
        "%(count)s users who are neither pupils, teachers nor guardians were left out."
    ),
    "lessons-without-class": _(
        "%(count)s lessons were left out: the archive does not say which class they are of."
    ),
    "guardians-without-child": _("%(count)s guardians of nobody were left out."),
    "whole-list": _("“%(text)s” was taken as a whole list: whoever is missing in it is marked as left."),
}


class Problem(problems.Problem):
    """One thing that is wrong with a roster."""

    texts = WRONG


class Remark(problems.Remark):
    """Something that the person should know and that stops nothing."""

    texts = NOTES
