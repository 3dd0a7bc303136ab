"""The answer to a request as a letter in the layout of official documents."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from xuequ.core.clock import SHANGHAI
from xuequ.core.figures import Column, ColumnKind, Figure, FigureKind, Row, Text
from xuequ.core.rendering.word import render_docx
from xuequ.core.reports import Block, CellRef, FigureBlock, Heading, Paragraph, Report, Sentence
from xuequ.district.consent import RequestKind, RequestState, RightsRequest
from xuequ.district.queries import district

FACTS = "request"
OPENING = gettext_noop("On %(asked)s we received a request about the personal data of %(name)s: %(kind)s.")
DUE = gettext_noop("It is being handled and will be answered by %(due)s.")
OUTCOMES = {
    RequestState.DONE: gettext_noop("We have done what was asked."),
    RequestState.REFUSED: gettext_noop("We cannot do what was asked, for the reason given below."),
    RequestState.POSTPONED: gettext_noop("The law says to keep the data until %(due)s; on that day they go."),
    RequestState.WITHDRAWN: gettext_noop("The request was taken back, so nothing was changed."),
}
COPY = gettext_noop("The copy can be fetched for 30 days on the page “Personal data”.")
REMEDY = gettext_noop(
    "If you do not agree with this answer, you may complain to the education bureau or bring the matter to court."
)


def answer_letter(request: RightsRequest) -> bytes:
    """Return the letter as Word, ready for the signature and the seal; the same bytes for the same answer."""
    return render_docx(_report(request))


def _report(request: RightsRequest) -> Report:
    moment = (request.closed or request.asked).astimezone(SHANGHAI)
    return Report(
        title=_("Answer to a request about personal data"),
        subtitle="",
        issuer=_issuer(request),
        stamp=moment.isoformat(),
        run=None,
        blocks=tuple(_blocks(request)),
    )


def _issuer(request: RightsRequest) -> Text:
    own = district()
    return (own.bureau or own.name) if own is not None else _("Education bureau")


def _blocks(request: RightsRequest) -> list[Block]:
    figure = _facts(request)
    sentences = [_citing(OPENING, "asked", "name", "kind"), _outcome(request)]
    if request.kind == RequestKind.ACCESS and request.state == RequestState.DONE:
        sentences.append(Sentence(COPY))
    blocks: list[Block] = [Paragraph(tuple(sentences))]
    if request.answer:
        # Typed by hand: not a message of ours, and a percent sign in it stands for itself.
        typed = [Sentence(line.replace("%", "%%")) for line in request.answer.splitlines() if line.strip()]
        blocks += [Paragraph((line,)) for line in typed]
    blocks += [Paragraph((Sentence(REMEDY),)), Heading(_("The request")), FigureBlock(figure)]
    return blocks


def _outcome(request: RightsRequest) -> Sentence:
    state = RequestState(request.state)
    if state == RequestState.OPEN:
        return _citing(DUE, "due")
    return _citing(OUTCOMES[state], *(["due"] if state == RequestState.POSTPONED else []))


def _citing(message: str, *names: str) -> Sentence:
    return Sentence(message, {name: CellRef(FACTS, name, "value") for name in names})


def _facts(request: RightsRequest) -> Figure:
    lines: dict[str, tuple[Text, Text]] = {
        "name": (gettext_lazy("Person"), request.person.name),
        "kind": (gettext_lazy("What is asked for"), request.get_kind_display()),
        "asked": (gettext_lazy("Received"), _day(request.asked.astimezone(SHANGHAI))),
        "due": (gettext_lazy("To be answered by"), _day(request.due)),
        "state": (gettext_lazy("State"), request.get_state_display()),
        "number": (gettext_lazy("Number of the request"), str(request.uid)[:8].upper()),
    }
    return Figure(
        code=FACTS,
        kind=FigureKind.TABLE,
        title=gettext_lazy("The request"),
        columns=(
            Column("label", gettext_lazy("What"), ColumnKind.TEXT),
            Column("value", gettext_lazy("Value"), ColumnKind.TEXT),
        ),
        rows=tuple(Row(key, cells) for key, cells in lines.items()),
        roles={"label": "label"},
    )


def _day(day: object) -> str:
    from django.utils.formats import date_format

    return date_format(day, "Y-m-d")  # type: ignore[arg-type]
