"""G3, who pays: cases 36 to 48."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.cases.world import Instance, Item, Party, case, without_generator

PRINTED = ("ACH CREDIT", "MOBILE DEPOSIT", "ONLINE TRANSFER", "EFT CREDIT")


@case(36, "Relative pays, not the resident", "AUTO by a dated relation, else ASK")
def relative(at: Instance) -> None:
    resident, total = at.person(), at.rate_or_amount()
    how = at.rng.choice(("related", "related", "unknown", "resident too"))
    payer = at.person(at.surname() if at.rng.random() < 0.5 else resident.family)
    if how in ("related", "resident too"):
        at.history(resident, payer, total, known=how == "resident too")
    invoice = at.invoice(resident, total)
    other = at.invoice(at.person(), total)
    day = at.after(invoice.day)
    if how == "related":
        paid = at.receipt(payer, total, day, via="both", known=False)
        at.link(invoice, paid)
    elif how == "unknown":
        said = f"for {resident.name.split()[0]} {resident.family}"
        paid = at.receipt(payer, total, day, said, via="both", known=False)
        at.link(invoice, paid, outcome="ASK")
    else:  # who pays for the resident owes the same himself
        own = at.invoice(payer, total)
        paid = at.receipt(payer, total, day, via="both")
        at.never((invoice, own), paid, "he may pay his own or the other's")
        at.expect("asked", paid)
    at.never(other, paid, "another resident's")


def _list_paid(at: Instance, organisation: Party, invoices: list[Item], listed: bool) -> Item:
    total = sum(one.amount for one in invoices)
    day = at.after(invoices[0].day, 3, 12)
    paid = at.payment(Party("", organisation.name), total, day, "residents", method="eft")
    at.link(paid, at.line(total, at.after(day, 0, 2), at.credit_text(organisation.name)))
    for one in invoices:
        at.link(one, paid, outcome="AUTO" if listed else "ASK")
        if listed:
            at.remits(paid, one.number, one.amount)
    return paid


@case(37, "Representative payee pays 12 residents", "set by its list, else ASK")
def twelve_residents(at: Instance) -> None:
    at.alone()
    organisation, total = at.firm(), at.rate()
    residents = [at.person() for _ in range(12)]
    thirteenth = at.person()
    listed = at.rng.random() < 0.5
    if not listed:
        before = [at.invoice(each, total, at.first_of_month(-1)) for each in residents]
        _list_paid(at, organisation, before, listed=True)
    invoices = [at.invoice(each, total) for each in residents]
    rival = at.invoice(thirteenth, total)
    paid = _list_paid(at, organisation, invoices, listed)
    at.never(rival, paid, "a resident of no list at the same rate")


@case(38, "Same amount, same day, different residents", "ASK unless reference or payer differs")
def same_rate(at: Instance) -> None:
    at.alone()
    total, count = at.rate(), at.rng.randint(2, 4)
    residents = [at.person() for _ in range(count)]
    invoices = [at.invoice(each, total) for each in residents]
    day = at.after(invoices[0].day)
    how = at.rng.choice(("nothing", "nothing", "reference", "payer"))
    if how == "nothing":
        text = at.rng.choice(PRINTED)
        lines = [at.line(total, day, text) for _ in invoices]
        at.never(invoices, lines, "nothing tells the residents apart")
        for line in lines:
            at.expect("untouched", line)
        return
    paid = []
    for resident, invoice in zip(residents, invoices, strict=True):
        if how == "reference":
            paid.append(at.line(total, day, f"{at.rng.choice(PRINTED)} {invoice.number}"))
        else:
            paid.append(at.receipt(resident, total, day))
        at.link(invoice, paid[-1])
    at.never(invoices[0], paid[1:], "another resident's reference or name")
    at.never(invoices[1:], paid[0], "another resident's reference or name")


for _number, _title, _outcome in (
    (39, "Medicaid batch EFT with 835", "AUTO by trace number, amount and date"),
    (40, "EFT without 835, 835 without EFT", "OPEN, aged, alert"),
    (41, "Recoupment or take-back in the batch", "link net, old claim re-opened"),
    (42, "Denied or reduced claim line", "EXC"),
    (43, "Retroactive rate change", "adjustment lines in the open period"),
):
    without_generator(_number, _title, _outcome, waits="health care remittances (835)")


@case(44, "County or state supplement beside SSI", "two payers, each to its own invoice part")
def supplement(at: Instance) -> None:
    resident, county = at.person(), at.firm(("County Human Services", "County Board"))
    part = at.rate()
    stay: dict[str, Any] = {
        "resident_id": resident.party_id,
        "resident_name": resident.name,
        "service_from": at.first_of_month().isoformat(),
        "service_to": (at.first_of_month(1) - timedelta(1)).isoformat(),
    }
    other_part = part if at.rng.random() < 0.4 else at.amount(20_000, 90_000)
    own = at.invoice(resident, part, **stay)
    supplement = at.invoice(county, other_part, **stay)
    day = at.after(own.day)
    by_resident = at.receipt(resident, part, day)
    by_county = at.receipt(
        county, other_part, at.after(own.day), f"{supplement.number} {resident.name}"
    )
    at.link(own, by_resident)
    at.link(supplement, by_county)
    if (by_resident.kind, by_county.kind) == ("payment", "bank_line"):
        at.never(by_resident, by_county, "the county's money, though it names the resident")
    at.never(own, by_county, "the county pays its own part")
    at.never(supplement, by_resident, "the resident pays his own part")


@case(45, "Discharged mid-month, refund to the estate", "refund linked to the credit")
def estate(at: Instance) -> None:
    resident, total = at.person(), at.rate_or_amount()
    credit = total * at.rng.randint(3, 25) // 30
    invoice = at.invoice(resident, total)
    paid = at.receipt(resident, total, at.after(invoice.day), at.said(invoice.number))
    at.link(invoice, paid)
    note = at.invoice(
        resident,
        -credit,
        at.first_of_month(1),
        number=f"CN-{at.digits()}",
        memo=f"unused days of {invoice.number}",
    )
    bill = at.bill(credit)
    to = at.party(f"Estate of {resident.name}")
    refund = at.payment(
        to, credit, at.after(note.day), f"refund {note.number}", direction="out", method="check"
    )
    line = at.bank_out(refund, f"CHECK {at.rng.randint(1_000, 9_999)} {to.name}")
    at.link(note, refund, outcome="EITHER")
    at.never(bill, (refund, line), "a refund is no vendor payment")


@case(46, "Pays another resident's invoice by mistake", "ASK always")
def mistaken(at: Instance) -> None:
    payer, neighbour, total = at.person(), at.person(), at.rate_or_amount()
    own, named = at.invoice(payer, total), at.invoice(neighbour, total)
    paid = at.receipt(payer, total, at.after(own.day), at.said(named.number))
    at.never((own, named), paid, "reference and payer contradict each other")
    at.expect("untouched", paid)
    at.expect("asked", paid)


@case(47, "Trust account in the same feed", "excluded, own entity")
def trust_money(at: Instance) -> None:
    resident, total = at.person(), at.rate_or_amount()
    invoice = at.invoice(resident, total)
    said = at.rng.choice((invoice.number, "personal needs", "SSA TREAS 310"))
    line = at.line(
        total,
        at.after(invoice.day),
        at.credit_text(resident.name, said),
        account="resident trust",
        entity=f"{at.entity}-trust",
    )
    at.never(invoice, line, "the resident's own money is no revenue")
    at.expect("untouched", line)
    at.expect("untouched", invoice)


without_generator(48, "Payroll or payroll-tax lines", "own class", waits="payroll records")
