"""The tables of the operations store, as the newest migration leaves them.

Moments are text, UTC, ISO 8601 with microseconds and `Z`; structured values are JSON text. So a
row reads the same in every engine and hashes to the same value.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()

APPEND_ONLY = (
    "decisions",
    "approvals",
    "run_events",
    "inbox",
    "postings",
    "alerts",
    "access_log",
)
CHAINED = ("decisions", "approvals", "run_events")

ROLES = ("viewer", "reviewer", "approver", "operator", "administrator")


def _sequence() -> Column[int]:
    return Column("sequence", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def _text(name: str, *also: ForeignKey, unique: bool = False, **given: bool) -> Column[str]:
    return Column(name, Text, *also, unique=unique, nullable=given.get("nullable", False))


def _maybe(name: str, *also: ForeignKey) -> Column[str]:
    return _text(name, *also, nullable=True)


def _chain() -> tuple[Column[str], Column[str]]:
    return _text("previous_hash", unique=True), _text("hash", unique=True)


users = Table(
    "users",
    METADATA,
    Column("user_id", Text, primary_key=True),
    _text("name"),
    Column("os_user", Text, unique=True),
    _text("created_at"),
    _maybe("disabled_at"),
)

role_grants = Table(
    "role_grants",
    METADATA,
    Column("grant_id", Text, primary_key=True),
    _text("user_id", ForeignKey("users.user_id")),
    _text("role"),
    _text("granted_by", ForeignKey("users.user_id")),
    _text("granted_at"),
    _maybe("revoked_by", ForeignKey("users.user_id")),
    _maybe("revoked_at"),
)

# What a person decided about a match, an exception, a period or a model. `members` are the items
# and amounts it was about, so that it stands on its own when keys change.
decisions = Table(
    "decisions",
    METADATA,
    _sequence(),
    _text("decision_id", unique=True),
    _text("decision_type"),
    _text("subject_type"),
    _text("subject_key"),
    _maybe("leg"),
    _text("members"),
    _maybe("reason"),
    _maybe("replaces_decision_id", ForeignKey("decisions.decision_id")),
    _maybe("seen_run_id"),
    _text("decided_by", ForeignKey("users.user_id")),
    _text("decided_at"),
    *_chain(),
    UniqueConstraint("decision_id", "decided_by"),
)

approvals = Table(
    "approvals",
    METADATA,
    _sequence(),
    _text("approval_id", unique=True),
    _text("decision_id"),
    _text("verdict"),
    _maybe("reason"),
    _text("decided_by"),
    _text("approved_by", ForeignKey("users.user_id")),
    _text("approved_at"),
    *_chain(),
    ForeignKeyConstraint(
        ["decision_id", "decided_by"], ["decisions.decision_id", "decisions.decided_by"]
    ),
    CheckConstraint("decided_by <> approved_by", name="approvals_four_eyes"),
    CheckConstraint("verdict in ('approved', 'refused')", name="approvals_verdict"),
)

run_events = Table(
    "run_events",
    METADATA,
    _sequence(),
    _text("run_id"),
    _text("trigger"),
    _text("step"),
    _text("event"),
    _text("detail"),
    _text("occurred_at"),
    *_chain(),
)

# A webhook or a file's arrival, once however often it is delivered. Bodies stay here.
inbox = Table(
    "inbox",
    METADATA,
    _sequence(),
    _text("connection_id"),
    _text("delivery_id"),
    _text("topic"),
    Column("body", LargeBinary, nullable=False),
    _text("received_at"),
    UniqueConstraint("connection_id", "delivery_id"),
)

# One step in the life of a posting: asked for, sent, accepted, refused.
postings = Table(
    "postings",
    METADATA,
    _sequence(),
    _text("posting_id"),
    _text("connection_id"),
    _text("decision_id", ForeignKey("decisions.decision_id")),
    _text("state"),
    _text("detail"),
    _text("occurred_at"),
    UniqueConstraint("posting_id", "state"),
)

alerts = Table(
    "alerts",
    METADATA,
    _sequence(),
    _text("alert_id"),
    _text("alert_type"),
    _maybe("run_id"),
    _maybe("subject_key"),
    _text("state"),
    _text("detail"),
    _text("occurred_at"),
    UniqueConstraint("alert_id", "state"),
)

access_log = Table(
    "access_log",
    METADATA,
    _sequence(),
    _text("user_id"),
    _text("action"),
    _maybe("subject"),
    _text("occurred_at"),
)

locks = Table(
    "locks",
    METADATA,
    Column("name", Text, primary_key=True),
    _text("owner"),
    _text("token"),
    _text("acquired_at"),
    _text("heartbeat_at"),
)

queue_claims = Table(
    "queue_claims",
    METADATA,
    Column("claim_key", Text, primary_key=True),
    _text("claimed_by"),
    _text("claimed_at"),
    _maybe("done_at"),
)

tokens = Table(
    "tokens",
    METADATA,
    Column("connection_id", Text, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    _text("updated_at"),
)

sessions = Table(
    "sessions",
    METADATA,
    Column("session_id", Text, primary_key=True),
    _text("user_id", ForeignKey("users.user_id")),
    _text("created_at"),
    _text("expires_at"),
)
