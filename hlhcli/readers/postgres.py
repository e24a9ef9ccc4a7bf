"""A PostgreSQL warehouse that is only read: one connection, one snapshot, Arrow batches.

The address is that of libpq (``postgresql://user@host/database``); PGPASSWORD and ``~/.pgpass``
work. No message holds a password. Results come in PostgreSQL's binary COPY, batch by batch, in a
thread of their own, so that a slow statement can be stopped at any time.
"""

import queue
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from hlhcli.errors import HlhcliError, nearest
from hlhcli.extras import library
from hlhcli.readers.address import public_address

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_BYTES = 8 << 20
WAITING = 2
"""Batches that wait for the one who works on them."""

BEAT = 0.1
"""Seconds after which a waiting main thread looks whether Ctrl-C was pressed."""

READ_ONLY = (
    "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET synchronize_seqscans = off",
    "SET jit = off",  # pays only where a plan is far more work than ours
)
WHOLE_NUMBERS = "(20, 21, 23)"
"""The types bigint, smallint and integer, by their numbers in the catalog."""

ENOUGH = 60
"""Names of tables that are looked at for the nearest one."""


@dataclass(frozen=True)
class Relation:
    """A table or view, or the result of a SELECT."""

    name: str
    """As messages call it."""
    source: str
    """What stands behind FROM."""
    number: int = 0
    """Its number in the catalog; 0 for a SELECT."""
    key: str = ""
    """The column of whole numbers that tells its rows apart; empty where none is known."""
    rows: int = -1
    """About how many rows it has; -1 where that is not known."""


class Warehouse:
    """An open connection; raises `HlhcliError` for whatever the server refuses."""

    def __init__(self, address: str) -> None:
        self.name = public_address(address)
        _require_readable(address, self.name)
        self._secrets = _secrets(address)
        driver = library("adbc_driver_postgresql.dbapi", "postgres", f"{self.name}: PostgreSQL")
        library("pyarrow", "postgres", f"{self.name}: PostgreSQL")
        self._connection = None
        try:
            self._connection = _patiently(lambda: driver.connect(address))
            for statement in READ_ONLY:
                with self._connection.cursor() as cursor:
                    cursor.execute(statement)
            self._connection.commit()
        except driver.Error as error:
            self.close()
            raise self._refused(error) from None

    def __enter__(self) -> "Warehouse":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; twice does no harm."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def set(self, parameter: str, value: str) -> None:
        """Set a parameter of the session."""
        for _ in self.stream(f"SELECT set_config({literal(parameter)}, {literal(value)}, false)"):
            pass

    def ask(self, statement: str) -> "pa.Table":
        """The whole result of a SELECT."""
        import pyarrow as pa

        batches = list(self.stream(statement))
        return pa.Table.from_batches(batches[1:], batches[0].schema)

    def stream(self, statement: str) -> Iterator["pa.RecordBatch"]:
        """The result of a SELECT; the first batch has no rows and stands for the columns."""
        if self._connection is None:
            raise HlhcliError(f"{self.name}: the connection is closed")
        size = {"adbc.postgresql.batch_size_hint_bytes": str(BATCH_BYTES)}
        cursor = self._connection.cursor(adbc_stmt_kwargs=size)
        waiting: queue.Queue[Any] = queue.Queue(WAITING)
        enough = threading.Event()
        worker = threading.Thread(target=_fetch, args=(cursor, statement, waiting, enough), daemon=True)
        worker.start()
        try:
            while (item := _next(waiting)) is not None:
                if isinstance(item, Exception):
                    raise self._refused(item) from None
                yield item
        finally:
            enough.set()
            if _stop(worker, cursor, waiting):
                self._connection.rollback()

    def _refused(self, error: Exception) -> HlhcliError:
        words = _primary(error)
        for secret in self._secrets:
            words = words.replace(secret, "***")
        return HlhcliError(f"{self.name}: {_advice(words, _state(error))}")

    def relation(self, text: str) -> Relation:
        """The table of a name, or a SELECT in its place; raises `HlhcliError` with the nearest names."""
        if re.match(r"\s*(select|with|values|table)\b", text, re.IGNORECASE):
            query = text.strip().rstrip(";")
            return Relation("the SELECT", f"({query}\n) AS labs")
        found = self.find(text)
        if found is None:
            raise HlhcliError(f"{self.name}: has no table '{text}'; {nearest(text, self.tables())}")
        return found

    def find(self, table: str, schema: str = "") -> Relation | None:
        """A table as the search path finds it (in a schema first), else in the only schema that has it."""
        wanted = [f"{identifier(schema)}.{table}", table] if schema else [table]
        for name in wanted:
            (number,) = self.ask(f"SELECT to_regclass({literal(name)})::oid::bigint AS number")["number"]
            if number.as_py() is not None:
                return self._relation(f"c.oid = {number.as_py()}")[0]
        found = self._relation(f"lower(c.relname) = {literal(table.lower())}")
        if len(found) > 1:
            listed = ", ".join(one.name for one in found)
            schema = found[0].name.split(".")[0]
            raise HlhcliError(
                f"{self.name}: has several tables {table} ({listed}); choose a schema in the address: "
                f"?options=-csearch_path%3D{schema}"
            )
        return found[0] if found else None

    def _relation(self, condition: str) -> list[Relation]:
        found = self.ask(
            "SELECT n.nspname::text AS schema, c.relname::text AS name, c.oid::bigint AS number, "
            "c.reltuples::bigint AS rows, "
            "(SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
            "AND a.attnum = i.indkey[0] WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid "
            "AND i.indpred IS NULL AND i.indnkeyatts = 1 AND a.attnotnull "
            f"AND a.atttypid IN {WHOLE_NUMBERS} ORDER BY NOT i.indisprimary, a.attname LIMIT 1) AS key "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            f"WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT LIKE 'pg\\_%' AND {condition} "
            "ORDER BY 1, 2"
        )
        return [
            Relation(
                f"{row['schema']}.{row['name']}",
                f"{identifier(row['schema'])}.{identifier(row['name'])}",
                row["number"],
                row["key"] or "",
                row["rows"] if row["rows"] > 0 else -1,
            )
            for row in found.to_pylist()
        ]

    def tables(self) -> list[str]:
        """The names of some tables, for messages."""
        found = self.ask(
            "SELECT CASE table_schema WHEN 'public' THEN '' ELSE table_schema || '.' END || table_name "
            "AS name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 1000"
        )
        return found["name"].to_pylist()[:ENOUGH]

    def schema(self, relation: Relation) -> "pa.Schema":
        """The columns of a relation with their Arrow types."""
        found: pa.Schema = self.ask(f"SELECT * FROM {relation.source} LIMIT 0").schema
        twice = [name for name, count in Counter(found.names).items() if count > 1]
        if twice:
            raise HlhcliError(
                f"{self.name}, {relation.name}: more than one column is called '{twice[0]}'; name them apart "
                "with AS"
            )
        return found


def _require_readable(address: str, name: str) -> None:
    """Raise where a password has signs that cut the address into wrong parts; nothing of it is repeated."""
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise HlhcliError(f"{name}: is no address of a database ({error})") from None
    if "@" in parts.path + parts.fragment or "@" in parts.netloc.rpartition("@")[0]:
        raise HlhcliError(
            f"{name}: the address has an @ in the wrong place; a password with / ? # or @ is written with "
            "%2F %3F %23 or %40, or given as PGPASSWORD"
        )


def _secrets(address: str) -> list[str]:
    """What must not appear in a message."""
    parts = urlsplit(address)
    found = [parts.netloc.rpartition("@")[0].partition(":")[2]]
    found += [value for key, value in parse_qsl(parts.query) if "password" in key.lower()]
    return sorted({form for one in found if one for form in (one, unquote(one))}, key=len, reverse=True)


def _patiently(action: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the action gives
    """The result of what may wait long for a server; Ctrl-C is answered while it waits."""
    waiting: queue.Queue[Any] = queue.Queue()

    def act() -> None:
        try:
            waiting.put((action(), None))
        except Exception as error:
            waiting.put((None, error))

    threading.Thread(target=act, daemon=True).start()
    found, error = _next(waiting)
    if error is not None:
        raise error
    return found


def _fetch(cursor: Any, statement: str, waiting: "queue.Queue[Any]", enough: threading.Event) -> None:  # noqa: ANN401 - the driver's
    """Run a statement and hand on its batches, then None; or the error."""
    import pyarrow as pa

    try:
        cursor.execute(statement)
        reader = cursor.fetch_record_batch()
        _put(waiting, pa.RecordBatch.from_pylist([], schema=reader.schema), enough)
        for batch in reader:
            if not _put(waiting, batch, enough):
                return
        _put(waiting, None, enough)
    except Exception as error:
        _put(waiting, error, enough)


def _put(waiting: "queue.Queue[Any]", item: object, enough: threading.Event) -> bool:
    while not enough.is_set():
        try:
            waiting.put(item, timeout=BEAT)
        except queue.Full:
            continue
        return True
    return False


def _next(waiting: "queue.Queue[Any]") -> Any:  # noqa: ANN401 - a batch, None or an error
    """The next item; waits in small steps, since a signal does not end a wait for a lock."""
    while True:
        try:
            return waiting.get(timeout=BEAT)
        except queue.Empty:
            continue


def _stop(worker: threading.Thread, cursor: Any, waiting: "queue.Queue[Any]") -> bool:  # noqa: ANN401 - the driver's
    """End a statement and its cursor; whether it still ran."""
    if worker.is_alive():
        worker.join(BEAT if waiting.empty() else 0)
    runs = worker.is_alive()
    if runs:
        cursor.adbc_cancel()
        worker.join()
    cursor.close()
    return runs


def _primary(error: Exception) -> str:
    """What the server, or libpq, says in one line."""
    details = dict(getattr(error, "details", None) or [])
    if b"PG_DIAG_MESSAGE_PRIMARY" in details:
        return str(details[b"PG_DIAG_MESSAGE_PRIMARY"], "utf-8", "replace")
    text = re.sub(r"^([A-Z_]+: )?(\[libpq\] )?(Execution error .*?: ERROR: +)?", "", str(error)).strip()
    return (text.splitlines() or [type(error).__name__])[0].rstrip(". ")


def _state(error: Exception) -> str:
    """The server's code of an error, which the reader of batches has in its text only."""
    found = re.search(r"SQLSTATE: (\w{5})", str(error))
    return getattr(error, "sqlstate", None) or (found[1] if found else "")


CONNECTING = re.compile(r"^Failed to connect: (connection to server (at|on) .* failed: )?(FATAL: +)?")


def _advice(words: str, state: str) -> str:
    """The server's words, and what to do."""
    if (found := CONNECTING.match(words)) and found[0]:
        said = words[found.end() :]
        if "password" in said:
            return f"cannot be opened ({said}); set PGPASSWORD, or have the password in ~/.pgpass"
        return f"cannot be opened ({said}); check host, port, database and user of the address"
    if state == "42501":
        return f"{words}; the user needs the right to SELECT from it"
    if "statement timeout" in words:
        return f"{words}; allow more time in the address: ?options=-cstatement_timeout%3D0"
    return f"the database says: {words}"


def identifier(name: str) -> str:
    """A name as SQL has it: ``a"b`` is ``"a""b"``."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL has it, whatever the server's settings.

    >>> literal("it's")
    "'it''s'"
    """
    quoted = text.replace("'", "''")
    if "\\" in quoted:
        escaped = quoted.replace("\\", "\\\\")
        return f" E'{escaped}'"
    return f"'{quoted}'"


def array(texts: Sequence[str], kind: str) -> str:
    """An array of SQL, of texts or numbers."""
    cells = ",".join('"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts)
    return f"{literal('{' + cells + '}')}::{kind}[]"


def cell_of(name: str, kind: "pa.DataType", *, exact: bool = False) -> str:
    """A column as it is read: ``numeric`` as a double, and as text what is no number, date or text.

    ``exact`` keeps every digit of ``numeric``, for identifiers.
    """
    import pyarrow as pa

    if getattr(kind, "type_name", "") == "numeric":
        return f"{identifier(name)}::{'text' if exact else 'float8'}"
    types = pa.types
    plain = types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)
    if plain or types.is_string(kind) or types.is_timestamp(kind) or types.is_date(kind):
        return identifier(name)
    return f"{identifier(name)}::text"


def selected(kinds: Mapping[str, "pa.DataType"], columns: Sequence[str], exact: Sequence[str] = ()) -> str:
    """The columns of a SELECT, under their own names."""
    return ", ".join(
        f"{cell_of(name, kinds[name], exact=name in exact)} AS {identifier(name)}" for name in columns
    )
