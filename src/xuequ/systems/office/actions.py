"""Steps that the pages start: at once for small files, as a job for large ones. The same code does the work."""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext as _

from xuequ.core import audit
from xuequ.core.errors import Forbidden
from xuequ.core.jobs.enqueue import start
from xuequ.core.models import Task
from xuequ.district.actors import Actor
from xuequ.district.queries import listed_pupils
from xuequ.kit.scores import actions as scores
from xuequ.kit.scores.templates import TemplateRow, class_text, item_template_bytes, template_bytes
from xuequ.record.models import Assessment, HeadingAlias, ImportBatch
from xuequ.record.papers import PaperContent, current_paper
from xuequ.systems.office import jobs, queries

ROWS_AT_ONCE = 3000
"""Files with more rows are checked and stored by a job with a progress page."""


def is_large(batch: ImportBatch) -> bool:
    """Whether the file is worked on by a job."""
    rows: int = batch.summary.get("rows", 0)
    return rows > ROWS_AT_ONCE


def check(*, actor: Actor, batch: ImportBatch) -> Task | None:
    """Check a file; return the job's row when the file is large."""
    if not is_large(batch):
        scores.check(actor=actor, batch=batch)
        return None
    return start(
        jobs.check_import,
        actor=actor,
        title=_("Checking “%(name)s”") % {"name": batch.file_name},
        done_url=reverse("office:import", args=[batch.uid]),
        batch_uid=str(batch.uid),
        account_id=actor.account_id,
    )


def confirm(*, actor: Actor, batch: ImportBatch) -> Task | None:
    """Store a checked file; return the job's row when the file is large. Twice is once."""
    if not is_large(batch):
        scores.confirm(actor=actor, batch=batch)
        return None
    return start(
        jobs.confirm_import,
        actor=actor,
        title=_("Storing “%(name)s”") % {"name": batch.file_name},
        done_url=reverse("office:import", args=[batch.uid]),
        batch_uid=str(batch.uid),
        account_id=actor.account_id,
    )


def template(*, actor: Actor, assessment: Assessment) -> bytes:
    """Return the assessment's Excel template with the class lists filled in; one audit row says which."""
    return template_bytes(assessment, _template_rows(actor, assessment))


def item_template(*, actor: Actor, assessment: Assessment) -> bytes:
    """Return the template for results by item, with the paper's items where they are known."""
    paper = current_paper(assessment)
    content = PaperContent.of(paper) if paper is not None else None
    return item_template_bytes(assessment, _template_rows(actor, assessment), content)


def _template_rows(actor: Actor, assessment: Assessment) -> list[TemplateRow]:
    if not queries.may_import(actor):
        raise Forbidden(_("You may not take class lists of this assessment."))
    day: dt.date = assessment.held_on or actor.day
    classes = {c.pk: c for c in queries.template_classes(actor, assessment).select_related("school")}
    listed = listed_pupils(queries.in_classes(classes), day)
    rows = [
        TemplateRow(classes[p.class_id].school.name, class_text(classes[p.class_id]), p.name, p.number)
        for p in listed
        if p.class_id is not None
    ]
    audit.record(actor, "template.downloaded", assessment, {"pupils": len(rows), "classes": len(classes)})
    return rows


def forget_heading(*, actor: Actor, alias: HeadingAlias) -> None:
    """Forget what a heading was explained to mean."""
    if not queries.may_import(actor):
        raise Forbidden(_("You may not change how headings are understood."))
    audit.record(actor, "heading.forgotten", None, {"use": alias.use, "subject": alias.subject})
    alias.delete()
