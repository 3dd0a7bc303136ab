"""The engine's codes in words. Numbers in a report's sentences are cited cells; these texts carry the rest."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, pgettext_lazy

from xuequ.core.figures import Text
from xuequ.engines.errors import InputError
from xuequ.systems.growth.process_facts import ProcessFact

MODELS: Mapping[str, Text] = {
    "main": gettext_lazy("main model"),
    "without-school-mean": gettext_lazy("without the school's mean starting point"),
    "with-factors": gettext_lazy("with the chosen factors"),
}

SUBJECTS: Mapping[str, Text] = {
    "chinese": pgettext_lazy("school subject", "Chinese"),
    "mathematics": pgettext_lazy("school subject", "mathematics"),
    "english": pgettext_lazy("school subject", "English"),
    "physics": pgettext_lazy("school subject", "physics"),
    "chemistry": pgettext_lazy("school subject", "chemistry"),
    "biology": pgettext_lazy("school subject", "biology"),
    "history": pgettext_lazy("school subject", "history"),
    "geography": pgettext_lazy("school subject", "geography"),
    "morality_law": pgettext_lazy("school subject", "morality and law"),
    "science": pgettext_lazy("school subject", "science"),
}

TERMS: Mapping[str, Text] = {
    "(Intercept)": pgettext_lazy("predictor", "average pupil"),
    "prior": pgettext_lazy("predictor", "starting point"),
    "intake": pgettext_lazy("predictor", "school's mean starting point"),
}

REASONS: Mapping[str, str] = {
    "outcome-latest": gettext_noop(
        "The outcome is the newest result of grade %(grade)s that is common to all schools."
    ),
    "prior-same-pupils": gettext_noop(
        "The starting point is what the same pupils reached in grade %(grade)s, %(years)s years before."
    ),
    "pooled-within-subject": gettext_noop(
        "Up to %(subjects)s subjects are pooled: each result is put on the scale of its own subject first,"
        " because a pupil"
        " may have sat one of them only."
    ),
    "school-mean": gettext_noop(
        "The school's mean starting point is taken into account, so that a school is not judged by whom it admits."
    ),
    "shrinkage": gettext_noop(
        "Schools with few pupils are drawn towards the average as far as their data are uncertain."
    ),
    "minimum-pupils": gettext_noop("Schools with fewer than %(pupils)s pupils are shown without a value."),
    "factors-beside": gettext_noop(
        "%(factors)s factors are used in a second model, shown beside the first and never instead of it."
    ),
    "study-dates": gettext_noop("The later result is the outcome, the earlier one the starting point."),
    "study-guess": gettext_noop(
        "The file gives no dates. The first column of results was taken as the outcome and the second as"
        " the starting"
        " point: please check this."
    ),
}

REMARKS: Mapping[str, str] = {
    "no-detectable-difference": gettext_noop(
        "These data show no difference between schools beyond chance, so no school has a value of its own."
    ),
    "dropped-term": gettext_noop("A predictor that adds nothing to the others was left out of a model."),
    "few-schools": gettext_noop("Few schools take part, so the spread between schools is itself uncertain."),
    "too-few-pupils": gettext_noop("Schools with too few pupils are shown without a value."),
    "planned-missing": gettext_noop(
        "Each pupil sat one of several subjects. Results describe schools; for one pupil they say little."
    ),
    "subject-mix": gettext_noop(
        "The pupils of some schools sat the subjects in other parts than the district's: read their values with care."
    ),
    "suspect-scale": gettext_noop(
        "The results of some schools lie far off all others: check whether they were written on the same scale."
    ),
    "composite": gettext_noop("The score of a pupil is the mean over several subjects."),
    "relative-to-run": gettext_noop(
        "Zero is the average school of this run. If all schools improve alike, these figures do not show it."
    ),
}

ERRORS: Mapping[str, str] = {
    "too-few-pupils": gettext_noop(
        "Too few pupils have both a starting point and an outcome. Choose results that the same pupils"
        " have, or import the"
        " missing ones."
    ),
    "one-school": gettext_noop("All pupils are in one school, so there is nothing to compare."),
    "constant": gettext_noop(
        "All results of one assessment are equal, so nothing can be compared. Choose another."
    ),
    "no-scores": gettext_noop(
        "One of the assessments has no scores. Choose another, or import its scores first."
    ),
    "uneven-subjects": gettext_noop(
        "The pupils of one school sat other subjects than the district's, so its value would be that of its subjects."
        " Draw the subjects equally in every school."
    ),
    "mixed-scales": gettext_noop(
        "The results of one school lie on another scale than the other schools'. Bring them to one scale first."
    ),
    "not-numeric": gettext_noop("One of the assessments holds text in the place of scores."),
    "constant-predictor": gettext_noop("A factor is the same for every pupil. Leave it out."),
    "too-many-levels": gettext_noop("A factor has too many different texts. Leave it out."),
    "process-coverage": gettext_noop(
        "Fewer than half of the pupils are in a class or school with a value of this process fact. Leave it out, or"
        " wait until more have reported."
    ),
    "too-few-places": gettext_noop(
        "Too few classes or schools have a value of this process fact: it takes ten of them in five schools, and more"
        " when several facts are chosen. Leave it out, or wait until more have reported."
    ),
    "collinear-factors": gettext_noop("One of the process facts is determined by the others. Leave one out."),
    "process-number": gettext_noop("At most eight process facts can be told apart. Choose fewer."),
    "no-complete-row": gettext_noop("No pupil has a value for every factor chosen. Leave some out."),
}


def reason_text(code: str, numbers: Mapping[str, float]) -> str:
    """Say why a part of a design was proposed."""
    return _(REASONS[code]) % {name: f"{value:g}" for name, value in numbers.items()}


def error_text(error: InputError) -> str:
    """Say why a run was refused, as a page does: what happened and what to do."""
    known = ERRORS.get(error.code)
    if known is None:
        return _("The results could not be evaluated: %(reason)s") % {"reason": str(error)}
    if error.column and error.code in _OF_ONE_COLUMN:
        return f"{_(known)} ({ProcessFact.of(error.column).title})"
    return _(known)


_OF_ONE_COLUMN = ("constant-predictor", "process-coverage", "too-few-places")


def term_text(name: str) -> str:
    """Return a predictor of the main model in words: ``prior:formenglish`` is the starting point × English.

    A paper combination is written ``prior>outcome`` by the engine; a subject that is not in the list keeps its code.
    """
    return " × ".join(_piece(piece) for piece in name.split(":"))


def _piece(piece: str) -> str:
    if piece in TERMS:
        return str(TERMS[piece])
    papers = piece.removeprefix("form").split(">")
    return " → ".join(str(SUBJECTS.get(paper, paper)) for paper in papers)
