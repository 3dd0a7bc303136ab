"""What is said about a pre-assessment that could not be computed."""

from django.utils.translation import gettext as _

from xuequ.engines.errors import InputError
from xuequ.engines.evaluation.second_rating import FEWEST


def refusal_text(error: InputError) -> str:
    """Return the sentence for an error of the engine."""
    if error.code == "few-seconds":
        return _(
            "Fewer than %(fewest)d schools drawn by lot have second ratings, so nothing can be said about the schools"
            " that only rated themselves."
        ) % {"fewest": FEWEST}
    if error.code == "no-stars":
        return _("The scheme has no stars.")
    return _("The ratings of a school do not fit the scheme; tell the data office the code “%(code)s”.") % {
        "code": error.code
    }
