"""URLs of a school's application, mounted under ``/stars/applications/``."""

from django.urls import path

from xuequ.systems.stars.selfrating import views

urlpatterns = [
    path("<uuid:uid>/", views.application, name="application"),
    path("<uuid:uid>/items/<str:code>/", views.item, name="item"),
    path("<uuid:uid>/items/<str:code>/evidence/", views.attach, name="item-evidence"),
    path("<uuid:uid>/items/<str:code>/share/", views.share, name="item-share"),
    path("<uuid:uid>/items/<str:code>/appeal/", views.appeal, name="item-appeal"),
    path("<uuid:uid>/evidence/<uuid:piece>/withdraw/", views.withdraw, name="evidence-withdraw"),
    path("<uuid:uid>/hand-in/", views.hand_in, name="hand-in"),
    path("<uuid:uid>/confirm/", views.confirm, name="confirm-carried"),
    path("<uuid:uid>/next-star/", views.next_star, name="next-star"),
    path("<uuid:uid>/report.<slug:form>", views.report, name="school-report"),
    path("<uuid:uid>/history/", views.past, name="history"),
]
