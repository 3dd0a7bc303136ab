"""Official documents: replies that cite numbers with their definition."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from xuequ.core.registry import PersonalData


class DocumentsConfig(AppConfig):
    default_auto_field = "django.db.models.BigAutoField"
    name = "xuequ.kit.documents"
    label = "documents"
    verbose_name = _("Documents")
    personal_data: tuple[PersonalData, ...] = (
        PersonalData(
            model="documents.DocumentVersion",
            what=_("texts of official documents, which should hold no pupil's name"),
            basis=_("answering proposals, letters and requests of upper units, a legal duty"),
            retention=_("until the document is deleted by those who wrote it"),
            free_text=("title", "addressee", "body"),
        ),
    )
