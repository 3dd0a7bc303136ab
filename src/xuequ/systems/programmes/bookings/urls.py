"""URLs of bookings, mounted under ``/programmes/bookings/``."""

from django.urls import path

from xuequ.systems.programmes.bookings import views

urlpatterns = [
    path("", views.booking_list, name="bookings"),
    path("lessons/<uuid:uid>/", views.school_lessons, name="ai-lessons"),
    path("<uuid:uid>/cancel/", views.cancel, name="booking-cancel"),
    path("of/<uuid:uid>/", views.plan, name="plan"),
]
