"""The names of a world of state rates, and how its payers, books and banks write them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

FIRST = """
James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard
Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy Matthew Betty
Anthony Margaret Mark Sandra Donald Ashley Steven Kimberly Paul Emily Andrew Donna Joshua Michelle
Kenneth Carol Kevin Amanda Brian Dorothy George Melissa Timothy Deborah Ronald Stephanie Edward
Rebecca Jason Sharon Jeffrey Laura Ryan Cynthia Jacob Kathleen Gary Amy Nicholas Angela Eric
Shirley Jonathan Anna Stephen Brenda Larry Pamela Justin Emma Scott Nicole Brandon Helen Benjamin
Samantha Samuel Katherine Gregory Christine Alexander Debra Frank Rachel Patrick Carolyn Raymond
Janet Jack Catherine Dennis Maria Jerry Heather Tyler Diane Aaron Ruth Jose Julie Adam Olivia
Nathan Joyce Henry Virginia Douglas Victoria Zachary Kelly Peter Lauren Kyle Christina Ethan Joan
Walter Evelyn Noah Judith Jeremy Megan Christian Andrea Keith Cheryl Roger Hannah Terry Jacqueline
Harold Martha Sean Gloria Gerald Teresa Carl Ann Lawrence Sara Arthur Madison Albert Frances Jesse
Kathryn Joe Janice Bruce Jean Billy Abigail Willie Alice Ralph Julia Roy Judy Eugene Sophia Louis
Grace Philip Denise Bobby Amber Johnny Doris Bradley Marilyn Vincent Danielle Russell Beverly
Randy Isabella Agnes Edna Opal Hazel Irma Wilma Leroy Elmer Chester Floyd Lucille Thelma Ida Rosa
Juanita Ines Günter Zoë Noël
""".split()
LAST = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez
Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Sanchez Clark
Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams
Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts Gomez Phillips Evans Turner Diaz Parker
Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper
Peterson Bailey Reed Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James
Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster
Jimenez O'Brien O'Neill McDonald McCarthy D'Angelo St.Clair Müller Núñez Van-Dyke Fitzgerald
Kowalski Schneider Petrov Okafor Haddad Yamamoto
""".split()
STEMS = """
Ash Black Brad Bren Cal Car Clay Clif Cran Dal Dun East Ed El Fair Far Gar Glen Green Had Hal Ham
Har Hart Hol Kel Kings Lang Lin Mar May Mil Nor Oak Old Pem Pres Ray Red Rich Ros Shel Sher Stan
Staf Sut Tal Thorn Tre Wal War Wes Whit Win Wood Wy York
""".split()
ENDINGS = """
bury by combe croft dale den don field ford ham hurst land ley low man mer mont more ner ridge
rick sen shaw son stead ston ton vale ver well wick wood worth
""".split()
PLACES = """
Harbor Summit Lakeside Prairie Cedar Granite Liberty Keystone Pioneer Evergreen Riverbend
Hillcrest Beacon Northgate Franklin Madison Clinton Warren Mercer Monroe Wayne Jefferson Douglas
Marion Polk Dane
""".split()
STATES = (
    "Ohio",
    "Minnesota",
    "Oregon",
    "Wisconsin",
    "Arizona",
    "Washington",
)
PAYEE_KINDS = (
    "Fiduciary Services",
    "Payee Services Inc",
    "Guardianship Association",
    "Representative Payee LLC",
    "Trust Management",
    "County Public Guardian",
    "Financial Advocates",
    "Family Services",
    "Community Payee Program",
    "Veterans Fiduciary",
    "Estate & Trust Administration",
)
AGENCY_KINDS = (
    "{state} Department of Human Services",
    "State of {state} Medicaid",
    "{place} County Board of Developmental Disabilities",
    "{state} Health Care Authority",
    "{place} County Human Services",
    "{state} Dept of Aging",
    "Area Agency on Aging {place}",
    "State of {state} Treasurer",
)
SUPPLIERS = (
    "SYSCO FOODS",
    "MCKESSON MEDICAL",
    "WASTE MGMT",
    "CITY UTILITIES",
    "HOME DEPOT",
    "STAPLES",
    "AMAZON BUSINESS",
    "COMCAST",
    "GORDON FOOD SVC",
    "STATE FARM",
    "ECOLAB",
    "DUKE ENERGY",
)
COMMON_WORDS = (
    "rent",
    "Rent",
    "room and board",
    "R&B",
    "monthly payment",
    "PAYMENT",
    "payment received",
    "thank you",
    "care fees",
    "Payment on account",
    "resident share",
)
NICKNAMES = {
    "Robert": "Bob",
    "William": "Bill",
    "James": "Jim",
    "Elizabeth": "Betty",
    "Margaret": "Peggy",
    "Richard": "Dick",
    "Michael": "Mike",
    "Thomas": "Tom",
    "Joseph": "Joe",
    "Patricia": "Pat",
    "Katherine": "Kathy",
    "Deborah": "Debbie",
    "Edward": "Ed",
    "Daniel": "Dan",
}
SHORTER = {
    "SERVICES": "SVCS",
    "SERVICE": "SVC",
    "DEPARTMENT": "DEPT",
    "COUNTY": "CNTY",
    "ASSOCIATION": "ASSN",
    "MANAGEMENT": "MGMT",
    "FIDUCIARY": "FIDUC",
    "COMMUNITY": "COMM",
    "GUARDIANSHIP": "GRDNSHP",
    "DEVELOPMENTAL": "DEV",
    "DISABILITIES": "DISAB",
    "HUMAN": "HUM",
    "FINANCIAL": "FINL",
    "REPRESENTATIVE": "REP",
    "ADMINISTRATION": "ADMIN",
}
RARE_LAST = [stem + ending for stem in STEMS for ending in ENDINGS if stem.lower() != ending]
LINE_TYPES = {
    "ach": "ACH",
    "zelle": "P2P",
    "wire": "WIRE",
    "billpay": "ACH",
    "eft": "EFT",
    "check": "CHECK",
    "cash": "CASH",
}
LINE_TEXTS = {
    "check": (
        "CHECK {check} {name}",
        "CHECK #{check} {name}",
        "DEPOSIT CHECK {check} {name}",
        "CK {check} {name}",
        "{name} CHECK {check}",
        "CHK {check} {name} {words}",
        "MOBILE DEPOSIT CHECK {check} {name}",
        "CHECK DEPOSIT {name} {check}",
    ),
    "cash": (
        "CASH DEPOSIT {name}",
        "BRANCH CASH DEP {name}",
        "CASH DEP BR 0{branch} {name}",
        "COUNTER DEPOSIT CASH {name}",
    ),
    "zelle": (
        "ZELLE FROM {name} ON {day:%m/%d} {words}",
        "Zelle payment from {name} {words}",
        "ZELLE CREDIT PAYMENT {name} REF # {trace} {words}",
        "ZELLE {name} {words}",
        "RTP CREDIT {name} {words}",
    ),
    "wire": (
        "WIRE IN ORG={name} OBI={words}",
        "INCOMING WIRE {name} {words}",
        "FEDWIRE CREDIT VIA: BK OF AMER B/O: {name} REF: {words} TRN: {trace}",
        "WIRE TYPE:WIRE IN ORIG:{name} PMT DET:{words}",
        "WT FED#{trace} {name} {words}",
    ),
    "billpay": (
        "BILLPAY {name} {words}",
        "BILL PAYMENT {name} ACCT {tag} {words}",
        "ONLINE BILL PMT FROM {name} {words}",
        "CHECKFREE {name} {words} {trace}",
        "BILLPAY {words} {name}",
    ),
    "eft": (
        "{name} EFT {trace} {words}",
        "EFT CREDIT {name} TRN*1*{trace} {words}",
        "EFT {name} {words}",
        "{name} HCCLAIMPMT TRN*1*{trace} {words}",
        "EFT DEPOSIT {words} {name} {trace}",
        "{name} PAYMENTS {words}",
    ),
    "ach": (
        "ACH CREDIT {name} {words}",
        "ACH {name} {words} {trace}",
        "{name} ACH PMT {words}",
        "ELECTRONIC DEPOSIT {name} {words}",
        "PREAUTHORIZED CREDIT {name} {trace} {words}",
        "ACH DEP {words} {name}",
        "{name} DES:PAYMENT ID:{tag} INDN:{words} CO",
    ),
}
RETURN_TEXTS = (
    "RETURNED ITEM {words}",
    "NSF RETURN {words}",
    "RETURNED DEPOSITED ITEM {words}",
    "ACH RETURN R01 {words}",
    "DEPOSITED ITEM RETURNED {words} INSUFFICIENT FUNDS",
    "CHARGEBACK RETURN {words}",
    "REVERSAL {words}",
)
DEPOSIT_TEXTS = (
    "DEPOSIT",
    "DEPOSIT",
    "REMOTE DEPOSIT",
    "BRANCH DEPOSIT {short}",
    "DEPOSIT ID NUMBER {long}",
    "LOCKBOX DEPOSIT {short}",
    "COUNTER DEPOSIT",
    "DEPOSIT {count} ITEMS",
    "MOBILE DEPOSIT REF {long}",
    "REGULAR DEPOSIT {short}",
)
PAYOUT_TEXTS = {
    "stripe": (
        "STRIPE TRANSFER {payout}",
        "STRIPE DES:TRANSFER ID:{payout}",
        "ACH CREDIT STRIPE {payout}",
    ),
    "square": (
        "SQUARE INC {payout}",
        "SQ *DEPOSIT {payout}",
        "SQUARE INC SDV-PAYOUT {payout}",
    ),
    "paynow": ("PAYNOW SETTLEMENT {payout}", "PAYNOW PAYOUT {payout} MERCHANT 88{merchant}"),
    "authnet": (
        "MERCHANT BANKCD DEPOSIT {merchant} {payout}",
        "AUTHNET GATEWAY SETTLE {payout}",
    ),
}
FEE_TEXTS = (
    "MONTHLY SERVICE FEE",
    "ACCOUNT ANALYSIS FEE {number}",
    "WIRE FEE {number}",
    "ACH BATCH FEE {number}",
    "SERVICE CHARGE",
)
PAYROLL_TEXTS = (
    "PAYROLL {number}",
    "ADP WAGE PAY {number}",
    "GUSTO NET {number}",
    "INTUIT PAYROLL S TAX",
    "PATRIOT SOFTWARE PAYROLL {number}",
    "IRS USATAXPYMT {number}",
)
PURCHASE_TEXTS = (
    "{supplier} {number}",
    "ACH DEBIT {supplier} {number}",
    "CHECK {number}",
    "BILL PMT {supplier} INV {number}",
    "POS PURCHASE {supplier}",
)
TRANSFER_TEXTS = (
    "TRANSFER FROM SAV {number}",
    "TRANSFER TO CHK {number}",
    "ONLINE TRANSFER REF {number}",
    "BOOK TRANSFER {number}",
    "SWEEP",
)
INTEREST_TEXTS = ("INTEREST PAYMENT", "INTEREST EARNED {number}")
CREDIT_TEXTS = (
    "REFUND {supplier} {number}",
    "{supplier} CREDIT {number}",
    "IRS TREAS 310 TAX REF {number}",
    "INSURANCE CLAIM {number}",
    "MISC CREDIT {number}",
    "REBATE {supplier}",
)
GIFT_TEXTS = ("ACH CREDIT {name}", "ZELLE FROM {name}", "DONATION {name}", "CHECK {number} {name}")
UNACCENTED = str.maketrans("üöéëñúÜ", "uoeenuU")


