"""The published results that ``xuequ verify evaluation`` recomputes."""

from pathlib import Path

from xuequ.engines.evaluation.verification import checks


def test_every_published_number_is_obtained(shared_data: Path) -> None:
    found, missing = checks(shared_data / "evaluation")
    assert [check.name for check in found if not check.passed] == []
    assert missing == []
    assert len(found) == 150


def test_a_missing_file_is_named_and_the_built_in_examples_remain(tmp_path: Path) -> None:
    found, missing = checks(tmp_path)
    assert all(check.passed for check in found)
    assert len(found) == 139
    assert missing == [str(tmp_path / "attitude.csv")]
