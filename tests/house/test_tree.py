"""What the tree may hold, and that the engines really stand alone."""

import re
import subprocess
import sys
from pathlib import Path

from tools import check_tree

ROOT = Path(__file__).resolve().parents[2]


def test_no_big_files_and_no_addresses_in_lock_files() -> None:
    assert check_tree.problems(check_tree.tracked()) == []


def test_a_lock_file_with_an_address_is_found(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(check_tree, "ROOT", tmp_path)
    lock = tmp_path / "requirements" / "x.txt"
    lock.parent.mkdir()
    lock.write_text("--index-url https://example.invalid/simple\n")
    assert check_tree.problems([lock]) == ["requirements/x.txt: holds an address"]


def test_every_pin_has_a_hash() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        pins = re.split(r"\n(?=\S)", file.read_text())
        bare = [pin.split()[0] for pin in pins if "==" in pin and "--hash=sha256:" not in pin]
        assert bare == [], file.name


def test_engines_and_their_commands_run_without_the_web() -> None:
    """An analyst's install has neither Django nor what the server needs."""
    program = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in {'django', 'openpyxl', 'typst', 'docx', 'cryptography', 'granian'}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "import pkgutil, importlib, xuequ.engines\n"
        "for found in pkgutil.walk_packages(xuequ.engines.__path__, 'xuequ.engines.'):\n"
        "    importlib.import_module(found.name)\n"
        "sys.argv = ['xuequ', 'growth', 'fit', '--help']\n"
        "from xuequ.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--reml" in done.stdout


def test_no_unfinished_marks() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX)\b|raise NotImplementedError|coming soon|敬请期待|即将推出")
    found = [
        f"{file.relative_to(ROOT)}: {match.group()}"
        for folder in ("src", "frontend/src", "tools", "bench")
        for file in (ROOT / folder).rglob("*")
        if file.suffix in {".py", ".ts", ".html", ".css"} and "dist" not in file.parts
        for match in [marks.search(file.read_text(encoding="utf-8"))]
        if match
    ]
    assert found == []


def test_links_in_the_documentation_lead_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:\s]+\.md)[^)]*\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []
