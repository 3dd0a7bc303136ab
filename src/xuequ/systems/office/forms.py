"""Forms of the import pages."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.core.forms import DateInput
from xuequ.district.actors import Actor
from xuequ.district.models import School, Subject, Term
from xuequ.district.queries import term_on
from xuequ.kit.scores.aliases import LABELS, Use
from xuequ.kit.scores.items import item_number
from xuequ.kit.scores.options import ColumnUse, Mode, Options
from xuequ.record import rules
from xuequ.record.choices import Basis
from xuequ.record.models import Assessment

DISTRICT_USES = (
    Use.IGNORE, Use.SCHOOL, Use.GRADE, Use.CLASS, Use.NAME, Use.NUMBER, Use.SUBJECT, Use.SCORE, Use.LEVEL, Use.ITEM,
    Use.OPTION, Use.RANK,
)  # fmt: skip
STUDY_USES = (Use.IGNORE, Use.SCHOOL, Use.SCORE, Use.FACTOR)
GRADES = [(str(grade), format_lazy(_("grade {grade}"), grade=grade)) for grade in range(1, 13)]
FILE_HELP = _(
    "Excel (.xlsx, .xls), WPS (.et), OpenDocument (.ods) or text (.csv in UTF-8, UTF-16, GBK or GB 18030)."
)
ACCEPT = ".xlsx,.xls,.et,.ods,.csv,.txt"


class AssessmentFilter(forms.Form):
    """Narrows the list of assessments."""

    basis = forms.ChoiceField(label=_("Basis"), choices=[("", "—"), *Basis.choices], required=False)
    term = forms.ModelChoiceField(
        Term.objects.order_by("-code"), label=_("Term"), to_field_name="code", empty_label="—", required=False
    )
    grade = forms.ChoiceField(label=_("Grade"), choices=[("", "—"), *GRADES], required=False)

    def narrow(self, rows: "QuerySet[Assessment]") -> "QuerySet[Assessment]":
        """Return the assessments that fit what was chosen; a choice that does not exist is passed over."""
        self.is_valid()
        return rows.filter(**{name: value for name, value in self.cleaned_data.items() if value})


class FileForm(forms.Form):
    """The file itself."""

    file = forms.FileField(
        label=_("File"), help_text=FILE_HELP, widget=forms.ClearableFileInput(attrs={"accept": ACCEPT})
    )


class AssessmentFileForm(FileForm):
    """A file for an assessment that exists: nothing else needs to be said."""

    def __init__(self, *args: Any, assessment: Assessment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.assessment = assessment

    def options(self) -> Options:
        return Options(assessment=str(self.assessment.uid))


class SheetForm(FileForm):
    """A score sheet of the district or of a school: what its results are of."""

    basis = forms.ChoiceField(
        label=_("Basis"),
        help_text=_("On what ground the results were given. It decides what may be computed from them."),
    )
    term = forms.ModelChoiceField(
        Term.objects.order_by("-code"), label=_("Term"), to_field_name="code", empty_label=None
    )
    grade = forms.ChoiceField(label=_("Grade"), choices=[("", "—"), *GRADES])
    school = forms.ModelChoiceField(
        School.objects.none(),
        label=_("School"),
        required=False,
        to_field_name="uid",
        empty_label="—",
        help_text=_("For a school's own examination. Left empty, the school is taken from the rows."),
    )
    held_on = forms.DateField(
        label=_("Held on"),
        required=False,
        widget=DateInput,
        help_text=_("Pupils are looked for in the classes of this day. Left empty: today."),
    )

    field_order = ("basis", "term", "grade", "school", "held_on", "file")

    def __init__(self, *args: Any, actor: Actor, own_schools: Sequence[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choice("basis").choices = _bases(bool(own_schools))
        term = term_on(actor.day)
        self.initial.setdefault("term", term.code if term is not None else None)
        schools = School.objects.of_district().order_by("code")
        if own_schools:
            schools = schools.filter(pk__in=[school.pk for school in own_schools])
            self.initial.setdefault("school", own_schools[0].uid)
        self._model_choice("school").queryset = schools

    def _choice(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def _model_choice(self, name: str) -> "forms.ModelChoiceField[School]":
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)
        return field

    def options(self) -> Options:
        said = self.cleaned_data
        return Options(
            basis=said["basis"],
            term=said["term"].code,
            grade=int(said["grade"]),
            school=str(said["school"].uid) if said["school"] else "",
            held_on=said["held_on"].isoformat() if said["held_on"] else "",
        )


def _bases(school_only: bool) -> list[tuple[str, str | Promise]]:
    allowed = [basis for basis in Basis if basis != Basis.EXTERNAL_STUDY]
    if school_only:
        allowed = [basis for basis in allowed if rules.BASES[basis].school_made]
    return [(basis.value, basis.label) for basis in allowed]


class StudyForm(FileForm):
    """An external study: published or borrowed data that stay apart from the district's own."""

    study = forms.CharField(label=_("Name of the study"), max_length=120)
    source = forms.CharField(
        label=_("Source and licence"),
        max_length=300,
        required=False,
        help_text=_("Where the data come from and what they may be used for."),
    )

    field_order = ("study", "source", "file")

    def options(self) -> Options:
        said = self.cleaned_data
        return Options(mode=Mode.STUDY, study=said["study"].strip(), source=said["source"].strip())


