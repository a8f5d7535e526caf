"""What payers, bookkeepers and banks write beside the money.

An invoice number is a pair (head, tail): `INV-` and `000123`. A payer's text is in one of STATES;
what reaches the record or the bank is made from it here and nowhere else.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from bench.worlds.people import FIRST

Number = tuple[str, str]

STATES = (
    "whole",
    "stripped",
    "typo",
    "swapped",
    "other_party",
    "cut",
    "at_bank",
    "words",
    "no_text",
)
STATE = {name: code for code, name in enumerate(STATES)}
MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
FIRMS = ("ADP WAGE PAY", "GUSTO PAY", "INTUIT PAYROLL", "PAYCHEX TPS", "PATRIOT SOFTWARE")
SHOPS = (
    "FRED MEYER",
    "WALMART SUPERCENTER",
    "SHELL OIL",
    "AMZN MKTP US",
    "HOME DEPOT",
    "WALGREENS",
    "DOLLAR TREE",
    "USPS PO",
    "GRAINGER",
    "STAPLES",
)
GATEWAYS = ("STRIPE", "SQUARE", "INTUIT", "CARDCONNECT")
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


def digits(chance: random.Random, count: int) -> str:
    return str(chance.randrange(10 ** (count - 1), 10**count))


def token(chance: random.Random, count: int) -> str:
    return "".join(chance.choices(LETTERS, k=count))


def stripped(number: Number, chance: random.Random) -> str:
    """The number as people shorten it. Never the whole one."""
    head, tail = number
    word = head.rstrip("-/") or "INV"
    short = tail.lstrip("0") or tail
    draw = chance.random()
    if draw < 0.30:
        text = short
    elif draw < 0.45:
        text = f"#{short}"
    elif draw < 0.60:
        text = f"{word} {tail}"
    elif draw < 0.75:
        text = f"{word}{tail}"
    elif draw < 0.85:
        text = f"{word.lower()} {short}"
    else:
        text = f"{word}\u2013{tail}" if head else f"Inv. {short}"
    return f"inv{short}" if text == head + tail else text


def mistyped(number: Number, chance: random.Random) -> str:
    """One of the last digits is another one, or a letter that looks like it."""
    head, tail = number
    at = len(tail) - 1 - int(chance.random() * min(3, len(tail)))
    look_alike = {"0": "O", "1": "l", "5": "S"}.get(tail[at])
    if look_alike and chance.random() < 0.4:
        wrong = look_alike
    else:
        wrong = str((int(tail[at]) + chance.randint(1, 9)) % 10)
    return head + tail[:at] + wrong + tail[at + 1 :]


def swapped(number: Number, chance: random.Random) -> str:
    """Two neighbouring digits change places, often making a neighbour's number."""
    head, tail = number
    places = [at for at in range(len(tail) - 1) if tail[at] != tail[at + 1]]
    if not places:
        return mistyped(number, chance)
    at = places[-1] if chance.random() < 0.6 else chance.choice(places)
    return head + tail[:at] + tail[at + 1] + tail[at] + tail[at + 2 :]


def cut(number: Number, chance: random.Random, who: str, month: str) -> str:
    """A text of 18 to 35 characters that ends inside the number."""
    head, tail = number
    kept = (head + tail)[: -chance.randint(1, max(1, min(3, len(tail) - 1)))]
    before = f"payment for {who} room and board {month} care invoice "
    length = chance.randint(max(18, len(kept) + 1), 35)
    return before[: length - len(kept) - 1].rstrip() + " " + kept


