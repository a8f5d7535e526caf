"""What every model is called, reads and says about itself."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

from pipelines import connectors
from pipelines.files.tables import RAW_TABLES

from .conftest import ROOT, Model

SCHEMAS = {"marts/audit": "audit"}  # every other folder's schema is its layer

# Marts and reports read past their layer only what has these prefixes.
PASSES = (
    "stg_operations__",  # what people stated and decided: our own store, not a platform's word
    "int_items__",  # any item, whatever its kind, as a page shows it; each mart holds one kind
)
MAY_READ = {
    "staging": set(),
    "intermediate": {"staging", "intermediate"},
    "marts": {"intermediate", "marts"},
    "reports": {"marts"},
}

TYPES = {
    "_at": {"TIMESTAMP"},
    "_date": {"DATE"},
    "_count": {"BIGINT", "INTEGER"},
    **dict.fromkeys(("_key", "_id", "_status", "_type", "_reason"), {"VARCHAR"}),
}
INEXACT = re.compile("DOUBLE|FLOAT|REAL")


def test_folder_prefix_and_schema_agree_with_the_layer(models: dict[str, Model]) -> None:
    wrong = []
    for model in models.values():
        platform = model.folder.rpartition("/")[2]
        name = {
            "staging": rf"stg_{platform}__[a-z_]+",
            "intermediate": r"int_[a-z_]+__[a-z_]+",
            "marts": r"(?!stg_|int_|rpt_|fct_|dim_)[a-z]+(_[a-z]+)*",
            "reports": r"rpt_[a-z_]+",
        }[model.layer]
        schema = SCHEMAS.get(model.folder, model.layer)
        if not re.fullmatch(name, model.name) or model.schema != schema:
            wrong.append(f"{model.folder}/{model.name} in schema {model.schema}")

    assert not wrong


def test_only_staging_reads_a_source_and_each_its_own_platform(models: dict[str, Model]) -> None:
    for model in models.values():
        if model.name == "stg_operations__raw_counts":
            continue  # counts the rows of every raw table, for the control totals
        platform = model.folder.rpartition("/")[2] if model.layer == "staging" else None
        assert {source.split(".")[2] for source in model.sources} <= {platform}, model.name


def test_every_layer_reads_only_those_it_may(models: dict[str, Model]) -> None:
    wrong = [
        f"{model.name} reads {read}"
        for model in models.values()
        for read in model.reads
        if models[read].layer not in MAY_READ[model.layer]
        and not (model.is_published and read.startswith(PASSES))
    ]

    assert not wrong


def test_every_model_says_what_one_row_is(models: dict[str, Model]) -> None:
    says = re.compile(r"(One|Two) rows?\b")

    assert not [name for name, model in models.items() if not says.match(model.description)]


def test_everything_published_is_a_table_in_the_file_that_is_published(
    models: dict[str, Model],
) -> None:
    for model in models.values():
        if model.is_published:
            assert model.config["materialized"] == "table", model.name
            assert model.config["database"] == "published", model.name


def test_everything_published_has_a_contract_a_key_and_described_columns(
    models: dict[str, Model], manifest: dict[str, Any]
) -> None:
    unique = defaultdict(list)
    for node in manifest["nodes"].values():
        if (node.get("test_metadata") or {}).get("name") in ("unique", "unique_together"):
            unique[node["attached_node"].rpartition(".")[2]].append(node["name"])
    for model in models.values():
        if model.is_published:
            undescribed = [
                name
                for name, _ in model.columns
                if not model.described.get(name, {}).get("description", "").strip()
            ]
            assert model.config["contract"]["enforced"], f"{model.name} has no contract"
            assert unique[model.name], f"{model.name} has no test of its key"
            assert not undescribed, f"{model.name}: describe {undescribed}"


def test_what_one_row_is_in_staging_is_tested(
    models: dict[str, Model], manifest: dict[str, Any]
) -> None:
    tested = {node.get("attached_node") for node in manifest["nodes"].values()}
    untested = [
        name
        for name, model in models.items()
        if "entity" in model.config["meta"] and f"model.counterfoil.{name}" not in tested
    ]

    assert not untested


def test_a_column_s_name_tells_its_type(models: dict[str, Model]) -> None:
    wrong = [
        f"{model.name}.{name} is {type_}"
        for model in models.values()
        for name, type_ in model.columns
        if type_ not in types_of(name, type_) or INEXACT.search(type_)
    ]

    assert not wrong


def types_of(name: str, otherwise: str) -> set[str]:
    """What a column of this name may be."""
    suffix = name[name.rfind("_") :]
    if name.startswith(("is_", "has_", "was_")):
        return {"BOOLEAN"}
    if suffix == "_amount" or name == "amount":
        return {"DECIMAL(18,4)"}
    return TYPES.get(suffix, {otherwise})


def test_published_money_stands_beside_its_currency(models: dict[str, Model]) -> None:
    bare = [
        model.name
        for model in models.values()
        if model.layer == "marts"
        and any(name.endswith("amount") for name, _ in model.columns)
        and "currency_code" not in dict(model.columns)
    ]

    assert not bare


def test_a_name_has_one_type_wherever_it_is_published(models: dict[str, Model]) -> None:
    types: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for model in models.values():
        if model.is_published:
            for name, type_ in model.columns:
                types[name][type_].append(model.name)

    assert not {name: dict(found) for name, found in types.items() if len(found) > 1}


def test_staging_of_one_entity_has_the_columns_of_its_union(models: dict[str, Model]) -> None:
    """The list in int_<entity>__unioned names each staging model and column, in order and type."""
    staged: dict[str, set[str]] = defaultdict(set)
    for model in models.values():
        if "entity" in model.config["meta"]:
            staged[model.config["meta"]["entity"]].add(model.name)
    unions = {entity: union_of(models, entity) for entity in staged}

    for entity, names in staged.items():
        union = unions[entity]
        united = re.search(r"set models = \[(.*?)\]", union.source_text, re.DOTALL)
        listed = set(re.findall(r"'([a-z_]+)'", united[1] if united else ""))
        columns = re.findall(r"'([a-z0-9_]+)': '([a-z0-9(), ]+)'", union.source_text)
        expected = tuple((name, type_.replace(", ", ",").upper()) for name, type_ in columns)
        assert listed == names, f"{union.name} unites {listed}, and {names} say they are {entity}"
        for name in sorted(names):
            assert models[name].columns == expected, f"{name} against {union.name}"


def union_of(models: dict[str, Model], entity: str) -> Model:
    """The canonical model that lists the columns of an entity."""
    return next(
        model
        for model in models.values()
        if model.folder == "intermediate/canonical"
        and re.fullmatch(rf"int_{entity}__[a-z]+", model.name)
        and "union_staging(" in model.source_text
    )


def test_every_platform_has_a_staging_folder_and_no_folder_is_an_orphan() -> None:
    folders = {folder.name for folder in (ROOT / "models/staging").iterdir()}

    assert folders == {*connectors.names(), *RAW_TABLES, "operations"}
