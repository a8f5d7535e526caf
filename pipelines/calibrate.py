"""Estimate a new model of matching from what is proved: `counterfoil calibrate`.

A pair is proved by

    the books    a payment that a platform applies to one invoice only, which no other payment is
                 applied to, unless the link is contested; settlement leg
    a number     an invoice's whole number in the text or remittance of one payment only, which
                 names no other, with the exact amount or from a payer known by name; settlement leg
    a reference  a token or cheque number that one payment or payout and one bank line of the exact
                 amount share; clearing leg

never by a link of ours. By a hash of what the item says (not of its ids) a quarter of the proved
items fit the weights, a quarter check them, and for these the proof is withheld: their tokens,
cheque numbers, remittance lines and applications are deleted from a copy of the work file and the
matching is built again on it. So names and aliases are learned without them, and every level,
rival and state is the engine's own. The other half stays as it is.

What is written is for a person to read and to commit; the seeds of the project stay untouched.
`python -m bench.model` makes the model that ships.
"""

from __future__ import annotations

import contextlib
import csv
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from pipelines import settings, weighing
from pipelines.build import Progress, build, rebuild
from pipelines.errors import ConfigurationError, LoadError, UsageError
from pipelines.evaluate import scratch_home
from pipelines.files.loading import load_files
from pipelines.operations.raw import Run
from pipelines.publish import FINISHED_BUILD, quoted
from pipelines.settings import PROJECT, Home
from pipelines.weighing import Band, Rule, Weights

WEIGHTS = "match_weights.csv"
RELIABILITY = "match_reliability.csv"
RULES = "match_rule_reliability.csv"
FILES = (WEIGHTS, RELIABILITY, RULES)
SHARES = ("said_share", "lower_share", "upper_share")
EDITED = (
    "int_reference_tokens__extracted",
    "int_remittance_lines__unioned",
    "int_clearables__prepared",
    "int_payment_allocations__resolved",
)
ASSIGNED = ("int_clearing__assigned", "int_settlement__assigned")
CHANCE_ITEMS = 1000

