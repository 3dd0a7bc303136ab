"""What the engine's errors about a scheme say to people."""

import json
import re
import tomllib

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.figures import Text
from xuequ.engines.errors import InputError

_REASONS: dict[str, Text] = {
    "bad-scheme": gettext_lazy("something that is needed is missing or has the wrong shape"),
    "unknown-key": gettext_lazy("this key is not known"),
    "not-a-number": gettext_lazy("a number is needed"),
    "not-a-text": gettext_lazy("a text is needed"),
    "not-yes-or-no": gettext_lazy("true or false is needed"),
    "unknown-word": gettext_lazy("this word is not one of those that may stand here"),
    "bad-points": gettext_lazy(
        "these points cannot be given: they must lie between 0 and the full points, in whole steps, and the highest"
        " level has the full points"
    ),
    "bad-cost": gettext_lazy("cost and days must be 0 or more"),
    "duplicate-code": gettext_lazy("it stands twice"),
    "unknown-item": gettext_lazy("the scheme has no such item"),
    "unknown-option": gettext_lazy("an improvement requires one that does not exist"),
    "same-item": gettext_lazy("an improvement cannot require another of the same item"),
    "cycle": gettext_lazy("improvements require each other in a circle"),
    "unknown-dimension": gettext_lazy("the scheme has no such dimension"),
    "not-a-veto": gettext_lazy("this is no veto item"),
    "bad-order": gettext_lazy("stars stand from the lowest to the highest and their cut-offs rise"),
    "not-solved": gettext_lazy("no path was found in the time allowed"),
    "lowers": gettext_lazy("an improvement gives fewer points than there are"),
    "too-high": gettext_lazy("this lies above the full points"),
}


def error_text(error: InputError) -> str:
    """Return the sentence for an error of the engine: where, what, why."""
    reason = str(_REASONS.get(error.code, error.message))
    place = error.column or _("the scheme")
    if error.value:
        return _("%(place)s, “%(value)s”: %(reason)s.") % {
            "place": place,
            "value": error.value,
            "reason": reason,
        }
    return _("%(place)s: %(reason)s.") % {"place": place, "reason": reason}


# What the parsers of TOML and JSON say, and what it means to whoever wrote the file.
_FAULTS: tuple[tuple[str, Text], ...] = (
    ("expected '='", gettext_lazy("between a name and its value “=” is missing")),
    ("expected ']'", gettext_lazy("a bracket “]” is missing")),
    ("unclosed array", gettext_lazy("a bracket “]” is missing")),
    ("unclosed inline table", gettext_lazy("a bracket “}” is missing")),
    ("overwrite a value", gettext_lazy("the same name stands twice in one part")),
    ("cannot declare", gettext_lazy("the same part is begun twice")),
    ("duplicate", gettext_lazy("the same name stands twice in one part")),
    ("expected newline", gettext_lazy("there is something behind a value that does not belong there")),
    ("extra data", gettext_lazy("there is something behind the end that does not belong there")),
    ("escape", gettext_lazy("a backslash stands where it may not; write it twice")),
    ("unterminated string", gettext_lazy("a quotation mark is missing at the end of a text")),
    ("illegal character", gettext_lazy("there is a character that may not stand there")),
    (
        "control character",
        gettext_lazy("there is a character that may not stand there, such as a tab or a new line"),
    ),
    ("delimiter", gettext_lazy("a comma, a colon or a bracket is missing")),
    ("property name", gettext_lazy("a name in quotation marks is needed")),
    ('expected "', gettext_lazy("a quotation mark is missing at the end of a text")),
    ("expected '", gettext_lazy("a quotation mark is missing at the end of a text")),
    ("value", gettext_lazy("a value is missing or is written wrongly; texts stand in quotation marks")),
    ("statement", gettext_lazy("this begins neither a name nor a part")),
)
_AT = re.compile(r"\(at line (\d+), column (\d+)\)")
_LONGEST_LINE = 60


def unreadable_text(text: str, error: tomllib.TOMLDecodeError | json.JSONDecodeError, kind: str) -> str:
    """Return the sentence for a file that is no TOML or JSON: which line, what stands there, and why not."""
    said = str(error)
    if isinstance(error, json.JSONDecodeError):
        line: int | None = error.lineno
    else:
        found = _AT.search(said)
        line = int(found[1]) if found else None
    why = next(
        (reason for sign, reason in _FAULTS if sign in said.lower()), _("it is not written as it must be")
    )
    lines = text.splitlines()
    if line is None or line > len(lines):
        return _("The file is not %(kind)s: at its end: %(why)s.") % {"kind": kind, "why": why}
    there = lines[line - 1].strip()
    shown = there if len(there) <= _LONGEST_LINE else there[:_LONGEST_LINE] + "…"
    return _("The file is not %(kind)s: line %(line)d, “%(there)s”: %(why)s.") % {
        "kind": kind, "line": line, "there": shown, "why": why,
    }  # fmt: skip
