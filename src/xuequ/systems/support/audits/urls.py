"""URLs of sampling audits, mounted under ``/support/audits/``."""

from django.urls import path

from xuequ.systems.support.audits import views

urlpatterns = [
    path("", views.index, name="audits"),
    path("evidence/<uuid:uid>/", views.piece, name="audit-piece"),
    path("fields/<uuid:uid>/", views.check, name="check"),
    path("fields/<uuid:uid>/reply/", views.reply, name="check-reply"),
    path("fields/<uuid:uid>/settle/", views.settle, name="check-settle"),
    path("<uuid:uid>/", views.audit, name="audit"),
    path("<uuid:uid>/report.<slug:form>", views.report, name="audit-report"),
]
