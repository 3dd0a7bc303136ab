"""URLs of rounds, mounted under ``/stars/rounds/``, and of what the district does with one school's application."""

from django.urls import path

from xuequ.systems.stars.outlook import views as outlook
from xuequ.systems.stars.rounds import views

urlpatterns = [
    path("", views.rounds, name="rounds"),
    path("new/", views.new, name="round-new"),
    path("<uuid:uid>/", views.show, name="round"),
    path("<uuid:uid>/draw/", views.draw, name="round-draw"),
    path("<uuid:uid>/close/", views.close, name="round-close"),
    path("<uuid:uid>/raters/", views.raters, name="round-raters"),
    path("<uuid:uid>/outlook/", outlook.show, name="outlook"),
    path("<uuid:uid>/report.<slug:form>", views.report, name="round-report"),
]
application_urls = [
    path("<uuid:uid>/ask/", views.ask, name="application-ask"),
    path("<uuid:uid>/raters/<uuid:rater>/release/", views.release, name="application-release"),
    path("<uuid:uid>/add/", views.add, name="application-add"),
    path("<uuid:uid>/return/", views.give_back, name="application-return"),
    path("<uuid:uid>/decide/<str:code>/", views.decide, name="application-decide"),
    path("<uuid:uid>/settle/", views.settle, name="application-settle"),
    path("<uuid:uid>/appeals/<uuid:appeal>/answer/", views.answer, name="appeal-answer"),
]
