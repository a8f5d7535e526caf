"""What a simulated world is made of: plain records that know no platform.

Amounts are integers in cents. Ids are the world's own; a platform's ids come with its projection.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

Difficulty = Literal["ordinary", "harder"]
PartyKind = Literal["resident", "relative", "payee", "agency", "vendor"]
PaymentKind = Literal["receipt", "refund", "dispute", "dispute_reversal", "bill_payment"]
FileFormat = Literal["ofx1", "ofx2", "camt"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entity:
    entity: str
    prefix: str
    has_gateway: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """A bank account. `file_format` is what its bank offers for download."""

    account: str
    entity: str
    name: str
    bank: str
    routing: str
    number: str
    file_format: FileFormat
    opening: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    home_id: str
    entity: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Party:
    """Who owes, pays or is paid. A payee organisation is the parent of its residents."""

    party_id: str
    entity: str
    kind: PartyKind
    name: str
    home_id: str | None = None
    parent_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Invoice:
    """A document; a credit note's total is positive, too, and names what it applies to."""

    invoice_id: str
    entity: str
    direction: Literal["receivable", "payable"]
    document_type: Literal["invoice", "credit_note"]
    number: str
    party_id: str
    party_name: str
    resident_id: str | None
    resident_name: str | None
    issue_date: date
    due_date: date
    service_from: date | None
    service_to: date | None
    total: int
    discount: int
    discount_date: date | None
    applies_to: str | None
    memo: str
    kind: str
    hours: int | None  # quarters of an hour
    in_gateway: bool  # billed through the gateway and mirrored in the books
    is_void: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Payment:
    """Money as recorded. `account` is null for what lies in the till or at the gateway first."""

    payment_id: str
    entity: str
    direction: Literal["in", "out"]
    kind: PaymentKind
    party_id: str | None
    payer_name: str
    date: date
    amount: int
    fee: int
    method: str
    reference: str
    memo: str
    account: str | None
    gateway: bool
    in_books: bool
    original_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Allocation:
    """What the books say a payment pays. The truth is in the links."""

    payment_id: str
    invoice_id: str
    amount: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RemittanceLine:
    payment_id: str
    invoice_reference: str
    amount: int
    memo: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SettlementItem:
    """One payment inside a settlement, signed by its effect on the settlement."""

    item_type: Literal["payment", "refund", "dispute"]
    payment_id: str
    date: date
    gross: int
    fee: int

    @property
    def net(self) -> int:
        return self.gross - self.fee


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """A gateway payout or a deposit slip. `line_id` is null while it is in transit."""

    settlement_id: str
    entity: str
    kind: Literal["gateway_payout", "deposit_slip"]
    account: str
    created: date
    arrival: date
    amount: int
    trace: str | None
    in_books: bool
    items: tuple[SettlementItem, ...]
    line_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BankLine:
    line_id: str
    entity: str
    account: str
    date: date
    amount: int
    description: str
    counterparty: str
    reference: str
    check_number: str | None
    kind: str
    in_books: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Return:
    """A receipt the bank took back. `in_books` says whether the books know."""

    payment_id: str
    line_id: str
    return_line_id: str
    in_books: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnTransfer:
    transfer_id: str
    entity: str
    date: date
    amount: int
    from_account: str
    to_account: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One account and month; its lines in the bank's order."""

    account: str
    number: int
    period_start: date
    period_end: date
    opening: int
    closing: int
    lines: tuple[BankLine, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    left_type: Literal["invoice", "payment"]
    left_id: str
    right_type: Literal["payment", "bank_line"]
    right_id: str
    amount: int
    case: str


@dataclass(frozen=True, kw_only=True)
class World:
    seed: int
    difficulty: Difficulty
    start: date
    end: date
    entities: tuple[Entity, ...]
    accounts: tuple[Account, ...]
    homes: tuple[Home, ...]
    parties: tuple[Party, ...]
    invoices: tuple[Invoice, ...]
    payments: tuple[Payment, ...]
    allocations: tuple[Allocation, ...]
    gateway_allocations: tuple[Allocation, ...]  # what the gateway says its charges pay
    remittance_lines: tuple[RemittanceLine, ...]
    settlements: tuple[Settlement, ...]
    bank_lines: tuple[BankLine, ...]
    returns: tuple[Return, ...]
    transfers: tuple[OwnTransfer, ...]
    statements: tuple[Statement, ...]
    links: tuple[Link, ...]

    @cached_property
    def settlement_of(self) -> dict[str, Settlement]:
        """Settlement by payment id."""
        return {item.payment_id: one for one in self.settlements for item in one.items}

    @cached_property
    def allocations_of(self) -> dict[str, list[Allocation]]:
        """The books' allocations by payment id."""
        found: dict[str, list[Allocation]] = defaultdict(list)
        for allocation in self.allocations:
            found[allocation.payment_id].append(allocation)
        return found
