"""The simulated provider keeps its own books: what the truth says adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from bench.worlds.files import FILES
from bench.worlds.provider import CASES, Wanted, simulate

WANTED = Wanted(seed=3, invoices=5_000, allocations=0.05)
Ask = Callable[[str], list[tuple[object, ...]]]

ITEMS = """
create view items as
select 'invoice' as type, invoice_id as id, entity, currency, cast(total as decimal(18, 2)) as money
from invoices
union all
select 'payment', payment_id, entity, currency, cast(amount as decimal(18, 2)) from payments
union all
select 'bank_line', line_id, entity, currency, cast(amount as decimal(18, 2)) from bank_lines;

create view pairs as
select
    truth.* replace (cast(truth.amount as decimal(18, 2)) as amount),
    lefts.money as left_money,
    rights.money as right_money,
    lefts.entity = rights.entity and lefts.currency = rights.currency as is_closed
from truth
left join items as lefts on (left_type, left_id) = (lefts.type, lefts.id)
left join items as rights on (right_type, right_id) = (rights.type, rights.id);
"""


@pytest.fixture(scope="module", params=["ordinary", "harder", "one entity"])
def ask(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    out = tmp_path_factory.mktemp("world")
    wanted = {
        "ordinary": WANTED,
        "harder": replace(WANTED, harder=True),
        "one entity": replace(WANTED, entities=1),
    }[request.param]
    simulate(wanted, out)
    database = duckdb.connect()
    for name in FILES:
        # Paths of a temporary folder hold no quote.
        database.execute(
            f"create view {name} as select * from read_csv('{out / name}.csv', "
            "all_varchar = true, header = true, quote = '\"', escape = '\"')"
        )
    database.execute(ITEMS)
    return lambda query: database.execute(query).fetchall()


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    small = replace(WANTED, invoices=600)
    for name, wanted in {"a": small, "b": small, "c": replace(small, seed=4)}.items():
        simulate(wanted, tmp_path / name)

    for name in FILES:
        once, again, other = ((tmp_path / each / f"{name}.csv").read_bytes() for each in "abc")
        assert once == again
        assert once != other


def test_every_case_occurs_and_none_without_a_name(ask: Ask) -> None:
    assert {row[0] for row in ask('select distinct "case" from truth')} == set(CASES)


def test_ids_are_distinct_and_those_of_the_truth_exist(ask: Ask) -> None:
    assert not ask("select type, id from items group by all having count(*) > 1")
    assert not ask("select * from pairs where left_money is null or right_money is null")
    assert not ask(
        "select 1 from truth group by left_type, left_id, right_type, right_id having count(*) > 1"
    )
    for name in ("remittance_lines", "allocations"):
        assert not ask(f"from {name} anti join payments using (payment_id)")


def test_nothing_crosses_entity_or_currency(ask: Ask) -> None:
    assert not ask("select * from pairs where not is_closed")


def test_an_account_has_one_currency_and_one_entity(ask: Ask) -> None:
    assert not ask(
        "select entity, account from bank_lines group by all having count(distinct currency) > 1"
    )


def test_the_pairs_of_a_line_sum_to_no_more_than_the_line(ask: Ask) -> None:
    """A line of payments sums to the cent; an over-payment that nobody recorded leaves a rest."""
    sums = "select sum(amount) as used, any_value(right_money) as money from pairs"
    by_line = f"({sums} where right_type = 'bank_line' and left_type = '{{}}' group by right_id)"

    assert not ask(f"from {by_line.format('payment')} where used <> money")
    assert not ask(
        f"from {by_line.format('invoice')} where abs(used) > abs(money) or used * money < 0"
    )


def test_no_document_and_no_payment_is_used_beyond_its_amount(ask: Ask) -> None:
    assert not ask(
        "select left_id from pairs where left_type = 'invoice' group by left_id "
        "having abs(sum(amount)) > abs(any_value(left_money))"
    )
    assert not ask(
        "select right_id from pairs where right_type = 'payment' group by right_id "
        "having sum(amount) > any_value(right_money) or sum(amount) < 0"
    )
    assert not ask(
        "select left_id from pairs where left_type = 'payment' group by left_id "
        "having abs(sum(amount)) > any_value(left_money)"
    )


def test_no_draft_and_no_void_document_is_paid(ask: Ask) -> None:
    assert not ask(
        "select * from truth join invoices on left_id = invoice_id "
        "where left_type = 'invoice' and status in ('draft', 'void')"
    )


def test_a_returned_payment_pays_nothing_but_had_reached_the_bank(ask: Ask) -> None:
    returned = "(select left_id as id from truth where \"case\" = 'returned')"

    assert ask(f"select 1 from {returned} limit 1")
    assert not ask(f"select * from truth where right_type = 'payment' and right_id in {returned}")


def test_there_are_about_as_many_items_as_in_life(ask: Ask) -> None:
    (invoices, payments, lines), *_ = ask(
        "select (select count(*) from invoices), (select count(*) from payments), "
        "(select count(*) from bank_lines)"
    )

    assert abs(int(str(invoices)) / WANTED.invoices - 1) < 0.03
    assert 0.6 < int(str(payments)) / int(str(invoices)) < 0.95
    assert 0.5 < int(str(lines)) / int(str(invoices)) < 1.0


def test_ids_and_order_do_not_tell_when_something_was_made(ask: Ask) -> None:
    ((by_id, by_row),) = ask(
        "select corr(rank, epoch(cast(issue_date as date))), "
        "corr(row, epoch(cast(issue_date as date))) from (select issue_date, "
        "row_number() over () as row, row_number() over (order by invoice_id) as rank "
        "from invoices)"
    )

    assert abs(float(str(by_id))) < 0.08
    assert abs(float(str(by_row))) < 0.08
