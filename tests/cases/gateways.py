"""G6, gateways, fees and currency: cases 62 to 70."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from pipelines.sandbox.business_days import business_day
from pipelines.sandbox.wording import bank_text
from tests.cases.world import Instance, Item, Outcome, Party, case, money, without_generator

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


# What one unit of a currency was in dollars, about; each instance draws its own near it.
DOLLARS = {"EUR": "1.08", "GBP": "1.27", "CAD": "0.73", "CHF": "1.13", "SEK": "0.095"}


def _paid_abroad(at: Instance, currencies: tuple[str, ...]) -> tuple[Party, Item, Item, Decimal]:
    """Payer, invoice and payment in a foreign currency, and its rate in dollars to four figures."""
    payer, total = at.firm(("Care Network", "Health Plan")), at.rng.randint(1_000, 6_000) * 100
    currency = at.rng.choice(currencies)
    invoice = at.invoice(payer, total, currency=currency)
    said = at.said(invoice.number)
    paid = at.payment(payer, total, at.after(invoice.day), said, currency=currency)
    at.link(invoice, paid)
    rate = Decimal(DOLLARS[currency]) * Decimal(at.rng.randint(970, 1_030)) / 1_000
    return payer, invoice, paid, rate.quantize(Decimal("0.0001"))


def _figures(at: Instance, paid: Item, rate: Decimal, fee: int) -> str:
    """A conversion as banks print it, the rate quoted either way."""
    if at.rng.random() < 0.4:
        rate = (1 / rate).quantize(Decimal("0.00001"))
    units, cents = divmod(paid.amount, 100)
    american, plain = f"{units:,}.{cents:02}", f"{units}.{cents:02}"
    continental = american.translate(str.maketrans(",.", ".,"))
    pattern, charge = at.rng.choice(
        (
            (f"{paid.currency} {american} RATE {rate}", " FEE {}"),
            (f"ORIG {plain} {paid.currency} @ {rate}", " CHARGES USD {}"),
            (f"{paid.currency} {plain} AT {rate}", " FEE: {}"),
            (f"{paid.currency} {continental} FX {str(rate).replace('.', ',')}", " FEES {}"),
            (f"/OCMT/{paid.currency}{plain}/EXCH/{rate}", "/CHGS/USD{}"),
            (f"{paid.currency} FX RATE {rate}", " FEE {}"),
        )
    )
    return pattern + (charge.format(money(fee)) if fee else "")


def _in_dollars(paid: Item, rate: Decimal) -> int:
    return int((paid.amount * rate).quantize(Decimal(1), ROUND_HALF_UP))


@case(67, "Currency converted by the bank", "AUTO at the bank's rate, ASK above tolerance")
def converted(at: Instance) -> None:
    payer, invoice, paid, rate = _paid_abroad(at, ("EUR", "GBP", "CAD"))
    day, fee = at.after(paid.day, 1, 3), at.rng.choice((0, 0, 1_200, 1_750, 2_500))
    who = at.rng.choice((at.payer_text(payer.name), bank_text(invoice.number)))
    outcome: Outcome = "AUTO"
    match at.serial % 4:
        case 0:  # what the bank kept beside its fee, it does not say
            figures, hidden, outcome = _figures(at, paid, rate, fee), at.rng.randint(8, 30), "ASK"
        case 1:  # nobody says who paid; the amount that was sent stands there
            figures = f"{paid.currency} {money(paid.amount)} RATE {rate}"
            who, fee, hidden, outcome = "", 0, 0, "ASK"
        case _:
            figures, hidden = _figures(at, paid, rate, fee), 0
    booked = _in_dollars(paid, rate) * (1_000 - hidden) // 1_000 - fee
    line = at.line(booked, day, " ".join(f"WIRE IN {who} {figures}".split()))
    at.link(paid, line, paid.amount, outcome)
    other = payer if at.rng.random() < 0.5 else at.person()
    same = at.line(paid.amount, at.after(day, 1, 2), f"ACH CREDIT {at.payer_text(other.name)}")
    at.never((invoice, paid), same, "the same figure in another currency")
    at.never(invoice, line, "a document is settled by its payment, in its own currency")
    if outcome == "AUTO":
        at.expect("closed", line)


@case(68, "Missing FX rate", "OPEN with reason")
def no_rate(at: Instance) -> None:
    payer, invoice, paid, rate = _paid_abroad(at, ("EUR", "CHF", "SEK"))
    who = at.rng.choice((at.payer_text(payer.name), bank_text(invoice.number)))
    figures = at.rng.choice(("", f" {paid.currency} {money(paid.amount)}", f" {paid.currency}"))
    booked = at.rng.choice((_in_dollars(paid, rate), paid.amount))
    line = at.line(booked, at.after(paid.day, 1, 3), f"WIRE IN {who}{figures}")
    at.never((invoice, paid), line, "the bank states no rate between the two currencies")
    at.expect("open", paid, value="exchange_rate_missing", amount=paid.amount)
    at.expect("open", line, value="exchange_rate_missing", amount=booked)

    debtor, owed = at.person(), at.rng.randint(500, 6_000) * 100
    bill, currency = at.invoice(debtor, owed), at.rng.choice(("EUR", "CHF", "SEK"))
    sent = at.payment(debtor, owed, at.after(bill.day), at.said(bill.number), currency=currency)
    at.never(bill, sent, "no rate between the two currencies is known")
    at.expect("open", bill, value="currency_differs", amount=owed)
    at.expect("open", sent, value="currency_differs", amount=owed)


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
