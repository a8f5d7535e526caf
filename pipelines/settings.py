"""Where counterfoil keeps its state, which connections it has, and the keys that guard them.

This module and dlt's own providers are the only readers of the environment:

    COUNTERFOIL_HOME            the home folder; default `.counterfoil/demo`
    COUNTERFOIL_KEY             Fernet keys, newest first, separated by commas
    COUNTERFOIL_KEY_FILE        the file that holds them otherwise, one a line;
                                default `~/.config/counterfoil/keys`, mode 0600
    COUNTERFOIL_AS_OF           the day that ages are counted to, e.g. 2026-10-31; default today
    COUNTERFOIL_OPERATIONS_URL  the operations store elsewhere, e.g. `postgresql+psycopg://...`

`connections.toml` holds no secret:

    as_of_date = "2026-10-31"   # demo only: the day on which its world ends

    [connections.quickbooks_main]
    platform = "quickbooks_online"
    companies = ["9341450000000001", "9341450000000002"]
    base_url = "http://127.0.0.1:8700/quickbooks_online/v3/company/"   # only to leave the default
    options = {}

    [[entity_map]]              # company_code "*": the code itself is the entity
    connection_id = "quickbooks_main"
    company_code = "9341450000000001"
    entity = "maple_homes"

    [[bank_account_map]]        # source_account "*": the code itself is the account
    connection_id = "quickbooks_main"
    source_account = "35"
    account_id = "operating"
    entity = "maple_homes"
    currency_code = "USD"
    account_name = "Operating account"
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import hmac
import json
import os
import secrets
import stat
import tomllib
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import tomlkit
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from pipelines.errors import ConfigurationError

Kind = Literal["demo", "live"]

KINDS = ("demo", "live")
PROJECT = Path(__file__).resolve().parent.parent  # where dbt_project.yml is
DEFAULT_HOME = Path(".counterfoil/demo")
FILE_PLATFORMS = ("bank_files", "exchange")
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ENTITY_MAP = ("connection_id", "company_code", "entity")
BANK_ACCOUNT_MAP = (
    "connection_id",
    "source_account",
    "account_id",
    "entity",
    "currency_code",
    "account_name",
)


@dataclass(frozen=True, kw_only=True)
class Connection:
    """A set of credentials on one platform. It may hold several companies."""

    connection_id: str
    platform: str
    companies: tuple[str, ...] = ("default",)
    base_url: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Home:
    """One folder with everything counterfoil knows; `demo` or `live` for ever."""

    path: Path
    kind: Kind
    home_id: str
    created_at: str

    @classmethod
    def open(cls, path: Path | str, kind: Kind | None = None) -> Home:
        """Open the home at `path`; with a `kind`, create it when there is none.

        Raises:
            ConfigurationError: there is no home and no kind was given, or the home is of the
                other kind.
        """
        path = Path(path).resolve()
        if kind is not None and not (path / "home.json").exists():
            _create(path, kind)
        try:
            facts = json.loads((path / "home.json").read_text())
        except FileNotFoundError:
            raise ConfigurationError(
                f"no home at {path}: run `counterfoil demo` for a demo, or set COUNTERFOIL_HOME "
                f"to a folder of your own and run `counterfoil connections add`"
            ) from None
        if facts.get("kind") not in KINDS:
            raise ConfigurationError(
                f"{path / 'home.json'}: kind is {facts.get('kind')!r}; known: {', '.join(KINDS)}"
            )
        if kind is not None and facts["kind"] != kind:
            raise ConfigurationError(
                f"{path} is a {facts['kind']} home for ever and cannot serve as {kind}: "
                f"set COUNTERFOIL_HOME to another folder"
            )
        return cls(path=path, **{name: facts[name] for name in ("kind", "home_id", "created_at")})

    @property
    def connections_file(self) -> Path:
        return self.path / "connections.toml"

    @property
    def secrets_file(self) -> Path:
        return self.path / "secrets.toml"

    @property
    def warehouse(self) -> Path:
        """The work file. One writer; readers open a published file instead."""
        return self.path / "warehouse.duckdb"

    @property
    def marts(self) -> Path:
        """What the last build has made for people to see: a publish copies it as it is."""
        return self.path / "warehouse.marts.duckdb"

    @property
    def dlt(self) -> Path:
        return self.path / "dlt"

    @property
    def dbt(self) -> Path:
        """dbt's target folder and log."""
        return self.path / "dbt"

    @property
    def published(self) -> Path:
        return self.path / "published"

    @property
    def history(self) -> Path:
        return self.path / "history"

    @property
    def originals(self) -> Path:
        """Every file ever read, each named by its SHA-256."""
        return self.path / "files" / "originals"

    @property
    def rules(self) -> Path:
        """Rules of the home's own; see pipelines/rules.py."""
        return self.path / "rules"

    @property
    def sandbox(self) -> Path:
        return self.path / "sandbox"

    @property
    def operations_url(self) -> str:
        return os.environ.get("COUNTERFOIL_OPERATIONS_URL") or (
            f"sqlite:///{self.path / 'operations.sqlite'}"
        )


