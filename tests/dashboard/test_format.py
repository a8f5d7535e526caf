"""How things are said."""

import csv
import datetime
from decimal import Decimal

import pytest

from dashboard import format

from .conftest import ROOT


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("1234567.5", "USD", "USD 1,234,567.50"), ("-1.005", "USD", "USD -1.01"),
        ("1234.5678", "KWD", "KWD 1,234.568"), ("1234", "JPY", "JPY 1,234"), ("0", None, "0.00"),
        ("99999999999999.9999", "CLF", "CLF 99,999,999,999,999.9999"),
    ],
)  # fmt: skip
def test_money_has_its_currency_thousands_and_minor_units(
    amount: str, currency: str | None, written: str
) -> None:
    assert format.money(Decimal(amount), currency) == written


def test_minor_units_are_those_of_the_seed() -> None:
    with (ROOT / "seeds/currencies.csv").open() as opened:
        seed = {row["currency_code"]: int(row["minor_units"]) for row in csv.DictReader(opened)}

    assert {code: units for code, units in seed.items() if units != 2} == format.MINOR_UNITS


@pytest.mark.parametrize(
    ("part", "whole", "written"),
    [
        (0, 0, "–"),
        (0, 9, "0%"),
        (1, 1000, "<1%"),
        (999, 1000, ">99%"),
        (9, 9, "100%"),
        (1, 3, "33%"),
    ],
)
def test_a_share_is_never_rounded_to_all_or_nothing(part: int, whole: int, written: str) -> None:
    assert format.share(Decimal(part), Decimal(whole)) == written


def test_every_status_has_its_own_sign_or_word_besides_its_colour() -> None:
    badges = [*format.STATUSES.values(), format.CONTESTED]
    settled = {badge.sign for badge in badges if badge.tone == "settled"}

    assert len({badge.text for badge in badges}) == len(badges)
    assert not settled & {badge.sign for badge in badges if badge.tone != "settled"}


def test_an_unknown_status_looks_doubtful() -> None:
    assert format.badge("something_new").tone == "doubt"


def test_every_level_that_weighs_has_words() -> None:
    with (ROOT / "seeds/match_weights.csv").open() as opened:
        levels = {(row["evidence"], row["level"]) for row in csv.DictReader(opened)}

    assert not levels - set(format.LEVELS)


def test_what_waits_for_a_person_is_called_as_in_the_seed() -> None:
    with (ROOT / "seeds/unmatched_reasons.csv").open() as opened:
        meanings = {row["reason"]: row["meaning"] for row in csv.DictReader(opened)}

    assert meanings["suggestion_waiting"] == format.WAITING


def test_days_and_moments_are_written_out() -> None:
    assert format.day(datetime.date(2026, 9, 5)) == "5 Sep 2026"
    assert format.day(None) == "–"
    assert format.moment("2026-09-05T14:05:09+02:00") == "5 Sep 2026, 12:05 UTC"
    assert format.moment("soon") == "soon"
