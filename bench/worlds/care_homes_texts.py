"""Names, numbers and bank texts of a simulated group of care homes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from bench.worlds.care_homes_records import MONTH_NAMES, Chance, Home, Invoice, Person

MEN = (
    "James Robert John William Richard Thomas Charles Daniel Kenneth Edward Ronald Lawrence Gerald "
    "Walter Harold Raymond Dennis Eugene Albert Arthur Leonard Stanley Clarence Ernest Theodore "
    "Luis Hector Minh Tariq Olaf Sven Desmond"
).split()
WOMEN = (
    "Mary Patricia Barbara Elizabeth Margaret Dorothy Helen Virginia Ruth Carol Shirley Joan "
    "Katherine Deborah Judith Beverly Marilyn Frances Gloria Eleanor Rosemary Geraldine Bernice "
    "Lucille Josefina Yolanda Thuy Amina Ingrid Siobhan Odette Theresa"
).split()
SHORT_NAMES = dict(
    pair.split("/")
    for pair in (
        "James/Jim Robert/Bob John/Jack William/Bill Richard/Dick Thomas/Tom Charles/Chuck "
        "Daniel/Dan Kenneth/Ken Edward/Ted Ronald/Ron Lawrence/Larry Gerald/Jerry Walter/Walt "
        "Harold/Hal Raymond/Ray Eugene/Gene Albert/Al Arthur/Art Leonard/Len Stanley/Stan "
        "Theodore/Ted Patricia/Patty Barbara/Barb Elizabeth/Betty Margaret/Peggy Dorothy/Dot "
        "Virginia/Ginny Katherine/Kathy Deborah/Debbie Judith/Judy Frances/Fran Eleanor/Ellie "
        "Rosemary/Rose Josefina/Josie Theresa/Terry"
    ).split()
)
# The commonest first; an underscore stands for a space.
SURNAMES = [
    name.replace("_", " ")
    for name in (
        "Smith Johnson Williams Brown Jones Miller Davis Garcia Rodriguez Wilson Anderson Taylor "
        "Thomas Moore Martin Lee Thompson White Harris Clark Lewis Walker Hall Allen Young King "
        "Wright Scott Nguyen Hill Green Adams Nelson Baker Campbell Mitchell Roberts Carter "
        "Phillips Evans Turner Parker Collins Stewart Morris Murphy Cook Rogers Peterson Bailey "
        "Reed Kelly Howard Cox Ward Richardson Watson Brooks Wood Bennett Gray Hughes Price Myers "
        "Long Foster Sanders Ross Powell Sullivan Russell Jenkins Perry Butler Barnes Fisher "
        "Henderson Coleman Simmons Patterson Reynolds Hamilton Graham Wallace Cole West Bryant "
        "Gibson Ellis Murray Freeman Wells Webb Simpson Stevens Tucker Porter Hunter Hicks "
        "Crawford Boyd Mason Kennedy Warren Dixon Burns Gordon Shaw Holmes Rice Robertson Hunt "
        "Black Daniels Palmer Mills Nichols Grant Knight Ferguson Stone Hawkins Dunn Perkins "
        "Hudson Spencer Gardner Payne Pierce Berry Matthews Arnold Wagner Willis Watkins Olson "
        "Carroll Duncan Snyder Hart Cunningham Bradley Lane Andrews Ruiz Harper Fox Riley "
        "Armstrong Carpenter Weaver Greene Lawrence Elliott Chavez Sims Austin Peters Kelley "
        "Franklin Lawson O'Brien O'Connor McDonald McCarthy Van_Dyke De_la_Cruz St._Clair Müller "
        "Núñez Østergaard Kowalski Wojcik Schmidt Hoffmann Lindqvist Takahashi Yamamoto Okafor "
        "Abdi Tran Pham Le Ivanov Petrosyan Castillo-Reyes Smith-Hall Szymanski Dubois Lefevre "
        "Haugen Thorvaldsen Bjornstad Vandenberg Delacroix"
    ).split()
]
SURNAME_WEIGHTS = [1 / (place + 6) ** 0.55 for place in range(len(SURNAMES))]
UNACCENTED = str.maketrans("üúñøØé", "uunoOe")
PAYEES = (
    "Guardian Services of Kent",
    "Lutheran Payee Services",
    "Faithful Fiduciary LLC",
    "Community Rep Payee Inc",
    "Bridge Guardianship & Conservator",
)
SAID = (
    "PAYMENT",
    "Rent",
    "care",
    "monthly",
    "mom",
    "Dad",
    "thank you",
    "board and care",
    "AFC",
    "",
)

# The six banks cut their descriptions, and know these types.
LIMITS = ((220, 120), (90, 48), (140, 70), (40, 30), (120, 60), (70, 40))
TYPES = {
    "": ("",) * 6,
    "ach": ("ACH_CREDIT", "ACH", "CREDIT", "", "165", "Deposit"),
    "zelle": ("PARTNERFI_TO_CHASE", "P2P", "CREDIT", "", "165", "Deposit"),
    "deposit": ("DEPOSIT", "DEP", "CREDIT", "", "301", "Deposit"),
    "wire": ("WIRE_INCOMING", "WIRE", "CREDIT", "", "195", "Wire"),
    "lockbox": ("DEPOSIT", "LBX", "CREDIT", "", "115", "Deposit"),
    "return": ("RETURN", "RET", "DEBIT", "", "555", "Adjustment"),
    "check": ("CHECK_PAID", "CHK", "CHECK", "", "475", "Check"),
    "debit": ("ACH_DEBIT", "ACH", "DEBIT", "", "455", "Withdrawal"),
    "fee": ("FEE_TRANSACTION", "FEE", "DEBIT", "", "698", "Fee"),
    "transfer": ("ACCT_XFER", "XFR", "TRANSFER", "", "275", "Transfer"),
    "card": ("DEBIT_CARD", "POS", "DEBIT", "", "", "Card"),
}
WITH_COUNTERPARTY = ("ach", "zelle", "wire", "debit", "agency")


# Names.


def surname(chance: Chance) -> str:
    return chance.choices(SURNAMES, SURNAME_WEIGHTS)[0]


def person(chance: Chance, last: str = "", is_male: bool | None = None) -> Person:
    if is_male is None:
        is_male = chance.happens(0.5)
    return Person(
        is_male=is_male,
        first=chance.choice(MEN if is_male else WOMEN),
        last=last or surname(chance),
        middle=chance.choice("ABCDEFGHJKLMNPRSTW") if chance.happens(0.45) else "",
        suffix=chance.choice(("Jr", "Sr", "III")) if is_male and chance.happens(0.04) else "",
    )


def at_the_bank(who: Person, chance: Chance) -> str:
    """How a bank prints the name."""
    first, last = who.first, who.last.translate(UNACCENTED)
    if chance.happens(0.12):
        first = SHORT_NAMES.get(first, first)
    middle = f" {who.middle}" if who.middle else ""
    draw = chance.random()
    if draw < 0.38:
        text = f"{first} {last}"
    elif draw < 0.55:
        text = f"{first}{middle} {last}"
    elif draw < 0.75:
        text = f"{last} {first}{middle}"
    elif draw < 0.85:
        text = f"{last},{first}"
    elif draw < chance.either(0.93, 0.90):
        text = f"{first[0]} {last}"
    else:
        text = f"{first} {last} {who.suffix}".strip()
    return text.upper() if chance.happens(0.7) else text


# Numbers, as the homes make them and as payers write them.


def number(invoice: Invoice, chance: Chance) -> str:
    """The next number of the home's scheme."""
    home, issue = invoice.home, invoice.issue
    if invoice.total < 0 and home.credit_style in ("CN-", "CM"):
        home.credit_sequence += chance.randint(1, 6)
        return f"{home.credit_style}{home.credit_sequence:05d}"
    home.sequence += 1 if chance.happens(0.97) else 2
    run = home.sequence
    if home.scheme == 0:
        text = f"INV-{run:05d}"
    elif home.scheme == 1:
        text = f"{run}"
    elif home.scheme == 2:
        text = f"{issue:%y-%m}-{run % 10_000:04d}"
    elif home.scheme == 3:
        text = f"{home.code}/{issue.year}/{run:05d}"
    elif home.scheme == 4:
        text = resident_number(invoice)
    elif home.scheme == 5:
        text = f"AFC{issue:%y}{run:05d}{'ABCDEFGHJKLMNPQRTUVWXYZ'[run * 7 % 23]}"
    else:
        text = f"{issue:%Y%m}{run:05d}"
    if invoice.total < 0 and home.credit_style == "-C":
        text += "-C"
    while text in home.numbers:
        home.sequence += 1
        text = f"{text}-{home.sequence}"
    return text


