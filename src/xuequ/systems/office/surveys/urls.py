"""URLs of the questionnaires, inside the namespace ``office``."""

from django.urls import URLPattern, path

from xuequ.systems.office.surveys import answering, designing, views

urlpatterns: list[URLPattern] = [
    path("", views.home, name="surveys"),
    path("mine/", answering.mine, name="surveys-mine"),
    path("mine/<uuid:uid>/", answering.answer, name="surveys-answer"),
    path("mine/<uuid:uid>/send/", answering.send, name="surveys-send"),
    path("new/", designing.new, name="surveys-new"),
    path("drafts/<uuid:uid>/", designing.design, name="surveys-design"),
    path("drafts/<uuid:uid>/change/", designing.change, name="surveys-change"),
    path("drafts/<uuid:uid>/questions/<slug:name>/", designing.question, name="surveys-question"),
    path("drafts/<uuid:uid>/json/", designing.source, name="surveys-json"),
    path("drafts/<uuid:uid>/publish/", designing.publish, name="surveys-publish"),
    path("drafts/<uuid:uid>/delete/", designing.delete, name="surveys-delete"),
    path("drafts/<uuid:uid>/paper/", designing.paper_file, name="surveys-paper"),
    path("drafts/<uuid:uid>/template/", designing.template_file, name="surveys-template"),
    path("drafts/<uuid:uid>/send-out/", views.new_round, name="surveys-round-new"),
    path("rounds/<uuid:uid>/", views.show_round, name="surveys-round"),
    path("rounds/<uuid:uid>/close/", views.close, name="surveys-close"),
    path("rounds/<uuid:uid>/renew/", views.renew, name="surveys-renew"),
    path("rounds/<uuid:uid>/missing/<uuid:school>/", views.missing, name="surveys-missing"),
    path("rounds/<uuid:uid>/sheet/", views.sheet, name="surveys-sheet"),
    path("rounds/<uuid:uid>/results/", views.show_results, name="surveys-results"),
    path("rounds/<uuid:uid>/answers/", views.export, name="surveys-export"),
]
