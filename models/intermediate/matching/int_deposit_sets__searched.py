"""Which payments may make up which deposit or batch: pipelines/sets.py searches, this writes."""

from collections import defaultdict

import pyarrow as pa

from pipelines import sets

COLUMNS = pa.schema(
    {
        "bank_line_key": pa.string(),
        "set_rank": pa.int32(),
        "payment_key": pa.string(),
        "entity": pa.string(),
        "currency_code": pa.string(),
        "amount": pa.decimal128(18, 4),
        "rule": pa.string(),
        "set_count": pa.int32(),
        "is_too_many": pa.bool_(),
        "days_apart": pa.int32(),
    }
)


def model(dbt, session):
    dbt.config(materialized="table")
    prepared = dbt.ref("int_deposit_sets__prepared")
    items = prepared.select(
        "entity, currency_code, item_type, item_key, amount, cast(amount * 10000 as bigint), "
        "item_date - date '1970-01-01', first_booking_date - date '1970-01-01', "
        "last_booking_date - date '1970-01-01', account_key"
    ).fetchall()
    amounts, tills = {}, defaultdict(lambda: {"bank_line": [], "payment": []})
    for entity, currency_code, item_type, key, amount, units, day, first, last, account in items:
        amounts[key] = amount
        tills[entity, currency_code, units > 0][item_type].append(
            sets.Item(key=key, amount=abs(units), day=day, first=first, last=last, account=account)
        )
    rows = []
    for (entity, currency_code, _), till in sorted(tills.items()):
        days = {item.key: item.day for items in till.values() for item in items}
        for line, found in sets.propose(till["bank_line"], till["payment"]).items():
            told = [
                (rank, payment)
                for rank, chosen in enumerate(found.sets, start=1)
                for payment in chosen
            ]
            if not told and found.is_too_many:
                told = [(0, None)]
            rows += [
                {
                    "bank_line_key": line,
                    "set_rank": rank,
                    "payment_key": payment,
                    "entity": entity,
                    "currency_code": currency_code,
                    "amount": amounts.get(payment),
                    "rule": found.rule,
                    "set_count": found.set_count,
                    "is_too_many": found.is_too_many,
                    "days_apart": days[line] - days[payment] if payment else None,
                }
                for rank, payment in told
            ]
    return pa.Table.from_pylist(rows, schema=COLUMNS)
