"""How the SQL is written, judged on what dbt made of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from .conftest import Model

# Ids that may stand in a join condition: they are unique in this house, or stand with what makes
# them so. A native id of a platform is joined by its hashed key, never bare.
HOUSE_IDS = {
    "connection_id": "ours: the name of a connection in connections.toml",
    "account_id": "ours: the canonical account that bank_account_map gives",
    "decision_id": "ours: made by the operations store",
    "replaces_decision_id": "ours: made by the operations store",
    "run_id": "ours: made by the operations store",
}
# A text of the books that names a payout by the gateway's own id is looked up by that id.
NAMED_IN_A_TEXT = {("int_settlements__unioned", "settlement_id")}
AGGREGATES = (exp.Sum, exp.Avg, exp.Stddev, exp.StddevPop, exp.Variance, exp.Median, exp.Quantile)
INEXACT = (exp.Div, exp.Pow, exp.Sqrt, exp.Ln, exp.Log, exp.Exp)
OF_CHANCE = (exp.AnyValue, exp.First, exp.Last, exp.ArgMax, exp.ArgMin, exp.Mode, exp.Rand)
MATCHING = ("intermediate", "marts", "reports")


def matching_path(models: dict[str, Model]) -> Iterator[Model]:
    return (model for model in models.values() if model.layer in MATCHING)


def test_no_join_rests_on_a_native_id(models: dict[str, Model]) -> None:
    wrong = []
    for model in models.values():
        for join in model.sql.find_all(exp.Join):
            named = {name.name for name in join.args.get("using") or ()}
            if condition := join.args.get("on"):
                named |= {
                    column.name
                    for column in condition.find_all(exp.Column)
                    if not column.find_ancestor(exp.MD5)
                }
            wrong += [
                f"{model.name} joins on {name}"
                for name in named
                if name.endswith("_id")
                and name not in HOUSE_IDS
                and (model.name, name) not in NAMED_IN_A_TEXT
            ]

    assert not wrong


def test_the_matching_path_has_no_aggregate_that_rounds_or_draws_lots(
    models: dict[str, Model],
) -> None:
    wrong = []
    for model in matching_path(models):
        for node in model.sql.find_all(*AGGREGATES):
            if not isinstance(node, exp.Sum) or node.find(*INEXACT):
                wrong.append(f"{model.name}: {node.sql('duckdb')}")
        for node in model.sql.find_all(*OF_CHANCE):
            wrong.append(f"{model.name}: {node.sql('duckdb')}")
        for node in model.sql.find_all(exp.GroupConcat, exp.ArrayAgg):
            if not isinstance(node.this, exp.Order) and not isinstance(node.parent, exp.SortArray):
                wrong.append(f"{model.name}: {node.sql('duckdb')} has no order")

    assert not wrong


def test_what_takes_one_of_several_says_in_what_order(models: dict[str, Model]) -> None:
    wrong = []
    for model in matching_path(models):
        for window in model.sql.find_all(exp.Window):
            if isinstance(window.this, exp.RowNumber) and not window.args.get("order"):
                wrong.append(f"{model.name}: {window.sql('duckdb')}")
        for select in model.sql.find_all(exp.Select):
            taken = select.args.get("limit") or (
                select.args.get("distinct") or exp.Null()
            ).args.get("on")
            if taken and not select.args.get("order"):
                wrong.append(f"{model.name}: {select.sql('duckdb')[:80]}")

    assert not wrong


def test_money_is_never_divided(models: dict[str, Model]) -> None:
    divided = [
        f"{model.name}: {node.sql('duckdb')}"
        for model in models.values()
        for node in model.sql.find_all(exp.Div, exp.IntDiv, exp.Avg)
        if any(column.name.endswith("amount") for column in node.find_all(exp.Column))
    ]

    assert not divided


def test_every_union_keeps_all_rows(models: dict[str, Model]) -> None:
    merging = {
        model.name
        for model in models.values()
        for union in model.sql.find_all(exp.SetOperation)
        if isinstance(union, exp.Union) and union.args.get("distinct")
    }

    assert not merging


def test_nothing_is_grouped_or_ordered_by_a_position(models: dict[str, Model]) -> None:
    by_number = [
        model.name
        for model in models.values()
        for group in model.sql.find_all(exp.Group, exp.Order)
        for each in group.expressions
        if isinstance(each.this if isinstance(each, exp.Ordered) else each, exp.Literal)
    ]

    assert not by_number


def test_no_model_branches(models: dict[str, Model]) -> None:
    branching = [
        model.name
        for model in models.values()
        if re.search(r"\{%-?\s*(if|elif|else)\b", model.source_text)
    ]

    assert not branching


def test_every_model_ends_with_its_final_step(models: dict[str, Model]) -> None:
    endless = [
        model.name
        for model in models.values()
        if not isinstance(model.sql, exp.Null)  # Python
        and not model.source_text.rstrip().endswith("select * from final")
    ]

    assert not endless


def test_staging_has_two_steps_and_joins_nothing(models: dict[str, Model]) -> None:
    wrong = []
    for model in models.values():
        if model.layer == "staging":
            steps = [step.alias for step in model.sql.find_all(exp.CTE)]
            joins = [
                join
                for join in model.sql.find_all(exp.Join)
                if not isinstance(join.this, (exp.Lateral, exp.Unnest, exp.Values))
            ]
            if steps != ["source", "final"] or joins:
                wrong.append(f"{model.name}: {steps}, {len(joins)} joins")

    assert not wrong
