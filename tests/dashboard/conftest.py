"""A home with a tiny published file, whose tables are made from the reports' own contracts."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
import streamlit as st
import yaml
from streamlit.testing.v1 import AppTest

from pipelines.settings import Home

ROOT = Path(__file__).resolve().parents[2]
Tables = Mapping[str, Sequence[Mapping[str, Any]]]
Open = Callable[..., AppTest]

DAY = datetime.date
AUGUST, SEPTEMBER = DAY(2026, 8, 1), DAY(2026, 9, 1)
INVOICES = {"item_type": "invoice", "leg": "settlement"}
FORMULA = '=HYPERLINK("http://evil.example","pay here")'


def figure(figure: str, amount: str | None = None, **values: Any) -> dict[str, Any]:
    row = {"figure": figure, "item_count": 1, "currency_code": "USD", "entity": "maple_homes"}
    return row | {"amount": Decimal(amount) if amount else None} | values


def left_over(key: str, amount: str, **values: Any) -> dict[str, Any]:
    row = {
        "unmatched_item_key": key, "item_type": "invoice", "item_key": key, "leg": "settlement",
        "entity": "maple_homes", "source_id": f"id_{key}", "direction": "receivable",
        "item_date": DAY(2026, 9, 1), "age_days": 60, "age_band": "31-90 days",
        "amount": Decimal(amount), "unmatched_amount": Decimal(amount), "currency_code": "USD",
        "reason": "no_payment_seen", "reason_meaning": "It is due and no payment points to it.",
        "next_step": "Remind the payer.",
    }  # fmt: skip
    return row | values


def considered(left: str, right: str, **values: Any) -> dict[str, Any]:
    row = {
        "leg": "settlement", "left_type": "invoice", "left_key": left,
        "left_source_id": f"id_{left}", "left_label": f"Invoice {left}",
        "left_date": DAY(2026, 7, 1), "right_type": "payment", "right_key": right,
        "right_source_id": f"id_{right}", "right_label": f"Payment {right}",
        "right_date": DAY(2026, 9, 5), "amount": Decimal("943"), "currency_code": "USD",
        "status": "suggested",
        "rule": "party_amount_rivals", "reference_level": "none", "payer_level": "same_party",
        "amount_level": "open_amount", "days_level": "usual", "account_level": "unknown",
        "days_apart": 59, "weight": 13500,
    }  # fmt: skip
    return row | values


def link(match_key: str, left: str, right: str, **values: Any) -> dict[str, Any]:
    row = {
        "match_key": match_key, "match_status": "suggested", "is_contested": False,
        "explanation": "More than one invoice fits.", "match_amount": Decimal("943"),
        "probability": Decimal("0.9784"), "margin": Decimal("-0.5"), "decided_by": "counterfoil",
        "picture_status": "beside", "proposal_rank": 2, "run_id": "r1", "entity": "maple_homes",
    }  # fmt: skip
    return considered(left, right) | row | values


SETTLED = {
    "match_status": "auto", "status": "auto", "explanation": "The number says so.",
    "margin": Decimal(0), "picture_status": None, "proposal_rank": None,
}  # fmt: skip
BANKED = {
    "leg": "clearing", "left_type": "payment", "right_type": "bank_line", "weight": None,
    "reference_level": None, "payer_level": None, "amount_level": None, "days_level": None,
}  # fmt: skip

PUBLISHED: Tables = {
    "rpt_overview": [
        figure("matched", "1000", **INVOICES, period_month=AUGUST),
        figure("suggested", "943", **INVOICES, period_month=SEPTEMBER,
               label="suggestion_waiting", item_count=2),
        figure("open", "57.5", **INVOICES, period_month=SEPTEMBER,
               label="no_payment_seen"),
        figure("open", "40", **INVOICES, period_month=SEPTEMBER,
               label="no_payment_seen", entity="cedar_homes"),
        figure("open", "7777", **INVOICES, period_month=SEPTEMBER,
               label="no_payment_seen", currency_code="CAD"),
        figure("links", "1000", leg="settlement", label="auto", item_count=3),
        figure("links", "12", leg="settlement", label="broken"),
        figure("exceptions", "250", label="contested_link", item_count=2,
               detail="A link in the books is contradicted.", next_step="Open the match."),
        figure("freshness", label="stripe_main", detail="stripe", period_month=DAY(2026, 10, 30),
               currency_code=None, entity=None, item_count=1234),
        figure("last_run", label="run", period_month=DAY(2026, 10, 31), currency_code=None,
               entity=None, detail="demo"),
    ],
    "rpt_unmatched": [
        left_over("mh1", "943", reference="MH-2026-00001", party_name="Zoë Ünal",
                  reason="suggestion_waiting", reason_meaning="There is a proposal.",
                  next_step="Open the proposal and decide.", best_candidate_match_key="doubtful",
                  proposal_explanation="More than one invoice fits."),
        left_over("mh2", "57.5", reference="MH-2026-00002", item_date=DAY(2026, 8, 1)),
        left_over("ch1", "40", reference="CH-2026-00001", entity="cedar_homes"),
        left_over("line", "-1234.5", item_type="bank_line", leg="clearing", direction="out",
                  description=FORMULA, item_date=DAY(2026, 10, 1)),
        left_over("cad", "7777", currency_code="CAD"),
    ],
    "rpt_match": [
        link("doubtful", "MH-1", "cheque 5520"),
        link("other", "MH-2", "cheque 5520", weight=14000,
             picture_status="best", proposal_rank=1),
        link("settled", "MH-9", "card 9", **SETTLED, reference_level="whole_token"),
        link("banked", "card 9", "line 9", **SETTLED | BANKED),
        link("contested", "MH-7", "<b>wire</b> 7", **SETTLED | {
            "match_status": "book", "status": "book", "is_contested": True,
            "contested_because": "returned_by_bank"}),
    ],
    "rpt_match_candidates": [
        considered("MH-1", "cheque 5520"),
        considered("MH-2", "cheque 5520", days_level="near", weight=14000,
                   lost_because="equal_rival"),
        considered("MH-3", "cheque 5520", days_level="far", weight=12000,
                   status="lost", lost_because="weaker_than_rival"),
        considered("MH-9", "card 9", status="auto", reference_level="whole_token"),
    ],
    "rpt_evidence": [
        {"leg": "settlement", "evidence_type": kind, "evidence_level": level, "level_weight": bits}
        for kind, level, bits in (
            ("reference", "none", 0), ("reference", "whole_token", 12000),
            ("payer", "same_party", 8000), ("amount", "open_amount", 5000),
            ("days", "usual", 500), ("days", "near", 1000), ("days", "far", -1000),
        )
    ],
}  # fmt: skip


def publish(home: Home, tables: Tables, run_id: str = "r1") -> Path:
    """Publish rows as a build would: a new file, then the pointer."""
    file = home.published / f"warehouse-{run_id}.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute("create schema reports")
        for contract in sorted((ROOT / "models/reports").glob("*.yml")):
            [model] = yaml.safe_load(contract.read_text())["models"]
            types = {column["name"]: column["data_type"] for column in model["columns"]}
            columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
            connection.execute(f"create table reports.{model['name']} ({columns})")
            for row in tables.get(model["name"], ()):
                marks = ", ".join("?" for _ in row)
                connection.execute(
                    f"insert into reports.{model['name']} ({', '.join(row)}) values ({marks})",
                    list(row.values()),
                )
    pointer = {"file": file.name, "run_id": run_id, "published_at": "2026-11-01T08:30:00+00:00"}
    (home.published / "current.json").write_text(json.dumps(pointer))
    return file


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A demo home that COUNTERFOIL_HOME names; nothing is published in it."""
    home = Home.open(tmp_path / "home", "demo")
    home.published.mkdir(exist_ok=True)
    monkeypatch.setenv("COUNTERFOIL_HOME", str(home.path))
    st.cache_data.clear()
    return home


@pytest.fixture
def published(home: Home) -> Home:
    publish(home, PUBLISHED)
    return home


@pytest.fixture
def open_page() -> Open:
    """Open a page, with parameters of its address or choices in its filters."""

    def opened(page: str = "overview", match: str | None = None, **filters: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "dashboard/app.py"), default_timeout=30)
        if match:
            app.query_params["match"] = match
        app.run()
        if page != "overview":
            app.switch_page(f"views/{page}.py").run()
        for name, value in filters.items():
            app.selectbox(key=name).set_value(value).run()
        assert not app.exception, app.exception
        return app

    return opened


def said(app: AppTest) -> str:
    """Everything a page says, its HTML included."""
    html = [element.proto.body for element in app.get("html")]
    kinds = (app.title, app.header, app.caption, app.info, app.success, app.warning, app.error)
    told = [str(element.value) for kind in kinds for element in kind]
    return "\n".join([*told, *(body for body in html if not body.startswith("<style"))])
