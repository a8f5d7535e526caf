"""How four kinds of bank word what happens on an account of a plain group."""

from __future__ import annotations

from dataclasses import dataclass

from bench.worlds.cash_application import money
from bench.worlds.plain_group_dice import Dice
from bench.worlds.plain_group_ledger import ISO, Ledger
from bench.worlds.plain_group_names import first_name, last_name

# Of a line: its description, counterparty, reference and type.
Text = tuple[str, str, str, str]

PAYROLLS = ("INTUIT PAYROLL S", "GUSTO PAY", "PATRIOT SOFTWARE", "ADP WAGE PAY")
SHOPS = ("WAL-MART", "MEIJER", "SHELL OIL", "AMAZON MKTPL", "COSTCO WHSE")
PUBLIC_PAYERS = ("STATE TAX REFUND", "SBA EIDL", "INS CLAIM PROCEEDS", "USDA CACFP")


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """What a payer's bank sends along."""

    name: str
    id: str
    memo: str = ""
    is_firm: bool = False


class Bank:
    """One account of an entity and its bank's habits.

    `style` is whose words the bank uses, `cut` and `memo_cut` how many letters of a name and of a
    memo it keeps; it may turn names round, and leave out columns and who drew a single cheque.
    """

    def __init__(self, dice: Dice, ledger: Ledger, entity: str) -> None:
        self.dice, self.ledger, self.entity = dice, ledger, entity
        self.style = dice.pick("CBWU")
        self.account = dice.digits(4)
        self.cut = dice.pick((18, 22, 26, 26, 32))
        self.memo_cut = dice.pick((24, 35, 60, 80, 80))
        self.last_first = dice.chance(0.35)
        self.shows_counterparty = dice.chance(0.7)
        self.reads_drawer = dice.chance(0.6)
        self.shows_reference = dice.chance(0.45)
        self.shows_type = dice.chance(0.6)
        self.shows_check_number = dice.chance(0.9)

    def write(self, day: int, cents: int, text: Text) -> int:
        """The place of a new line on the account; money in is positive."""
        description, counterparty, reference, kind = text
        return self.ledger.line(
            (
                self.entity,
                self.account,
                ISO[day],
                "USD",
                money(cents),
                description,
                counterparty if self.shows_counterparty else "",
                reference if self.shows_reference else "",
                kind if self.shows_type else "",
            )
        )

    def name(self, name: str, is_firm: bool = False) -> str:
        """A name as the bank prints it: in upper case, perhaps turned round, and cut."""
        words = name.upper().replace("'", "" if self.style == "U" else "'").split()
        if self.last_first and not is_firm and len(words) > 1:
            words = [words[-1], *words[:-1]]
        return " ".join(words)[: self.cut].strip()

    def ach(self, day: int, it: Receipt, entry: str) -> Text:
        """Money in by ACH; `entry` is what its originator calls it."""
        dice, name = self.dice, self.name(it.name, it.is_firm)
        memo = it.memo.upper()[: self.memo_cut]
        trace = dice.digits(15)
        if self.style == "C":
            text = (
                f"ORIG CO NAME:{name} ORIG ID:{dice.digits(10)} DESC DATE:{yymmdd(day)} "
                f"CO ENTRY DESCR:{entry[:10]} SEC:{'CCD' if it.is_firm else 'PPD'} "
                f"TRACE#:{trace} EED:{yymmdd(day)} IND ID:{it.id}"
            )
            return (f"{text} {memo}".strip(), name, it.id, "ACH_CREDIT")
        if self.style == "B":
            text = f"{name} DES:{entry[:10]} ID:{it.id} CO ID:{dice.digits(10)}"
            tail = f" PMT INFO:{memo}" if memo else ""
            return (f"{text} {'CCD' if it.is_firm else 'WEB'}{tail}", name, it.id, "ACH")
        if self.style == "W":
            text = f"{name} {entry} {yymmdd(day)} {it.id} {memo}".strip()
            return (text, name, trace, "Electronic Deposit")
        return (f"ACH DEPOSIT - {name} {entry} {memo} {it.id}".strip(), name, "", "CREDIT")

    def p2p(self, day: int, it: Receipt) -> Text:
        name, memo = self.name(it.name), it.memo[: self.memo_cut]
        if self.style == "C":
            text = f"ZELLE PAYMENT FROM {name} {it.id} {memo.upper()}".strip()
            return (text, name, "", "QUICKPAY")
        if self.style == "B":
            said = f' for "{memo}"' if memo else ""
            return (f"Zelle payment from {name}{said}; Conf# {it.id.lower()}", name, "", "ZELLE")
        if self.style == "W":
            text = f"ZELLE FROM {name} ON {mmdd(day)} REF # {it.id} {memo.upper()}".strip()
            return (text, name, it.id, "Zelle")
        return (f"P2P CR {name} {memo.upper()} {it.id}".strip(), name, it.id, "CREDIT")

    def wire(self, day: int, it: Receipt) -> Text:
        dice, name = self.dice, self.name(it.name, it.is_firm)
        memo = it.memo.upper()[: self.memo_cut]
        if self.style in "CU":
            text = (
                f"FEDWIRE CREDIT VIA: BANK/{dice.digits(9)} B/O: {name} REF: {memo} "
                f"IMAD: {yymmdd(day)}{dice.code(8)} TRN: {it.id}"
            )
            return (text, name, it.id, "WIRE_INCOMING")
        if self.style == "B":
            text = f"WIRE TYPE:WIRE IN DATE: {yymmdd(day)} TIME:{dice.digits(4)} ET TRN:{it.id}"
            return (f"{text} ORIG:{name} PMT DET:{memo}", name, it.id, "WIRE")
        text = f"WT FED#{dice.digits(5)} BANK /ORG={name} SRF# {dice.digits(10)} TRN#{it.id}"
        return (f"{text} RFB# {memo}".strip(), name, it.id, "Wire")

    def deposit(self, day: int, *, slip: str = "", check: str = "", drawer: str = "") -> Text:
        """A deposit of cheques, or of one whose number and drawer the bank may read."""
        dice = self.dice
        noise = dice.digits(12)
        name = self.name(drawer) if self.reads_drawer else ""
        if self.style == "C":
            if check:
                text = f"REMOTE ONLINE DEPOSIT # 1 CHECK {check} {name}"
                return (text, name, check, "CHECK_DEPOSIT")
            tail = f"  ID NUMBER {slip}" if slip else ""
            return (f"DEPOSIT{tail}", "", slip or dice.digits(10), "DEPOSIT")
        if self.style == "B":
            if check:
                text = f"BKOFAMERICA MOBILE {mmdd(day)} {noise} CHK {check} {name}"
                return (text, name, check, "DEPOSIT")
            return (f"Counter Credit {slip}".strip(), "", slip, "DEPOSIT")
        if self.style == "W":
            if check:
                text = f"MOBILE DEPOSIT : REF NUMBER :{noise} CHECK {check} {name}"
                return (text, name, check, "Deposit")
            tail = f" SLIP {slip}" if slip else ""
            text = f"EDEPOSIT IN BRANCH {mmdd(day)} {dice.digits(4)} MAIN ST{tail}"
            return (text, "", "", "Deposit")
        tail = f" CHECK {check} {name}" if check else f" SLIP# {slip}" if slip else ""
        return (f"CHECK DEPOSIT{tail}", "", slip, "CREDIT")

    def cash(self, slip: str) -> Text:
        text = {
            "C": "CASH DEPOSIT",
            "B": "BofA FIN CTR CASH DEPOSIT",
            "W": "CASH DEPOSIT IN BRANCH",
        }
        return (f"{text.get(self.style, 'CASH DEP')} {slip}", "", slip, "DEPOSIT")

    def payout(self, day: int, name: str, shown: str) -> Text:
        """Money of a gateway, of whose payout the id may be shown."""
        dice = self.dice
        if self.style == "C":
            text = f"ORIG CO NAME:{name} ORIG ID:{dice.digits(10)} DESC DATE:{yymmdd(day)} "
            text += f"CO ENTRY DESCR:TRANSFER SEC:CCD TRACE#:{dice.digits(15)} IND ID:{shown}"
            return (text.strip(), name, shown, "ACH_CREDIT")
        if self.style == "B":
            text = f"{name} DES:TRANSFER ID:{shown or dice.digits(9)} CO ID:{dice.digits(10)} CCD"
            return (text, name, shown, "ACH")
        return (f"{name} TRANSFER {yymmdd(day)} {shown}".strip(), name, shown, "Electronic Deposit")

    def paid(self, name: str, memo: str, token: str) -> Text:
        """Money out by ACH; one that was pulled has no token."""
        printed, memo = self.name(name, True), memo.upper()[: self.memo_cut]
        if self.style == "C":
            text = f"ORIG CO NAME:{printed} ORIG ID:{self.dice.digits(10)} CO ENTRY DESCR:BILL PMT"
            return (f"{text} IND ID:{token} {memo}".strip(), printed, token, "ACH_DEBIT")
        if self.style == "B":
            text = f"{printed} DES:PAYMENT ID:{token or self.dice.digits(9)} {memo}"
            return (text.strip(), printed, token, "ACH")
        return (f"ACH DEBIT {printed} {memo} {token}".strip(), printed, token, "DEBIT")

    def check(self, number: str, payee: str = "") -> Text:
        """A cheque of the entity's own."""
        text = {"C": f"CHECK # {number}", "B": f"Check {number}", "W": f"CHECK {number} PAID"}
        return (text.get(self.style, f"DRAFT {number}"), self.name(payee, True), number, "CHECK")

    def returned(self, day: int, it: Receipt, check: str) -> Text:
        """Money taken back, by the payer's name and the cheque's number or the receipt's id."""
        name = self.name(it.name)
        if check:
            text = {
                "C": f"DEPOSITED ITEM RETURNED NSF CK {check} {name}",
                "B": f"RETURN ITEM CHARGEBACK CHECK {check} INSUFFICIENT FUNDS {name}",
                "W": f"CASHED/DEPOSITED ITEM RETN UNPAID {check} {name}",
            }
            return (text.get(self.style, f"RETURNED CHECK {check} {name}"), "", check, "RETURN")
        text = {
            "C": f"ACH RETURN R01 {name} IND ID:{it.id}",
            "B": f"RETURN OF POSTED ITEM {name} DES:RETURN ID:{it.id} R01",
            "W": f"ACH RETURNED ITEM {name} {mmdd(day)} {it.id}",
        }
        return (text.get(self.style, f"RETURNED ITEM NSF {name} {it.id}"), name, it.id, "RETURN")

    def add_the_rest(self, begin: int, end: int, stranger: float) -> None:
        """Fees, interest, payroll, taxes, purchases and other income: none belongs to anything."""
        dice = self.dice
        for first in range(begin, end, 30):
            fee = ("MONTHLY SERVICE FEE", "", "", "FEE")
            self.write(first + 27, -dice.pick((1500, 1200, 2500)), fee)
            if dice.chance(0.8):
                interest = ("INTEREST PAYMENT", "", "", "INTEREST")
                self.write(first + 27, dice.between(3, 900), interest)
            for offset in (10, 24):
                cents = dice.between(400_000, 2_500_000)
                name = dice.pick(PAYROLLS)
                text = (f"{name} PAYROLL {dice.digits(7)}", name, dice.digits(7), "ACH_DEBIT")
                self.write(first + offset, -cents, text)
                tax = (f"IRS USATAXPYMT {dice.digits(15)}", "IRS", "", "ACH_DEBIT")
                self.write(first + offset + 1, -cents // 4, tax)
            for _ in range(dice.between(2, 8)):
                shop = dice.pick(SHOPS)
                described = f"POS PURCHASE {shop} #{dice.digits(4)} {ISO[first][5:7]}"
                day = first + dice.between(0, 27)
                cents = dice.between(600, 42_000)
                self.write(day, -cents, (described, shop, "", "DEBIT_CARD"))
            if dice.chance(0.15):
                payer = dice.pick(PUBLIC_PAYERS)
                text = (f"{payer} {dice.digits(8)}", payer, "", "ACH_CREDIT")
                self.write(first + dice.between(0, 27), dice.between(5_000, 900_000), text)
            if dice.chance(stranger):
                name = f"{first_name(dice)} {last_name(dice)}"
                day = first + dice.between(0, 27)
                cents = dice.between(180, 260) * 500
                self.write(day, cents, self.p2p(day, Receipt(name=name, id=dice.code(9))))


def mmdd(day: int) -> str:
    return f"{ISO[day][5:7]}/{ISO[day][8:10]}"


def yymmdd(day: int) -> str:
    return ISO[day][2:].replace("-", "")
