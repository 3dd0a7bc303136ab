"""Evidence as a Django app: it brings the templates."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvidenceConfig(AppConfig):
    name = "xuequ.kit.evidence"
    label = "evidence"
    verbose_name = _("Evidence")
