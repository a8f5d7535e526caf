"""What is published now, in a few numbers."""

from __future__ import annotations

import contextlib
from typing import Any

import duckdb

from pipelines.publish import current, pointer
from pipelines.settings import Home

# In money that changed hands, whichever way.
MATCHED = """
with

linked as (
    select
        leg,
        currency_code,
        count(*) filter (where status <> 'suggested') as matched,
        sum(abs(amount)) filter (where status <> 'suggested') as matched_amount,
        count(*) filter (where status = 'suggested') as suggested,
        sum(abs(amount)) filter (where status = 'suggested') as suggested_amount
    from marts.match_allocations
    where status <> 'broken'
    group by all
),

open as (
    select
        leg,
        currency_code,
        count(*) as unmatched,
        sum(abs(unmatched_amount)) as unmatched_amount
    from marts.unmatched_items
    where unmatched_amount <> 0
    group by all
)

select
    leg,
    currency_code,
    coalesce(matched, 0) as matched,
    cast(coalesce(matched_amount, 0) as varchar) as matched_amount,
    coalesce(suggested, 0) as suggested,
    cast(coalesce(suggested_amount, 0) as varchar) as suggested_amount,
    coalesce(unmatched, 0) as unmatched,
    cast(coalesce(unmatched_amount, 0) as varchar) as unmatched_amount
from linked
full join open using (leg, currency_code)
order by all
"""
UNMATCHED = """
select
    item_type,
    currency_code,
    count(*) as items,
    cast(sum(abs(unmatched_amount)) as varchar) as unmatched_amount
from marts.unmatched_items
where unmatched_amount <> 0
group by all
order by all
"""


def status(home: Home) -> dict[str, Any]:
    """What is published now: what is matched, suggested and left over, in money."""
    said = pointer(home)
    file = current(home)
    result: dict[str, Any] = {"home": str(home.path), "kind": home.kind, "published": said}
    if file is None:
        return result
    with contextlib.closing(duckdb.connect(str(file), read_only=True)) as connection:
        result["matched"] = _rows(connection, MATCHED)
        result["unmatched"] = _rows(connection, UNMATCHED)
    return result


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    columns = [column[0] for column in cursor.description or ()]
    return [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]