class ColumnsForm(forms.Form):
    """What each column is: proposed, for the person to confirm or correct."""

    def __init__(
        self, *args: Any, options: Options, tables: Sequence[str], samples: Mapping[int, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.columns, self.samples = options.columns, samples
        self.is_study = options.mode == Mode.STUDY
        if self.is_study:
            self.fields["study"] = forms.CharField(
                label=_("Name of the study"), max_length=120, initial=options.study
            )
        if len(tables) > 1:
            self.fields["sheets"] = forms.MultipleChoiceField(
                label=_("Sheets to read"),
                choices=[(name, name) for name in tables],
                initial=options.sheets,
                widget=forms.RadioSelect if self.is_study else forms.CheckboxSelectMultiple,
            )
        for column in options.columns:
            self._add(column)

    def _add(self, column: ColumnUse) -> None:
        uses = STUDY_USES if self.is_study else DISTRICT_USES
        named = {"name": column.label}
        self.fields[f"use_{column.index}"] = forms.ChoiceField(
            label=_("Use of “%(name)s”") % named,
            choices=[(use.value, LABELS[use]) for use in uses],
            initial=column.use,
        )
        if self.is_study:
            return
        self.fields[f"subject_{column.index}"] = forms.ModelChoiceField(
            Subject.objects.order_by("order"),
            label=_("Subject of “%(name)s”") % named,
            required=False,
            to_field_name="code",
            initial=column.subject or None,
            empty_label="—",
        )
        self.fields[f"full_{column.index}"] = forms.FloatField(
            label=_("Full mark of “%(name)s”") % named,
            required=False,
            min_value=0.5,
            max_value=2000,
            initial=column.full_mark,
            localize=False,
        )

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield each column with its fields, for the table on the page."""
        for column in self.columns:
            parts = {name: self[f"{name}_{column.index}"] for name in self._parts()}
            yield {"label": column.label, "sample": self.samples.get(column.index, ""), **parts}

    def _parts(self) -> tuple[str, ...]:
        return ("use",) if self.is_study else ("use", "subject", "full")

    def general(self) -> list[forms.BoundField]:
        """Return the fields that are not about one column."""
        return [self[name] for name in ("study", "sheets") if name in self.fields]

    def chosen_columns(self) -> list[ColumnUse]:
        """Return what the person said about each column."""
        return [self._chosen(column) for column in self.columns]

    def _chosen(self, column: ColumnUse) -> ColumnUse:
        use = Use(self.cleaned_data[f"use_{column.index}"])
        subject = self.cleaned_data.get(f"subject_{column.index}")
        of_item = use in {Use.ITEM, Use.OPTION}
        about = of_item or use in {Use.SCORE, Use.LEVEL}
        full_mark = self.cleaned_data.get(f"full_{column.index}") if use in {Use.SCORE, Use.ITEM} else None
        number = (column.item or item_number(column.label)) if of_item else ""
        code = subject.code if subject and about else ""
        return ColumnUse(column.index, column.label, use, code, full_mark, number)


class AnswersForm(forms.Form):
    """Whose row is it? One group of choices for each uncertain row."""

    def __init__(self, *args: Any, questions: Sequence[Mapping[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.keys = [question["key"] for question in questions]
        for place, question in enumerate(questions):
            self.fields[f"row_{place}"] = forms.ChoiceField(
                label=question["label"],
                help_text=question["reason"],
                choices=[*question["options"], ("skip", _("None of them: leave the row out"))],
                widget=forms.RadioSelect,
                required=False,
            )

    def choices(self) -> dict[str, str]:
        """Return the answers given, by row."""
        answers = ((key, self.cleaned_data[f"row_{place}"]) for place, key in enumerate(self.keys))
        return {key: answer for key, answer in answers if answer}


UploadForm = AssessmentFileForm | SheetForm | StudyForm
