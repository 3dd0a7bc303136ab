"""The one form renderer: labels, help and errors are tied to their fields."""

import re

from django import forms

from xuequ.core.forms import DateInput


class Sample(forms.Form):
    name = forms.CharField(label="名称", help_text="最多十个字", max_length=10)
    day = forms.DateField(label="日期", widget=DateInput, required=False)
    stage = forms.ChoiceField(label="学段", choices=[("p", "小学"), ("j", "初中")])
    kinds = forms.MultipleChoiceField(
        label="类型", choices=[("a", "甲"), ("b", "乙")], widget=forms.CheckboxSelectMultiple, required=False
    )
    agree = forms.BooleanField(label="已核对")
    token = forms.CharField(widget=forms.HiddenInput)

    def clean(self) -> None:
        raise forms.ValidationError("两项不能同时填写")


def ids(html: str) -> set[str]:
    return set(re.findall(r'\bid="([^"]+)"', html))


def test_every_field_has_its_label_and_class() -> None:
    html = str(Sample(initial={"day": "2026-03-02"}))
    assert set(re.findall(r'\bfor="([^"]+)"', html)) <= ids(html)
    assert re.search(r'<input type="text" name="name"[^>]*class="form-control"', html)
    assert re.search(r'<input type="date" name="day"[^>]*', html)
    assert re.search(r'<select name="stage"[^>]*class="form-select"', html)
    assert html.count('class="form-check-input"') == 3
    assert "<legend" in html
    assert html.count("form-required") == 2  # the box to tick says it in words
    assert "data-focus" not in html


def test_help_and_errors_are_tied_to_the_field() -> None:
    html = str(Sample({"day": "yesterday"}))
    for described in re.findall(r'aria-describedby="([^"]+)"', html):
        assert set(described.split()) <= ids(html)
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert 'aria-invalid="true"' in html
    assert "is-invalid" in html
    summary = html[: html.index("</ul>")]
    assert 'role="alert"' in summary
    assert "data-focus" in summary
    assert "两项不能同时填写" in summary
    for target in re.findall(r'href="#([^"]+)"', summary):
        assert target in ids(html)
    assert html.count("form-check-input is-invalid") == 1


def test_a_widget_keeps_its_own_class() -> None:
    class Own(forms.Form):
        text = forms.CharField(widget=forms.Textarea(attrs={"class": "prose"}))

    assert 'class="prose form-control"' in str(Own())
