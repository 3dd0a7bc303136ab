"""The fields of each table of a roster, how people call them, and which headings mean them wherever they stand."""

from collections.abc import Mapping
from enum import StrEnum

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.figures import Text
from xuequ.kit.roster.content import Kind
from xuequ.kit.sheets.headings import plain_heading


class Use(StrEnum):
    """What a sheet holds: one of the tables, a timetable as a grid, or nothing that is read."""

    SCHOOLS = "schools"
    CLASSES = "classes"
    PUPILS = "pupils"
    TEACHERS = "teachers"
    TEACHING = "teaching"
    GUARDIANS = "guardians"
    GRID = "grid"
    NOTHING = "nothing"


KIND_LABELS: dict[Kind, Text] = {
    Kind.SCHOOLS: _("Schools"),
    Kind.CLASSES: pgettext_lazy("groups of pupils", "Classes"),
    Kind.PUPILS: _("Pupils"),
    Kind.TEACHERS: pgettext_lazy("people", "Teachers"),
    Kind.TEACHING: _("Teaching"),
    Kind.GUARDIANS: _("Guardians"),
}
USE_LABELS: dict[Use, Text] = {
    Use.SCHOOLS: _("schools"),
    Use.CLASSES: _("classes (of pupils)"),
    Use.PUPILS: _("pupils"),
    Use.TEACHERS: _("teachers"),
    Use.TEACHING: _("who teaches what, row by row"),
    Use.GUARDIANS: _("guardians"),
    Use.GRID: _("timetable: a column for each subject"),
    Use.NOTHING: _("leave out"),
}
LEAVE_OUT = ""
IDENTITY_CARD = "identity_card"

FIELD_LABELS: dict[str, Text] = {
    LEAVE_OUT: _("leave out"),
    "school": _("school"),
    "name": pgettext_lazy("column of a roster", "name"),
    "number": pgettext_lazy("column of a roster", "number"),
    "code": pgettext_lazy("column of a roster", "code"),
    "short_name": _("short name"),
    "stage": _("kind of school"),
    "sector": _("public or private"),
    "year_system": _("year system"),
    "area": _("area"),
    "grade": _("grade"),
    "school_class": _("class (of pupils)"),
    "entry_year": _("entry year"),
    "label": _("own name of the class"),
    "class_teacher": _("class teacher"),
    "sex": _("sex"),
    "born": _("birthday"),
    "phone": _("telephone number"),
    "subjects": _("subjects taught"),
    "subject": _("subject"),
    "teacher": _("teacher"),
    "teacher_number": _("number of the teacher"),
    "relation": _("relation"),
    "pupil_number": _("number of the pupil"),
    "pupil": _("name of the pupil"),
    "since": _("since"),
    "guardian1": _("guardian 1: name"),
    "relation1": _("guardian 1: relation"),
    "phone1": _("guardian 1: telephone number"),
    "guardian2": _("guardian 2: name"),
    "relation2": _("guardian 2: relation"),
    "phone2": _("guardian 2: telephone number"),
}

SCHOOL = "学校 学校名称 校名 所在学校 就读学校 所属学校 任教学校 单位 单位名称 工作单位 学校代码或名称 school"
GRADE = "年级 所在年级 年级名称 grade"
CLASS = "班级 班 班别 行政班 班级名称 所在班级 班名 class"
PHONE = "电话 手机 手机号 手机号码 联系电话 联系方式 电话号码 移动电话 phone"

