"""Numbers of headings, pictures and tables as official documents write them: 一、（一）1. and 图1, 表1."""

from django.utils.translation import gettext

_DIGITS = "〇一二三四五六七八九"


def chinese(number: int) -> str:
    """Write 1 to 99 in Chinese, as headings are numbered.

    >>> [chinese(number) for number in (1, 10, 12, 20, 35)]
    ['一', '十', '十二', '二十', '三十五']
    """
    tens, units = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else _DIGITS[tens] + "十"
    return head + (_DIGITS[units] if units or not tens else "")


class Numbering:
    """Counts headings by level, and pictures and tables through the whole document."""

    def __init__(self, in_chinese: bool) -> None:
        self.in_chinese = in_chinese
        self._headings = [0, 0, 0]
        self._pictures = self._tables = 0

    def heading(self, level: int) -> str:
        """Return the number of the next heading of a level from 1 to 3, with what parts it from its text."""
        self._headings[level - 1] += 1
        self._headings[level:] = [0] * (3 - level)
        number = self._headings[level - 1]
        if not self.in_chinese:
            return ".".join(str(count) for count in self._headings[:level]) + ". "
        return (f"{chinese(number)}、", f"（{chinese(number)}）", f"{number}. ")[level - 1]

    def picture(self) -> str:
        """Return the mark of the next picture."""
        self._pictures += 1
        return gettext("Figure %(number)d ") % {"number": self._pictures}

    def table(self) -> str:
        """Return the mark of the next table."""
        self._tables += 1
        return gettext("Table %(number)d ") % {"number": self._tables}
