"""G2, references and names: cases 21 to 35."""

from __future__ import annotations

from datetime import timedelta

from tests.cases.world import Instance, case, without_generator

SEPARATORS = (", ", " ", " & ", "/", " and ")
GENERIC = ("PAYMENT", "RENT", "ACH CREDIT", "MONTHLY PAYMENT", "DEPOSIT", "ONLINE TRANSFER")


def _slip(at: Instance, number: str) -> str:
    """A letter for a digit that looks like it; every number has a 1 and a 0."""
    prefix, digits = number[:-5], number[-5:]
    return prefix + digits.replace(*at.rng.choice((("0", "O"), ("1", "l"))), 1)


def _beside(number: str, by: int) -> str:
    return f"{number[:-5]}{int(number[-5:]) + by}"


@case(21, "Invoice number with a slip", "ASK; AUTO with payer, exact amount and no rival")
def slip(at: Instance) -> None:
    at.alone()
    at.skip_numbers(10 * at.rng.randint(1, 4) + at.rng.randint(0, 7))
    payer, total = at.person(), at.rate_or_amount()
    how = at.rng.choice(("no rival", "part", "neighbour"))
    invoice = at.invoice(payer, total)
    beside = _beside(invoice.number, 1)  # a number that nobody has
    typed = at.rng.choice((_slip(at, invoice.number), beside)) if how != "neighbour" else beside
    amount = total // 2 if how == "part" else total
    paid = at.receipt(payer, amount, at.after(invoice.day), at.said(typed))
    at.link(invoice, paid, outcome="AUTO" if how == "no rival" else "ASK")
    if how == "neighbour":
        rival = at.invoice(payer, total, at.first_of_month(-1), number=_beside(invoice.number, 2))
        at.never(rival, paid, "what was typed is one edit away from both")
    else:
        far = at.invoice(at.person(), total, number=_beside(invoice.number, 50_055))
        at.never(far, paid, "another resident's")


@case(22, "Transposed digits", "ASK")
def transposed(at: Instance) -> None:
    payer, total = at.person(), at.rate_or_amount()
    tens, units = at.rng.sample(range(10), 2)
    block = 10_000 + at.place.slot * 100
    right, typed = (str(block + 10 * one + other) for one, other in ((tens, units), (units, tens)))
    prefix = at.rng.choice(("INV-", "RB-", "AFC-"))
    invoice = at.invoice(payer, total, number=prefix + right)
    paid = at.receipt(payer, total, at.after(invoice.day), at.said(prefix + typed))
    at.link(invoice, paid, outcome="ASK")
    if at.rng.random() < 0.7:
        neighbour = at.invoice(at.person(), total, number=prefix + typed)
        at.never(neighbour, paid, "the number that was typed is a neighbour's")


@case(23, "Invoice number inside another number", "no evidence")
def inside_another(at: Instance) -> None:
    at.alone()
    resident, total = at.person(), at.rate_or_amount()
    short = str(at.rng.randint(11, 99)) if at.rng.random() < 0.6 else str(at.rng.randint(100, 999))
    invoice = at.invoice(resident, total, number=short)
    stranger = at.person()
    said = at.rng.choice(
        (
            f"ACCT {at.rng.randint(1, 9)}{at.rng.randint(1, 9)}{short}",
            f"TEL 555-{short}{at.rng.randint(10, 99)}",
            f"CONF {short}{at.rng.randint(1_000, 9_999)}",
            f"{short}/{at.rng.randint(10, 28)}/2026",
            f"UNIT {short}",
            f"REF {at.rng.randint(100, 999)}{short}{at.rng.randint(1, 9)}",
        )
    )
    paid = at.receipt(stranger, total, at.after(invoice.day), said, known=False)
    at.never(invoice, paid, "the digits are part of another number, and the payer is a stranger")
    at.expect("untouched", invoice)


@case(24, "Several numbers in one memo", "AUTO exactly those, sum must meet")
def several_numbers(at: Instance) -> None:
    payer, count = at.person(), at.rng.randint(2, 4)
    named = [at.invoice(payer, at.rate_or_amount(), at.first_of_month(n)) for n in range(count)]
    other = at.invoice(payer, named[0].amount, at.first_of_month(-1))
    total = sum(one.amount for one in named)
    meets = at.rng.random() < 0.7
    paid = at.receipt(
        payer,
        total if meets else total + at.amount(3_000, 9_000) * 3,
        at.after(named[-1].day),
        at.rng.choice(SEPARATORS).join(one.number for one in named),
    )
    for one in named:
        at.link(one, paid, outcome="AUTO" if meets else "EITHER")
    at.never(other, paid, "not in the list")


