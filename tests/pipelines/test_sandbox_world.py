"""The simulated provider: money is conserved, the truth holds, and all that is listed happens."""

import csv
import hashlib
import json
import re
from collections import Counter, defaultdict
from dataclasses import fields
from datetime import date
from decimal import Decimal
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pipelines.sandbox.bank import write_statements
from pipelines.sandbox.demo import SEED, demo_connections, demo_world, write_world
from pipelines.sandbox.exchange import amount_text, write_exchange
from pipelines.sandbox.records import World
from pipelines.sandbox.store import ObjectStore
from pipelines.sandbox.world import simulate

CAMT = "{urn:iso:std:iso:20022:tech:xsd:camt.053.001.08}"
CASES = (
    "1_reference 6_instalment 9_overpaid 10_short 11_discount 13_twice 14_prepaid "
    "16_credit_netted 21_mistyped 22_transposed 24_several 29_generic 31_cheque 31_cheque_paid "
    "36_relative 37_payee 39_agency_eft 56_returned 57_redeposited 60_dispute 62_payout 63_refund "
    "81_direct 81_direct_bill 82_deposit bill"
)
LINES = (
    "receipt deposit payout bill_payment payroll payroll_tax bank_fee nsf_charge interest "
    "transfer return reversal cash other"
)


@pytest.fixture(scope="module")
def world() -> World:
    return demo_world()


