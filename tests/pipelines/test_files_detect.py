"""What a file is, by its first bytes."""

from pathlib import Path

import pytest

from pipelines.errors import FileRefused
from pipelines.files.detect import file_format

FIXTURES = Path(__file__).parent / "fixtures" / "files"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"OFXHEADER:100\r\n", "ofx"),
        (b"\xef\xbb\xbf\r\n  OFXHEADER:100\n", "ofx"),
        (b'<?xml version="1.0"?>\n<?OFX OFXHEADER="200"?>', "ofx"),
        (b"<OFX><BANKMSGSRSV1>", "ofx"),
        (b'<?xml version="1.0"?><Document xmlns="x">', "camt"),
        ("<?xml version='1.0'?><Document>".encode("utf-16"), "camt"),
        (b"Date,Amount\n", "csv"),
        ("Date,Amount\n".encode("utf-16"), "csv"),
    ],
)
def test_the_first_bytes_tell_the_format(tmp_path, content, expected):
    path = tmp_path / "statement.pdf"
    path.write_bytes(content)
    assert file_format(path) == expected


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"%PDF-1.4", "is a PDF; export the statement as OFX, CAMT.053 or CSV"),
        (b"PK\x03\x04...", "is a zip archive or a spreadsheet; unpack it, or export"),
        (b"\x1f\x8b\x08", "is compressed; unpack it"),
        (b"<!DOCTYPE html><html>", "is a web page, maybe the bank's login"),
        (b"{1:F01BANK}{4:\n:20:X", "is MT940 or MT942, which is not read"),
        (b"01,122099999,AFC,261107,0600,1,80,,2/\n", "is BAI2, which is not read"),
        (b"!Type:Bank\nD1/1/26\n", "is QIF, which has no balances"),
        (b"\x00\x01\x02", "is binary and of no kind known here"),
    ],
)
def test_what_no_reader_knows_is_refused_with_a_remedy(tmp_path, content, problem):
    path = tmp_path / "statement.ofx"
    path.write_bytes(content)
    with pytest.raises(FileRefused) as caught:
        file_format(path)
    assert str(caught.value).startswith(f"statement.ofx: {problem}")