@case(25, "Range or abbreviation", "ASK with the expansion")
def number_range(at: Instance) -> None:
    payer, count = at.person(), at.rng.randint(3, 5)
    while True:
        numbers = [at.number() for _ in range(count)]
        if numbers[0][:-2] == numbers[-1][:-2]:
            break
    invoices = [at.invoice(payer, at.rate_or_amount(), number=number) for number in numbers]
    last = numbers[-1][-2:]
    said = at.rng.choice(("{}-{}", "{} to {}", "{}–{}", "{} thru {}")).format(numbers[0], last)
    total = sum(one.amount for one in invoices)
    paid = at.receipt(payer, total, at.after(invoices[0].day), said, via=at.recorded())
    for one in invoices:
        at.link(one, paid, outcome="ASK")


@case(26, "Leading zeros, prefixes, spaces, dashes", "AUTO after normalising, if still unique")
def other_spelling(at: Instance) -> None:
    is_unique = at.rng.random() < 0.7
    if not is_unique:
        at.alone()
    payer, total, digits = at.person(), at.rate_or_amount(), at.digits()
    invoice = at.invoice(payer, total, number=f"INV-00{digits}")
    said = at.rng.choice(
        (
            "INV–00{}",
            "INV 00{}",
            "inv00{}",
            "INV‑{}",
            "Inv. {}",
            "INV {}",
            "INV-{}",
            "invoice no {}",
        )
    ).format(digits)
    if is_unique:
        paid = at.receipt(payer, total, at.after(invoice.day), said)
        at.link(invoice, paid)
        return
    other = at.invoice(at.person(), total, number=f"INV-{digits}")
    line = at.line(total, at.after(invoice.day), f"ACH CREDIT INV 000{digits}")
    at.never((invoice, other), line, "normalised, the two numbers are one")
    at.expect("untouched", line)


@case(27, "Same number in two entities or years", "key is entity, number and year")
def same_number(at: Instance) -> None:
    across = at.rng.random() < 0.5
    at.alone()
    payer, stranger, total = at.person(), at.person(), at.rate_or_amount()
    number = at.number()
    invoice = at.invoice(payer, total, number=number)
    if across:
        other = at.invoice(stranger, total, number=number, entity=f"{at.entity}-b")
        why = "the number is another entity's"
    else:
        other = at.invoice(stranger, total, at.first_of_month(-12), number=number)
        old = at.receipt(stranger, total, at.after(other.day), at.said(number))
        at.link(other, old)
        at.never(invoice, old, "paid before it was issued, by another")
        why = "the number is last year's"
    paid = at.receipt(payer, total, at.after(invoice.day), at.said(number))
    at.link(invoice, paid)
    at.never(other, paid, why)


@case(28, "Both references empty", "no evidence")
def both_empty(at: Instance) -> None:
    at.alone()
    total = at.rate_or_amount()
    invoices = [
        at.invoice(at.person(), total, number="") for _ in range(at.rng.choice((1, 1, 2, 3)))
    ]
    day = at.after(invoices[0].day)
    if at.rng.random() < 0.5:
        paid = at.payment(None, total, day)
    else:
        paid = at.line(total, day, at.rng.choice(("", "CREDIT")))
    at.never(invoices, paid, "empty is not equal to empty")
    at.expect("untouched", paid)


@case(29, "Generic memo", "no evidence")
def generic_memo(at: Instance) -> None:
    at.alone()
    total, word = at.rate(), at.rng.choice(GENERIC)
    invoices = [
        at.invoice(at.person(), total, reference=word, memo=at.rng.choice(GENERIC))
        for _ in range(at.rng.randint(1, 4))
    ]
    day = at.after(invoices[0].day)
    if at.rng.random() < 0.5:
        paid = at.payment(None, total, day, word)
    else:
        paid = at.line(total, day, f"ACH CREDIT {word}", reference=word)
    at.never(invoices, paid, "what everybody writes names nobody")
    at.expect("untouched", paid)


@case(30, "Memo cut at 18 to 35 characters", "prefix evidence, never whole")
def cut_memo(at: Instance) -> None:
    at.alone()
    total, digits = at.rate_or_amount(), at.digits()
    shorter = at.invoice(at.person(), total, number=f"INV-{digits}")
    longer = at.invoice(at.person(), total, number=f"INV-{digits}{at.rng.randint(0, 9)}")
    width = at.rng.randint(18, 35)
    words = "PAYMENT FOR ROOM BOARD AND CARE SERVICES"
    text = f"{words[: width - len(shorter.number) - 1].strip()} {shorter.number}"
    if at.rng.random() < 0.5:
        paid = at.payment(None, total, at.after(longer.day), text)
    else:
        paid = at.line(total, at.after(longer.day), text)
    at.link(longer, paid, outcome="ASK")
    at.never(shorter, paid, "the number may go on where the memo was cut")


