"""A whole district's roster in one workbook: 60,000 pupils, 100,000 guardians, 5,000 teachers, 20,000 lessons.

Prints seconds and peak memory of reading, check and storing, then of the same file again (which changes nothing) and
of undoing the import; target 60 s and 1 GB for check and storing. Run as ``.venv/bin/python bench/roster_import.py
[pupils]``; uses SQLite in a folder that is thrown away, or the empty database that XUEQU_DATABASE_URL names.
"""

import io
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ["XUEQU_HOME"] = tempfile.mkdtemp(prefix="xuequ-bench-")
os.environ["DJANGO_SETTINGS_MODULE"] = "xuequ.site.settings"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

django.setup()

from django.core.files.base import ContentFile  # noqa: E402
from django.core.management import call_command  # noqa: E402
from openpyxl import Workbook  # noqa: E402
from tests import factories  # noqa: E402

from xuequ.district.actions import ensure_subjects, ensure_year  # noqa: E402
from xuequ.district.choices import Role  # noqa: E402
from xuequ.kit.roster import actions  # noqa: E402
from xuequ.kit.roster.options import Options  # noqa: E402
from xuequ.record.models import FactorKind  # noqa: E402

SCHOOLS, PER_CLASS, GUARDIANS = 40, 40, 5 / 3
SUBJECTS = (
    *("语文", "数学", "英语", "科学", "道德与法治", "历史", "地理"),
    *("信息科技", "音乐", "美术", "体育与健康", "劳动", "生物"),
)
SURNAMES, GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗", "涵怡梓欣雨诗语嫣萱妍琪悦彤瑶菲婷晴岚溪芷𠮷"
YEAR = 2025
OPTIONS = Options("2025-2026", "2026-03-02")


def name(number: int) -> str:
    """Return an invented name."""
    rest, second = divmod(number, len(GIVEN))
    family, first = divmod(rest, len(GIVEN))
    return SURNAMES[family % len(SURNAMES)] + GIVEN[first] + GIVEN[second]


Rows = Iterator[list[object]]


def sheets(pupils: int) -> dict[str, Rows]:
    """Return the rows of every sheet, headings first."""
    return {
        "学校": _schools(),
        "班级": _classes(pupils),
        "学生": _pupils(pupils),
        "教师": _teachers(pupils),
        "任教": _teaching(pupils),
        "家长": _guardians(pupils),
    }


def _schools() -> Rows:
    yield ["学校标识码", "学校名称", "学段"]
    for school in range(SCHOOLS):
        yield [f"{9_100_000_000 + school}", f"虚构第{school + 1}小学", "小学"]


def _place(number: int) -> tuple[str, str]:
    """Return the school and class of the class with this number."""
    school, place = number % SCHOOLS, number // SCHOOLS
    return f"虚构第{school + 1}小学", f"{YEAR - place % 6}级{place // 6 + 1}班"


def _classes(pupils: int) -> Rows:
    yield ["学校", "班级", "班主任工号"]
    for number in range(pupils // PER_CLASS):
        yield [*_place(number), f"T{_teacher(number, 0, pupils):07d}"]


def _pupils(pupils: int) -> Rows:
    yield ["学校", "班级", "姓名", "学籍号", "性别", "出生日期"]
    for i in range(pupils):
        born = ("2016-03-01", "2016年3月1日", "20160301", "2016/3/1", 42430)[i % 5]
        yield [*_place(i // PER_CLASS), name(i), f"G{YEAR}{i:012d}", "男女"[i % 2], born]


def _teachers(pupils: int) -> Rows:
    yield ["学校", "姓名", "工号", "性别", "手机"]
    for i in range(pupils // 12):
        yield [f"虚构第{i % SCHOOLS + 1}小学", name(i * 7), f"T{i:07d}", "男女"[i % 2], f"1390000{i:04d}"]


def _teacher(school_class: int, subject: int, pupils: int) -> int:
    """Return a teacher of the class's school."""
    per_school = pupils // 12 // SCHOOLS
    return (school_class // SCHOOLS * 3 + subject) % per_school * SCHOOLS + school_class % SCHOOLS


def _teaching(pupils: int) -> Rows:
    yield ["学校", "班级", "学科", "教师", "工号"]
    for number in range(pupils // PER_CLASS):
        for subject, word in enumerate(SUBJECTS):
            teacher = _teacher(number, subject, pupils)
            yield [*_place(number), word, name(teacher * 7), f"T{teacher:07d}"]


def _guardians(pupils: int) -> Rows:
    yield ["学籍号", "家长姓名", "关系", "电话"]
    for i in range(round(pupils * GUARDIANS)):
        pupil, second = i % pupils, i // pupils
        phone = f"138{i:08d}"
        yield [f"G{YEAR}{pupil:012d}", name(i * 3 + 1), "父亲" if second else "母亲", phone]


def workbook(pupils: int) -> ContentFile:
    """Return the workbook."""
    book = Workbook(write_only=True)
    for title, rows in sheets(pupils).items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return ContentFile(stream.getvalue(), name="roster.xlsx")


def timed(label: str, work: Callable[[], Any]) -> Any:
    """Run ``work`` and print wall seconds, CPU seconds and the peak memory so far."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{label:<28}{wall:8.1f} s wall {cpu:8.1f} s CPU {peak:8.0f} MB peak", flush=True)
    return result


def main(pupils: int) -> None:
    """Measure."""
    call_command("migrate", verbosity=0, skip_checks=True)
    factories.make_district()
    ensure_subjects()
    ensure_year(YEAR)
    FactorKind.objects.create(code="sex", name="性别", name_en="Sex")
    officer = factories.make_actor(Role.DATA_OFFICER)
    file = timed("write the workbook", lambda: workbook(pupils))
    batch = timed("upload", lambda: actions.upload(actor=officer, file=file, options=OPTIONS))
    batch = timed("check", lambda: actions.check(actor=officer, batch=batch))
    _tell(batch)
    batch = timed("store", lambda: actions.confirm(actor=officer, batch=batch))
    file.seek(0)
    again = timed("upload the same again", lambda: actions.upload(actor=officer, file=file, options=OPTIONS))
    again = timed("check (nothing to do)", lambda: actions.check(actor=officer, batch=again))
    _tell(again)
    timed("undo", lambda: actions.undo(actor=officer, batch=batch))


def _tell(batch: Any) -> None:
    said = batch.summary
    print(
        {key: said[key] for key in ("added", "changed", "removed", "unchanged", "problem_codes", "questions")}
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 60_000)
