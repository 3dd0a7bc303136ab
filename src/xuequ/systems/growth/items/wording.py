"""The engine's codes in words."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext_lazy

from xuequ.core.figures import Text
from xuequ.engines.errors import InputError

FLAGS: Mapping[str, Text] = {
    "no-variance": gettext_lazy("everybody got the same"),
    "negative": gettext_lazy("goes against the rest of the paper"),
    "key-suspected": gettext_lazy("key may be wrong"),
    "weak": gettext_lazy("hardly tells pupils apart"),
    "too-easy": gettext_lazy("very easy"),
    "too-hard": gettext_lazy("very hard"),
    "idle-distractor": gettext_lazy("an option that hardly anybody chose"),
    "lowers-alpha": gettext_lazy("makes the paper less reliable"),
    "idle": gettext_lazy("hardly chosen"),
    "attracts-strong": gettext_lazy("chosen by stronger pupils"),
    "suspected-key": gettext_lazy("may be the right one"),
}

PAPER_FLAGS: Mapping[str, str] = {
    "few-pupils": gettext_noop("Few pupils sat this paper, so its numbers are themselves uncertain."),
    "floor": gettext_noop("Many pupils got nothing at all: the paper says little about weak pupils."),
    "ceiling": gettext_noop("Many pupils got everything: the paper says little about strong pupils."),
}

USES: Mapping[str, Text] = {
    "own": gettext_lazy("may be told of one pupil by its own marks"),
    "both": gettext_lazy("may be told of one pupil together with the whole paper"),
    "total": gettext_lazy("says of one pupil no more than the whole paper"),
    "none": gettext_lazy("too little to say anything of one pupil"),
}

CODES: Mapping[str, Text] = {
    "taught-not-mastered": gettext_lazy("taught, and not yet learnt"),
    "tested-not-taught": gettext_lazy("tested, and not yet taught"),
    "overweight": gettext_lazy("weighs more in the paper than in the lessons"),
    "underweight": gettext_lazy("weighs less in the paper than in the lessons"),
    "unsound-only": gettext_lazy("no item to rely on"),
}

BANDS: Mapping[str, Text] = {
    "secure": pgettext_lazy("mastery", "secure"),
    "mostly": pgettext_lazy("mastery", "mostly there"),
    "not-yet": pgettext_lazy("mastery", "not yet"),
}
SECURE, MOSTLY = 0.8, 0.6

ERRORS: Mapping[str, str] = {
    "too-few-pupils": gettext_noop(
        "Too few pupils have marks for every item, so this paper cannot be analysed. Bring in the missing marks first."
    ),
    "constant": gettext_noop("All pupils have the same total, so nothing can be told apart."),
    "too-few-items": gettext_noop("A paper of one item cannot be analysed."),
}


def band_of(share: float) -> str:
    """Return the band of a share of marks.

    >>> band_of(0.8), band_of(0.6), band_of(0.59)
    ('secure', 'mostly', 'not-yet')
    """
    return "secure" if share >= SECURE else "mostly" if share >= MOSTLY else "not-yet"


def flags_text(flags: tuple[str, ...]) -> str:
    """Return flags in words."""
    return "、".join(str(FLAGS[flag]) for flag in flags)


def codes_text(codes: tuple[str, ...]) -> str:
    """Return where teaching, learning and testing part, in words."""
    return "；".join(str(CODES[code]) for code in codes)


def error_text(error: InputError) -> str:
    """Say why a paper could not be analysed."""
    known = ERRORS.get(error.code)
    return _(known) if known else _("This paper could not be analysed: %(reason)s") % {"reason": str(error)}
