"""Sending a piece of evidence to who may open it; the calling view has checked that."""

import mimetypes

from django.http import Http404, HttpResponse

from xuequ.core.files import attachment
from xuequ.record import evidence
from xuequ.record.models import Evidence


def download(piece: Evidence) -> HttpResponse:
    """Return the file as a download; 404 for evidence without a file."""
    if not piece.stored_file:
        raise Http404
    kind = mimetypes.guess_type(piece.file_name)[0] or "application/octet-stream"
    return attachment(evidence.content(piece), piece.file_name, kind)
