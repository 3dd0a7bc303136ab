"""The pages of schemes: read, begin, change, export."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.errors import Refused
from xuequ.core.files import attachment, safe_name
from xuequ.district.actors import Actor
from xuequ.systems.stars.access import may_enter, may_manage
from xuequ.systems.stars.answers import GET_OR_POST, actor_of, manager_of
from xuequ.systems.stars.choices import SchemeKind
from xuequ.systems.stars.models import SchemeVersion
from xuequ.systems.stars.schemes import actions, documents, editing, forms, queries

EXPORTS = {"toml": documents.as_toml, "json": documents.as_json}


def _version(actor: Actor, uid: UUID) -> SchemeVersion:
    found = queries.version(actor, uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def schemes(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    if not may_enter(actor):
        raise PermissionDenied
    context = {"versions": queries.versions(actor), "manages": may_manage(actor)}
    return render(request, "stars/schemes/list.html", context)


@login_required
@require_http_methods(GET_OR_POST)
def new(request: HttpRequest) -> HttpResponse:
    actor = manager_of(request)
    form = forms.NewSchemeForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = _begin(actor, form.cleaned_data)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("The scheme is kept. Nothing is rated with it before a round is opened.")
            )
            return redirect("stars:scheme", made.uid)
    return render(
        request, "stars/schemes/form.html", {"form": form, "heading": _("New scheme"), "files": True}
    )


def _begin(actor: Actor, data: Mapping[str, Any]) -> SchemeVersion:
    kind = SchemeKind(data["kind"])
    own = data["source"] == "file"
    document = documents.read_upload(data["file"]) if own else documents.example(kind)
    if data["name"]:
        document["name"] = data["name"]
    return actions.create(actor=actor, kind=kind, document=document, note=data["note"])


@login_required
@require_safe
def scheme(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = _version(actor, uid)
    context: dict[str, Any] = {"scheme_version": found, "manages": may_manage(actor), "exports": EXPORTS}
    if found.scheme.kind == SchemeKind.AI_LEVEL:
        from xuequ.systems.stars.ailevel.scheme import read_scheme

        return render(request, "stars/schemes/level.html", context | {"scheme": read_scheme(found.document)})
    return render(request, "stars/schemes/scheme.html", context | {"scheme": queries.scheme_in(found)})


@login_required
@require_safe
def export(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    found = _version(actor_of(request), uid)
    if form not in EXPORTS:
        raise Http404
    name = f"{safe_name(str(found.scheme))}-{found.number}.{form}"
    return attachment(EXPORTS[form](found.document).encode(), name, "text/plain; charset=utf-8")


@login_required
@require_POST
def next_version(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = manager_of(request)
    made = actions.new_version(actor=actor, version=_version(actor, uid))
    messages.success(request, _("Version %(n)d is ready to be changed.") % {"n": made.number})
    return redirect("stars:scheme", made.uid)


def _changed(
    request: HttpRequest, actor: Actor, found: SchemeVersion, document: Mapping[str, Any], form: django_forms.Form
) -> HttpResponse | None:  # fmt: skip
    """Store a changed document; None when it was refused, with the reason in the form."""
    try:
        revision = form.cleaned_data.get("revision")
        actions.change(actor=actor, version=found, document=document, revision=revision)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return None
    messages.success(request, _("The scheme is changed."))
    return redirect("stars:scheme", found.uid)


def _form_page(
    request: HttpRequest, found: SchemeVersion, form: django_forms.Form, heading: str, **more: Any
) -> HttpResponse:  # fmt: skip
    context = {"scheme_version": found, "form": form, "heading": heading, **more}
    return render(request, "stars/schemes/form.html", context)


def _editable(request: HttpRequest, uid: UUID) -> tuple[Actor, SchemeVersion]:
    actor = manager_of(request)
    found = _version(actor, uid)
    if found.scheme.kind != SchemeKind.SMART_CAMPUS:
        raise Http404
    return actor, found


@login_required
@require_http_methods(GET_OR_POST)
def replace(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = manager_of(request)
    found = _version(actor, uid)
    form = forms.ReplaceForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            document = documents.read_upload(form.cleaned_data["file"])
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            if (done := _changed(request, actor, found, document, form)) is not None:
                return done
    return _form_page(request, found, form, _("Bring in a file"), files=True)


@login_required
@require_http_methods(GET_OR_POST)
def head(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = _editable(request, uid)
    form = forms.HeadForm(request.POST) if request.method == "POST" else _head(found)
    if request.method == "POST" and form.is_valid():
        done = _changed(request, actor, found, form.merged(found.document), form)
        if done is not None:
            return done
    return _form_page(request, found, form, _("Name and stars"))


def _head(found: SchemeVersion) -> forms.HeadForm:
    return forms.HeadForm.of(found.document, found.revision)


@login_required
@require_http_methods(GET_OR_POST)
def dimension(request: HttpRequest, uid: UUID, code: str = "") -> HttpResponse:
    actor, found = _editable(request, uid)
    part = editing.dimension_in(found.document, code) if code else {}
    if part is None:
        raise Http404
    initial = {key: part.get(key, "") for key in ("code", "title", "text")} | {"revision": found.revision}
    form = forms.DimensionForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        words = {key: form.cleaned_data[key] for key in ("code", "title", "text")}
        document = editing.with_dimension(found.document, code, words)
        if (done := _changed(request, actor, found, document, form)) is not None:
            return done
    return _form_page(
        request, found, form, _("Dimension %(code)s") % {"code": code} if code else _("New dimension")
    )


@login_required
@require_http_methods(GET_OR_POST)
def item(request: HttpRequest, uid: UUID, code: str) -> HttpResponse:
    actor, found = _editable(request, uid)
    place = editing.item_in(found.document, code)
    if place is None:
        raise Http404
    return _item_page(request, actor, found, place[0]["code"], place[1])


@login_required
@require_http_methods(GET_OR_POST)
def new_item(request: HttpRequest, uid: UUID, code: str) -> HttpResponse:
    actor, found = _editable(request, uid)
    if editing.dimension_in(found.document, code) is None:
        raise Http404
    return _item_page(request, actor, found, code, {})


def _item_page(
    request: HttpRequest, actor: Actor, found: SchemeVersion, dimension: str, item: Mapping[str, Any]
) -> HttpResponse:  # fmt: skip
    code = item.get("code", "")
    form = (
        forms.ItemForm(request.POST) if request.method == "POST" else forms.ItemForm.of(item, found.revision)
    )
    if request.method == "POST" and form.is_valid():
        document = editing.with_item(found.document, dimension, code, form.merged(item))
        if (done := _changed(request, actor, found, document, form)) is not None:
            return done
    heading = _("Item %(code)s") % {"code": code} if code else _("New item")
    return _form_page(request, found, form, heading, removable=code)


@login_required
@require_POST
def remove_item(request: HttpRequest, uid: UUID, code: str) -> HttpResponse:
    actor, found = _editable(request, uid)
    document = editing.without_item(found.document, code)
    try:
        actions.change(actor=actor, version=found, document=document, revision=found.revision)
        messages.success(request, _("Item %(code)s is taken out.") % {"code": code})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("stars:scheme", uid)
