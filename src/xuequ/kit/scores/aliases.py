"""What column headings mean. The list here is the start; headings that people explain are added (``ColumnName``)."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.kit.sheets.headings import BRACKETED, SUBJECTS, plain_heading


class Use(StrEnum):
    """What a column is used for."""

    IGNORE = "ignore"
    SCHOOL = "school"
    GRADE = "grade"
    CLASS = "class"
    NAME = "name"
    NUMBER = "number"
    SUBJECT = "subject"
    SCORE = "score"
    LEVEL = "level"
    ITEM = "item"
    OPTION = "option"
    FACTOR = "factor"
    RANK = "rank"


LABELS: dict[Use, Text] = {
    Use.IGNORE: _("leave out"),
    Use.SCHOOL: _("school"),
    Use.GRADE: _("grade"),
    Use.CLASS: _("class (of pupils)"),
    Use.NAME: _("name of the pupil"),
    Use.NUMBER: _("number of the pupil"),
    Use.SUBJECT: _("subject"),
    Use.SCORE: _("score"),
    Use.LEVEL: _("level"),
    Use.ITEM: _("marks of one item"),
    Use.OPTION: _("option chosen in one item"),
    Use.FACTOR: _("factor"),
    Use.RANK: _("rank (never stored)"),
}

ALIASES: dict[Use, str] = {
    Use.SCHOOL: "学校 学校名称 校名 所在学校 就读学校 毕业学校 学校标识码 学校代码 学校编码 单位 "
    "school schoolname schoolid schoolcode schid idschool",
    Use.GRADE: "年级 所在年级 grade year yeargroup",
    Use.CLASS: "班级 班别 班 行政班 班级名称 所在班级 班号 class classname form",
    Use.NAME: "姓名 学生姓名 名字 学生 name studentname pupilname fullname",
    Use.NUMBER: "学籍号 全国学籍号 学籍号码 学号 学生编号 学生号 学生学籍号 学籍 "
    "id studentid pupilid studentnumber pupilnumber student pupil number",
    Use.SUBJECT: "科目 学科 课程 考试科目 subject course",
    Use.SCORE: "成绩 分数 得分 原始分 卷面分 score mark marks points result",
    Use.LEVEL: "等级 等第 级别 等次 成绩等级 level band",
    Use.RANK: "名次 排名 位次 班名次 班级名次 班级排名 班排名 校名次 校排名 学校排名 "
    "年级名次 年级排名 级名次 级排名 段名次 全区排名 区排名 县排名 总分排名 总排名 rank ranking position",
    Use.IGNORE: "序号 编号 no 考号 考生号 准考证号 考场 考场号 座位号 座号 身份证号 备注 说明 "
    "性别 班主任 任课教师 人数 remark note remarks sex gender",
}

FULL_MARK = re.compile(r"(?:满分|总分|full|/)?[:：]?\s*(\d{2,4})\s*(?:分|满分|marks?|points?)?$")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a heading says: the use, for results the subject's code, and the full mark if it stands there."""

    use: Use
    subject: str = ""
    full_mark: float | None = None


USES = {plain_heading(word): use for use, words in ALIASES.items() for word in words.split()}
SUFFIXES = {word: use for word, use in USES.items() if use in {Use.SCORE, Use.LEVEL, Use.RANK}}


def recognise(heading: str, remembered: Mapping[str, Meaning] | None = None) -> Meaning | None:
    """Return what a heading means, or None when it is not known.

    >>> recognise("数学（满分120）")
    Meaning(use=<Use.SCORE: 'score'>, subject='mathematics', full_mark=120.0)
    >>> recognise("语文等级").use.value, recognise("班级排名").use.value
    ('level', 'rank')
    """
    folded = unicodedata.normalize("NFKC", heading).strip()
    full_mark = _full_mark(folded)
    word = plain_heading(BRACKETED.sub("", folded)) or plain_heading(folded)
    if remembered and (known := remembered.get(plain_heading(heading))):
        return Meaning(known.use, known.subject, full_mark)
    if word in USES:
        return Meaning(USES[word], "", full_mark)
    return _subject_heading(word, full_mark)


def _subject_heading(word: str, full_mark: float | None) -> Meaning | None:
    if word in SUBJECTS:
        return Meaning(Use.SCORE, SUBJECTS[word], full_mark)
    for suffix in sorted(SUFFIXES, key=len, reverse=True):
        if word.endswith(suffix) and (subject := SUBJECTS.get(word.removesuffix(suffix))):
            return Meaning(SUFFIXES[suffix], subject, full_mark)
    return None


def _full_mark(heading: str) -> float | None:
    for inside in BRACKETED.findall(heading):
        if match := FULL_MARK.fullmatch(inside.strip()):
            return float(match.group(1))
    return None
