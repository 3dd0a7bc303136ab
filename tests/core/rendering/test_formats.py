"""Every format is offered as a download under the report's name."""

import pytest

from tests.core.rendering.test_files import REPORT, needs_fonts
from xuequ.core.rendering.formats import FORMATS, download


@pytest.mark.parametrize("code", [pytest.param("pdf", marks=needs_fonts), "docx", "xlsx", "html"])
def test_a_report_is_downloaded_under_its_name_in_every_format(code: str) -> None:
    starts = {"pdf": b"%PDF", "docx": b"PK", "xlsx": b"PK", "html": b"<!"}
    assert set(starts) == set(FORMATS)
    response = download(REPORT, code, "a/b" + "长" * 200)
    assert response.content.lstrip().startswith(starts[code])
    assert response.headers["Content-Type"] == FORMATS[code].media_type
    name = response.headers["Content-Disposition"]
    assert name.startswith("attachment") and name.endswith(f".{code}")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
