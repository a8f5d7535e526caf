"""A statement of gigabytes through reader, spool and warehouse, in bounded memory.

COUNTERFOIL_SOAK_MB=3000 pytest -m soak tests/soak/test_big_file.py -s
"""

import os
import subprocess
import sys
import time

import pytest

MEGABYTES = int(os.environ.get("COUNTERFOIL_SOAK_MB", "3000"))
PEAK_MEGABYTES = 2000

LOAD = """
import resource, sys
from pipelines.files.loading import load_files
from pipelines.settings import Home
report = load_files(Home.open(sys.argv[1]))
assert not report.errors, report.errors
rows = report.connections[0].tables["statement_lines"].rows
print(rows, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10)
"""
START = (
    "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM>"
    "<ACCTID>55501234</BANKACCTFROM><BANKTRANLIST>\n"
)
ENTRY = (
    "<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261106120000[-5:EST]<TRNAMT>4012.50<FITID>{number}"
    "<NAME>STATE MEDICAID HCCLAIMPMT<MEMO>TRN*1*EFT{number}*1386000134</STMTTRN>\n"
)
END = "</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_file_of_gigabytes_loads_in_bounded_memory(tmp_path, monkeypatch):
    from pipelines.settings import Home

    monkeypatch.setenv("COUNTERFOIL_KEY_FILE", str(tmp_path / "keys"))
    folder = tmp_path / "statements"
    folder.mkdir()
    entries = (MEGABYTES << 20) // len(ENTRY)
    with (folder / "big.ofx").open("w") as file:
        file.write(START)
        file.writelines(ENTRY.format(number=number) for number in range(entries))
        file.write(END)
    home = Home.open(tmp_path / "home", "demo")
    home.connections_file.write_text(
        f'[connections.bank]\nplatform = "bank_files"\noptions.folder = "{folder}"\n'
    )
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(home.path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    rows, peak = map(int, done.stdout.split())
    print(f"{MEGABYTES} MB, {rows} lines, {time.monotonic() - began:.0f} s, peak {peak} MB")
    assert rows == entries
    assert peak < PEAK_MEGABYTES
