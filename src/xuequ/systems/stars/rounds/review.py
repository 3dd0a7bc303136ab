"""The district's page of one school in a round: ratings side by side, what must be decided, appeals."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from xuequ.core.models import Account
from xuequ.district.actors import Actor
from xuequ.district.models import Dated, RoleAssignment
from xuequ.engines.evaluation.star_scheme import SchemeItem, StarScheme
from xuequ.systems.stars.access import RATERS, may_manage
from xuequ.systems.stars.choices import AppealState, ApplicationState, RoundState
from xuequ.systems.stars.forms import AnswerForm, DecideForm, ReasonForm
from xuequ.systems.stars.models import Appeal, Application
from xuequ.systems.stars.outlook.queries import of_school
from xuequ.systems.stars.points import by_item, shown, total
from xuequ.systems.stars.rounds.queries import Compared, compared, seconds_of
from xuequ.systems.stars.schemes.queries import scheme_in
from xuequ.systems.stars.second.photos import shown_beside
from xuequ.systems.stars.selfrating.queries import pieces_of


def review(request: HttpRequest, actor: Actor, found: Application) -> HttpResponse:
    """Show the page; raters who still rate this school see only the way to their rating."""
    raters = seconds_of(found)
    own = next((one for one in raters if one.rater_id == actor.account_id and one.handed_in is None), None)
    if own is not None:
        return render(request, "stars/rounds/blind.html", {"application": found, "second": own})
    scheme = scheme_in(found.round.version)
    lines = compared(found, scheme, raters)
    pieces, taken = pieces_of(found), shown_beside(actor, found, raters)
    runs = found.round.state == RoundState.SECOND and found.state == ApplicationState.HANDED_IN
    manages = may_manage(actor)
    context: dict[str, Any] = {
        "application": found, "scheme_version": found.round.version, "scheme": scheme, "manages": manages,
        "raters": [(one, total(by_item(one.ratings.all())) if one.handed_in else None) for one in raters],
        "lines": [
            (line, pieces[line.item.code], taken[line.item.code], _decide_form(line) if runs and manages else None)
            for line in lines
        ],
        "to_decide": [line for line in lines if line.differs], "runs": runs,
        "appeals": list(_appeals(found, scheme, manages)),
        "outlook": of_school(found),
        "candidates": candidates(actor, found) if runs and manages and found.ground else (),
        "reason_form": ReasonForm(),
    }  # fmt: skip
    return render(request, "stars/rounds/application.html", context)


def _decide_form(line: Compared) -> DecideForm | None:
    if not line.differs and line.decided is None:
        return None
    chosen = line.decided.points if line.decided is not None else None
    note = line.decided.note if line.decided is not None else ""
    return DecideForm(item=line.item, initial={"points": shown(chosen), "note": note}, prefix=line.item.code)


def _appeals(
    found: Application, scheme: StarScheme, manages: bool
) -> Iterator[tuple[Appeal, SchemeItem, AnswerForm | None]]:
    """Yield what the school appealed against; before a result there is nothing to appeal against."""
    if found.settled is None:
        return
    for row in found.appeals.order_by("pk"):
        item = scheme.item(row.item)
        yield row, item, _answer_form(row, item) if manages else None


def _answer_form(row: Appeal, item: SchemeItem) -> AnswerForm | None:
    return AnswerForm(item=item, prefix=str(row.uid)) if row.state == AppealState.OPEN else None


def candidates(actor: Actor, found: Application) -> list[Account]:
    """Return who may be asked to rate this school: the district's raters without a role at it, not asked yet."""
    held = RoleAssignment.objects.filter(
        Dated.at(actor.day),
        role__in=RATERS,
        school=None,
        area=None,
        school_class=None,
        account__is_active=True,
    )
    here = RoleAssignment.objects.filter(Dated.at(actor.day), school=found.school_id)
    rows = Account.objects.filter(pk__in=held.values("account")).exclude(pk__in=here.values("account"))
    free = rows.exclude(pk__in=found.raters.values("rater"))
    return list(free.select_related("person__identity").order_by("username"))
