"""Finds English in Chinese pages: text and labels in Latin letters only, but for the words on the allow-list.

What is data (a file name, a foreign study, a login name) says so by ``translate="no"``, ``<code>`` or ``lang``.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

ALLOWED = frozenset(
    line.strip()
    for line in (Path(__file__).parent.parent / "browser" / "allowed_english.txt")
    .read_text("utf-8")
    .splitlines()
    if line.strip() and not line.startswith("#")
)
LABELS = ("aria-label", "alt", "placeholder", "title")
SILENT = frozenset({"script", "style", "template", "code", "kbd", "samp"})
VOID = frozenset({"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "use", "wbr", "path"})
CHINESE = re.compile(r"[㐀-鿿]")
LOGIN_NAME = re.compile(r"demo-[\w-]+")  # stands in lists where an account has no name
WORD = re.compile(r"[A-Za-z]{2,}")  # a single letter is a level or a sign


class _Labels(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent: list[bool] = [False]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        foreign = given.get("translate") == "no" or (
            tag != "html" and given.get("lang") not in (None, "zh-CN")
        )
        silent = self.silent[-1] or tag in SILENT or foreign
        if not silent:
            self.found += [given[name] or "" for name in LABELS if name in given]
            if tag == "input" and given.get("type") in {"submit", "button"}:
                self.found.append(given.get("value") or "")
        if tag not in VOID:
            self.silent.append(silent)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and len(self.silent) > 1:
            self.silent.pop()

    def handle_data(self, data: str) -> None:
        if not self.silent[-1]:
            self.found.append(data)


def english_labels(html: str) -> list[str]:
    """Return the labels of a Chinese page that hold Latin words and no Chinese, without allowed words."""
    parser = _Labels()
    parser.feed(html)
    labels = (" ".join(label.split()) for label in parser.found)
    # A formula ("y ~ x") is written alike in every language.
    worded = (
        label
        for label in labels
        if not CHINESE.search(label) and "~" not in label and not LOGIN_NAME.fullmatch(label)
    )
    return [label for label in worded if set(WORD.findall(label)) - ALLOWED]
