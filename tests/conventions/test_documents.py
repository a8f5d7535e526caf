"""The documents say what is there: commands run, answers come out, tables are complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from pipelines import connectors, documents
from pipelines.cli import app
from pipelines.settings import FILE_PLATFORMS, Home

ROOT = Path(__file__).parents[2]
WRITTEN = sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/*.md"))


@pytest.fixture(scope="module")
def produced(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    home = Home.open(tmp_path_factory.mktemp("documents") / "home", "demo")
    return documents.produced(home)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", documents.DOCUMENTS)
def test_what_a_document_prints_is_what_comes_out(name: str, produced: dict[str, str]) -> None:
    written = (ROOT / name).read_text()
    assert documents.alike(produced[name]) == documents.alike(written), (
        f"{name} is not up to date: run `python -m pipelines.documents`"
    )


def test_the_readme_has_the_table_of_platforms_that_are_there() -> None:
    table = documents.platform_table()
    assert table in (ROOT / "README.md").read_text()
    rows = {line.split("`")[1]: line for line in table.splitlines()[2:]}
    assert len(documents.PLATFORMS) == 20
    assert set(rows) == {*documents.PLATFORMS, *FILE_PLATFORMS}
    built = {platform for platform, line in rows.items() if "not yet" not in line}
    assert built == {*connectors.names(), *FILE_PLATFORMS}


def anchors(file: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.name)
def test_every_link_leads_somewhere(file: Path) -> None:
    for link in re.findall(r"\]\((?!http)([^)]+)\)", file.read_text()):
        path, _, anchor = link.partition("#")
        target = (file.parent / path).resolve() if path else file
        assert target.exists(), f"{file.name} links to {link}"
        assert not anchor or anchor in anchors(target), f"{file.name} links to {link}"


def test_every_guide_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    for file in WRITTEN:
        assert file.name == "README.md" or f"({file.relative_to(ROOT)})" in readme


def test_the_change_record_names_every_table_auditors_may_query() -> None:
    published = {
        ("audit" if file.parent.name == "audit" else "marts") + f".{file.stem}"
        for file in ROOT.glob("models/marts/*/*.sql")
    }
    assert set(re.findall(r"^\| `(\w+\.\w+)`", (ROOT / "CHANGELOG.md").read_text(), re.M)) == (
        published
    )


def test_commands_in_the_guides_exist() -> None:
    top = get_command(app)
    known = {"": top.commands} | {"connections ": top.commands["connections"].commands}
    typed = re.compile(r"(?:`|^    |^\$ |bin/)counterfoil (connections )?([a-z]+)", re.MULTILINE)
    for file in WRITTEN:
        for group, command in typed.findall(file.read_text()):
            assert command in known[group], f"{file.name}: counterfoil {group}{command}"
