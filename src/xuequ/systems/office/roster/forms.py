"""Forms of the roster's pages."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.forms import DateInput
from xuequ.district.models import Enrolment, Pupil, School, SchoolClass, SchoolYear
from xuequ.kit.roster.content import Kind
from xuequ.kit.roster.fields import FIELD_LABELS, IDENTITY_CARD, USE_LABELS, Use, fields_of
from xuequ.kit.roster.mappings import mapping, mappings
from xuequ.kit.roster.models import Mapping as HeadingMapping
from xuequ.kit.roster.models import MappingKind
from xuequ.kit.roster.options import Column, Options, SheetUse, code_of_year, options_for

ACCEPT = ".xlsx,.xls,.et,.ods,.csv,.txt,.zip"
FILE_HELP = _(
    "Excel (.xlsx, .xls), WPS (.et), OpenDocument (.ods), text (.csv, also GBK) or a OneRoster archive (.zip)."
)
WITHOUT_WHOLE = frozenset({Use.SCHOOLS, Use.CLASSES, Use.NOTHING})


class RosterFileForm(forms.Form):
    """A file, and how its rows are to be understood."""

    file = forms.FileField(
        label=_("File"), help_text=FILE_HELP, widget=forms.ClearableFileInput(attrs={"accept": ACCEPT})
    )
    school_year = forms.ChoiceField(
        label=_("School year"), help_text=_("Grades in the file are those of this school year.")
    )
    since = forms.DateField(
        label=_("Changes hold from"),
        widget=DateInput,
        help_text=_("Moves to another class or school begin on this day; what was before stays as history."),
    )
    mapping = forms.ChoiceField(
        label=_("Mapping of headings"),
        required=False,
        help_text=_("Left empty, it is found out from the headings."),
    )
    school = forms.ModelChoiceField(
        School.objects.none(),
        label=_("School"),
        required=False,
        to_field_name="code",
        empty_label="—",
        help_text=_("Only for files that do not name the school."),
    )
    complete = forms.BooleanField(
        label=_("These are whole lists: whoever is missing has left the schools in it"),
        required=False,
        help_text=_(
            "Without a tick, nobody is taken out. You can choose this sheet by sheet on the next page."
        ),
    )

    def __init__(self, *args: Any, today: dt.date, schools: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        years = {*SchoolYear.objects.values_list("code", flat=True), code_of_year(today)}
        self._choice("school_year").choices = [(code, code) for code in sorted(years, reverse=True)[:4]]
        self._choice("mapping").choices = [("", "—"), *((str(m.uid), m.name) for m in mappings())]
        chosen = self.fields["school"]
        assert isinstance(chosen, forms.ModelChoiceField)
        chosen.queryset = schools
        self.initial.setdefault("school_year", code_of_year(today))
        self.initial.setdefault("since", today)

    def _choice(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def options(self) -> Options:
        """Return what was said; raises ``Refused`` when year and day do not fit."""
        said = self.cleaned_data
        return options_for(
            self.today,
            said["school_year"],
            said["since"].isoformat(),
            school=said["school"].code if said["school"] else "",
            mapping=said["mapping"],
            complete=said["complete"],
        )


class SheetsForm(forms.Form):
    """What each sheet and column is: proposed, for the person to confirm or correct."""

    def __init__(self, *args: Any, sheets: Sequence[SheetUse], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheets = sheets
        for place, sheet in enumerate(sheets):
            self._add(place, sheet)

    def _add(self, place: int, sheet: SheetUse) -> None:
        named = {"name": sheet.name}
        self.fields[f"use_{place}"] = forms.ChoiceField(
            label=_("Sheet “%(name)s” holds") % named,
            choices=[(use.value, label) for use, label in USE_LABELS.items()],
            initial=sheet.use,
        )
        if sheet.use not in WITHOUT_WHOLE:
            self.fields[f"complete_{place}"] = forms.BooleanField(
                label=_("A whole list: whoever is missing has left"), required=False, initial=sheet.complete
            )
        if sheet.use in set(Kind) | {Use.GRID}:
            for column in sheet.columns:
                self._add_column(place, sheet, column)

    def _add_column(self, place: int, sheet: SheetUse, column: Column) -> None:
        if column.field == IDENTITY_CARD or column.field.startswith("subject:"):
            return
        kind = Kind.TEACHING if sheet.use == Use.GRID else Kind(sheet.use)
        names = ["", *fields_of(kind)]
        self.fields[f"column_{place}_{column.index}"] = forms.ChoiceField(
            label=_("Use of “%(name)s”") % {"name": column.label},
            choices=[(name, FIELD_LABELS[name]) for name in names],
            initial=column.field,
            required=False,
        )

    def parts(self) -> Iterator[dict[str, Any]]:
        """Yield each sheet with its fields, for the page."""
        for place, sheet in enumerate(self.sheets):
            whole = f"complete_{place}"
            yield {
                "sheet": sheet,
                "use": self[f"use_{place}"],
                "complete": self[whole] if whole in self.fields else None,
                "mapping": mapping(sheet.mapping) if sheet.mapping else None,
                "columns": [self._column(place, column) for column in sheet.columns],
            }

    def _column(self, place: int, column: Column) -> dict[str, Any]:
        name = f"column_{place}_{column.index}"
        return {
            "label": column.label,
            "field": self[name] if name in self.fields else None,
            "is_card": column.field == IDENTITY_CARD,
        }

    def changed_uses(self) -> dict[int, Use]:
        """Return the sheets that are said to hold something else than was proposed."""
        said = {place: Use(self.cleaned_data[f"use_{place}"]) for place in range(len(self.sheets))}
        return {place: use for place, use in said.items() if use != self.sheets[place].use}

    def chosen(self) -> list[SheetUse]:
        """Return what the person said about each sheet whose use was left as proposed."""
        return [self._chosen(place, sheet) for place, sheet in enumerate(self.sheets)]

    def _chosen(self, place: int, sheet: SheetUse) -> SheetUse:
        columns = tuple(
            Column(
                column.index,
                column.label,
                self.cleaned_data.get(f"column_{place}_{column.index}", column.field),
            )
            for column in sheet.columns
        )
        complete = bool(self.cleaned_data.get(f"complete_{place}"))
        return SheetUse(sheet.name, sheet.use, columns, sheet.mapping, complete, sheet.rows)


class QuestionsForm(forms.Form):
    """Whom does a row mean? One group of choices for each uncertain row."""

    def __init__(self, *args: Any, questions: Sequence[Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = [question["key"] for question in questions]
        for place, question in enumerate(questions):
            self.fields[f"row_{place}"] = forms.ChoiceField(
                label=question["label"],
                help_text=question["reason"],
                choices=question["options"],
                widget=forms.RadioSelect,
                required=False,
            )

    def choices(self) -> dict[str, str]:
        """Return the answers given, by row."""
        answers = ((key, self.cleaned_data[f"row_{place}"]) for place, key in enumerate(self.keys))
        return {key: answer for key, answer in answers if answer}


class ConfirmForm(forms.Form):
    """Agreement to taking people out of the roster."""

    agreed = forms.BooleanField(label=_("More than a tenth of a list is taken out, and that is meant."))


class MappingForm(forms.Form):
    """A mapping: one line for each field, its headings divided by spaces."""

    name = forms.CharField(label=pgettext_lazy("of a thing", "Name"), max_length=80)
    kind = forms.ChoiceField(label=_("Holds"), choices=MappingKind.choices)
    lines = forms.CharField(
        label=_("Headings"),
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false"}),
        help_text=_("On each line a heading of the file, “=”, and what it is."),
    )
    sheet = forms.CharField(label=_("Word in the sheet's name"), max_length=40, required=False)
    notes = forms.CharField(label=_("Notes"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    verified = forms.BooleanField(label=_("Checked against an original file"), required=False)

    @classmethod
    def initial_of(cls, found: HeadingMapping, *, copy: bool) -> dict[str, Any]:
        """Return the first values for a mapping, or for a copy of it."""
        return {
            "name": f"{found.name}（{_('copy')}）" if copy else found.name,
            "kind": found.kind,
            "lines": "\n".join(f"{heading} = {_label(field)}" for heading, field in found.headings.items()),
            "sheet": found.sheet,
            "notes": found.notes,
            "verified": not found.unverified,
        }

    def clean(self) -> dict[str, Any]:
        """Read the lines; say which one is not understood."""
        said: dict[str, Any] = super().clean() or {}
        labels = _fields_by_label(said.get("kind", ""))
        headings = {}
        for number, line in enumerate(said.get("lines", "").splitlines(), start=1):
            heading, mark, field = (part.strip() for part in line.partition("="))
            if not heading and not mark:
                continue
            if not heading or not mark or field not in labels:
                text = _("Line %(number)s is not understood. Write a heading, “=” and one of: %(fields)s.")
                known = "、".join(label for label, name in labels.items() if label and label != name)
                self.add_error("lines", text % {"number": number, "fields": known})
                break
            headings[heading[:60]] = labels[field]
        said["headings"] = headings
        return said


def _label(field: str) -> str:
    return str(FIELD_LABELS.get(field, field))


def _fields_by_label(kind: str) -> dict[str, str]:
    """Return the fields of a kind of file by what they are called, and by their own short names."""
    table = Kind(kind) if kind in {item.value for item in Kind} else Kind.TEACHING
    names = ("", *fields_of(table), *(("name", "number") if kind == MappingKind.SCORES else ()))
    return {**{_label(name): name for name in names}, **{name: name for name in names}}


SEXES = [("", "—"), ("male", _("male")), ("female", _("female"))]


class IdentityForm(forms.Form):
    """What a pupil is called, and the other facts of the register."""

    name = forms.CharField(label=_("Name"), max_length=40)
    number = forms.CharField(label=pgettext_lazy("of a person", "Number"), max_length=32, required=False)
    sex = forms.ChoiceField(label=_("Sex"), choices=SEXES, required=False)
    born = forms.DateField(label=_("Birthday"), widget=DateInput, required=False)

    @classmethod
    def initial_of(cls, pupil: Pupil) -> dict[str, str]:
        """Return what is known."""
        known = pupil.person.identity.fields
        return {name: known.get(name, "") for name in cls.base_fields}


class DayForm(forms.Form):
    """A day from which a change holds."""

    day = forms.DateField(label=pgettext_lazy("day", "From"), widget=DateInput)


class PlaceForm(DayForm):
    """Another class of the same school."""

    school_class = forms.ModelChoiceField(
        SchoolClass.objects.none(), label=_("Class"), to_field_name="uid", empty_label="—"
    )

    field_order = ("school_class", "day")

    def __init__(
        self, *args: Any, classes: Sequence[tuple[SchoolClass, str]], stay: Enrolment, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school_class"]
        assert isinstance(field, forms.ModelChoiceField)
        others = [(c, name) for c, name in classes if c.pk != stay.school_class_id]
        field.queryset = SchoolClass.objects.filter(pk__in=[c.pk for c, _name in others])
        field.choices = [("", "—"), *((str(c.uid), name) for c, name in others)]


class TransferForm(DayForm):
    """Another school of the district."""

    school = forms.ModelChoiceField(
        School.objects.none(), label=_("School"), to_field_name="uid", empty_label="—"
    )

    field_order = ("school", "day")

    def __init__(self, *args: Any, stay: Enrolment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school"]
        assert isinstance(field, forms.ModelChoiceField)
        others = School.objects.of_district().filter(closed_on=None).exclude(pk=stay.school_id)
        field.queryset = others.order_by("code")
