"""How people and banks write: names, references, bank descriptions. All draws come from `rng`."""

from random import Random
from unicodedata import normalize

FIRST = (
    "Dorothy Walter Mildred Harold Ruth Eugene Betty Clarence Shirley Leonard Norma Raymond Lois "
    "Ernest Marjorie Stanley Phyllis Melvin Gladys Chester Irene Vernon Thelma Roland Eunice Alvin "
    "Pauline Russell Edith Lester Maria José Ana Luis Carmen Rosa Mei Hung Linh Duc Fatima Omar "
    "Layla Yusuf Anneliese Jürgen Zofia Stanisław Aino Matti Siobhán Seán Claire Denise Kevin "
    "Brenda Gary Sandra Dennis Cheryl Wayne Diane Roger Joyce Terry Judith Craig Peggy Glenn"
).split()
STEMS = (
    "Ander Berg Carl Dahl Eck Fair Gold Hart Iver Jacob Kowal Lind Mor Nord Oster Peter Quim Rosen "
    "Steen Tor Ulrich Van Whit York Zimmer Brook Clay Dun Ever Fitz Gran Hol Kings Lang Mill New "
    "Old Pem Rad Stan Thorn Wood Ash Beck Cross"
).split()
ENDINGS = "son s man berg ski ton ley field er wood gren quist ford well".split()
COMMON = "Smith Johnson Nguyen Garcia Miller Davis Martínez O'Brien Lee Kim Müller Haddad".split()
MONTHS = "January February March April May June July August September October November December"
GENERIC = ("PAYMENT", "RENT", "room and board", "monthly", "care", "thank you", "")
VENDORS = (
    ("Consolidated Energy", "utility"),
    ("Great Lakes Water", "utility"),
    ("Sysway Food Service", "supply"),
    ("Meadow Linen & Laundry", "supply"),
    ("Harbor Pharmacy", "supply"),
    ("Crestline Property Rentals", "rent"),
    ("Tri-Lakes Insurance", "rent"),
    ("Handy Brothers Maintenance", "supply"),
    ("Clear Signal Telecom", "utility"),
    ("Northgate Medical Supply", "supply"),
    ("Evergreen Lawn & Snow", "supply"),
    ("Safe Hands Staffing", "supply"),
)
AGENCIES = (
    "Lakeshore Community Mental Health",
    "Tri-County Area Agency on Aging",
    "State Home Care Waiver",
    "Bay County Human Services",
)
PAYEES = (
    "Guardian Payee Services Inc",
    "Open Door Representative Payee",
    "Steady Hand Fiduciary LLC",
    "Neighbors Trust Services Inc",
)


def surname(rng: Random) -> str:
    return rng.choice(COMMON) if rng.random() < 0.2 else rng.choice(STEMS) + rng.choice(ENDINGS)


def person(rng: Random, family: str | None = None) -> str:
    middle = f" {rng.choice('ABCDEFGHJKLMNPRSTW')}." if rng.random() < 0.3 else ""
    return f"{rng.choice(FIRST)}{middle} {family or surname(rng)}"


def month_name(month: int) -> str:
    return MONTHS.split()[month - 1]


def _swap_digits(rng: Random, number: str) -> str:
    spots = [
        i
        for i in range(len(number) - 1)
        if number[i : i + 2].isdigit() and number[i] != number[i + 1]
    ]
    if not spots:
        return number
    at = spots[-1] if rng.random() < 0.7 else rng.choice(spots)
    return number[:at] + number[at + 1] + number[at] + number[at + 2 :]


def _slip(number: str) -> str:
    """One character read or typed wrongly: O for 0, l for 1, else the last digit is off by one."""
    for wrong in ("0O", "1l"):
        if wrong[0] in number[-4:]:
            return number[:-4] + number[-4:].replace(wrong[0], wrong[1], 1)
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def written_number(rng: Random, number: str, quality: str = "whole") -> str:
    """The number as a payer writes it. quality: whole, mistyped, transposed."""
    if quality == "mistyped":
        number = _slip(number)
    elif quality == "transposed":
        number = _swap_digits(rng, number)
    if "-" not in number:
        return rng.choice(("{}", "INV {}", "#{}", "Invoice {}", "inv{}")).format(number)
    return rng.choice(
        (
            number,
            number,
            f"INV {number}",
            number.lower(),
            number.replace("-", " "),
            number.replace("-", ""),
            number.replace("-", "–"),
        )
    )


