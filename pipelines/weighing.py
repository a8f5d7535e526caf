"""What levels of evidence weigh, estimated from proved pairs, and how often such weights are right.

This is arithmetic on three tables of a DuckDB connection (`TABLES`); `pipelines.calibrate` fills
them. Nothing here is part of a build: what comes out are two seeds for a person to approve.

    weight      round(1000 log2(m / u)), thousandths of a bit. m is the share of the proved pairs of
                the fitting part that have the level, u that of the other pairs of the same items.
                What pairs are blocked on (reference, payer, amount) agrees in nearly every pair
                that is compared; for these u is the share among chance pairs alone, for days and
                account that among the rivals alone. One pair is added to each level on both sides.
                BOUNDS keep evidence that depends on other evidence from being counted twice.
    month       A month in the text stands beside a number as well as without one, so it is counted
                where a number proved the pair and was withheld; u is its share among the rivals.
    hand        A level that fewer than LEAST_PROVED proved pairs or LEAST_OTHERS others have keeps
                its weight.
    none        What it weighs that no candidate is right: such that the pairs of the fitting part
                without a rival are right as often as is said; then moved to the share of such items
                among those that nothing proves, by expectation maximisation.
    said        2^weight over itself, its rivals on either side and none of them.
    lead        The weight less that of the strongest of these, as int_match_candidates__judged
                counts it; the bands of the reliability table are bands of it.
    rule        What the bands say of the pairs that a rule links or proposes, against what was
                seen. Of a rule with fewer than LEAST_CHECKED checked pairs, or of which they say
                more than MOST_OVERSAID above what was seen, nothing is told; nor of UNTOLD.

Weights are whole numbers, and 2^weight is taken as a whole number before it is summed, so that the
order of rows changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

TABLES = """
-- Proved items by part, and those that nothing proves (`open`). `proves` names the kinds of
-- evidence that had no part in the item's proof.
create table items (
    world integer, leg varchar, item_key varchar, part varchar, proves varchar[]
);
-- Every pair considered: with the proof withheld (`hidden`), and as the build stands (`now`).
create table pairs (
    world integer, origin varchar, leg varchar, item_key varchar, left_key varchar,
    right_key varchar, reference varchar, payer varchar, amount varchar, days varchar,
    account varchar, days_apart integer, rule varchar, is_auto boolean, is_proposed boolean,
    is_taken boolean, is_right boolean
);
-- Pairs drawn without regard to evidence, and for how many items.
create table chance (
    world integer, leg varchar, evidence varchar, level varchar, pairs bigint, items bigint
);
"""

LEGS = ("clearing", "settlement")
EVIDENCES = ("reference", "payer", "amount", "days", "account")
BLOCKED_ON = ("reference", "payer", "amount")
BOUNDS = {"reference": 12000, "payer": 12000, "amount": 5000, "days": 3000, "account": 3000}
LEAST_PROVED = 20
LEAST_OTHERS = 10
LEAST_CHECKED = 100
MOST_OVERSAID = 0.05
# What is proved settles something. What these propose may be money that settles nothing, as it came
# back or was paid ahead: of these the check on proved pairs would say too much.
UNTOLD = {("settlement", "party_amount_rivals")}
ENOUGH_PROVED = 4000
NONE = ("rival", "none_of_them")
EDGES = (-8000, -4000, -2000, 0, 1, 1000, 2000, 4000, 6000, 8000, 10000)
FARTHEST = 1_000_000
SAID_PAIRS = 4  # as many pairs as this speak for what is said where few were seen
ROUNDS = 100

# Levels that the proof of another kind leaves visible: counted where `proves` has this name.
COUNTED_APART = {("reference", "month"): "month"}

Weights = dict[tuple[str, str, str], int]

PREPARE = """
create or replace table weighed as
select
    pairs.*,
    coalesce(items.part, '') as part,
    coalesce(items.proves, []) as proves,
    {weight} as weight
from pairs
left join items using (world, leg, item_key)
{joins};

