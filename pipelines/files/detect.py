"""What a file is, by its first bytes. Names and extensions are the user's."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from pipelines.files.records import refused

HEAD = 8192
EXPORT = "export the statement as OFX, CAMT.053 or CSV"
UNPACK = "unpack it, or export the statement as OFX, CAMT.053 or CSV"

# what comes by mistake, and what to do about it
FOREIGN = (
    (re.compile(rb"%PDF"), "is a PDF", EXPORT),
    (re.compile(rb"PK\x03\x04"), "is a zip archive or a spreadsheet", UNPACK),
    (re.compile(rb"\x1f\x8b"), "is compressed", UNPACK),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "is an old spreadsheet", EXPORT),
    (re.compile(rb"\s*<(!doctype\s+)?html", re.I), "is a web page, maybe the bank's login", EXPORT),
    (re.compile(rb"\s*(\{1:F01|:20:)"), "is MT940 or MT942, which is not read", EXPORT),
    (re.compile(rb"\s*01,[^\r\n]*/"), "is BAI2, which is not read", EXPORT),
    (re.compile(rb"\s*!(Type|Account|Option):", re.I), "is QIF, which has no balances", EXPORT),
)


def file_format(path: Path) -> str:
    """`ofx`, `camt` or `csv`.

    Raises:
        FileRefused: the file is empty, or of a kind no reader knows.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
    text = head
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = head.decode("utf-16", errors="replace").encode()
    text = text.removeprefix(codecs.BOM_UTF8)
    if not text.strip():
        raise refused(path, None, "is empty")
    for pattern, problem, remedy in FOREIGN:
        if pattern.match(text):
            raise refused(path, None, problem, remedy)
    if re.search(rb"^\s*OFXHEADER\s*:|<\?OFX\b|<OFX>", text, re.I | re.M):
        return "ofx"
    if text.lstrip().startswith(b"<"):
        return "camt"
    if b"\x00" in text:
        raise refused(path, None, "is binary and of no kind known here", EXPORT)
    return "csv"


def text_encoding(path: Path, declared: str | None = None) -> str:
    """How to decode a text file: UTF-8 where it is valid UTF-8, else what it declares, else cp1252.

    Banks declare one thing and write another; text that is valid UTF-8 by chance and not by
    intention is the rarer mistake. Reads the file once, in pieces.
    """
    with path.open("rb") as file:
        start = file.read(2)
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    for encoding in ("utf-8-sig", declared, "cp1252"):
        if encoding and _decodes(path, encoding):
            return encoding
    return "latin-1"


def _decodes(path: Path, encoding: str) -> bool:
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except (LookupError, UnicodeDecodeError):
        return False
    return True
