"""G5, reversal and return: cases 55 to 61."""

from __future__ import annotations

from tests.cases.world import Instance, Item, Party, case, without_generator

RETURNED = ("RETURNED ITEM NSF", "ACH RETURN R01", "RTN DEPOSITED ITEM NSF", "RETURNED CHECK NSF")
CHARGE = ("NSF FEE", "RETURNED ITEM FEE", "RETURN ITEM CHARGE")


def _cleared(at: Instance, payer: Party, invoice: Item, method: str = "ach") -> tuple[Item, Item]:
    """A payment of an invoice and its bank line, linked."""
    paid = at.payment(
        payer, invoice.amount, at.after(invoice.day), at.said(invoice.number), method=method
    )
    text = at.credit_text(payer.name, invoice.number)
    line = at.line(invoice.amount, at.after(paid.day, 0, 2), text)
    at.link(paid, line)
    return paid, line


def _taken_back(at: Instance, line: Item, text: str, low: int = 1, high: int = 6) -> Item:
    back = at.line(-line.amount, at.after(line.day, low, high), text)
    at.expect("pair", line, back, value="AUTO")
    return back


@case(55, "Bank line reversed next day", "pair the two, restore invoice")
def reversed_line(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    invoice, bill = at.invoice(payer, total), at.bill(total)
    is_recorded = at.rng.random() < 0.5
    if is_recorded:
        paid, line = _cleared(at, payer, invoice)
        at.never(invoice, paid, "the bank took the money back")
    else:
        text = at.credit_text(payer.name, invoice.number)
        line = at.line(total, at.after(invoice.day), text)
    at.never(invoice, line, "the bank took the money back")
    text = f"REVERSAL {at.payer_text(payer.name)} {invoice.number}"
    back = _taken_back(at, line, text, 1, 1)
    at.never(bill, back, "a reversal pays no supplier")
    at.expect("untouched", invoice)
    at.expect("open", invoice)


@case(56, "NSF return and the bank's charge", "unlink, invoice open, charge apart")
def nsf_return(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    charge = at.rng.choice((1_200, 2_500, 3_500))
    invoice, bill = at.invoice(payer, total), at.bill(charge)
    paid, line = _cleared(at, payer, invoice)
    back = _taken_back(
        at, line, f"{at.rng.choice(RETURNED)} {at.payer_text(payer.name)} {invoice.number}"
    )
    fee = at.line(-charge, back.day, at.rng.choice(CHARGE))
    at.never(invoice, (paid, line), "the bank took the money back")
    at.never(bill, (fee, back), "the bank's own charge pays no bill")
    at.expect("untouched", fee)
    at.expect("open", fee, value="bank_charge")
    at.expect("open", invoice, amount=total)
    at.expect("open", paid, value="returned_by_bank")


@case(57, "Redeposit after NSF", "new link, chain of three kept")
def redeposit(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    invoice = at.invoice(payer, total)
    paid, line = _cleared(at, payer, invoice)
    back = _taken_back(
        at, line, f"{at.rng.choice(RETURNED)} {at.payer_text(payer.name)} {invoice.number}"
    )
    again = at.payment(payer, total, at.after(back.day, 1, 5), f"redeposit {invoice.number}")
    text = f"REDEPOSIT {at.payer_text(payer.name)} {invoice.number}"
    third = at.line(total, at.after(again.day, 0, 2), text)
    at.link(again, third)
    at.link(invoice, again)
    at.never(invoice, paid, "the bank took the first payment back")
    at.never(paid, third, "the second deposit is another payment")
    at.expect("closed", invoice)


without_generator(
    58, "Stale file re-processed after NSF", "ignored by sequence or as-of time", waits="webhooks"
)


@case(59, "Invoice voided or deleted after match", "link broken, money on account, EXC")
def voided(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    invoice = at.invoice(payer, total, status="void")
    paid = at.receipt(
        payer, total, at.after(invoice.day), at.said(invoice.number), via=at.recorded()
    )
    at.books_say(paid, invoice, total)
    at.never(invoice, paid, "the document is void")
    at.expect("unlinked", invoice, paid)
    at.expect("open", paid, amount=total)
    at.expect("exception", paid)


@case(60, "Chargeback, its fee, later won", "three movements on one payment")
def chargeback(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    charge = at.rng.choice((1_500, 2_000, 2_500))
    invoice, bill = at.invoice(payer, total), at.bill(charge)
    twin = at.invoice(at.person(), total)
    paid, line = _cleared(at, payer, invoice, "card")
    who = f"{at.payer_text(payer.name)} {invoice.number}"
    lost = _taken_back(at, line, f"CHARGEBACK {who}", 8, 20)
    fee = at.line(-charge, lost.day, "CHARGEBACK FEE")
    won = at.line(total, at.after(lost.day, 15, 40), f"CHARGEBACK REVERSAL {who}")
    at.expect("allowed", lost, won)
    at.expect("allowed", invoice, paid)
    at.expect("allowed", paid, won)
    at.expect("open", fee, value="bank_charge")
    at.never(bill, fee, "the gateway's charge pays no bill")
    at.never(twin, won, "what was won belongs to the first payment")


without_generator(61, "Wrong manual match undone later", "full restore", waits="decisions")
