"""The one form renderer, and the few widgets that browsers do better than Django's defaults."""

from typing import Any

from django import forms
from django.forms.renderers import TemplatesSetting

CLASSES = {
    forms.CheckboxInput: "form-check-input",
    forms.RadioSelect: "form-check-input",
    forms.CheckboxSelectMultiple: "form-check-input",
    forms.Select: "form-select",
    forms.SelectMultiple: "form-select",
}
CHECKS = (forms.CheckboxInput,)
CHOICES = (forms.RadioSelect, forms.CheckboxSelectMultiple)


class TablerBoundField(forms.BoundField):
    """A field whose widget carries Tabler's classes."""

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        widget = widget or self.field.widget
        built: dict[str, Any] = super().build_widget_attrs(attrs, widget)
        names = [widget.attrs.get("class", ""), built.get("class", ""), _class_of(widget)]
        if self.form.is_bound and self.errors:
            names.append("is-invalid")
        built["class"] = " ".join(dict.fromkeys(name for name in names if name))
        return built

    @property
    def is_check(self) -> bool:
        """Whether the field is one box to tick, whose label stands beside it."""
        return isinstance(self.field.widget, CHECKS)

    @property
    def is_choices(self) -> bool:
        """Whether the field is a group of boxes or buttons, named by a legend."""
        return isinstance(self.field.widget, CHOICES)

    @property
    def is_grouped(self) -> bool:
        """Whether the boxes stand in groups that fold."""
        return isinstance(self.field.widget, GroupedCheckboxes)


def _class_of(widget: forms.Widget) -> str:
    for kind in type(widget).__mro__:
        if kind in CLASSES:
            return CLASSES[kind]
    return "form-control"


class TablerRenderer(TemplatesSetting):
    """Render forms and fields with Tabler's markup from ``templates/core/forms``."""

    form_template_name = "core/forms/form.html"
    field_template_name = "core/forms/field.html"
    bound_field_class = TablerBoundField


class GroupedCheckboxes(forms.CheckboxSelectMultiple):
    """Boxes under the headings of their groups; only groups that hold a ticked box stand open at first."""

    template_name = "core/forms/grouped_choices.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Add the groups, each with its heading, boxes and whether one of them is ticked."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        groups = [
            {"title": title, "options": boxes, "chosen": any(box["selected"] for box in boxes)}
            for title, boxes, _place in context["widget"]["optgroups"]
        ]
        return context | {"groups": groups}


class DateInput(forms.DateInput):
    """The browser's own date picker, which wants ISO dates."""

    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")