@pytest.fixture(scope="module")
def written(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sandbox")
    write_world(world, ObjectStore(folder / "objects.sqlite"), folder)
    return folder


@pytest.fixture(params=["demo", "harder", "one huge entity", "small"])
def any_world(request: pytest.FixtureRequest, world: World) -> World:
    return {
        "demo": lambda: world,
        "harder": lambda: simulate(11, 1500, 3, difficulty="harder"),
        "one huge entity": lambda: simulate(3, 2000, 4, one_huge_entity=True),
        "small": lambda: simulate(5, 100, start=date(2024, 1, 1), months=6),
    }[request.param]()


def content(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.suffix in (".csv", ".ofx", ".xml")]
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def objects(folder: Path, platform: str, company: str, collection: str) -> list[dict]:
    rows = ObjectStore(folder / "objects.sqlite").select(platform, company, collection)
    return [json.loads(row.body, parse_float=Decimal) for row in rows]


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(
    written: Path, tmp_path: Path
) -> None:
    store = ObjectStore(tmp_path / "objects.sqlite")
    write_world(demo_world(), store, tmp_path)
    companies = store.companies("quickbooks_online") + store.companies("stripe")

    assert content(tmp_path) == content(written)
    assert len(companies) == 3
    for collection in ("Invoice", "Payment", "Account"):
        assert objects(tmp_path, "quickbooks_online", companies[0], collection) == objects(
            written, "quickbooks_online", companies[0], collection
        )
    assert simulate(SEED + 1, 1200).links != demo_world().links


def test_the_demo_has_about_1200_documents_of_two_entities_to_the_end_of_october(
    world: World,
) -> None:
    assert 1100 < len(world.invoices) < 1300
    assert [one.entity for one in world.entities] == ["maple_homes", "cedar_homes"]
    assert (world.start, world.end) == (date(2025, 11, 1), date(2026, 10, 31))
    assert max(line.date for line in world.bank_lines) <= world.end


def test_amounts_are_whole_cents_everywhere(any_world: World) -> None:
    records = (
        *any_world.invoices,
        *any_world.payments,
        *any_world.bank_lines,
        *any_world.settlements,
        *any_world.links,
    )
    values = [getattr(one, field.name) for one in records for field in fields(one)]
    assert not [value for value in values if isinstance(value, float)]


def test_every_bank_line_is_in_a_statement_once_and_the_statements_add_up(
    any_world: World,
) -> None:
    printed = Counter(line.line_id for one in any_world.statements for line in one.lines)
    assert printed == Counter(line.line_id for line in any_world.bank_lines)

    balances = {one.account: one.opening for one in any_world.accounts}
    for statement in any_world.statements:
        assert statement.opening == balances[statement.account]
        assert statement.closing == statement.opening + sum(one.amount for one in statement.lines)
        for line in statement.lines:
            assert line.account == statement.account
            assert statement.period_start <= line.date <= statement.period_end
        balances[statement.account] = statement.closing


def test_a_settlement_is_the_sum_of_its_items_and_its_bank_line(any_world: World) -> None:
    lines = {line.line_id: line for line in any_world.bank_lines}
    items = [item.payment_id for one in any_world.settlements for item in one.items]
    assert len(items) == len(set(items))
    for settlement in any_world.settlements:
        assert settlement.amount == sum(item.net for item in settlement.items)
        if settlement.line_id:
            assert lines[settlement.line_id].amount == settlement.amount


def test_the_truth_names_existing_items_of_one_entity(any_world: World) -> None:
    entity = {
        **{("invoice", one.invoice_id): one.entity for one in any_world.invoices},
        **{("payment", one.payment_id): one.entity for one in any_world.payments},
        **{("bank_line", one.line_id): one.entity for one in any_world.bank_lines},
    }
    pairs = set()
    for link in any_world.links:
        left, right = (link.left_type, link.left_id), (link.right_type, link.right_id)
        assert entity[left] == entity[right]
        pairs.add((left, right))
    assert len(pairs) == len(any_world.links)


def test_no_cent_of_any_item_is_linked_twice(any_world: World) -> None:
    amounts = {
        **{one.invoice_id: one.total for one in any_world.invoices},
        **{one.payment_id: one.amount for one in any_world.payments},
        **{one.line_id: one.amount for one in any_world.bank_lines},
    }
    fees = {one.payment_id: one.fee for one in any_world.payments if one.direction == "out"}
    used: dict[tuple[str, str], int] = defaultdict(int)
    for link in any_world.links:
        used[link.left_id, link.right_type] += link.amount
        used[link.right_id, link.left_type] += link.amount
    for (item, _), amount in used.items():
        assert abs(amount) <= abs(amounts[item]) + fees.get(item, 0)
        if item.startswith("lin"):
            assert amount == amounts[item]


def test_what_was_returned_or_lost_leaves_its_invoice_open(world: World) -> None:
    paying = {one.right_id for one in world.links if one.right_type == "payment"}
    kinds = Counter(one.kind for one in world.payments)
    assert world.returns and kinds["dispute"] > kinds["dispute_reversal"] > 0
    assert not paying & {one.payment_id for one in world.returns}

    won = {one.original_id for one in world.payments if one.kind == "dispute_reversal"}
    lost = {one.original_id for one in world.payments if one.kind == "dispute"} - won
    assert lost and not paying & lost
    assert won <= paying


def test_everything_that_happens_to_a_care_provider_happens_in_the_demo(world: World) -> None:
    assert set(CASES.split()) == {one.case for one in world.links}
    assert set(LINES.split()) == {one.kind for one in world.bank_lines}
    assert {one.kind for one in world.parties} == {
        "resident", "relative", "payee", "agency", "vendor",
    }  # fmt: skip
    rooms = Counter(one.total for one in world.invoices if one.kind == "room_and_board")
    assert sum(count for _, count in rooms.most_common(4)) > 0.8 * rooms.total()
    assert world.transfers and world.remittance_lines
    assert any(one.is_void for one in world.invoices)
    assert any(one.line_id is None for one in world.settlements), "in transit at the end"
    assert any(
        one.line_id and one.created.month != one.arrival.month for one in world.settlements
    ), "in transit over a month's end"
    twins = Counter(
        (one.account, one.date, one.amount, one.description) for one in world.bank_lines
    )
    assert max(twins.values()) == 2
    linked = {one.right_id for one in world.links}
    assert any(one.kind == "other" and one.line_id not in linked for one in world.bank_lines)
    numbers = defaultdict(set)
    for one in world.invoices:
        numbers[one.number].add(one.entity)
    assert any(len(entities) == 2 for entities in numbers.values())


def test_the_books_err_and_fall_behind_as_books_do(world: World) -> None:
    true = {(one.left_id, one.right_id) for one in world.links}
    booked = {(one.invoice_id, one.payment_id) for one in world.allocations}
    returned = {one.payment_id for one in world.returns if not one.in_books}
    assert booked - true - {pair for pair in booked if pair[1] in returned}, "misapplied"
    assert any(payment in returned for _, payment in booked), "paid, says the source"
    assert len(booked) < 0.8 * len([one for one in world.links if one.right_type == "payment"])

    totals: dict[str, int] = defaultdict(int)
    for one in world.allocations:
        totals[one.invoice_id] += one.amount
        totals[one.payment_id] += one.amount
    limits = {one.invoice_id: one.total for one in world.invoices}
    limits |= {one.payment_id: one.amount for one in world.payments}
    assert all(amount <= limits[item] for item, amount in totals.items())


def test_the_harder_world_names_fewer_numbers_and_has_more_foreign_payers() -> None:
    def shares(world: World) -> tuple[float, float]:
        cases = Counter(one.case for one in world.links if one.right_type == "payment")
        return cases["1_reference"] / cases.total(), cases["36_relative"] / cases.total()

    ordinary, harder = simulate(1, 6000), simulate(1, 6000, difficulty="harder")
    assert shares(harder)[0] < shares(ordinary)[0]
    assert shares(harder)[1] > shares(ordinary)[1]


# files


def test_an_exchange_folder_says_what_the_world_says(world: World, tmp_path: Path) -> None:
    write_exchange(world, tmp_path)
    rows = {path.stem: list(csv.DictReader(path.open())) for path in tmp_path.glob("*.csv")}

    assert set(rows) == {"invoices", "payments", "bank_lines", "remittance_lines", "truth"}
    assert len(rows["truth"]) == len(world.links)
    lines = {one.line_id: one for one in world.bank_lines}
    for row in rows["bank_lines"]:
        assert row["amount"] == amount_text(lines[row["line_id"]].amount)
    assert {row["status"] for row in rows["invoices"]} == {"open", "void"}
    credits = [row for row in rows["invoices"] if row["applies_to_invoice_id"]]
    assert credits and all(row["total"].startswith("-") for row in credits)
    settled = Counter(row["payout_id"] for row in rows["payments"] if row["payout_id"])
    payouts = [one for one in world.settlements if one.kind == "gateway_payout"]
    assert settled == {one.settlement_id: len(one.items) for one in payouts}


def test_amounts_are_written_as_plain_decimals() -> None:
    assert [amount_text(cents) for cents in (0, 5, -5, 120_050, -1_205)] == [
        "0.00", "0.05", "-0.05", "1200.50", "-12.05",
    ]  # fmt: skip


def test_a_statement_file_holds_every_line_once_and_its_balance(
    world: World, written: Path
) -> None:
    for statement in world.statements:
        account = next(one for one in world.accounts if one.account == statement.account)
        ending = "xml" if account.file_format == "camt" else "ofx"
        name = f"{statement.period_start:%Y-%m}.{ending}"
        path = written / "statements" / account.account / name
        if ending == "xml":
            root = ElementTree.parse(path)
            entries = [
                ("-" if entry.findtext(f"{CAMT}CdtDbtInd") == "DBIT" else "")
                + (entry.findtext(f"{CAMT}Amt") or "")
                for entry in root.iter(f"{CAMT}Ntry")
            ]
            balances = [bal.findtext(f"{CAMT}Amt") for bal in root.iter(f"{CAMT}Bal")]
            assert balances == [amount_text(statement.opening), amount_text(statement.closing)]
        else:
            text = path.read_text(encoding="cp1252")
            entries = re.findall(r"<TRNAMT>([-\d.]+)", text)
            assert re.findall(r"<BALAMT>([-\d.]+)", text) == [amount_text(statement.closing)]
            names = map(unescape, re.findall(r"<NAME>([^<\r]*)", text))
            assert all(len(name) <= 32 for name in names)
            ids = re.findall(r"<FITID>(\d+)", text)
            assert len(set(ids)) == len(ids)
        assert entries == [amount_text(line.amount) for line in statement.lines]


def test_details_of_a_batch_sum_to_their_entry(written: Path) -> None:
    batches = 0
    for path in (written / "statements" / "cedar_operating").glob("*.xml"):
        for entry in ElementTree.parse(path).iter(f"{CAMT}Ntry"):
            details = [one.findtext(f"{CAMT}Amt") or "" for one in entry.iter(f"{CAMT}TxDtls")]
            assert sum(map(Decimal, details)) == Decimal(entry.findtext(f"{CAMT}Amt") or "")
            batches += len(details) > 1
    assert batches


def test_the_csv_download_repeats_lines_of_the_ofx_files_with_a_running_balance(
    world: World, written: Path
) -> None:
    [path] = (written / "statements" / "operating").glob("*.csv")
    rows = list(csv.DictReader(path.open()))
    statements = [one for one in world.statements if one.account == "operating"][-3:]
    lines = [line for one in statements for line in one.lines]

    assert [row["Amount"] for row in reversed(rows)] == [amount_text(one.amount) for one in lines]
    assert rows[0]["Balance"] == amount_text(statements[-1].closing)
    for newer, older in zip(rows, rows[1:], strict=False):
        assert Decimal(newer["Balance"]) == Decimal(older["Balance"]) + Decimal(newer["Amount"])


def test_bank_text_is_upper_case_ascii(world: World) -> None:
    for line in world.bank_lines:
        assert line.description.isascii() and line.description == line.description.upper()


def test_a_world_of_twenty_thousand_has_files_too(tmp_path: Path) -> None:
    world = simulate(7, 20_000, 6)
    write_exchange(world, tmp_path / "exchange")
    write_statements(world, tmp_path / "statements")
    assert 18_000 < len(world.invoices) < 22_000
    assert len(list((tmp_path / "statements").iterdir())) == 7


# native objects


def test_a_payouts_balance_transactions_sum_to_nought_with_its_own_row(
    world: World, written: Path
) -> None:
    store = ObjectStore(written / "objects.sqlite")
    [account] = store.companies("stripe")
    settlements = [one for one in world.settlements if one.kind == "gateway_payout"]
    payouts = store.select("stripe", account, "payouts")
    assert sorted(json.loads(one.body)["amount"] for one in payouts) == sorted(
        one.amount for one in settlements
    )
    for payout in payouts:
        rows = store.select("stripe", account, "balance_transactions", "group_id = ?", (payout.id,))
        moves = [json.loads(row.body) for row in rows]
        assert sum(move["net"] for move in moves) == 0
        assert all(move["net"] == move["amount"] - move["fee"] for move in moves)
        assert [-one["net"] for one in moves if one["type"] == "payout"] == [
            json.loads(payout.body)["amount"]
        ]


def test_stripes_objects_name_each_other(written: Path) -> None:
    [account] = ObjectStore(written / "objects.sqlite").companies("stripe")

    def all_of(collection: str) -> dict[str, dict]:
        return {one["id"]: one for one in objects(written, "stripe", account, collection)}

    customers, charges, invoices = all_of("customers"), all_of("charges"), all_of("invoices")
    intents, balance = all_of("payment_intents"), all_of("balance_transactions")
    for charge in charges.values():
        assert charge["customer"] in customers
        assert charge["payment_intent"] in intents
        assert (charge["status"] == "failed") == (charge["balance_transaction"] not in balance)
    paid: dict[str, int] = defaultdict(int)
    for one in all_of("invoice_payments").values():
        assert one["payment"]["payment_intent"] in intents
        paid[one["invoice"]] += one["amount_paid"]
    lines: dict[str, int] = defaultdict(int)
    for one in all_of("invoice_lines").values():
        lines[one["invoice"]] += one["amount"]
    for invoice in invoices.values():
        assert lines[invoice["id"]] == invoice["total"]
        assert paid[invoice["id"]] == invoice["amount_paid"]
        if invoice["status"] != "void":
            left = invoice["amount_due"] - invoice["amount_paid"]
            assert invoice["amount_remaining"] == left >= 0
    for collection in ("refunds", "disputes"):
        found = all_of(collection)
        assert found and all(one["charge"] in charges for one in found.values())
    assert all_of("credit_notes") and all_of("events")


@pytest.fixture(params=[0, 1])
def realm(request: pytest.FixtureRequest, written: Path) -> str:
    realms = ObjectStore(written / "objects.sqlite").companies("quickbooks_online")
    return realms[request.param]


def test_quickbooks_balances_are_what_its_objects_say(written: Path, realm: str) -> None:
    def all_of(kind: str) -> list[dict]:
        return objects(written, "quickbooks_online", realm, kind)

    balance: dict[str, Decimal] = defaultdict(Decimal)
    for one in all_of("Payment"):
        balance[one["DepositToAccountRef"]["value"]] += one["TotalAmt"]
    for one in all_of("Deposit"):
        balance[one["DepositToAccountRef"]["value"]] += one["TotalAmt"]
        for line in one["Line"]:
            direct = line.get("DepositLineDetail")
            balance[direct["AccountRef"]["value"] if direct else "4"] -= line["Amount"]
    for one in all_of("Transfer"):
        balance[one["FromAccountRef"]["value"]] -= one["Amount"]
        balance[one["ToAccountRef"]["value"]] += one["Amount"]
    for one in all_of("BillPayment"):
        balance[one["CheckPayment"]["BankAccountRef"]["value"]] -= one["TotalAmt"]
    for one in all_of("Purchase"):
        balance[one["AccountRef"]["value"]] -= one["TotalAmt"]
    for one in all_of("RefundReceipt"):
        balance[one["DepositToAccountRef"]["value"]] -= one["TotalAmt"]
    for one in all_of("JournalEntry"):
        for line in one["Line"]:
            detail = line["JournalEntryLineDetail"]
            sign = 1 if detail["PostingType"] == "Debit" else -1
            balance[detail["AccountRef"]["value"]] += sign * line["Amount"]
    accounts = {one["Id"]: one for one in all_of("Account")}
    money = [
        one["Id"]
        for one in accounts.values()
        if one["AccountType"] in ("Bank", "Other Current Asset")
    ]
    assert len(money) >= 4
    for id in money:
        assert accounts[id]["CurrentBalance"] == balance[id], accounts[id]["Name"]


def test_quickbooks_documents_are_open_by_what_no_payment_line_pays(
    written: Path, realm: str
) -> None:
    def all_of(kind: str) -> list[dict]:
        return objects(written, "quickbooks_online", realm, kind)

    paid: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for payment in (*all_of("Payment"), *all_of("BillPayment")):
        left = payment["TotalAmt"] - payment.get("UnappliedAmt", 0)
        for line in payment["Line"]:
            [linked] = line["LinkedTxn"]
            paid[linked["TxnType"], linked["TxnId"]] += line["Amount"]
            left += line["Amount"] if linked["TxnType"] == "CreditMemo" else -line["Amount"]
        assert left == 0
    entries = {one["Id"] for one in all_of("JournalEntry")}
    assert {id for kind, id in paid if kind == "JournalEntry"} <= entries
    for kind in ("Invoice", "CreditMemo", "Bill"):
        for one in all_of(kind):
            assert one["Balance"] == one["TotalAmt"] - paid[kind, one["Id"]] >= 0


def test_quickbooks_ids_are_digits_that_collide_across_kinds_and_realms(written: Path) -> None:
    store = ObjectStore(written / "objects.sqlite")
    ids = [
        {row.id for row in store.select("quickbooks_online", realm, kind)}
        for realm in store.companies("quickbooks_online")
        for kind in ("Invoice", "Payment", "Deposit")
    ]
    assert all(id.isdigit() for each in ids for id in each)
    assert set.intersection(*ids)


def test_a_mistake_and_a_moved_customer_leave_tombstones(written: Path) -> None:
    store = ObjectStore(written / "objects.sqlite")
    [account] = store.companies("stripe")
    assert store.tombstones("stripe", account, "customers", 0)
    for realm in store.companies("quickbooks_online"):
        assert len(store.tombstones("quickbooks_online", realm, "Invoice", 0)) == 1


def test_charges_and_gateway_invoices_are_mirrored_in_the_books(written: Path) -> None:
    store = ObjectStore(written / "objects.sqlite")
    [account], realm = store.companies("stripe"), store.companies("quickbooks_online")[0]
    charges = {one["id"]: one for one in objects(written, "stripe", account, "charges")}
    payments = objects(written, "quickbooks_online", realm, "Payment")
    mirrored = 0
    for payment in payments:
        named = re.search(r"ch_\w+", payment.get("PrivateNote", ""))
        if named:
            mirrored += 1
            assert payment["TotalAmt"] * 100 == charges[named.group()]["amount"]
            assert payment["DepositToAccountRef"]["value"] == "41"
    succeeded = [one for one in charges.values() if one["status"] == "succeeded"]
    assert 0.9 * len(succeeded) < mirrored < len(succeeded)

    numbers = {one["DocNumber"] for one in objects(written, "quickbooks_online", realm, "Invoice")}
    gateway = {one["number"] for one in objects(written, "stripe", account, "invoices")}
    assert gateway and gateway <= numbers


def test_the_demos_connections_name_every_account_and_company(world: World, written: Path) -> None:
    document = demo_connections(8700, written, lambda number: f"hash of {number}", world)
    store = ObjectStore(written / "objects.sqlite")

    connections = document["connections"]
    assert connections["quickbooks_main"]["companies"] == store.companies("quickbooks_online")
    assert connections["stripe_main"]["companies"] == store.companies("stripe")
    assert Path(connections["bank_main"]["options"]["folder"]).is_dir()
    assert len(document["entity_map"]) == 3
    banks = [row for row in document["bank_account_map"] if row["connection_id"] == "bank_main"]
    assert {row["account_id"] for row in banks} == {one.account for one in world.accounts}
    [account] = store.companies("stripe")
    destinations = {one["destination"] for one in objects(written, "stripe", account, "payouts")}
    stripe = [row for row in document["bank_account_map"] if row["connection_id"] == "stripe_main"]
    assert {row["source_account"] for row in stripe} == destinations


def test_the_sandbox_knows_no_connector() -> None:
    folder = Path(__file__).parents[2] / "pipelines" / "sandbox"
    for path in folder.glob("*.py"):
        imported = re.findall(r"^(?:from|import) (pipelines\.[\w.]+)", path.read_text(), re.M)
        assert not [name for name in imported if not name.startswith("pipelines.sandbox")], path
