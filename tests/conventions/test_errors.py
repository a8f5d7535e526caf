"""The tree of errors and the exit codes that scripts rely on."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from pipelines import errors
from pipelines.errors import CounterfoilError

# All others exit with 1.
CODES = {"UsageError": 2, "ConfigurationError": 2, "RulesRefused": 2, "GateFailed": 3}


def all_errors() -> list[type[CounterfoilError]]:
    return [
        found
        for _, found in inspect.getmembers(errors, inspect.isclass)
        if issubclass(found, CounterfoilError)
    ]


def tree(kind: type[CounterfoilError]) -> Iterator[tuple[str, str]]:
    """Names and exit codes of one error and those below it, in the order of the file."""
    yield kind.__name__, str(kind.exit_code)
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from tree(below)


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_each_error_has_its_exit_code(kind: type[CounterfoilError]) -> None:
    assert kind.exit_code == CODES.get(kind.__name__, 1)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    picture = re.findall(r"^[│├└─ ]*(\w+) +(\d)  ", errors.__doc__ or "", re.MULTILINE)

    assert picture == list(tree(CounterfoilError))


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["status"], 2, "error: no home at .*: run `counterfoil demo`"),
        (["nonsense"], 2, "No such command 'nonsense'"),
    ],
)
def test_the_command_line_exits_with_the_code_and_one_line(
    arguments: list[str], code: int, says: str
) -> None:
    command = [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True)

    assert ran.returncode == code
    assert re.search(says, ran.stderr)
    assert "Traceback" not in ran.stderr
