"""G6, gateways, fees and currency: cases 62 to 70."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.sandbox.business_days import business_day
from tests.cases.world import Instance, Item, case, without_generator

GATEWAY = "STRIPE TRANSFER"


def _charge(at: Instance, day: date, payout: str) -> tuple[Item, int]:
    """A card charge that names its invoice, and what the gateway leaves of it."""
    payer, total = at.person(), at.rate_or_amount()
    invoice = at.invoice(payer, total, day - timedelta(at.rng.randint(3, 20)))
    fee = total * 29 // 1000 + 30
    charge = at.payment(
        payer, total, day, at.said(invoice.number), method="card", fee=fee, payout_id=payout
    )
    at.link(invoice, charge)
    return charge, total - fee


def _payout(at: Instance) -> str:
    return f"po_{at.rng.randrange(10**12):012}"


def _arrives(at: Instance, day: date, payout: str, parts: list[tuple[Item, int]]) -> Item:
    """The bank line of a payout, linked to all that is in it."""
    net = sum(part if charge.row["direction"] == "in" else -part for charge, part in parts)
    line = at.line(net, business_day(day, 2), f"{GATEWAY} {payout}", reference=payout)
    for charge, part in parts:
        at.link(charge, line, part)
    return line


@case(62, "Payout nets charges, fees, refunds", "AUTO by payout id")
def payout(at: Instance) -> None:
    at.alone()
    day, name = at.after(at.first_of_month(), 5, 20), _payout(at)
    parts = [_charge(at, day, name) for _ in range(at.rng.randint(2, 6))]
    if at.rng.random() < 0.6:
        charge, _ = parts[0]
        back = min(charge.amount // at.rng.choice((2, 4, 10)), parts[1][1])
        refund = at.payment(
            at.payer_of(charge),
            back,
            day,
            "refund",
            direction="out",
            method="card",
            payout_id=name,
        )
        parts.append((refund, back))
    gross = sum(one.amount for one, _ in parts if one.row["direction"] == "in")
    line = _arrives(at, day, name, parts)
    rival = at.line(gross, line.day, "MISC CREDIT")
    at.never([one for one, _ in parts], rival, "gross is not what the bank received")


@case(63, "Refund netted in a payout of another month", "refund to original charge")
def late_refund(at: Instance) -> None:
    at.alone()
    day, first, second = at.after(at.first_of_month(), 5, 20), _payout(at), _payout(at)
    parts = [_charge(at, day, first) for _ in range(at.rng.randint(2, 3))]
    _arrives(at, day, first, parts)
    later = at.after(at.first_of_month(1), 5, 20)
    more = [_charge(at, later, second) for _ in range(at.rng.randint(2, 4))]
    charge = parts[0][0]
    back = min(charge.amount // 4, *(part for _, part in more))
    refund = at.payment(
        at.payer_of(charge), back, later, "refund", direction="out", method="card", payout_id=second
    )
    _arrives(at, later, second, [*more, (refund, back)])
    bill = at.bill(back, later - timedelta(10))
    at.never(bill, refund, "a refund pays no bill")


@case(64, "Manual payout, not itemised", "OPEN, remainder shown")
def manual_payout(at: Instance) -> None:
    at.alone()
    day = at.after(at.first_of_month(), 5, 20)
    parts = [_charge(at, day, "") for _ in range(at.rng.randint(4, 7))]
    chosen = at.rng.sample(parts, at.rng.randint(1, len(parts) - 1))
    cut = at.rng.choice((0, at.rng.randint(1_000, 20_000)))
    net = sum(part for _, part in chosen) - cut
    line = at.line(net, business_day(day, 2), GATEWAY)
    at.never([charge for charge, _ in parts], line, "nobody said what is in it")
    at.expect("open", line, value="settlement_not_recorded|suggestion_waiting")


@case(65, "Failed payout returned", "pair, then new payout")
def failed_payout(at: Instance) -> None:
    at.alone()
    day, first, second = at.after(at.first_of_month(), 5, 20), _payout(at), _payout(at)
    parts = [_charge(at, day, second) for _ in range(at.rng.randint(2, 4))]
    net = sum(part for _, part in parts)
    failed = at.line(net, business_day(day, 2), f"{GATEWAY} {first}", reference=first)
    returned = at.line(
        -net, business_day(failed.day, 1), f"REVERSAL {GATEWAY} {first}", reference=first
    )
    at.expect("pair", failed, returned, value="AUTO")
    _arrives(at, returned.day, second, parts)
    at.never([charge for charge, _ in parts], failed, "the bank sent it back")


without_generator(
    66,
    "PayPal conversion and hold rows",
    "follow parent id, neutral rows excluded",
    waits="PayPal rows with parent ids, for which the exchange format has no column",
)


@case(67, "Currency converted by the bank", "compare at document currency, ASK above tolerance")
def converted(at: Instance) -> None:
    payer, total = at.firm(("Care Network", "Health Plan")), at.rng.randint(1_000, 6_000) * 100
    currency, rate = at.rng.choice((("EUR", 108), ("GBP", 127), ("CAD", 73)))
    invoice = at.invoice(payer, total, currency=currency)
    paid = at.payment(
        payer, total, at.after(invoice.day), at.said(invoice.number), currency=currency
    )
    at.link(invoice, paid)
    text = f"WIRE IN {at.payer_text(payer.name)} {currency} {total // 100}.00 AT 0.{rate:03}"
    line = at.line(total * rate // 100, at.after(paid.day, 1, 3), text)
    same = at.line(total, line.day, f"ACH CREDIT {at.payer_text(at.person().name)}")
    at.never((invoice, paid), same, "the same figure in another currency")
    at.expect("allowed", paid, line)


@case(68, "Missing FX rate", "OPEN with reason")
def no_rate(at: Instance) -> None:
    payer, total = at.person(), at.rng.randint(500, 6_000) * 100
    invoice = at.invoice(payer, total)
    currency = at.rng.choice(("EUR", "CHF", "SEK"))
    paid = at.payment(
        payer, total, at.after(invoice.day), at.said(invoice.number), currency=currency
    )
    at.never(invoice, paid, "no rate between the two currencies is known")
    at.expect("open", invoice, amount=total)
    at.expect("open", paid)


without_generator(
    69,
    "Test-mode or sandbox rows",
    "dropped at staging, counted",
    elsewhere="tests/connectors/test_conformance.py"
    "::test_a_live_home_refuses_the_platforms_own_sandbox_and_test_keys",
)
without_generator(
    70,
    "Paid by gateway webhook and again by bank feed",
    "gateway, payout and bank as one chain",
    waits="mirrored records",
)
