"""What docs/security.md names is there: tests, code, files, headings."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "security.md"
QUOTED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")


def quoted() -> list[str]:
    """What stands in backticks on the page."""
    return QUOTED.findall(PAGE.read_text())


def parsed(folder: Path) -> Iterator[ast.AST]:
    """Every node of every module in a folder."""
    for file in folder.rglob("*.py"):
        yield from ast.walk(ast.parse(file.read_text()))


def names_of_tests() -> set[str]:
    """The names of all tests in Python."""
    return {
        node.name
        for node in parsed(ROOT / "tests")
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def members() -> tuple[set[str], set[str]]:
    """`Class.method` of every class of the service, and its functions."""
    methods, functions = set(), set()
    for node in parsed(ROOT / "layers" / "nod" / "nod"):
        if isinstance(node, ast.ClassDef):
            methods |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
        if isinstance(node, ast.FunctionDef):
            functions.add(node.name)
    return methods, functions


def anchor(heading: str) -> str:
    """The anchor that a heading gets on GitHub."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_every_test_that_is_named_exists() -> None:
    """A claim stands there only while its test does."""
    named = {name for name in quoted() if name.startswith("test_")}
    assert len(named) > 90
    assert sorted(named - names_of_tests()) == []


def test_every_mechanism_that_is_named_exists() -> None:
    """Code that was renamed is renamed on the page."""
    methods, functions = members()
    named = {name for name in quoted() if re.fullmatch(r"[A-Z]\w+\.\w+", name)}
    helpers = {"decode", "effective_mode", "log_unexpected", "network_of", "parse_texting_number", "password_matches"}
    assert len(named) > 30
    assert sorted(named - methods) == []
    assert helpers <= set(quoted())
    assert helpers <= functions


def test_every_attack_of_the_list_is_on_the_page() -> None:
    """docs/requirements.md lists the attacks; each is told here."""
    listed = re.findall(r"^\| ([ASQTI][0-9]+) \|", (ROOT / "docs" / "requirements.md").read_text(), re.MULTILINE)
    text = PAGE.read_text()
    assert len(listed) > 30
    assert [attack for attack in listed if not re.search(rf"\b{attack}\b", text)] == []


@pytest.mark.parametrize(
    "page", [*sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("*.md"))], ids=lambda page: page.name
)
def test_links_lead_somewhere(page: Path) -> None:
    """A link between the documents leads to a file that exists, and to a heading that is in it."""
    broken = []
    for target, heading in LINK.findall(page.read_text()):
        if "://" in target or target.startswith("mailto:"):
            continue
        file = (page.parent / target).resolve() if target else page
        headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if file.suffix == ".md" and heading else []
        if not file.exists() or (heading and file.suffix == ".md" and heading not in map(anchor, headings)):
            broken.append(f"{target}#{heading}")
    assert broken == []