@case(31, "Cheque number", "AUTO with payer or amount")
def cheque_number(at: Instance) -> None:
    cheque = str(at.rng.randint(1_000, 9_999))
    total = at.rate_or_amount()
    rival = at.invoice(at.person(), total, number=cheque)
    if at.rng.random() < 0.7:
        vendor = at.vendor()
        bill = at.invoice(vendor, total, direction="payable")
        paid = at.payment(
            vendor,
            total,
            at.after(bill.day),
            method="check",
            direction="out",
            reference=cheque,
            memo=bill.number,
        )
        line = at.line(
            -total, at.after(paid.day, 2, 20), f"CHECK {cheque}", reference=cheque, type="check"
        )
    else:
        payer = at.person()
        bill = at.invoice(payer, total)
        paid = at.payment(
            payer,
            total,
            at.after(bill.day),
            method="check",
            reference=cheque,
            memo=at.said(bill.number),
        )
        line = at.line(total, at.after(paid.day, 0, 4), f"CHECK DEPOSIT {cheque}", reference=cheque)
    at.link(bill, paid)
    at.link(paid, line)
    at.never(rival, (paid, line), "a cheque number is no invoice number")


@case(32, "Common surnames, siblings, spouses", "ASK without second key")
def shared_surname(at: Instance) -> None:
    at.alone()
    family = at.rng.choice(("Smith", "Johnson", "Nguyen", "Garcia", "Miller", "Lee"))
    first, second = at.rng.choice(
        (("Dorothy", "Doris"), ("Raymond", "Roland"), ("Maria", "Marjorie"), ("Leonard", "Lester"))
    )
    one, other = at.party(f"{first} {family}"), at.party(f"{second} {family}")
    total = at.rate_or_amount()
    invoice, rival = at.invoice(one, total), at.invoice(other, total)
    name = at.rng.choice((family, f"{first[0]} {family}", f"{family} {first[0]}"))
    day = at.after(invoice.day)
    if at.rng.random() < 0.5:
        paid = at.payment(at.party(name), total, day)
    else:
        paid = at.line(total, day, f"ZELLE FROM {name.upper()}")
    at.link(invoice, paid, outcome="ASK")
    at.never(rival, paid, "the name fits two residents")
    at.expect("suggested", rival, paid)


@case(33, "Maiden name, order, diacritics, suffixes", "alias evidence; two people stay two")
def other_name(at: Instance) -> None:
    at.alone()
    total = at.rate_or_amount()
    how = at.rng.choice(("form", "maiden", "accents"))
    first, bare = at.rng.choice((("José", "Jose"), ("Zoë", "Zoe"), ("Siobhán", "Siobhan")))
    if how == "form":
        payer = at.person()
        one, last = payer.name.split()
        invoice = at.invoice(payer, total)
        whole = (f"{last}, {one}", f"{one} {last} Jr", f"Mrs {one} {last}")
        initials = (f"{one[0]}. {last}", f"{last} {one[0]}")
        written = at.rng.choice(whole + initials)
        line = at.line(total, at.after(invoice.day), f"ACH CREDIT {written.upper()}")
        at.link(invoice, line, outcome="AUTO" if written in whole else "EITHER")
    elif how == "maiden":
        # Numbers proved for three months who pays under that name.
        debtor = at.person()
        payer = at.party(f"{debtor.name.split()[0]} {at.surname()}")
        at.history(debtor, payer, total, known=False)
        invoice = at.invoice(debtor, total)
        at.link(invoice, at.receipt(payer, total, at.after(invoice.day), via="both", known=False))
    else:
        family = at.rng.choice((("Núñez", "Nunez"), ("Müller", "Muller"), ("Åberg", "Aberg")))
        one_party = at.party(f"{first} {family[0]}")
        other_party = at.party(f"{bare} {family[1]}")
        invoice, rival = at.invoice(one_party, total), at.invoice(other_party, total)
        line = at.line(total, at.after(invoice.day), f"ZELLE FROM {bare} {family[1]}".upper())
        at.never((invoice, rival), line, "without accents two people have one name")
        at.expect("asked", line)


without_generator(34, "Learned alias from a wrong confirm", "revoked", waits="decisions")


@case(35, "Payer changes bank account", "name and amount ASK, then a new alias")
def other_account(at: Instance) -> None:
    total = at.rate_or_amount()
    payer, heir = at.person(), at.person()
    old, new = (f"DE{at.rng.randint(10**19, 10**20 - 1)}" for _ in range(2))
    for earlier in (3, 2, 1):
        invoice = at.invoice(payer, total, at.first_of_month(-earlier))
        text = f"{at.credit_text(payer.name, invoice.number)} IBAN {old}"
        at.link(invoice, at.line(total, at.after(invoice.day), text))
    invoice, other = at.invoice(payer, total), at.invoice(heir, total)
    day = at.after(invoice.day)
    line = at.line(total, day, f"{at.credit_text(payer.name)} IBAN {new}")
    at.link(invoice, line, outcome="ASK")
    text = f"{at.credit_text(heir.name, other.number)} IBAN {old}"
    heirs = at.line(total, day + timedelta(1), text)
    at.link(other, heirs)
    at.never(invoice, heirs, "the old account is another's now")
    at.never(other, line, "another payer's")
