"""The pages of levels of AI education: ask, render."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xuequ.core import audit
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.rendering.formats import FORMATS, download
from xuequ.district.actors import Actor
from xuequ.record.models import Run
from xuequ.systems.stars.access import may_manage
from xuequ.systems.stars.ailevel import actions, forms, queries, weights_queries
from xuequ.systems.stars.ailevel.advice import rules_in_force
from xuequ.systems.stars.ailevel.audit_sections import audit_blocks, audit_report
from xuequ.systems.stars.ailevel.inputs import answers_of, newer_than
from xuequ.systems.stars.ailevel.material import Line, Material, material
from xuequ.systems.stars.ailevel.models import LevelEvaluation, LevelRound, SchoolLevel
from xuequ.systems.stars.ailevel.scheme import LevelScheme, example, read_scheme
from xuequ.systems.stars.ailevel.sections import district_blocks, district_report, letter, school_blocks
from xuequ.systems.stars.answers import GET_OR_POST, actor_of, done, manager_of


@login_required
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Lead everybody to what is theirs; the district sees its rounds."""
    actor = actor_of(request)
    if not queries.may_enter(actor):
        raise PermissionDenied
    own = list(queries.own_levels(actor))
    if len(own) == 1 and not actor.sees_district:
        return redirect("stars:ai-level", own[0].uid)
    context: dict[str, Any] = {
        "own": own,
        "seats": list(queries.seats(actor)) if actor.account_id else [],
        "ballots": list(weights_queries.ballots(actor)) if actor.account_id else [],
        "district": actor.sees_district,
        "manages": may_manage(actor),
    }
    if actor.sees_district:
        context |= {
            "page": Paginator(queries.rounds(actor).prefetch_related("evaluations__run"), 10).get_page(
                request.GET.get("page")
            ),
            "in_force": queries.in_force(actor),
            "scheme_version": queries.current_version(),
            "waiting": queries.answers_waiting(actor).select_related("school")[:20],
        }
    return render(request, "stars/ailevel/index.html", context)


@login_required
@require_http_methods(GET_OR_POST)
def new_round(request: HttpRequest) -> HttpResponse:
    actor = manager_of(request)
    version = queries.current_version()
    form = forms.RoundForm(request.POST or None, actor=actor)
    if request.method == "POST" and version is not None and form.is_valid():
        data = form.cleaned_data
        plan = actions.RoundPlan(
            data["title"], version, data["year"], data["survey"], data["due"], data["raters"]
        )
        try:
            made = actions.open_round(actor=actor, plan=plan)
            messages.success(request, _("Opened. The raters are told, and you see here how far they are."))
            return redirect("stars:ai-round", made.uid)
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(request, "stars/ailevel/new_round.html", {"form": form, "scheme_version": version})


