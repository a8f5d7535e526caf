"""Which proposals make one consistent picture, and their order: pipelines/assignment.py decides."""

import pyarrow as pa

from pipelines import assignment

COLUMNS = pa.schema(
    {
        "leg": pa.string(),
        "left_key": pa.string(),
        "right_key": pa.string(),
        "set_rank": pa.int32(),
        "picture_status": pa.string(),
        "proposal_rank": pa.int32(),
    }
)


def model(dbt, session):
    dbt.config(materialized="table")
    prepared = dbt.ref("int_proposals__prepared")
    rows = prepared.select(
        "leg, left_key, right_key, set_rank, left_place, right_place, weight_over_none, lead, "
        "days_between, is_set"
    ).fetchall()
    places = assignment.rank(
        [
            assignment.Proposal(
                left=left,
                right=right,
                weight=weight,
                lead=lead,
                days=days,
                is_set=is_set,
                set_rank=set_rank or 0,
            )
            for *_, set_rank, left, right, weight, lead, days, is_set in rows
        ]
    )
    told = [
        {
            "leg": leg,
            "left_key": left_key,
            "right_key": right_key,
            "set_rank": set_rank,
            "picture_status": place.status,
            "proposal_rank": place.rank,
        }
        for (leg, left_key, right_key, set_rank, *_), place in zip(rows, places, strict=True)
    ]
    return pa.Table.from_pylist(told, schema=COLUMNS)
