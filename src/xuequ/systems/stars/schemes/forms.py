"""Forms that edit a scheme: its head, its dimensions, its items."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.money import parse_money
from xuequ.engines.evaluation.star_scheme import EVIDENCE, PER
from xuequ.record.choices import EvidenceKind
from xuequ.systems.stars.choices import SchemeKind
from xuequ.systems.stars.schemes.documents import LARGEST

_LINES = {"rows": 5, "class": "font-monospace"}
_YES = ("verified", "true", "1", "是", "已核对")


class NewSchemeForm(forms.Form):
    """Where a scheme comes from: the example, or a file."""

    kind = forms.ChoiceField(label=_("What it judges"), choices=SchemeKind.choices)
    source = forms.ChoiceField(
        label=_("Begin with"),
        choices=[("example", _("the example that comes with the system")), ("file", _("my own file"))],
        widget=forms.RadioSelect,
        initial="example",
    )
    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("TOML or JSON; an exported scheme shows the form."),
        widget=forms.ClearableFileInput(attrs={"accept": ".toml,.json"}),
    )
    name = forms.CharField(
        label=pgettext_lazy("of a thing", "Name"),
        required=False,
        max_length=120,
        help_text=_("Empty: the name in the document."),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=300)

    def clean(self) -> dict[str, Any]:
        """Ask for the file where one was announced."""
        cleaned = super().clean() or {}
        if cleaned.get("source") == "file" and not cleaned.get("file"):
            self.add_error("file", gettext("Choose the file."))
        if cleaned.get("file") and cleaned["file"].size > LARGEST:
            self.add_error("file", gettext("A scheme is smaller than 1 MB; this file is not one."))
        return cleaned


class ReplaceForm(forms.Form):
    """Another document for the whole version."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("TOML or JSON. It takes the place of the whole document."),
        widget=forms.ClearableFileInput(attrs={"accept": ".toml,.json"}),
    )


class HeadForm(forms.Form):
    """What stands at a scheme's head, and its stars, one a line."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=120)
    version = forms.CharField(label=_("Version in words"), max_length=80, required=False)
    source = forms.CharField(label=_("Source"), max_length=300, required=False)
    official = forms.BooleanField(
        label=_("It is the issuing authority's own, and every value was compared with its text"),
        required=False,
    )
    stars = forms.CharField(
        label=_("Stars"),
        widget=forms.Textarea(attrs=_LINES),
        help_text=_(
            "One a line, the lowest first: star | title | least points in all | least points by dimension, such as"
            " A=16, B=15 | verified or not."
        ),
    )

    @classmethod
    def of(cls, document: Mapping[str, Any], revision: int) -> "HeadForm":
        """Return the form filled from a document."""
        lines = [
            " | ".join(
                [
                    str(star["star"]),
                    star["title"],
                    f"{star['total']:g}",
                    ", ".join(f"{code}={least:g}" for code, least in star.get("minimums", {}).items()),
                    pgettext("value", "verified") if star.get("verified") else "",
                ]
            )
            for star in document.get("stars", [])
        ]
        head = {key: document.get(key, "") for key in ("name", "version", "source")}
        official = bool(document.get("official"))
        return cls(initial={**head, "official": official, "stars": "\n".join(lines), "revision": revision})

    def clean_stars(self) -> list[dict[str, Any]]:
        """Read the lines."""
        rows = [_cells(line, at, 5) for at, line in _lines(self.cleaned_data["stars"])]
        return [
            {
                "star": int(_number(star, at)),
                "title": title,
                "total": _number(total, at),
                "minimums": _minimums(least, at),
                "verified": verified.lower() in _YES or verified == pgettext("value", "verified"),
            }
            for at, (star, title, total, least, verified) in rows
        ]

    def merged(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """Return the document with what was typed."""
        data = self.cleaned_data
        head = {key: data[key] for key in ("name", "version", "source", "official", "stars")}
        return {**document, **head}


def _minimums(text: str, at: int) -> dict[str, float]:
    found = {}
    for part in filter(None, re.split(r"[,，;；]\s*", text)):
        code, _equals, points = part.partition("=")
        found[code.strip()] = _number(points, at)
    return found


class DimensionForm(forms.Form):
    """A dimension's own words."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    code = forms.CharField(label=_("Code"), max_length=32)
    title = forms.CharField(label=_("Title"), max_length=80)
    text = forms.CharField(
        label=_("What it covers"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 2})
    )


