"""Forms of collecting figures."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xuequ.core.errors import Refused
from xuequ.core.forms import DateInput, GroupedCheckboxes
from xuequ.district.choices import Stage
from xuequ.district.models import School
from xuequ.kit.collection.choices import NUMERIC, Kind, Shape, Use
from xuequ.kit.collection.layout import Field, Layout, read_rules, rules_text, with_keys
from xuequ.kit.collection.models import Collection
from xuequ.kit.collection.proposal import Where
from xuequ.kit.collection.sources import catalogue

COLUMN_USES = (Use.ASKED, Use.KNOWN, Use.SCHOOL, Use.CODE, Use.NUMBER, Use.CONSTANT, Use.FORMULA, Use.IGNORE)
CELL_USES = (Use.ASKED, Use.KNOWN, Use.SCHOOL, Use.CODE, Use.CONSTANT, Use.FORMULA, Use.IGNORE)
ACCEPT = ".xlsx,.xls,.et"
YEARS_KEPT = [(str(n), str(n)) for n in (1, 2, 3, 5, 10)]


class UploadForm(forms.Form):
    """The upper unit's empty form."""

    file = forms.FileField(
        label=_("The upper unit's file"),
        help_text=_("Excel (.xlsx), or .xls and WPS .et, whose layout is then rebuilt."),
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
    )


class FilledForm(forms.Form):
    """A school's filled-in Excel."""

    file = forms.FileField(
        label=_("Filled-in Excel"), widget=forms.ClearableFileInput(attrs={"accept": ACCEPT})
    )


