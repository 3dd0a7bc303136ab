from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.core.rendering import samples
from xuequ.core.figures import Row, Withheld
from xuequ.core.rendering import checker
from xuequ.core.rendering.checker import check_report
from xuequ.core.reports import CellRef, FigureBlock, Paragraph, Report, Sentence

EFFECT = CellRef("growth.effects", "r0", "effect")


def report(*sentences: Sentence) -> Report:
    base = samples.report()
    return replace(
        base, blocks=(Paragraph(sentences), FigureBlock(samples.interval()), FigureBlock(samples.table()))
    )


def whats(*sentences: Sentence) -> set[str]:
    return {problem.what for problem in check_report(report(*sentences))}


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Translations that a test plants."""
    planted: dict[str, str] = {}

    def gettext(message: str) -> str:
        in_chinese = checker.translation.get_language() == "zh-hans"
        return planted.get(message, message) if in_chinese else message

    monkeypatch.setattr(checker, "gettext", gettext)
    yield planted


def test_an_honest_report_has_no_problems() -> None:
    assert check_report(samples.report()) == []


@pytest.mark.parametrize(
    ("sentence", "what"),
    [
        (Sentence("Up by %(e)s.", {"e": replace(EFFECT, row="gone")}), "e: growth.effects: no row 'gone'"),
        (Sentence("Up by %(e)s.", {"e": replace(EFFECT, column="no")}), "e: growth.effects: no column 'no'"),
        (Sentence("Up by %(e)s.", {"e": replace(EFFECT, figure="no")}), "e: no figure 'no'"),
        (Sentence("Up by %(e)s."), "no cell is given for %(e)s"),
        (Sentence("Up.", {"e": EFFECT}), "the cell 'e' has no place in the message"),
        (Sentence("Up by 4.86."), "the number 4 comes from no cited cell"),
        (
            Sentence("Twice 12%(e)s.", {"e": CellRef("growth.data", "r0", "n")}),
            "the number 1212 comes from no cited cell",
        ),
        (Sentence("In 95% of cases."), "the message is not a valid format: write a percent sign as %%"),
        (
            Sentence("%(n)s sat.", {"n": CellRef("growth.data", "r1", "n")}),
            "n: states a cell that has no value",
        ),
        (Sentence("Full-width １２."), "the number １２ comes from no cited cell"),
    ],
)
def test_planted_faults_are_found(sentence: Sentence, what: str) -> None:
    assert what in whats(sentence)


def test_a_withheld_cell_may_not_be_stated() -> None:
    figure = samples.interval()
    first = figure.rows[0]
    hidden = Row(first.key, (first.cells[0], Withheld(), *first.cells[2:]))
    base = samples.report()
    sentence = Sentence("Up by %(e)s.", {"e": EFFECT})
    blocks = (Paragraph((sentence,)), FigureBlock(replace(figure, rows=(hidden,))))
    assert [problem.what for problem in check_report(replace(base, blocks=blocks))] == [
        "e: states a cell that is withheld"
    ]


def test_numbers_that_a_translation_adds_are_found(chinese: dict[str, str]) -> None:
    sentence = Sentence("Up by %(e)s.", {"e": EFFECT})
    chinese["Up by %(e)s."] = "提高%(e)s分，排名第1。"
    (problem,) = check_report(report(sentence))
    assert (problem.language, problem.what) == ("zh-hans", "the number 1 comes from no cited cell")


def test_places_that_a_translation_loses_are_found(chinese: dict[str, str]) -> None:
    chinese["Up by %(e)s."] = "有所提高。"
    (problem,) = check_report(report(Sentence("Up by %(e)s.", {"e": EFFECT})))
    assert problem.what == "the translation has other places than the message"


def test_two_figures_may_not_share_a_code() -> None:
    doubled = replace(samples.report(), blocks=(FigureBlock(samples.bars()), FigureBlock(samples.bars())))
    assert [problem.what for problem in check_report(doubled)] == ["two figures share this code"]
