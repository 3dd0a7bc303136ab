"""The form with which evidence is handed in."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from xuequ.district.actors import Actor
from xuequ.district.models import School
from xuequ.record import evidence
from xuequ.record.models import Evidence

ACCEPT = ".pdf,.jpg,.jpeg,.png,.docx,.xlsx"


class EvidenceForm(forms.Form):
    """A file, an address or a note; one of the three, with a title."""

    title = forms.CharField(label=_("What it shows"), max_length=160)
    file = forms.FileField(
        label=_("File or photograph"),
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": ACCEPT}),
        help_text=_(
            "PDF, Word, Excel, JPEG or PNG, at most 20 MB. Place and time are taken out of photographs."
        ),
    )
    url = forms.URLField(label=_("Or an address"), required=False, assume_scheme="https", max_length=500)
    note = forms.CharField(
        label=_("Or in words"), required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the three."""
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.get(name) for name in ("file", "url", "note")):
            raise forms.ValidationError(gettext("Choose a file, type an address or write a note."))
        return cleaned

    def save(self, *, actor: Actor, system: str, school: School | None) -> Evidence:
        """Keep what was handed in; ``Refused`` says what is wrong with the file."""
        data = self.cleaned_data
        place = {"actor": actor, "system": system, "school": school, "title": data["title"]}
        if data["file"]:
            return evidence.attach_file(**place, upload=data["file"], note=data["note"])
        if data["url"]:
            return evidence.attach_link(**place, url=data["url"], note=data["note"])
        return evidence.attach_note(**place, note=data["note"])
