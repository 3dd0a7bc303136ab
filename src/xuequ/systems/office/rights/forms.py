"""Forms about personal data."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from xuequ.core.forms import DateInput
from xuequ.district.consent import RequestKind
from xuequ.district.consents import LONGEST
from xuequ.district.rules import MOST, InForce
from xuequ.systems.office.rights.queries import PaperLine

UNNAMED = "0"


class AskForm(forms.Form):
    """What a person or a guardian asks about the data."""

    kind = forms.ChoiceField(
        label=_("What would you like?"), choices=RequestKind.choices, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("In your own words"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For a correction or an objection: what is wrong, or what you object to."),
    )


class WriteDownForm(AskForm):
    """What somebody asked at the counter, by telephone or in a letter."""

    number = forms.CharField(label=_("Number of the pupil or teacher"), max_length=40)

    field_order = ("number", "kind", "text")


class AnswerForm(forms.Form):
    """The answer in words."""

    text = forms.CharField(
        label=_("Answer"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("The family reads it on their page; it also stands in the letter."),
    )


class RuleForm(forms.Form):
    """A new version of a rule."""

    value = forms.IntegerField(label=_("Value"), min_value=0)
    since = forms.DateField(label=_("In force from"), widget=DateInput)
    source = forms.CharField(
        label=_("Source"), max_length=200, required=False, help_text=_("Law and article.")
    )
    verified = forms.BooleanField(
        label=_("I have read the wording of the source, and this is what it says"), required=False
    )
    reason = forms.CharField(label=_("Reason of the change"), max_length=200)

    def __init__(self, *args: Any, rule: InForce, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].max_value = MOST[rule.rule.unit]  # type: ignore[attr-defined]
        self.initial.update(value=rule.value, source=rule.source, verified=rule.verified)


class TextForm(forms.Form):
    """What families are asked, in plain words."""

    text = forms.CharField(
        label=_("Text in Chinese"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 10})
    )
    text_en = forms.CharField(
        label=_("Text in English"),
        max_length=LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "lang": "en"}),
        help_text=_("For those who read the pages in English; the Chinese text is the one that counts."),
    )


class PaperForm(forms.Form):
    """A class's answers on paper: one choice for each child."""

    def __init__(self, *args: Any, lines: Iterable[PaperLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(lines)
        for line in self.lines:
            self.fields[f"child_{line.person_id}"] = forms.ChoiceField(
                label=line.name, choices=list(_answers(line)), required=False
            )

    def rows(self) -> Iterable[tuple[PaperLine, forms.BoundField]]:
        """Yield each child with its choice."""
        return ((line, self[f"child_{line.person_id}"]) for line in self.lines)

    def said(self) -> Iterable[tuple[int, int | None, bool]]:
        """Yield what was entered: child, guardian (None for one whom the roster does not know), and the word."""
        for line in self.lines:
            if chosen := self.cleaned_data.get(f"child_{line.person_id}"):
                guardian, word = chosen.split(":")
                yield line.person_id, int(guardian) or None, word == "yes"


def _answers(line: PaperLine) -> Iterable[tuple[str, Any]]:
    yield "", "—"
    named = [(str(pk), name) for pk, name in line.guardians]
    for pk, name in [*named, (UNNAMED, _("another guardian"))]:
        yield f"{pk}:yes", _("%(name)s agrees") % {"name": name}
        yield f"{pk}:no", _("%(name)s refuses") % {"name": name}
