"""``xuequ growth audit``: a table for people, one document for programs, one sentence for what is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.engines.growth.audits.planted import sound, too_easy
from xuequ.cli import main
from xuequ.engines.growth.audits.auditing import AUDITS

DESIGN = """
outcomes = ["outcome"]
priors = ["prior"]
[columns]
pupil = "pupil"
school = "school"
[audit]
earlier = "earlier"
followup = "followup"
forms = ["paper"]
groups = ["sex"]
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, Path]:
    rng = np.random.default_rng(1)
    too_easy(rng, sound(rng)).write_parquet(tmp_path / "scores.parquet")
    (tmp_path / "design.toml").write_text(DESIGN, encoding="utf-8")
    return str(tmp_path / "scores.parquet"), tmp_path / "design.toml"


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["xuequ", "growth", "audit", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    return int(left.value.code or 0)


def test_the_document_has_every_audit_with_its_evidence(files, monkeypatch, capsys) -> None:
    assert run(monkeypatch, files[0], "--design", str(files[1]), "--json") == 0
    found = {one["audit"]: one for one in json.loads(capsys.readouterr().out)["audits"]}
    assert list(found) == [code.value for code in AUDITS]
    assert found["ceiling"]["verdict"] == "fail"
    assert len(found["fit"]["evidence"]) == 100


def test_a_table_for_people(files, monkeypatch, capsys) -> None:
    assert run(monkeypatch, files[0], "--design", str(files[1]), "--evidence") == 0
    printed = capsys.readouterr().out
    assert "multiplicity" in printed
    assert "highest" in printed


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('earlier = "no"', "has no column 'no'"),
        ('forms = "paper"', "'forms' of [audit] is a list"),
        ("surprise = 1", "[audit] has no 'surprise'"),
    ],
)
def test_a_wrong_setting_is_one_sentence(files, monkeypatch, capsys, wrong: str, said: str) -> None:
    text = DESIGN.split("[audit]")[0] + "[audit]\n" + wrong + "\n"
    files[1].write_text(text, encoding="utf-8")
    assert run(monkeypatch, files[0], "--design", str(files[1])) == 2
    assert said in capsys.readouterr().err