create or replace table mass as
select *, cast(pow(2, (greatest(least(weight, 40000), -20000) + 20000) / 1000.0) as hugeint) as mass
from weighed;

create or replace table judged as
select
    *,
    cast(coalesce(case when is_auto then greatest({left_other}, {right_other})
        else greatest({left_standing}, {right_standing}) end, -1000000) as integer) as rival_weight,
    coalesce(case when is_auto then coalesce({left_other_mass}, 0) + coalesce({right_other_mass}, 0)
        else coalesce({left_standing_mass}, 0) + coalesce({right_standing_mass}, 0)
        end, 0) as rival_mass
from mass;
"""
COUNT_PROVED = """
select {evidence}, count(*) from weighed
where leg = $1 and origin = $2 and part = 'fit' and is_right and list_contains(proves, $3)
group by all
"""
COUNT_RIVALS = """
select {evidence}, count(*) from weighed
where leg = $1 and origin = 'hidden' and part = 'fit' and not is_right and list_contains(proves, $2)
group by all
"""


@dataclass(frozen=True, kw_only=True)
class Level:
    """One level of evidence: its old and new weight, and what the new one was counted from."""

    leg: str
    evidence: str
    level: str
    hand_weight: int
    weight: int
    proved_pairs: int
    other_pairs: int
    kept_because: str  # empty if it was estimated


@dataclass(frozen=True, kw_only=True)
class Band:
    """Said against seen in one band of leads; shares of one."""

    leg: str
    band: int
    lead_from: int
    lead_to: int
    said_share: float
    checked_pairs: int
    right_pairs: int
    lower_share: float
    upper_share: float
    probability_from: float
    probability_to: float


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Said against seen among the checked pairs that one rule links or proposes; shares of one."""

    leg: str
    rule: str
    checked_pairs: int
    right_pairs: int
    said_share: float
    lower_share: float
    upper_share: float

    @property
    def untold_because(self) -> str:
        """Why pairs of this rule have no probability; empty if they have one."""
        if (self.leg, self.rule) in UNTOLD:
            return "it may settle nothing"
        if self.checked_pairs < LEAST_CHECKED:
            return "too few pairs"
        seen_share = self.right_pairs / self.checked_pairs
        return "too much is said" if self.said_share - seen_share > MOST_OVERSAID else ""


