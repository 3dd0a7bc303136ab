"""Pages that no role reaches by links from home, and pages that ask more of the database than others: each with why."""

_SIGN_IN = "a step of signing in: tests/browser/test_access.py takes it"
_CODE = "asks for a one-time code: tests/site/test_factors.py types one"
_APP = "needs an outside app, which tests/browser/test_access.py plays"
_LOCKED = "locked until the bureau's leader unlocks it: tests/systems/growth/test_teachers.py does"

NOT_REACHED = {
    "WW_verify_<slug:code>.txt": "asked by an outside app, not by people",
    "accounts/card/waiting/": "after a card was shown: tests/browser/test_entrances.py shows one",
    "accounts/second-step/": _SIGN_IN,
    "accounts/security/code/": _CODE,
    "accounts/security/codes/end/": _CODE,
    "accounts/security/passkey/": _SIGN_IN,
    "accounts/security/passkeys/<int:pk>/end/": _SIGN_IN,
    "accounts/security/recovery/": _SIGN_IN,
    "accounts/security/recovery/file/": _SIGN_IN,
    "accounts/security/recovery/new/": _SIGN_IN,
    "accounts/security/set-up/": _SIGN_IN,
    "feedback/sent/": "shows the code of a message just sent: tests/browser/test_entrances.py sends one",
    "accounts/with/<slug:app>/": _APP,
    "accounts/with/<slug:app>/back/": _APP,
    "accounts/with/connect/": _APP,
    "growth/teachers/classes/": _LOCKED,
    "growth/teachers/mine/": _LOCKED,
    "growth/teachers/schools/": _LOCKED,
    "growth/teachers/values/": _LOCKED,
    "growth/teachers/values/<uuid:uid>/": _LOCKED,
    "language/": "changes the language and goes back where one was",
    "office/start/administrator/": "answers on an empty instance only: tests/browser/test_entrances.py opens it",
}
"""Routes that answer a GET and that no walk reaches."""

MOST_QUERIES = 12

_PLAN = (
    "plans the whole school anew: pupils, classes, lessons, charges and choices of two years, a question each"
)
_HELD = "what the law says to keep of one person, class by class, where the person was, and what others wrote"
_ITEMS = "the run, the paper and who reads it, then results, lessons taught, pupils and the trace of the look"
_FAMILIES = (
    "who may speak for a child by age and role, what they were asked and what they said, a question each"
)

_SCHOOL_HOME = 14
HOME_QUERIES = {"demo-school": _SCHOOL_HOME}
"""Whose home asks more than ``MOST_QUERIES``: at the school's administrator something waits in every source at once,
an import to go on with, a request with its title, a notice, a questionnaire, a rollover, and each is looked up.
What else any role's home counts for its cards is one question (``xuequ.systems.office.parts.counted``)."""

MORE_QUERIES: dict[str, tuple[int, str]] = {
    "": (_SCHOOL_HOME, "the school's administrator, as HOME_QUERIES says; every other role stays below"),
    "office/numbers/": (24, "counts thirteen numbers, a question or two each"),
    "office/surveys/rounds/<uuid:uid>/results/": (15, "counts each question's answers"),
    "office/rights/requests/<uuid:uid>/": (21, _HELD),
    "office/rights/requests/<uuid:uid>/erase/": (19, _HELD),
    "office/rights/mine/<uuid:key>/": (22, _HELD),
    "office/rights/mine/<uuid:key>/consent/<slug:use>/": (13, _FAMILIES),
    "office/rights/answers/<slug:use>/": (19, _FAMILIES),
    "office/rights/classes/<uuid:uid>/<slug:use>/": (14, _FAMILIES),
    "office/rollover/school/<uuid:uid>/": (22, _PLAN),
    "office/rollover/school/<uuid:uid>/classes/": (23, _PLAN),
    "office/rollover/school/<uuid:uid>/pupils/": (23, _PLAN),
    "office/rollover/school/<uuid:uid>/new-classes/": (22, _PLAN),
    "office/rollover/school/<uuid:uid>/placing/": (23, _PLAN),
    "office/rollover/school/<uuid:uid>/placing/<int:grade>/": (21, _PLAN),
    "office/rollover/school/<uuid:uid>/staff/": (23, _PLAN),
    "office/rollover/school/<uuid:uid>/staff/<slug:code>/": (24, _PLAN),
    "office/rollover/school/<uuid:uid>/preview/": (28, _PLAN),
    "office/rollover/school/<uuid:uid>/run/": (22, _PLAN),
    "office/approvals/requests/<uuid:uid>/": (
        20,
        "what is asked, the steps, who decides each and what was said",
    ),
    "office/access/accounts/<uuid:uid>/": (
        17,
        "roles, former roles, log-ins, locks, factors and who may change them",
    ),
    "office/access/accounts/<uuid:uid>/roles/new/": (16, "the places of every role that may be given"),
    "growth/items/<uuid:uid>/classes/<uuid:class_uid>/": (15, _ITEMS),
}
"""Routes that may ask more, how many, and why."""
