"""From a folder to links, side by side: counterfoil, and what else could link the same folder.

    python -m bench.matching [--sizes 10000 100000] [--peers notebook_sql] [--out DIR] [--write]

For every size a folder of the simulated provider is written; every contender links it in a fresh
process, one after another, without seeing the truth but for one that is said to; and the links of
all are scored by `pipelines.evaluate.score`. With `--write`, docs/benchmarks.md and its pictures
are made of the results, which stay in DIR/results.json; `--results` makes them of such a file.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import psutil

from bench import benchmarks_page
from pipelines.evaluate import score
from tests import chromium

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
BENCH_PYTHON = ROOT / ".venv-bench" / "bin" / "python"
SEED = 7
AS_OF = "2026-11-20"
SIZES = (10_000, 100_000, 1_000_000)
MOST_DENSE = 100_000
# Seconds between two looks at the memory: often at first, for what is short. What wait4 tells of
# memory is no use, it includes that of the parent before the child became itself.
OFTEN, SELDOM, AT_FIRST = 0.02, 0.2, 5
OURS = "counterfoil"
CUT_OFFS = (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999)
PEER_PACKAGES = ("duckdb", "pandas", "rapidfuzz", "splink")
# Where a step of dbt belongs, by the folder of its model.
LAYERS = {
    "staging": "staging and canonical",
    "intermediate/canonical": "staging and canonical",
    "intermediate/evidence": "evidence",
    "intermediate/matching": "matching",
    "marts": "marts and reports",
    "reports": "marts and reports",
}


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A script of bench/peers. Who sees the truth is scored at `CUT_OFFS`, too.

    Args:
        sees_truth: The truth is its third argument.
    """

    title: str
    sees_truth: bool = False


PEERS = {
    "notebook_sql": Peer(title="notebook SQL"),
    "pandas_rapidfuzz": Peer(title="pandas + rapidfuzz"),
    "splink_linker": Peer(title="Splink 5", sees_truth=True),
}


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One process and its children: seconds, and the peak of resident memory of all together."""

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float
    output: str


class CommandFailed(Exception):
    """A contender's own failure, with the end of what it complained about."""


def measure(command: list[str], most_minutes: float) -> Measured | None:
    """Run a command; nothing if it was ended because it took too long.

    Raises:
        CommandFailed: it did, or was killed for want of memory.
    """
    environment = os.environ | {"COUNTERFOIL_AS_OF": AS_OF, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as complaints:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=complaints
        )
        tree = psutil.Process(process.pid)
        peak, ended, status = 0, 0, 0
        while not ended:
            time.sleep(OFTEN if time.monotonic() - began < AT_FIRST else SELDOM)
            peak = max(peak, resident(tree))
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
            if not ended and time.monotonic() - began > 60 * most_minutes:
                for each in [*tree.children(recursive=True), tree]:
                    with contextlib.suppress(psutil.NoSuchProcess):
                        each.kill()
                process.wait()
                return None
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        complaints.seek(0)
        if process.returncode:
            raise CommandFailed(f"exit code {process.returncode}: {complaints.read()[-3000:]}")
        output.seek(0)
        return Measured(
            wall_seconds=round(wall, 2),
            cpu_seconds=round(used.ru_utime + used.ru_stime, 2),
            peak_mb=round(peak / 1024**2),
            output=output.read(),
        )


def resident(tree: psutil.Process) -> int:
    """Bytes of resident memory of a process and all below it; shared pages count twice."""
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):  # one that ends while we look
        for each in [tree, *tree.children(recursive=True)]:
            total += each.memory_info().rss
    return total


