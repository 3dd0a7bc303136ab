"""A guardian's request as a procedure of approvals: what the school sees of it."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from xuequ.core.figures import Text
from xuequ.district.actors import Actor
from xuequ.district.choices import Role
from xuequ.district.models import Dated, Guardianship, Pupil
from xuequ.district.people import names_of, plain
from xuequ.kit.approvals.models import Case
from xuequ.kit.approvals.procedures import About, Holder, Procedure, Scope, Step
from xuequ.kit.credentials.bindings import PROCEDURE
from xuequ.kit.credentials.models import Binding

GUARDIAN_BINDING = Procedure(
    code=PROCEDURE,
    title=_("A guardian's login"),
    steps=(
        Step(
            code="school",
            title=_("class teacher or school administrator"),
            holders=(Holder(Role.CLASS_TEACHER, Scope.CLASS), Holder(Role.SCHOOL_ADMINISTRATOR)),
            working_days=3,
        ),
    ),
    may_return=False,
    on_approved="xuequ.kit.credentials.bindings.open_door",
    on_refused="xuequ.kit.credentials.bindings.remove_request",
    on_withdrawn="xuequ.kit.credentials.bindings.remove_request",
    titles="xuequ.kit.credentials.requests.titles",
    about="xuequ.kit.credentials.requests.about",
)


def _bindings(cases: list[Case]) -> dict[object, Binding]:
    rows = Binding.objects.filter(uid__in=[case.about_uid for case in cases])
    found = rows.select_related("person__identity", "pupil__person__identity")
    return {row.uid: row for row in found}


def titles(*, cases: list[Case]) -> dict[int, str]:
    """Return "child (class) — guardian" for each request."""
    found = _bindings(cases)
    named = {}
    for case in cases:
        row = found.get(case.about_uid)
        if row is not None:
            who = row.person.name if row.person is not None else str(_("(removed)"))
            named[case.pk] = f"{row.pupil.person.name} — {who}"
    return named


def about(*, case: Case, actor: Actor) -> About:
    """Return who asks to be whose guardian, and whether the school's list knows this name."""
    row = _bindings([case]).get(case.about_uid)
    if row is None:
        return About(GUARDIAN_BINDING.title, notes=(_("The request and its data have been removed."),))
    place = " · ".join(str(part) for part in (case.school, case.school_class) if part)
    figures = [(_("Child"), row.pupil.person.name), (_("School and class"), place)]
    if row.person is not None:
        fields = row.person.identity.fields if hasattr(row.person, "identity") else {}
        figures += [
            (_("Guardian"), row.person.name),
            (_("Relation"), row.get_relation_display()),
            (_("Telephone"), fields.get("phone", "")),
        ]
    shown = tuple((label, value) for label, value in figures if value)
    return About(GUARDIAN_BINDING.title, figures=shown, notes=_notes(case, row, actor))


def _notes(case: Case, row: Binding, actor: Actor) -> tuple[Text, ...]:
    if not case.is_running or row.person is None:
        return ()
    listed = _listed_names(row.pupil, actor)
    notes: list[Text] = []
    if plain(row.person.name) in listed:
        notes.append(
            _("The school's list knows this guardian by name: the login is given to the one on the list.")
        )
    elif listed:
        notes.append(
            _("Nobody of this name is on the school's list of this child's guardians. Please make sure.")
        )
    else:
        notes.append(_("The school's list knows no guardian of this child. Please make sure who is asking."))
    tied = Guardianship.objects.filter(
        Dated.at(actor.day), pupil=row.pupil, guardian__account__is_active=True
    )
    if count := tied.exclude(guardian=row.person_id).count():
        text = ngettext(
            "%(count)s guardian of this child can sign in already.",
            "%(count)s guardians of this child can sign in already.",
            count,
        )
        notes.append(text % {"count": count})
    return tuple(notes)


def _listed_names(pupil: Pupil, actor: Actor) -> set[str]:
    rows = Guardianship.objects.filter(Dated.at(actor.day), pupil=pupil)
    return {plain(name) for name in names_of(rows.values_list("guardian_id", flat=True)).values()}
