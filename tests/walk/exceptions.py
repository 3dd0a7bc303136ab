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
_HELD = "asks every class of data in the register what it holds about one person"
_ITEMS = "a school, a class or a pupil with the results of every item, and the two lists that narrow them"
_FAMILIES = (
    "who may speak for a child by age and role, what they were asked and what they said, a question each"
)
_DEPUTY = "the school's administrator who also stands in for the head has two roles more for the menu"

MORE_QUERIES: dict[str, tuple[int, str]] = {
    "": (48, "gathers what twenty parts have to say, two questions for each"),
    "office/numbers/": (26, "counts thirteen numbers, a question or two each"),
    "office/surveys/rounds/<uuid:uid>/results/": (16, "counts each question's answers"),
    "office/rights/requests/<uuid:uid>/": (38, _HELD),
    "office/rights/requests/<uuid:uid>/erase/": (36, _HELD),
    "office/rights/mine/<uuid:key>/": (22, _HELD),
    "office/rights/mine/<uuid:key>/consent/<slug:use>/": (14, _FAMILIES),
    "office/rights/answers/<slug:use>/": (20, _FAMILIES),
    "office/rights/classes/<uuid:uid>/<slug:use>/": (17, _FAMILIES),
    "office/rollover/school/<uuid:uid>/": (24, _PLAN),
    "office/rollover/school/<uuid:uid>/classes/": (25, _PLAN),
    "office/rollover/school/<uuid:uid>/pupils/": (25, _PLAN),
    "office/rollover/school/<uuid:uid>/new-classes/": (24, _PLAN),
    "office/rollover/school/<uuid:uid>/placing/": (25, _PLAN),
    "office/rollover/school/<uuid:uid>/placing/<int:grade>/": (23, _PLAN),
    "office/rollover/school/<uuid:uid>/staff/": (25, _PLAN),
    "office/rollover/school/<uuid:uid>/staff/<slug:code>/": (26, _PLAN),
    "office/rollover/school/<uuid:uid>/preview/": (30, _PLAN),
    "office/rollover/school/<uuid:uid>/run/": (24, _PLAN),
    "office/approvals/requests/<uuid:uid>/": (
        20,
        "what is asked, the steps, who decides each and what was said",
    ),
    "office/access/accounts/<uuid:uid>/": (
        19,
        "roles, former roles, log-ins, locks, factors and who may change them",
    ),
    "office/access/accounts/<uuid:uid>/roles/new/": (17, "the places of every role that may be given"),
    "growth/items/": (25, _ITEMS),
    "growth/items/<uuid:uid>/classes/<uuid:class_uid>/": (18, _ITEMS),
    "growth/items/<uuid:uid>/schools/<uuid:school_uid>/": (17, _ITEMS),
    "growth/items/<uuid:uid>/pupils/<uuid:pupil_uid>/": (13, _DEPUTY),
    "growth/runs/<uuid:uid>/classes/<uuid:class_uid>/analysis/": (13, _DEPUTY),
    "office/roster/schools/<uuid:uid>/": (13, _DEPUTY),
    "office/roster/classes/<uuid:uid>/": (13, _DEPUTY),
    "office/roster/pupils/<uuid:uid>/": (13, _DEPUTY),
    "accounts/security/": (
        13,
        "one's log-ins, computers, factors and apps, of which the ended ones are told apart",
    ),
}
"""Routes that may ask more, how many, and why."""
