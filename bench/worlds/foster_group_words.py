"""The names of a foster group, and how its payers, books and banks write them and its numbers."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from string import ascii_uppercase

from bench.worlds.foster_group_records import Entity

FIRST = """
James Mary Robert Patricia John Linda Michael Barbara David Susan William Dorothy Richard Margaret
Joseph Betty Thomas Ruth Charles Helen Donald Sandra Ronald Carol Kenneth Sharon Gary Donna Larry
Janet Raymond Judith Dennis Shirley Jerry Joyce Walter Gloria Harold Alice Eugene Frances Ralph
Evelyn Roy Doris Louis Marilyn Wayne Beverly Howard Theresa Norman Phyllis Earl Lois Leonard Rose
Stanley Norma Clarence Irene Alvin Marjorie Melvin Lillian Curtis Rosemary Dale Geraldine Vernon
Eleanor Leroy Constance Marvin Arlene Floyd Juanita José Maria Luis Carmen Ramón Lucia Andres Ines
Hector Pilar Duc Linh Minh Thuy Kwame Amina Yusuf Fatima Dmitri Oksana Ingrid Sven Astrid Giulia
Pietro Renée Andre Zoë Chloe Noel Karen Brian Lisa Kevin Nancy Mark Deborah Steven Cynthia Paul
Angela Jeffrey Melissa Scott Brenda Eric Amy Stephen Anna Gregory Rebecca Patrick Virginia Peter
Kathleen Douglas Pamela Keith Martha Gerald Debra Terry Amanda Sean Stephanie Austin Carolyn Arthur
Christine Lawrence Marie Jesse Janice Bryan Catherine Bruce Diane Albert Julie Willie Heather Randy
Teresa Philip Alicia Russell Sara Bobby Gail Craig Jill Alan Erin Shawn Lauren Clifford Valerie
Nathan Holly Travis Denise Glenn Tamara Jeremy Rhonda Mitchell Wendy Dwayne Yvonne
""".split()
COMMON_LAST = """
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Wilson
Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White Harris Clark Lewis Robinson
Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera
Campbell Mitchell Carter Roberts
""".split()
RARE_LAST = (
    "Núñez,Peña,Muñoz,Ibáñez,O'Leary,O'Dowd,McNair,McAfee,D'Amico,Van Dyke,De Vries,Okonkwo,"
    "Adeyemi,Nakamura,Tanaka,Pham,Vuong,Zielinski,Kowalczyk,Novak,Dvorak,Petrov,Sokolov,Haddad,"
    "Khoury,Osei,Mensah,Lindqvist,Bergström,Jørgensen,Müller,Schäfer,Castellano,Ferraro,Beaulieu,"
    "Thibodeaux,Laframboise,St. Clair,Begay,Tsosie"
).split(",")
STEMS = """
Ash Black Brad Bram Brook Burn Car Cran Dal Dun East Elm Farn Fern Gar Glen Gold Grim Hart Hazel
Hern Holt Hux Kes Kirk Lang Lind Lock Marl Mead Mill Nor Oak Pem Pen Quin Rad Red Ros Sand Sel Shel
Stan Sut Thorn Tren Wald Wal Wen West Whit Win Wood Yar
""".split()
ENDINGS = """
bury burn by combe cott croft dale den field ford gate ham hurst land ley low man mere more ridge
shaw stead ston ter thorpe ton well wick wood worth
""".split()
TREES = """
Maple Cedar Willow Birch Juniper Aspen Linden Sycamore Larch Hickory Alder Tamarack
""".split()
PLACES = """
Haven Ridge Grove Meadow Hollow Creek Harbor Glen Lane Acres Crossing View
""".split()
FORMS = ("LLC", "Inc", "AFC LLC", "Homes LLC", "Care LLC", "Residential Services Inc")
COUNTIES = """
Alden Barlow Crane Dunmore Eddington Fairlow Granby Hadlow Ives Juneau Kessler Lorimer Marsh
Norvale Ottley Pierpoint Quarry Rushford Selby Tamarind Umber Vance Wexley Yarrow
""".split()
VENDORS = (
    "Lakeland Food Service|Tri-Valley Linen|Northway Medical Supply|Pioneer Propane|"
    "Summit Pest Control|Blue Heron Landscaping|Great Basin Insurance|Midstate Electric Coop|"
    "Cascade Waste|Harbor Plumbing & Heating|Apex Fire Safety|Riverbend Pharmacy|"
    "County Water Authority|Evergreen Transport|Stonegate Properties|Union Telecom|"
    "Sterling Payroll Svcs|Homestead Appliance|Bright Path Staffing|Cornerstone Roofing|"
    "Meridian Office Supply|Valley Gas|Keystone Auto Repair|Old Mill Bakery|Prairie Dairy|"
    "Clearview Windows|Beacon Security|Twin Rivers Therapy|Northern Lights Training|"
    "Oakline Flooring"
).split("|")
ORGANISATIONS = (
    "{} Payee Services",
    "{} Guardianship Assoc",
    "{} Fiduciary Group",
    "{} County Guardian Office",
    "{} Family Services",
    "{} Conservators Inc",
)
AGENCIES = (
    "{} County Human Services",
    "{} Area Agency on Aging",
    "{} Community Mental Health",
)
SUFFIXES = ("Jr", "Sr", "III")
COMMON_WORDS = (
    "rent",
    "Payment",
    "room and board",
    "monthly",
    "thank you",
    "for Mom",
    "pmt rcvd",
)
SCHEMES = {
    "yearly": "{prefix}-{year}-{place:05d}",
    "marked": "INV-{place}",
    "joined": "{prefix}{place:05d}",
    "bare": "{place}",
    "dashed": "{prefix}-{place:05d}",
}

# What banks make of a text: an originator's record, named fields, the start of it, columns of their
# own, or a sentence. How long a trace they give each payment.
TRACE_LENGTHS = {"originator": 15, "fields": 11, "cut": 9, "columns": 10, "app": 12}
STYLES = tuple(TRACE_LENGTHS)
CREDIT_WORDS = {"eft": "MEDPMT", "wire": "WIRE"}
CREDIT_TYPES = {"check": "CHECK_DEPOSIT", "deposit": "DEPOSIT", "transfer": "ACCT_XFER"}
DEPOSIT_TEXTS = {
    "originator": "DEPOSIT ID NUMBER {code}",
    "fields": "COUNTER CREDIT",
    "cut": "BRANCH DEPOSIT",
    "columns": "Deposit {day}",
    "app": "Deposit made in a branch/store",
}
PAID_CHECK_TEXTS = {
    "originator": "CHECK {check}",
    "fields": "CHECK # {check}",
    "cut": "Check Paid #{check}",
    "columns": "DRAFT {check}",
    "app": "Check {check}",
}
RETURNED_CHECK_TEXTS = {
    "originator": "DEPOSITED ITEM RETURNED NSF CK# {check}",
    "fields": "RETURN ITEM CHARGEBACK CK {check}",
    "cut": "RTN DEP ITEM {check}",
    "columns": "Returned Deposited Item CHK {check}",
    "app": "Returned check {check}",
}
# How much of a vendor's name fits.
VENDOR_LENGTHS = {"originator": 16, "fields": 30, "cut": 20, "columns": 22, "app": 30}


@dataclass(frozen=True, kw_only=True)
class Text:
    """What a bank prints of a movement."""

    description: str
    counterparty: str = ""
    reference: str = ""


# Names.


def last_name(chance: random.Random) -> str:
    """One in three is common, the others are spread over some two thousand."""
    draw = chance.random()
    if draw < 0.3:
        return COMMON_LAST[min(int(chance.expovariate(0.06)), len(COMMON_LAST) - 1)]
    if draw < 0.33:
        return chance.choice(RARE_LAST)
    return chance.choice(STEMS) + chance.choice(ENDINGS)


def person(chance: random.Random, last: str = "") -> str:
    """A full name, of the family if one is named; some have an initial or a suffix."""
    last = last or last_name(chance)
    draw = chance.random()
    first = chance.choice(FIRST)
    if draw < 0.22:
        return f"{first} {chance.choice('ABCDEFGHJKLMNPRSTW')} {last}"
    if draw < 0.25:
        return f"{first} {last} {chance.choice(SUFFIXES)}"
    return f"{first} {last}"


def family(name: str) -> str:
    """The last word of a full name."""
    return name.rpartition(" ")[2]


def firm(chance: random.Random) -> str:
    return f"{chance.choice(TREES)} {chance.choice(PLACES)} {chance.choice(FORMS)}"


def agency_names(chance: random.Random, state: str) -> list[str]:
    """The public bodies that pay an entity: the state, a county and two more of its region."""
    counties = chance.sample(COUNTIES, len(AGENCIES))
    regional = [name.format(county) for name, county in zip(AGENCIES, counties, strict=True)]
    return [f"State of {state} DHHS", *regional]


def organisation_name(chance: random.Random) -> str:
    return chance.choice(ORGANISATIONS).format(chance.choice(COUNTIES))


def vendor_names(chance: random.Random, count: int) -> list[str]:
    """So many, told apart by a county where the list is short."""
    names = chance.sample(VENDORS, min(count, len(VENDORS)))
    branches = [f"{chance.choice(COUNTIES)} {chance.choice(VENDORS)}" for _ in range(count)]
    return list(dict.fromkeys(names + branches))[:count]


def plain(text: str) -> str:
    """In ASCII capitals, as an older banking system prints it."""
    folded = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("Ø", "O"))
    return folded.encode("ascii", "ignore").decode().upper()


def last_name_first(name: str) -> str:
    """`Whitlow, Karen B` for `Karen B Whitlow`; particles and suffixes stay with the last name."""
    words = name.split(" ")
    cut = 2 if len(words) > 2 and len(words[1]) == 1 else 1
    return f"{' '.join(words[cut:])}, {' '.join(words[:cut])}"


def name_at_the_bank(chance: random.Random, name: str) -> str:
    """As a payer's own bank knows a person: order, initials and spouses differ."""
    words = [word for word in name.split(" ") if word not in SUFFIXES]
    first, last = words[0], words[-1]
    draw = chance.random()
    if draw < 0.6:
        return f"{first} {last}"
    if draw < 0.78:
        return f"{last} {first}"
    if draw < 0.86:
        return f"{first} {chance.choice('ABCDEFGHJKLMNPRST')} {last}"
    if draw < 0.92:
        return f"{first[0]} {last}"
    if draw < 0.95:
        return f"{first} & {chance.choice(FIRST)} {last}"
    return name


