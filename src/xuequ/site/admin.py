"""What superusers may put right by hand; the district's daily work has pages of its own."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from xuequ.core.models import Account, AuditEvent
from xuequ.district.models import Area, District, RoleAssignment, School, SchoolYear, Subject, Term

admin.site.register([Area, District, School, SchoolYear, Subject, Term])


@admin.register(Account)
class AccountAdmin(UserAdmin):
    """Accounts: who may sign in."""

    list_display = ("username", "is_active", "is_staff", "is_superuser")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("username",)
    ordering = ("username",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser")}),
    )


@admin.register(RoleAssignment)
class RoleAdmin(admin.ModelAdmin):
    """Roles on places."""

    list_display = ("account", "role", "school", "start", "end")
    list_filter = ("role",)
    search_fields = ("account__username",)
    autocomplete_fields = ("account",)
    raw_id_fields = ("school", "school_class")
    list_select_related = ("account", "school")


@admin.register(AuditEvent)
class AuditAdmin(admin.ModelAdmin):
    """Audit rows, to be read only."""

    list_display = ("at", "account", "roles", "verb", "object_type", "object_uid")
    search_fields = ("verb", "account__username")
    list_select_related = ("account",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
