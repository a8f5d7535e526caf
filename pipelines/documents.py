"""The parts of the documents that are taken from what is there: `python -m pipelines.documents`.

README.md and docs/*.md hold commands with what they print, queries with their answers and the
table of platforms. All are produced anew from a demo home of their own, file by file from top to
bottom; a test holds the files equal to what comes out.

    ```console         a line that begins with `$ ` is run; the lines below it are what it prints
    ```sql             asked of the published file; the table that follows is the answer
    <!-- sql: ... -->  likewise, where the reader did not ask for SQL
    <!-- platforms --> the table that follows is `platform_table()`
"""

from __future__ import annotations

import contextlib
import datetime
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from pipelines import connectors, demo, publish, settings
from pipelines.errors import ConfigurationError, UsageError
from pipelines.settings import PROJECT, Home

DOCUMENTS = ("README.md", "docs/analyst.md", "docs/auditor.md", "docs/operator.md")
SHOWN_HOME = "/srv/counterfoil/.counterfoil/demo"
SANDBOX = f"http://127.0.0.1:{demo.PORT}"

PLATFORMS = {
    "quickbooks_online": "QuickBooks Online",
    "xero": "Xero",
    "sage_accounting": "Sage Business Cloud Accounting",
    "freshbooks": "FreshBooks",
    "zoho_books": "Zoho Books",
    "wave": "Wave",
    "myob": "MYOB",
    "netsuite": "NetSuite",
    "intuit_payroll": "Intuit Payroll",
    "bill": "Bill.com",
    "oracle_fusion": "Oracle Fusion Cloud",
    "sap_s4hana": "SAP S/4HANA Cloud",
    "kashoo": "Kashoo",
    "kashflow": "KashFlow",
    "freeagent": "FreeAgent",
    "patriot": "Patriot Software",
    "dynamics_365": "Dynamics 365 Finance",
    "odoo": "Odoo",
    "stripe": "Stripe",
    "paypal": "PayPal",
}
FILES = {
    "bank_files": "Bank files: OFX, QFX, CAMT, CSV",
    "exchange": "Exchange folders: CSV, Parquet",
}
ENTITIES = {
    "parties": "parties",
    "invoices": "invoices and bills",
    "payments": "payments",
    "payment_allocations": "what they settle",
    "settlements": "payouts and deposits",
    "bank_lines": "bank lines",
    "ledger_entries": "ledger",
}

PART = re.compile(
    r"(?P<console>```console\n(?P<session>.*?)```\n)"
    r"|(?P<asked>```sql\n(?P<sql>.*?)```\n|<!-- sql:\n(?P<hidden>.*?)-->\n)(\n(\|[^\n]*\n)+)?"
    r"|(?P<platforms><!-- platforms -->\n)(\n(\|[^\n]*\n)+)?",
    re.DOTALL,
)
ANEW = re.compile(  # what no two runs have in common: run ids, hashes, moments, durations
    r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b|\b[0-9a-f]{64}\b|"
    r"\b\d{4}-\d\d-\d\d[T ][\d:.]+Z?|\b\d+\.\d s\b|\b\d+ MB\b"
)


def produced(home: Home) -> dict[str, str]:
    """Every document as it should be, by path; runs what they say in a demo home that is new."""
    demo.prepare(home)
    around = settings.environment(
        COUNTERFOIL_HOME=str(home.path),
        COLUMNS="100",
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    )
    with around, demo.served(home):
        urls = [
            urlsplit(each.base_url) for each in settings.load_connections(home) if each.base_url
        ]
        base_url = f"{urls[0].scheme}://{urls[0].netloc}"
        return {
            name: PART.sub(lambda part: _part(home, base_url, part), (PROJECT / name).read_text())
            for name in DOCUMENTS
        }


def alike(text: str) -> str:
    """A document without what is new in every run."""
    return ANEW.sub("…", text)


def platform_table() -> str:
    """One row per platform: which entities are read from it, or that it is not built yet."""
    unknown = set(connectors.names()) - set(PLATFORMS)
    if unknown:
        raise ConfigurationError(f"pipelines/documents.py: PLATFORMS lacks {', '.join(unknown)}")
    built = (*connectors.names(), *FILES)
    rows = []
    for platform, title in {**PLATFORMS, **FILES}.items():
        entities = staged_entities(platform) if platform in built else set()
        marks = ["yes" if entity in entities else "" for entity in ENTITIES]
        rows.append(
            [title, f"`{platform}`", *(marks if platform in built else ["not yet", *marks[1:]])]
        )
    return table(["platform", "name here", *ENTITIES.values()], rows)


def staged_entities(platform: str) -> set[str]:
    """The canonical entities that a platform's staging models feed."""
    file = PROJECT / "models" / "staging" / platform / f"_{platform}__models.yml"
    return set(re.findall(r"\bentity: (\w+)", file.read_text()))


def table(header: Sequence[str], rows: Iterable[Sequence[Any]], numbers: Iterable[int] = ()) -> str:
    """A table in Markdown; the columns `numbers` to the right."""
    ruler = ["--:" if index in set(numbers) else "---" for index in range(len(header))]
    lines = [header, ruler, *([_cell(value) for value in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _part(home: Home, base_url: str, part: re.Match[str]) -> str:
    if part["console"]:
        commands = re.findall(r"^\$ ((?:.*\\\n)*.*)\n", part["session"], re.MULTILINE)
        return f"```console\n{''.join(_session(home, base_url, each) for each in commands)}```\n"
    if part["asked"]:
        return f"{part['asked']}\n{_answer(home, part['sql'] or part['hidden'])}"
    return f"{part['platforms']}\n{platform_table()}"


def _session(home: Home, base_url: str, command: str) -> str:
    """A command as it was typed, and what it prints on a terminal besides its progress."""
    done = subprocess.run(
        _recipe(command).replace(SANDBOX, base_url),
        shell=True,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise UsageError(f"a document says `{command}`, which fails: {done.stderr.strip()}")
    printed = done.stdout.replace(str(home.path), SHOWN_HOME).replace(base_url, SANDBOX)
    return f"$ {command}\n{re.sub(r' +$', '', printed, flags=re.MULTILINE)}"


def _recipe(command: str) -> str:
    """What make would do, but for the environment, which is there, and the home, which is ours."""
    if not command.startswith("make "):
        return command
    plan = subprocess.run(
        [*command.split(), "--dry-run", "--no-print-directory", "--assume-old", ".venv/installed"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return plan.stdout.replace("COUNTERFOIL_HOME=.counterfoil/demo .venv/bin/", "")


def _answer(home: Home, query: str) -> str:
    file = publish.current(home)
    if file is None:
        raise UsageError("a document asks a query before anything is published")
    with contextlib.closing(duckdb.connect(str(file), read_only=True)) as connection:
        connection.execute(f"set file_search_path = {publish.quoted(home.path)}")
        cursor = connection.execute(query)
        header = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchall()
    numbers = [
        i for i in range(len(header)) if any(isinstance(row[i], int | Decimal) for row in rows)
    ]
    return table(header, rows, numbers)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case Decimal():
            return f"{value:,.4f}".removesuffix("00")
        case datetime.datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
    return str(value).replace("|", "\\|")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home.open(Path(folder) / "home", "demo")
        with settings.environment(COUNTERFOIL_KEY_FILE=str(Path(folder) / "keys")):
            for name, text in produced(home).items():
                (PROJECT / name).write_text(text)


if __name__ == "__main__":
    main()