PROVE = """
create schema if not exists calibration;

-- What an item says, without any id, so that renumbered sources fall into the same parts.
create or replace table calibration.splits as
with

texts as (
    select
        payment_key as item_key,
        concat_ws(
            chr(31), entity, direction, payment_date, amount, method, payer_name_key, reference,
            memo
        ) as said
    from intermediate.int_payments__evidenced
    union all
    select
        left_key,
        concat_ws(chr(31), entity, item_date, expected_amount, method)
    from intermediate.int_clearables__prepared
    where left_type = 'settlement'
)

select
    item_key,
    ('0x' || substr(md5(said), 1, 8))::bigint as split
from texts;

create or replace table calibration.proved as
with

booked as (
    select
        *,
        count(*) over (partition by left_key) + count(*) over (partition by right_key) as links
    from intermediate.int_settlement_links__booked
    where leg = 'settlement'
        and right_key not in (select payment_key from intermediate.int_book_links__contested)
),

numbered as (
    select
        *,
        count(*) over (partition by left_key) + count(*) over (partition by right_key) as links,
        amount_level = 'open_amount' as is_exact,
        payer_level in ('same_party', 'slip_name', 'named_in_text') as is_known
    from intermediate.int_number_pairs__compared
    where reference_level in ('remittance', 'whole_token')
),

referenced as (
    select
        *,
        count(*) over (partition by left_key) + count(*) over (partition by right_key) as links
    from intermediate.int_clearing_pairs__compared
    where reference_level in ('whole_token', 'check_number')
        and amount_level = 'exact'
)

select
    'settlement' as leg, right_key as item_key, left_key, right_key, 'books' as proof,
    ['reference', 'payer', 'amount', 'days', 'account'] as proves
from booked
where links = 2
union all
-- What proves a pair says nothing about itself: the amount only where the payer is known, the payer
-- only where the amount is exact and no common price; a month beside the number had no part in it.
select
    'settlement', right_key, left_key, right_key, 'number',
    list_filter(
        [
            if(is_exact and not has_common_price, 'payer', null),
            if(is_known, 'amount', null),
            'month',
            'days',
            'account'
        ],
        lambda each: each is not null
    )
from numbered
where links = 2 and (is_exact or is_known)
union all
select
    'clearing', left_key, left_key, right_key, 'reference',
    ['reference', 'payer', 'days', 'account']
from referenced
where links = 2
    and left_key not in (
        select right_key from intermediate.int_settlement_links__booked where leg = 'settlement'
    );

create or replace table calibration.parted as
select
    proved.*,
    case split % 4 when 0 then 'fit' when 1 then 'check' else 'stay' end as part
from calibration.proved
join calibration.splits using (item_key);
"""
WITHHOLD = """
create or replace table calibration.hidden as
select item_key, proof from calibration.parted where part <> 'stay';

delete from intermediate.int_reference_tokens__extracted
where item_type <> 'bank_line'
    and item_key in (select item_key from calibration.hidden where proof <> 'books');
delete from intermediate.int_remittance_lines__unioned
where payment_key in (select item_key from calibration.hidden where proof <> 'books');
update intermediate.int_clearables__prepared set check_number = null
where left_key in (select item_key from calibration.hidden where proof <> 'books');
delete from intermediate.int_payment_allocations__resolved
where payment_key in (select item_key from calibration.hidden where proof = 'books');
"""
COLLECT_PAIRS = """
insert into pairs
select
    $1, $2, leg, if(leg = 'clearing', left_key, right_key), left_key, right_key, reference_level,
    payer_level, amount_level, days_level, account_level, days_apart, rule, status = 'auto',
    status = 'suggested', coalesce(lost_because = 'side_taken_by_stronger_pair', false),
    parted.leg is not null
from (
    select * from work.intermediate.int_clearing__assigned
    union all by name
    select * from work.intermediate.int_settlement__assigned
)
left join work.calibration.parted using (leg, left_key, right_key)
where amount_level not in ('set', 'short_set')
"""
COLLECT_ITEMS = """
insert into items select $1, leg, item_key, part, proves from work.calibration.parted;
"""
COLLECT_OPEN_ITEMS = """
insert into items
select world, leg, item_key, 'open', []
from pairs
where world = $1 and origin = 'now'
    and (leg, item_key) not in (select (leg, item_key) from work.calibration.parted)
group by all
having not bool_or(is_auto)
"""
COLLECT_CHANCE = {
    "settlement": """
insert into chance
with

drawn as (
    select parted.left_key, parted.right_key
    from work.calibration.parted
    join work.calibration.splits using (item_key)
    where leg = 'settlement' and part = 'fit'
    qualify row_number() over (order by split, item_key) <= $2
),

told as (
    select distinct payment_key from work.intermediate.int_payers__resolved
),

pairs as (
    select
        drawn.right_key,
        coalesce(
            payers.payer_level,
            case
                when aliases.debtor_count = 1 then 'alias'
                when aliases.debtor_count > 1 then 'alias_of_many'
            end,
            if(told.payment_key is null, 'foreign', 'other_party')
        ) as level,
        -- Amounts recur with the payer: chance means any document of the same one.
        case
            when payers.payer_level is null then null
            when payments.amount = invoices.total_amount then 'open_amount'
            when payments.amount < invoices.total_amount then 'part'
            else 'over'
        end as amount_level
    from drawn
    join work.intermediate.int_payments__evidenced as payments
        on drawn.right_key = payments.payment_key
    join work.intermediate.int_invoices__evidenced as invoices
        on payments.entity = invoices.entity
        and payments.currency_code = invoices.currency_code
        and if(payments.direction = 'in', 'receivable', 'payable') = invoices.direction
        and payments.payment_date between invoices.issue_date - 30 and invoices.due_date + 90
        and drawn.left_key <> invoices.invoice_key
    left join work.intermediate.int_payers__resolved as payers
        on payments.payment_key = payers.payment_key
        and invoices.person_key = payers.person_key
    left join work.intermediate.int_aliases__learned as aliases
        on payments.entity = aliases.entity
        and payments.direction = aliases.direction
        and payments.person_key = aliases.payer_person_key
        and invoices.person_key = aliases.person_key
    left join told on payments.payment_key = told.payment_key
)

select $1, 'settlement', 'payer', level, count(*), (select count(*) from drawn)
from pairs
group by all
union all
select $1, 'settlement', 'amount', amount_level, count(*), (select count(*) from drawn)
from pairs
where amount_level is not null
group by all
""",
    "clearing": """
insert into chance
with

drawn as (
    select parted.left_key, parted.right_key
    from work.calibration.parted
    join work.calibration.splits using (item_key)
    where leg = 'clearing' and part = 'fit'
    qualify row_number() over (order by split, item_key) <= $2
),

names as (
    select item_key, name_key, min(name_level) as name_level
    from work.intermediate.int_text_names__resolved
    where item_type = 'bank_line' and (name_level <> 'initial_name' or name_count = 1)
    group by all
),

pairs as (
    select
        drawn.left_key,
        coalesce(
            names.name_level, if(learned.name_key is null, 'none', 'learned_name')
        ) as level
    from drawn
    join work.intermediate.int_clearables__prepared as clearables using (left_key)
    join work.intermediate.int_bank_lines__evidenced as bank_lines
        on clearables.entity = bank_lines.entity
        and clearables.currency_code = bank_lines.currency_code
        and clearables.expected_amount = bank_lines.amount
        and bank_lines.booking_date between clearables.item_date - 30 and clearables.item_date + 30
        and drawn.right_key <> bank_lines.bank_line_key
    left join names
        on bank_lines.bank_line_key = names.item_key
        and clearables.name_key = names.name_key
    left join work.intermediate.int_bank_names__learned as learned
        on clearables.entity = learned.entity
        and clearables.person_key = learned.person_key
        and bank_lines.name_key = learned.name_key
)

select $1, 'clearing', 'payer', level, count(*), (select count(*) from drawn)
from pairs
group by all
""",
}


