"""All published figures are met."""

from pathlib import Path

from xuequ.engines.balance.verification import WITHOUT_DATA, checks


def test_all_published_figures_are_met() -> None:
    found, missing = checks(Path("nowhere"))
    assert [check.name for check in found if not check.passed] == []
    assert len(found) == 36
    assert missing == list(WITHOUT_DATA)
