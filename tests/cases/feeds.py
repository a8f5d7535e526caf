"""G7, feeds and pipes: cases 71 to 85."""

from __future__ import annotations

from tests.cases.world import Instance, case, without_generator

BANK_LINES = "models/intermediate/canonical/_canonical__models.yml"
OWN_LINES = (
    ("MONTHLY MAINTENANCE FEE", -1),
    ("ACCOUNT ANALYSIS FEE", -1),
    ("WIRE FEE", -1),
    ("SERVICE CHARGE", -1),
    ("INTEREST PAID", 1),
    ("INTEREST EARNED", 1),
)
HOSTILE = (
    '=HYPERLINK("file:///etc/hosts","pay")',
    "+1+cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "-2+3",
    "<script>alert(1)</script>",
    "'; drop table invoices; --",
    "{{ 7*7 }}",
    "=1+1, with a comma",
    '"quoted" \\ back',
)

without_generator(
    71,
    "Same bank account from two feeds",
    "one row, both sources noted",
    elsewhere=f"{BANK_LINES}::one_line_told_by_two_formats_is_one_line",
)
without_generator(
    72,
    "Pending row becomes posted under a new id",
    "replace, keep history",
    waits="a feed that gives pending rows an id; the exchange format holds posted lines",
)


@case(73, "Identical legitimate twins", "both kept")
def twins(at: Instance) -> None:
    at.alone()
    payer, each = at.person(), at.rng.choice((2_000, 5_000, 10_000))
    invoice, day = at.invoice(payer, 2 * each), at.after(at.first_of_month())
    said = at.said(invoice.number)
    payments = [at.payment(payer, each, day, said, method="cash") for _ in range(2)]
    lines = [at.line(each, day, "COUNTER DEPOSIT CASH") for _ in range(2)]
    for paid in payments:
        at.link(invoice, paid)
        for line in lines:
            at.never(paid, line, "two equal receipts and nothing that tells them apart")
    at.expect("closed", invoice)


without_generator(
    74,
    "Missing lines (balance gap)",
    "EXC",
    elsewhere="models/marts/reconciliation/exceptions.yml"
    "::a_statement_that_does_not_add_up_and_one_that_is_missing_are_exceptions",
)


