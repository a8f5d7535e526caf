"""Splink 5 on DuckDB: one model for invoice and payment, one for deposit and bank line.

    python -m bench.peers.splink_linker FOLDER LINKS.parquet TRUTH.csv

Both models are trained without labels: u by random sampling, m by expectation maximisation. Pairs
are taken best first while both sides have money. Where a pair becomes a link instead of a proposal
is decided with the truth, at the best F1 of each model: an advantage nobody has in earnest.
"""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pandas as pd
import splink.comparison_level_library as levels
import splink.comparison_library as comparisons
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from bench.peers.folder import NUMBER, Steps, read, take_in_order, write

SEED = 1
SAMPLED_PAIRS = 1e7
FETCHED, PROPOSED = 0.001, 0.05

# The same columns on both sides of a model; an empty list says nothing.
INPUTS = """
create macro words(text) as list_distinct(list_filter(
    regexp_split_to_array(upper(strip_accents(text)), '[^A-Z]+'), lambda word: len(word) > 2));
create macro tokens(text) as list_filter(
    list_distinct(list_transform(
        regexp_extract_all(upper(text), '{number}'), lambda token: bare(token))),
    lambda token: not regexp_full_match(token, '20[0-9][0-9]'));

create macro flow(book, cents) as concat(book, if(cents < 0, '/out', '/in'));

create table left_invoices as
select invoice_id as unique_id, flow(book, cents) as book, cents, date, party_id,
    party_name as name, [number] as numbers
from invoices;

create table right_payments as
select payment_id as unique_id, flow(book, cents) as book, cents, date, party_id,
    party_name as name, numbers
from payments
left join (
    select payment_id, list(number order by number) as numbers from named group by payment_id
) using (payment_id);

create table left_deposits as
select deposit_id as unique_id, book, cents, date,
    nullif(words(party_name), []) as names, nullif(tokens(text), []) as numbers
from deposits;

create table right_bank_lines as
select line_id as unique_id, book, cents, date,
    nullif(words(text), []) as names, nullif(tokens(text), []) as numbers
from bank_lines;
"""


def days(last_days: tuple[int, ...], first: int) -> comparisons.CustomComparison:
    """How long after the left the right came: a level up to each of the days, then the rest."""
    return comparisons.CustomComparison(
        output_column_name="date",
        comparison_levels=[
            levels.NullLevel("date"),
            *(
                levels.CustomLevel(
                    f"date_r - date_l between {first} and {last}", label_for_charts=f"to {last}"
                )
                for last in last_days
            ),
            levels.ElseLevel(),
        ],
    )


SETTLEMENT = SettingsCreator(
    link_type="link_only",
    comparisons=[
        comparisons.ArrayIntersectAtSizes("numbers", [1]),
        comparisons.CustomComparison(
            output_column_name="cents",
            comparison_levels=[
                levels.NullLevel("cents"),
                levels.ExactMatchLevel("cents", term_frequency_adjustments=True),
                levels.CustomLevel("abs(cents_l) < abs(cents_r)", label_for_charts="one of many"),
                levels.ElseLevel(),
            ],
        ),
        comparisons.CustomComparison(
            output_column_name="party",
            comparison_levels=[
                levels.NullLevel("party_id"),
                levels.ExactMatchLevel("party_id", term_frequency_adjustments=True),
                levels.JaroWinklerLevel("name", 0.92),
                levels.ElseLevel(),
            ],
        ),
        days((14, 30, 60), first=0),
    ],
    blocking_rules_to_generate_predictions=[
        "l.book = r.book and l.cents = r.cents and r.date between l.date - 5 and l.date + 45",
        "l.book = r.book and l.party_id = r.party_id"
        " and r.date between l.date - 10 and l.date + 90",
        block_on("book", "numbers", arrays_to_explode=["numbers"]),
    ],
    retain_matching_columns=False,
)
SETTLEMENT_SURE = "l.book = r.book and l.numbers[1] = r.numbers[1]"
SETTLEMENT_TRAINING = (
    "l.book = r.book and l.cents = r.cents and r.date between l.date - 5 and l.date + 45",
    SETTLEMENT_SURE,
)

CLEARING = SettingsCreator(
    link_type="link_only",
    comparisons=[
        comparisons.ArrayIntersectAtSizes("numbers", [1]),
        comparisons.ArrayIntersectAtSizes("names", [2, 1]),
        comparisons.ExactMatch("cents").configure(term_frequency_adjustments=True),
        days((1, 3, 5, 10), first=0),
    ],
    blocking_rules_to_generate_predictions=[
        "l.book = r.book and l.cents = r.cents and r.date between l.date - 2 and l.date + 30",
        block_on("book", "numbers", arrays_to_explode=["numbers"]),
    ],
    retain_matching_columns=False,
)
CLEARING_SURE = "l.book = r.book and l.cents = r.cents and r.date between l.date and l.date + 3"
CLEARING_TRAINING = (
    "l.book = r.book and l.cents = r.cents and r.date between l.date - 2 and l.date + 30",
    "l.book = r.book and l.numbers[1] = r.numbers[1]",
)


