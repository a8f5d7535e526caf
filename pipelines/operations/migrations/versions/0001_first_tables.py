"""The first tables, and the triggers that make records append-only."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

APPEND_ONLY = {
    "decisions": ("sequence", "decision_id", "previous_hash", "hash"),
    "approvals": ("sequence", "approval_id", "previous_hash", "hash"),
    "run_events": ("sequence", "previous_hash", "hash"),
    "inbox": ("sequence", "connection_id, delivery_id"),
    "postings": ("sequence", "posting_id, state"),
    "alerts": ("sequence", "alert_id, state"),
    "access_log": ("sequence",),
}


def texts(names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=nullable) for name in names.split()]


def sequence() -> sa.Column[int]:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("sequence", number, primary_key=True)


def key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, primary_key=True)


def upgrade() -> None:
    op.create_table(
        "users",
        key("user_id"),
        *texts("name created_at"),
        *texts("os_user disabled_at", nullable=True),
        sa.UniqueConstraint("os_user"),
    )
    op.create_table(
        "role_grants",
        key("grant_id"),
        *texts("user_id role granted_by granted_at"),
        *texts("revoked_by revoked_at", nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"]),
        sa.ForeignKeyConstraint(["granted_by"], ["users.user_id"]),
        sa.ForeignKeyConstraint(["revoked_by"], ["users.user_id"]),
    )
    op.create_table(
        "decisions",
        sequence(),
        *texts("decision_id decision_type subject_type subject_key members decided_by decided_at"),
        *texts("leg reason replaces_decision_id seen_run_id", nullable=True),
        *texts("previous_hash hash"),
        sa.UniqueConstraint("decision_id"),
        sa.UniqueConstraint("decision_id", "decided_by"),
        sa.UniqueConstraint("previous_hash"),
        sa.UniqueConstraint("hash"),
        sa.ForeignKeyConstraint(["decided_by"], ["users.user_id"]),
        sa.ForeignKeyConstraint(["replaces_decision_id"], ["decisions.decision_id"]),
    )
    op.create_table(
        "approvals",
        sequence(),
        *texts("approval_id decision_id verdict decided_by approved_by approved_at"),
        *texts("reason", nullable=True),
        *texts("previous_hash hash"),
        sa.UniqueConstraint("approval_id"),
        sa.UniqueConstraint("previous_hash"),
        sa.UniqueConstraint("hash"),
        sa.ForeignKeyConstraint(
            ["decision_id", "decided_by"], ["decisions.decision_id", "decisions.decided_by"]
        ),
        sa.ForeignKeyConstraint(["approved_by"], ["users.user_id"]),
        sa.CheckConstraint("decided_by <> approved_by", name="approvals_four_eyes"),
        sa.CheckConstraint("verdict in ('approved', 'refused')", name="approvals_verdict"),
    )
    op.create_table(
        "run_events",
        sequence(),
        *texts("run_id trigger step event detail occurred_at previous_hash hash"),
        sa.UniqueConstraint("previous_hash"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "inbox",
        sequence(),
        *texts("connection_id delivery_id topic received_at"),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("connection_id", "delivery_id"),
    )
    op.create_table(
        "postings",
        sequence(),
        *texts("posting_id connection_id decision_id state detail occurred_at"),
        sa.UniqueConstraint("posting_id", "state"),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.decision_id"]),
    )
    op.create_table(
        "alerts",
        sequence(),
        *texts("alert_id alert_type state detail occurred_at"),
        *texts("run_id subject_key", nullable=True),
        sa.UniqueConstraint("alert_id", "state"),
    )
    op.create_table(
        "access_log",
        sequence(),
        *texts("user_id action occurred_at"),
        *texts("subject", nullable=True),
    )
    op.create_table("locks", key("name"), *texts("owner token acquired_at heartbeat_at"))
    op.create_table(
        "queue_claims",
        key("claim_key"),
        *texts("claimed_by claimed_at"),
        *texts("done_at", nullable=True),
    )
    op.create_table(
        "tokens",
        key("connection_id"),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        *texts("updated_at"),
    )
    op.create_table(
        "sessions",
        key("session_id"),
        *texts("user_id created_at expires_at"),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"]),
    )
    if op.get_bind().dialect.name == "sqlite":
        for table, keys in APPEND_ONLY.items():
            refuse_changes_in_sqlite(table, keys)
    else:
        op.execute(
            "create function refuse_change() returns trigger language plpgsql as "
            "$$begin raise exception '% is append-only', tg_table_name; end$$"
        )
        for table in APPEND_ONLY:
            op.execute(
                f"create trigger {table}_append_only before update or delete or truncate "
                f"on {table} for each statement execute function refuse_change()"
            )


def refuse_changes_in_sqlite(table: str, keys: tuple[str, ...]) -> None:
    """Refuse update and delete, and the delete that `insert or replace` does without a trigger."""
    for deed in ("update", "delete"):
        op.execute(
            f"create trigger {table}_no_{deed} before {deed} on {table} "
            f"begin select raise(abort, '{table} is append-only'); end"
        )
    for columns in keys:
        given = ", ".join(f"new.{column}" for column in columns.split(", "))
        op.execute(
            f"create trigger {table}_no_replace_{columns.replace(', ', '_')} "
            f"before insert on {table} "
            f"when exists (select 1 from {table} where ({columns}) = ({given})) "
            f"begin select raise(abort, '{table} is append-only'); end"
        )


def downgrade() -> None:
    raise RuntimeError("records are append-only: restore a copy of the store instead")
