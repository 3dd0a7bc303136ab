"""Imports of schools as requests: which need an approval, how they are asked for, and what happens when they get it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xuequ.core import audit
from xuequ.core.errors import Forbidden, Refused
from xuequ.core.jobs.enqueue import start
from xuequ.district import policy
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import School
from xuequ.kit.approvals.actions import open_case, resubmit, withdraw
from xuequ.kit.approvals.choices import CaseState, ImportKind, When
from xuequ.kit.approvals.models import Case, ImportRule
from xuequ.kit.approvals.procedures import About, Holder, IfNobody, Procedure, Scope, Step
from xuequ.kit.approvals.queries import may_look
from xuequ.record.choices import BatchState
from xuequ.record.models import ImportBatch

ROWS_AT_ONCE = 3000
"""Files with more rows are stored by a job, which the approval starts."""

CONFIRMING = {
    ImportKind.ROSTER: "xuequ.kit.roster.actions.confirm",
    ImportKind.SCORES: "xuequ.kit.scores.actions.confirm",
}
PAGES = {ImportKind.ROSTER: "office:roster-import", ImportKind.SCORES: "office:import"}
NAMED_BY = {ImportKind.ROSTER: "code", ImportKind.SCORES: "uid"}
"""By what the options of an import name its school."""
AGREED = {ImportKind.ROSTER: {"agreed": True}, ImportKind.SCORES: {}}
"""Whoever approves has seen how many would be taken out."""
DEFAULTS = {ImportKind.ROSTER: When.REMOVALS, ImportKind.SCORES: When.NEVER}

_STEPS = (
    Step(
        code="head",
        title=gettext_lazy("head of school"),
        holders=(Holder(Role.HEAD),),
        working_days=3,
        if_nobody=IfNobody.NEXT,
    ),
    Step(
        code="district",
        title=gettext_lazy("data office of the district"),
        holders=(Holder(Role.DATA_OFFICER, Scope.DISTRICT), Holder(Role.DISTRICT_OFFICER, Scope.DISTRICT)),
        working_days=3,
    ),
)


def _procedure(kind: ImportKind, code: str, title: Any) -> Procedure:
    return Procedure(
        code=code,
        title=title,
        steps=_STEPS,
        on_approved="xuequ.kit.approvals.imports.store_approved",
        facts="xuequ.kit.approvals.imports.facts",
        titles="xuequ.kit.approvals.imports.titles",
        about="xuequ.kit.approvals.imports.about",
    )


PROCEDURES = {
    ImportKind.ROSTER: _procedure(
        ImportKind.ROSTER, "roster-import", gettext_lazy("Roster import of a school")
    ),
    ImportKind.SCORES: _procedure(
        ImportKind.SCORES, "score-import", gettext_lazy("Score import of a school")
    ),
}


def rule_for(kind: ImportKind) -> When:
    """Return when imports of this kind need an approval."""
    row = ImportRule.objects.filter(kind=kind).first()
    return When(row.when) if row is not None else DEFAULTS[kind]


def may_set_rules(actor: Actor) -> bool:
    """Whether the actor decides which imports need an approval."""
    return policy.keeps_roster_everywhere(actor)


def set_rule(*, actor: Actor, kind: ImportKind, when: When) -> None:
    """Decide when imports of a kind need an approval; running requests are not touched."""
    if not may_set_rules(actor):
        raise Forbidden(_("Only the district's data office decides which imports need an approval."))
    with transaction.atomic():
        row, _made = ImportRule.objects.update_or_create(kind=kind, defaults={"when": when})
        audit.record(actor, "import-rule.set", row, {"kind": str(kind), "when": str(when)})


def _kind(batch: ImportBatch) -> ImportKind | None:
    return ImportKind(batch.kind) if batch.kind in ImportKind.values else None


def needs_approval(*, actor: Actor, batch: ImportBatch) -> bool:
    """Whether a checked import of this actor is stored only after an approval; the district's own imports never are."""
    kind = _kind(batch)
    if kind is None or actor.is_system or _imports_for_district(actor, kind):
        return False
    when = rule_for(kind)
    return when == When.ALWAYS or (when == When.REMOVALS and takes_people_away(batch.summary))


def _imports_for_district(actor: Actor, kind: ImportKind) -> bool:
    if kind == ImportKind.ROSTER:
        return policy.keeps_roster_everywhere(actor)
    return policy.imports_everywhere(actor)


