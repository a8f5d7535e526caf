"""G4, time: cases 49 to 54."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.sandbox.business_days import business_day, is_business_day
from tests.cases.world import YEAR, Instance, case, without_generator

LONG_WEEKENDS = (date(YEAR, 5, 22), date(YEAR, 7, 2), date(YEAR, 9, 4), date(YEAR, 2, 13))


@case(49, "Date crosses month end or time zone", "the bank's booking date as a calendar date")
def month_end(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    this, coming = (at.invoice(payer, total, at.first_of_month(later)) for later in (0, 1))
    last = at.first_of_month(1) - timedelta(1)
    while not is_business_day(last):
        last -= timedelta(1)
    paid = at.payment(payer, total, last, at.said(this.number))
    booked = business_day(at.first_of_month(1))
    at.link(paid, at.line(total, booked, at.credit_text(payer.name, this.number)))
    at.link(this, paid)
    at.never(coming, paid, "the payment names the month before")
    later = at.receipt(payer, total, at.after(coming.day, 8, 20), at.said(coming.number))
    at.link(coming, later)
    at.never(this, later, "paid already")


@case(50, "Payout delayed over weekend or holiday", "window in business days")
def long_weekend(at: Instance) -> None:
    at.alone()
    sent = at.rng.choice(LONG_WEEKENDS)
    payout, net = f"po_{at.rng.randrange(10**9):09}", 0
    charges = []
    for _ in range(at.rng.randint(2, 5)):
        payer, total = at.person(), at.rate_or_amount()
        invoice = at.invoice(payer, total, sent - timedelta(at.rng.randint(5, 15)))
        fee = total * 29 // 1000 + 30
        charge = at.payment(
            payer, total, sent, at.said(invoice.number), method="card", fee=fee, payout_id=payout
        )
        at.link(invoice, charge)
        charges.append((charge, total - fee))
        net += total - fee
    arrived = business_day(sent + timedelta(1), at.rng.randint(1, 3))
    line = at.line(net, arrived, "STRIPE TRANSFER")
    for charge, part in charges:
        at.link(charge, line, part)


@case(51, "Payment long before or after due", "early side at issue, late side at due")
def far_from_due(at: Instance) -> None:
    payer, total, due_days = at.person(), at.rate_or_amount(), at.rng.choice((30, 60, 90))
    issued = at.first_of_month(-2)
    invoice = at.invoice(payer, total, issued, due_days=due_days)
    if at.rng.random() < 0.5:
        day = at.after(issued, 1, 6)
    else:
        day = at.after(issued + timedelta(due_days), 40, 115)
    nearer = at.invoice(payer, total, day - timedelta(15), due_days=15)
    paid = at.receipt(payer, total, day, at.said(invoice.number))
    at.link(invoice, paid)
    at.never(nearer, paid, "due that very day, and not named")


@case(52, "Weekly equal bills", "narrow window, or number needed")
def weekly_bills(at: Instance) -> None:
    payer, total, weeks = at.person(), at.amount(20_000, 90_000), at.rng.randint(4, 7)
    start = at.first_of_month() + timedelta(at.rng.randint(0, 6))
    bills = [at.invoice(payer, total, start + timedelta(7 * n), due_days=7) for n in range(weeks)]
    is_numbered, via = at.rng.random() < 0.5, at.any_via()
    paid = []
    for bill in bills:
        low, high = (2, 16) if is_numbered else (0, 1)
        said = at.said(bill.number) if is_numbered else ""
        paid.append(at.receipt(payer, total, at.after(bill.day, low, high), said, via=via))
        at.link(bill, paid[-1], outcome="AUTO" if is_numbered else "EITHER")
    for place, one in enumerate(paid):
        at.never(bills[:place] + bills[place + 1 :], one, "another week's bill")
    if via == "both" and not is_numbered:
        _same_week(at)


def _same_week(at: Instance) -> None:
    """Equal payments of one payer may be a week apart: their lines may be told by days alone."""
    for link in [each for each in at.links if each.left.kind == "payment"]:
        at.links.remove(link)
        at.link(link.left, link.right, link.amount, "EITHER")


without_generator(
    53,
    "Late source edit after period lock",
    "no silent change, late-change report",
    elsewhere="models/marts/audit/source_changes.yml"
    "::a_late_change_at_the_source_keeps_the_amount_it_had",
)


@case(54, "Stale-dated cheque cashed after months", "ASK, re-open what was written off")
def stale_cheque(at: Instance) -> None:
    vendor, total, cheque = at.vendor(), at.amount(), str(at.rng.randint(1_000, 9_999))
    old = at.invoice(vendor, total, at.first_of_month(-3), direction="payable")
    paid = at.payment(
        vendor,
        total,
        at.after(old.day),
        method="check",
        direction="out",
        reference=cheque,
        memo=old.number,
    )
    at.link(old, paid)
    day = at.after(paid.day, 185, 205)
    newer = at.invoice(vendor, total, day - timedelta(20), direction="payable")
    line = at.line(-total, day, f"CHECK {cheque}", reference=cheque, type="check")
    at.link(paid, line, outcome="ASK")
    at.never(newer, (line, paid), "the cheque is an old one")
