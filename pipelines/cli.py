"""The command line. Every command works on the home that COUNTERFOIL_HOME names."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines import history, publish, rules, settings
from pipelines.errors import ChainBroken, ConfigurationError, CounterfoilError, UsageError
from pipelines.operations import chain
from pipelines.operations.store import Store
from pipelines.settings import Home
from pipelines.status import status

if TYPE_CHECKING:
    from pipelines.build import Progress
    from pipelines.run import RunReport

app = typer.Typer(
    help="Which invoice was paid by which payment, and which payment is which bank line.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
connections = typer.Typer(help="The platforms and folders this home reads.", no_args_is_help=True)
app.add_typer(connections, name="connections")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
Only = Annotated[
    list[str] | None, typer.Option("--connection", help="Read only this one; may be repeated.")
]
Profile = Annotated[bool, typer.Option(help="Say what each model took and how many rows it has.")]
Port = Annotated[int, typer.Option(help="The port on 127.0.0.1.")]


def main() -> None:
    """Run a command; an error of ours is one line and an exit code."""
    os.umask(0o077)  # whatever we or our libraries write is for the owner alone
    try:
        app()
    except CounterfoilError as error:
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        sys.exit(error.exit_code)


@app.command("demo")
def demo_command(
    dashboard: Annotated[bool, typer.Option(help="Show the result in a browser.")] = True,
) -> None:
    """Simulate a care provider, load its platforms and banks, match, publish, and show it."""
    from pipelines import demo

    home = settings.home("demo")
    with progress() as tell:
        tell("simulate a world")
        demo.prepare(home)
    _run(home)
    _show(status(home))
    if dashboard:
        _dashboard(home, 8501)


@app.command("run")
def run_command(
    trigger: Annotated[str, typer.Option(help="What caused it.")] = "person",
    connection: Only = None,
    profile: Profile = False,
) -> None:
    """Load, build, publish and write history."""
    _run(settings.home(), None, connection, profile, trigger)


@app.command()
def load(connection: Only = None) -> None:
    """Read what changed on the platforms and in the folders."""
    _run(settings.home(), ["load"], connection)


@app.command()
def build(profile: Profile = False) -> None:
    """Build the models and test them."""
    _run(settings.home(), ["build"], profile=profile)


@app.command("publish")
def publish_command() -> None:
    """Publish the last finished build and write its history."""
    _run(settings.home(), ["publish"])


@app.command("evaluate")
def evaluate_command(
    folder: Annotated[
        Path | None, typer.Argument(help="An exchange folder, with or without truth.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the scores here.")] = None,
    warehouse: Annotated[Path | None, typer.Option(help="Keep the published file here.")] = None,
    rules_folder: Annotated[
        Path | None,
        typer.Option("--rules", help="Say what these rules would change, here or in the folder."),
    ] = None,
    examples: Annotated[int, typer.Option(help="How many links to show of each change.")] = 5,
    profile: Profile = False,
) -> None:
    """Match a folder in a home of its own; score it if the folder knows the true links.

    With --rules, say which links changed rules would make, break or demote, without a folder on
    the data of this home. Nothing of the home is changed.
    """
    if rules_folder:
        if warehouse or profile:
            raise UsageError("--rules builds twice: --warehouse and --profile do not go with it")
        _try_rules(rules_folder, folder, json_file, examples)
        return
    if folder is None:
        raise UsageError("evaluate wants an exchange folder, or --rules to try on this home")
    from pipelines import evaluate

    with progress() as tell:
        result = evaluate.evaluate(folder, warehouse=warehouse, profile=profile, on_progress=tell)
    if json_file:
        json_file.write_text(json.dumps(result, indent=2) + "\n")
    for line in evaluate.as_text(result):
        typer.echo(line)


@app.command("calibrate")
def calibrate_command(
    folders: Annotated[
        list[Path] | None,
        typer.Argument(help="Exchange folders instead of the home; taken together."),
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the result here.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the new seeds into this folder.")] = None,
    tolerated_error: Annotated[
        float, typer.Option(help="Share of wrong links that automatic ones may have.")
    ] = 0.001,
) -> None:
    """Weigh the evidence anew from what is proved; say how often such weights are right."""
    from pipelines import calibrate, weighing

    home = None if folders else settings.home()
    with progress() as tell:
        result = calibrate.calibrate(
            home, folders or (), tolerated_error=tolerated_error, out=out, on_progress=tell
        )
    if json_file:
        json_file.write_text(json.dumps(weighing.as_json(result), indent=2) + "\n")
    for line in calibrate.as_text(result):
        typer.echo(line)


@app.command("status")
def status_command(as_json: Json = False) -> None:
    """Say what is published now: matched, suggested and left over, in money."""
    said = status(settings.home())
    if as_json:
        typer.echo(json.dumps(said, indent=2))
    else:
        _show(said)


@app.command()
def verify() -> None:
    """Recompute the hash chains of decisions, approvals, runs and history."""
    home = settings.home()
    kept = (publish.pointer(home) or {}).get("heads", {})
    also = {"history": history.hashes(home)}
    with Store.open(home) as store:
        problems = chain.verify(store, kept, also) + history.verify(home)
        heads = chain.heads(store) | history.head(home)
    for name, head in heads.items():
        typer.echo(f"{name}: {head['sequence']} records, head {head['hash']}")
    if problems:
        raise ChainBroken(
            f"{len(problems)} records are not as they were written: {'; '.join(problems[:10])}: "
            f"compare with a backup"
        )
    typer.echo("every record is as it was written")


@app.command()
def doctor() -> None:
    """Check the home, its keys, connections, store and files, and say what to do."""
    home = settings.home()
    troubles = 0
    for name, found in _checks(home):
        troubles += isinstance(found, CounterfoilError)
        typer.echo(
            f"{'trouble' if isinstance(found, CounterfoilError) else 'ok':8} {name}: {found}"
        )
    if troubles:
        raise ConfigurationError(f"{troubles} of the checks found trouble, see above")


@app.command()
def sandbox(port: Port = 8700) -> None:
    """Serve the demo's simulated platforms until interrupted."""
    from pipelines import demo

    home = settings.home("demo")
    demo.prepare(home)
    typer.echo(f"sandbox on http://127.0.0.1:{port}, Ctrl-C ends it")
    demo.serve(home, port)