def payer_reference(
    rng: Random, numbers: list[str], resident: str, month: int, quality: str
) -> str:
    """What the payer says it is for. quality adds 'name' and 'generic' to those of a number."""
    if quality == "name":
        first, last = resident.split()[0], resident.split()[-1]
        return rng.choice(
            (
                f"{resident} {month_name(month)}",
                f"for {first}",
                f"{last} {month_name(month)[:3]} room",
                f"{first[0]}. {last}",
            )
        )
    if quality == "generic":
        return rng.choice(GENERIC)
    if len(numbers) > 1 and quality == "whole":
        prefixed = all(number[:-2] == numbers[0][:-2] for number in numbers)
        if prefixed and len(numbers) == 2 and rng.random() < 0.2:
            return f"INV {numbers[0]}-{numbers[1][-2:]}"
        return rng.choice((", ", " ", " & ", "/")).join(
            written_number(rng, number) for number in numbers
        )
    return written_number(rng, numbers[0], quality)


def bank_text(text: str) -> str:
    """What a bank makes of any text: upper case and ASCII."""
    text = text.upper().replace("Ł", "L").replace("–", "-")
    return normalize("NFKD", text).encode("ascii", "ignore").decode()


def bank_name(rng: Random, name: str) -> str:
    """A payer as a bank prints it: upper case, order and initials as it likes, sometimes cut."""
    words = bank_text(name).replace(".", "").split()
    if len(words) > 3:
        return " ".join(words)[: rng.choice((16, 22, 40))].strip()
    first, last = words[0], words[-1]
    if rng.random() < 0.12:
        return " ".join(words)[:16].strip()
    return rng.choice(
        (
            " ".join(words),
            " ".join(words),
            f"{first} {last}",
            f"{last} {first}",
            f"{last}, {first[0]}",
            f"{first[0]} {last}",
        )
    )


def credit_description(rng: Random, name: str, reference: str, method: str) -> str:
    """A receipt's line: who, and what of the payer's words the bank let through."""
    who, words = bank_name(rng, name), bank_text(reference) if rng.random() < 0.8 else ""
    if method == "wire":
        return f"WIRE TYPE:WIRE IN ORIG:{who} {words}".strip()
    if method == "eft":
        return f"ACH CREDIT {who} EFT {words}".strip()
    pattern = rng.random()
    if pattern < 0.05:
        return "ACH CREDIT"
    if pattern < 0.45:
        return f"ACH CREDIT {who} {words}".strip()
    if pattern < 0.65:
        words, company = words or f"{rng.randrange(10**9)}", f"{rng.randrange(10**10):010}"
        return f"{who} DES:PAYMENT ID:{words} CO ID:{company} PPD"
    if pattern < 0.85:
        return f"ZELLE FROM {who} {words}".strip()
    return f"ONLINE TRANSFER FROM {who} {words}".strip()


def noise_description(rng: Random) -> tuple[str, int]:
    """A line that belongs to no document, and its sign. Bare numbers in it mean nothing here."""
    number = rng.randrange(1000, 9999)
    return rng.choice(
        (
            (f"CARD PURCHASE HARDWARE DEPOT #{number}", -1),
            (f"POS DEBIT FRESHMART {number} GROCERY", -1),
            (f"CARD PURCHASE FUEL STOP {number}", -1),
            (f"MISC CREDIT ADJ {number}", 1),
            ("TRI-LAKES INS PREMIUM REFUND", 1),
            (f"TREASURY 310 TAX REF {number}", 1),
            ("MOBILE DEPOSIT", 1),
            ("ACH CREDIT", 1),
        )
    )