def resident_number(invoice: Invoice) -> str:
    """Resident and month, with a letter from the second of the month on."""
    code = invoice.resident.code if invoice.resident else "X"
    first = text = f"{code}-{invoice.issue:%m%y}"
    again = 0
    while text in invoice.home.numbers:
        again += 1
        letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(again - 1) % 26]
        text = f"{first}{letter}{again // 26 if again > 26 else ''}"
    return text


def as_written(scheme: int, number: str, chance: Chance) -> str:
    """One number as a payer or a bookkeeper writes it."""
    if number.startswith(("CN", "CM")):
        forms = [number, number.lower(), number.replace("-", ""), f"credit {number}"]
    elif scheme == 0:
        digits = number[4:]
        forms = [number, number, number.replace("-", ""), number.replace("-", " ")]
        forms += [f"inv {digits}", f"#{digits}", f"Invoice {digits.lstrip('0')}"]
        forms += [f"Inv. no {digits}"]
    elif scheme == 1:
        forms = [number, f"inv {number}", f"#{number}", f"Inv# {number}"]
        forms += [f"invoice {number}", f"no. {number}"]
    elif scheme == 2:
        forms = [number, number, number.replace("-", ""), number.replace("-", "/")]
        forms += [f"inv {number}", number.replace("-", "–")]
    elif scheme == 3:
        forms = [number, number, number.replace("/", "-"), number.replace("/", " ")]
        forms += [number.lower(), number.split("/", 1)[-1], f"Inv {number}"]
    elif scheme == 4:
        forms = [number, number, number.replace("-", " "), number.replace("-", "")]
        forms += [f"stmt {number}"]
    elif scheme == 5:
        forms = [number, number, number.lower()]
        forms += [number[:-1] if chance.happens(0.3) else number]
        forms += [f"{number[:3]}-{number[3:]}", f"inv {number}"]
    else:
        forms = [number, number, f"inv {number}", f"#{number}"]
        forms += [f"{number[:6]}-{number[6:]}", f"{number[:6]} {number[6:]}"]
    return chance.choice(forms)


