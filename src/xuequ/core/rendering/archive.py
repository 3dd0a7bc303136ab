"""Office files are zip archives full of clocks; these functions stop them."""

import io
import re
import zipfile
from collections.abc import Mapping

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")


def settled(data: bytes, moment: str, parts: Mapping[str, bytes] | None = None) -> bytes:
    """Return the archive with fixed entry times and ``moment`` (UTC, ISO 8601) as created and modified.

    ``parts`` take the place of the entries of the same name.
    """
    result = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for entry in source.infolist():
            content = (parts or {}).get(entry.filename) or source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + moment.encode("ascii") + rb"\g<3>", content)
            fixed = zipfile.ZipInfo(entry.filename, _EPOCH)
            fixed.compress_type = zipfile.ZIP_DEFLATED
            fixed.external_attr = 0o600 << 16
            target.writestr(fixed, content)
    return result.getvalue()