def calibrate(
    home: Home | None,
    folders: Sequence[Path] = (),
    *,
    tolerated_error: float = 0.001,
    out: Path | None = None,
    on_progress: Progress | None = None,
) -> dict[str, Any]:
    """Estimate a model from a home's last build, or from exchange folders taken together.

    Args:
        folders: Each is loaded and built in a home of its own that is thrown away.
        tolerated_error: The share of wrong links that a threshold for automatic links may have.
        out: Where to write the seeds; never the project's own.

    Raises:
        UsageError: `out` is the project's own folder of seeds, or the tolerated error is no share.
        ConfigurationError: the home has no finished build.
        LoadError: a folder is refused.
    """
    if not 0 < tolerated_error < 1:
        raise UsageError(f"a tolerated error lies between 0 and 1, not {tolerated_error}")
    if out and out.resolve() == (PROJECT / "seeds").resolve():
        raise UsageError(f"{out} holds the model in use: write elsewhere, have it approved, commit")
    version, weights = read_weights()
    with (
        contextlib.closing(duckdb.connect()) as connection,
        tempfile.TemporaryDirectory(prefix="counterfoil-calibrate-") as scratch,
    ):
        weighing.create(connection)
        if folders:
            for world, folder in enumerate(folders):
                built = _built(Path(scratch) / str(world), folder, on_progress)
                _gather(connection, built, world, on_progress)
        elif home:
            _gather(connection, _copy(home, Path(scratch)), 0, on_progress)
        result = weighing.calibrate(connection, weights, tolerated_error)
    result |= {"model_version": version + 1, "tolerated_error": tolerated_error}
    if out:
        write(out, result)
    return result