def listed(scheme: int, numbers: Sequence[str], chance: Chance) -> str:
    """Several numbers in one text; neighbours may be a range that hides those between."""
    if len(numbers) == 1:
        return as_written(scheme, numbers[0], chance)
    each = list(numbers)
    if scheme in (0, 1, 3, 6) and chance.happens(0.4):
        run = [last_digits(number) for number in each]
        in_a_row = all(after == before + 1 for before, after in zip(run, run[1:], strict=False))
        if in_a_row and not any("-C" in number or number[0] == "C" for number in each):
            first, last = run[0], run[-1]
            return chance.choice(
                (
                    f"inv {first}-{str(last)[-2:]}",
                    f"invoices {first} - {last}",
                    f"{as_written(scheme, each[0], chance)} thru {last}",
                    f"{first}..{last}",
                )
            )
    if chance.happens(0.15):
        chance.shuffle(each)
    style = chance.randrange(6)
    if scheme == 0 and chance.happens(0.5):
        each = [number.removeprefix("INV-") for number in each]
    return (
        ", ".join(each),
        f"{', '.join(each[:-1])} & {each[-1]}",
        f"inv {' + '.join(each)}",
        f"Invoices {' and '.join(each)}",
        " ".join(each),
        f"inv#{';'.join(each)}",
    )[style]


