"""The one form renderer."""

from django.forms.renderers import TemplatesSetting


class TablerRenderer(TemplatesSetting):
    """Render forms and fields with Tabler's markup from ``templates/core/forms``."""

    form_template_name = "core/forms/form.html"
    field_template_name = "core/forms/field.html"