def read_weights(folder: Path = PROJECT / "seeds") -> tuple[int, Weights]:
    """The version and weights of a frozen model."""
    with (folder / WEIGHTS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    weights = {(row["leg"], row["evidence"], row["level"]): int(row["weight"]) for row in rows}
    return max(int(row["model_version"]) for row in rows), weights


def write(out: Path, result: dict[str, Any]) -> None:
    """Write the seeds of a calibrated model: its weights, and how often it is right."""
    out.mkdir(parents=True, exist_ok=True)
    version = result["model_version"]
    _write(
        out / WEIGHTS,
        ("model_version", "leg", "evidence", "level", "weight"),
        ((version, *key, weight) for key, weight in result["weights"].items()),
    )
    counts: tuple[str, ...] = ("band", "lead_from", "lead_to", "checked_pairs", "right_pairs")
    shares: tuple[str, ...] = SHARES + ("probability_from", "probability_to")
    _write(
        out / RELIABILITY,
        ("model_version", "leg", *counts, *shares),
        ((version, band.leg, *_numbers(band, counts, shares)) for band in result["bands"]),
    )
    counts = ("checked_pairs", "right_pairs")
    _write(
        out / RULES,
        ("model_version", "leg", "rule", *counts, *SHARES, "is_told"),
        (
            (
                version,
                rule.leg,
                rule.rule,
                *_numbers(rule, counts, SHARES),
                str(not rule.untold_because).lower(),
            )
            for rule in result["rules"]
        ),
    )


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _numbers(of: Band | Rule, counts: Sequence[str], shares: Sequence[str]) -> Iterator[object]:
    yield from (getattr(of, name) for name in counts)
    yield from (f"{getattr(of, name):.4f}" for name in shares)


def as_text(result: dict[str, Any]) -> list[str]:
    """The result for a terminal: per leg what was proved, the weights and the reliability table."""
    lines: list[str] = []
    for leg, found in result["legs"].items():
        lines.append(
            f"{leg}: {found['proved_pairs']} proved pairs, weights from {found['fitted_on']}, "
            f"checked on {found['checked_on']}"
        )
        if not found["is_enough"]:
            lines.append(
                f"  fewer than {weighing.ENOUGH_PROVED} proved pairs: rules decide, and the "
                f"probability only ranks"
            )
        lines.append(
            f"  {'evidence':10} {'level':14} {'was':>7} {'now':>7} {'proved':>7} {'others':>7}"
        )
        for level in result["levels"]:
            if level.leg == leg:
                counted = f"{level.proved_pairs:7} {level.other_pairs:7}"
                if level.kept_because:
                    counted += f"  kept: {level.kept_because}"
                lines.append(
                    f"  {level.evidence:10} {level.level:14} {level.hand_weight:7} "
                    f"{level.weight:7} {counted}"
                )
        none = found["none_of_them"]
        lines.append(f"  none of the candidates weighs {none['weight']}")
        lines.append(
            f"  {'lead, bits':>16} {'pairs':>7} {'said':>7} {'seen':>7} {'95 % limits':>15}"
        )
        for band in result["bands"]:
            if band.leg == leg:
                seen = (
                    f"{band.right_pairs / band.checked_pairs:7.4f}"
                    if band.checked_pairs
                    else f"{'-':>7}"
                )
                lines.append(
                    f"  {_bits(band.lead_from):>7} {_bits(band.lead_to):>8} {band.checked_pairs:7} "
                    f"{band.said_share:7.4f} {seen} {band.lower_share:7.4f}-{band.upper_share:.4f}"
                )
        lines.append(f"  {'rule':24} {'pairs':>7} {'said':>7} {'seen':>7} {'95 % limits':>15}")
        for rule in result["rules"]:
            if rule.leg == leg:
                silent = f"  not told: {rule.untold_because}" if rule.untold_because else ""
                lines.append(
                    f"  {rule.rule:24} {rule.checked_pairs:7} {rule.said_share:7.4f} "
                    f"{rule.right_pairs / rule.checked_pairs:7.4f} "
                    f"{rule.lower_share:7.4f}-{rule.upper_share:.4f}{silent}"
                )
        error = found["expected_calibration_error"]
        lines.append(
            "  expected calibration error "
            + ("-: nothing to check" if error is None else f"{error:.4f}")
        )
        lines.append(f"  {_threshold(found['threshold'], result['tolerated_error'])}")
        lines.append(
            f"  first proposals: {found['first_proposals_changed']} of "
            f"{found['first_proposals']} would change"
        )
    by_hand = sorted(
        set(result["weights"]) - {(one.leg, one.evidence, one.level) for one in result["levels"]}
    )
    lines.append("kept by hand, nothing is estimated of them:")
    lines += [
        f"  {leg:10} {evidence:10} {level:14} {result['weights'][leg, evidence, level]:7}"
        for leg, evidence, level in by_hand
        if leg not in result["legs"] or (evidence, level) != weighing.NONE
    ]
    return lines


def _threshold(found: dict[str, Any] | None, tolerated: float) -> str:
    if found is None:
        return f"no lead has an error of at most {tolerated:g}"
    proved = "" if found["is_shown"] else ": too few pairs to show that it holds"
    return (
        f"error of at most {tolerated:g} from a lead of {found['lead'] / 1000:.3f} bits: "
        f"{found['wrong_pairs']} of {found['pairs']} wrong, "
        f"upper limit {found['upper_limit']:.4f}{proved}"
    )


def _bits(lead: int) -> str:
    return "" if abs(lead) >= weighing.FARTHEST else f"{lead / 1000:g}"


def _built(path: Path, folder: Path, on_progress: Progress | None) -> Home:
    path.mkdir()
    home = scratch_home(path, folder)
    loaded = load_files(home)
    if loaded.errors:
        raise LoadError("; ".join(loaded.errors))
    build(home, _run(home), tests="gate", on_progress=on_progress)
    return home


def _copy(home: Home, scratch: Path) -> Home:
    """A home with a copy of the work file, if its last build has finished."""
    try:
        with contextlib.closing(duckdb.connect(str(home.warehouse), read_only=True)) as connection:
            connection.execute(f"from {FINISHED_BUILD}")
            copied = replace(home, path=scratch / "home")
            copied.path.mkdir()
            shutil.copyfile(home.warehouse, copied.warehouse)
    except duckdb.Error as error:
        raise ConfigurationError(
            f"no finished build in {home.warehouse}: run `counterfoil build` first"
        ) from error
    shutil.copyfile(home.connections_file, copied.connections_file)
    return copied


def _gather(
    connection: duckdb.DuckDBPyConnection, home: Home, world: int, on_progress: Progress | None
) -> None:
    """Add one world's pairs: as built, and with the proofs withheld. Changes its work file."""
    with contextlib.closing(duckdb.connect(str(home.warehouse))) as work:
        work.execute(PROVE)
    with _attached(connection, home):
        connection.execute(COLLECT_ITEMS, [world])
        connection.execute(COLLECT_PAIRS, [world, "now"])
        connection.execute(COLLECT_OPEN_ITEMS, [world])
    with contextlib.closing(duckdb.connect(str(home.warehouse))) as work:
        work.execute(WITHHOLD)
    rebuild(
        home,
        _run(home),
        select=[f"{edited}+,+{assigned}" for edited in EDITED for assigned in ASSIGNED],
        exclude=EDITED,
        on_progress=on_progress,
    )
    with _attached(connection, home):
        connection.execute(COLLECT_PAIRS, [world, "hidden"])
        for query in COLLECT_CHANCE.values():
            connection.execute(query, [world, CHANCE_ITEMS])


@contextlib.contextmanager
def _attached(connection: duckdb.DuckDBPyConnection, home: Home) -> Iterator[None]:
    connection.execute(f"attach {quoted(home.warehouse)} as work (read_only)")
    try:
        yield
    finally:
        connection.execute("detach work")


def _run(home: Home) -> Run:
    return Run(run_id="calibrate", trigger="person", as_of_date=settings.as_of_date(home))
