"""The roster's part of the demo: teachers' places as history, class teachers, and a roster import of last September."""

import datetime as dt
import hashlib

from django.db.models import F

from xuequ.district.choices import Role
from xuequ.district.models import ClassTeaching, Employment, Enrolment, RoleAssignment, Teacher
from xuequ.kit.demo import DemoContext
from xuequ.kit.demo.timeline import year_start
from xuequ.kit.roster.options import Options
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch

FILE = "2025秋季学籍导出（虚构）.xlsx"


def build(demo: DemoContext) -> None:
    """Write where teachers work, who has charge of a class, and that a roster was brought in."""
    _write_employments(demo)
    _write_charges()
    _write_import(demo)


def _write_employments(demo: DemoContext) -> None:
    """A teacher was taken on between one and twenty-five years before the demo's first year."""
    rng = demo.rng("employments")
    known = set(Employment.objects.values_list("teacher_id", flat=True))
    rows = list(Teacher.objects.order_by("pk").values_list("pk", "school_id"))
    years = rng.integers(0, 25, len(rows)).tolist()
    Employment.objects.bulk_create(
        [
            Employment(teacher_id=teacher, school_id=school, start=year_start(demo.timeline.first - gone))
            for (teacher, school), gone in zip(rows, years, strict=True)
            if teacher not in known
        ],
        batch_size=2000,
    )


def _write_charges() -> None:
    """The charge of a class stands behind each class teacher's role."""
    roles = RoleAssignment.objects.filter(
        role=Role.CLASS_TEACHER, school_class__isnull=False, account__person__teacher__isnull=False
    )
    known = set(ClassTeaching.objects.values_list("teacher_id", "school_class_id"))
    rows = roles.annotate(teacher=F("account__person__teacher")).order_by("pk")
    ClassTeaching.objects.bulk_create(
        [
            ClassTeaching(teacher_id=teacher, school_class_id=school_class, start=start, end=end)
            for teacher, school_class, start, end in rows.values_list(
                "teacher", "school_class_id", "start", "end"
            )
            if (teacher, school_class) not in known
        ],
        batch_size=2000,
    )


def _write_import(demo: DemoContext) -> None:
    start = year_start(demo.timeline.running)
    moment = dt.datetime.combine(start + dt.timedelta(days=3), dt.time(6, 20), dt.UTC)
    pupils = Enrolment.objects.filter(start=start).count()
    counts = {"pupils": pupils}
    ImportBatch.objects.create(
        kind="roster",
        file_name=FILE.replace("2025", str(start.year)),
        file_sha256=hashlib.sha256(FILE.encode()).hexdigest(),
        options=Options(f"{start.year}-{start.year + 1}", start.isoformat()).as_json(),
        state=BatchState.STORED,
        summary={
            "rows": pupils, "added": counts, "changed": {}, "removed": {}, "unchanged": {}, "of": {},
            "much_removed": [], "problems": 0, "problem_codes": {}, "questions": 0, "remarks": [],
        },
        created_by=demo.account("demo-data"),
        created=moment,
        stored=moment + dt.timedelta(minutes=4),
    )  # fmt: skip