def words(chance: random.Random, who: str, month: str) -> str:
    """A text that names no invoice. Some carry numbers that mean something else."""
    draw = chance.random()
    if draw < 0.30:
        return chance.choice(
            ("Rent", "PAYMENT", "Room & board", "ACH CREDIT", "care", "bill pay", "Online payment")
        )
    if draw < 0.50:
        return f"{month} {chance.choice(('rent', 'R&B', 'care', 'payment', 'room and board'))}"
    if draw < 0.68:
        return f"{chance.choice(('for', 'Rent', 'care of', 're:'))} {who}"
    if draw < 0.78:
        return chance.choice(
            ("for Mom", "Dad's care", "Aunt " + chance.choice(FIRST), "thank you!")
        )
    if draw < 0.88:
        return f"Rm {chance.randint(1, 24)} {month}"
    if draw < 0.91:
        return f"{month} ${chance.randint(200, 1900)}.{chance.choice(('00', '50', '15'))}"
    if draw < 0.95:
        return f"call {digits(chance, 3)}-{digits(chance, 4)} with questions"
    return f"{month} 20{chance.randint(25, 26)}"


def around(text: str, chance: random.Random, who: str, month: str) -> str:
    """The number, and sometimes words beside it."""
    draw = chance.random()
    if draw < 0.45:
        return text
    if draw < 0.62:
        return f"Invoice {text}"
    if draw < 0.74:
        return f"{month} rent {text}"
    if draw < 0.84:
        return f"{text} {who}"
    if draw < 0.92:
        return f"Inv# {text} {month}"
    return f"pymt on acct {text} {month} 20{chance.randint(25, 26)}"


def listed(numbers: Sequence[Number], state: str, chance: random.Random) -> str:
    """Several numbers as one text: a list, or a range where they follow each other."""
    heads = {head for head, _ in numbers}
    tails = sorted(tail for _, tail in numbers)
    follow = len(heads) == 1 and int(tails[-1]) - int(tails[0]) == len(tails) - 1
    if state == "stripped" and follow and chance.random() < 0.7:
        first, last = tails[0].lstrip("0"), tails[-1].lstrip("0")
        end = last[-2:] if len(first) == len(last) > 2 else last
        return chance.choice((f"inv {first}-{end}", f"{first} thru {last}", f"{first}-{last}"))
    between = chance.choice((", ", " ", " & ", "/", "; ", "+"))
    if state == "stripped":
        texts = [tail.lstrip("0") for _, tail in numbers]
    else:
        texts = [head + tail for head, tail in numbers]
        if state in ("typo", "swapped"):
            at = chance.randrange(len(texts))
            texts[at] = (mistyped if state == "typo" else swapped)(numbers[at], chance)
    text = between.join(texts)
    return text[: chance.randint(18, 35)] if state == "cut" else text


def payer_text(
    numbers: Sequence[Number],
    other: Number,
    state: str,
    chance: random.Random,
    who: str,
    month: str,
) -> str:
    """The payer's own words. `other` is a number of somebody else, `who` the resident's name."""
    if state == "words":
        return words(chance, who, month)
    if state == "no_text" or not numbers:
        return ""
    if len(numbers) > 1:
        if state == "other_party":
            numbers = [other, *numbers[1:]]
        return listed(numbers, state, chance)
    number = numbers[0]
    if state == "cut":
        return cut(number, chance, who, month)
    if state == "stripped":
        text = stripped(number, chance)
    elif state == "typo":
        text = mistyped(number, chance)
    elif state == "swapped":
        text = swapped(number, chance)
    else:
        text = "".join(other if state == "other_party" else number)
    return around(text, chance, who, month)


def bill_text(numbers: Sequence[Number], state: str, chance: random.Random) -> str:
    """What the provider notes when it pays a vendor: the vendor's numbers, or nothing."""
    if state in ("words", "no_text"):
        return ""
    if len(numbers) > 1:
        return listed(numbers, "whole", chance)
    return stripped(numbers[0], chance) if state == "stripped" else "".join(numbers[0])