@dataclass(frozen=True, kw_only=True)
class Habits:
    """What those who live in a world do, as shares where no unit is given."""

    # Payers who always and sometimes name the number; the rest never does.
    naming: tuple[float, float]
    paid_by_relative: float
    paid_by_organisation: float
    # Payments keyed under the id of the party.
    own_id_keyed: float
    relative_id_keyed: float
    # Paid straight to the bank, and never recorded.
    unrecorded: float
    number_swapped: float
    name_damaged: float
    name_cut: float
    nickname: float
    # Names that are one of an initial, before the last name and after it.
    initial_first: float
    initial_last: float
    # Lines on which a payer's name differs from the one it usually has at the bank.
    other_name: float
    # Factors of what a line shows.
    number_on_line: float
    name_on_line: float
    organisation_lists_nothing: float
    agency_lists_nothing: float


ORDINARY = Habits(
    naming=(0.50, 0.20),
    paid_by_relative=0.24,
    paid_by_organisation=0.095,
    own_id_keyed=0.84,
    relative_id_keyed=0.62,
    unrecorded=0.078,
    number_swapped=0.018,
    name_damaged=0.025,
    name_cut=0.15,
    nickname=0.02,
    initial_first=0.05,
    initial_last=0.03,
    other_name=0.10,
    number_on_line=1.0,
    name_on_line=1.0,
    organisation_lists_nothing=0.18,
    agency_lists_nothing=0.05,
)
HARDER = replace(
    ORDINARY,
    naming=(0.28, 0.22),
    paid_by_relative=0.36,
    paid_by_organisation=0.12,
    own_id_keyed=0.68,
    relative_id_keyed=0.40,
    unrecorded=0.09,
    number_swapped=0.035,
    name_damaged=0.07,
    name_cut=0.45,
    nickname=0.05,
    initial_first=0.07,
    other_name=0.2,
    number_on_line=0.65,
    name_on_line=0.94,
    organisation_lists_nothing=0.28,
    agency_lists_nothing=0.11,
)


