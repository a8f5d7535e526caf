"""The labelled worlds that the engine is measured on, and what is read off an evaluation.

`provider`, `care_homes`, `regular`, `state_rates`, `foster_group`, `plain_group`,
`cash_application` and `ledger` were written without knowledge of the engine, `plain_group` with the
errors of another matcher in view; `sandbox` is the world of the demo; `cases` holds an equal number
of instances of each labelled case.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.worlds import (
    care_homes,
    cash_application,
    foster_group,
    ledger,
    plain_group,
    provider,
    regular,
    state_rates,
)
from pipelines.sandbox.exchange import write_exchange
from pipelines.sandbox.world import simulate
from tests.cases import folder as cases

World = Callable[[int, int, Path], None]

FIGURES = ("economic_precision", "auto_recall", "assisted_recall", "first_suggestion_precision")


def sandbox(seed: int, size: int, out: Path) -> None:
    """About `size` documents of the demo's world."""
    write_exchange(simulate(seed, size, max(2, size // 5000), months=12), out, False)


def provider_world(seed: int, size: int, out: Path) -> None:
    """About `size` documents of many entities."""
    provider.simulate(provider.Wanted(seed=seed, invoices=size), out)


def harder_provider(seed: int, size: int, out: Path) -> None:
    """The same with fewer numbers, more foreign payers and more damage."""
    provider.simulate(provider.Wanted(seed=seed, invoices=size, harder=True), out)


def one_entity(seed: int, size: int, out: Path) -> None:
    """The same in a single entity."""
    provider.simulate(provider.Wanted(seed=seed, invoices=size, entities=1), out)


def care_homes_world(seed: int, size: int, out: Path) -> None:
    """About `size` documents of a group of some twenty homes."""
    care_homes.write(care_homes.build(seed, size), out)


def harder_care_homes(seed: int, size: int, out: Path) -> None:
    """The same with fewer numbers, shorter bank texts and more foreign payers."""
    care_homes.write(care_homes.build(seed, size, harder=True), out)


def regular_world(seed: int, size: int, out: Path) -> None:
    """About `size` documents whose payers name the number or pay in order."""
    regular.write(regular.build(seed, size), out)


def harder_regular(seed: int, size: int, out: Path) -> None:
    """The same with fewer numbers, more foreign payers and more damage."""
    regular.write(regular.build(seed, size, harder=True), out)


def state_rates_world(seed: int, size: int, out: Path) -> None:
    """About `size` documents at state-set rates, with agencies that pay lists."""
    state_rates.simulate(state_rates.Wanted(seed=seed, invoices=size), out)


def harder_state_rates(seed: int, size: int, out: Path) -> None:
    """The same with fewer numbers, more foreign payers and more damage."""
    state_rates.simulate(state_rates.Wanted(seed=seed, invoices=size, harder=True), out)


def foster_group_world(seed: int, size: int, out: Path) -> None:
    """`size` documents of a group whose offices, gateways and banks each tell little."""
    foster_group.simulate(foster_group.Wanted(seed=seed, invoices=size), out)


def harder_foster_group(seed: int, size: int, out: Path) -> None:
    """The same with fewer numbers, more foreign payers and more damage."""
    foster_group.simulate(foster_group.Wanted(seed=seed, invoices=size, harder=True), out)


def plain_group_world(seed: int, size: int, out: Path) -> None:
    """`size` documents of entities whose payers or banks mostly name a number or a whole name."""
    plain_group.write(out, seed, size)


def harder_plain_group(seed: int, size: int, out: Path) -> None:
    """The same with fewer numbers, more unknown relatives and more damage."""
    plain_group.write(out, seed, size, harder=True)


def huge_plain_group(seed: int, size: int, out: Path) -> None:
    """The same in a single entity."""
    plain_group.write(out, seed, size, huge=True)


def cash(seed: int, size: int, out: Path) -> None:
    """`size` customers' payments with and without remittances."""
    cash_application.build(seed, size).write(out)


def ledger_world(seed: int, size: int, out: Path) -> None:
    """`size` bank lines against the books' entries."""
    ledger.build(seed, size).write(out)


def every_case(seed: int, size: int, out: Path) -> None:
    """`size` instances of each case."""
    cases.write(out, cases.instances(seed, size))


WORLDS: dict[str, World] = {
    "sandbox": sandbox,
    "provider": provider_world,
    "provider_harder": harder_provider,
    "provider_one_entity": one_entity,
    "care_homes": care_homes_world,
    "care_homes_harder": harder_care_homes,
    "regular": regular_world,
    "regular_harder": harder_regular,
    "state_rates": state_rates_world,
    "state_rates_harder": harder_state_rates,
    "foster_group": foster_group_world,
    "foster_group_harder": harder_foster_group,
    "plain_group": plain_group_world,
    "plain_group_harder": harder_plain_group,
    "plain_group_huge": huge_plain_group,
    "cash_application": cash,
    "ledger": ledger_world,
    "cases": every_case,
}


def figures(result: dict[str, Any]) -> dict[str, float]:
    """The guarded figures of an evaluation, as shares of one; silent loss is a count."""
    whole = result["all"]
    return {name: whole[name] or 0.0 for name in FIGURES} | {
        "wrong_money": whole["wrong_money"] or 0.0,
        "silent_loss": result["silent_loss"]["count"],
    }
