"""Bytes to text: files, gzip and standard input, with one clear message for what cannot be read."""

import codecs
import gzip
import sys
import zlib
from pathlib import Path
from typing import NamedTuple

from hlhcli.errors import HlhcliError
from hlhcli.extras import library

STDIN = "-"
STDIN_NAME = "standard input"
GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
ZIP = b"PK\x03\x04"
PARQUET = b"PAR1"
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Text(NamedTuple):
    """The text of an input and the name that messages call it by."""

    name: str
    text: str


class Content(NamedTuple):
    """The bytes of an input, decompressed, and the name that messages call it by."""

    name: str
    content: bytes


def read_text(source: str | Path) -> Text:
    """Read a path (gzip and zstd too) or ``-`` for standard input as text.

    UTF-8, or whatever a byte-order mark says. Raises `HlhcliError` for a missing file, a
    folder, an empty file, damaged compression, a binary file and any other encoding.
    """
    return decode(read_content(source))


def read_content(source: str | Path) -> Content:
    """Read a path or ``-`` for standard input as bytes; gzip and zstd are unpacked."""
    name = STDIN_NAME if str(source) == STDIN else str(source)
    content = _read_stdin() if str(source) == STDIN else _read_file(Path(source))
    if content.startswith(GZIP):
        content = _decompress(content, name)
    elif content.startswith(ZSTD):
        content = _decompress_zstd(content, name)
    if not content.strip():
        raise HlhcliError(f"{name}: is empty; expected a header line and rows of values")
    return Content(name, content)


def decode(content: Content) -> Text:
    """Bytes to text; raises `HlhcliError` for a binary file and an encoding other than UTF-8."""
    return Text(content.name, _decode(content.content, content.name))


def _read_stdin() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise HlhcliError(
            "standard input: nothing is piped in; give a file, or pipe one: cat labs.csv | hlhcli …"
        )
    return sys.stdin.buffer.read()


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise HlhcliError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise HlhcliError(f"{path}: is a folder; expected a file of values") from None
    except OSError as error:
        raise HlhcliError(f"{path}: cannot be read ({error.strerror})") from None


def _decompress(content: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise HlhcliError(f"{name}: the gzip file is damaged or cut short; copy it again") from None


def _decompress_zstd(content: bytes, name: str) -> bytes:
    zstandard = library("zstandard", "zstd", f"{name}: a zstd file")
    unpacked = b""
    try:
        while content:  # a file may hold several frames, one after the other
            frame = zstandard.ZstdDecompressor().decompressobj()
            unpacked += frame.decompress(content)
            if not frame.eof:
                raise EOFError
            content = frame.unused_data
    except (EOFError, zstandard.ZstdError):
        raise HlhcliError(f"{name}: the zstd file is damaged or cut short; copy it again") from None
    return unpacked


def _decode(content: bytes, name: str) -> str:
    for mark, encoding in BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return _decode_as(content, encoding, name)
    if content.startswith(ZIP):
        raise HlhcliError(f"{name}: is a zip file, but no Excel workbook; unpack it first")
    if b"\0" in content:
        raise HlhcliError(f"{name}: {_name_null_bytes(content)}")
    return _decode_as(content, "utf-8", name)


def _name_null_bytes(content: bytes) -> str:
    sample = content[:2000]
    if sample[1::2].count(0) > len(sample) / 4 or sample[::2].count(0) > len(sample) / 4:
        return "looks like UTF-16 without a byte-order mark; save it as UTF-8"
    return "is a binary file; expected CSV or TSV text"


def _decode_as(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = f"line {line}: byte 0x{content[error.start]:02X} is not {encoding.upper()}"
        raise HlhcliError(
            f"{name}: {found}; the file may be Latin-1 (Windows). Save it as UTF-8, or: "
            "iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW"
        ) from None