@dataclass(frozen=True, kw_only=True)
class Person:
    first: str
    last: str

    @property
    def full(self) -> str:
        return f"{self.first} {self.last}"


Who = Person | str


def person(chance: random.Random) -> Person:
    """Somebody, at times with an initial or a suffix."""
    first = chance.choice(FIRST)
    if chance.random() < 0.38:
        last = LAST[int(chance.random() ** 1.6 * len(LAST))]
    else:
        last = chance.choice(RARE_LAST)
    draw = chance.random()
    if draw < 0.14:
        first += " " + chance.choice("ABCDEFGHJKLMNPRSTW") + ("." if draw < 0.05 else "")
    elif draw > 0.985:
        last += chance.choice((" Jr", " Sr", " III"))
    return Person(first=first, last=last)


def plain(text: str) -> str:
    """Without accents."""
    return text.translate(UNACCENTED)


def one_line(text: str) -> str:
    """With single spaces, and none at the ends."""
    return " ".join(text.split())


def digits(number: str) -> str:
    return "".join(letter for letter in number if letter.isdigit())


def damaged(text: str, chance: random.Random) -> str:
    """A letter is missing, doubled, another one or changes places with its neighbour."""
    if len(text) < 5:
        return text
    at = chance.randrange(1, len(text) - 1)
    draw = chance.random()
    if draw < 0.35:
        return text[:at] + text[at + 1 :]
    if draw < 0.65:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if draw < 0.8:
        return text[:at] + text[at] + text[at:]
    return text[:at] + chance.choice("AEIORSTNL") + text[at + 1 :]


