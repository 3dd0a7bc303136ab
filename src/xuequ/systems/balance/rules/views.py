"""The pages of the rules: versions, a new one, exceptions of a school, prices, the rule for weak schools."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core.answers import attempt
from xuequ.core.files import attachment
from xuequ.systems.balance import forms, queries
from xuequ.systems.balance.access import adopts, keeps
from xuequ.systems.balance.models import Allowance, RuleSet
from xuequ.systems.balance.pages import entering, keeper, reader, school_or_404, year_or_404
from xuequ.systems.balance.rules import actions, document
from xuequ.systems.balance.rules import queries as held
from xuequ.systems.balance.rules.wording import difference_words
from xuequ.systems.balance.weak_words import rule_words
from xuequ.systems.balance.wording import GROUPS, READINGS, STAGES

LARGEST = 300_000


@login_required
@require_safe
def rule_sets(request: HttpRequest) -> HttpResponse:
    actor = reader(request)
    context = {"rows": list(held.rule_sets()), "in_force": held.in_force(), "keeps": keeps(actor)}
    return render(request, "balance/rules.html", context)


def _rule_set(uid: UUID) -> RuleSet:
    found = held.rule_sets().filter(uid=uid).first()
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def rule_set(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = reader(request)
    found = _rule_set(uid)
    rules = document.rules_of(found.text)
    before = found.based_on
    changed = (
        document.differences(document.parsed(before.text), document.parsed(found.text)) if before else []
    )
    context = {
        "row": found, "rules": rules, "reading": READINGS[rules.retention_reading],
        "changed": [difference_words(*one) for one in changed],
        "indicators": [(one, STAGES.get(one.stage, one.stage)) for one in rules.indicators],
        "requirements": [
            (one, GROUPS[one.group], any(c.kind == "retention" for c in one.conditions))
            for one in rules.requirements
        ],
        "adopts": adopts(actor), "keeps": keeps(actor), "in_force": held.in_force(),
    }  # fmt: skip
    return render(request, "balance/rule_set.html", context)


@login_required
@require_safe
def document_file(request: HttpRequest, uid: UUID) -> HttpResponse:
    reader(request)
    found = _rule_set(uid)
    return attachment(found.text.encode("utf-8"), f"优质均衡规则-{found.version}.toml", "application/toml")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_version(request: HttpRequest) -> HttpResponse:
    actor = keeper(request)
    base = actions.ship() if request.method == "POST" else held.in_force()
    text = base.text if base is not None else document.shipped()
    form = forms.RulesForm(request.POST or None, document=document.parsed(text))
    if form.is_valid():
        data, edited = form.cleaned_data, document.edited(document.parsed(text), form.edits())
        version, reason = data["version"], data["reason"]

        def keep() -> None:
            actions.new_version(
                actor=actor, based_on=base, text=document.written(edited), version=version, reason=reason
            )

        if attempt(request, _("Kept as a new version. It holds when it is adopted."), keep):
            return redirect("balance:rules")
    return render(
        request, "balance/new_version.html", {"form": form, "base": base, "file_form": forms.RulesFileForm()}
    )


@login_required
@require_POST
def upload(request: HttpRequest) -> HttpResponse:
    actor = keeper(request)
    form = forms.RulesFileForm(request.POST, request.FILES)
    if form.is_valid() and form.cleaned_data["file"].size <= LARGEST:
        data = form.cleaned_data
        text = data["file"].read().decode("utf-8", errors="replace")

        def keep() -> None:
            actions.new_version(
                actor=actor,
                based_on=held.in_force(),
                text=text,
                version=data["version"],
                reason=data["reason"],
            )

        if attempt(request, _("Kept as a new version. It holds when it is adopted."), keep):
            return redirect("balance:rules")
    else:
        messages.error(request, _why_not(form))
    return redirect("balance:new-version")


def _why_not(form: forms.RulesFileForm) -> str:
    """What is wrong with an upload, field by field."""
    if form.is_valid():
        return _("The document is larger than rules can be.")
    return "；".join(f"{form[name].label}：{errors[0]}" for name, errors in form.errors.items())


@login_required
@require_POST
def adopt(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = reader(request)
    found = _rule_set(uid)
    done = _("Adopted. Judgements from now on follow it; earlier ones keep their own.")
    attempt(request, done, lambda: actions.adopt(actor=actor, rule_set=found))
    return redirect("balance:rules")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def weak(request: HttpRequest) -> HttpResponse:
    actor = entering(request)
    rule = held.weak_rule()
    form = forms.WeakRuleForm(request.POST or None, instance=rule) if keeps(actor) else None
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            fields = form.cleaned_data
            done = _("Published. The next judgement follows it.")
            if attempt(request, done, lambda: actions.publish_weak_rule(actor=actor, **fields)):
                return redirect("balance:weak")
    words = rule_words(rule) if rule is not None else ""
    context = {"rule": rule, "words": words, "form": form, "district": actor.sees_district}
    return render(request, "balance/weak.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def prices(request: HttpRequest, year: str) -> HttpResponse:
    actor, own = keeper(request), year_or_404(year)
    found = held.prices()
    used, fees = (
        (found.prices, found.moves) if found is not None else (held.DEFAULT_PRICES, held.DEFAULT_MOVES)
    )
    rule_set = held.in_force()
    rules = document.rules_of(rule_set.text if rule_set is not None else document.shipped())
    codes = list(dict.fromkeys(one.code for one in rules.indicators))
    form = forms.PricesForm(request.POST or None, codes=codes, prices=used, moves=fees)
    if form.is_valid():
        given = {"prices": form.prices(), "moves": form.moves(), "note": form.cleaned_data["note"]}
        done = _("Unit prices stored.")
        if attempt(request, done, lambda: actions.set_prices(actor=actor, **given)):
            return redirect("balance:cost", own.code)
    return render(request, "balance/prices.html", {"form": form, "year": own, "prices": found})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exceptions(request: HttpRequest, year: str, uid: UUID) -> HttpResponse:
    actor, own = entering(request), year_or_404(year)
    school = school_or_404(actor, uid)
    rule_set = held.in_force()
    may = keeps(actor)
    form = None
    if may and rule_set is not None:
        rules = document.rules_of(rule_set.text)
        form = forms.AllowanceForm(request.POST or None, place=queries.place_of(school), rules=rules)
    if request.method == "POST":
        if form is None:
            raise PermissionDenied
        if form.is_valid():
            data = form.cleaned_data
            done = _("Granted. The next judgement follows it.")
            if attempt(request, done, lambda: actions.allow(actor=actor, year=own, school=school, **data)):
                return redirect("balance:exceptions", own.code, uid)
    rows = held.allowances(own.pk).filter(school=school)
    context = {"year": own, "school": school, "rows": rows, "form": form, "district": actor.sees_district}
    return render(request, "balance/exceptions.html", context)


@login_required
@require_POST
def end_exception(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = keeper(request)
    found = Allowance.objects.select_related("year", "school").filter(uid=uid).first()
    if found is None:
        raise Http404
    attempt(request, _("Ended."), lambda: actions.end_allowance(actor=actor, allowance=found))
    return redirect("balance:exceptions", found.year.code, found.school.uid)
