"""Names of those who live in adult foster care, pay for it and sell to it.

Surnames are drawn with falling weights, so that strangers share them as they do in life; a tail of
composed ones keeps a large house from being one family.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

FIRST = (
    "Dolores Ruth Betty Frank Walter Eugene Irene Shirley Harold Marjorie Gladys Norma Raymond "
    "Beverly Carl Lorraine Ernest Wanda Stanley Theresa Clifford Rosemary Vernon Joyce Melvin "
    "Elaine Leroy Phyllis Gordon Lois Chester Maxine Floyd Geraldine Herbert Bernice Marvin June "
    "Alfred Vivian Roland Esther Wayne Arlene Lester Edna Dale Audrey Earl Hazel Roy Thelma Glenn "
    "Doris Leonard Marion Keith Sylvia Darrell Jeanette Michael Susan David Linda Robert Karen "
    "James Patricia John Barbara Mark Donna Steven Sandra Daniel Lisa Brian Michelle Kevin Amy "
    "Jason Heather Eric Angela Scott Nicole Andrew Laura Peter Rachel María José Guadalupe Jesús "
    "Rosa Ramón Inés Joaquín Thuy Minh Lan Hùng Mei Wei Yuki Kenji Olga Dmitri Svetlana Zoë "
    "Renée André Chloë Siân Björn Åsa Łucja Priya Anil Fatima Omar Leilani Kai Abebe Makena"
).split()
LAST = (
    "Smith Johnson Williams Brown Jones Miller Davis Garcia Rodriguez Wilson Martinez Anderson "
    "Taylor Thomas Hernandez Moore Martin Jackson Thompson White Lopez Lee Gonzalez Harris Clark "
    "Lewis Robinson Walker Perez Hall Young Allen Sanchez Wright King Scott Green Baker Adams "
    "Nelson Hill Ramirez Campbell Mitchell Roberts Carter Phillips Evans Turner Torres Parker "
    "Collins Edwards Stewart Flores Morris Nguyễn Murphy Rivera Cook Rogers Morgan Peterson Cooper "
    "Reed Bailey Bell Gomez Kelly Howard Ward Cox Díaz Richardson Wood Watson Brooks Bennett Gray "
    "James Reyes Cruz Hughes Price Myers Long Foster Sanders Ross Morales Powell Sullivan Russell "
    "Ortiz Jenkins Gutiérrez Perry Butler Barnes Fisher Henderson Coleman Simmons Patterson Jordan "
    "O'Brien O'Neill McDonald MacLeod D'Angelo Peña Muñoz Núñez Ibáñez Müller Schröder Søndergaard "
    "Åkerlund Dvořák Wójcik Kowalczyk Žižka François Lefèvre St.John VanDyke DeLaCruz Tran Pham Kim"
).split()
STEMS = (
    "Hart Lind Ash Brad Wen Hol Thorn Kirk Whit Stan Berg Eng Sten Wal Mar Hamp Cran Black Red "
    "Fair Good Win Ains Har Ell Cal Den Rad Lang Ox Pem Rock Sher Tal Up West Young Zim Kel Nor"
).split()
ENDINGS = (
    "well gren ton ford ley worth man strom berg quist son land wood more field ham er by".split()
)
SUFFIXES = ("Jr.", "Sr.", "III", "II")
HOUSES = (
    "Juniper Maple Cedar Willow Sunrise Harbor Meadow Heritage Evergreen Lakeview Orchard Summit "
    "Riverside Magnolia Hillcrest Bluebird Aspen Prairie Golden Quiet Rose Stonebridge Valley Fern"
).split()
HOUSE_KINDS = (
    "Adult Foster Care",
    "AFH",
    "Care Homes",
    "Residential Care",
    "Family Homes",
    "House",
)
FORMS = ("LLC", "Inc", "PLLC", "Co", "")
PAYEES = (
    "Lutheran Payee Services",
    "Catholic Charities Rep Payee",
    "Guardian Fiduciary Group LLC",
    "Community Money Management",
    "Bridgeway Representative Payee Inc",
    "Arc of the Valley",
    "Northstar Fiduciary Services",
    "Stepping Stone Payee Program",
    "Mutual Ground Financial Mgmt",
    "Salvation Army Payee Svc",
    "Disability Rights Payee Network",
    "Harmony Conservatorship & Trust",
)
AGENCIES = (
    ("State of Oregon DHS", "Multnomah County Aging Svcs"),
    ("Michigan Dept of Health & Human Services", "Kent County CMH"),
    ("Minnesota DHS", "Hennepin County Human Svcs"),
    ("WA State DSHS", "Pierce County Human Services"),
)
VENDORS = (
    "Sysco Food Services",
    "City Water & Light",
    "Pacific Power",
    "Medline Industries",
    "Allied Waste",
    "Comcast Business",
    "Ace Hardware",
    "Nurse On Call Staffing LLC",
    "Homestead Property Mgmt",
    "Farmers Insurance",
    "J. Alvarez Landscaping",
    "Guardian Pharmacy",
    "Terminix",
    "Costco Wholesale",
    "Bright Smile Mobile Dental",
    "Kowalski Plumbing & Heating",
)
FOLDED = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"})


@dataclass(frozen=True, slots=True)
class Person:
    first: str
    middle: str
    last: str
    suffix: str

    @property
    def plain(self) -> str:
        return f"{self.first} {self.last}"


def surname(chance: random.Random, shared: float) -> str:
    """One surname; `shared` is the share that comes from the common ones."""
    if chance.random() < shared:
        # The smaller of two draws: the first on the list are the commonest.
        return LAST[int(min(chance.random(), chance.random()) * len(LAST))]
    composed = chance.choice(STEMS) + chance.choice(ENDINGS)
    return f"{composed}-{chance.choice(LAST)}" if chance.random() < 0.06 else composed


def person(chance: random.Random, shared: float, last: str = "") -> Person:
    return Person(
        first=chance.choice(FIRST),
        middle=chance.choice("ABCDEFGHJKLMNPRSTVW") if chance.random() < 0.45 else "",
        last=last or surname(chance, shared),
        suffix=chance.choice(SUFFIXES) if chance.random() < 0.05 else "",
    )


def in_the_books(who: Person, chance: random.Random) -> str:
    """How a bookkeeper keyed the name."""
    middle = f" {who.middle}." if who.middle and chance.random() < 0.7 else ""
    suffix = f" {who.suffix}" if who.suffix and chance.random() < 0.8 else ""
    draw = chance.random()
    if draw < 0.74:
        return f"{who.first}{middle} {who.last}{suffix}"
    if draw < 0.90:
        return f"{who.last}{suffix}, {who.first}{middle}"
    if draw < 0.95:
        return f"{who.first[0]}. {who.last}{suffix}"
    return folded(f"{who.first} {who.last}{suffix}")


def at_the_bank(who: Person, chance: random.Random, damaged: float) -> str:
    """How a bank prints the name: upper case, mostly without accents, often cut.

    `damaged` is the share of strings that lost, gained or swapped a letter on the way.
    """
    first, last = who.first, who.last
    middle = f" {who.middle}" if who.middle and chance.random() < 0.5 else ""
    draw = chance.random()
    if draw < 0.40:
        text = f"{first}{middle} {last}"
    elif draw < 0.62:
        text = f"{last} {first}{middle}"
    elif draw < 0.70:
        text = f"{last}, {first}{middle}"
    elif draw < 0.78:
        text = f"{first[0]} {last}"
    elif draw < 0.83:
        text = f"{last} {first[0]}"
    elif draw < 0.88:
        text = f"{first} & {chance.choice(FIRST)} {last}"
    elif draw < 0.91:
        text = f"{last} FAMILY TRUST"
    else:
        text = f"{first} {last} {who.suffix}".rstrip()
    text = printed(text, chance)
    if chance.random() < damaged:
        text = damage(text, chance)
    if chance.random() < 0.22:
        text = text[: chance.randint(10, 18)].rstrip()
    return text


def printed(text: str, chance: random.Random) -> str:
    """Upper case in a bank's character set; a letter outside it is folded, lost or a mark."""
    if text.isascii():
        return text.upper()
    draw = chance.random()
    if draw < 0.80:
        return folded(text).upper()
    mark = "?" if draw < 0.93 else ""
    return "".join(letter if letter.isascii() else mark for letter in text).upper()


