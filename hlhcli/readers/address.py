"""Addresses of databases, and how messages call them: without a password."""

from urllib.parse import urlsplit

SCHEMES = ("postgresql://", "postgres://")


def is_address(name: object) -> bool:
    """Whether an input is a database of PostgreSQL rather than a file."""
    return str(name).lower().startswith(SCHEMES)


def public_address(name: str) -> str:
    """An address without password and options; any other name as it is.

    >>> public_address("postgresql://anna:secret@db.example.org:5433/cdm?sslmode=require")
    'postgresql://anna@db.example.org:5433/cdm'
    >>> public_address("labs.csv")
    'labs.csv'
    """
    if not is_address(name):
        return name
    try:
        parts = urlsplit(name)
    except ValueError:
        return f"{name.partition(':')[0]}://…"
    person, at, host = parts.netloc.rpartition("@")
    if "@" in parts.path + parts.query + parts.fragment:  # what stands before it may be a password
        return f"{parts.scheme}://…"
    return f"{parts.scheme}://{person.partition(':')[0]}{at}{host}{parts.path}"
