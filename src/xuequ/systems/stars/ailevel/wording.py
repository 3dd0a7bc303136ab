"""Words of the level of AI education that depend on codes of the engine."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xuequ.core.figures import Text
from xuequ.engines.errors import InputError

OPERATORS: dict[str, Text] = {
    "weighted": gettext_lazy("weighted average M(·,+)"),
    "min-max": gettext_lazy("main factor decides M(∧,∨)"),
    "prod-max": gettext_lazy("main factor stands out M(·,∨)"),
    "min-bsum": gettext_lazy("uneven average M(∧,⊕)"),
}
REASONS: dict[str, Text] = {
    "": "",
    "constant": gettext_lazy("all schools get nearly the same, so it tells nothing apart"),
    "duplicate": gettext_lazy("it says nearly the same as another index"),
    "reversed": gettext_lazy(
        "schools that do well elsewhere do badly here: is it scored the wrong way round?"
    ),
    "raters-disagree": gettext_lazy("raters understand it differently"),
}
WEIGHTS: dict[str, Text] = {
    "scheme": gettext_lazy("weights of the scheme"),
    "equal": gettext_lazy("equal weights"),
    "entropy": gettext_lazy("entropy weights (data alone)"),
    "critic": gettext_lazy("CRITIC weights (data alone)"),
    "combined-entropy": gettext_lazy("scheme × entropy"),
    "combined-critic": gettext_lazy("scheme × CRITIC"),
}


def refusal_text(error: InputError) -> str:
    """Return in one sentence why a run was refused, and what to do."""
    if error.code == "too-few-schools":
        return _(
            "Fewer than eight schools are known in full, too few to judge a system of indexes. Wait for more answers"
            " and votes, then start it again."
        )
    return _("The facts cannot be evaluated; tell the data office the code “%(code)s”.") % {
        "code": error.code
    }
