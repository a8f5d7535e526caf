"""docs/benchmarks.md, made of the results of `bench.matching`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

OURS = "counterfoil"
SHARES = {
    "auto_precision": "auto precision",
    "economic_precision": "economic",
    "wrong_money": "wrong money",
    "auto_recall": "auto recall",
    "assisted_recall": "with proposals",
}
SLOWEST = 10

HEAD = """# Benchmarks

Written by `{command}`, in one run on one machine:
compare what stands in one table, not one machine with another. {machine}

Each size is a folder of the simulated provider (seed {seed}). Every contender links it in a fresh
process of its own, one after another. Measured from outside, in the same way for all: seconds by
the clock and of CPU from start to exit, and the peak of resident memory of all its processes
together. The links of all are scored by the one scorer of `counterfoil evaluate`; what each
figure means is said in `pipelines/evaluate.py`.

- **counterfoil** loads the folder into raw tables, builds every model, runs the gate tests and
  publishes a read-only file with links, proposals, reasons, leftovers and reports.
- **notebook SQL** is [what an analyst writes](../bench/peers/notebook_sql.py): numbers, then party,
  amount and nearest date; bank lines by amount and nearest date.
- **pandas + rapidfuzz** is [a script](../bench/peers/pandas_rapidfuzz.py): same amount near in
  time, then the most alike texts, each side once.
- **Splink 5** is [two models](../bench/peers/splink_linker.py), trained without labels, taken best
  first. Where a link begins is chosen *with the truth*, at the best F1: nobody can do that in
  earnest. The line in the second picture shows other thresholds, the same for both models.

The others write a file of links and nothing else. All three are helped in the same way
([numbers read from texts, payouts summed up](../bench/peers/folder.py)); none of them looks for
deposits of several cheques or links an invoice to a bank line without a payment. The world was
written beside counterfoil's engine; [worlds that were not](evaluation.md) are measured apart.

## Side by side
"""
PICTURES = """
![Seconds by size](benchmarks/seconds.png)

![Wrong money against recall](benchmarks/wrong_money.png)
"""
STEPS = """
## Steps of counterfoil

Seconds of models and tests are added up, and two run at a time, so they are more than the build by
the clock. Growth is seconds of a size over seconds of the size before it.

"""
SLOWEST_HEAD = """
The slowest models of the largest size:

"""
DENSE = """
## One huge entity

The same number of documents with four fifths of them in one entity, against many entities: what
blocking must bear.

"""


def page(results: dict[str, Any], note: str = "") -> str:
    """The whole document.

    Args:
        note: What a reader must know of this run, such as who else used the machine.
    """
    sizes = {int(size): one for size, one in results["sizes"].items()}
    spoken = results["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in spoken["versions"].items())
    machine = (
        f"Here: {spoken['system']}, {spoken['cores']} cores, {spoken['memory_gb']} GB; {versions}."
    )
    machine = f"{machine} {note}".rstrip()
    command = f"python -m bench.matching --sizes {' '.join(map(str, sizes))} --write"
    parts = [HEAD.format(command=command, machine=machine, seed=results["seed"])]
    parts += [side_by_side(size, one, results["titles"]) for size, one in sizes.items()]
    parts += [PICTURES, target(sizes), STEPS + step_table(sizes)]
    parts += [SLOWEST_HEAD + slowest(sizes)]
    if results["dense"]:
        parts += [DENSE + dense(results["dense"], sizes)]
    return "".join(parts).rstrip() + "\n"


def side_by_side(size: int, one: dict[str, Any], titles: dict[str, str]) -> str:
    """One table: a row a contender."""
    rows = [("contender", "seconds", "CPU", "peak GB", *SHARES.values())]
    for name, result in one["contenders"].items():
        if "wall_seconds" not in result:
            rows.append((titles[name], *[reason(result)], *[""] * (2 + len(SHARES))))
            continue
        whole = result["legs"]["all"]
        rows.append(
            (
                titles[name],
                f"{result['wall_seconds']:,.1f}",
                f"{result['cpu_seconds']:,.1f}",
                f"{result['peak_mb'] / 1024:.2f}",
                *(percent(whole[key]) for key in SHARES),
            )
        )
    counted = one["items"]
    title = (
        f"\n### {size:,} invoices\n\n{counted['invoices']:,} invoices, {counted['payments']:,} "
        f"payments, {counted['bank_lines']:,} bank lines, {counted['truth']:,} true links.\n\n"
    )
    return title + table(rows, left=1)


def reason(result: dict[str, Any]) -> str:
    """Why a contender has no figures."""
    if "failed" in result:
        return f"failed, {result['failed']}"
    return f"ended after {result['ended_after_minutes']:g} minutes"


def target(sizes: dict[int, dict[str, Any]]) -> str:
    """Ours from folder to published marts, against Splink's scoring alone."""
    rows = [
        ("invoices", "counterfoil, all", "Splink, all", "training")
        + ("blocking", "scoring", "blocking and scoring, of counterfoil")
    ]
    for size, one in sizes.items():
        ours = one["contenders"][OURS]
        splink = one["contenders"].get("splink_linker", {})
        if "wall_seconds" not in ours or "own_seconds" not in splink:
            continue
        own = splink["own_seconds"]
        share = (own["block"] + own["score"]) / ours["wall_seconds"]
        seconds = (ours["wall_seconds"], splink["wall_seconds"], own["train"])
        seconds += (own["block"], own["score"])
        rows.append((f"{size:,}", *(f"{each:,.1f}" for each in seconds), percent(share)))
    if len(rows) == 1:
        return ""
    return (
        "\nThe aim is to go from folder to published marts, gate tests included, in no more time "
        "than Splink needs\nto score the pairs alone. Seconds, both of its models together; "
        "the aim is met where the last column says 100 % or more:\n\n" + table(rows)
    )


