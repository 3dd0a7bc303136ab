"""``xuequ growth drift``: its document, its tables, and how it refuses."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.engines.growth.test_drift import drifting
from xuequ.cli import app as command
from xuequ.engines.errors import InputError
from xuequ.engines.growth.drift import fit_drift

TABLE = drifting(1)[0]


def run(*arguments: str | Path) -> tuple[str, str]:
    """Standard output and error of a successful run."""
    result = CliRunner().invoke(
        command.app, ["growth", "drift", *map(str, arguments)], catch_exceptions=False
    )
    assert result.exit_code == 0
    return result.stdout, result.stderr


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    TABLE.rename({"unit": "学校", "se": "标准误"}).write_csv(tmp_path / "values.csv")
    return tmp_path / "values.csv"


COLUMNS = ("--unit", "学校", "--se", "标准误")


def test_the_document_holds_the_fit(csv: Path) -> None:
    document = json.loads(run(csv, *COLUMNS, "--json")[0])
    fit = fit_drift(TABLE)
    assert list(document) == [
        "lags",
        "no_detectable_difference",
        "outside",
        "expected_outside",
        "predictions",
    ]
    assert document["lags"] == fit.lags.to_dicts()
    assert document["predictions"] == fit.predictions.to_dicts()
    assert document["outside"] == fit.predictions["outside"].sum()


def test_tables_for_people(csv: Path) -> None:
    output, errors = run(csv, *COLUMNS, "--from", "other")
    assert "360 outside their interval; chance alone would put 18.0" in output
    assert errors == ""


def test_values_of_chance_are_said_to_be(tmp_path: Path) -> None:
    TABLE.with_columns(se=pl.lit(2.0)).write_csv(tmp_path / "values.csv")
    assert "no more than by chance" in run(tmp_path / "values.csv", "--json")[1]


BAD = {
    "no column unit": ((), "unknown-column"),
    "no such source": ((*COLUMNS, "--from", "future"), "unknown-source"),
    "no such value": ((*COLUMNS, "--value", "年"), "unknown-column"),
}


@pytest.mark.parametrize("case", BAD)
def test_unusable_options_are_refused(csv: Path, case: str) -> None:
    options, code = BAD[case]
    with pytest.raises(InputError) as caught:
        run(csv, *options)
    assert caught.value.code == code