ALIASES: dict[Kind, dict[str, str]] = {
    Kind.SCHOOLS: {
        "name": "学校 学校名称 校名 学校全称 name",
        "code": "学校标识码 学校代码 标识码 学校编码 学校识别码 code",
        "short_name": "简称 学校简称",
        "stage": "学段 办学类型 学校类型 学校类别 学校办学类型 stage",
        "sector": "办学性质 举办者 公办民办 学校性质 sector",
        "year_system": "学制 学制类型",
        "area": "片区 学区 所属片区 area",
    },
    Kind.CLASSES: {
        "school": SCHOOL,
        "name": CLASS,
        "grade": GRADE,
        "entry_year": "入学年份 建班年份 建班年月 入学年月 级 届 级别",
        "label": "班级别名 别名 特色班名 班级昵称",
        "code": "班级编号 班号 班级代码 班级标识码",
        "class_teacher": "班主任 班主任姓名",
        "teacher_number": "班主任工号 班主任编号 班主任教师编号",
    },
    Kind.PUPILS: {
        "school": SCHOOL,
        "grade": GRADE,
        "school_class": CLASS,
        "name": "姓名 学生姓名 名字 学生 name",
        "number": "学籍号 全国学籍号 学籍号码 学籍主号 学号 学生编号 学生学籍号 number",
        "sex": "性别 学生性别 sex",
        "born": "出生日期 生日 出生年月日 出生年月 birthday",
        "entry_year": "入学年份 入学年月 入学时间 入学日期 入校年月",
        "guardian1": "监护人 监护人姓名 监护人1姓名 家长姓名 家长 成员1姓名 家庭成员1姓名",
        "relation1": "监护人关系 与监护人关系 监护人1关系 成员1关系 家庭成员1关系 关系",
        "phone1": f"监护人电话 监护人1电话 家长电话 成员1联系电话 家庭成员1联系电话 监护人联系电话 {PHONE}",
        "guardian2": "监护人2姓名 成员2姓名 家庭成员2姓名 监护人2",
        "relation2": "监护人2关系 成员2关系 家庭成员2关系",
        "phone2": "监护人2电话 成员2联系电话 家庭成员2联系电话",
    },
    Kind.TEACHERS: {
        "school": SCHOOL,
        "name": "姓名 教师姓名 教师 教职工姓名 name",
        "number": "教师编号 工号 教师工号 教职工号 教师个人标识码 职工号 编号 number",
        "sex": "性别 sex",
        "phone": PHONE,
        "subjects": "任教学科 任教科目 学科 任教课程 主要任教学科",
        "since": "来校年月 来校时间 进本校年月 任职起始日期",
    },
    Kind.TEACHING: {
        "school": SCHOOL,
        "grade": GRADE,
        "school_class": f"{CLASS} 任教班级",
        "subject": "学科 科目 课程 任教学科 任教科目 课程名称 subject",
        "teacher": "教师 任课教师 教师姓名 任课老师 姓名 老师 teacher",
        "teacher_number": "教师编号 工号 教师工号 教职工号 任课教师编号",
        "class_teacher": "班主任 是否班主任 任班主任",
    },
    Kind.GUARDIANS: {
        "pupil_number": "学籍号 全国学籍号 学号 学生学籍号 学生编号",
        "pupil": "学生姓名 学生 孩子姓名",
        "school": SCHOOL,
        "grade": GRADE,
        "school_class": CLASS,
        "name": "家长姓名 监护人姓名 家长 监护人 姓名 name",
        "relation": "关系 与学生关系 监护关系 称谓 relation",
        "phone": PHONE,
    },
}  # fmt: skip

REQUIRED: dict[Kind, tuple[str, ...]] = {
    Kind.SCHOOLS: ("name",),
    Kind.CLASSES: ("name",),
    Kind.PUPILS: ("name",),
    Kind.TEACHERS: ("name",),
    Kind.TEACHING: ("school_class",),
    Kind.GUARDIANS: ("name",),
}
"""Without these columns a table says nothing."""

TELLING: dict[Kind, tuple[str, ...]] = {
    Kind.SCHOOLS: ("code", "stage", "sector", "year_system", "short_name"),
    Kind.CLASSES: ("class_teacher", "label", "code", "name"),
    Kind.PUPILS: ("number", "born", "guardian1"),
    Kind.TEACHERS: ("number", "subjects", "since"),
    Kind.TEACHING: ("subject", "teacher"),
    Kind.GUARDIANS: ("relation", "pupil"),
}
"""Columns that tell a table from the others; without one of them a sheet is not taken for it."""

SHEET_WORDS: dict[Kind, tuple[str, ...]] = {
    Kind.SCHOOLS: ("学校",),
    Kind.CLASSES: ("班级",),
    Kind.PUPILS: ("学生", "学籍", "名册"),
    Kind.TEACHERS: ("教师", "教职工"),
    Kind.TEACHING: ("任教", "任课"),
    Kind.GUARDIANS: ("家长", "监护人"),
}
"""Words in a sheet's name that speak for a table."""

CARD_WORDS = ("身份证", "证件号", "身份证件")


def heading_words(kind: Kind) -> dict[str, str]:
    """Return the field of each known heading of a table, in the form in which headings are compared."""
    return {plain_heading(word): name for name, words in ALIASES[kind].items() for word in words.split()}


WORDS: Mapping[Kind, dict[str, str]] = {kind: heading_words(kind) for kind in Kind}


def fields_of(kind: Kind) -> tuple[str, ...]:
    """Return the fields that a column of this table may have, in the order of the page."""
    return tuple(ALIASES[kind])


def names_identity_card(heading: str) -> bool:
    """Whether a heading speaks of identity cards."""
    return any(word in heading for word in CARD_WORDS) and "类型" not in heading
