"""收数: an upper unit's Excel, split by school, filled in, merged back."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class CollectionConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.collection"
    label = "collection"
    verbose_name = _("Collection")
    personal_data: tuple[PersonalData, ...] = ()
