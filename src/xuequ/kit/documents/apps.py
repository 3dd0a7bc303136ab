"""Official documents: replies that cite numbers with their definition."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class DocumentsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.documents"
    label = "documents"
    verbose_name = _("Documents")
    personal_data: tuple[PersonalData, ...] = ()
