"""Writes a world's bank statements as the files its banks offer for download.

OFX     no opening balance, names cut at 32 characters with the whole text in MEMO
CAMT    opening and closing balance; a deposit may list its cheques as details
CSV     newest first, with a running balance and no ids; overlaps what the other files hold
"""

import csv
import io
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

from pipelines.sandbox.business_days import month_start
from pipelines.sandbox.exchange import CURRENCY, amount_text
from pipelines.sandbox.records import Account, BankLine, Payment, Statement, World

OFX_TYPES = {
    "deposit": "DEP",
    "bank_fee": "SRVCHG",
    "nsf_charge": "FEE",
    "interest": "INT",
    "transfer": "XFER",
    "cash": "ATM",
    "payroll": "DIRECTDEBIT",
    "payroll_tax": "DIRECTDEBIT",
}
OFX_HEADERS = {
    "ofx1": "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\nENCODING:USASCII\r\n"
    "CHARSET:1252\r\nCOMPRESSION:NONE\r\nOLDFILEUID:NONE\r\nNEWFILEUID:NONE\r\n\r\n",
    "ofx2": '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\r\n<?OFX OFXHEADER="200" '
    'VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\r\n',
}
CAMT = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
CAMT_FAMILIES = {
    "deposit": ("RCDT", "CHKD"),
    "interest": ("MCOP", "INTR"),
    "bank_fee": ("MDOP", "CHRG"),
}
CSV_MONTHS = 3
CSV_HEADER = "Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #"
NAME_LENGTH = 32


def write_statements(world: World, folder: Path) -> list[Path]:
    """Write folder/<account>/<month>.<ext> for each statement, and one CSV of the first account."""
    details = _cheques(world)
    accounts = {account.account: account for account in world.accounts}
    written = []
    for statement in world.statements:
        account = accounts[statement.account]
        camt = account.file_format == "camt"
        text = _camt(account, statement, details) if camt else _ofx(account, statement)
        name = f"{statement.period_start:%Y-%m}.{'xml' if camt else 'ofx'}"
        written.append(folder / account.account / name)
        written[-1].parent.mkdir(parents=True, exist_ok=True)
        written[-1].write_bytes(text.encode("cp1252" if account.file_format == "ofx1" else "utf-8"))
    first = world.accounts[0]
    since = month_start(world.end, 1 - CSV_MONTHS)
    recent = [
        one
        for one in world.statements
        if one.account == first.account and one.period_start >= since
    ]
    written.append(folder / first.account / f"download-{world.end}.csv")
    written[-1].write_bytes(_csv(recent).encode())
    return written


def line_id_at_bank(line_number: int, day: date) -> str:
    """The bank's own id of a line: its day and its place in the statement."""
    return f"{day:%Y%m%d}{line_number:05}"


# OFX


def _ofx(account: Account, statement: Statement) -> str:
    """The tree is the same in both versions; SGML leaves the tags of values open."""
    closed = account.file_format == "ofx2"

    def value(tag: str, text: str) -> str:
        return f"<{tag}>{escape(text)}" + (f"</{tag}>" if closed else "")

    def lines() -> Iterable[str]:
        for number, line in enumerate(statement.lines, start=1):
            check = value("CHECKNUM", line.check_number) if line.check_number else ""
            reference = value("REFNUM", line.reference) if line.reference else ""
            memo = value("MEMO", line.description) if len(line.description) > NAME_LENGTH else ""
            yield (
                f"<STMTTRN>{value('TRNTYPE', _ofx_type(line))}"
                f"{value('DTPOSTED', f'{line.date:%Y%m%d}120000[-5:EST]')}"
                f"{value('TRNAMT', amount_text(line.amount))}"
                f"{value('FITID', line_id_at_bank(number, line.date))}{check}{reference}"
                f"{value('NAME', line.description[:NAME_LENGTH].strip())}{memo}</STMTTRN>"
            )

    status = f"<STATUS>{value('CODE', '0')}{value('SEVERITY', 'INFO')}</STATUS>"
    end = f"{statement.period_end:%Y%m%d}"
    parts = (
        f"<OFX><SIGNONMSGSRSV1><SONRS>{status}"
        f"{value('DTSERVER', end + '230000[-5:EST]')}{value('LANGUAGE', 'ENG')}</SONRS>"
        "</SIGNONMSGSRSV1>",
        f"<BANKMSGSRSV1><STMTTRNRS>{value('TRNUID', '0')}{status}",
        f"<STMTRS>{value('CURDEF', CURRENCY)}<BANKACCTFROM>{value('BANKID', account.routing)}"
        f"{value('ACCTID', account.number)}{value('ACCTTYPE', 'CHECKING')}</BANKACCTFROM>",
        f"<BANKTRANLIST>{value('DTSTART', f'{statement.period_start:%Y%m%d}')}"
        f"{value('DTEND', end)}",
        *lines(),
        f"</BANKTRANLIST><LEDGERBAL>{value('BALAMT', amount_text(statement.closing))}"
        f"{value('DTASOF', end)}</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\r\n",
    )
    return OFX_HEADERS[account.file_format] + "\r\n".join(parts)


def _ofx_type(line: BankLine) -> str:
    if line.check_number:
        return "CHECK"
    return OFX_TYPES.get(line.kind, "CREDIT" if line.amount > 0 else "DEBIT")


