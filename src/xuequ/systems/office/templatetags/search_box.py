"""The box at the head of every page."""

from typing import Any

from django import template

from xuequ.systems.office.search.queries import may_search

register = template.Library()


@register.inclusion_tag("office/search/_box.html", takes_context=True)
def search_box(context: dict[str, Any]) -> dict[str, Any]:
    """Show the box to staff; it sends what is typed with POST."""
    request = context["request"]
    actor = getattr(request, "actor", None)
    offered = actor is not None and request.user.is_authenticated and may_search(actor)
    return {"offered": offered, "request": request, "csrf_token": context.get("csrf_token")}
