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
    # The keys stay where they are: as rows of Python they took as long as the deciding.
    prepared = dbt.ref("int_proposals__prepared").select(
        "leg, left_key, right_key, set_rank, left_place, right_place, weight_over_none, lead, "
        "days_between, is_set"
    )
    table = prepared.to_arrow_table()
    numbers = (table[name].to_pylist() for name in table.column_names[3:])
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
            for set_rank, left, right, weight, lead, days, is_set in zip(*numbers, strict=True)
        ]
    )
    told = (
        *table.columns[:4],
        pa.array([place.status for place in places], pa.string()),
        pa.array([place.rank for place in places], pa.int32()),
    )
    return pa.table(dict(zip(COLUMNS.names, told, strict=True))).cast(COLUMNS)