# CAMT.053


def _cheques(world: World) -> dict[str, list[Payment]]:
    """The cheques of every second deposit, by bank line: some banks list them, some days."""
    payments = {payment.payment_id: payment for payment in world.payments}
    slips = [one for one in world.settlements if one.kind == "deposit_slip" and one.line_id]
    return {
        slip.line_id: [payments[item.payment_id] for item in slip.items]
        for slip in slips[::2]
        if slip.line_id
    }


def _camt(account: Account, statement: Statement, details: dict[str, list[Payment]]) -> str:
    def balance(code: str, cents: int, day: date) -> str:
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_camt_amount(cents)}"
            f"<Dt><Dt>{day}</Dt></Dt></Bal>"
        )

    identification = f"{account.number}-{statement.period_end:%Y%m%d}"
    parts = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{CAMT}"><BkToCstmrStmt>',
        f"<GrpHdr><MsgId>{identification}</MsgId>"
        f"<CreDtTm>{statement.period_end}T23:30:00-05:00</CreDtTm></GrpHdr>",
        f"<Stmt><Id>{identification}</Id><ElctrncSeqNb>{statement.number}</ElctrncSeqNb>"
        f"<FrToDt><FrDtTm>{statement.period_start}T00:00:00-05:00</FrDtTm>"
        f"<ToDtTm>{statement.period_end}T23:59:59-05:00</ToDtTm></FrToDt>",
        f"<Acct><Id><Othr><Id>{account.number}</Id></Othr></Id><Ccy>{CURRENCY}</Ccy>"
        f"<Svcr><FinInstnId><ClrSysMmbId><MmbId>{account.routing}</MmbId></ClrSysMmbId>"
        f"<Nm>{escape(account.bank)}</Nm></FinInstnId></Svcr></Acct>",
        balance("OPBD", statement.opening, statement.period_start),
        balance("CLBD", statement.closing, statement.period_end),
        *(
            _camt_entry(number, line, details.get(line.line_id, []))
            for number, line in enumerate(statement.lines, start=1)
        ),
        "</Stmt></BkToCstmrStmt></Document>\n",
    )
    return "\n".join(parts)


def _camt_amount(cents: int) -> str:
    sign = "CRDT" if cents >= 0 else "DBIT"
    return f'<Amt Ccy="{CURRENCY}">{amount_text(abs(cents))}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'


def _camt_entry(number: int, line: BankLine, cheques: list[Payment]) -> str:
    family, detail = CAMT_FAMILIES.get(
        line.kind, ("RCDT", "DMCT") if line.amount > 0 else ("ICDT", "DMCT")
    )
    reversal = "<RvslInd>true</RvslInd>" if line.kind in ("return", "reversal") else ""
    reference = line_id_at_bank(number, line.date)
    transactions = [
        _camt_details(payment.amount, payment.payer_name, payment.reference, "CHECK")
        for payment in cheques
    ]
    if not transactions:
        end_to_end = line.reference or line.check_number or ""
        transactions = [_camt_details(line.amount, line.counterparty, end_to_end, line.description)]
    batch = f"<Btch><NbOfTxs>{len(cheques)}</NbOfTxs></Btch>" if len(cheques) > 1 else ""
    return (
        f"<Ntry><NtryRef>{number}</NtryRef>{_camt_amount(line.amount)}{reversal}"
        f"<Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>{line.date}</Dt></BookgDt>"
        f"<ValDt><Dt>{line.date}</Dt></ValDt><AcctSvcrRef>{reference}</AcctSvcrRef>"
        f"<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{detail}</SubFmlyCd></Fmly>"
        f"</Domn></BkTxCd><NtryDtls>{batch}{''.join(transactions)}</NtryDtls>"
        f"<AddtlNtryInf>{escape(line.description)}</AddtlNtryInf></Ntry>"
    )


def _camt_details(cents: int, name: str, reference: str, text: str) -> str:
    refs = f"<Refs><EndToEndId>{escape(reference)}</EndToEndId></Refs>" if reference else ""
    role = "Dbtr" if cents > 0 else "Cdtr"
    party = f"<{role}><Pty><Nm>{escape(name)}</Nm></Pty></{role}>" if name else ""
    parties = f"<RltdPties>{party}</RltdPties>" if party else ""
    return (
        f"<TxDtls>{refs}{_camt_amount(cents)}{parties}"
        f"<RmtInf><Ustrd>{escape(text)}</Ustrd></RmtInf></TxDtls>"
    )


# CSV


def _csv(statements: list[Statement]) -> str:
    """The last months as one download: newest first, each row with the balance after it."""
    rows = []
    for statement in statements:
        balance = statement.opening
        for line in statement.lines:
            balance += line.amount
            details = "CHECK" if line.check_number else "CREDIT" if line.amount > 0 else "DEBIT"
            rows.append(
                (
                    details,
                    f"{line.date:%m/%d/%Y}",
                    line.description,
                    amount_text(line.amount),
                    _ofx_type(line),
                    amount_text(balance),
                    line.check_number or "",
                    "",  # the bank ends its rows with a comma, its header without
                )
            )
    text = io.StringIO()
    writer = csv.writer(text)
    text.write(CSV_HEADER + "\r\n")
    writer.writerows(reversed(rows))
    return text.getvalue()