@app.command()
def dashboard(port: Port = 8501) -> None:
    """Show the published result in a browser."""
    _dashboard(settings.home(), port)


@connections.command("list")
def list_connections(as_json: Json = False) -> None:
    """List what this home reads."""
    found = settings.load_connections(settings.home())
    rows = [
        {
            "connection_id": each.connection_id,
            "platform": each.platform,
            "companies": list(each.companies),
            "source": each.base_url or each.options.get("folder") or "the platform",
        }
        for each in found
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    for row in () if as_json else rows:
        typer.echo(f"{row['connection_id']}  {row['platform']}  {row['source']}")


@connections.command("add")
def add_connection(
    connection_id: Annotated[str, typer.Argument(help="How it is called here.")],
    platform: Annotated[str, typer.Option(help="Which platform, `bank_files` or `exchange`.")],
    company: Annotated[
        list[str] | None, typer.Option(help="CODE=ENTITY: a company and whose books it is.")
    ] = None,
    folder: Annotated[Path | None, typer.Option(help="For files: where they are.")] = None,
    base_url: Annotated[str | None, typer.Option(help="To leave the platform's own.")] = None,
) -> None:
    """Add a connection. A folder without a home becomes a live home."""
    from pipelines import connectors

    known = (*connectors.names(), *settings.FILE_PLATFORMS)
    if platform not in known:
        raise UsageError(f"no platform {platform!r}; known: {', '.join(known)}")
    home = settings.home() if _has_home() else settings.home("live")
    document = settings.connections_document(home)
    declared = document.setdefault("connections", {})
    if connection_id in declared:
        raise UsageError(f"connection {connection_id!r} exists: edit {home.connections_file}")
    pairs = [pair.partition("=") for pair in company or ()]
    if any(not entity for _, _, entity in pairs):
        raise UsageError("--company wants CODE=ENTITY, e.g. --company 9341450000000001=maple_homes")
    added: dict[str, Any] = {"platform": platform}
    if pairs:
        added["companies"] = [code for code, _, _ in pairs if code != "*"] or ["default"]
    if base_url:
        added["base_url"] = base_url
    if folder:
        added["options"] = {"folder": str(folder.resolve())}
    declared[connection_id] = added
    document.setdefault("entity_map", []).extend(
        {"connection_id": connection_id, "company_code": code, "entity": entity}
        for code, _, entity in pairs
    )
    settings.save_connections(home, document)
    typer.echo(f"added {connection_id} to {home.connections_file}")


@connections.command("authorize")
def authorize(
    connection_id: str,
    paste: Annotated[bool, typer.Option(help="Paste the address the browser ends at.")] = False,
) -> None:
    """Get a person's consent and keep the tokens, encrypted."""
    from pipelines import load as loading

    company = loading.authorize(
        settings.home(),
        connection_id,
        show=lambda url: typer.echo(f"open this address and consent:\n{url}"),
        ask=(lambda: str(typer.prompt("the address the browser ended at"))) if paste else None,
    )
    typer.echo(f"{connection_id} is authorized{f' for company {company}' if company else ''}")


@connections.command("test")
def test_connection(connection_id: str) -> None:
    """Ask a platform for something cheap."""
    from pipelines import demo
    from pipelines import load as loading

    home = settings.home()
    with demo.served(home):
        loading.test_connection(home, connection_id)
    typer.echo(f"{connection_id} answers")


@connections.command("reseal")
def reseal() -> None:
    """Encrypt every secret with the newest key, so that older keys can be retired."""
    from pipelines.operations.tokens import TokenStore

    typer.echo(f"{TokenStore(settings.home()).reseal()} tokens encrypted with the newest key")


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """What tells of progress: one changing line on a terminal, plain lines elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda line: typer.echo(line, err=True)
        return
    with console.status("") as shown:
        yield lambda line: shown.update(Text(line))


def _run(
    home: Home,
    steps: list[str] | None = None,
    connection_ids: list[str] | None = None,
    profile: bool = False,
    trigger: str = "person",
) -> None:
    from pipelines import demo
    from pipelines.run import STEPS, run

    with contextlib.ExitStack() as stack:
        if home.kind == "demo" and (steps is None or "load" in steps):
            stack.enter_context(demo.served(home))
        tell = stack.enter_context(progress())
        report = run(
            home, trigger, steps=steps or STEPS, connection_ids=connection_ids, on_progress=tell
        )
    _summary(report, profile)
    if report.loaded and report.loaded.errors:
        for error in report.loaded.errors:
            typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1)


def _try_rules(
    rules_folder: Path, folder: Path | None, json_file: Path | None, examples: int
) -> None:
    from pipelines import trial

    home = settings.home() if folder is None else None
    with progress() as tell:
        result = trial.trial(rules_folder, folder=folder, home=home, on_progress=tell)
    if json_file:
        json_file.write_text(json.dumps(result, indent=2) + "\n")
    for line in trial.as_text(result, examples):
        typer.echo(line)


def _summary(report: RunReport, profile: bool) -> None:
    for each in report.loaded.connections if report.loaded else ():
        rows = sum(table.rows for table in each.tables.values())
        new = sum(table.new_versions for table in each.tables.values())
        typer.echo(f"{each.connection_id}: {rows} rows read, {new} new versions")
    for finding in report.built.findings if report.built else ():
        typer.echo(f"finding: {finding.name}: {finding.message}")
    if profile and report.built:
        for node in sorted(report.built.nodes, key=lambda node: -node.seconds):
            rows_text = "" if node.rows is None else f"{node.rows} rows"
            typer.echo(f"{node.seconds:8.2f} s  {rows_text:>14}  {node.name}")
    if report.published:
        typer.echo(f"published {report.published}")
    spent = ", ".join(f"{step} {seconds:.1f} s" for step, seconds in report.seconds.items())
    typer.echo(f"run {report.run_id}: {spent}")
    head = report.heads.get("run_events")
    if head:
        typer.echo(f"head of run_events: {head['sequence']} {head['hash']}")


def _show(said: dict[str, Any]) -> None:
    """The state of a home as tables."""
    typer.echo(f"{said['kind']} home {said['home']}")
    if not said["published"]:
        typer.echo("nothing published yet: run `counterfoil run`")
        return
    typer.echo(f"published {said['published']['file']} at {said['published']['published_at']}")
    console = Console()
    console.width = max(console.width, 100)  # a figure is never folded or cut
    for title, rows in (("Matched", said["matched"]), ("Left over", said["unmatched"])):
        table = Table(title=title, box=box.SIMPLE, padding=(0, 1, 0, 0))
        for name, value in rows[0].items() if rows else ():
            is_text = isinstance(value, str) and not name.endswith("_amount")
            heading = "money" if name.endswith("_amount") else name.removesuffix("_code")
            table.add_column(heading, justify="left" if is_text else "right", no_wrap=True)
        for row in rows:
            table.add_row(*(_shown(name, value) for name, value in row.items()))
        console.print(table)


def _shown(name: str, value: Any) -> str:
    """A number with its thousands apart; an amount to the cent, and further where there is more."""
    if not name.endswith("_amount"):
        return f"{value:,}" if isinstance(value, int) else str(value)
    amount = f"{Decimal(value):,.4f}"
    return amount.removesuffix("00")


def _dashboard(home: Home, port: int) -> None:
    typer.echo(f"dashboard on http://127.0.0.1:{port}, Ctrl-C ends it")
    arguments = [
        *(sys.executable, "-m", "streamlit", "run", str(settings.PROJECT / "dashboard/app.py")),
        *("--server.address", "127.0.0.1", "--server.port", str(port)),
        *("--server.headless", "true", "--browser.gatherUsageStats", "false"),
    ]
    with (
        settings.environment(COUNTERFOIL_HOME=str(home.path)),
        contextlib.suppress(KeyboardInterrupt),
    ):
        subprocess.run(arguments, check=False)


def _has_home() -> bool:
    with contextlib.suppress(ConfigurationError):
        return bool(settings.home())
    return False


def _checks(home: Home) -> Iterator[tuple[str, str | CounterfoilError]]:
    """Each check by name, with what it found or the error that says what to do."""
    from pipelines.operations.lock import lock

    def keys() -> str:
        settings.home_key(home)
        return "a key opens this home"

    def known() -> str:
        found = settings.load_connections(home)
        settings.load_entity_map(home)
        settings.load_bank_account_map(home)
        return f"{len(found)} connections"

    def own_rules() -> str:
        return f"{len(rules.of_home(home))} of this home's own"

    def store() -> str:
        with Store.open(home) as opened, lock(opened):
            return f"writable, {len(chain.heads(opened))} chains"

    def published() -> str:
        file = publish.current(home)
        if file is None:
            return "nothing published yet"
        if not file.exists():
            raise ConfigurationError(f"{file} is gone: run `counterfoil publish`")
        return file.name

    def space() -> str:
        free = os.statvfs(home.path).f_bavail * os.statvfs(home.path).f_frsize
        size = home.warehouse.stat().st_size if home.warehouse.exists() else 0
        if free < 4 * size + (1 << 28):
            raise ConfigurationError(f"{free >> 20} MB free: a publish may not fit, make room")
        return f"{free >> 20} MB free"

    checks = {
        "home": lambda: f"{home.kind}, {home.path}",
        "keys": keys,
        "connections": known,
        "rules": own_rules,
        "operations store": store,
        "published": published,
        "disk": space,
    }
    for name, check in checks.items():
        try:
            yield name, check()
        except CounterfoilError as error:
            yield name, error


if __name__ == "__main__":
    main()
