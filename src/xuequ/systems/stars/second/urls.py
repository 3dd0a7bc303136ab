"""URLs of second ratings, mounted under ``/stars/rating/``."""

from django.urls import path

from xuequ.systems.stars.second import views

urlpatterns = [
    path("", views.seconds, name="seconds"),
    path("photographs/<uuid:uid>/", views.photograph, name="rating-photo"),
    path("<uuid:uid>/", views.second, name="second"),
    path("<uuid:uid>/hand-in/", views.hand_in, name="second-hand-in"),
    path("<uuid:uid>/evidence/<uuid:piece>/", views.evidence, name="second-evidence"),
    path("<uuid:uid>/parts/<str:code>/", views.part, name="second-part"),
]