def step_table(sizes: dict[int, dict[str, Any]]) -> str:
    """Seconds, rows and growth of every step and size."""
    measured = measured_sizes(sizes)
    steps = next(iter(measured.values()))["steps"] if measured else {}
    rows = [["step"]]
    for place, size in enumerate(measured):
        rows[0] += [f"{size:,}: s", "rows", *["growth"][: min(place, 1)]]
    for name in steps:
        row, before = [name], None
        for ours in measured.values():
            one = ours["steps"][name]
            row += [f"{one['seconds']:,.1f}", f"{one['rows']:,}" if one["rows"] else ""]
            row += [factor(one["seconds"], before)] if before is not None else []
            before = one["seconds"]
        rows.append(row)
    for title, key, places in (
        ("process, by the clock", "wall_seconds", 1),
        ("peak MB", "peak_mb", 0),
    ):
        row, before = [title], None
        for ours in measured.values():
            row += [f"{ours[key]:,.{places}f}", ""]
            row += [factor(ours[key], before)] if before is not None else []
            before = ours[key]
        rows.append(row)
    row, before = ["items in the folder"], None
    for size in measured:
        count = all_items(sizes[size]["items"])
        row += [f"{count:,}", ""]
        row += [factor(count, before)] if before is not None else []
        before = count
    rows.append(row)
    return table(rows, left=1)


def slowest(sizes: dict[int, dict[str, Any]]) -> str:
    """The slowest models of the largest size, with their growth from the size before."""
    measured = list(measured_sizes(sizes).values())
    if not measured:
        return ""
    before = {node["name"]: node for node in measured[-2]["nodes"]} if len(measured) > 1 else {}
    nodes = sorted(measured[-1]["nodes"], key=lambda node: -node["seconds"])[:SLOWEST]
    rows = [("model", "seconds", "rows", "growth")]
    rows += [
        (
            f"`{node['name']}`",
            f"{node['seconds']:,.1f}",
            f"{node['rows'] or 0:,}",
            factor(node["seconds"], before.get(node["name"], {}).get("seconds")),
        )
        for node in nodes
    ]
    return table(rows, left=1)


def dense(huge: dict[str, Any], sizes: dict[int, dict[str, Any]]) -> str:
    """Seconds per thousand items of both worlds, and their ratio."""
    many = measured_sizes(sizes).get(huge["size"])
    if many is None or "wall_seconds" not in huge:
        return "Not measured in this run.\n"
    rows = [("world", "items", "seconds", "per 1,000 items", "matching", "per 1,000 items")]
    rates = []
    for title, ours, items in (
        ("many entities", many, sizes[huge["size"]]["items"]),
        ("one huge entity", huge, huge["items"]),
    ):
        count = all_items(items)
        seconds = (ours["wall_seconds"], ours["steps"]["matching"]["seconds"])
        rates.append([1000 * each / count for each in seconds])
        cells = [
            cell
            for each, rate in zip(seconds, rates[-1], strict=True)
            for cell in (f"{each:,.1f}", f"{rate:.3f}")
        ]
        rows.append((title, f"{count:,}", *cells))
    ratios = [huge_rate / many_rate for many_rate, huge_rate in zip(*rates, strict=True)]
    rows.append(("ratio", "", "", f"{ratios[0]:.2f}", "", f"{ratios[1]:.2f}"))
    return table(rows, left=1)


def measured_sizes(sizes: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Ours at each size at which it was not ended."""
    ours = {size: one["contenders"][OURS] for size, one in sizes.items()}
    return {size: one for size, one in ours.items() if "wall_seconds" in one}


def all_items(counted: dict[str, int]) -> int:
    return counted["invoices"] + counted["payments"] + counted["bank_lines"]


def percent(share: float | None) -> str:
    """A share of one with two places."""
    return "–" if share is None else f"{100 * share:.2f} %"


def factor(now: float, before: float | None) -> str:
    """How many times as much."""
    return f"× {now / before:.1f}" if before else ""


def table(rows: Iterable[Iterable[str]], left: int = 0) -> str:
    """A table whose first row is its head; the first `left` columns are text, the rest numbers."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    columns = lines[0].count(" | ") + 1
    rule = "| " + " | ".join(["---"] * left + ["---:"] * (columns - left)) + " |"
    return "\n".join([lines[0], rule, *lines[1:]]) + "\n"
