"""The words of the stages' demands and roles."""

from django.utils.translation import gettext_lazy as _

from xuequ.core.figures import Text

DEMANDS: dict[str, Text] = {
    "purpose": _("Write what the project is for."),
    "budget": _("Enter the budget, by source."),
    "expected": _("Write how it will be used, and how often in a term."),
    "due": _("Say by when it is to be finished."),
    "opinions": _("At least three experts write their opinion."),
    "approval": _("The leading group decides."),
    "contract": _("Enter the contract: sum, supplier, way of procurement."),
    "milestones": _("Set milestones with their days."),
    "open-milestones": _("Reach the open milestones, or correct them."),
    "unshown": _(
        "Attach what shows the milestones reached and issues settled: their evidence was withdrawn."
    ),
    "acceptance": _("Record an acceptance that was passed."),
    "acceptance-proof": _("Attach the record of the acceptance as evidence."),
    "use-report": _("Report how often it was used in a term."),
    "open-issues": _("Settle the open issues."),
}
