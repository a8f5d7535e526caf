"""A home with marts made by hand, for what comes after a build."""

import duckdb
import pytest
from cryptography.fernet import Fernet

from pipelines.publish import FINISHED_BUILD
from pipelines.settings import Home

MARTS = """
create schema marts;
create schema reports;
create schema audit;
create table marts.match_allocations (
    match_key text not null, leg text, left_type text, left_key text, left_source_id text,
    right_type text, right_key text, right_source_id text, amount decimal(18, 4) not null,
    currency_code text, status text, rule text, primary key (match_key, left_key, right_key)
);
comment on table marts.match_allocations is 'One pair; it''s signed.';
comment on column marts.match_allocations.amount is 'Signed, in major units.';
create table marts.invoices (
    invoice_key text, connection_id text, source_id text, entity text, issue_date date,
    currency_code text, total_amount decimal(18, 4), platform_status text
);
create table marts.payments (
    payment_key text, connection_id text, source_id text, entity text, payment_date date,
    currency_code text, amount decimal(18, 4), platform_status text
);
create table marts.settlements (
    settlement_key text, connection_id text, source_id text, entity text, arrival_date date,
    currency_code text, amount decimal(18, 4), platform_status text
);
create table marts.bank_lines (
    bank_line_key text, connection_id text, source_id text, entity text, booking_date date,
    currency_code text, amount decimal(18, 4)
);
create table marts.unmatched_items (
    item_type text, leg text, source_id text, unmatched_amount decimal(18, 4), currency_code text
);
create table marts.exceptions (exception_key text, state text);
create table reports.rpt_overview as select 1 as "select", cast(2.5 as decimal(18, 4)) as amount;
insert into marts.invoices values
    ('i1', 'c', '1', 'maple', date '2026-01-01', 'USD', 100, 'open'),
    ('i2', 'c', '2', 'maple', date '2026-01-02', 'USD', 50.10, 'open');
insert into marts.payments values
    ('p1', 'c', '7', 'maple', date '2026-01-05', 'USD', 100, 'succeeded');
insert into marts.match_allocations values
    ('m1', 'settlement', 'invoice', 'i1', '1', 'payment', 'p1', '7', 100, 'USD', 'suggested', 'r');
insert into marts.unmatched_items values ('invoice', 'settlement', '2', 50.10, 'USD');
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COUNTERFOIL_KEY", Fernet.generate_key().decode())
    monkeypatch.setenv("COUNTERFOIL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COUNTERFOIL_OPERATIONS_URL", raising=False)
    monkeypatch.delenv("COUNTERFOIL_AS_OF", raising=False)
    return Home.open(tmp_path / "home", "demo")


@pytest.fixture
def built(home):
    """A function that changes the marts and marks them as a finished build of a run."""

    def build(run_id, *changes):
        new = not home.marts.exists()
        with duckdb.connect(str(home.marts)) as connection:
            for statement in (*((MARTS,) if new else ()), *changes):
                connection.execute(statement)
        with duckdb.connect(str(home.warehouse)) as connection:
            connection.execute("create schema if not exists raw_operations")
            connection.execute(
                f"create or replace table {FINISHED_BUILD} as select '{run_id}' as run_id"
            )
        return home

    return build