def name_at_the_bank(who: Who, habits: Habits, chance: random.Random) -> str:
    """Upper case, in any order, with initials, shortened, cut or with a slip."""
    if isinstance(who, str):
        text = organisation_at_the_bank(who, chance)
    else:
        text = person_at_the_bank(who, habits, chance)
    if chance.random() < habits.name_damaged:
        text = damaged(text, chance)
    if chance.random() < habits.name_cut:
        text = text[: chance.choice((14, 16, 18, 18, 20, 22))].rstrip()
    return text


def organisation_at_the_bank(name: str, chance: random.Random) -> str:
    text = plain(name).upper().replace(" & ", " AND " if chance.random() < 0.3 else " ")
    if chance.random() < 0.4:
        text = " ".join(SHORTER.get(word, word) for word in text.split())
    if chance.random() < 0.15:
        text = text.replace("STATE OF ", "ST OF ")
    return text


def person_at_the_bank(who: Person, habits: Habits, chance: random.Random) -> str:
    draw = chance.random()
    first, last = plain(who.first).upper().replace(".", ""), plain(who.last).upper()
    if chance.random() < 0.25:
        last = last.replace("'", " " if chance.random() < 0.4 else "")
        last = last.replace("-", " ").replace(".", " ")
    given = first.split()
    if len(given) > 1 and chance.random() < 0.5:
        first = given[0]
    if chance.random() < habits.nickname:
        first = NICKNAMES.get(given[0].title(), first).upper()
    if draw < 0.58:
        return f"{first} {last}"
    if draw < 0.74:
        return f"{last} {first}"
    if draw < 0.84:
        return f"{last}, {first}"
    if draw < 0.84 + habits.initial_first:
        return f"{first[0]} {last}"
    if draw < 0.84 + habits.initial_first + habits.initial_last:
        return f"{last} {first[0]}"
    if draw >= 0.96:
        return f"{first} {last}"
    if chance.random() < 0.5:
        return f"MR {first} {last}"
    return f"{first} {last} OR {chance.choice(FIRST).upper()}"


def swapped(number: str, chance: random.Random) -> str:
    """Two neighbouring digits near the end change places: mostly a neighbour's number."""
    places = [
        at
        for at, (digit, after) in enumerate(zip(number, number[1:], strict=False))
        if digit.isdigit() and after.isdigit() and digit != after
    ]
    if not places:
        return number
    at = chance.choice(places[-3:])
    return number[:at] + number[at + 1] + number[at] + number[at + 2 :]


def written(number: str, chance: random.Random, *, at_the_bank: bool = False) -> str:
    """A number as somebody writes it, whose letters and marks are mostly kept."""
    draw = chance.random()
    if number.isdigit():
        if at_the_bank:
            marks = ((0.4, "INV "), (0.6, "INVOICE "), (0.75, "#"))
        else:
            marks = ((0.22, "Invoice "), (0.36, "#"), (0.5, "Inv "))
        return next((mark for most, mark in marks if draw < most), "") + number
    if draw < 0.80:
        return number
    if draw < 0.86:
        return number.replace("-", " ").replace("/", " ")
    if draw < 0.91:
        return number.replace("-", "").replace("/", "-")
    if draw < 0.93:
        return number.lower()
    if at_the_bank:
        return f"INVOICE {number}"
    return ("Inv. " if draw < 0.97 else "#") + number


def listed(numbers: Sequence[str], chance: random.Random) -> str:
    """The numbers in a row."""
    between = chance.choice((", ", ", ", " ", "; ", " / ", ",", " + "))
    return between.join(numbers)