def write_world(folder: Path, size: int, *options: str) -> None:
    """Write a world in a process of its own, whose memory goes with it."""
    arguments = ("--seed", str(SEED), "--invoices", str(size), "--out", str(folder), *options)
    subprocess.run(
        [sys.executable, "-m", "pipelines.sandbox.exchange", *arguments],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def without_truth(world: Path, folder: Path) -> Path:
    """The world's folder as a contender may see it."""
    folder.mkdir()
    for file in world.glob("*.csv"):
        if file.stem != "truth":
            (folder / file.name).symlink_to(file)
    return folder


def as_marts(links: Path, file: Path, cut_off: float | None = None) -> Path:
    """A peer's links as the marts that are scored, in a new DuckDB file.

    Args:
        links: Parquet, see `bench.peers.folder`.
        cut_off: From which probability a pair is a link; without, as its status says.
    """
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema marts")
        connection.execute(
            """
            create table marts.match_allocations as
            select
                row_number() over (order by left_source_id, right_source_id) as match_key,
                left_type, left_source_id, right_type, right_source_id,
                cast(amount as decimal(18, 4)) as amount,
                case
                    when coalesce(probability >= $cut_off, status = 'auto') then 'auto'
                    else 'suggested'
                end as status,
                row_number() over (
                    order by probability desc nulls last, left_source_id, right_source_id
                ) as proposal_rank
            from read_parquet($links)
            """,
            {"links": str(links), "cut_off": cut_off},
        )
        connection.execute("create table marts.unmatched_items (item_type text, source_id text)")
    return file


def run_ours(world: Path, scratch: Path, most_minutes: float) -> dict[str, Any] | None:
    """Load, build with the gate tests, publish; figures, steps and scores."""
    seen = without_truth(world, scratch / "seen")
    told, published = scratch / "told.json", scratch / "published.duckdb"
    command = [sys.executable, "-m", "pipelines.cli", "evaluate", str(seen), "--profile"]
    command += ["--json", str(told), "--warehouse", str(published)]
    measured = measure(command, most_minutes)
    if measured is None:
        return None
    evaluation = json.loads(told.read_text())
    return figures(measured, score(published, world)) | {
        "steps": steps(evaluation, items(world)),
        "nodes": [
            {key: node[key] for key in ("name", "seconds", "rows")}
            for node in evaluation["nodes"]
            if node["resource_type"] == "model"
        ],
    }


def run_peer(name: str, world: Path, scratch: Path, most_minutes: float) -> dict[str, Any] | None:
    """Link with a script of bench/peers; figures, its own steps and scores."""
    seen = without_truth(world, scratch / "seen")
    links = scratch / "links.parquet"
    command = [str(BENCH_PYTHON), "-m", f"bench.peers.{name}", str(seen), str(links)]
    if PEERS[name].sees_truth:
        command.append(str(world / "truth.csv"))
    measured = measure(command, most_minutes)
    if measured is None:
        return None
    told = json.loads(measured.output.splitlines()[-1])
    scores = score(as_marts(links, scratch / "links.duckdb"), world)
    result = figures(measured, scores) | {"own_seconds": told["seconds"]}
    if PEERS[name].sees_truth:
        result["at_cut_offs"] = {
            str(cut_off): score(as_marts(links, scratch / "links.duckdb", cut_off), world)["all"]
            for cut_off in CUT_OFFS
        }
    return result


def figures(measured: Measured, scores: dict[str, Any]) -> dict[str, Any]:
    """What every contender is told by."""
    return {
        "wall_seconds": measured.wall_seconds,
        "cpu_seconds": measured.cpu_seconds,
        "peak_mb": measured.peak_mb,
        "legs": {"all": scores["all"], **scores["legs"]},
    }


def items(world: Path) -> dict[str, int]:
    """Rows of each file of a world."""
    names = ("invoices", "payments", "bank_lines", "remittance_lines", "truth")
    return {name: len((world / f"{name}.csv").read_bytes().splitlines()) - 1 for name in names}


def steps(evaluation: dict[str, Any], rows: dict[str, int]) -> dict[str, dict[str, float]]:
    """Seconds and rows of each group of steps. Two nodes of dbt run at a time and are added up."""
    layers = {
        file.stem: title
        for layer, title in LAYERS.items()
        for file in (ROOT / "models" / layer).rglob("*")
        if file.suffix in {".sql", ".py"}
    }
    seconds: Counter[str] = Counter()
    made: Counter[str] = Counter()
    for node in evaluation["nodes"]:
        if node["resource_type"] == "model":
            seconds[layers[node["name"]]] += node["seconds"]
            made[layers[node["name"]]] += node["rows"] or 0
        elif node["resource_type"] == "test":
            seconds["gate tests"] += node["seconds"]
    spent = evaluation["seconds"]
    loaded = sum(count for name, count in rows.items() if name != "truth")
    order = ("staging and canonical", "evidence", "matching", "marts and reports", "gate tests")
    return {
        "load": {"seconds": spent["load"], "rows": loaded},
        **{name: {"seconds": round(seconds[name], 2), "rows": made[name]} for name in order},
        "build, by the clock": {"seconds": spent["build"], "rows": 0},
        "publish": {"seconds": spent["publish"], "rows": 0},
    }


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    asked = f"import importlib.metadata as m; print(*map(m.version, {PEER_PACKAGES!r}))"
    told = subprocess.run(
        [str(BENCH_PYTHON), "-c", asked], capture_output=True, text=True, check=True
    )
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1024**3),
        "system": platform.system(),
        "versions": {"Python": platform.python_version()}
        | {name: version(name) for name in ("dbt-core", "dbt-duckdb", "dlt")}
        | dict(zip(PEER_PACKAGES, told.stdout.split(), strict=True)),
    }


