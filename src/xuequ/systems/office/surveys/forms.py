"""Forms of the questionnaires' pages."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xuequ.core.clock import SHANGHAI
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.questionnaires import drafting, parsing, queries
from xuequ.kit.questionnaires.actions import Plan
from xuequ.kit.questionnaires.choices import Audience
from xuequ.kit.questionnaires.models import Questionnaire
from xuequ.kit.questionnaires.queries import STAFF_ROLES
from xuequ.kit.questionnaires.results import is_counted
from xuequ.kit.questionnaires.schema import Form, Input, QuestionType

TYPES: dict[QuestionType, str | Promise] = {
    QuestionType.RADIO: _("one of several"),
    QuestionType.CHECKBOX: _("several of several"),
    QuestionType.DROPDOWN: _("one from a drop-down"),
    QuestionType.BOOLEAN: _("yes or no"),
    QuestionType.RATING: _("rating"),
    QuestionType.MATRIX: _("table, one choice in each row"),
    QuestionType.TEXT: _("short text, number or date"),
    QuestionType.COMMENT: _("long text"),
}
INPUTS = [
    (Input.TEXT, pgettext_lazy("kind of entry", "text")),
    (Input.NUMBER, pgettext_lazy("kind of entry", "number")),
    (Input.DATE, pgettext_lazy("kind of entry", "date")),
    (Input.TEL, _("telephone number")),
    (Input.EMAIL, _("e-mail address")),
]
GRADES = [(str(grade), format_lazy(_("grade {grade}"), grade=grade)) for grade in range(1, 13)]
LINES = {"rows": 6}


class NewForm(forms.Form):
    """A new questionnaire: empty, or a copy of one that exists."""

    title = forms.CharField(label=_("Title"), max_length=120)
    copy = forms.ModelChoiceField(
        Questionnaire.objects.none(),
        label=_("Begin with"),
        required=False,
        to_field_name="uid",
        empty_label=_("an empty questionnaire"),
    )
    school = forms.ModelChoiceField(
        School.objects.none(), label=_("School"), to_field_name="uid", empty_label=None
    )

    def __init__(self, *args: Any, actor: Actor, district: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        existing = self.fields["copy"]
        assert isinstance(existing, forms.ModelChoiceField)
        existing.queryset = queries.questionnaires(actor)
        schools = self.fields["school"]
        assert isinstance(schools, forms.ModelChoiceField)
        if district:
            del self.fields["school"]
        else:
            schools.queryset = queries.asking_schools(actor)


class AddForm(forms.Form):
    """One more question at the end."""

    type = forms.ChoiceField(label=_("Type"), choices=[(kind.value, label) for kind, label in TYPES.items()])
    title = forms.CharField(label=_("Question"), max_length=300)


class JsonForm(forms.Form):
    """The draft as JSON, for experts."""

    source = forms.CharField(
        label=_("JSON"),
        max_length=parsing.LARGEST,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "font-monospace"}),
    )

    def clean_source(self) -> dict[str, Any]:
        text = self.cleaned_data["source"]
        try:
            parsing.read_text(text)
        except parsing.SchemaError as error:
            raise forms.ValidationError([str(problem) for problem in error.problems]) from error
        found: dict[str, Any] = json.loads(text)
        return found


class QuestionForm(forms.Form):
    """One question of a draft; only the fields of its type are there."""

    title = forms.CharField(label=_("Question"), max_length=300)
    title_en = forms.CharField(label=_("Question in English"), max_length=300, required=False)
    description = forms.CharField(label=_("Explanation of the question"), max_length=500, required=False)
    isRequired = forms.BooleanField(label=_("must be answered"), required=False)  # noqa: N815  SurveyJS's own name
    choices = forms.CharField(
        label=_("Choices, one on each line"),
        widget=forms.Textarea(attrs=LINES),
        help_text=_(
            "A line is a label, or “value = label”. Keep the values of choices that already have answers."
        ),
    )
    showOtherItem = forms.BooleanField(label=_("with “other” and a line to write on"), required=False)  # noqa: N815
    showNoneItem = forms.BooleanField(label=_("with “none”"), required=False)  # noqa: N815
    columns = forms.CharField(label=_("Columns, one on each line"), widget=forms.Textarea(attrs=LINES))
    rows = forms.CharField(label=_("Rows, one on each line"), widget=forms.Textarea(attrs=LINES))
    eachRowRequired = forms.BooleanField(label=_("every row must be answered"), required=False)  # noqa: N815
    rateMin = forms.IntegerField(label=_("Lowest step"), min_value=0, max_value=9)  # noqa: N815
    rateMax = forms.IntegerField(label=_("Highest step"), min_value=1, max_value=10)  # noqa: N815
    minRateDescription = forms.CharField(label=_("The lowest step means"), max_length=60, required=False)  # noqa: N815
    maxRateDescription = forms.CharField(label=_("The highest step means"), max_length=60, required=False)  # noqa: N815
    inputType = forms.ChoiceField(label=_("What is written"), choices=INPUTS)  # noqa: N815
    min = forms.CharField(label=_("Smallest value"), max_length=20, required=False)
    max = forms.CharField(label=_("Largest value"), max_length=20, required=False)
    maxLength = forms.IntegerField(label=_("Most characters"), min_value=1, max_value=10_000, required=False)  # noqa: N815
    least = forms.IntegerField(label=_("Choose at least"), min_value=0, max_value=100, required=False)
    most = forms.IntegerField(label=_("Choose at most"), min_value=0, max_value=100, required=False)
    show = forms.ChoiceField(label=_("Ask only if"), required=False)

    PARTS: Mapping[str, tuple[str, ...]] = {
        QuestionType.RADIO: ("choices", "showOtherItem", "showNoneItem"),
        QuestionType.CHECKBOX: ("choices", "showOtherItem", "showNoneItem", "least", "most"),
        QuestionType.DROPDOWN: ("choices", "showOtherItem", "showNoneItem"),
        QuestionType.MATRIX: ("columns", "rows", "eachRowRequired"),
        QuestionType.RATING: ("rateMin", "rateMax", "minRateDescription", "maxRateDescription"),
        QuestionType.TEXT: ("inputType", "min", "max", "maxLength"),
        QuestionType.COMMENT: ("maxLength",),
        QuestionType.BOOLEAN: (),
    }
    COMMON = ("title", "title_en", "description", "isRequired")

    def __init__(self, *args: Any, source: Mapping[str, Any], entry: drafting.Entry, **kwargs: Any) -> None:
        self.element = dict(entry.element)
        kwargs["initial"] = _initial(self.element)
        super().__init__(*args, **kwargs)
        wanted = (*self.COMMON, *self.PARTS[entry.type], "show")
        for name in [name for name in self.fields if name not in wanted]:
            del self.fields[name]
        show = self.fields["show"]
        assert isinstance(show, forms.ChoiceField)
        show.choices = list(conditions(source, entry, str(self.element.get("visibleIf", ""))))

    def changed(self) -> dict[str, Any]:
        """Return the element as it was filled in; what the form does not know about stays as it is."""
        said = self.cleaned_data
        element = {**self.element, "title": _label(said["title"], said["title_en"])}
        for key in self.PARTS[element["type"]]:
            if key in {"choices", "columns", "rows"}:
                stem = {"rows": "r", "columns": "c"}.get(key, "a")
                element[key] = drafting.choices_from(said[key], stem, element.get(key) or [])
            elif key not in {"least", "most"}:
                element[key] = (
                    _bound(said[key], said.get("inputType")) if key in {"min", "max"} else said[key]
                )
        element |= {
            "description": said["description"],
            "isRequired": said["isRequired"],
            "visibleIf": said["show"],
        }
        if "least" in said:
            element["validators"] = _counts(element.get("validators"), said["least"], said["most"])
        return {key: value for key, value in element.items() if value not in ("", None, [], False)}


def _initial(element: Mapping[str, Any]) -> dict[str, Any]:
    title = element.get("title", "")
    texts = title if isinstance(title, Mapping) else {"default": title}
    found = {**element, "title": texts.get("default", ""), "title_en": texts.get("en", "")}
    found |= {
        key: drafting.lines_of(element[key]) for key in ("choices", "columns", "rows") if key in element
    }
    for rule in element.get("validators") or ():
        if rule.get("type") == "answercount":
            found |= {"least": rule.get("minCount"), "most": rule.get("maxCount")}
    return {**found, "show": element.get("visibleIf", "")}


def _label(chinese: str, english: str) -> str | dict[str, str]:
    return {"default": chinese, "en": english} if english else chinese


def _bound(text: str, kind: str | None) -> float | int | str | None:
    if not text or kind != Input.NUMBER:
        return text or None
    try:
        number = float(text)
    except ValueError:
        return text  # the check of the whole draft says what is wrong with it
    return int(number) if number.is_integer() else number


def _counts(rules: Any, least: int | None, most: int | None) -> list[dict[str, Any]]:
    others = [rule for rule in rules or () if rule.get("type") != "answercount"]
    own = {"type": "answercount", "minCount": least, "maxCount": most}
    return [*others, {key: value for key, value in own.items() if value}] if least or most else others


Choices = tuple[str | Promise, str | Promise | list[tuple[str, str | Promise]]]


def conditions(source: Mapping[str, Any], entry: drafting.Entry, current: str) -> Iterator[Choices]:
    """Yield what a question's showing can depend on: the choices of the questions before it."""
    yield "", _("in every case")
    offered = {""}
    for earlier in drafting.entries(source):
        if (earlier.page, earlier.place) >= (entry.page, entry.place):
            break
        listed = list(_conditions_on(earlier))
        offered |= {condition for condition, _label in listed}
        if listed:
            title = drafting.label_of({"text": earlier.element.get("title", earlier.name)})
            yield title, listed
    if current not in offered:
        yield current, format_lazy(_("own rule: {rule}"), rule=current)