def folded(text: str) -> str:
    """The text without accents, in ASCII."""
    plain = unicodedata.normalize("NFKD", text.translate(FOLDED))
    return plain.encode("ascii", "ignore").decode()


def damage(text: str, chance: random.Random) -> str:
    """One slip of a keyboard or a reader."""
    if len(text) < 4:
        return text
    at = chance.randint(1, len(text) - 2)
    draw = chance.random()
    if draw < 0.35:
        return text[:at] + text[at + 1 :]
    if draw < 0.65:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if draw < 0.85:
        return text[:at] + chance.choice("AEIORNST") + text[at + 1 :]
    return text[:at] + text[at] + text[at:]


def organisation_at_the_bank(name: str, chance: random.Random, damaged: float) -> str:
    """An organisation as a bank prints it: short words for long ones, cut."""
    text = printed(name, chance)
    if chance.random() < 0.4:
        for long, short in (
            ("SERVICES", "SVCS"),
            ("REPRESENTATIVE", "REP"),
            ("COUNTY", "CO"),
            ("DEPT", "DPT"),
            ("COMMUNITY", "COMM"),
        ):
            text = text.replace(long, short)
    if chance.random() < damaged:
        text = damage(text, chance)
    return text[: chance.choice((16, 22, 35, 35))].rstrip()