def run_size(size: int, peers: list[str], scratch: Path, minutes: float) -> dict[str, Any]:
    """Every contender at one size."""
    world = scratch / "world"
    write_world(world, size)
    contenders = {}
    for name in (OURS, *peers):
        contenders[name] = attempt(name, world, scratch, minutes)
        tell(size, name, contenders[name])
    return {"items": items(world), "contenders": contenders}


def run_dense(size: int, scratch: Path, minutes: float) -> dict[str, Any]:
    """Ours, on a world of which four fifths stand in one entity."""
    world = scratch / "dense"
    write_world(world, size, "--one-huge-entity")
    result = attempt(OURS, world, scratch, minutes)
    tell(size, f"{OURS}, one huge entity", result)
    return result | {"size": size, "items": items(world)}


def attempt(name: str, world: Path, scratch: Path, minutes: float) -> dict[str, Any]:
    """One contender's figures, or why it has none."""
    with tempfile.TemporaryDirectory(dir=scratch) as own:
        try:
            if name == OURS:
                result = run_ours(world, Path(own), minutes)
            else:
                result = run_peer(name, world, Path(own), minutes)
        except CommandFailed as failure:
            print(failure, file=sys.stderr)
            return {"failed": str(failure).partition(":")[0]}
    return result or {"ended_after_minutes": minutes}


def tell(size: int, name: str, result: dict[str, Any]) -> None:
    """One line for the terminal."""
    if "wall_seconds" not in result:
        print(f"{size:>9,} {name}: {result}", flush=True)
        return
    whole = result["legs"]["all"]
    shares = [
        f"{title} {benchmarks_page.percent(whole[key])}"
        for key, title in benchmarks_page.SHARES.items()
    ]
    print(
        f"{size:>9,} {name}: {result['wall_seconds']:.1f} s, {result['cpu_seconds']:.1f} s CPU, "
        f"{result['peak_mb']:,} MB; {', '.join(shares)}",
        flush=True,
    )


def write(results: Path, note: str) -> None:
    """Make docs/benchmarks.md and its pictures."""
    (DOCS / "benchmarks.md").write_text(benchmarks_page.page(json.loads(results.read_text()), note))
    browser = chromium.find()
    if browser is None:
        raise SystemExit("No Chromium found to draw the pictures with: run .ci/chromium.")
    subprocess.run(
        [str(BENCH_PYTHON), "-m", "bench.pictures", str(results), str(DOCS / "benchmarks")],
        cwd=ROOT,
        env=os.environ | {"BROWSER_PATH": browser},
        check=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--peers", nargs="*", choices=sorted(PEERS), default=list(PEERS))
    parser.add_argument("--out", type=Path, help="keep results.json here; a scratch folder else")
    parser.add_argument("--minutes", type=float, default=60, help="the most one contender may take")
    parser.add_argument("--no-dense", action="store_true", help="leave out the one huge entity")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md")
    parser.add_argument("--note", default="", help="a sentence on this run for the document")
    parser.add_argument("--results", type=Path, help="run nothing: write the document from this")
    asked = parser.parse_args()
    if asked.results:
        write(asked.results, asked.note)
        return
    with tempfile.TemporaryDirectory(prefix="counterfoil-bench-") as scratch:
        out = asked.out or Path(scratch)
        out.mkdir(parents=True, exist_ok=True)
        results: dict[str, Any] = {
            "seed": SEED,
            "machine": machine(),
            "titles": {OURS: OURS} | {name: PEERS[name].title for name in asked.peers},
            "sizes": {},
            "dense": None,
        }
        for size in sorted(asked.sizes):
            own = Path(tempfile.mkdtemp(dir=scratch))
            results["sizes"][str(size)] = run_size(size, asked.peers, own, asked.minutes)
            shutil.rmtree(own)
            (out / "results.json").write_text(json.dumps(results, indent=1))
        dense = [size for size in asked.sizes if size <= MOST_DENSE]
        if dense and not asked.no_dense:
            results["dense"] = run_dense(max(dense), Path(scratch), asked.minutes)
            (out / "results.json").write_text(json.dumps(results, indent=1))
        if asked.write:
            write(out / "results.json", asked.note)


if __name__ == "__main__":
    main()
