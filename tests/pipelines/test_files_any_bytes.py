"""Whatever happens to a file on its way, a reader reads it or refuses it in one line."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.errors import FileRefused
from pipelines.files import camt, csv_statements, ofx
from pipelines.files.detect import file_format

FIXTURES = Path(__file__).parent / "fixtures" / "files"
CHASE = (
    b"Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #\n"
    b'DEBIT,01/09/2026,"UTILITY, ME",-20.00,ACH_DEBIT,80.00,,\n'
    b"CREDIT,01/05/2026,AGENCY,100.00,ACH_CREDIT,100.00,,\n"
)
FILES = {path.name: path.read_bytes() for path in FIXTURES.iterdir()} | {"chase.csv": CHASE}
READERS = {
    "ofx": ofx.read,
    "camt": camt.read,
    "csv": lambda path: csv_statements.read(path, account_number="1", currency_code="USD"),
}
ODD = (b"<", b">", b'"', b"\0", b"\xff", b"&#0;", b"&#x110000;", b"</", b"1e9", b",", b"\n", b"]]>")


@pytest.mark.parametrize("name", FILES)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_damage_is_read_or_refused(tmp_path, name, data):
    content = FILES[name]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(content)))
        end = data.draw(st.integers(start, min(start + 60, len(content))))
        put = data.draw(st.one_of(st.sampled_from(ODD), st.binary(max_size=3)))
        content = content[:start] + put + content[end:]
    path = tmp_path / name
    path.write_bytes(content)
    try:
        for _ in READERS[file_format(path)](path):
            pass
    except FileRefused as refusal:
        assert str(refusal).startswith(name) and "\n" not in str(refusal)