def damaged(chance: random.Random, name: str) -> str:
    """After a keying or printing slip, or with its end lost."""
    draw = chance.random()
    if len(name) < 8:
        return name
    at = chance.randrange(2, len(name) - 2)
    if draw < 0.3:
        return name[:at] + name[at + 1 :]
    if draw < 0.5:
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    if draw < 0.65:
        return name.replace(" ", "", 1)
    return name[: max(7, len(name) - chance.randrange(2, 6))]


# Numbers, and what the book says.


def day_text(day: int, form: str = "%Y-%m-%d") -> str:
    return date.fromordinal(day).strftime(form)


def digits(chance: random.Random, count: int) -> str:
    """At random, the first not zero."""
    return str(chance.randrange(10 ** (count - 1), 10**count))


def slipped(chance: random.Random, number: str) -> str:
    """Two neighbouring digits change places, a letter stands for a digit, or the last is lost."""
    swaps = [
        at
        for at in range(max(0, len(number) - 4), len(number) - 1)
        if number[at] != number[at + 1] and number[at : at + 2].isdigit()
    ]
    draw = chance.random()
    if draw < 0.7 and swaps:
        at = chance.choice(swaps)
        return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if draw < 0.85 and "0" in number[-3:]:
        return number[:-3] + number[-3:].replace("0", "O", 1)
    return number[:-1]


