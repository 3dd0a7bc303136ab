"""What the systems offer is found without loading what writes it."""

import subprocess
import sys

from xuequ.core.registry import report_sections, systems

HEAVY = {"docx", "numpy", "openpyxl", "polars", "scipy", "typst"}


def test_report_sections_are_found_by_code() -> None:
    assert {"growth.district", "growth.school"} <= set(report_sections())
    assert all(code.startswith(tuple(s.label for s in systems())) for code in report_sections())


def test_the_start_loads_no_engine_and_no_writer_of_files() -> None:
    program = "import sys, django; django.setup(); print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()


def test_no_two_systems_give_different_things_the_same_code() -> None:
    published = [item.code for system in systems() for item in system.indicators]
    written = [section.code for system in systems() for section in system.sections()]
    for codes in (published, written):
        assert sorted(codes) == sorted(set(codes))
