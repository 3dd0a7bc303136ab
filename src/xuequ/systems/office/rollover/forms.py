"""Forms of the rollover's pages."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from xuequ.district.models import SchoolClass, Subject
from xuequ.kit.rollover.choices import Boundary, Listing
from xuequ.kit.rollover.facts import Choices
from xuequ.kit.rollover.loading import Loaded
from xuequ.kit.rollover.planning import MOST_CLASSES, classes_last_year
from xuequ.systems.office.forms import FileForm
from xuequ.systems.office.rollover.queries import PupilRow, TeacherName

MOST_LOT = 2**31 - 1


class YearForm(forms.Form):
    """Which year is prepared."""

    year = forms.TypedChoiceField(label=_("School year"), coerce=int)

    def __init__(self, *args: Any, years: Sequence[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["year"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(year, f"{year}—{year + 1}") for year in years]


class BoundaryForm(forms.Form):
    """What follows the last grade of a stage in a school that also teaches the next one."""

    def __init__(self, *args: Any, loaded: Loaded, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loaded = loaded
        for span in loaded.facts.spans[1:]:
            usual = Boundary.LEAVE if span.first == 10 else Boundary.TOGETHER
            self.fields[f"boundary_{span.first}"] = forms.ChoiceField(
                label=format_lazy(_("Pupils of grade {grade}"), grade=span.first - 1),
                choices=Boundary.choices,
                initial=loaded.choices.boundary.get(span.first, usual),
                widget=forms.RadioSelect,
            )

    def choices(self) -> Choices:
        """Return the school's choices with what was said here."""
        said = {
            int(name.rpartition("_")[2]): Boundary(value)
            for name, value in self.cleaned_data.items()
            if value
        }
        return replace(self.loaded.choices, boundary={**self.loaded.choices.boundary, **said})


class NewClassesForm(forms.Form):
    """How many classes each first grade gets."""

    def __init__(self, *args: Any, loaded: Loaded, usual: dict[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loaded, self.usual = loaded, usual
        for grade, count in usual.items():
            last = classes_last_year(loaded.facts, grade)
            self.fields[f"classes_{grade}"] = forms.IntegerField(
                label=format_lazy(_("Classes of the new grade {grade}"), grade=grade),
                help_text=format_lazy(_("Last year: {count}."), count=last),
                initial=loaded.choices.classes.get(grade, count),
                min_value=0,
                max_value=MOST_CLASSES,
            )

    def choices(self) -> Choices:
        """Return the school's choices with what was said here; what is as usual needs no word."""
        counts = dict(self.loaded.choices.classes)
        for grade, usual in self.usual.items():
            said = self.cleaned_data[f"classes_{grade}"]
            counts.pop(grade, None)
            if said != usual:
                counts[grade] = said
        return replace(self.loaded.choices, classes=counts)


class PlacedGradesForm(forms.Form):
    """Which grades are placed in classes anew, and in how many."""

    def __init__(self, *args: Any, loaded: Loaded, grades: dict[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.loaded, self.grades = loaded, grades
        for grade, count in grades.items():
            self.fields[f"placed_{grade}"] = forms.BooleanField(
                label=format_lazy(_("Place grade {grade} anew"), grade=grade),
                required=False,
                initial=grade in loaded.choices.placed,
            )
            self.fields[f"classes_{grade}"] = forms.IntegerField(
                label=format_lazy(_("Classes of grade {grade}"), grade=grade),
                initial=loaded.choices.classes.get(grade, count),
                min_value=1,
                max_value=MOST_CLASSES,
            )

    def pairs(self) -> Iterator[tuple[forms.BoundField, forms.BoundField]]:
        """Yield the two fields of each grade."""
        for grade in self.grades:
            yield self[f"placed_{grade}"], self[f"classes_{grade}"]

    def choices(self) -> Choices:
        """Return the school's choices with what was said here."""
        counts = dict(self.loaded.choices.classes)
        placed = {grade for grade in self.grades if self.cleaned_data[f"placed_{grade}"]}
        for grade, usual in self.grades.items():
            said = self.cleaned_data[f"classes_{grade}"]
            counts.pop(grade, None)
            if grade in placed and said != usual:
                counts[grade] = said
        return replace(self.loaded.choices, classes=counts, placed=frozenset(placed))


class ListingForm(forms.Form):
    """Who of a class does not move up: one choice for each pupil."""

    def __init__(
        self, *args: Any, rows: Sequence[PupilRow], targets: Sequence[SchoolClass], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for row in rows:
            self.fields[f"kind_{row.listed.pupil.pk}"] = forms.ChoiceField(
                label=row.listed.name,
                choices=[("", _("moves up")), *Listing.choices],
                initial=row.kind,
                required=False,
            )
        self.fields["target"] = forms.ModelChoiceField(
            SchoolClass.objects.filter(pk__in=[target.pk for target in targets]),
            label=_("Those who repeat go to"),
            required=False,
            to_field_name="uid",
            empty_label=_("the smallest class of the grade"),
            initial=next((t.uid for t in targets for row in rows if row.target == t.pk), None),
        )

    def lines(self) -> Iterator[tuple[PupilRow, forms.BoundField]]:
        """Yield each pupil with the field."""
        for row in self.rows:
            yield row, self[f"kind_{row.listed.pupil.pk}"]

    def said(self) -> dict[int, tuple[Listing | None, int | None]]:
        """Return what was said about each pupil."""
        target = self.cleaned_data["target"]
        answer: dict[int, tuple[Listing | None, int | None]] = {}
        for row in self.rows:
            kind = self.cleaned_data[f"kind_{row.listed.pupil.pk}"]
            repeats = kind == Listing.REPEAT and target is not None
            answer[row.listed.pupil.pk] = (Listing(kind) if kind else None, target.pk if repeats else None)
        return answer


class RuleForm(forms.Form):
    """Placing by rule and lot."""

    by_band = forms.BooleanField(
        label=_("Balance earlier levels as well"),
        help_text=_("In three coarse bands from the latest term's levels; scores and ranks are never used."),
        required=False,
    )
    lot = forms.IntegerField(
        label=_("Number of the lot"),
        help_text=_("Drawn in public, if you like: the same number always gives the same classes."),
        min_value=1,
        max_value=MOST_LOT,
    )


class PlacingFileForm(FileForm):
    """The filled list of a grade."""


class StaffForm(forms.Form):
    """Class teacher and teachers of the subjects of one class."""

    def __init__(
        self,
        *args: Any,
        teachers: Sequence[TeacherName],
        subjects: Sequence[Subject],
        named: dict[int | None, int | None],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.subjects = {subject.pk: subject for subject in subjects}
        options = [("", "—"), *((str(row.pk), row.name) for row in teachers)]
        posts: list[tuple[str, int | None, Any]] = [("charge", None, _("Class teacher"))]
        posts += [(f"subject_{subject.pk}", subject.pk, str(subject)) for subject in subjects]
        for name, subject, label in posts:
            teacher = named.get(subject)
            self.fields[name] = forms.ChoiceField(
                label=label, choices=options, required=False, initial=str(teacher) if teacher else ""
            )

    def said(self) -> dict[Subject | None, int | None]:
        """Return the teacher's key for each post."""
        answer: dict[Subject | None, int | None] = {}
        for name, value in self.cleaned_data.items():
            subject = None if name == "charge" else self.subjects[int(name.rpartition("_")[2])]
            answer[subject] = int(value) if value else None
        return answer
