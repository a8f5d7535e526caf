"""What the tree may not hold, and what must agree in it."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .conftest import ROOT

LOCKS = sorted(ROOT.glob(".ci/*.lock")) + [ROOT / "requirements.lock"]
# In parts, so that this file passes its own test.
UNWANTED = {
    "a registry's host": "|".join(
        [r"py" r"pi\.org", r"python" r"hosted\.org", r"npm" r"js\.(org|com)", r"deb" r"ian\.org"]
    ),
    "a path of one machine": r"(?<![\w.}])/(wo" r"rk|ro" r"ot)/",
    "work left undone": r"\b(TO" r"DO|FIX" r"ME)\b",
}
SILENCED = re.compile(r"#\s*(noqa|type:\s*ignore)")
SILENCED_WITH_A_REASON = re.compile(r"#\s*(noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\])\s+# \w+")


def files() -> Iterator[Path]:
    """Every file that is committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return (ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file())


def lines() -> Iterator[tuple[str, str]]:
    for file in files():
        try:
            text = file.read_text()
        except UnicodeDecodeError:
            continue  # a picture, or a bank's file in its own character set
        for number, line in enumerate(text.splitlines(), start=1):
            yield f"{file.relative_to(ROOT)}:{number}", line


@pytest.mark.parametrize("what", UNWANTED)
def test_nothing_in_the_tree_names(what: str) -> None:
    pattern = re.compile(UNWANTED[what])

    assert not [f"{where}: {line.strip()}" for where, line in lines() if pattern.search(line)]


def test_whoever_silences_a_checker_says_why() -> None:
    assert not [
        f"{where}: {line.strip()}"
        for where, line in lines()
        if ".py:" in where
        and SILENCED.search(line)
        and not SILENCED_WITH_A_REASON.search(line)
        and "re.compile" not in line
    ]


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "util", "helpers", "common", "base", "misc"}

    assert not [file for file in files() if file.suffix == ".py" and file.stem in drawers]


def test_only_settings_reads_ours_from_the_environment() -> None:
    readers = {
        file.relative_to(ROOT).as_posix()
        for file in files()
        if file.suffix == ".py"
        and file.is_relative_to(ROOT / "pipelines")
        and re.search(r"getenv|environ\b.*COUNTERFOIL", file.read_text())
    }

    assert readers == {"pipelines/settings.py"}


def test_who_may_import_whom() -> None:
    assert lint_imports(str(ROOT / "pyproject.toml"), no_cache=True) == EXIT_STATUS_SUCCESS


def test_what_is_imported_is_declared() -> None:
    imported = {
        name.partition(".")[0]
        for folder in ("pipelines", "dashboard")
        for file in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        for name in imports(node)
    }
    owners = packages_distributions()
    ours = {"pipelines", "dashboard"}
    owned = {canonicalize_name(owners[name][0]) for name in imported - ours if name in owners}
    declared = {canonicalize_name(each.name) for each in requirements("dependencies")}

    assert owned <= declared


def imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return [node.module]
    return []


def requirements(*groups: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    known = project["dependency-groups"] | {"dependencies": project["project"]["dependencies"]}
    return [Requirement(text) for group in groups for text in known[group]]


def locked(file: Path) -> dict[str, tuple[str, int]]:
    """Version and number of hashes of each package in a lock file."""
    found = {}
    for entry in file.read_text().replace("\\\n", " ").splitlines():
        requirement = Requirement(entry.partition(" --hash")[0])
        [pin] = requirement.specifier
        assert pin.operator == "==", entry
        found[canonicalize_name(requirement.name)] = (pin.version, entry.count("--hash=sha256:"))
    return found


@pytest.mark.parametrize("file", LOCKS, ids=lambda file: file.name)
def test_a_lock_names_versions_and_hashes_and_no_address(file: Path) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links", file.read_text())
    assert all(hashes for _, hashes in locked(file).values())


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("requirements.lock", ("dependencies", "dev")),
        (".ci/requirements-bench.lock", ("bench",)),
        (".ci/requirements-lint.lock", ("lint",)),
    ],
)
def test_a_lock_holds_what_the_project_asks_for(name: str, groups: tuple[str, ...]) -> None:
    versions = locked(ROOT / name)
    for requirement in requirements(*groups):
        version, _ = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement}: run `make lock`"