def written(entity: Entity, number: str, *, by_payer: bool) -> str:
    """A number as the bookkeeper, who mostly copies, or more freely the payer writes it."""
    chance, scheme = entity.chance, entity.scheme
    if chance.random() < entity.habits.number_slips * (1.3 if by_payer else 0.7):
        number = slipped(chance, number)
    draw = chance.random() if by_payer else chance.random() * 0.6
    if not by_payer and chance.random() < 0.8:
        return number
    if scheme == "bare":
        mark = "Inv " if draw < 0.6 else "#" if draw < 0.8 else ""
        return mark + number
    end = number.rpartition("-")[2] if "-" in number else number.lstrip(ascii_uppercase)
    if draw < 0.66:
        return number
    if draw < 0.72:
        return number.replace("-", " ")
    if draw < 0.78:
        return number.replace("-", "")
    if draw < 0.84:
        return number.lower()
    if draw < 0.9 and scheme == "marked":
        return f"#{end}"
    if draw < 0.95:
        return f"inv {number}"
    if scheme in ("joined", "dashed"):
        return f"{entity.prefix} {end}"
    return number.replace("-", "")


def listed(entity: Entity, numbers: Sequence[str], *, by_payer: bool) -> str:
    """The numbers in a row."""
    between = entity.chance.choice((", ", " ", " & ", "; ", ","))
    return between.join(written(entity, number, by_payer=by_payer) for number in numbers)