class ContestForm(forms.Form):
    """What a school holds against a value that was filled in."""

    claimed = forms.CharField(label=_("What is right in your view"), max_length=200, required=False)
    remark = forms.CharField(
        label=_("Why"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For example: two pupils moved away last week and the roster still counts them."),
    )


class WhereForm(forms.Form):
    """Where the table stands in the workbook."""

    sheet = forms.ChoiceField(label=_("Sheet"))
    shape = forms.ChoiceField(label=_("Kind of sheet"), choices=Shape.choices)
    header_first = forms.IntegerField(label=_("Headings from row"), min_value=1, max_value=500)
    header_last = forms.IntegerField(label=_("to row"), min_value=1, max_value=500)
    first_row = forms.IntegerField(label=_("Body from row"), min_value=1, max_value=5000)
    last_row = forms.IntegerField(label=_("to row"), min_value=1, max_value=5000)

    def __init__(self, *args: Any, layout: Layout, sheets: Sequence[str], **kwargs: Any) -> None:
        initial = {name: getattr(layout, name) for name in self.base_fields}
        super().__init__(*args, **{"initial": initial, **kwargs})
        choice = self.fields["sheet"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(name, name) for name in sheets]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        order = ("header_first", "header_last", "first_row", "last_row")
        rows = [said[name] for name in order if said.get(name)]
        if len(rows) == 4 and not (rows[0] <= rows[1] and rows[2] <= rows[3]):
            raise forms.ValidationError(_("A first row must not stand below its last row."))
        return said

    def where(self, old: Layout) -> Where:
        """Return what was said; another sheet is looked through from the beginning."""
        said = self.cleaned_data
        if said["sheet"] != old.sheet:
            return Where(sheet=said["sheet"])
        rows = {name: said[name] for name in ("header_first", "header_last", "first_row", "last_row")}
        return Where(sheet=said["sheet"], shape=Shape(said["shape"]), **rows)


class LayoutForm(forms.Form):
    """What each column or cell is for: proposed, for the officer to correct."""

    per_page = 60

    def __init__(self, *args: Any, layout: Layout, page: int = 1, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.layout = layout
        self.pages = max((len(layout.fields) - 1) // self.per_page + 1, 1)
        self.page = min(max(page, 1), self.pages)
        first = (self.page - 1) * self.per_page
        self.shown = range(first, min(first + self.per_page, len(layout.fields)))
        self.sources = [("", "—")] + [(code, source.title) for code, source in catalogue().items()]
        for place in self.shown:
            self._add(place, layout.fields[place])
        self.fields["rules"] = forms.CharField(
            label=_("Cells that must agree"),
            required=False,
            initial=rules_text(layout),
            widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
            help_text=_("One rule a line, by column letters or cells: “E = C + D” or “D <= C”."),
        )

    def _add(self, place: int, item: Field) -> None:
        named = {"name": f"{item.place} {item.name}"}
        uses = CELL_USES if item.row else COLUMN_USES
        labels = {
            "use": _("Use of “%(name)s”"),
            "source": _("Source of “%(name)s”"),
            "kind": _("Kind of “%(name)s”"),
            "unit": _("Unit of “%(name)s”"),
            "detail": _("Limits, choices or fixed text of “%(name)s”"),
            "required": _("“%(name)s” must be filled in"),
        }
        made: dict[str, forms.Field] = {
            "use": forms.ChoiceField(choices=[(use.value, use.label) for use in uses], initial=item.use),
            "source": forms.ChoiceField(choices=self.sources, required=False, initial=item.source),
            "kind": forms.ChoiceField(choices=Kind.choices, initial=item.kind),
            "unit": forms.CharField(max_length=20, required=False, initial=item.unit),
            "detail": forms.CharField(max_length=500, required=False, initial=detail_of(item)),
            "required": forms.BooleanField(required=False, initial=item.required),
        }
        for name, made_field in made.items():
            made_field.label = labels[name] % named
            self.fields[f"{name}_{place}"] = made_field

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield each field with its inputs."""
        for place in self.shown:
            parts = ("use", "source", "kind", "unit", "detail", "required")
            yield {"field": self.layout.fields[place], **{part: self[f"{part}_{place}"] for part in parts}}

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        changed = list(self.layout.fields)
        for place in self.shown:
            try:
                changed[place] = corrected(changed[place], {p: said.get(f"{p}_{place}") for p in _PARTS})
            except Refused as refusal:
                self.add_error(f"detail_{place}", str(refusal))
        fields = with_keys(changed)
        if not self.errors:
            try:
                said["layout"] = replace(
                    self.layout, fields=fields, checks=read_rules(said.get("rules", ""), fields)
                )
            except Refused as refusal:
                self.add_error("rules", str(refusal))
        return said


_PARTS = ("use", "source", "kind", "unit", "detail", "required")


def detail_of(item: Field) -> str:
    """Write limits, choices or the fixed text of a field as one line."""
    if item.use == Use.CONSTANT:
        return item.constant
    if item.kind == Kind.CHOICE:
        return "、".join(item.choices)
    if item.kind in NUMERIC and (item.low is not None or item.high is not None):
        low, high = (f"{limit:g}" if limit is not None else "" for limit in (item.low, item.high))
        return f"{low}..{high}"
    return ""


def corrected(item: Field, said: Mapping[str, Any]) -> Field:
    """Return the field as the officer wants it; ``Refused`` says what cannot be read."""
    use, kind, detail = Use(said["use"]), Kind(said["kind"]), (said["detail"] or "").strip()
    source = said["source"] if use == Use.KNOWN else ""
    if use == Use.KNOWN and not source:
        raise Refused(gettext("Say from where the value is known, or let the school fill it in."))
    choices = tuple(p.strip() for p in detail.replace("，", "、").replace(",", "、").split("、") if p.strip())
    if use in {Use.ASKED} and kind == Kind.CHOICE and not choices:
        raise Refused(gettext("Write the choices, divided by “、”."))
    numeric = kind in NUMERIC and use != Use.CONSTANT
    low, high = _limits(detail) if numeric else (None, None)
    return replace(
        item,
        use=use,
        source=source,
        kind=kind,
        unit=said["unit"].strip(),
        required=bool(said["required"]),
        choices=choices if kind == Kind.CHOICE and use != Use.CONSTANT else (),
        low=low,
        high=high,
        constant=detail if use == Use.CONSTANT else "",
    )


def _limits(detail: str) -> tuple[float | None, float | None]:
    if not detail:
        return None, None
    low, dots, high = detail.replace("～", "..").replace("~", "..").partition("..")
    try:
        found = tuple(float(part) if part.strip() else None for part in (low, high))
    except ValueError as error:
        raise Refused(
            gettext("Write limits as “0..500”; leave one side empty where there is none.")
        ) from error
    if not dots or (found[0] is not None and found[1] is not None and found[0] > found[1]):
        raise Refused(gettext("Write limits as “0..500”; leave one side empty where there is none."))
    return found[0], found[1]


class SendForm(forms.Form):
    """Who asks whom, on what basis, until when."""

    title = forms.CharField(label=_("Title"), max_length=160)
    asked_by = forms.CharField(
        label=_("Asked by"), max_length=100, help_text=_("The upper unit, as schools know it.")
    )
    basis = forms.CharField(
        label=_("Legal basis"),
        max_length=200,
        help_text=_("The document and its number, so that schools see why they are asked."),
    )
    purpose = forms.CharField(label=_("What it is for"), max_length=300, required=False)
    contact = forms.CharField(
        label=_("Whom to ask"), max_length=100, help_text=_("Office and telephone, not a private number.")
    )
    deadline = forms.DateField(label=_("Deadline"), widget=DateInput)
    years = forms.ChoiceField(
        label=_("Keep the answers for (years)"),
        choices=YEARS_KEPT,
        initial="3",
        help_text=_(
            "Counted from the deadline; after that the answers are destroyed and only counts remain."
        ),
    )
    head_confirms = forms.BooleanField(
        label=_("The head of school confirms before it comes to us"), required=False
    )
    schools = forms.ModelMultipleChoiceField(
        School.objects.none(),
        label=_("Schools"),
        to_field_name="uid",
        required=False,
        widget=GroupedCheckboxes,
    )

    def __init__(self, *args: Any, collection: Collection, day: dt.date, **kwargs: Any) -> None:
        initial = {
            name: getattr(collection, name)
            for name in ("title", "asked_by", "basis", "purpose", "contact", "deadline", "head_confirms")
        }
        super().__init__(*args, **{"initial": initial, **kwargs})
        self.day = day
        asked = collection.sheets.values("school")
        schools = School.objects.of_district().filter(closed_on=None).exclude(pk__in=asked).order_by("code")
        field = self.fields["schools"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = schools
        groups = [
            (stage.label, [(school.uid, school.name) for school in schools if school.stage == stage])
            for stage in Stage
        ]
        field.choices = [(title, rows) for title, rows in groups if rows]
        field.initial = [school.uid for school in schools] if not collection.sent else []

    def clean_deadline(self) -> dt.date:
        deadline: dt.date = self.cleaned_data["deadline"]
        if deadline < self.day:
            raise forms.ValidationError(_("The deadline is over; choose a later day."))
        return deadline

    def said(self) -> dict[str, object]:
        """Return what describes the collection."""
        data = dict(self.cleaned_data)
        data.pop("schools")
        deadline = data["deadline"]
        data["keep_until"] = deadline.replace(
            day=min(deadline.day, 28), year=deadline.year + int(data.pop("years"))
        )
        return data


class ReturnForm(forms.Form):
    """Why an answer goes back."""

    reason = forms.CharField(
        label=_("What is to be corrected"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("A reason can also be written beside a single cell above."),
    )