@login_required
@require_POST
def use_example(request: HttpRequest) -> HttpResponse:
    """Start from the example scheme that comes along."""
    from xuequ.systems.stars.choices import SchemeKind
    from xuequ.systems.stars.schemes.actions import create

    actor = manager_of(request)
    try:
        create(
            actor=actor, kind=SchemeKind.AI_LEVEL, document=example(), note=_("the example that comes along")
        )
        messages.success(
            request, _("The example scheme is here; it is official nowhere, so please make it yours.")
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("stars:ai")


def _round(request: HttpRequest, uid: UUID) -> LevelRound:
    found = queries.round_of(actor_of(request), uid)
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def show_round(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = actor_of(request), _round(request, uid)
    scheme = read_scheme(found.version.document)
    answers = answers_of(found)
    asked = queries.rated_schools(found).count()
    seats = list(found.raters.annotate(done=Count("votes")).order_by("pk"))
    context = {
        "round": found,
        "scheme": scheme,
        "asked": asked,
        "answered": len(answers),
        "careless": [one.school for one in answers if one.careless],
        "seats": seats,
        "complete": sum(seat.done >= asked for seat in seats),
        "evaluations": queries.evaluations(actor).filter(round=found),
        "audits": queries.audits(actor).filter(round=found),
        "waiting": Run.objects.filter(
            system=actions.SYSTEM, kind__in=("ai-level", "ai-audit"), parameters__round=str(found.uid)
        ).exclude(state="done").order_by("-id")[:3],
        "manages": may_manage(actor),
    }  # fmt: skip
    return render(request, "stars/ailevel/round.html", context)


@login_required
@require_POST
def evaluate(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = manager_of(request), _round(request, uid)
    try:
        return redirect("job", actions.start_evaluation(actor=actor, round_=found).task.uid)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("stars:ai-round", uid)


@login_required
@require_POST
def audit_system(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor, found = manager_of(request), _round(request, uid)
    return redirect("job", actions.start_audit(actor=actor, round_=found).task.uid)


def _run_without_result(request: HttpRequest, uid: UUID, kind: str) -> HttpResponse:
    """Say how a run that has no result stands, for those who may start one."""
    run = Run.objects.filter(uid=uid, system=actions.SYSTEM, kind=kind).first()
    if run is None or not may_manage(actor_of(request)):
        raise Http404
    return render(request, "stars/ailevel/run_pending.html", {"run": run})


def _material(evaluation: LevelEvaluation) -> Material:
    return material(evaluation, list(queries.school_levels(evaluation)))


@login_required
@require_safe
def evaluation(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found = queries.evaluation(actor, uid)
    if found is None:
        return _run_without_result(request, uid, "ai-level")
    newer = (0, 0)
    if may_manage(actor) and found.published is None:
        newer = newer_than(found.round, found.run.created)
    context = {
        "evaluation": found,
        "newer_answers": newer[0],
        "newer_votes": newer[1],
        "blocks": district_blocks(_material(found)),
        "formats": FORMATS,
        "manages": may_manage(actor),
    }
    return render(request, "stars/ailevel/evaluation.html", context)


@login_required
@require_safe
def evaluation_file(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    actor = actor_of(request)
    found = queries.evaluation(actor, uid)
    if found is None or form not in FORMATS:
        raise Http404
    report = district_report(_material(found))
    audit.record(actor, "stars.ai.downloaded", found.run, {"format": form})
    return download(report, form, f"{report.title}-{report.subtitle}")


@login_required
@require_POST
def publish(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = manager_of(request)
    found = queries.evaluation(actor, uid)
    if found is None:
        raise Http404
    done(
        request,
        lambda: actions.publish(actor=actor, evaluation=found),
        _("Published. Each school now reads its own level and advice, and may answer."),
    )
    return redirect("stars:ai-evaluation", uid)


def _level(request: HttpRequest, uid: UUID) -> tuple[SchoolLevel, Material, Line]:
    found = queries.level(actor_of(request), uid)
    if found is None:
        raise Http404
    whole = _material(found.evaluation)
    return found, whole, whole.line(str(found.school.uid))


@login_required
@require_http_methods(GET_OR_POST)
def level(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    found, whole, line = _level(request, uid)
    own = any(school.pk == found.school_id for school in queries.led(actor))
    form = _level_form(request, found, own, may_manage(actor))
    if request.method == "POST" and form is not None and form.is_valid():
        return _keep_words(actor, found, form, request)
    context = {
        "level": found,
        "blocks": school_blocks(whole, line),
        "own": own,
        "form": form,
        "district": actor.sees_district,
        "formats": FORMATS,
    }
    return render(request, "stars/ailevel/level.html", context)


def _level_form(
    request: HttpRequest, found: SchoolLevel, own: bool, manages: bool
) -> forms.AnswerForm | forms.ReplyForm | None:
    if (
        found.replied is not None
        or found.evaluation.superseded is not None
        or found.evaluation.published is None
    ):
        return None
    if own:
        return forms.AnswerForm(request.POST or None, initial={"text": found.answer})
    return forms.ReplyForm(request.POST or None) if manages and found.answered else None


def _keep_words(
    actor: Actor, found: SchoolLevel, form: forms.AnswerForm | forms.ReplyForm, request: HttpRequest
) -> HttpResponse:
    text = form.cleaned_data["text"]
    try:
        if isinstance(form, forms.AnswerForm):
            actions.answer(actor=actor, level=found, text=text)
            messages.success(request, _("Thank you. The district now reads your answer."))
        else:
            actions.reply(actor=actor, level=found, text=text)
            messages.success(request, _("The school now reads your reply."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("stars:ai-level", found.uid)


@login_required
@require_safe
def letter_file(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    if form not in FORMATS:
        raise Http404
    found, whole, line = _level(request, uid)
    report = letter(whole, line)
    audit.record(actor_of(request), "stars.ai.letter", found, {"format": form})
    return download(report, form, f"{report.title}-{report.subtitle}")


@login_required
@require_safe
def audit_page(request: HttpRequest, uid: UUID) -> HttpResponse:
    found = queries.audit_of(actor_of(request), uid)
    if found is None:
        return _run_without_result(request, uid, "ai-audit")
    context = {"audit": found, "blocks": audit_blocks(found), "formats": FORMATS}
    return render(request, "stars/ailevel/audit.html", context)


@login_required
@require_safe
def audit_file(request: HttpRequest, uid: UUID, form: str) -> HttpResponse:
    found = queries.audit_of(actor_of(request), uid)
    if found is None or form not in FORMATS:
        raise Http404
    report = audit_report(found)
    audit.record(actor_of(request), "stars.ai.audit.downloaded", found.run, {"format": form})
    return download(report, form, f"{report.title}-{report.subtitle}")


def _scheme_now() -> LevelScheme:
    version = queries.current_version()
    return read_scheme(version.document if version is not None else example())


@login_required
@require_safe
def rules(request: HttpRequest) -> HttpResponse:
    """The printed table of advice, for those who see the district."""
    actor = actor_of(request)
    if not actor.sees_district:
        raise PermissionDenied
    scheme, found = _scheme_now(), rules_in_force()
    rows = [(index, scheme.dimension_of[index.code], found.get(index.code)) for index in scheme.indexes]
    return render(request, "stars/ailevel/rules.html", {"rows": rows, "manages": may_manage(actor)})


@login_required
@require_http_methods(GET_OR_POST)
def rule(request: HttpRequest, code: str) -> HttpResponse:
    actor = manager_of(request)
    index = _scheme_now().index(code)
    if index is None:
        raise Http404
    now = rules_in_force().get(code)
    initial = {} if now is None else {
        "advice": now.advice, "responsible": now.responsible, "cost_yuan": now.cost_yuan, "weeks": now.weeks,
    }  # fmt: skip
    form = forms.RuleForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_rule(actor=actor, item=code, **form.cleaned_data)
            messages.success(request, _("Kept. Pages and letters say so from now on."))
            return redirect("stars:ai-rules")
        except Refused as refusal:
            form.add_error(None, str(refusal))
    return render(request, "stars/ailevel/rule.html", {"form": form, "index": index})


@login_required
@require_safe
def seat(request: HttpRequest, uid: UUID) -> HttpResponse:
    """A rater's list of schools."""
    found = queries.seat(actor_of(request), uid)
    if found is None:
        raise Http404
    votes = queries.votes_of(found)
    schools = [(school, votes.get(school.pk)) for school in queries.rated_schools(found.round)]
    final = queries.votes_stay(found.round)
    context = {"seat": found, "schools": schools, "done": len(votes), "all": len(schools), "final": final}
    return render(request, "stars/ailevel/seat.html", context)


@login_required
@require_http_methods(GET_OR_POST)
def rate(request: HttpRequest, uid: UUID, school_uid: UUID) -> HttpResponse:
    """A rater's grades of one school, beside what the school said of itself."""
    actor = actor_of(request)
    found = queries.seat(actor, uid)
    school = None if found is None else queries.rated_schools(found.round).filter(uid=school_uid).first()
    if found is None or school is None:
        raise Http404
    scheme, before = read_scheme(found.round.version.document), queries.votes_of(found)
    now = before.get(school.pk)
    initial = (
        {}
        if now is None
        else {f"i_{code}": str(place) for code, place in now.grades.items()} | {"note": now.note}
    )
    form = forms.VoteForm(request.POST or None, scheme=scheme, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            note = form.cleaned_data["note"]
            actions.vote(actor=actor, seat=found, school=school, grades=form.grades(), note=note)
            return _next_school(request, found, {*before, school.pk})
        except (Refused, Forbidden) as refusal:
            form.add_error(None, str(refusal))
    said = next((one.data for one in answers_of(found.round) if one.school.pk == school.pk), {})
    facts = [(index, index.value(said)) for index in scheme.indexes if not index.is_voted]
    context = {
        "seat": found,
        "school": school,
        "form": form,
        "facts": facts,
        "difficulty": said.get("ai_difficulty"),
        "final": queries.votes_stay(found.round),
    }
    return render(request, "stars/ailevel/rate.html", context)


def _next_school(request: HttpRequest, found: Any, done: set[int]) -> HttpResponse:
    following = next((row for row in queries.rated_schools(found.round) if row.pk not in done), None)
    if following is None:
        messages.success(request, _("All schools are rated. You may still change a vote."))
        return redirect("stars:ai-seat", found.uid)
    return redirect("stars:ai-rate", found.uid, following.uid)
