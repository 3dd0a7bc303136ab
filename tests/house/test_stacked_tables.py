"""Tables that a phone shows as cards: without its head a cell must say what it is."""

import re
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "xuequ"
TABLE = re.compile(r"<table class=\"[^\"]*table-mobile-md[^\"]*\".*?</table>", re.DOTALL)
CELL = re.compile(r"<td(?P<attributes>[^>]*)>(?P<content>.*?)(?=<td|</tr>)", re.DOTALL)
STACKED = ("stars/templates/stars/ailevel/rules.html", "balance/templates/balance/rule_set.html")


@pytest.mark.parametrize("name", STACKED)
def test_every_cell_of_a_stacked_table_names_its_column(name: str) -> None:
    text = (SOURCE / "systems" / name).read_text(encoding="utf-8")
    assert text.count("<table") == len(TABLE.findall(text)), "each list of the page stacks on a phone"
    bare = [
        found["content"]
        for table in TABLE.findall(text)
        for found in CELL.finditer(table)
        if "data-label" not in found["attributes"] and 'class="btn' not in found["content"]
    ]
    assert not bare