class ItemForm(forms.Form):
    """One item with its levels and improvements, one a line."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    code = forms.CharField(label=_("Code"), max_length=32)
    text = forms.CharField(label=_("What is asked"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    points = forms.FloatField(
        label=_("Full points"), min_value=0, widget=forms.NumberInput(attrs={"step": "0.5"})
    )
    verified = forms.BooleanField(label=_("The points were compared with a published text"), required=False)
    source = forms.CharField(label=_("Source"), required=False, max_length=300)
    evidence = forms.MultipleChoiceField(
        label=_("Evidence demanded"),
        required=False,
        choices=[(code, EvidenceKind(code).label) for code in EVIDENCE],
        widget=forms.CheckboxSelectMultiple,
    )
    levels = forms.CharField(
        label=_("Levels"),
        required=False,
        widget=forms.Textarea(attrs=_LINES),
        help_text=_(
            "One a line: points | what is given so many points. Without levels, every step may be given."
        ),
    )
    veto = forms.BooleanField(label=_("One-vote veto"), required=False)
    veto_points = forms.FloatField(
        label=_("Points that lift the veto"),
        required=False,
        min_value=0,
        help_text=_("Empty: the full points."),
        widget=forms.NumberInput(attrs={"step": "0.5"}),
    )
    improvements = forms.CharField(
        label=_("Ways to improve"),
        required=False,
        widget=forms.Textarea(attrs=_LINES),
        help_text=_(
            "One a line: code | what to do | points reached | yuan | per school, class, pupil or teacher | working days"
            " | codes that must be done first."
        ),
    )

    @classmethod
    def of(cls, item: Mapping[str, Any], revision: int) -> "ItemForm":
        """Return the form filled from an item."""
        levels = [f"{level['points']:g} | {level['text']}" for level in item.get("levels", [])]
        ways = [
            " | ".join(
                [
                    way["code"], way["text"], f"{way['points']:g}", f"{way['cost_yuan']:g}",
                    _per_words()[way.get("per", "school")],
                    f"{way.get('days', 0):g}", ", ".join(way.get("requires", [])),
                ]
            )
            for way in item.get("improvements", [])
        ]  # fmt: skip
        plain = {
            key: item.get(key) for key in ("code", "text", "points", "source", "evidence", "veto_points")
        }
        flags = {key: bool(item.get(key)) for key in ("verified", "veto")}
        lines = {"levels": "\n".join(levels), "improvements": "\n".join(ways)}
        return cls(initial={**plain, **flags, **lines, "revision": revision})

    def clean_levels(self) -> list[dict[str, Any]]:
        """Read the lines."""
        rows = [_cells(line, at, 2) for at, line in _lines(self.cleaned_data["levels"])]
        return [{"points": _number(points, at), "text": text} for at, (points, text) in rows]

    def clean_improvements(self) -> list[dict[str, Any]]:
        """Read the lines."""
        rows = [_cells(line, at, 7) for at, line in _lines(self.cleaned_data["improvements"])]
        return [
            {
                "code": code,
                "text": text,
                "points": _number(points, at),
                "cost_yuan": _cost(cost, at),
                "per": _per(per, at),
                "days": _number(days or "0", at),
                "requires": [one for one in re.split(r"[,，;；\s]+", requires) if one],
            }
            for at, (code, text, points, cost, per, days, requires) in rows
        ]

    def merged(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the item with what was typed; empty parts are left out of the document."""
        data = {key: value for key, value in self.cleaned_data.items() if key != "revision"}
        kept = {key: value for key, value in item.items() if key not in data}
        typed = {key: value for key, value in data.items() if value not in ("", None, [], False)}
        for way in typed.get("improvements", []):
            old: Mapping[str, Any] = next(
                (one for one in item.get("improvements", []) if one["code"] == way["code"]), {}
            )
            if old.get("verified") and old.get("cost_yuan") == way["cost_yuan"]:
                way["verified"] = True
        return {**typed, **kept}


def _lines(text: str) -> list[tuple[int, str]]:
    return [(at, line) for at, line in enumerate(text.splitlines(), 1) if line.strip()]


def _cells(line: str, at: int, most: int) -> tuple[int, Sequence[str]]:
    cells = [cell.strip() for cell in re.split(r"[|｜]", line)]
    if len(cells) > most:
        raise ValidationError(
            gettext("Line %(line)d has more parts than %(most)d: a text holds no “|”.")
            % {"line": at, "most": most}
        )
    return at, [*cells, *[""] * (most - len(cells))]


def _number(text: str, at: int) -> float:
    try:
        found = float(text)
    except ValueError as error:
        raise ValidationError(
            gettext("Line %(line)d: “%(text)s” is not a number.") % {"line": at, "text": text}
        ) from error
    return _plain(found)


def _plain(number: float) -> float:
    return int(number) if number.is_integer() else number


def _cost(text: str, at: int) -> float:
    """Return a cost in 元; a number without a unit is one already."""
    try:
        found = parse_money(text).yuan
    except ValueError:
        return _number(text, at)
    return _plain(float(found))


def _per_words() -> dict[str, str]:
    """Return what a cost may be counted by, with the word of the reader's language."""
    return {
        "school": gettext("school"), "class": gettext("class"), "pupil": gettext("pupil"),
        "teacher": gettext("teacher"),
    }  # fmt: skip


def _per(text: str, at: int) -> str:
    words = {word: code for code, word in _per_words().items()}
    words |= {"学校": "school", "班": "class", "学生": "pupil", "教师": "teacher", "": "school"}
    found = words.get(text, text)
    if found not in PER:
        raise ValidationError(
            gettext("Line %(line)d: “%(text)s” is none of school, class, pupil and teacher.")
            % {"line": at, "text": text}
        )
    return found
