"""Rules of one's own: what a home sets otherwise for an entity or one of its accounts.

A home's folder `rules` may hold `match_overrides.csv`; the seed of that name, which ships empty,
holds for every home of this clone. Both are one list. A line says

    entity    whose books; `*` is every entity
    account   one bank account of that entity, for a rule that links bank lines; empty is all
    setting   `rule`, `days_before`, `days_after` or `tolerance`
    name      which rule, which window (`clearing.check`, `settlement.*`) or which tolerance
    value     `auto`, `suggested` or `off`; whole days; a share or days
    reason    why, for whoever asks later; may be empty

What is nearer wins: an account, then its entity, then `*`. A line that cannot be is refused before
anything is built, with file, line and reason; nothing is guessed. An entity or account that no map
names is refused too, unless a map says `*`: then only the data know, and `marts.exceptions` tells.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from pipelines import settings
from pipelines.errors import RulesRefused
from pipelines.settings import PROJECT, Home

FILE = "match_overrides.csv"
COLUMNS = ("entity", "account", "setting", "name", "value", "reason")
SETTINGS = ("rule", "days_before", "days_after", "tolerance")
STATUSES = ("auto", "suggested", "off")
EVERY_ENTITY = "*"
MOST_DAYS = 400

SEEDS = PROJECT / "seeds"
# Legs whose links stand on an account, and why a rule of the others is not anybody's to set.
BANK_LEGS = ("clearing", "direct", "return", "transfer")
FIXED_LEGS = {"mirror": "it says which records are one document or payment, before any matching"}

Row = dict[str, str | None]


@dataclass(frozen=True, kw_only=True)
class Known:
    """Entities and their accounts that a rule may name; null where only the data can know."""

    entities: frozenset[str] | None = None
    accounts: frozenset[tuple[str, str]] | None = None


@dataclass(frozen=True, kw_only=True)
class _Shipped:
    """What the seeds say: the status of each rule, its leg, the windows, tolerances by name."""

    rules: Mapping[str, Mapping[str, str]] = field(
        default_factory=lambda: {row["rule"]: row for row in _seed("match_rules")}
    )
    windows: Collection[str] = field(
        default_factory=lambda: {f"{row['leg']}.{row['method']}" for row in _seed("match_windows")}
    )
    tolerances: Mapping[str, Mapping[str, str]] = field(
        default_factory=lambda: {row["tolerance"]: row for row in _seed("match_tolerances")}
    )


def of_home(home: Home) -> tuple[Row, ...]:
    """The home's own rules, checked together with those of the seed.

    Raises:
        RulesRefused: a line of either cannot be; each is told.
    """
    return read(home.rules, known(home))


def read(folder: Path, known: Known) -> tuple[Row, ...]:
    """The rules of a folder, which need not be there, checked together with those of the seed.

    Returns:
        One row a line of the folder's file, in its order; columns as in COLUMNS, empty as null.
    """
    problems = [
        f"{found}: not a file of rules: known: {FILE}"
        for found in sorted(folder.iterdir() if folder.is_dir() else ())
        if found.name != FILE and not found.name.startswith(".")
    ]
    shipped = _Shipped()
    seen: dict[tuple[str | None, ...], str] = {}
    rows: list[Row] = []
    for file in (SEEDS / FILE, folder / FILE):
        rows = []
        for line, row, problem in _lines(file):
            where = f"{file}:{line}"
            problem = problem or _problem(row, shipped, known)
            key = tuple(row.get(column) for column in ("entity", "account", "setting", "name"))
            if not problem and key in seen:
                problem = f"name {row['name']!r}: said already in {seen[key]}: keep one of the two"
            if problem:
                problems.append(f"{where}: {problem}")
            else:
                seen[key] = where
                rows.append(row)
    if problems:
        raise RulesRefused("\n".join(problems))
    return tuple(rows)


def known(home: Home) -> Known:
    """What the maps of a home name."""
    entity_map = settings.load_entity_map(home)
    account_map = settings.load_bank_account_map(home)
    rows = [*entity_map, *account_map]
    is_open = any("*" in (row.get("company_code"), row.get("source_account")) for row in rows)
    return Known(
        entities=None if is_open else frozenset(row["entity"] for row in rows),
        accounts=None
        if is_open
        else frozenset((row["entity"], row["account_id"]) for row in account_map),
    )


def _seed(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _lines(file: Path) -> Iterator[tuple[int, Row, str | None]]:
    """Each line by number, as a row or with what keeps it from being one; none without a file."""
    if not file.exists():
        return
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        yield 1, {}, f"cannot be read as UTF-8 text: {error}"
        return
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    line = 1
    try:
        header = tuple(cell.strip() for cell in next(reader, []))
        if sorted(header) != sorted(COLUMNS):
            odd = [f"no column {name!r}" for name in COLUMNS if name not in header]
            odd += [f"unknown column {name!r}" for name in header if name not in COLUMNS]
            odd = odd or ["a column twice"]
            yield 1, {}, f"{', '.join(odd)}: the columns are {','.join(COLUMNS)}"
            return
        line = reader.line_num + 1
        for cells in reader:
            row: Row = {
                name: cell.strip() or None for name, cell in zip(header, cells, strict=False)
            }
            if cells and len(cells) != len(header):
                yield line, {}, f"{len(cells)} values for {len(header)} columns: quote a comma"
            elif cells:
                yield line, row, None
            line = reader.line_num + 1
    except csv.Error as error:
        yield line, {}, f"not CSV: {error}: quote values with a comma, a quote or a line break"


def _problem(row: Row, shipped: _Shipped, known: Known) -> str | None:
    """What keeps a line from being a rule: column, value, reason and remedy; null if nothing."""
    for column in ("entity", "setting", "name", "value"):
        if row[column] is None:
            return f"{column}: empty: every line needs one"
    entity, account, setting = str(row["entity"]), row["account"], str(row["setting"])
    if setting not in SETTINGS:
        return _unknown("setting", setting, SETTINGS)
    if known.entities is not None and entity not in (*known.entities, EVERY_ENTITY):
        return _unknown("entity", entity, known.entities)
    if account is not None:
        if entity == EVERY_ENTITY:
            return f"account {account!r}: belongs to one entity, and entity is `*`: name the entity"
        if setting != "rule":
            return f"account {account!r}: only a rule can be set by account: leave it empty"
        if known.accounts is not None and (entity, account) not in known.accounts:
            return _unknown(
                "account", account, {name for of, name in known.accounts if of == entity}
            )
    match setting:
        case "rule":
            return _rule_problem(row, shipped)
        case "tolerance":
            return _tolerance_problem(row, shipped)
    if row["name"] not in shipped.windows:
        return _unknown("name", str(row["name"]), shipped.windows)
    return _number_problem(str(row["value"]), "days", Decimal(0), Decimal(MOST_DAYS))


def _rule_problem(row: Row, shipped: _Shipped) -> str | None:
    name, value = str(row["name"]), str(row["value"])
    if name not in shipped.rules:
        return _unknown("name", name, shipped.rules)
    leg, status = shipped.rules[name]["leg"], shipped.rules[name]["status"]
    if status == "book":
        return f"name {name!r}: it is the books' word, not a rule: correct it in the books"
    fixed = FIXED_LEGS.get(leg)
    if fixed:
        return f"name {name!r}: cannot be set: {fixed}"
    if value not in STATUSES:
        return _unknown("value", value, STATUSES)
    if value == "auto" and status == "suggested":
        return (
            f"value 'auto': {name} only proposes, because what it rests on proves nobody: "
            f"leave it out, or write off"
        )
    if row["account"] is not None and leg not in BANK_LEGS:
        return f"account {row['account']!r}: {name} links no bank line: leave it empty"
    return None


def _tolerance_problem(row: Row, shipped: _Shipped) -> str | None:
    name = str(row["name"])
    if name not in shipped.tolerances:
        return _unknown("name", name, shipped.tolerances)
    bounds = shipped.tolerances[name]
    return _number_problem(
        str(row["value"]), bounds["unit"], Decimal(bounds["lowest"]), Decimal(bounds["highest"])
    )


def _number_problem(value: str, unit: str, lowest: Decimal, highest: Decimal) -> str | None:
    """What is wrong with whole days, or with a share or units of at most four decimals."""
    pattern, wanted = {
        "days": (r"-?\d{1,9}", "whole days, e.g. 14"),
        "share": (
            r"-?\d{1,9}(\.\d{1,4})?",
            "a share with a point and at most four decimals, e.g. 0.1",
        ),
        "minor_units": (
            r"-?\d{1,9}(\.\d{1,4})?",
            "smallest units of the currency with a point and at most four decimals, e.g. 0.5",
        ),
    }[unit]
    if not re.fullmatch(pattern, value, re.ASCII):
        return f"value {value!r}: not {wanted.partition(',')[0]}: write {wanted}"
    if not lowest <= Decimal(value) <= highest:
        return f"value {value!r}: out of range: write {lowest} to {highest}"
    return None


def _unknown(column: str, value: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(value, known, n=1)
    meant = f"did you mean {near[0]!r}? " if near else ""
    return f"{column} {value!r}: unknown: {meant}known: {', '.join(sorted(known)) or 'none'}"
