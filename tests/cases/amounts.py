"""G1, amounts and sets: cases 1 to 20."""

from __future__ import annotations

from datetime import timedelta

from tests.cases.world import Instance, Item, Party, case, money, subsets_that_sum

LISTS = (", ", " ", " & ", "/", "; ")


def _listed(at: Instance, paid: Item, invoices: list[Item]) -> None:
    for invoice in invoices:
        at.remits(paid, invoice.number, invoice.amount)


def _pool(at: Instance, payer: Party, size: int, chosen: int) -> tuple[list[Item], list[Item]]:
    """Open invoices of a payer, of which the first `chosen` alone sum to what they sum to."""
    while True:
        amounts = [at.amount(20_000, 260_000) for _ in range(size)]
        if len(subsets_that_sum(amounts, sum(amounts[:chosen]))) == 1:
            break
    issued = [at.after(at.first_of_month(), 0, 20) for _ in amounts]
    invoices = [at.invoice(payer, *each) for each in zip(amounts, issued, strict=True)]
    return invoices[:chosen], invoices[chosen:]


@case(1, "One invoice, one payment, same amount, reference whole", "AUTO")
def whole_reference(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    invoice = at.invoice(payer, total)
    rivals = [at.invoice(payer, total, at.first_of_month(-1))] if at.rng.random() < 0.5 else []
    rivals += [at.invoice(at.person(), total) for _ in range(at.rng.randint(0, 2))]
    paid = at.receipt(payer, total, at.after(invoice.day), at.said(invoice.number))
    at.link(invoice, paid)
    at.never(rivals, paid, "the payment names another invoice")


@case(2, "One deposit covers seven invoices", "AUTO if listed, ASK if only the sum is unique")
def seven_invoices(at: Instance) -> None:
    at.alone()
    payer = at.firm()
    seven, others = _pool(at, payer, at.rng.randint(8, 10), 7)
    total, day = sum(one.amount for one in seven), at.after(at.first_of_month(1))
    how = at.rng.choice(("remittance", "memo", "sum"))
    said = at.rng.choice(LISTS).join(one.number for one in seven) if how == "memo" else ""
    paid = at.receipt(payer, total, day, said, via=at.recorded())
    if how == "remittance":
        _listed(at, paid, seven)
    for one in seven:
        at.link(one, paid, outcome="ASK" if how == "sum" else "AUTO")
    at.never(others, paid, "not in the set")


@case(3, "One deposit covers seven invoices less a fee", "AUTO only by a fee record")
def seven_less_a_fee(at: Instance) -> None:
    at.alone()
    payer = at.firm()
    seven, others = _pool(at, payer, at.rng.randint(8, 9), 7)
    total, day = sum(one.amount for one in seven), at.after(at.first_of_month(1))
    fee = at.rng.randint(1_500, 9_000)
    has_record = at.rng.random() < 0.5
    amount = total if has_record else total - fee
    paid = at.payment(payer, amount, day, method="ach", fee=fee if has_record else 0)
    _listed(at, paid, seven)
    line = at.line(total - fee, at.after(day, 0, 2), at.credit_text(payer.name))
    at.link(paid, line, total - fee)
    gap = 0 if has_record else fee
    for one in seven:  # nobody says which invoice is short, so the truth takes the last
        short = gap if one is seven[-1] else 0
        at.link(one, paid, one.amount - short, outcome="AUTO" if has_record else "ASK")
    at.never(others, paid, "not in the list")


@case(4, "Two different sets sum to the deposit", "ASK, show both")
def two_sets(at: Instance) -> None:
    at.alone()
    payer = at.firm()
    while True:
        one = [at.amount(20_000, 160_000) for _ in range(at.rng.randint(2, 4))]
        other = [at.amount(20_000, 160_000) for _ in range(at.rng.randint(1, 3))]
        rest = sum(one) - sum(other)
        strangers = [at.amount(20_000, 260_000) for _ in range(at.rng.randint(0, 3))]
        every = [*one, *other, rest, *strangers]
        if rest > 10_000 and len(subsets_that_sum(every, sum(one))) == 2:
            break
    first = [at.invoice(payer, each, at.after(at.first_of_month(), 0, 20)) for each in one]
    second = [at.invoice(payer, each, at.after(at.first_of_month(), 0, 20)) for each in other]
    second.append(at.invoice(payer, rest, at.after(at.first_of_month(), 0, 20)))
    left = [at.invoice(payer, each) for each in strangers]
    paid = at.receipt(payer, sum(one), at.after(at.first_of_month(1)), via=at.recorded())
    for invoice in first:
        at.link(invoice, paid, outcome="ASK")
    for invoice in second:
        at.expect("suggested", invoice, paid)
    at.never(second + left, paid, "another set fits as well, or it is in none")


@case(5, "Candidate pool too large for proof of uniqueness", "OPEN, too many to prove")
def pool_too_large(at: Instance) -> None:
    at.alone()
    start = at.first_of_month()
    cheques = []
    for _ in range(at.rng.randint(34, 42)):
        amount = at.rate() if at.rng.random() < 0.3 else at.rng.randint(100, 2_000) * 100
        number = str(at.rng.randint(1_000, 9_999))
        day = at.after(start, 0, 20)
        cheques.append(at.payment(at.person(), amount, day, method="check", reference=number))
    inside = at.rng.sample(cheques, at.rng.randint(14, 20))
    line = at.line(sum(one.amount for one in inside), at.after(start, 24, 28), "DEPOSIT")
    at.never(cheques, line, "many sets sum to the deposit")
    at.expect("open", line, value="deposit_not_itemised|suggestion_waiting|too_many_to_prove")


@case(6, "Partial instalments", "AUTO, residual kept")
def instalments(at: Instance) -> None:
    payer, part, parts = at.person(), at.rng.randint(100, 600) * 100, at.rng.randint(3, 5)
    invoice, day = at.invoice(payer, part * parts), at.first_of_month()
    come = at.rng.randint(2, parts)
    via = at.any_via()
    for _ in range(come):
        day = at.after(day, 5, 20)
        at.link(invoice, at.receipt(payer, part, day, at.said(invoice.number), via=via))
    if come == parts:
        at.expect("closed", invoice)
    else:
        at.expect("open", invoice, value="part_paid", amount=part * (parts - come))


@case(7, "Last instalment differs by a cent", "AUTO, the cent on its own line")
def last_cent(at: Instance) -> None:
    payer, parts = at.person(), at.rng.choice((3, 6))
    each = at.rng.randint(10_000, 70_000)
    total = each * parts + at.rng.choice((-1, 1))
    invoice, day, via = at.invoice(payer, total), at.first_of_month(), at.any_via()
    for place in range(parts):
        day = at.after(day, 5, 12)
        paid = at.receipt(payer, each, day, at.said(invoice.number), via=via)
        at.link(invoice, paid, min(each, total - place * each))
    at.expect("closed", invoice)


@case(8, "Rounding per line or per invoice", "AUTO within n lines times half a cent")
def rounding(at: Instance) -> None:
    payer, days = at.person(), at.rng.randint(8, 31)
    tenths = at.rng.randint(30_000, 90_000) // 10 * 10 + at.rng.choice((3, 4, 6, 7))
    issued = at.first_of_month(1)
    start = at.first_of_month()
    invoice = at.invoice(
        payer,
        (tenths * days + 5) // 10,
        issued,
        service_from=start.isoformat(),
        service_to=(start + timedelta(days - 1)).isoformat(),
        memo=f"{days} days at {tenths // 1000}.{tenths % 1000:03} a day",
    )
    by_line = (tenths + 5) // 10 * days
    paid = at.receipt(payer, by_line, at.after(issued), at.said(invoice.number))
    at.link(invoice, paid)
    at.expect("closed", invoice)
    # A percentage would swallow this one: fifty dollars of a large invoice stay open.
    other = at.person()
    large = at.invoice(other, at.rng.randint(900_000, 1_500_000), issued)
    short = at.receipt(other, large.amount - 5_000, at.after(issued), at.said(large.number))
    at.link(large, short)
    at.expect("open", large, value="part_paid", amount=5_000)


@case(9, "Over-payment", "AUTO to the invoice, rest on account of the same payer")
def over_payment(at: Instance) -> None:
    payer, total, rest = at.person(), at.rate_or_amount(), at.amount(5_000, 90_000)
    invoice = at.invoice(payer, total)
    other = at.invoice(at.person(), rest)
    paid = at.receipt(
        payer, total + rest, at.after(invoice.day), at.said(invoice.number), via=at.recorded()
    )
    at.link(invoice, paid)
    at.never(other, paid, "the rest belongs to the payer, not to another resident")
    at.expect("open", paid, value="rest_on_account", amount=rest)


@case(10, "Short payment, no reason", "link part, rest open")
def short_payment(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    short = at.rng.randint(total // 100, total // 4)
    invoice = at.invoice(payer, total)
    paid = at.receipt(payer, total - short, at.after(invoice.day), at.said(invoice.number))
    at.link(invoice, paid)
    at.expect("open", invoice, value="part_paid", amount=short)


@case(11, "Early-payment discount", "in time AUTO, late ASK")
def early_discount(at: Instance) -> None:
    payer, total, days = at.firm(("Health Plan", "Care Network")), at.amount(), 10
    discount = total * at.rng.choice((1, 2, 3)) // 100
    issued = at.first_of_month()
    invoice = at.invoice(
        payer,
        total,
        issued,
        due_days=30,
        discount=money(discount),
        discount_date=(issued + timedelta(days)).isoformat(),
    )
    in_time = at.rng.random() < 0.6
    day = issued + timedelta(at.rng.randint(2, days) if in_time else days + at.rng.randint(3, 25))
    # The books' own date counts; the bank books it when it will.
    paid = at.payment(payer, total - discount, day, at.said(invoice.number))
    at.link(invoice, paid, outcome="AUTO" if in_time else "ASK")
    if in_time:
        at.expect("closed", invoice)


@case(12, "Tax or levy withheld at source", "ASK until a contract says the rate")
def withheld(at: Instance) -> None:
    payer, total = at.firm(("County Agency", "Board of Health")), at.amount(80_000)
    percent = at.rng.choice((3, 7, 10, 15, 20))
    invoice = at.invoice(payer, total)
    why = at.rng.choice((f"less {percent}% withheld", "net of withholding", "net of levy"))
    paid = at.receipt(
        payer,
        total - total * percent // 100,
        at.after(invoice.day),
        f"{invoice.number} {why}",
        via=at.recorded(),
    )
    at.link(invoice, paid, outcome="ASK")


@case(13, "Customer pays the same invoice twice", "first AUTO, second OPEN")
def paid_twice(at: Instance) -> None:
    payer, total, via = at.person(), at.rate_or_amount(), at.recorded()
    invoice = at.invoice(payer, total)
    coming = at.invoice(payer, total, at.first_of_month(1))
    day = at.after(invoice.day, 3, 15)
    first = at.receipt(payer, total, day, at.said(invoice.number), via=via)
    second = at.receipt(payer, total, at.after(day, 2, 25), at.said(invoice.number), via=via)
    at.link(invoice, first)
    at.never(invoice, second, "the invoice is paid already")
    at.never(coming, (first, second), "neither payment names the next month's invoice")
    at.expect("open", second, value="invoice_already_settled|rest_on_account", amount=total)


@case(14, "Prepayment before the invoice exists", "OPEN on account, offered later")
def prepayment(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    day = at.after(at.first_of_month(), 0, 20)
    said = at.rng.choice(("advance", "prepayment", "deposit for the room", ""))
    paid = at.receipt(payer, total, day, said, via=at.recorded())
    if at.rng.random() < 0.6:
        invoice = at.invoice(payer, total, day + timedelta(at.rng.randint(15, 60)))
        at.link(invoice, paid, outcome="ASK")
    else:
        at.expect("open", paid, value="no_invoice_named|rest_on_account", amount=total)
    other = at.invoice(at.person(), total, day - timedelta(5))
    at.never(other, paid, "another resident's")


@case(15, "On-account credit used later", "link credit to invoice, no cash moved")
def credit_used_later(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    credit = at.rng.randint(total // 20, total // 2)
    later = at.invoice(payer, total, at.first_of_month(1))
    note = at.invoice(
        payer,
        -credit,
        at.first_of_month(),
        number=f"CN-{at.digits()}",
        applies_to_invoice_id=later.item_id,
    )
    paid = at.receipt(
        payer,
        total - credit,
        at.after(later.day),
        at.said(later.number),
        via=at.recorded(),
    )
    at.link(later, paid)
    at.never(note, paid, "the credit moves no cash")
    at.expect("allowed", note, later)
    at.expect("closed", later)
    at.expect("closed", note)


@case(16, "Credit note nets inside a payment", "AUTO if both named, else ASK")
def netted_credit(at: Instance) -> None:
    payer, total = at.person(), at.amount(60_000)
    credit = at.rng.randint(total // 20, total // 3)
    invoice = at.invoice(payer, total)
    note = at.invoice(payer, -credit, at.after(invoice.day, 0, 4), number=f"CN-{at.digits()}")
    both = at.rng.random() < 0.5
    said = at.rng.choice(LISTS).join((invoice.number, note.number)) if both else invoice.number
    paid = at.receipt(payer, total - credit, at.after(invoice.day, 6, 25), said, via=at.recorded())
    if both:
        at.link(invoice, paid, total)
        at.link(note, paid, credit)
        at.expect("closed", invoice)
        at.expect("closed", note)
        return
    at.link(invoice, paid, outcome="ASK")
    at.expect("allowed", note, invoice)
    at.expect("allowed", note, paid)


@case(17, "Credit note with the digits of an invoice", "type decides")
def same_digits(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    digits = at.digits()
    invoice = at.invoice(payer, total, number=f"INV-{digits}")
    other = payer if at.rng.random() < 0.5 else at.person()
    note = at.invoice(other, -total, at.after(invoice.day, 2, 9), number=f"CN-{digits}")
    if at.rng.random() < 0.6:
        paid = at.receipt(
            payer, total, at.after(invoice.day, 10, 25), f"INV-{digits}", via=at.recorded()
        )
        at.link(invoice, paid)
        at.never(note, paid, "the payment names the invoice, not the credit note")
        return
    back = at.payment(other, total, at.after(note.day), f"refund CN-{digits}", direction="out")
    at.bank_out(back, f"ACH DEBIT {other.name} CN-{digits}")
    at.link(note, back)
    at.never(invoice, back, "a refund pays no invoice")


@case(18, "One payment over two bank accounts or two days", "ASK many-to-one")
def split_payment(at: Instance) -> None:
    payer, half = at.person(), at.amount(30_000, 200_000)
    first = half if at.rng.random() < 0.5 else half + at.rng.randint(1, 20_000)
    invoice = at.invoice(payer, first + half)
    twins = [at.invoice(at.person(), part) for part in (first, half)]
    day = at.after(invoice.day)
    paid = at.payment(payer, first + half, day, at.said(invoice.number), method="wire")
    other = at.rng.choice(("operating", "reserve"))
    days = 1 if other == "operating" else 0
    lines = [
        at.line(first, day, at.credit_text(payer.name)),
        at.line(half, at.after(day, days, days), at.credit_text(payer.name), account=other),
    ]
    at.link(invoice, paid)
    for line in lines:
        at.link(paid, line, outcome="ASK")
    at.never(twins, lines, "half of another payment")


@case(19, "Zero-amount or negative invoice", "no link by amount")
def nothing_owed(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    nought = at.invoice(payer, 0)
    invoice = at.invoice(payer, total)
    paid = at.receipt(payer, total, at.after(invoice.day), at.said(invoice.number))
    at.link(invoice, paid)
    at.never(nought, paid, "everything fits nothing")
    other, credit = at.person(), at.amount()
    note = at.invoice(other, -credit, number=f"CN-{at.digits()}")
    received = at.receipt(other, credit, at.after(note.day), "payment", via=at.recorded())
    at.never(note, received, "a credit note is not paid by the customer")
    at.expect("untouched", received)
    empty = at.payment(payer, 0, at.after(invoice.day))
    at.never((nought, invoice), empty, "nothing was paid")


@case(20, "Many-to-many settlement", "ASK as a group, AUTO by a shared remittance")
def many_to_many(at: Instance) -> None:
    at.alone()
    payer = at.firm(("County Agency", "Health Plan"))
    invoices = [at.invoice(payer, at.amount(60_000, 200_000)) for _ in range(6)]
    total = sum(one.amount for one in invoices)
    cuts = sorted(at.rng.sample(range(total // 10, total, 1), 3))
    bounds = [0, *cuts, total]
    has_remittance = at.rng.random() < 0.5
    shared = f"REM-{at.rng.randint(100_000, 999_999)}" if has_remittance else ""
    payments = [
        at.receipt(payer, high - low, at.after(at.first_of_month(), 8, 16), shared, via="payment")
        for low, high in zip(bounds, bounds[1:], strict=False)
    ]
    start = 0
    for invoice in invoices:
        end = start + invoice.amount
        for paid, low, high in zip(payments, bounds, bounds[1:], strict=False):
            part = min(end, high) - max(start, low)
            if part > 0 and has_remittance:
                at.remits(paid, invoice.number, part)
                at.link(invoice, paid, part)
        start = end
    if not has_remittance:
        for paid in payments:
            at.expect("untouched", paid)
            at.expect("asked", paid)
