"""The audits in words: what each asks, what it found, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from xuequ.core.figures import Text
from xuequ.engines.growth.audits.verdicts import AuditCode, AuditVerdict

VERDICTS: Mapping[str, Text] = {
    AuditVerdict.SOUND: _("nothing found"),
    AuditVerdict.CAUTION: _("use with care"),
    AuditVerdict.FAIL: _("find out first"),
    AuditVerdict.NOT_POSSIBLE: _("cannot be looked at"),
}

MODELS: Mapping[str, Text] = {
    "without-school-mean": _("without the school's mean starting point"),
    "with-factors": _("with the chosen factors"),
    "slopes": _("with a slope of each school's own"),
    "curved": _("with a curved expectation"),
    "unshrunken": _("plain means of the residuals"),
    "median": _("medians of the residuals"),
    "gain": _("plain difference of standard scores"),
}


@dataclass(frozen=True, slots=True)
class AuditText:
    """``found`` is said when the audit does not find the evaluation sound; ``to_do`` is what then helps."""

    title: Text
    question: Text
    found: str
    to_do: str


TEXTS: Mapping[str, AuditText] = {
    AuditCode.FIT: AuditText(
        _("Fit"),
        _("Does the expectation hold for weak and strong starters alike?"),
        gettext_noop(
            "The expectation does not fit everywhere: one field of the grid holds %(share)s more or less of its"
            " pupils than it should."
        ),
        gettext_noop(
            "Look at the grid of starting points and growth, and check the results for a paper that was too easy or"
            " too hard."
        ),
    ),
    AuditCode.INTAKE: AuditText(
        _("Intake"),
        _("Does growth go with whom a school admits?"),
        gettext_noop(
            "Growth goes with the intake: a school whose pupils start one standard deviation higher shows %(sd)s SD"
            " more growth."
        ),
        gettext_noop("Evaluate again with the school's mean starting point in the model."),
    ),
    AuditCode.SUBGROUPS: AuditText(
        _("Groups of pupils"),
        _("Is the expectation right for every group of pupils?"),
        gettext_noop(
            "The expectation is off by up to %(sd)s SD for a group of pupils; schools with many of them seem better or"
            " worse than they are."
        ),
        gettext_noop("Read the values beside those of the model with factors, and do not use them alone."),
    ),
    AuditCode.CEILING: AuditText(
        _("Ceiling and floor"),
        _("Could the tests show how far the best and the weakest came?"),
        gettext_noop(
            "At the end of a test's scale stand %(share)s more of the pupils than the other scores lead one to expect:"
            " their growth cannot be seen."
        ),
        gettext_noop(
            "Do not judge schools with many pupils at the end of the scale by this test, and ask for a wider range"
            " next time."
        ),
    ),
    AuditCode.LEAVERS: AuditText(
        _("Who is missing"),
        _("Are the pupils without an outcome like the others?"),
        gettext_noop(
            "Pupils without an outcome started up to %(sd)s SD away from the others of their school; %(schools)s"
            " schools stand out."
        ),
        gettext_noop(
            "Ask the schools named in the table who was absent and why, before their value is used."
        ),
    ),
    AuditCode.FALSIFICATION: AuditText(
        _("Results from before"),
        _("Does growth “explain” results from before the pupils entered, which it cannot?"),
        gettext_noop(
            "Growth goes with results from before the pupils entered their school: %(sd)s SD for one standard"
            " deviation of growth. So part of it was there already."
        ),
        gettext_noop("Add the earlier results as a starting point and evaluate again."),
    ),
    AuditCode.MODELS: AuditText(
        _("Other models"),
        _("Would another sensible model say the same of the schools?"),
        gettext_noop(
            "Other sensible models order the schools differently: the lowest correlation is %(number)s."
        ),
        gettext_noop("Use only what holds in all models, and treat the schools that change place as open."),
    ),
    AuditCode.RELIABILITY: AuditText(
        _("Reliability"),
        _("Can these data tell the schools apart at all?"),
        gettext_noop(
            "The data resolve little of the differences between schools: the median reliability is %(number)s."
        ),
        gettext_noop(
            "Do not compare single schools by this evaluation; wait for another year or more pupils."
        ),
    ),
    AuditCode.FORMS: AuditText(
        _("Papers on one scale"),
        _("Do papers that are said to be on one scale mean the same?"),
        gettext_noop("Two papers that are said to be on one scale differ by up to %(sd)s SD."),
        gettext_noop("Check how the papers were linked before anything is read from this evaluation."),
    ),
    AuditCode.PERSISTENCE: AuditText(
        _("Growth that lasts"),
        _("Is growth still there in a later or independent result?"),
        gettext_noop(
            "In %(schools)s schools growth is far larger in this test than in the next one, by up to %(sd)s SD."
        ),
        gettext_noop(
            "Ask the schools named in the table what they trained for; it is a question and no finding of fault."
        ),
    ),
    AuditCode.MULTIPLICITY: AuditText(
        _("Many comparisons"),
        _("How many schools stand out only because many are looked at?"),
        gettext_noop(
            "Of %(flagged)s schools that stand out one by one, %(remaining)s remain when all are looked at together;"
            " about %(chance)s would stand out by chance alone."
        ),
        gettext_noop("Act on the schools that remain, and look again next year at the others."),
    ),
}

MISSING: Mapping[str, Text] = {
    "groups": _("no factor of pupils is in the design"),
    "earlier": _("no result from before the pupils entered their school"),
    "followup": _("no later result of these pupils yet"),
    "forms": _("each test is put on its own scale, so nothing was linked"),
    "pupils": _("too few pupils"),
    "schools": _("too few schools, or no difference between them"),
    "scores": _("the results are levels or have few different values"),
    "intake": _("all schools start alike"),
    "growth": _("no difference between schools"),
}