def book_memo(chance: random.Random, numbers: str, note: str) -> str:
    """What the bookkeeper leaves in the memo of a payment."""
    if not numbers:
        return note or (chance.choice(COMMON_WORDS) if chance.random() < 0.12 else "")
    if chance.random() < 0.1:
        numbers = chance.choice(("pmt for {}", "{} rcvd", "appl. to {}")).format(numbers)
    return f"{numbers} {note}".strip()


# What banks print.


def line_type(style: str, kind: str, cents: int) -> str:
    """What a feed says of a line's kind: a code, a plain word, or nothing."""
    if style == "originator":
        return CREDIT_TYPES.get(kind, "ACH_CREDIT" if cents > 0 else "ACH_DEBIT")
    if style in ("fields", "columns"):
        return "CREDIT" if cents > 0 else "DEBIT"
    return ""


def credit_text(entity: Entity, name: str, method: str, number: str, trace: str, day: int) -> Text:
    """Of money that someone sent."""
    chance, style = entity.chance, entity.style
    if chance.random() < entity.habits.name_damaged:
        name = damaged(chance, name)
    usual = chance.choice(("PAYMENT", "BILLPAY", "EPAY", "WEB PMT", "ACH PMT"))
    word = CREDIT_WORDS.get(method, usual)
    if method == "zelle" and style != "cut":
        words = number or chance.choice(("", "", "for care", "rent"))
        if style == "app":
            return Text(
                description=f"Zelle payment from {name}",
                counterparty=name,
                reference=words or trace,
            )
        words = f" {words}" if words else ""
        sent = day_text(day, "%m/%d")
        return Text(description=plain(f"Zelle from {name} on {sent}{words} Ref # {trace}"))
    if style == "originator":
        return Text(
            description=plain(
                f"Orig CO Name: {name[:22]} Orig ID:{digits(chance, 10)} "
                f"Desc Date:{day_text(day, '%y%m%d')} CO Entry Descr:{word:<10}Sec:PPD "
                f"Trace#: {trace} Ind ID: {number[:16]} Ind Name:{entity.firm[:22]}"
            )
        )
    if style == "fields":
        id_ = number or digits(chance, 8)
        text = f"{name} DES:{word} ID: {id_} INDN:{entity.firm[:18]} CO ID:{digits(chance, 10)}"
        is_traced = chance.random() < entity.shows_trace
        return Text(description=plain(text), reference=trace if is_traced else "")
    if style == "cut":
        return Text(description=plain(f"ACH CR {name[:22]} {number}")[:42].strip())
    if style == "columns":
        return Text(
            description=f"Electronic Deposit From {plain(name)[:22]}",
            reference=plain(f"{number} REF {trace}".strip()),
        )
    return Text(
        description=f"{word.title()} from {name}",
        counterparty=name[:30],
        reference=number or trace,
    )