def home(kind: Kind | None = None) -> Home:
    """The home the environment names; with a `kind`, created when there is none."""
    return Home.open(os.environ.get("COUNTERFOIL_HOME") or DEFAULT_HOME, kind)


def _create(path: Path, kind: Kind) -> None:
    private_folder(path).chmod(0o700)  # it may have been there, for all to read
    for name in ("dlt", "dbt", "published", "history", "files/originals", "sandbox"):
        private_folder(path / name)
    facts = {
        "kind": kind,
        "home_id": uuid.uuid4().hex,
        "created_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    write_atomically(path / "home.json", json.dumps(facts, indent=2) + "\n")


def private_folder(path: Path) -> Path:
    """Make the folder and its missing parents, readable by the owner alone."""
    for folder in (*reversed(path.parents), path):
        with contextlib.suppress(FileExistsError):
            folder.mkdir(mode=0o700)
    return path


def write_atomically(path: Path, text: str) -> None:
    """Replace a small file, 0600, so that a reader or a crash sees the old or the new one whole."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make renames inside a folder survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# connections


def load_connections(home: Home) -> tuple[Connection, ...]:
    """The connections of a home, ordered by id, each allowed in a home of this kind."""
    declared = connections_document(home).get("connections", {})
    connections = tuple(_connection(home, id_, declared[id_]) for id_ in sorted(declared))
    for connection in connections:
        _refuse_the_wrong_host(home, connection)
    return connections


def load_entity_map(home: Home) -> tuple[dict[str, str], ...]:
    """Which legal entity the books of a company belong to; columns as in ENTITY_MAP."""
    return _map_rows(home, "entity_map", ENTITY_MAP)


def load_bank_account_map(home: Home) -> tuple[dict[str, str], ...]:
    """Which source accounts are one bank account; columns as in BANK_ACCOUNT_MAP."""
    return _map_rows(home, "bank_account_map", BANK_ACCOUNT_MAP)


def connections_document(home: Home) -> dict[str, Any]:
    """The whole of connections.toml; empty when there is none yet."""
    if not home.connections_file.exists():
        return {}
    try:
        return tomllib.loads(home.connections_file.read_text())
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{home.connections_file}: not TOML: {error}") from None


def save_connections(home: Home, document: Mapping[str, Any]) -> None:
    """Replace connections.toml, if what it would say then can be read."""
    before = home.connections_file.read_text() if home.connections_file.exists() else ""
    write_atomically(home.connections_file, tomlkit.dumps(document))
    try:
        load_entity_map(home)
        load_bank_account_map(home)
    except ConfigurationError:
        write_atomically(home.connections_file, before)
        raise


def _connection(home: Home, connection_id: str, declared: Mapping[str, Any]) -> Connection:
    unknown = sorted(set(declared) - {"platform", "companies", "base_url", "options"})
    if unknown or not declared.get("platform"):
        problem = f"unknown setting {unknown[0]!r}" if unknown else "no platform"
        raise ConfigurationError(
            f"{home.connections_file}: connection {connection_id!r}: {problem}; "
            f"known: platform, companies, base_url, options"
        )
    return Connection(
        connection_id=connection_id,
        platform=declared["platform"],
        companies=tuple(str(code) for code in declared.get("companies", ("default",))),
        base_url=declared.get("base_url"),
        options=declared.get("options", {}),
    )


def _refuse_the_wrong_host(home: Home, connection: Connection) -> None:
    if connection.platform in FILE_PLATFORMS:
        return
    host = urlsplit(connection.base_url or "").hostname
    if home.kind == "demo" and host not in LOOPBACK:
        raise ConfigurationError(
            f"{home.connections_file}: connection {connection.connection_id!r} points at "
            f"{host or 'the real platform'}, and a demo home reads the sandbox only: "
            f"use a live home for it"
        )
    if home.kind == "live" and host in LOOPBACK:
        raise ConfigurationError(
            f"{home.connections_file}: connection {connection.connection_id!r} points at the "
            f"sandbox ({host}), and a live home reads real platforms only: use a demo home for it"
        )


def _map_rows(home: Home, name: str, columns: tuple[str, ...]) -> tuple[dict[str, str], ...]:
    rows = connections_document(home).get(name, [])
    known = {connection.connection_id for connection in load_connections(home)}
    for number, row in enumerate(rows, start=1):
        where = f"{home.connections_file}: {name} entry {number}"
        if set(row) != set(columns):
            raise ConfigurationError(
                f"{where}: has {', '.join(sorted(row))}; needs {', '.join(columns)}"
            )
        if row["connection_id"] not in known:
            raise ConfigurationError(
                f"{where}: no connection {row['connection_id']!r}; "
                f"known: {', '.join(sorted(known)) or 'none'}"
            )
    ordered = ({column: str(row[column]) for column in columns} for row in rows)
    return tuple(sorted(ordered, key=lambda row: tuple(row.values())))


# keys


def cipher(home: Home) -> MultiFernet:
    """What encrypts and decrypts this home's secrets: the newest key writes, all of them read."""
    keys = _keys(home)
    cipher = MultiFernet([Fernet(key) for key in keys])
    sealed = home.path / "sealed.key"
    if not sealed.exists():
        draft = home.path / f".sealed.{uuid.uuid4().hex}"
        write_atomically(draft, cipher.encrypt(secrets.token_bytes(32)).decode())
        with contextlib.suppress(FileExistsError):
            os.link(draft, sealed)
        draft.unlink()
        sync_folder(home.path)
    try:
        cipher.decrypt(sealed.read_bytes())
    except InvalidToken:
        raise ConfigurationError(
            f"none of the {len(keys)} keys opens {home.path}: put the key it was made with "
            f"into COUNTERFOIL_KEY or {_key_file()}"
        ) from None
    return cipher


def home_key(home: Home) -> bytes:
    """A secret of this home that outlives the rotation of keys; for keyed hashes."""
    return cipher(home).decrypt((home.path / "sealed.key").read_bytes())


def reseal(home: Home) -> None:
    """Encrypt the home's own secret with the newest key, so that older ones can be retired."""
    sealed = home.path / "sealed.key"
    write_atomically(sealed, cipher(home).rotate(sealed.read_bytes()).decode())


def account_number_hash(home: Home, account_number: str) -> str:
    """The name a bank account goes by here: HMAC-SHA256 of its number, in hex."""
    return hmac.new(home_key(home), account_number.encode(), hashlib.sha256).hexdigest()


def _key_file() -> Path:
    return Path(os.environ.get("COUNTERFOIL_KEY_FILE") or "~/.config/counterfoil/keys").expanduser()


def _keys(home: Home) -> tuple[bytes, ...]:
    """Fernet keys, newest first. A home that has encrypted nothing yet gets a new key file."""
    given = os.environ.get("COUNTERFOIL_KEY")
    file = _key_file()
    if given:
        where, lines = "COUNTERFOIL_KEY", given.split(",")
    else:
        if file.resolve().is_relative_to(home.path):
            raise ConfigurationError(
                f"{file} lies inside the home it guards: move it elsewhere and name it in "
                f"COUNTERFOIL_KEY_FILE"
            )
        if not file.exists() and not (home.path / "sealed.key").exists():
            private_folder(file.parent)
            with contextlib.suppress(FileExistsError):
                new = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(new, "wb") as opened:
                    opened.write(Fernet.generate_key() + b"\n")
        if not file.exists():
            raise ConfigurationError(
                f"no key for {home.path}: set COUNTERFOIL_KEY or put its key into {file}"
            )
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise ConfigurationError(f"{file} can be read by others: run `chmod 600 {file}`")
        where, lines = str(file), file.read_text().splitlines()
    keys = tuple(line.strip().encode() for line in lines if line.strip())
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise ConfigurationError(f"{where}: a key is not 32 bytes in URL-safe base64") from None
    if not keys:
        raise ConfigurationError(f"{where} holds no key")
    return keys


def as_of_date(home: Home) -> datetime.date:
    """The day that ages are counted to: as told, else where the demo's world ends, else today."""
    told = os.environ.get("COUNTERFOIL_AS_OF") or connections_document(home).get("as_of_date")
    if not told:
        return datetime.datetime.now(datetime.UTC).date()
    try:
        return datetime.date.fromisoformat(str(told))
    except ValueError:
        raise ConfigurationError(f"the day {told!r} is none: give it as YYYY-MM-DD") from None


# the environment of what we start


@contextlib.contextmanager
def environment(**values: str) -> Iterator[None]:
    """Set variables for code that can only be told through the environment, and put them back."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
