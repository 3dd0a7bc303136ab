"""Lists of the questionnaires' pages."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from xuequ.core.tables import NumberColumn, Table
from xuequ.kit.questionnaires.models import Questionnaire, Round


class QuestionnaireTable(Table):
    """Questionnaires in the making."""

    label = _("Questionnaires")
    title = tables.Column(verbose_name=_("Title"))
    newest = NumberColumn(verbose_name=_("Versions"))
    sent = NumberColumn(verbose_name=_("Sent out"))
    changed = tables.DateTimeColumn(verbose_name=_("Last changed"), format="Y-m-d H:i")

    def render_title(self, value: str, record: Questionnaire) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("office:surveys-design", args=[record.uid]), value)


class RoundTable(Table):
    """Questionnaires that were sent out."""

    label = _("Sent out")
    title = tables.Column(verbose_name=_("Title"))
    audience = tables.Column(verbose_name=_("Who is asked"))
    opens = tables.DateTimeColumn(verbose_name=_("Opens"), format="Y-m-d H:i")
    closes = tables.DateTimeColumn(verbose_name=_("Closes"), format="Y-m-d H:i")
    answered = NumberColumn(verbose_name=_("Answers"))

    def render_title(self, value: str, record: Round) -> SafeString:
        return format_html('<a href="{}">{}</a>', reverse("office:surveys-round", args=[record.uid]), value)


class ResponseTable(Table):
    """How many have answered, by school."""

    label = _("Response by school")
    exports = True
    school = tables.Column(verbose_name=_("School"), order_by="school__code")
    asked = NumberColumn(verbose_name=_("Asked"))
    answered = NumberColumn(verbose_name=_("Answered"))
    share = NumberColumn(verbose_name=_("Share"))

    def render_share(self, value: float) -> str:
        return f"{value:.0%}"

    def value_share(self, value: float | None) -> Any:
        return round(value, 4) if value is not None else None


class CellProblemTable(Table):
    """What is wrong with a filled sheet, cell by cell."""

    label = _("Problems by cell")
    exports = False
    cell = tables.Column(verbose_name=_("Cell"), orderable=False)
    message = tables.Column(verbose_name=_("What is wrong"), orderable=False)


class TallyTable(Table):
    """Every choice with its count: what the results page shows, as one list to take home."""

    label = _("Counts")
    exports = True
    question = tables.Column(verbose_name=_("Question"), orderable=False)
    choice = tables.Column(verbose_name=_("Choice"), orderable=False)
    count = NumberColumn(verbose_name=_("Answers"), orderable=False)
    share = NumberColumn(verbose_name=_("Share"), orderable=False)
    answered = NumberColumn(verbose_name=_("Answered the question"), orderable=False)
