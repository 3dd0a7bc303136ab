"""Texts that a spreadsheet program would run."""

# What spreadsheet programs take for the beginning of a formula; East Asian versions know the wide signs.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guard_formula(text: str) -> str:
    """Return ``text`` so that no spreadsheet program runs it; plain numbers stay numbers.

    >>> guard_formula('=HYPERLINK("http://x")'), guard_formula("-3.5"), guard_formula("李")
    ('\\'=HYPERLINK("http://x")', '-3.5', '李')
    """
    if not text.startswith(FORMULA_STARTS):
        return text
    try:
        float(text)
    except ValueError:
        return "'" + text
    return text