def create(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the empty tables."""
    connection.execute(TABLES)


def calibrate(
    connection: duckdb.DuckDBPyConnection, weights: Weights, tolerated_error: float
) -> dict[str, Any]:
    """Estimate a model from the tables.

    Args:
        weights: The model so far, by leg, evidence and level, in thousandths of a bit.
        tolerated_error: Share of wrong links above the threshold, e.g. 0.001.

    Returns:
        `levels`, `weights`, `bands` and `rules`, and by leg what was proved, the calibration error,
        the threshold and how many first proposals change.
    """
    levels = [level for leg in LEGS for level in _levels(connection, leg, weights)]
    estimated = dict(weights) | {(one.leg, one.evidence, one.level): one.weight for one in levels}
    before = _first_proposals(connection, weights)
    _judge(connection, estimated)
    legs: dict[str, Any] = {}
    bands: list[Band] = []
    rules: list[Rule] = []
    for leg in LEGS:
        fitted, shifted, share = _none(connection, leg, weights.get((leg, *NONE), 0))
        estimated[leg, *NONE] = shifted
        table, error = _bands(connection, leg, fitted)
        bands += table
        rules += _rules(connection, leg, fitted, table)
        counts = connection.execute(
            "select part, count(*) from items where leg = $1 group by all", [leg]
        ).fetchall()
        proved = {part: count for part, count in counts if part != "open"}
        legs[leg] = {
            "proved_pairs": sum(proved.values()),
            "fitted_on": proved.get("fit", 0),
            "checked_on": proved.get("check", 0),
            "is_enough": sum(proved.values()) >= ENOUGH_PROVED,
            "none_of_them": {"fitted": fitted, "weight": shifted, "share": share},
            "expected_calibration_error": error,
            "threshold": _threshold(connection, leg, fitted, tolerated_error),
        }
    for leg in sorted({leg for leg, *_ in weights} - set(LEGS)):
        estimated.setdefault((leg, *NONE), 0)
        bands += _smoothed(leg, [(0, 0, 0.0)] * (len(EDGES) + 1))
    after = _first_proposals(connection, estimated)
    for leg in LEGS:
        items = {item for item in before if item[1] == leg}
        legs[leg]["first_proposals"] = len(items)
        legs[leg]["first_proposals_changed"] = sum(before[item] != after[item] for item in items)
    return {
        "legs": legs,
        "levels": levels,
        "bands": bands,
        "rules": rules,
        "weights": estimated,
        "changed": sorted(
            (item[1], before[item], after[item]) for item in before if before[item] != after[item]
        ),
    }


def as_json(result: dict[str, Any]) -> dict[str, Any]:
    """The result for a machine."""
    return {
        "legs": result["legs"],
        "levels": [asdict(level) for level in result["levels"]],
        "bands": [asdict(band) for band in result["bands"]],
        "rules": [
            asdict(rule) | {"untold_because": rule.untold_because} for rule in result["rules"]
        ],
        "changed": [
            {"leg": leg, "from": list(old), "to": list(new)} for leg, old, new in result["changed"]
        ],
    }


def wilson(right: int, pairs: int) -> tuple[float, float]:
    """The limits of a share at 95 %."""
    if not pairs:
        return 0.0, 1.0
    z, share = 1.959964, right / pairs
    middle = (share + z * z / (2 * pairs)) / (1 + z * z / pairs)
    half = z / (1 + z * z / pairs)
    half *= math.sqrt(share * (1 - share) / pairs + z * z / (4 * pairs * pairs))
    return middle - half if right else 0.0, middle + half if right < pairs else 1.0


def _levels(connection: duckdb.DuckDBPyConnection, leg: str, weights: Weights) -> Iterable[Level]:
    """Every level of a leg, estimated where enough is proved."""
    _judge(connection, weights)
    for evidence in EVIDENCES:
        known = sorted(level for of, kind, level in weights if (of, kind) == (leg, evidence))
        # The proof shows whether the amount agrees; withheld, most that disagree are not found.
        origin = "now" if evidence == "amount" else "hidden"
        proved, others = _counted(connection, leg, evidence, origin, evidence)
        proved_sum = sum(proved.values())
        if evidence in BLOCKED_ON:
            # A proved pair that no block finds shows none of what is blocked on.
            [(proved_sum,)] = connection.execute(
                "select count(*) from items where leg = $1 and part = 'fit' "
                "and list_contains(proves, $2)",
                [leg, evidence],
            ).fetchall()
            others = _chance(connection, leg, evidence, others, proved_sum)
        others_sum = sum(others.values())
        for level in known:
            right, rights, wrong, wrongs = proved, proved_sum, others, others_sum
            if (evidence, level) in COUNTED_APART:
                kind = COUNTED_APART[evidence, level]
                right, wrong = _counted(connection, leg, evidence, "hidden", kind)
                rights, wrongs = sum(right.values()), sum(wrong.values())
            m = (right.get(level, 0) + 1) / (rights + len(known))
            u = (wrong.get(level, 0) + 1) / (wrongs + len(known))
            hand = weights[leg, evidence, level]
            because = _kept_because(right.get(level, 0), wrong.get(level, 0))
            weight = max(-BOUNDS[evidence], min(BOUNDS[evidence], round(1000 * math.log2(m / u))))
            yield Level(
                leg=leg,
                evidence=evidence,
                level=level,
                hand_weight=hand,
                weight=hand if because else weight,
                proved_pairs=right.get(level, 0),
                other_pairs=wrong.get(level, 0),
                kept_because=because,
            )


def _counted(
    connection: duckdb.DuckDBPyConnection, leg: str, evidence: str, origin: str, kind: str
) -> tuple[dict[str, int], dict[str, int]]:
    """Levels of the proved pairs that prove this kind of evidence, and of their rivals."""
    proved = connection.execute(COUNT_PROVED.format(evidence=evidence), [leg, origin, kind])
    levels = dict(proved.fetchall())
    rivals = connection.execute(COUNT_RIVALS.format(evidence=evidence), [leg, kind])
    return levels, dict(rivals.fetchall())


def _kept_because(proved: int, others: int) -> str:
    if not proved:
        return "nothing proves it"
    return "" if proved >= LEAST_PROVED and others >= LEAST_OTHERS else "too few pairs"


def _chance(
    connection: duckdb.DuckDBPyConnection,
    leg: str,
    evidence: str,
    rivals: dict[str, int],
    items: int,
) -> dict[str, int]:
    """Levels of pairs drawn without regard to evidence.

    For references no pair need be drawn: whatever shares one is among the rivals, and all other
    chance pairs of these items have none.
    """
    drawn = dict(
        connection.execute(
            "select level, sum(pairs)::bigint from chance where leg = $1 and evidence = $2 "
            "group by all",
            [leg, "payer" if evidence == "reference" else evidence],
        ).fetchall()
    )
    if evidence != "reference":
        return drawn
    [(drawn_items,)] = connection.execute(
        "select coalesce(sum(items), 0)::bigint from "
        "(select distinct world, items from chance where leg = $1 and evidence = 'payer')",
        [leg],
    ).fetchall()
    found = {level: count for level, count in rivals.items() if level != "none"}
    rest = sum(drawn.values()) * items // max(drawn_items, 1) - sum(found.values())
    return found | {"none": max(rest, 0)}


def _judge(connection: duckdb.DuckDBPyConnection, weights: Weights) -> None:
    """Weigh every pair and find its rivals, as int_match_candidates__judged does."""
    connection.execute(
        "create or replace table weights (leg varchar, evidence varchar, level varchar, "
        "weight integer)"
    )
    connection.executemany(
        "insert into weights values (?, ?, ?, ?)", [[*key, weights[key]] for key in sorted(weights)]
    )
    frame = "rows between unbounded preceding and unbounded following exclude current row"
    windows = {
        f"{side}_{kind}{'_mass' if what == 'sum(mass)' else ''}": (
            f"{what} filter (where not {'is_auto' if kind == 'other' else 'is_taken'}) over "
            f"(partition by origin, world, leg, {side}_key {frame})"
        )
        for side in ("left", "right")
        for kind in ("other", "standing")
        for what in ("max(weight)", "sum(mass)")
    }
    connection.execute(
        PREPARE.format(
            weight=" + ".join(f"coalesce({one}_weights.weight, 0)" for one in EVIDENCES),
            joins="\n".join(
                f"left join weights as {one}_weights on {one}_weights.leg = pairs.leg "
                f"and {one}_weights.evidence = '{one}' and {one}_weights.level = pairs.{one}"
                for one in EVIDENCES
            ),
            **windows,
        )
    )


def _none(
    connection: duckdb.DuckDBPyConnection, leg: str, hand: int
) -> tuple[int, int, float | None]:
    """What none of them weighs: on the fitting part, among open items, and its share there."""
    # Where nothing else stands against a pair, only none of them does.
    alone = connection.execute(
        "select mass, is_right from judged where leg = $1 and origin = 'hidden' "
        "and part = 'fit' and rival_mass = 0 order by all",
        [leg],
    ).fetchall()
    right = sum(is_right for _, is_right in alone)
    if right < LEAST_PROVED:
        return hand, hand, None
    wanted = min(right, len(alone) - 0.5)  # never quite sure
    low, high = -19000, 40000  # thousandths of a bit; the more none weighs, the less is said
    while low < high:
        middle = (low + high) // 2
        said = math.fsum(mass / (mass + _mass(middle)) for mass, _ in alone)
        low, high = (middle + 1, high) if said > wanted else (low, middle)
    share_fitted = _none_share(_sums(connection, leg, "hidden", "fit"), low)
    sums = _sums(connection, leg, "now", "open")
    if not sums:
        return low, low, None
    share = share_fitted
    for _ in range(ROUNDS):
        share = _none_share(sums, low + _shift(share, share_fitted))
    return low, low + _shift(share, share_fitted), round(share, 6)


def _shift(share: float, share_fitted: float) -> int:
    """Thousandths of a bit by which none of them is likelier, eight bits at most."""
    odds = [min(max(one, 1e-6), 1 - 1e-6) for one in (share, share_fitted)]
    bits = math.log2(odds[0] / (1 - odds[0])) - math.log2(odds[1] / (1 - odds[1]))
    return max(-8000, min(8000, round(1000 * bits)))


def _sums(connection: duckdb.DuckDBPyConnection, leg: str, origin: str, part: str) -> list[int]:
    rows = connection.execute(
        "select sum(mass) from judged where leg = $1 and origin = $2 and part = $3 "
        "and not is_taken group by world, item_key order by all",
        [leg, origin, part],
    ).fetchall()
    return [int(mass) for (mass,) in rows]


def _none_share(sums: Sequence[int], none: int) -> float:
    return math.fsum(_mass(none) / (_mass(none) + mass) for mass in sums) / max(len(sums), 1)


def _mass(weight: int) -> int:
    return int(2 ** ((weight + 20000) / 1000))


def _bands(
    connection: duckdb.DuckDBPyConnection, leg: str, none: int
) -> tuple[list[Band], float | None]:
    """The reliability table on the checking part, and the expected calibration error."""
    rows = connection.execute(
        "select weight - greatest(rival_weight, $2) as lead, mass, rival_mass, is_right "
        "from judged where leg = $1 and origin = 'hidden' and part = 'check' order by all",
        [leg, none],
    ).fetchall()
    found: list[list[tuple[float, bool]]] = [[] for _ in range(len(EDGES) + 1)]
    for lead, mass, rivals, is_right in rows:
        said = mass / (mass + rivals + _mass(none))
        found[sum(lead >= edge for edge in EDGES)].append((said, is_right))
    counts = [
        (len(band), sum(right for _, right in band), math.fsum(said for said, _ in band))
        for band in found
    ]
    gaps = math.fsum(abs(said - right) for _, right, said in counts)
    return _smoothed(leg, counts), gaps / len(rows) if rows else None


def _rules(
    connection: duckdb.DuckDBPyConnection, leg: str, none: int, bands: Sequence[Band]
) -> list[Rule]:
    """Said and seen by rule, of the links and proposals of the checking part."""
    rows = connection.execute(
        "select rule, weight - greatest(rival_weight, $2) as lead, is_right from judged "
        "where leg = $1 and origin = 'hidden' and part = 'check' and (is_auto or is_proposed) "
        "order by all",
        [leg, none],
    ).fetchall()
    found: dict[str, list[tuple[float, bool]]] = {}
    for rule, lead, is_right in rows:
        found.setdefault(rule, []).append((_probability(bands, lead), is_right))
    rules = []
    for rule, pairs in found.items():
        right = sum(is_right for _, is_right in pairs)
        lower, upper = wilson(right, len(pairs))
        rules.append(
            Rule(
                leg=leg,
                rule=rule,
                checked_pairs=len(pairs),
                right_pairs=right,
                said_share=round(math.fsum(said for said, _ in pairs) / len(pairs), 4),
                lower_share=round(lower, 4),
                upper_share=round(upper, 4),
            )
        )
    return rules


def _probability(bands: Sequence[Band], lead: int) -> float:
    """What a lead says, as int_match_candidates__judged reads it off the bands."""
    band = next(band for band in bands if lead < band.lead_to)
    share = (lead - band.lead_from) / (band.lead_to - band.lead_from)
    return band.probability_from + (band.probability_to - band.probability_from) * share


def _smoothed(leg: str, counts: Sequence[tuple[int, int, float]]) -> list[Band]:
    """Bands with the probability at their edges, which never falls as the lead grows."""
    edges = (-FARTHEST, *EDGES, FARTHEST)
    saids = [
        said / pairs if pairs else _said_of(low, high)
        for (pairs, _, said), low, high in zip(counts, edges, edges[1:], strict=False)
    ]
    blocks: list[list[float]] = []  # neighbours that fall are pooled: sum of shares, pairs, bands
    for (pairs, right, _), said in zip(counts, saids, strict=True):
        size = pairs + SAID_PAIRS
        blocks.append([right + SAID_PAIRS * said, size, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            last = blocks.pop()
            blocks[-1] = [one + other for one, other in zip(blocks[-1], last, strict=True)]
    shares = [right / size for right, size, bands in blocks for _ in range(int(bands))]
    middles = [(one + other) / 2 for one, other in zip(shares, shares[1:], strict=False)]
    starts = [shares[0], *middles[:-1], shares[-1]]  # the outermost bands are flat
    ends = [shares[0], *middles[1:], shares[-1]]
    tie = EDGES.index(0) + 1
    starts[tie] = ends[tie] = shares[tie]
    return [
        Band(
            leg=leg,
            band=index + 1,
            lead_from=edges[index],
            lead_to=edges[index + 1],
            said_share=round(saids[index], 4),
            checked_pairs=pairs,
            right_pairs=right,
            lower_share=round(wilson(right, pairs)[0], 4),
            upper_share=round(wilson(right, pairs)[1], 4),
            probability_from=round(starts[index], 4),
            probability_to=round(ends[index], 4),
        )
        for index, (pairs, right, _) in enumerate(counts)
    ]


def _said_of(low: int, high: int) -> float:
    """What a lead in the middle of a band says, where nothing was seen."""
    middle = max(min(high, 12000), -12000) + max(min(low, 12000), -12000)
    return 1 / (1 + 2 ** (-middle / 2000))


def _threshold(
    connection: duckdb.DuckDBPyConnection, leg: str, none: int, tolerated: float
) -> dict[str, Any] | None:
    """The least lead above which no more than the tolerated share was wrong, if there is one."""
    rows = connection.execute(
        "select lead, count(*), count(*) filter (where not is_right) from ("
        "select weight - greatest(rival_weight, $2) as lead, is_right from judged "
        "where leg = $1 and origin = 'hidden' and part = 'check') "
        "where lead > 0 group by all order by lead desc",
        [leg, none],
    ).fetchall()
    best, pairs, wrong = None, 0, 0
    for lead, count, wrong_here in rows:
        pairs, wrong = pairs + count, wrong + wrong_here
        if wrong <= tolerated * pairs:
            upper = 1 - wilson(pairs - wrong, pairs)[0]
            best = {
                "lead": lead,
                "pairs": pairs,
                "wrong_pairs": wrong,
                "error": round(wrong / pairs, 6),
                "upper_limit": round(upper, 6),
                "is_shown": upper <= tolerated,
            }
    return best


def _first_proposals(
    connection: duckdb.DuckDBPyConnection, weights: Weights
) -> dict[tuple[int, str, str], tuple[str, str]]:
    """The pair proposed first for each item on the right that nothing settles, as things stand."""
    _judge(connection, weights)
    rows = connection.execute(
        "select judged.world, judged.leg, judged.right_key, judged.left_key from judged "
        "left join weights as none on judged.leg = none.leg and none.evidence = 'rival' "
        "where origin = 'now' and not is_auto and not is_taken "
        "qualify row_number() over (partition by judged.world, judged.leg, judged.right_key "
        "order by judged.weight - greatest(rival_weight, coalesce(none.weight, 0)) desc, "
        "judged.weight desc, abs(days_apart), left_key) = 1"
    ).fetchall()
    return {(world, leg, right): (left, right) for world, leg, right, left in rows}
