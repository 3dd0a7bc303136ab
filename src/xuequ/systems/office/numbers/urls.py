"""URLs of this part of the data office, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.numbers import replies, school_views, views

urlpatterns: list[URLPattern] = [
    path("", views.catalogue, name="numbers"),
    path("schools/", school_views.schools, name="numbers-schools"),
    path("schools/<uuid:uid>/", school_views.school, name="numbers-school"),
    path("quoted/", views.quoted, name="numbers-quoted"),
    path("quoted/<uuid:uid>/", views.citation, name="numbers-citation"),
    path("replies/", replies.index, name="numbers-replies"),
    path("replies/new/", replies.new, name="numbers-reply-new"),
    path("replies/<uuid:uid>/", replies.reply, name="numbers-reply"),
    path("replies/<uuid:uid>/vouch/", replies.vouch, name="numbers-reply-vouch"),
    path("replies/<uuid:uid>/recount/", replies.recount, name="numbers-reply-recount"),
    path(
        "replies/<uuid:uid>/numbers/<uuid:number>/take-out/", replies.take_out, name="numbers-reply-take-out"
    ),
    path("replies/<uuid:uid>/versions/<int:number>/", replies.version, name="numbers-reply-version"),
    path("replies/<uuid:uid>/discard/", replies.discard, name="numbers-reply-discard"),
    path("replies/<uuid:uid>/reply.<slug:form>", replies.download, name="numbers-reply-file"),
    path("of/<str:code>/", views.number, name="number"),
    path("of/<str:code>/quote/", views.quote, name="number-quote"),
]
