"""Ways in besides a password: pupils' cards, guardians' codes, the apps that staff use."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class CredentialsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.credentials"
    label = "credentials"
    verbose_name = _("Credentials")
    personal_data: tuple[PersonalData, ...] = ()
