"""Forms: what is asked, what is quoted, and the text of a reply."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.forms import DateInput
from xuequ.district.actors import Actor
from xuequ.district.choices import Sector, Stage
from xuequ.district.models import Area, School
from xuequ.kit.documents.counting import CountDefinition, Question
from xuequ.kit.documents.models import Document
from xuequ.systems.office.numbers.scope import GRADES

EARLIEST = dt.date(1990, 1, 1)


class QuestionForm(forms.Form):
    """The question about one number; only what this number knows is asked."""

    at = forms.DateField(label=pgettext_lazy("date", "On"), widget=DateInput)
    since = forms.DateField(label=pgettext_lazy("date", "Since"), required=False, widget=DateInput)
    compare = forms.DateField(label=_("Compare with"), required=False, widget=DateInput)
    by = forms.ChoiceField(label=_("Split by"), required=False)
    school = forms.ChoiceField(label=_("School"), required=False)
    stage = forms.ChoiceField(label=_("Stage"), choices=[("", "—"), *Stage.choices], required=False)
    sector = forms.ChoiceField(
        label=_("Public or private"), choices=[("", "—"), *Sector.choices], required=False
    )
    area = forms.ChoiceField(label=_("Area"), required=False)
    grade = forms.ChoiceField(label=_("Grade"), choices=[("", "—"), *GRADES], required=False)
    period = forms.ChoiceField(label=_("Period"), required=False)

    def __init__(
        self,
        *args: Any,
        definition: CountDefinition,
        actor: Actor,
        schools: Sequence[School],
        periods: Sequence[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.definition, self.day = definition, actor.day
        dropped = {"stage", "sector", "area", "grade", "school", "period"} - set(definition.filters)
        if not definition.period:
            dropped.add("since")
        for name in dropped:
            del self.fields[name]
        self._offer("by", [(code, title) for code, title in definition.dimensions.items()])
        self._offer("school", [(str(school.uid), school.name) for school in schools])
        self._offer("area", [(str(area.uid), area.name) for area in Area.objects.order_by("name")])
        self._offer("period", [(period, period) for period in periods])

    def _offer(self, name: str, choices: Sequence[tuple[str, Any]]) -> None:
        field = self.fields.get(name)
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "—"), *choices]
            if name != "by" and len(choices) < 2:
                del self.fields[name]

    def clean_at(self) -> dt.date:
        return self._sensible(self.cleaned_data["at"])

    def clean_since(self) -> dt.date | None:
        return self._sensible(self.cleaned_data["since"]) if self.cleaned_data["since"] else None

    def clean_compare(self) -> dt.date | None:
        return self._sensible(self.cleaned_data["compare"]) if self.cleaned_data["compare"] else None

    def _sensible(self, day: dt.date) -> dt.date:
        if not EARLIEST <= day <= self.day:
            raise forms.ValidationError(
                _("Choose a day between 1 January 1990 and today; the future is not known yet.")
            )
        return day

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if said.get("since") and said.get("at") and said["since"] > said["at"]:
            self.add_error("since", _("The period begins after it ends."))
        return said

    def question(self) -> Question:
        """Return what was asked."""
        said = self.cleaned_data
        names = ("school", "stage", "sector", "area", "grade", "period")
        where = {name: said[name] for name in names if said.get(name)}
        since = said.get("since")
        if self.definition.period and since is None:
            since = dt.date(said["at"].year - (said["at"].month < 9), 9, 1)
        return Question(said["at"], since, said.get("by", ""), where)


class QuoteForm(forms.Form):
    """Where a number is quoted."""

    line = forms.ChoiceField(label=_("Which number"), required=False)
    document = forms.ChoiceField(label=pgettext_lazy("place of a quotation", "In"), required=False)
    attached = forms.BooleanField(label=_("Add the table as an attachment"), required=False)

    def __init__(
        self, *args: Any, lines: Sequence[tuple[str, str]], documents: Sequence[Document], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        line, document = self.fields["line"], self.fields["document"]
        assert isinstance(line, forms.ChoiceField)
        assert isinstance(document, forms.ChoiceField)
        line.choices = [("", _("the whole")), *lines]
        document.choices = [
            ("", _("no reply: keep it in my list")),
            *((str(d.uid), d.title) for d in documents),
        ]
        if not lines:
            del self.fields["line"], self.fields["attached"]


class ReplyForm(forms.Form):
    """The text of a reply; quoted numbers stand in it as marks."""

    title = forms.CharField(label=_("Title"), max_length=120)
    addressee = forms.CharField(label=pgettext_lazy("addressee", "To"), max_length=120, required=False)
    body = forms.CharField(
        label=pgettext_lazy("document", "Text"),
        help_text=_(
            "One line for each paragraph; a line that begins with # is a heading. [#1] stands for the first quoted"
            " number, [@1] for its date, [~1] for its range."
        ),
        widget=forms.Textarea(attrs={"rows": 14}),
        max_length=20_000,
        required=False,
    )
    issuer = forms.CharField(label=_("Signed by"), max_length=120)
    dated = forms.DateField(label=_("Date of the document"), widget=DateInput)
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


class NewReplyForm(ReplyForm):
    """A reply that does not exist yet: in whose name it is written."""

    school = forms.ChoiceField(label=_("In the name of"), required=False)

    field_order = ("school", "title", "addressee", "body", "issuer", "dated")

    def __init__(self, *args: Any, schools: Sequence[School], district: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [*([("", district)] if district else []), *((str(s.uid), s.name) for s in schools)]
        if len(field.choices) == 1:
            field.widget = forms.HiddenInput()
            self.initial.setdefault("school", field.choices[0][0])