@case(75, "Sign flips between sources", "a refund is no receipt")
def flipped_sign(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    invoice = at.invoice(payer, total)
    back = at.payment(payer, total, at.after(invoice.day), "refund", direction="out")
    line = at.bank_out(back, f"ACH DEBIT {payer.name} REFUND")
    at.never(invoice, (back, line), "money out settles no receivable")
    at.expect("untouched", invoice)


@case(76, "Transfer between own accounts", "pair out and in, no invoice")
def transfer(at: Instance) -> None:
    resident, amount = at.person(), at.amount(50_000)
    invoice, bill = at.invoice(resident, amount), at.bill(amount)
    day = at.after(at.first_of_month())
    there, here = at.rng.choice((("operating", "savings"), ("savings", "operating")))
    out = at.line(-amount, day, f"ONLINE TRANSFER TO {here.upper()}", account=there)
    into = at.line(
        amount, at.after(day, 0, 2), f"ONLINE TRANSFER FROM {there.upper()}", account=here
    )
    at.expect("pair", out, into, value="AUTO")
    at.never(invoice, into, "own money is no income")
    at.never(bill, out, "own money is no expense")
    at.expect("closed", out)
    at.expect("closed", into)


@case(77, "Several entities share one bank account", "entity by document")
def shared_account(at: Instance) -> None:
    at.alone()
    payer, stranger, total = at.person(), at.person(), at.rate_or_amount()
    number = at.number()
    invoice = at.invoice(payer, total, number=number, entity=f"{at.entity}-b")
    rival = at.invoice(stranger, total, number=number if at.rng.random() < 0.5 else None)
    paid = at.payment(payer, total, at.after(invoice.day), at.said(number), entity=f"{at.entity}-b")
    at.link(invoice, paid)
    # The account is in the first entity's name, and so is the line.
    line = at.line(total, at.after(paid.day, 0, 2), at.credit_text(payer.name, number))
    at.never((invoice, paid), line, "across entities only by an inter-company line")
    at.never(rival, (line, paid), "the books of the wrong entity")
    at.expect("untouched", line)


without_generator(
    78, "Webhook twice, late or out of order", "idempotent by event id", waits="webhooks"
)
without_generator(79, "Write-back timed out", "look up by key, then retry", waits="postings")


@case(80, "Source says paid but no cash seen", "status without cash")
def paid_without_cash(at: Instance) -> None:
    resident, total = at.person(), at.rate_or_amount()
    invoice = at.invoice(resident, total, status="paid")
    neighbour = at.person()
    other = at.invoice(neighbour, total)
    paid = at.receipt(neighbour, total, at.after(other.day), at.said(other.number))
    at.link(other, paid)
    at.never(invoice, paid, "the neighbour pays her own")
    at.expect("exception", invoice, value="status_without_cash")
    at.expect("untouched", invoice)


without_generator(
    81, "Cash seen, source still unpaid", "write back or queue", waits="webhooks and postings"
)


@case(82, "Cash, lockbox or cheque deposit total", "by deposit slip, then to items")
def deposit_slip(at: Instance) -> None:
    at.alone()
    has_slip, count = at.rng.random() < 0.6, at.rng.randint(3, 8)
    day, slip = at.after(at.first_of_month(), 5, 20), str(at.rng.randint(100_000, 999_999))
    cheques = []
    for _ in range(count):
        payer, total = at.person(), at.rate_or_amount()
        invoice = at.invoice(payer, total)
        cheque = at.payment(
            payer,
            total,
            day,
            method="check",
            reference=str(at.rng.randint(1_000, 9_999)),
            memo=at.said(invoice.number),
            payout_id=f"DEP-{slip}" if has_slip else "",
        )
        at.link(invoice, cheque)
        cheques.append(cheque)
    total = sum(one.amount for one in cheques)
    if has_slip:
        line = at.line(total, day, f"DEPOSIT SLIP {slip}", reference=f"DEP-{slip}")
    else:
        line = at.line(total, at.after(day, 0, 2), "DEPOSIT")
    for cheque in cheques:
        at.link(cheque, line, outcome="AUTO" if has_slip else "ASK")
    single = at.invoice(at.person(), total)
    at.never(single, line, "one invoice of the deposit's sum")


@case(83, "Bank fee, interest, standing lines", "rule class, never a receipt")
def banks_own(at: Instance) -> None:
    text, sign = at.rng.choice(OWN_LINES)
    amount = at.rng.randint(50, 6_000)
    if sign > 0:
        rival = at.invoice(at.person(), amount)
    else:
        rival = at.bill(amount)
    line = at.line(sign * amount, at.after(rival.day), text)
    at.never(rival, line, "the bank's own line")
    at.expect("untouched", line)
    at.expect("open", line, value="bank_charge")


without_generator(
    84,
    "Deleted at source",
    "soft-delete, links reviewed",
    elsewhere="tests/pipelines/test_files_loading.py"
    "::test_a_folder_is_a_snapshot_whose_versions_are_kept",
)


@case(85, "Text that looks like code or a formula", "shown as text")
def hostile_text(at: Instance) -> None:
    payer, total, text = at.person(), at.rate_or_amount(), at.rng.choice(HOSTILE)
    invoice = at.invoice(payer, total, memo=at.rng.choice(HOSTILE))
    day = at.after(invoice.day)
    paid = at.payment(payer, total, day, reference=invoice.number, memo=text)
    line = at.line(total, day, f"ACH CREDIT {at.payer_text(payer.name)} {text}")
    at.link(invoice, paid)
    at.link(paid, line)
