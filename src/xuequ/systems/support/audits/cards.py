"""Audits on the home page: what waits for the district, and for a school its answer with its day."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from xuequ.core.registry import Card, Counted
from xuequ.district.actors import Actor
from xuequ.systems.support.audits import queries


def home_cards(actor: Actor, n: Counted) -> Iterator[Card]:
    """Return what waits; one question more only where a school is asked."""
    title, icon, url = _("Sampling audits"), "list-check", reverse("support:audits")
    if n.get("audit_answers"):
        text = ngettext(
            "%(n)d objection was answered by its school.",
            "%(n)d objections were answered by their schools.",
            n["audit_answers"],
        )
        yield Card(
            title,
            text % {"n": n["audit_answers"]},
            url,
            pgettext("audit", "Settle it"),
            icon,
            42,
            "attention",
        )
    elif n.get("audit_fields"):
        text = ngettext(
            "%(n)d drawn field waits to be looked at.", "%(n)d drawn fields wait to be looked at.", n["audit_fields"]
        )  # fmt: skip
        yield Card(title, text % {"n": n["audit_fields"]}, url, _("Look at them"), icon, 47)
    if n.get("audit_objections") and (asked := queries.to_answer(actor).first()) is not None:
        text = ngettext(
            "The district objects to %(n)d drawn field of your school: answer by %(day)s.",
            "The district objects to %(n)d drawn fields of your school: answer the first by %(day)s.",
            n["audit_objections"],
        )
        words = {"n": n["audit_objections"], "day": f"{asked.answer_by:%Y-%m-%d}"}
        page = reverse("support:check", args=[asked.uid])
        yield Card(title, text % words, page, _("Answer it"), icon, 25, "attention")
