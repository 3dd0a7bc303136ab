"""Sending a piece of evidence to who may open it; the calling view has checked that."""

import logging
import mimetypes
from http import HTTPStatus

from django.http import Http404, HttpResponse

from xuequ.core.errors import Refused
from xuequ.core.files import attachment
from xuequ.record import evidence
from xuequ.record.models import Evidence

log = logging.getLogger(__name__)


def download(piece: Evidence) -> HttpResponse:
    """Return the file as a download; 404 for evidence without a file, 410 with the reason where it was lost."""
    if not piece.stored_file:
        raise Http404
    try:
        content = evidence.content(piece)
    except Refused as refusal:
        log.error("the file of evidence %s cannot be given out: %s", piece.uid, piece.stored_file)
        return HttpResponse(str(refusal), status=HTTPStatus.GONE, content_type="text/plain; charset=utf-8")
    kind = mimetypes.guess_type(piece.file_name)[0] or "application/octet-stream"
    return attachment(content, piece.file_name, kind)