def credit_line(
    channel: str, dialect: int, name: str, text: str, day: str, chance: random.Random
) -> str:
    """A receipt as the bank prints it. `day` is YYYY-MM-DD; `text` the payer's, may be empty."""
    short = day[5:7] + day[8:]
    if channel == "p2p":
        return (
            f"ZELLE FROM {name} ON {day[5:7]}/{day[8:]} REF # {token(chance, 10)} {text}",
            f"Zelle payment from {name} {text} {token(chance, 11)}",
            f"VENMO CASHOUT {name} {text}",
            f"ZELLE CREDIT PMT FROM {name} {digits(chance, 10)} {text}",
        )[dialect % 4]
    if channel == "wire":
        return (
            f"WIRE TYPE:WIRE IN DATE:{day[2:4]}{short} TIME:{digits(chance, 4)} ET "
            f"TRN:{digits(chance, 12)} ORIG:{name} PMT DET:{text}",
            f"FEDWIRE CREDIT B/O: {name} REF: {text} IMAD: {token(chance, 12)}",
        )[dialect % 2]
    if channel == "eft":
        return (
            f"{name} DES:HCCLAIMPMT ID:{digits(chance, 9)} INDN:PROVIDER "
            f"TRN*1*{text}*1{digits(chance, 9)}",
            f"ORIG CO NAME:{name} ORIG ID:{digits(chance, 10)} DESC DATE:{short} "
            f"CO ENTRY DESCR:VENDOR PMTSEC:CCD TRACE#:{digits(chance, 15)} {text}",
            f"EFT CREDIT {name} {text} {short}",
        )[dialect % 3]
    return (
        f"ORIG CO NAME:{name} ORIG ID:{digits(chance, 10)} DESC DATE:{short} "
        f"CO ENTRY DESCR:PAYMENT SEC:PPD TRACE#:{digits(chance, 15)} {text}",
        f"ACH CREDIT {name} {text} {digits(chance, 8)}",
        f"{name} DES:BILLPAY ID:{digits(chance, 7)} {text} CO ID:{digits(chance, 10)} PPD",
        f"ELECTRONIC DEPOSIT {name} {text}",
        f"PREAUTHORIZED CREDIT {text} {name}",
    )[dialect % 5]


def deposit_line(dialect: int, count: int, chance: random.Random) -> str:
    """A deposit over the counter or by scanner. It names nobody."""
    return (
        "DEPOSIT",
        f"REMOTE DEPOSIT CAPTURE {digits(chance, 6)}",
        f"DEPOSIT ID NUMBER {digits(chance, 6)}",
        f"COUNTER DEPOSIT BR {digits(chance, 4)}",
        f"REMOTE ONLINE DEPOSIT # {chance.randint(1, 99)} {count} ITEMS",
    )[dialect % 5]


def payout_line(gateway: str, payout_id: str, day: str, chance: random.Random) -> str:
    """A gateway's transfer, with its id where that gateway prints it."""
    if gateway == "STRIPE":
        return f"STRIPE DES:TRANSFER ID:{payout_id.upper()} CO ID:{digits(chance, 10)} CCD"
    if gateway == "SQUARE":
        return f"SQUARE INC SQ{day[2:4]}{day[5:7]}{day[8:]} {token(chance, 12)}"
    if gateway == "INTUIT":
        return f"ORIG CO NAME:INTUIT PYMT SOLN CO ENTRY DESCR:DEPOSIT TRACE#:{digits(chance, 15)}"
    return f"CARDCONNECT MERCH DEP {digits(chance, 12)}"


def debit_line(channel: str, name: str, number: str, check: str, chance: random.Random) -> str:
    """Money that leaves: a cheque names its number only, an ACH its payee."""
    if channel == "check":
        return chance.choice((f"CHECK #{check}", f"CHECK {check}", f"SUBSTITUTE CHECK {check}"))
    return (
        f"ACH DEBIT {name} {number}",
        f"ORIG CO NAME:{name} CO ENTRY DESCR:PAYMENT SEC:CCD TRACE#:{digits(chance, 15)}",
        f"BILL PAYMENT {name} {number} {digits(chance, 6)}",
    )[chance.randrange(3)]


def return_line(channel: str, name: str, text: str, chance: random.Random) -> str:
    if channel == "check":
        return chance.choice(
            ("RETURNED DEPOSITED ITEM NSF", f"DEPOSITED ITEM RETURNED {name}", "CHARGEBACK RDI NSF")
        )
    return chance.choice(
        (
            f"ACH RETURN R01 {name}",
            f"RETURN OF POSTED CHECK/ITEM {name} {text}",
            "ACH RET R09 UNCOLL",
        )
    )