def last_digits(number: str) -> int:
    part = number.replace("/", "-").split("-")[-1]
    return int("".join(letter for letter in part if letter.isdigit()) or 0)


def mistyped(number: str, chance: Chance) -> str:
    """Two digits swapped, one changed, or one read as a letter."""
    digits = [at for at, letter in enumerate(number) if letter.isdigit()]
    if len(digits) < 2:
        return number
    text = list(number)
    at = chance.choice(digits[:-1])
    after = digits[digits.index(at) + 1]
    if chance.happens(0.5):
        text[at], text[after] = text[after], text[at]
    elif chance.happens(0.5):
        text[at] = str((int(text[at]) + chance.randint(1, 9)) % 10)
    else:
        text[at] = {"0": "O", "1": "l", "5": "S", "8": "B"}.get(text[at], text[at])
    return "".join(text)


def month_words(invoice: Invoice, chance: Chance) -> str:
    """The month of the service, as a payer names it."""
    day = invoice.service_from or invoice.issue
    month = MONTH_NAMES[day.month - 1]
    return chance.choice(
        (
            f"{month} rent",
            f"{month} {day.year}",
            f"{day.month}/{day.year % 100} care",
            f"{month} room & board",
            month.upper(),
        )
    )


# What the banks print.


@dataclass(kw_only=True)
class Told:
    """What a bank knows of a movement: who, the words that came with it, cheque and trace."""

    day: date
    name: str = ""
    words: str = ""
    check: str = ""
    trace: str = ""


Six = tuple[str, str, str, str, str, str]


def cut(text: str, size: int) -> str:
    return text[:size].rstrip()


def ach(home: Home, told: Told, chance: Chance) -> Six:
    name, words, day = told.name, told.words, f"{told.day:%y%m%d}"
    upper = name.upper()
    named = f"IND ID:{words} " if words else ""
    info = f" INFO: {words}" if words else ""
    return (
        f"ORIG CO NAME:{cut(upper, 16)} ORIG ID:{chance.digits(10)} DESC DATE:{day} "
        f"CO ENTRY DESCR:PAYMENT SEC:PPD {named}TRACE#:{chance.digits(15)} EED:{day} "
        f"IND NAME:{home.name.upper()}",
        f"Deposit ACH {cut(name, 16)}{info}"
        if chance.harder and words
        else f"Deposit ACH {cut(name, 22)} "
        f"TYPE: {chance.choice(('BILLPAY', 'PAYMENT', 'ONLINE PMT'))}{info}",
        f"{cut(upper, 22)} ONLINE PMT {day} {chance.digits(7)} {words.upper()}",
        f"ACH CR {cut(upper, 14)} {words.upper()}",
        f"PREAUTHORIZED CREDIT {cut(upper, 22)}"
        + (f" RMR*IV*{words}\\" if words else f" {chance.digits(6)}"),
        f"{cut(name, 20)} - ACH credit" + (f" - {words}" if words else ""),
    )


def zelle(home: Home, told: Told, chance: Chance) -> Six:
    name, words = told.name, told.words
    return (
        f"Zelle payment from {name} {chance.digits(11)}" + (f' "{words}"' if words else ""),
        f"Deposit Zelle {name} {words}",
        f"ZELLE FROM {name.upper()} ON {told.day:%m/%d} REF # {told.trace or chance.code(10)} "
        f"{words.upper()}",
        f"ZELLE {cut(name.upper(), 18)} {words.upper()}",
        f"ZELLE CREDIT PMT FROM {name.upper()} {words}",
        f"Zelle® {name}" + (f"; {words}" if words else ""),
    )


