"""The models as dbt resolved them, and the tables as the build made them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp

if TYPE_CHECKING:
    from tests.conftest import Warehouse

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model.

    Args:
        layer: The first folder below models/.
        reads: Names of the models it refers to.
        columns: Names and types in the built table, in its order.
        source_text: The file as written; `sql` is what dbt made of it, parsed, and nothing where
            the model is Python.
    """

    name: str
    layer: str
    folder: str
    schema: str
    config: Mapping[str, Any]
    description: str
    described: Mapping[str, Mapping[str, Any]]
    reads: tuple[str, ...]
    sources: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    source_text: str
    sql: exp.Expression

    @property
    def is_published(self) -> bool:
        return self.layer in ("marts", "reports")


@pytest.fixture(scope="session")
def manifest(warehouse: Warehouse) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((warehouse.home.dbt / "target/manifest.json").read_text())
    return found


@pytest.fixture(scope="session")
def models(warehouse: Warehouse, manifest: dict[str, Any]) -> dict[str, Model]:
    """Every model, by name."""
    nodes = {id_: node for id_, node in manifest["nodes"].items() if id_.startswith("model.")}
    columns: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for file in (warehouse.home.warehouse, warehouse.home.marts):
        with duckdb.connect(str(file), read_only=True) as connection:
            for schema, table, name, type_ in connection.execute(
                "select schema_name, table_name, column_name, data_type from duckdb_columns() "
                "order by schema_name, table_name, column_index"
            ).fetchall():
                columns.setdefault((schema, table), []).append((name, type_))
    compiled = warehouse.home.dbt / "target/compiled/counterfoil"
    return {
        node["name"]: Model(
            name=node["name"],
            layer=node["fqn"][1],
            folder="/".join(node["fqn"][1:-1]),
            schema=node["schema"],
            config=node["config"],
            description=node["description"],
            described=node["columns"],
            reads=tuple(nodes[id_]["name"] for id_ in node["depends_on"]["nodes"] if id_ in nodes),
            sources=tuple(id_ for id_ in node["depends_on"]["nodes"] if id_.startswith("source.")),
            columns=tuple(columns[node["schema"], node["alias"]]),
            source_text=node["raw_code"],
            sql=sqlglot.parse_one(
                (compiled / node["original_file_path"]).read_text(), dialect="duckdb"
            )
            if node["language"] == "sql"
            else exp.Null(),
        )
        for node in nodes.values()
    }
