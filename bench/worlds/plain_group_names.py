"""Names of people and firms in a plain group, and how hands write and damage names and numbers."""

from __future__ import annotations

from bench.worlds.plain_group_dice import Dice

FIRST = (
    "James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara "
    "Richard Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy "
    "Matthew Betty Anthony Margaret Mark Sandra Donald Ashley Steven Dorothy Paul Kimberly "
    "Andrew Emily Joshua Donna Kenneth Michelle Kevin Carol Brian Amanda George Melissa "
    "Timothy Deborah Ronald Stephanie Edward Rebecca Jason Sharon Jeffrey Laura Ryan Cynthia "
    "Jacob Kathleen Gary Amy Nicholas Angela Eric Shirley Jonathan Anna Stephen Brenda Larry "
    "Pamela Justin Emma Scott Nicole Brandon Helen Benjamin Samantha Samuel Katherine Gregory "
    "Christine Frank Debra Alexander Rachel Raymond Carolyn Patrick Janet Jack Catherine "
    "Dennis Maria Jerry Heather Tyler Diane Aaron Ruth Jose Julie Adam Olivia Nathan Joyce "
    "Henry Virginia Douglas Victoria Zachary Kelly Peter Lauren Kyle Christina Walter Joan "
    "Ethan Evelyn Jeremy Judith Harold Andrea Keith Hannah Christian Megan Roger Cheryl Noah "
    "Jacqueline Gerald Martha Carl Gloria Terry Teresa Sean Ann Austin Sara Arthur Madison "
    "Lawrence Frances Jesse Kathryn Dylan Janice Bryan Jean Joe Abigail Jordan Alice Billy "
    "Julia Bruce Judy Albert Sophia Willie Grace Gabriel Denise Logan Amber Alan Doris Juan "
    "Marilyn Wayne Danielle Roy Beverly Ralph Isabella Randy Theresa Eugene Diana Vincent "
    "Natalie Russell Brittany Elijah Charlotte Louis Marie Bobby Kayla Philip Alexis Johnny "
    "Lori"
).split()
LAST = (
    "Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez "
    "Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson "
    "White Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott "
    "Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter "
    "Roberts Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart "
    "Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed "
    "Kelly Howard Ramos Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray "
    "Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez "
    "Powell Jenkins Perry Russell Sullivan O'Brien O'Neill D'Angelo Kowalski Nowak Vandenberg "
    "DeVries VanDyke McCarthy McDonald Lindqvist Schultz Schneider Hoffmann Bauer Zimmerman "
    "Petrov Ivanov Haddad Khoury Okafor Mensah Tran Pham"
).split()
HEADS = (
    "Hart Black Stan West Ash Thorn Kirk Har Win Brad Lang Mar Wood Fair Green Brook Al Ber "
    "Cal Dun Ed Fen Gar Hol Ing Jar Kel Lin Mil Nor Os Pem Quin Rad Sel Til Under Ver Wal Yar "
    "Ben Cros"
).split()
TAILS = (
    "wick ford ley ton field worth man berg stein dale well son ham land low by more shaw "
    "stone burn ridge croft gate house ster iak owski inger quist sen ell ard"
).split()
ORG_HEADS = (
    "Lakeshore Guardian Northern Bridgeway Harbor Cornerstone Pathway Sunrise Great Lakes "
    "Capital Heritage Evergreen Riverbend Beacon Summit Unity Keystone Prairie Bluewater "
    "Cedar Liberty"
).split()
ORG_TAILS = (
    "Payee Services",
    "Representative Payee Inc",
    "Fiduciary Services",
    "Guardianship Services",
    "Community Trust",
    "Financial Advocates",
)
COUNTIES = (
    "Kent Ottawa Wayne Oakland Macomb Ingham Genesee Kalamazoo Saginaw Muskegon Jackson "
    "Berrien Monroe Livingston Washtenaw Calhoun Allegan Eaton Bay Lenawee Clinton Marion "
    "Lane Linn Polk"
).split()
AGENCY_TAILS = ("Co Community Mental Health", "County DHHS", "County Human Services", "Co Aging")
INSURERS = (
    "Genworth Life Ins Co",
    "John Hancock LTC",
    "Mutual of Omaha LTC",
    "Transamerica Long Term Care",
    "Bankers Life and Casualty",
    "CNA Continental Casualty",
    "MetLife LTC",
    "Northwestern LTC Ins",
)
VENDORS = (
    "Consumers Energy",
    "DTE Energy",
    "Sysco Foods",
    "Gordon Food Service",
    "Medline Industries",
    "McKesson Medical",
    "Comcast Business",
    "AT&T",
    "Waste Management",
    "Republic Services",
    "Cintas",
    "Ecolab",
    "Home Depot Pro",
    "Lowes Business",
    "Staples Advantage",
    "Verizon Wireless",
    "City Water Dept",
    "Terminix",
    "Orkin Pest",
    "Blue Cross",
    "Auto Owners Insurance",
    "Hartford Insurance",
    "QuickMed Pharmacy",
    "Omnicare Pharmacy",
    "Premier Landscaping",
    "Snow Brothers LLC",
    "A1 Plumbing",
    "Hometown Heating",
    "Safe Fire Systems",
    "Otis Elevator",
    "ADT Commercial",
    "Direct Supply",
)
# What stands beside a digit on the keyboard, or looks like it.
NEIGHBOURS = {"0": "OQ", "1": "lI7", "5": "S6", "8": "B3", "2": "Z3", "6": "5b", "9": "g0"}


