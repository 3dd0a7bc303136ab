"""The mappings that are shipped for the files schools hold, and those that offices have made of them.

Field names follow what such exports are known to carry; no original file was at hand, so all are marked unverified.
"""

import uuid
from dataclasses import dataclass
from uuid import UUID

from xuequ.kit.roster.models import Mapping, MappingKind

VERSION = "1"
SPACE = UUID("6f3c1a52-3f0e-4d0c-9a43-6c1f7d5b2e10")  # any: it only makes the shipped ones' addresses stable


@dataclass(frozen=True, slots=True)
class Shipped:
    """A shipped mapping: field to headings, as one line of words."""

    code: str
    name: str
    kind: MappingKind
    fields: dict[str, str]
    sheet: str = ""
    notes: str = ""

    def as_mapping(self) -> Mapping:
        """Return it as a mapping that is not in the database."""
        headings = {word: name for name, words in self.fields.items() for word in words.split()}
        return Mapping(
            uid=uuid.uuid5(SPACE, self.code),
            name=self.name,
            kind=self.kind,
            headings=headings,
            sheet=self.sheet,
            notes=self.notes,
            built_in=f"{self.code}/{VERSION}",
            unverified=True,
        )


SHIPPED = (
    Shipped(
        "pupils-register",
        "全国中小学生学籍信息管理系统 · 学籍导出",
        MappingKind.PUPILS,
        {
            "school": "学校名称 学校 就读学校",
            "grade": "年级 年级名称",
            "school_class": "班级 班级名称",
            "name": "姓名 学生姓名",
            "number": "全国学籍号 学籍号 学籍主号",
            "sex": "性别",
            "born": "出生日期",
            "entry_year": "入学年月 入学时间",
            "guardian1": "成员1姓名 家庭成员1姓名",
            "relation1": "成员1关系 家庭成员1关系",
            "phone1": "成员1联系电话 家庭成员1联系电话",
            "guardian2": "成员2姓名 家庭成员2姓名",
            "relation2": "成员2关系 家庭成员2关系",
            "phone2": "成员2联系电话 家庭成员2联系电话",
            "": "学校标识码 学籍辅号 班内学号 身份证件类型 身份证件号 民族 国籍/地区 港澳台侨外 政治面貌 户口性质 "
            "户口所在地 入学方式 就读方式 学生来源 联系电话",
        },
        notes="年级与班级按所选学年推算入学年份；身份证件号一律不读取。",
    ),
    Shipped(
        "teachers-register",
        "全国教师管理信息系统 · 教师导出",
        MappingKind.TEACHERS,
        {
            "school": "学校名称 单位名称 所在单位 学校",
            "name": "姓名 教师姓名",
            "number": "教师编号 教师个人标识码 教职工号 工号",
            "sex": "性别",
            "phone": "手机 手机号码 移动电话 联系电话",
            "subjects": "任教学科 任课课程 任教课程 主要任教学科",
            "since": "来校年月 进本校年月",
            "": "单位标识码 国籍/地区 身份证件类型 身份证件号 出生日期 民族 参加工作年月 教职工类别 是否在编 "
            "最高学历 专业技术职务 岗位类型 任教学段",
        },
        notes="出生日期、学历、职称等不读取。",
    ),
    Shipped(
        "teaching-list",
        "任课表（逐行）",
        MappingKind.TEACHING,
        {
            "school": "学校 学校名称",
            "grade": "年级",
            "school_class": "班级 任教班级",
            "subject": "学科 科目 课程 课程名称",
            "teacher": "任课教师 教师 教师姓名",
            "teacher_number": "工号 教师编号",
            "class_teacher": "班主任 是否班主任",
            "": "周课时 课时 教室 备注",
        },
        sheet="任课",
    ),
    Shipped(
        "timetable",
        "课程表 · 任课安排表（班级 × 学科）",
        MappingKind.GRID,
        {
            "school": "学校",
            "grade": "年级",
            "school_class": "班级 班别",
            "class_teacher": "班主任",
            "": "班额 人数 教室 备注",
        },
        notes="每行一个班，每科一列，格中是教师姓名；两位教师用顿号隔开。",
    ),
    Shipped(
        "score-book",
        "成绩册",
        MappingKind.SCORES,
        {"school_class": "班级", "name": "姓名", "number": "学籍号 学号"},
        notes="只作识别：成绩请在“导入成绩”中导入。",
    ),
)  # fmt: skip


def shipped() -> list[Mapping]:
    """Return the mappings that come with xuequ."""
    return [item.as_mapping() for item in SHIPPED]


def mappings() -> list[Mapping]:
    """Return all mappings, the offices' own first."""
    return [*Mapping.objects.order_by("name"), *shipped()]


def mapping(uid: UUID | str) -> Mapping | None:
    """Return one mapping."""
    return next((item for item in mappings() if str(item.uid) == str(uid)), None)


def mapping_called(name: str) -> Mapping | None:
    """Return the mapping with this name, or with this code among the shipped ones."""
    found = [item for item in mappings() if name in {item.name, item.built_in.split("/")[0]}]
    return found[0] if found else None
