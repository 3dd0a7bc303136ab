"""Chinese is complete, and no English word is left in a Chinese page."""

import os
import re
import shutil
import subprocess
import sys
from collections import deque
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from django.test import Client

from tests.conftest import ON_POSTGRES
from xuequ.district.choices import Role

from .conftest import SignIn
from .labels import english_labels

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = 60


def test_catalogue_is_complete() -> None:
    if shutil.which("xgettext") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("gettext is missing")
        pytest.skip("gettext is missing (apt-get install gettext)")
    done = subprocess.run(
        [sys.executable, "tools/i18n.py", "check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>Growth</p>", ["Growth"]),
        ("<p>增值 Growth</p><b>PDF</b><i>12.5 %</i>", []),
        ('<input placeholder="Search" value="x"><img alt="Logo">', ["Search", "Logo"]),
        (
            '<td translate="no">exam.csv</td><code>uid</code><script>let a</script><b lang="en">English text</b>',
            [],
        ),
        ("<button>PDF Report</button>", ["PDF Report"]),
    ],
)
def test_english_is_found(html: str, found: list[str]) -> None:
    assert english_labels(html) == found


def pages(client: Client) -> dict[str, str]:
    """Return the pages that links lead to from home, one for each pattern of address."""
    seen, waiting, result = {"/"}, deque(["/"]), {}
    while waiting and len(result) < PAGES:
        address = waiting.popleft()
        answer = client.get(address, follow=True)
        if not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        assert answer.status_code == 200, address
        result[address] = answer.content.decode()
        for link in re.findall(r'<a\b[^>]*\bhref="([^"#][^"]*)"', result[address]):
            target = urlsplit(urljoin(address, link.replace("&amp;", "&")))
            pattern = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "*", target.path)
            if not target.netloc and pattern not in seen:
                seen.add(pattern)
                waiting.append(target.path)
    return result


@pytest.mark.skipif(ON_POSTGRES, reason="the words are the same on both databases")
@pytest.mark.parametrize("role", list(Role))
def test_no_english_in_chinese_pages(sign_in: SignIn, role: Role) -> None:
    found = {
        address: labels for address, html in pages(sign_in(role)).items() if (labels := english_labels(html))
    }
    assert not found


def test_no_english_before_signing_in(client: Client, db: None) -> None:
    for address in ("/accounts/login/", "/feedback/", "/no/such/page/"):
        assert english_labels(client.get(address).content.decode()) == [], address