def first_name(dice: Dice) -> str:
    return dice.pick(FIRST)


def last_name(dice: Dice) -> str:
    """A common name for one in three, otherwise a composed one of some 1,300."""
    if dice.chance(0.33):
        return dice.pick(LAST)
    name = dice.pick(HEADS) + dice.pick(TAILS)
    return f"{name}-{dice.pick(LAST)}" if dice.chance(0.02) else name


def broken_name(dice: Dice, name: str) -> str:
    """One slip of the pen: two letters swapped, one lost or one doubled."""
    if len(name) < 6:
        return name
    at = dice.between(1, len(name) - 3)
    kind = dice.draw()
    if kind < 0.4:
        return name[:at] + name[at + 1] + name[at] + name[at + 2 :]
    if kind < 0.75:
        return name[:at] + name[at + 1 :]
    return name[: at + 1] + name[at:]


def broken_number(dice: Dice, number: str) -> str:
    """A number as somebody mistypes it; may well be a neighbour's."""
    places = [at for at in range(len(number)) if number[at].isdigit()][-4:]
    kind = dice.draw()
    if kind < 0.6:
        swaps = [at for at in places[:-1] if number[at] != number[at + 1]]
        if swaps:
            at = dice.pick(swaps)
            return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    at = dice.pick(places)
    if kind < 0.8:
        digit = str((int(number[at]) + dice.between(1, 9)) % 10)
        return number[:at] + digit + number[at + 1 :]
    if kind < 0.92:
        return number[:at] + dice.pick(NEIGHBOURS.get(number[at], "0")) + number[at + 1 :]
    return number[:at] + number[at + 1 :]


def written_number(dice: Dice, number: str) -> str:
    """A number as a payer or a clerk writes it."""
    kind = dice.draw()
    digits_only = number.isdigit()
    if kind < 0.62:
        return f"inv {number}" if digits_only else number
    if kind < 0.72:
        return f"Invoice {number}"
    if kind < 0.79:
        return number.replace("-", " ") if not digits_only else f"INV{number}"
    if kind < 0.83:
        return f"#{number}"
    if kind < 0.89:
        return number.lower().replace("-", "")
    return number


def number_list(dice: Dice, numbers: list[str]) -> str:
    """Several numbers in one memo; a run of neighbours may become a range."""
    tails = [number.rsplit("-", 1)[-1] for number in numbers]
    run = len(numbers) > 2 and all(tail.isdigit() for tail in tails)
    if run and int(tails[-1]) - int(tails[0]) == len(tails) - 1 and dice.chance(0.5):
        return f"inv {numbers[0]}-{tails[-1][-2:]}"
    return dice.pick(("inv ", "Invoices ", "", "")) + dice.pick((", ", " ", "; ")).join(numbers)