def pairs(
    connection: duckdb.DuckDBPyConnection,
    tables: tuple[str, str],
    settings: SettingsCreator,
    sure: str,
    training: tuple[str, ...],
    steps: Steps,
) -> pd.DataFrame:
    """Train one model and score its pairs: `left`, `right` and `probability`, best first."""
    database = DuckDBAPI(connection)
    linker = Linker(
        [database.register(table, dataset_display_name=table) for table in tables],
        settings,
        log_level="ERROR",
    )
    with steps.step("train"):
        linker.training.estimate_probability_two_random_records_match([sure], recall=0.5)
        linker.training.estimate_u_using_random_sampling(max_pairs=SAMPLED_PAIRS, seed=SEED)
        for rule in training:
            linker.training.estimate_parameters_using_expectation_maximisation(rule)
    with steps.step("block"):
        blocked = linker.inference.compute_blocked_pairs_for_predict()
        linker.table_management.register_blocked_pairs_for_predict(blocked)
    with steps.step("score"):
        scored = linker.inference.predict(threshold_match_probability=FETCHED)
    with steps.step("assign"):
        return connection.sql(
            f"""
            select unique_id_l as left, unique_id_r as right, match_probability as probability
            from {scored.physical_name}
            order by match_weight desc, unique_id_l, unique_id_r
            """
        ).df()


def take(
    connection: duckdb.DuckDBPyConnection,
    tables: tuple[str, str],
    found: pd.DataFrame,
    truth: set[tuple[str, str]],
) -> pd.DataFrame:
    """The links and proposals of one model: `left`, `right`, `cents`, `status`, `probability`."""
    money = [
        dict(connection.sql(f"select unique_id, abs(cents) from {table}").fetchall())
        for table in tables
    ]
    ordered = found.itertuples(index=False, name=None)
    taken = [(*pair, cents) for pair, cents in take_in_order(ordered, *money)]
    links = pd.DataFrame(taken, columns=["left", "right", "probability", "cents"])
    right = pd.Series(list(zip(links["left"], links["right"], strict=True))).isin(truth).cumsum()
    # Taken best first, so a higher threshold is a shorter list: F1 of every list at once.
    f1 = 2 * right / (links.index + 1 + len(truth))
    threshold = links["probability"][f1.idxmax()] if len(links) else 1
    is_linked = links["probability"] >= threshold
    links = links[is_linked | (links["probability"] >= PROPOSED)]
    return links.assign(status=is_linked.map({True: "auto", False: "suggested"}))


TRUTH = """
select distinct left_id, right_id from read_csv('{truth}', all_varchar = true)
where left_type = 'invoice' and right_type = 'payment';
"""
TRUTH_OF_DEPOSITS = """
select distinct payments.deposit_id, truth.right_id
from read_csv('{truth}', all_varchar = true) as truth
join payments on truth.left_id = payments.payment_id
where truth.left_type = 'payment' and truth.right_type = 'bank_line';
"""


def link(folder: Path, links: Path, truth: Path) -> Steps:
    """Write the links of an exchange folder."""
    steps = Steps()
    with steps.step("read"):
        connection = read(folder)
        connection.execute(INPUTS.format(number=NUMBER))
    settled_sides = ("left_invoices", "right_payments")
    settled = pairs(
        connection, settled_sides, SETTLEMENT, SETTLEMENT_SURE, SETTLEMENT_TRAINING, steps
    )
    cleared_sides = ("left_deposits", "right_bank_lines")
    cleared = pairs(connection, cleared_sides, CLEARING, CLEARING_SURE, CLEARING_TRAINING, steps)
    with steps.step("assign"):
        known = set(connection.sql(TRUTH.format(truth=truth)).fetchall())
        settled = take(connection, settled_sides, settled, known)
        known = set(connection.sql(TRUTH_OF_DEPOSITS.format(truth=truth)).fetchall())
        cleared = take(connection, cleared_sides, cleared, known)
    with steps.step("write"):
        names = {"left": "invoice_id", "right": "payment_id"}
        connection.register("settled", settled.rename(columns=names))
        names = {"left": "deposit_id", "right": "line_id"}
        connection.register("cleared", cleared.rename(columns=names))
        write(connection, links)
    return steps


if __name__ == "__main__":
    link(*(Path(argument) for argument in sys.argv[1:4])).tell()
