"""A simulated adult foster care provider: what was owed, what was paid, what the bank saw.

`simulate` draws a whole world from one seed: homes and residents, the relatives, payees and
agencies who pay for them, invoices at a few fixed rates, payments, what bundles them, every bank
line with its statement, and `links`, the truth. It knows no platform; projections of it live in
stripe_objects, quickbooks_objects, bank and exchange. Amounts are integers in cents throughout.

What returned or was charged back leaves its invoice open: that pair is in no link. A link's
amount is positive between invoice and payment; on a bank line it has the line's sign, net of
fees, so that the links of a settlement sum to its line.
"""

from datetime import date
from random import Random

from pipelines.sandbox.business_days import month_start
from pipelines.sandbox.growing import Growing
from pipelines.sandbox.provider import Provider
from pipelines.sandbox.records import (
    Difficulty,
    Entity,
    World,
)

ENTITIES = ("maple", "cedar", "birch", "aspen", "willow", "juniper", "linden", "hazel", "alder")


def simulate(
    seed: int,
    invoices: int,
    entities: int = 2,
    start: date = date(2025, 11, 1),
    months: int = 12,
    difficulty: Difficulty = "ordinary",
    one_huge_entity: bool = False,
) -> World:
    """Draw a world of about `invoices` documents over `months` months from `start`."""
    if not 1 <= entities <= 900 or invoices < 1 or months < 1:
        raise ValueError("simulate: entities is 1 to 900, invoices and months at least 1")
    world = Growing(Random(f"counterfoil {seed}"), month_start(start), months, difficulty)
    weights = [1.5 if index == 0 else 1.0 for index in range(entities)]
    if one_huge_entity and entities > 1:
        weights[0] = 4.0 * (entities - 1)
    for index in range(entities):
        name = ENTITIES[index % len(ENTITIES)]
        series = index // len(ENTITIES)
        entity = Entity(
            entity=f"{name}{series or ''}_homes",
            prefix=f"{name[0]}{series or ''}H".upper(),
            has_gateway=index % 2 == 0,
        )
        share = invoices * weights[index] / sum(weights)
        Provider(world, entity, is_first=index == 0).live(max(1, round(share / months)))
    return world.finished(seed)