def check_text(entity: Entity, name: str, check: int, number: str) -> Text:
    """Of a cheque that came in alone, by scanner or lockbox."""
    chance, style = entity.chance, entity.style
    if chance.random() < entity.habits.name_damaged:
        name = damaged(chance, name)
    short = plain(name)[:18]
    if style == "originator":
        if chance.random() < 0.1:
            return Text(description=f"REMOTE ONLINE DEPOSIT # {check}")
        box = digits(chance, 7)
        return Text(description=plain(f"LOCKBOX CR {box} CHECK {check} {short} {number}").strip())
    if style == "fields":
        box = digits(chance, 6)
        return Text(description=plain(f"Lockbox {box} CK {check} {short} {number}").strip())
    if style == "cut":
        return Text(description=f"MOBILE DEP CK {check} {short}"[:40])
    if style == "columns":
        return Text(
            description="Mobile Check Deposit",
            counterparty=short,
            reference=f"CHK {check} {number}".strip(),
        )
    return Text(description=f"Check deposit {check}", counterparty=name[:30], reference=number)


def debit_text(entity: Entity, name: str, method: str, check: int, number: str, day: int) -> Text:
    """Of money that went to a vendor or back to a payer."""
    chance, style = entity.chance, entity.style
    if method == "check":
        return Text(
            description=PAID_CHECK_TEXTS[style].format(check=check),
            reference=str(check) if style in ("fields", "app") else "",
        )
    short = plain(name)[: VENDOR_LENGTHS[style]]
    word = chance.choice(("PAYMENT", "ACH PMT", "INVOICE", "AUTOPAY"))
    if style == "originator":
        return Text(
            description=f"ORIG CO NAME:{short} ORIG ID:{digits(chance, 10)} "
            f"DESC DATE:{day_text(day, '%y%m%d')} CO ENTRY DESCR:{word:<10}SEC:CCD "
            f"IND ID:{number[:15]}"
        )
    if style == "cut":
        return Text(description=f"ACH DB {short} {number}"[:36].strip())
    if style == "app":
        return Text(
            description=f"{word.title()} to {name}", counterparty=name[:30], reference=number
        )
    return Text(description=f"{short} {word} {number}".strip())


def deposit_text(entity: Entity, day: int) -> Text:
    """Of a deposit, of which no item is named."""
    template = DEPOSIT_TEXTS[entity.style]
    code = digits(entity.chance, 6)
    return Text(description=template.format(code=code, day=day_text(day, "%m/%d")))


def payout_text(entity: Entity, payout: str, day: int) -> Text:
    """Of a gateway's payout."""
    chance, style = entity.chance, entity.style
    is_shown = payout and chance.random() < 0.3
    code = payout[-10:].upper() if is_shown else digits(chance, 9)
    origin, trace = digits(chance, 10), digits(chance, 15)
    gateway, firm = plain(entity.gateway), plain(entity.firm)
    if style == "originator":
        return Text(
            description=f"ORIG CO NAME:{gateway[:16]} ORIG ID:{origin} "
            f"DESC DATE:{day_text(day, '%y%m%d')} CO ENTRY DESCR:TRANSFER  SEC:CCD "
            f"TRACE#:{trace} IND NAME:{firm[:22]}"
        )
    if style == "fields":
        return Text(description=f"{gateway} DES:TRANSFER ID: ST-{code} INDN:{firm[:18]}")
    if style == "cut":
        return Text(description=f"ACH CR {gateway[:20]} ST{code}"[:36])
    if style == "columns":
        return Text(description=f"Electronic Deposit From {gateway}", reference=f"REF {code}")
    return Text(
        description=f"Transfer from {entity.gateway}",
        counterparty=entity.gateway,
        reference=f"ST-{code}",
    )


def return_text(entity: Entity, name: str, method: str, check: int, number: str) -> Text:
    """Of what came back unpaid."""
    chance, style = entity.chance, entity.style
    if method == "check":
        who = plain(name)[:14] if style != "columns" else ""
        text = RETURNED_CHECK_TEXTS[style].format(check=check)
        return Text(description=f"{text} {who}".strip())
    code = chance.choice(("R01", "R01", "R09", "R02"))
    who = plain(name)
    if chance.random() < 0.4:
        *first, last = who.split(" ")
        who = " ".join([last, *first])
    return Text(description=f"ACH RETURN {code} {who[:22]} {number}".strip())