def wire(home: Home, told: Told, chance: Chance) -> Six:
    name, words = told.name, told.words
    upper = name.upper()
    banks = ("WELLS FARGO BANK NA/121000248", "PNC BANK NA/043000096", "FIFTH THIRD/042000314")
    return (
        f"FEDWIRE CREDIT VIA: {chance.choice(banks)} B/O: {upper} RFB={words or 'O/B'} "
        f"BNF={home.name.upper()} IMAD: {told.day:%m%d}{chance.code(8)} "
        f"TRN: {chance.digits(10)}FF",
        f"Wire In {name} {words}",
        f"WT FED#{chance.digits(5)} {chance.choice(('KEYBANK', 'COMERICA', 'TRUIST'))} "
        f"/ORG={upper} SRF# {chance.code(10)} {words.upper()}",
        f"WIRE IN {cut(upper, 16)} {words.upper()}",
        f"INCOMING MONEY TRANSFER {upper} OBI:{words}",
        f"Incoming wire, {name}, {words}",
    )


def one_check(home: Home, told: Told, chance: Chance) -> Six:
    """A cheque that is deposited alone; some banks read its number and its name."""
    shown = told.name and chance.happens(chance.either(0.55, 0.3))
    name = f" {cut(told.name.upper(), 18)}" if shown else ""
    check = told.check if chance.happens(0.6) else ""
    return (
        f"REMOTE ONLINE DEPOSIT # {chance.digits(2)}" + (f" CHK {check}" if check else "") + name,
        f"Deposit by Check {check}{name}",
        f"MOBILE DEPOSIT : REF NUMBER :{chance.digits(12)}{name}",
        f"DEP CK {check}{name}",
        "IMAGE CASH LETTER DEP" + (f" ITEM {check}" if check else "") + name,
        "Check deposit" + (f" #{check}" if check else "") + name.title(),
    )


def deposit(home: Home, told: Told, chance: Chance) -> Six:
    slip = told.words
    branch = f"{told.day:%m/%d} {chance.digits(4)}"
    return (
        f"DEPOSIT ID NUMBER {slip or chance.digits(6)}",
        "Deposit" + (f" Slip {slip}" if slip else ""),
        f"eDeposit IN Branch {branch} {chance.choice(('W MAIN ST', 'LIVERNOIS', 'STATE ST'))} "
        f"{slip}",
        f"DEPOSIT {slip}",
        f"BRANCH DEPOSIT TICKET {slip}" if slip else "BRANCH DEPOSIT",
        f"Counter deposit {slip}",
    )


def cash(home: Home, told: Told, chance: Chance) -> Six:
    return (
        f"CASH DEPOSIT {told.day:%m/%d} ATM {chance.digits(4)}",
        "Deposit Cash",
        f"ATM CASH DEPOSIT ON {told.day:%m/%d} {chance.digits(6)}",
        "CASH DEP",
        "CURRENCY DEPOSIT",
        "Cash deposit",
    )


def lockbox(home: Home, told: Told, chance: Chance) -> Six:
    """`told.check` is the number of items, `told.words` the batch."""
    box, batch, items = home.lockbox, told.words, told.check
    return (
        f"LOCKBOX NO: {box} FOR {items} ITEMS AT {chance.digits(2)} {chance.digits(7)} "
        f"TRN: {chance.digits(10)}LB",
        f"Lockbox {box} batch {batch}",
        f"LOCKBOX DEPOSIT {box} {batch}",
        f"LBX{box} {batch}",
        f"LOCKBOX CREDIT {box} BATCH {batch} ITEMS {items}",
        f"Lockbox {box}",
    )


