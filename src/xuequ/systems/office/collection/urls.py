"""URLs of collecting figures, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.collection import answering, views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="collection-home"),
    path("new/", views.new, name="collection-new"),
    path("burden/", views.burden, name="collection-burden"),
    path("notices/", answering.notices, name="collection-notices"),
    path("sheets/<uuid:uid>/", answering.sheet, name="collection-sheet"),
    path("sheets/<uuid:uid>/excel/", answering.excel, name="collection-sheet-excel"),
    path("sheets/<uuid:uid>/file/", answering.upload, name="collection-sheet-file"),
    path("sheets/<uuid:uid>/contest/<int:place>/", answering.contest, name="collection-contest"),
    path("sheets/<uuid:uid>/withdraw/<int:place>/", answering.withdraw, name="collection-withdraw"),
    path("sheets/<uuid:uid>/confirm/", answering.confirm, name="collection-confirm"),
    path("sheets/<uuid:uid>/take-back/", answering.take_back, name="collection-take-back"),
    path("<uuid:uid>/", views.show, name="collection-show"),
    path("<uuid:uid>/layout/", views.layout, name="collection-layout"),
    path("<uuid:uid>/layout/again/", views.layout_again, name="collection-layout-again"),
    path("<uuid:uid>/send/", views.send, name="collection-send"),
    path("<uuid:uid>/original/", views.original, name="collection-original"),
    path("<uuid:uid>/merged/", views.merged, name="collection-merged"),
    path("<uuid:uid>/report/", views.report, name="collection-report"),
    path("<uuid:uid>/results/", views.results, name="collection-results"),
    path("<uuid:uid>/finish/", views.finish, name="collection-finish"),
    path("<uuid:uid>/discard/", views.discard, name="collection-discard"),
    path("answers/<uuid:uid>/", views.answer, name="collection-answer"),
    path("answers/<uuid:uid>/accept/", views.accept, name="collection-accept"),
    path("answers/<uuid:uid>/return/", views.give_back, name="collection-return"),
    path("answers/<uuid:uid>/settle/<int:place>/", views.settle, name="collection-settle"),
]
