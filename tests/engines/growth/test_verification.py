"""The published results that ``xuequ verify growth`` recomputes."""

from pathlib import Path

from xuequ.engines.growth.verification import checks


def test_every_published_number_is_obtained(shared_data: Path) -> None:
    found, missing = checks(shared_data / "growth")
    assert [check.name for check in found if not check.passed] == []
    assert missing == []
    assert sum("deviance" in check.name for check in found) == 8


def test_missing_files_are_named_and_the_built_in_examples_remain(tmp_path: Path) -> None:
    found, missing = checks(tmp_path)
    assert {check.name.split(":")[0] for check in found} >= {"dyestuff", "dyestuff 2"}
    assert all(check.passed for check in found)
    assert str(tmp_path / "lme4_reference.json") in missing