def takes_people_away(summary: Mapping[str, Any]) -> bool:
    """Whether a check found people who would be removed from a school or moved to another."""
    return any(_total(summary.get(name)) > 0 for name in ("removed", "transferred"))


def _total(counted: Any) -> int:
    if isinstance(counted, Mapping):
        return sum(_total(value) for value in counted.values())
    return int(counted) if isinstance(counted, int | float) else 0


def fingerprint(batch: ImportBatch) -> str:
    """Return what an approval is given for: the file, what was said about it and what the check found."""
    said = [batch.file_sha256, batch.options, batch.summary]
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


def running_case(batch: ImportBatch) -> Case | None:
    """Return the import's request that is not decided yet."""
    return Case.objects.filter(about_uid=batch.uid, state__in=[CaseState.OPEN, CaseState.RETURNED]).first()


def is_approved(batch: ImportBatch) -> bool:
    """Whether this import, exactly as it was checked, has been approved."""
    approved = Case.objects.filter(about_uid=batch.uid, state=CaseState.APPROVED)
    return any(case.data.get("fingerprint") == fingerprint(batch) for case in approved)


def check_may_store(*, actor: Actor, batch: ImportBatch) -> None:
    """Raise Refused while an import needs an approval that it does not have, or waits for one; for its ``confirm``."""
    if is_approved(batch):
        return
    if running_case(batch) is not None:
        raise Refused(
            _("This import has been handed in for approval. To store it yourself, withdraw the request.")
        )
    if needs_approval(actor=actor, batch=batch):
        raise Refused(_("This import needs an approval. Hand it in; it is stored as soon as it is approved."))


def open_import_case(*, actor: Actor, batch: ImportBatch, words: str = "") -> Case:
    """Ask for the approval of a checked import, or hand a returned request in again."""
    kind = _kind(batch)
    if kind is None or batch.state != BatchState.CHECKED:
        raise Refused(_("Only an import that has been checked can be handed in for approval."))
    school = _school_of(actor, batch, kind)
    if school is None:
        raise Forbidden(_("You may hand in imports of your own school only."))
    running = running_case(batch)
    if running is not None and running.state == CaseState.RETURNED:
        return resubmit(actor=actor, case=running, words=words)
    return open_case(
        actor=actor,
        procedure=PROCEDURES[kind].code,
        about=batch,
        school=school,
        data=_facts(batch),
        words=words,
    )


def withdraw_request(*, actor: Actor, batch: ImportBatch) -> None:
    """Take back the request of an import that its author discards."""
    case = running_case(batch)
    if case is not None and case.opened_by_id == actor.account_id:
        withdraw(actor=actor, case=case)


def standing(actor: Actor, batch: ImportBatch) -> dict[str, Any]:
    """Return what an import's page says about approval: the request that runs, and whether one is still needed."""
    if batch.state != BatchState.CHECKED:
        return {}
    case = running_case(batch)
    open_ = case is not None and case.state == CaseState.OPEN
    needed = not open_ and not is_approved(batch) and needs_approval(actor=actor, batch=batch)
    seen = case is not None and may_look(actor, case)
    return {
        "approval_case": case,
        "approval_waits": open_,
        "approval_seen": seen,
        "approval_needed": needed,
    }


def _school_of(actor: Actor, batch: ImportBatch, kind: ImportKind) -> School | None:
    """Return the school for which the import is made: the one it names, else the actor's own."""
    may = policy.roster_schools(actor) if kind == ImportKind.ROSTER else policy.import_schools(actor)
    own = School.objects.filter(may).order_by("code")
    named = batch.options.get("school")
    if not named:
        return own.filter(campus_of=None).first() or own.first()
    return own.filter(**{NAMED_BY[kind]: named}).first()


def facts(*, case: Case) -> dict[str, Any]:
    """Return the counts of the import as it is now; Refused when it is not ready to be stored."""
    batch = ImportBatch.objects.filter(uid=case.about_uid, state=BatchState.CHECKED).first()
    if batch is None:
        raise Refused(_("Only an import that has been checked can be handed in for approval."))
    return _facts(batch)


def _facts(batch: ImportBatch) -> dict[str, Any]:
    return {"fingerprint": fingerprint(batch), **_counts(batch.summary)}


