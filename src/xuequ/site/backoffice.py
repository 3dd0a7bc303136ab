"""The back office: Django's own admin, for superusers, who sign in on the site's own page."""

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class BackOffice(AdminSite):
    """A superuser is a person with a second hat: ``is_staff`` alone opens nothing."""

    site_header = site_title = _("Back office")
    index_title = _("Tables")

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser
