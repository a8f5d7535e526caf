"""Raw tables: what they look like, and how rows become Arrow without losing a digit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
from dlt.common.normalizers.naming.snake_case import NamingConvention

from pipelines.connector import Connector, Resource, Row
from pipelines.errors import PlatformError, ValueRefused

MONEY = "decimal(38,9)"
MINOR_UNITS = "decimal(38,0)"

# dlt's own columns, which it fills itself.
LOAD = (("_dlt_load_id", "varchar"),)
VALIDITY = (
    ("_valid_from", "timestamp with time zone"),
    ("_valid_to", "timestamp with time zone"),
)

ARROW_TYPES = {
    "varchar": pa.string(),
    "boolean": pa.bool_(),
    "bigint": pa.int64(),
    "date": pa.date32(),
    "timestamp with time zone": pa.timestamp("us", tz="UTC"),
    MONEY: pa.decimal128(38, 9),
    MINOR_UNITS: pa.decimal128(38, 0),
}
DLT_TYPES: dict[str, dict[str, Any]] = {
    "varchar": {"data_type": "text"},
    "boolean": {"data_type": "bool"},
    "bigint": {"data_type": "bigint"},
    "date": {"data_type": "date"},
    "timestamp with time zone": {"data_type": "timestamp"},
    MONEY: {"data_type": "decimal", "precision": 38, "scale": 9},
    MINOR_UNITS: {"data_type": "decimal", "precision": 38, "scale": 0},
}

WIDE = Context(prec=40)
BATCH_ROWS = 10_000
BATCH_BYTES = 8_000_000
# While keys that came twice are looked for; what does not fit goes to disk.
KEYS: dict[str, str | int] = {"memory_limit": "128MB", "threads": 1}
AMOUNT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)

_encode = msgspec.json.Encoder(decimal_format="number").encode
_encode_column = msgspec.json.Encoder(decimal_format="string").encode
_encode_sorted = msgspec.json.Encoder(decimal_format="number", order="sorted").encode
_snake_case = NamingConvention().normalize_identifier

decode = msgspec.json.Decoder(float_hook=Decimal).decode


@dataclass(frozen=True, kw_only=True)
class RawTable:
    """One raw table and how a load changes it.

    Args:
        name: Inside `raw_<platform>`.
        columns: Pairs of name and DuckDB type; the types are the keys of ARROW_TYPES.
        key: Columns that tell the rows apart; never null.
        write: `versions` keeps every version of a row, told apart by `_version_hash`, and closes
            those the load no longer has; `latest` replaces rows; `replace` replaces the table.
        within: For `versions` and `latest`: a load speaks only for rows that share its values of
            these columns; all others are left alone.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    write: Literal["versions", "latest", "replace"] = "versions"
    within: tuple[str, ...] = ("_connection_id",)

    @property
    def all_columns(self) -> tuple[tuple[str, str], ...]:
        """The columns as they are in the warehouse, dlt's own included."""
        return self.columns + LOAD + (VALIDITY if self.write == "versions" else ())

    @property
    def schema(self) -> pa.Schema:
        """What the Arrow tables of a load must look like."""
        return pa.schema(
            pa.field(name, ARROW_TYPES[type_], nullable=name not in self.key)
            for name, type_ in self.columns
        )


def column_name(path: str) -> str:
    """`CustomerRef.value` becomes `customer_ref__value`."""
    return "__".join(_snake_case(part) for part in path.split("."))


def resource_table(resource: Resource) -> RawTable:
    """The raw table of a connector's resource."""
    plain = dict.fromkeys((*resource.key, *resource.columns, *resource.json), "varchar")
    amounts = dict.fromkeys(resource.money, MONEY) | dict.fromkeys(
        resource.minor_units, MINOR_UNITS
    )
    keys = tuple(column_name(path) for path in resource.key)
    whole = ("_connection_id", "_company")
    return RawTable(
        name=resource.name,
        columns=(
            ("_connection_id", "varchar"),
            ("_company", "varchar"),
            *((column_name(path), type_) for path, type_ in {**plain, **amounts}.items()),
            ("_is_deleted", "boolean"),
            ("_version_hash", "varchar"),
            ("_payload", "varchar"),
        ),
        key=(*whole, *keys),
        within=whole + (keys if not resource.complete else keys[:1] if resource.parent else ()),
    )


def version_hash(*parts: str, row: Row) -> str:
    """What tells one version of a row from another. Key order and spacing do not matter.

    `parts` say whose row it is: the same text in two connections is two rows.
    """
    digest = hashlib.blake2b("\0".join(parts).encode() + b"\0", digest_size=16)
    digest.update(_encode_sorted(row))
    return digest.hexdigest()


def find(row: Any, path: tuple[str, ...]) -> Any:
    """The value at a path, or None when any level is missing."""
    for name in path:
        if type(row) is not dict:
            return None
        row = row.get(name)
    return row


def _drop(row: Row, paths: Iterable[tuple[str, ...]]) -> None:
    for path in paths:
        holder = find(row, path[:-1])
        if isinstance(holder, dict):
            holder.pop(path[-1], None)


def text(value: Any) -> str | None:
    """A scalar as text, numbers as they were written; lists and objects as JSON.

    In JSON a decimal is a text: DuckDB reads a JSON number as DOUBLE, whatever it is cast to.
    """
    if value is None or isinstance(value, str):
        return value
    return _encode_column(value).decode() if not isinstance(value, Decimal) else str(value)


def amount(value: Any, scale: int) -> Decimal | None:
    """An amount, exact.

    Raises:
        ValueError: it is no number or does not fit decimal(38, scale).
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError("is no number")
    if isinstance(value, str) and not AMOUNT.fullmatch(value.strip()):
        raise ValueError("is no number")
    exact = Decimal(value)
    if not exact:
        return Decimal(0)
    if exact.adjusted() >= 38 - scale:
        raise ValueError(f"has more than {38 - scale} digits before the point")
    fitted = exact.quantize(Decimal(1).scaleb(-scale), context=WIDE)
    if fitted != exact:
        raise ValueError(f"has more than {scale} digits after the point")
    return fitted


class Spool:
    """The rows one run has read of one resource, on disk, the last reading of each row once.

    A list that is turned page by page while it changes may show a row twice, and a change feed
    may name a row that the list shows again; two current versions of one row must not arise.
    """

    def __init__(
        self,
        connector: Connector,
        resource: Resource,
        connection_id: str,
        folder: Path,
        on_rows: Callable[[str, int], None],
    ) -> None:
        self.resource = resource
        self.table = resource_table(resource)
        self.count = 0
        self._platform, self._connection_id = connector.platform, connection_id
        self._path = folder / f"{resource.name}.arrow"
        self._on_rows = on_rows
        self._plain = tuple(
            tuple(path.split("."))
            for path in dict.fromkeys((*resource.key, *resource.columns, *resource.json))
        )
        self._amounts = tuple(
            (path, tuple(path.split(".")), scale)
            for paths, scale in ((resource.money, 9), (resource.minor_units, 0))
            for path in dict.fromkeys(paths)
        )
        self._volatile = tuple(tuple(path.split(".")) for path in resource.volatile)
        self._secret = tuple(tuple(path.split(".")) for path in resource.secret)
        self._rows: list[tuple[Any, ...]] = []
        self._bytes = 0
        self._writer: Any = pa.ipc.new_file(
            str(self._path),
            self.table.schema,
            options=pa.ipc.IpcWriteOptions(compression="lz4"),
        )

    def add(
        self, company: str, rows: Iterable[Row], parent: Row | None = None, is_deleted: bool = False
    ) -> None:
        """Take rows as they came."""
        resource, keys = self.resource, len(self.resource.key)
        for row in rows:
            if not isinstance(row, dict):
                raise PlatformError(
                    f"{self._where()}: a row is {text(row)!r:.80}, not an object: "
                    f"correct `rows` in pipelines/connectors/{self._platform}.py"
                )
            _drop(row, self._secret)
            payload = _encode(row).decode()
            gone = is_deleted or bool(resource.is_deleted and resource.is_deleted(row))
            if resource.prepare and not gone:
                row = resource.prepare(row, parent)
            found = (find(row, path) for path in self._plain)
            values = [value if type(value) is str else text(value) for value in found]
            if not all(values[:keys]):
                raise PlatformError(
                    f"{self._where()}: a row has no {' or '.join(resource.key)}: {payload:.120}; "
                    f"correct `key` in pipelines/connectors/{self._platform}.py"
                )
            raw = [find(row, path) for _, path, _ in self._amounts]
            _drop(row, self._volatile)
            mark = "deleted" if gone else ""
            version = version_hash(self._connection_id, company, mark, row=row)
            self._rows.append((company, *values, *raw, gone, version, payload))
            self._bytes += len(payload)
            if len(self._rows) >= BATCH_ROWS or self._bytes >= BATCH_BYTES:
                self._flush()

    def finish(self) -> None:
        """No more rows come; `batches` and `rows` may be asked."""
        self._flush()
        self._writer.close()
        self._outdated = self._find_outdated()

    def batches(self) -> Iterator[pa.Table]:
        """What is to be loaded."""
        start = 0
        with pa.ipc.open_file(str(self._path)) as file:
            for number in range(file.num_record_batches):
                batch = pa.Table.from_batches([file.get_batch(number)])
                end = start + batch.num_rows
                first, last = np.searchsorted(self._outdated, (start, end))
                if first < last:
                    kept = np.ones(batch.num_rows, dtype=np.bool_)
                    kept[self._outdated[first:last] - start] = False
                    batch = batch.filter(pa.array(kept))
                start = end
                if batch.num_rows:
                    yield batch

    def rows(self, company: str) -> Iterator[tuple[Row, str]]:
        """The rows of one company that are not deleted, as they came, with their version hash."""
        columns = ("_company", "_is_deleted", "_payload", "_version_hash")
        for batch in self.batches():
            for whose, gone, payload, version in zip(
                *(batch[name].to_pylist() for name in columns), strict=True
            ):
                if whose == company and not gone:
                    yield decode(payload), version

    def _flush(self) -> None:
        if not self._rows:
            return
        first = 1 + len(self._plain)
        columns = list(zip(*self._rows, strict=True))
        arrays = [pa.array([self._connection_id] * len(self._rows), pa.string())]
        for number, field in enumerate(list(self.table.schema)[1:]):
            if first <= number < first + len(self._amounts):
                arrays.append(self._exact(number - first, columns[number], field.type))
            else:
                arrays.append(pa.array(columns[number], field.type))
        self._writer.write_batch(pa.record_batch(arrays, schema=self.table.schema))
        self.count += len(self._rows)
        self._rows, self._bytes = [], 0
        self._on_rows(self.resource.name, self.count)

    def _exact(self, number: int, values: Sequence[Any], type_: pa.DataType) -> pa.Array:
        path, _, scale = self._amounts[number]
        try:
            return pa.array(
                [
                    value if value is None or type(value) is Decimal else amount(value, scale)
                    for value in values
                ],
                type_,
            )
        except (ValueError, pa.ArrowException):  # slowly, to name the row
            return pa.array([self._amount(path, scale, *pair) for pair in enumerate(values)], type_)

    def _amount(self, path: str, scale: int, position: int, value: Any) -> Decimal | None:
        try:
            return amount(value, scale)
        except ValueError as problem:
            keys = self._rows[position][1 : 1 + len(self.resource.key)]
            raise ValueRefused(
                f"{self._where()} {' '.join(keys)}: {path} is {text(value)!r:.80}, which {problem}"
                f": correct it at the source, or declare it as `columns` in "
                f"pipelines/connectors/{self._platform}.py"
            ) from None

    def _find_outdated(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Positions of the rows whose key comes again later, ascending."""
        if not self.count:
            return np.empty(0, dtype=np.int64)
        key = ", ".join(f'"{name}"' for name in self.table.key)
        with duckdb.connect(config={**KEYS, "temp_directory": f"{self._path}.keys"}) as connection:
            connection.register("spooled", self._keys())
            connection.execute(
                "create table keys as select position, "
                f"md5_number(concat_ws(chr(0), {key})) as key from spooled"
            )
            found = connection.execute(
                "with again as (select key, max(position) as last_position from keys "
                "group by key having count(*) > 1) "
                "select keys.position from keys inner join again on keys.key = again.key "
                "where keys.position < again.last_position order by keys.position"
            )
            return found.fetchnumpy()["position"]

    def _keys(self) -> pa.RecordBatchReader:
        """The columns of the key with the position of each row, from the disk bit by bit."""
        schema = pa.schema([self.table.schema.field(name) for name in self.table.key])
        schema = schema.append(pa.field("position", pa.int64()))

        def batches() -> Iterator[pa.RecordBatch]:
            start = 0
            with pa.ipc.open_file(str(self._path)) as file:
                for number in range(file.num_record_batches):
                    batch = file.get_batch(number)
                    end = start + batch.num_rows
                    keys = [batch.column(name) for name in self.table.key]
                    yield pa.record_batch([*keys, np.arange(start, end)], schema=schema)
                    start = end

        return pa.RecordBatchReader.from_batches(schema, batches())

    def _where(self) -> str:
        return f"{self._platform} {self._connection_id}: {self.resource.name}"