def _counts(summary: Mapping[str, Any]) -> dict[str, int]:
    names = ("rows", "added", "changed", "corrected", "removed", "transferred")
    return {name: _total(summary[name]) for name in names if name in summary}


def store_approved(*, case: Case, actor: Actor) -> None:
    """Store the import under the authority of whoever asked for it; large files by a job."""
    batch = ImportBatch.objects.filter(uid=case.about_uid).first()
    if batch is None:
        raise Refused(_("The import was discarded meanwhile; refuse the request."))
    if case.data.get("fingerprint") != fingerprint(batch):
        raise Refused(
            _(
                "The file was checked anew after the request was made. Return it, so that it is handed in as it is now."
            )
        )
    assert case.opened_by is not None
    if batch.summary.get("rows", 0) > ROWS_AT_ONCE:
        _start_job(case, batch, actor)
    else:
        confirm(kind=batch.kind, batch=batch, actor=Actor.of(case.opened_by, actor.day))


def confirm(*, kind: str, batch: ImportBatch, actor: Actor) -> None:
    """Store an approved import with the action of its own kind."""
    import_string(CONFIRMING[ImportKind(kind)])(actor=actor, batch=batch, **AGREED[ImportKind(kind)])


def _start_job(case: Case, batch: ImportBatch, actor: Actor) -> None:
    from xuequ.kit.approvals.jobs import store_import

    assert case.opened_by is not None
    start(
        store_import,
        actor=Actor.of(case.opened_by, actor.day),
        title=_("Storing “%(name)s”") % {"name": batch.file_name},
        done_url=reverse(PAGES[ImportKind(batch.kind)], args=[batch.uid]),
        idempotency_key=f"approved-import:{case.uid}",
        case_uid=str(case.uid),
    )


def batch_of(case_uid: str) -> tuple[Case, ImportBatch]:
    """Return an approved request and its import."""
    case = Case.objects.select_related("opened_by").get(uid=UUID(case_uid), state=CaseState.APPROVED)
    return case, ImportBatch.objects.get(uid=case.about_uid)


def titles(*, cases: list[Case]) -> dict[int, str]:
    """Return the school and the file of each request."""
    files = dict(
        ImportBatch.objects.filter(uid__in=[c.about_uid for c in cases]).values_list("uid", "file_name")
    )
    return {
        case.pk: " · ".join(str(part) for part in (case.school, files.get(case.about_uid)) if part)
        for case in cases
    }


def about(*, case: Case, actor: Actor) -> About:
    """Return what the import would change, and what to look at before one agrees."""
    batch = ImportBatch.objects.filter(uid=case.about_uid).first()
    title = PROCEDURES[ImportKind.ROSTER if case.procedure == "roster-import" else ImportKind.SCORES].title
    if batch is None:
        return About(
            title, notes=(_("The import was discarded by its author; there is nothing left to store."),)
        )
    figures = tuple((_COUNTED[name], case.data[name]) for name in _COUNTED if name in case.data)
    return About(
        title, _page(batch, actor), ((gettext_lazy("File"), batch.file_name), *figures), _notes(case, batch)
    )


_COUNTED = {
    "rows": gettext_lazy("Rows"),
    "added": gettext_lazy("Added"),
    "changed": gettext_lazy("Changed"),
    "corrected": gettext_lazy("Corrected"),
    "transferred": gettext_lazy("Transferred"),
    "removed": gettext_lazy("Removed"),
}


def _notes(case: Case, batch: ImportBatch) -> tuple[str, ...]:
    gone = case.data.get("removed", 0) + case.data.get("transferred", 0)
    notes = []
    if gone:
        notes.append(
            ngettext(
                "%(count)s person would no longer be on the list of this school.",
                "%(count)s people would no longer be on the list of this school.",
                gone,
            )
            % {"count": gone}
        )
    if case.is_running and case.data.get("fingerprint") != fingerprint(batch):
        notes.append(_("The file was checked anew after the request was made; it must be handed in again."))
    return tuple(notes)


def _page(batch: ImportBatch, actor: Actor) -> str:
    """Return the address of the import's own page for those who may open it there."""
    kind = _kind(batch)
    if kind is not None and (_imports_for_district(actor, kind) or batch.created_by_id == actor.account_id):
        return reverse(PAGES[kind], args=[batch.uid])
    return ""
