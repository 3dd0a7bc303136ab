"""The forms of balance: every field says its unit, an empty one means that the figure is not known."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text
from xuequ.core.forms import DateInput
from xuequ.core.money import plain_sum
from xuequ.core.money_field import MoneyField
from xuequ.engines.balance.indicators import IndicatorSet
from xuequ.engines.balance.requirements import READINGS
from xuequ.systems.balance.book import Book, SchoolPlace
from xuequ.systems.balance.catalogue import (
    AMOUNTS,
    COUNTY_FACTS,
    FACTS,
    PART_FACTS,
    SCHOOL_FACTS,
    FactKind,
    Form,
    short_name,
)
from xuequ.systems.balance.choices import Ground, Part
from xuequ.systems.balance.imports.layout import NOTHING, PART, SCHOOL, WAN, YUAN, ColumnUse, Layout
from xuequ.systems.balance.judging import MOVABLE
from xuequ.systems.balance.models import Item, WeakRule
from xuequ.systems.balance.models import Mapping as NamedLayout
from xuequ.systems.balance.rules.document import Document, Edit
from xuequ.systems.balance.wording import READINGS as READING_WORDS
from xuequ.systems.balance.wording import STAGES

YES_NO = (("", _("not known")), ("1", _("yes")), ("0", _("no")))


def number_field(kind: FactKind, label: Any) -> forms.Field:
    """Return the field of a fact; yes and no as a choice, money in 元."""
    if kind.form == Form.YES_NO:
        return forms.TypedChoiceField(
            label=label, choices=YES_NO, required=False, coerce=Decimal, empty_value=None
        )
    if kind.form == Form.MONEY:
        return MoneyField(label=label, required=False)
    whole = kind.form == Form.COUNT
    places = 0 if whole else 4 if kind.form in (Form.SHARE, Form.NUMBER) else 2
    field = forms.DecimalField(label=label, required=False, min_value=0, max_digits=16, decimal_places=places)
    field.widget.attrs |= {"inputmode": "numeric" if whole else "decimal"}
    return field


def labelled(kind: FactKind, part: str = "", *, split: bool = False) -> Text:
    """The label of a fact with its unit, and the part where a school is split."""
    unit = format_lazy("（{unit}）", unit=kind.unit) if kind.unit else ""
    where = format_lazy(" · {part}", part=Part(part).label) if split and kind in PART_FACTS else ""
    return format_lazy("{label}{unit}{where}", label=kind.label, unit=unit, where=where)


class ValuesForm(forms.Form):
    """A school's figures; what the roster counts is not asked. Fields are ``part__fact``."""

    def __init__(self, *args: Any, book: Book, place: SchoolPlace, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place = place
        parts: Sequence[str] = ("", *place.parts) if place.is_split else ("",)
        for kind in (*PART_FACTS, *SCHOOL_FACTS):
            for part in parts if kind in PART_FACTS else ("",):
                if kind.known:
                    continue
                name = f"{part}__{kind.code}"
                self.fields[name] = number_field(kind, labelled(kind, part, split=place.is_split))
                self.initial.setdefault(name, _shown(kind, book.values.get((place.pk, part, kind.code))))

    def groups(self) -> Iterator[tuple[Text, list[forms.BoundField]]]:
        """The fields by part: the whole school first, parts folded."""
        for part in ("", *(self.place.parts if self.place.is_split else ())):
            yield Part(part).label, [self[name] for name in self.fields if name.startswith(f"{part}__")]

    def numbers(self) -> dict[tuple[str, str], Decimal]:
        """What was typed, by part and fact; empty fields change nothing."""
        found = {}
        for name, value in self.cleaned_data.items():
            part, _mark, fact = name.partition("__")
            if fact in FACTS and value not in (None, ""):
                found[(part, fact)] = Decimal(value)
        return found


def _shown(kind: FactKind, number: Decimal | None) -> str:
    if number is None:
        return ""
    if kind.form in (Form.YES_NO, Form.COUNT):
        return f"{int(number)}"
    return f"{number.normalize():f}"


class CountyForm(forms.Form):
    """The county's figures that one item reads."""

    def __init__(
        self, *args: Any, facts: Sequence[str], values: Mapping[tuple[int, str, str], Decimal], **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        for kind in COUNTY_FACTS:
            if kind.code in facts:
                self.fields[kind.code] = number_field(kind, labelled(kind))
                self.initial.setdefault(kind.code, _shown(kind, values.get((0, "", kind.code))))

    def numbers(self) -> dict[str, Decimal]:
        """What was typed, by fact."""
        return {name: Decimal(value) for name, value in self.cleaned_data.items() if value not in (None, "")}


class ItemForm(forms.ModelForm):
    """Who is in charge of an item, until when, and how far it is."""

    class Meta:
        model = Item
        fields = ("office", "due", "work", "remark")
        widgets = {"due": DateInput(), "remark": forms.Textarea(attrs={"rows": 2})}


class ObjectionForm(forms.Form):
    """A school's objection."""

    text = forms.CharField(
        label=_("Why the school should not be counted as weak"), max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip


class SettleForm(forms.Form):
    """The district's answer to an objection."""

    upheld = forms.TypedChoiceField(
        label=_("Decision"), choices=(("yes", _("upheld: the school is not counted")), ("no", _("not upheld"))),
        coerce=lambda value: value == "yes", widget=forms.RadioSelect,
    )  # fmt: skip
    answer = forms.CharField(label=_("Answer"), max_length=2000, widget=forms.Textarea(attrs={"rows": 4}))


class AllowanceForm(forms.Form):
    """An exception for a school."""

    part = forms.ChoiceField(label=_("Part"), choices=())
    code = forms.ChoiceField(label=_("Item"), choices=())
    ground = forms.ChoiceField(label=_("Ground"), choices=Ground.choices, required=False)
    add = forms.DecimalField(
        label=_("Counts as well, in the unit of the item"), required=False, min_value=0, decimal_places=2,
        help_text=_("Empty: the item is waived. Exceptions of the rules always add an amount."),
    )  # fmt: skip
    reason = forms.CharField(label=_("Reason"), max_length=300)

    def __init__(self, *args: Any, place: SchoolPlace, rules: IndicatorSet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        codes = list(dict.fromkeys(one.code for one in rules.indicators))
        self.fields["part"].choices = [(part, Part(part).label) for part in place.parts]  # type: ignore[attr-defined]
        self.fields["code"].choices = [  # type: ignore[attr-defined]
            (code, format_lazy("{name}（{unit}）", name=short_name(code), unit=AMOUNTS.get(code, "")))
            for code in codes
        ]


class PricesForm(forms.Form):
    """What one unit of each item costs, and what it costs that one moves to another school, in 元."""

    note = forms.CharField(label=_("Where the prices come from"), max_length=200, required=False)

    def __init__(
        self,
        *args: Any,
        codes: Sequence[str],
        prices: Mapping[str, str],
        moves: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for code in codes:
            unit = AMOUNTS.get(code, "")
            label = format_lazy(_("{item}: yuan for one of {unit}"), item=short_name(code), unit=unit)
            self._add(code, label, prices.get(code, ""), required=True)
        for code in (one for one in codes if one in MOVABLE):
            label = format_lazy(_("{item}: yuan for one who moves to another school"), item=short_name(code))
            self._add(f"move-{code}", label, moves.get(code, ""), required=False)
            self.fields[f"move-{code}"].help_text = _("Empty: nobody moves.")
        self.order_fields([*(name for name in self.fields if name != "note"), "note"])

    def _add(self, name: str, label: Any, initial: str, *, required: bool) -> None:
        self.fields[name] = MoneyField(label=label, positive=True, required=required)
        self.initial.setdefault(name, initial)

    def prices(self) -> dict[str, Decimal]:
        """Prices by item."""
        skipped = {"note", *(name for name in self.fields if name.startswith("move-"))}
        return {name: _plain(value) for name, value in self.cleaned_data.items() if name not in skipped}

    def moves(self) -> dict[str, Decimal]:
        """Fees of a move by item; an item without one is not among them."""
        return {
            name.removeprefix("move-"): _plain(value)
            for name, value in self.cleaned_data.items()
            if name.startswith("move-") and value is not None
        }


def _plain(yuan: Decimal) -> Decimal:
    """Return a price without a needless ``.00``: prices are stored as they are written."""
    return Decimal(plain_sum(yuan))


class WeakRuleForm(forms.ModelForm):
    """The rule for weak schools."""

    class Meta:
        model = WeakRule
        fields = ("least_unmet", "least_shortfall", "with_growth", "star_below", "needed", "reason")
        help_texts = {
            "least_shortfall": _("a share: 0.05 is five hundredths below the thresholds on average"),
            "star_below": _("empty: stars are not looked at"),
        }

    def clean_least_shortfall(self) -> float:
        """A share."""
        value: float = self.cleaned_data["least_shortfall"]
        if not 0 <= value <= 1:
            raise forms.ValidationError(gettext("Write a share between 0 and 1."))
        return value


class UploadForm(forms.Form):
    """The statistics table of one year."""

    file = forms.FileField(
        label=_("File"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.et,.ods,.csv,.txt"})
    )
    layout = forms.ModelChoiceField(
        label=_("Layout"), queryset=NamedLayout.objects.order_by("name"), required=False, to_field_name="uid",
        empty_label=_("official headings, or the template"),
    )  # fmt: skip


class ColumnsForm(forms.Form):
    """What the columns of a file hold."""

    remember_as = forms.CharField(
        label=_("Keep this layout under a name"), max_length=80, required=False,
        help_text=_("The next file with these headings can then be read by it."),
    )  # fmt: skip

    def __init__(self, *args: Any, layout: Layout, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.layout = layout
        for place, column in enumerate(layout.columns):
            if not column.heading:
                continue
            label = format_lazy(_("Column “{heading}”"), heading=column.heading)
            self.fields[f"c{place}"] = forms.ChoiceField(label=label, choices=_uses, required=False)
            self.initial.setdefault(f"c{place}", f"{column.use}@{column.unit}" if column.unit else column.use)
        self.order_fields([*(name for name in self.fields if name != "remember_as"), "remember_as"])

    def columns(self) -> "tuple[ColumnUse, ...]":
        """The columns as they were said to be."""
        found = []
        for place, column in enumerate(self.layout.columns):
            use, _at, unit = self.cleaned_data.get(f"c{place}", "").partition("@")
            found.append(ColumnUse(column.heading, use, unit))
        return tuple(found)


def _uses() -> "list[tuple[str, Text]]":
    found: list[tuple[str, Text]] = [
        (NOTHING, _("leave out")),
        (SCHOOL, _("school")),
        (PART, _("part of the school")),
    ]
    for kind in (*PART_FACTS, *SCHOOL_FACTS):
        if kind.form == Form.MONEY:
            found.append((f"{kind.code}@{WAN}", format_lazy(_("{label}, in 万元"), label=kind.label)))
            found.append((f"{kind.code}@{YUAN}", format_lazy(_("{label}, in 元"), label=kind.label)))
        else:
            found.append((kind.code, kind.label))
    return found


STATUS = (("verified", _("verified")), ("to-confirm", _("to confirm")))


class RulesForm(forms.Form):
    """A new version of the rules, changed field by field; field names are paths into the document."""

    version = forms.CharField(label=_("Name of the version"), max_length=40)
    reason = forms.CharField(label=_("What changed, and why"), max_length=300)

    def __init__(self, *args: Any, document: Document, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.document = document
        self._add(
            ("may_miss",),
            forms.IntegerField(label=_("items that a school may miss"), min_value=0, max_value=7),
        )
        self._add(("floor",), self._share(_("share of the threshold that a missed item must reach")))
        self._add(("share",), self._share(_("share of schools that must comply")))
        reading = [(one, READING_WORDS[one]) for one in READINGS]
        self._add(
            ("retention_reading",),
            forms.ChoiceField(label=_("reading of the retention rate"), choices=reading),
        )
        for place, one in enumerate(document.get("indicators", [])):
            self._add_indicator(("indicators", str(place)), one)
        for place, one in enumerate(document.get("requirements", [])):
            self._add_requirement(("requirements", str(place)), one)

    @staticmethod
    def _share(label: Any) -> forms.Field:
        return forms.FloatField(label=label, min_value=0, max_value=1)

    def _add(self, path: Edit, field: forms.Field) -> None:
        value: Any = self.document
        for step in path:
            value = value[int(step)] if isinstance(value, list) else value.get(step)
        name = "-".join(path)
        self.fields[name] = field
        self.initial.setdefault(name, value)

    def _add_indicator(self, path: Edit, one: Mapping[str, Any]) -> None:
        label = format_lazy(
            "{name}（{stage}）", name=one["name"], stage=STAGES.get(one["stage"], one["stage"])
        )
        self._add((*path, "threshold"), _positive(format_lazy(_("{label}: threshold"), label=label)))
        if "cv" in one:
            self._add(
                (*path, "cv"), _positive(format_lazy(_("{label}: limit of the coefficient"), label=label))
            )
        self._add((*path, "status"), forms.ChoiceField(label=_("compared with the document"), choices=STATUS))

    def _add_requirement(self, path: Edit, one: Mapping[str, Any]) -> None:
        for place, condition in enumerate(one["conditions"]):
            if "threshold" in condition:
                fact = condition.get("fact") or condition.get("part") or one["code"]
                name = FACTS[fact].label if fact in FACTS else one["name"]
                label = format_lazy("{code} {name}", code=one["code"], name=name)
                self._add((*path, "conditions", str(place), "threshold"), _positive(label))
        label = format_lazy(_("{code} compared with the document"), code=one["code"])
        self._add((*path, "status"), forms.ChoiceField(label=label, choices=STATUS))

    def edits(self) -> dict[Edit, Any]:
        """What differs from the document."""
        return {
            tuple(name.split("-")): value
            for name, value in self.cleaned_data.items()
            if name not in ("version", "reason") and value != self.initial.get(name)
        }

    def general(self) -> "list[forms.BoundField]":
        """The fields that stand open: name, reason and the rules of the whole."""
        return [self[name] for name in self.fields if "-" not in name]

    def folded(self) -> "list[tuple[Text, list[forms.BoundField]]]":
        """The fields of items, by group."""
        groups = (("indicators", _("Resources of schools")), ("requirements", _("Other items")))
        return [
            (title, [self[n] for n in self.fields if n.startswith(f"{start}-")]) for start, title in groups
        ]


def _positive(label: Any) -> forms.Field:
    return forms.FloatField(label=label, min_value=0.0001)


class RulesFileForm(forms.Form):
    """A document edited elsewhere."""

    file = forms.FileField(
        label=_("Document (TOML)"), widget=forms.ClearableFileInput(attrs={"accept": ".toml"})
    )
    version = forms.CharField(label=_("Name of the version"), max_length=40)
    reason = forms.CharField(label=_("What changed, and why"), max_length=300)