def _conditions_on(entry: drafting.Entry) -> Iterator[tuple[str, str | Promise]]:
    if entry.type == QuestionType.BOOLEAN:
        yield f"{{{entry.name}}} = true", _("yes")
        yield f"{{{entry.name}}} = false", _("no")
    if entry.type not in {QuestionType.RADIO, QuestionType.CHECKBOX, QuestionType.DROPDOWN}:
        return
    word = "contains" if entry.type == QuestionType.CHECKBOX else "="
    for item in entry.element.get("choices") or ():
        value = drafting.value_of(item)
        said = str(value) if isinstance(value, int) else f"'{value}'"
        yield f"{{{entry.name}}} {word} {said}", drafting.label_of(item)


class MomentInput(forms.DateTimeInput):
    """The browser's own picker of day and time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class RoundForm(forms.Form):
    """Sends a questionnaire out."""

    title = forms.CharField(label=_("Title that people see"), max_length=120)
    audience = forms.ChoiceField(label=_("Who is asked"), choices=Audience.choices)
    roles = forms.MultipleChoiceField(
        label=_("Of the staff"),
        choices=[(role.value, role.label) for role in STAFF_ROLES],
        initial=[Role.TEACHER.value],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only for teachers and staff."),
    )
    grades = forms.MultipleChoiceField(
        label=_("Grades"),
        choices=GRADES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only for pupils and families; none ticked means all."),
    )
    schools = forms.ModelMultipleChoiceField(
        School.objects.none(),
        label=_("Only these schools"),
        to_field_name="uid",
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 8}),
        help_text=_("None chosen means all that you may ask."),
    )
    anonymous = forms.BooleanField(
        label=_("anonymous: who has answered is known, not what"),
        required=False,
        initial=True,
        help_text=_("School offices always answer by name of the school."),
    )
    opens = forms.DateTimeField(label=_("Opens"), widget=MomentInput)
    closes = forms.DateTimeField(label=_("Closes"), widget=MomentInput)
    purpose = forms.CharField(
        label=_("Purpose"),
        max_length=300,
        help_text=_("What the answers are for; everybody who is asked reads it."),
    )
    basis = forms.CharField(
        label=_("Ground for asking"),
        max_length=300,
        help_text=_("Why it may be asked, such as the task of the office or voluntary consent."),
    )
    contradiction = forms.CharField(
        label=_("Answers that contradict each other"),
        max_length=500,
        required=False,
        help_text=_(
            "A condition such as “{years} > 20 and {age} < 30”; such answers are counted, never named."
        ),
    )

    def __init__(self, *args: Any, actor: Actor, at: dt.datetime, title: str, **kwargs: Any) -> None:
        now = at.astimezone(SHANGHAI).replace(second=0, microsecond=0, minute=0)
        kwargs["initial"] = {"title": title, "opens": now, "closes": now + dt.timedelta(days=14)}
        super().__init__(*args, **kwargs)
        self.allowed = queries.asking_schools(actor)
        schools = self.fields["schools"]
        assert isinstance(schools, forms.ModelMultipleChoiceField)
        schools.queryset = self.allowed

    def plan(self) -> Plan:
        """Return what was planned; no school chosen means all that may be asked."""
        said = self.cleaned_data
        audience = Audience(said["audience"])
        families = audience in {Audience.PUPILS, Audience.GUARDIANS}
        return Plan(
            title=said["title"],
            audience=audience,
            schools=list(said["schools"] or self.allowed),
            opens=said["opens"],
            closes=said["closes"],
            purpose=said["purpose"],
            basis=said["basis"],
            anonymous=said["anonymous"],
            roles=said["roles"] if audience == Audience.STAFF else (),
            grades=[int(grade) for grade in said["grades"]] if families else (),
            contradiction=said["contradiction"],
        )


class SheetForm(forms.Form):
    """A filled template of one school."""

    school = forms.ModelChoiceField(School.objects.none(), label=_("School"), to_field_name="uid")
    file = forms.FileField(
        label=_("File"), widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.xls,.et"})
    )

    def __init__(self, *args: Any, schools: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = schools


class ResultsForm(forms.Form):
    """Narrows and crosses the results."""

    school = forms.ModelChoiceField(
        School.objects.none(),
        label=_("School"),
        to_field_name="uid",
        required=False,
        empty_label=_("all schools"),
    )
    grade = forms.ChoiceField(label=_("Grade"), required=False)
    row = forms.ChoiceField(label=_("Question in the rows"), required=False)
    column = forms.ChoiceField(label=_("Question in the columns"), required=False)
    careful = forms.BooleanField(label=_("without answers that look careless"), required=False)

    def __init__(
        self, *args: Any, form: Form, language: str, schools: Any, grades: list[int], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["school"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = schools
        counted = [
            (name, f"{number}. {question.shown_title.said(language)}"[:60])
            for number, (name, question) in enumerate(form.questions.items(), start=1)
            if is_counted(question)
        ]
        self._offer("row", counted)
        self._offer("column", counted)
        if grades:
            self._offer("grade", [choice for choice in GRADES if int(choice[0]) in grades])
        else:
            del self.fields["grade"]

    def _offer(self, name: str, listed: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "—"), *listed]
