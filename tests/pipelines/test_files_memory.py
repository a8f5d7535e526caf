"""A file is read in the memory of a few of its entries, however long it is."""

import subprocess
import sys

import pytest

MEGABYTES = 60
LIMIT = 120  # of address space, of which the interpreter takes half
TEXT = "ROOM AND BOARD " * 60

FORMATS = {
    "ofx": (
        "<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>1</BANKACCTFROM>"
        "<BANKTRANLIST>",
        "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261106<TRNAMT>4012.50<FITID>{number}"
        f"<MEMO>{TEXT}</STMTTRN>\n",
        "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>",
    ),
    "camt": (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>'
        "<Acct><Id><Othr><Id>1</Id></Othr></Id></Acct>",
        '<Ntry><Amt Ccy="USD">4012.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-11-06</Dt>'
        "</BookgDt><AcctSvcrRef>{number}</AcctSvcrRef><NtryDtls><TxDtls><RmtInf>"
        f"<Ustrd>{TEXT}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n",
        "</Stmt></BkToCstmrStmt></Document>",
    ),
    "camt with one huge batch": (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>'
        '<Acct><Id><Othr><Id>1</Id></Othr></Id></Acct><Ntry><Amt Ccy="USD">4012.50</Amt>'
        "<CdtDbtInd>CRDT</CdtDbtInd><BookgDt><Dt>2026-11-06</Dt></BookgDt><NtryDtls>",
        f"<TxDtls><Refs><EndToEndId>{{number}}</EndToEndId></Refs><RmtInf><Ustrd>{TEXT}</Ustrd>"
        "</RmtInf></TxDtls>\n",
        "</NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>",
    ),
    "csv_statements": (
        "Date,Description,Debit,Credit\n",
        f"2026-11-06,{TEXT}{{number}},,4012.50\n",
        "",
    ),
}
READ = """
import resource, sys
from pathlib import Path
from pipelines.files import camt, csv_statements, ofx
resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[3]) << 20,) * 2)
options = {"account_number": "1"} if sys.argv[1] == "csv_statements" else {}
reader = {"ofx": ofx, "camt": camt, "csv_statements": csv_statements}[sys.argv[1]]
sys.stdout.write(str(sum(1 for _ in reader.read(Path(sys.argv[2]), **options))))
"""


@pytest.mark.parametrize("name", FORMATS)
def test_memory_stays_flat(tmp_path, name):
    start, entry, end = FORMATS[name]
    path, entries = tmp_path / "big", (MEGABYTES << 20) // len(entry)
    with path.open("w") as file:
        file.write(start)
        file.writelines(entry.format(number=number) for number in range(entries))
        file.write(end)
    reader = name.split()[0]
    done = subprocess.run(
        [sys.executable, "-c", READ, reader, str(path), str(LIMIT)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert int(done.stdout) >= entries + 1