def agency(home: Home, told: Told, chance: Chance) -> Six:
    name, entry, trace = told.name, told.words, told.trace
    return (
        f"ORIG CO NAME:{name} ORIG ID:{chance.digits(10)} CO ENTRY DESCR:{entry} SEC:CCD "
        f"TRACE#:{chance.digits(15)} IND ID:{chance.digits(9)} IND NAME:{home.name.upper()} "
        f"TRN: TRN*1*{trace}*1{chance.digits(9)}\\",
        f"Deposit ACH {name} TYPE: {entry} ID: {chance.digits(10)} DATA: TRN*1*{trace}",
        f"{name} {entry} {told.day:%y%m%d} {trace} TRN*1*{trace}*1{chance.digits(9)}\\",
        f"ACH CR {cut(name, 12)} {entry[:10]} {chance.digits(4) if chance.harder else trace[-6:]}",
        f"PREAUTHORIZED CREDIT {name} {entry} {trace}",
        f"{name.title()} {entry.lower()} {chance.either(trace, '')}",
    )


def returned(home: Home, told: Told, chance: Chance) -> Six:
    name = cut(told.name.upper(), 16) if chance.happens(0.75) else ""
    reasons = ("NSF", "R01 INSUFFICIENT FUNDS", "STOP PAYMENT", "ACCT CLOSED", "REFER TO MAKER")
    why, check = chance.choice(reasons), told.check
    return (
        f"DEPOSITED ITEM RETURNED {why} # OF ITEMS00001"
        + (f" CK#:{check.zfill(10)}" if check else "")
        + f" {name}",
        f"Returned Item {why} {name}",
        f"CASHED/DEPOSITED ITEM RETN UNPAID {told.day:%m/%d} {check} {name}",
        f"RTN ITEM {check} {name}",
        f"RETURN ITEM CHARGEBACK {why} {name} {told.words}",
        f"Item returned - {why.lower()} {name} {told.words}",
    )


def check_paid(home: Home, told: Told, chance: Chance) -> Six:
    check = told.check
    return (
        f"CHECK {check}",
        f"Check {check}",
        f"CHECK # {check}",
        f"CK {check}",
        f"CHECK PAID {check.zfill(10)}",
        chance.choice((f"Check {check}", "Check")),
    )


def debit(home: Home, told: Told, chance: Chance) -> Six:
    name, words = told.name, told.words
    entry = f"CO ENTRY DESCR:{chance.choice(('PURCHASE', 'BILL PMT', 'ACH PMT'))}"
    return (
        f"ORIG CO NAME:{cut(name, 16)} ORIG ID:{chance.digits(10)} {entry} SEC:CCD "
        f"TRACE#:{chance.digits(15)} IND ID:{words}",
        f"Withdrawal ACH {name} {words}",
        f"{cut(name, 22)} BILL PMT {told.day:%y%m%d} {words}",
        f"ACH DB {cut(name, 14)} {words}",
        f"PREAUTHORIZED DEBIT {name} {words}",
        f"{name.title()} - ACH debit {words}",
    )


def verbatim(home: Home, told: Told, chance: Chance) -> Six:
    return (told.words,) * 6


WRITERS: dict[str, Callable[[Home, Told, Chance], Six]] = {
    "ach": ach,
    "zelle": zelle,
    "wire": wire,
    "one_check": one_check,
    "deposit": deposit,
    "cash": cash,
    "lockbox": lockbox,
    "agency": agency,
    "return": returned,
    "check": check_paid,
    "debit": debit,
    "verbatim": verbatim,
}


def bank_text(home: Home, kind: str, told: Told, chance: Chance) -> tuple[str, str, str]:
    """Description, counterparty and reference of a line at the home's bank."""
    bank = home.bank
    text = WRITERS[kind](home, told, chance)[bank]
    text = " ".join(cut(text, chance.either(*LIMITS[bank])).split())
    has_name = bank in (4, 5) and kind in WITH_COUNTERPARTY
    name = told.name if has_name and chance.happens(chance.either(0.8, 0.4)) else ""
    reference = ""
    if kind == "check" or (kind == "one_check" and bank in (1, 4)):
        reference = told.check
    elif kind == "deposit" and bank in (1, 3, 4):
        reference = told.words
    elif kind == "agency" and bank in (0, 4):
        reference = told.trace
    elif kind in ("ach", "wire") and bank == 2:
        reference = chance.digits(9)
    return text, name, reference
