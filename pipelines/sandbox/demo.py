"""The demo: one small world, where its parts lie, and the connections that read them.

store      Stripe's and QuickBooks' objects, for the sandbox's servers
folder     statements/<account>/..., what the banks offer for download
           exchange/..., the same world in the exchange format, with the truth
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipelines.sandbox.bank import write_statements
from pipelines.sandbox.exchange import CURRENCY, write_exchange
from pipelines.sandbox.quickbooks_objects import BANK, PAYROLL_BANK, put_quickbooks, realm_id
from pipelines.sandbox.records import World
from pipelines.sandbox.store import ObjectStore
from pipelines.sandbox.stripe_objects import account_id, put_stripe, stripe_id
from pipelines.sandbox.world import simulate

SEED = 7
INVOICES = 1200
HOST = "127.0.0.1"
# The real platforms' limits do not bind a server on this machine.
UNHURRIED = {"requests_per_second": 1000}
# What opens the sandbox's servers, by connection; they are no secrets.
SECRETS = {
    "stripe_main": {"secret_key": "sk_test_sandbox"},
    "quickbooks_main": {
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "refresh_token": "sandbox-refresh-1",
    },
}


def demo_world() -> World:
    """About 1,200 documents of two entities over the twelve months to 2026-10-31."""
    return simulate(SEED, INVOICES)


def write_world(world: World, store: ObjectStore, folder: Path) -> None:
    """Write a world as everything that counterfoil can read."""
    put_stripe(world, store)
    put_quickbooks(world, store)
    write_statements(world, folder / "statements")
    write_exchange(world, folder / "exchange", allocations=True)


def demo_connections(
    port: int,
    folder: Path,
    account_number_hash: Callable[[str], str],
    world: World | None = None,
) -> dict[str, Any]:
    """The connections.toml of a world that was written to `folder` and is served on `port`.

    Args:
        account_number_hash: Turns a bank account's number into the name that it goes by.
    """
    world = world or demo_world()
    realms = {one.entity: realm_id(index) for index, one in enumerate(world.entities)}
    gateways = [one.entity for one in world.entities if one.has_gateway]
    root = f"http://{HOST}:{port}"
    first = world.accounts[0]
    statements = {
        "folder": str((folder / "statements").resolve()),
        "csv": [
            {
                "files": f"{first.account}/*.csv",
                "profile": "chase_checking",
                "account_number_hash": account_number_hash(first.number),
                "account_last4": first.number[-4:],
                "currency_code": CURRENCY,
            }
        ],
    }
    bank_accounts = []
    for account in world.accounts:
        books = PAYROLL_BANK if account.account == "payroll" else BANK
        sources = [
            ("bank_main", account_number_hash(account.number)),
            ("quickbooks_main", books),
        ]
        if account.entity in gateways and books == BANK:
            sources.append(("stripe_main", stripe_id("bank_account", account.account)))
        for connection_id, source_account in sources:
            bank_accounts.append(
                {
                    "connection_id": connection_id,
                    "source_account": source_account,
                    "account_id": account.account,
                    "entity": account.entity,
                    "currency_code": CURRENCY,
                    "account_name": f"{account.name}, {account.bank}",
                }
            )
    return {
        "connections": {
            "stripe_main": {
                "platform": "stripe",
                "companies": [account_id(entity) for entity in gateways],
                "base_url": f"{root}/stripe/v1/",
                "options": UNHURRIED,
            },
            "quickbooks_main": {
                "platform": "quickbooks_online",
                "companies": list(realms.values()),
                "base_url": f"{root}/quickbooks_online/v3/company/",
                "options": UNHURRIED,
            },
            "bank_main": {"platform": "bank_files", "options": statements},
        },
        "entity_map": [
            *(
                {
                    "connection_id": "stripe_main",
                    "company_code": account_id(entity),
                    "entity": entity,
                }
                for entity in gateways
            ),
            *(
                {"connection_id": "quickbooks_main", "company_code": realm, "entity": entity}
                for entity, realm in realms.items()
            ),
        ],
        "bank_account_map": bank_accounts,
    }
