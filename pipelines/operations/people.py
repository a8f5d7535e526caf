"""People, what they may do, and what they decided. A decision is never changed, only replaced."""

from __future__ import annotations

import getpass
import json
import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, select

from pipelines.errors import FourEyesRefused, OperationsError, UsageError
from pipelines.operations.chain import append
from pipelines.operations.store import Store, now
from pipelines.operations.tables import ROLES, decisions, role_grants, users


def add_user(store: Store, user_id: str, name: str, os_user: str | None = None) -> None:
    """Make a person known. `os_user` is the account under which he uses the command line."""
    row = {"user_id": user_id, "name": name, "os_user": os_user, "created_at": now()}
    with store.writing() as connection:
        connection.execute(users.insert(), row)


def grant_role(store: Store, user_id: str, role: str, granted_by: str) -> None:
    """Let a person do what a role may do."""
    if role not in ROLES:
        raise UsageError(f"no role {role!r}; known: {', '.join(ROLES)}")
    row = {"grant_id": uuid.uuid4().hex, "user_id": user_id, "role": role}
    with store.writing() as connection:
        connection.execute(
            role_grants.insert(), row | {"granted_by": granted_by, "granted_at": now()}
        )


def revoke_role(store: Store, user_id: str, role: str, revoked_by: str) -> None:
    """Take a role back; that it was once granted stays on record."""
    open_grants = role_grants.update().where(
        role_grants.c.user_id == user_id,
        role_grants.c.role == role,
        role_grants.c.revoked_at.is_(None),
    )
    with store.writing() as connection:
        connection.execute(open_grants, {"revoked_by": revoked_by, "revoked_at": now()})


def acting_user(store: Store) -> str:
    """The person behind the operating-system user who runs this process."""
    account = getpass.getuser()
    with store.reading() as connection:
        user_id = connection.scalar(
            select(users.c.user_id).where(users.c.os_user == account, users.c.disabled_at.is_(None))
        )
    if user_id is None:
        raise OperationsError(
            f"the operating-system user {account!r} is no person known here: "
            f"an administrator can add one"
        )
    return str(user_id)


def decide(
    store: Store,
    *,
    user_id: str,
    decision_type: str,
    subject_type: str,
    subject_key: str,
    members: Sequence[Mapping[str, str]],
    leg: str | None = None,
    reason: str | None = None,
    replaces_decision_id: str | None = None,
    seen_run_id: str | None = None,
) -> str:
    """Record a decision.

    Args:
        members: The items it is about, each with its key and amount as text, so that the decision
            can be understood when the match it was about is no more.
        seen_run_id: The published run the person was looking at.

    Returns:
        The decision's id.

    Raises:
        OperationsError: the person may not decide.
    """
    row = {
        "decision_id": uuid.uuid4().hex,
        "decision_type": decision_type,
        "subject_type": subject_type,
        "subject_key": subject_key,
        "leg": leg,
        "members": json.dumps(list(members), sort_keys=True, separators=(",", ":")),
        "reason": reason,
        "replaces_decision_id": replaces_decision_id,
        "seen_run_id": seen_run_id,
        "decided_by": user_id,
        "decided_at": now(),
    }
    with store.writing() as connection:
        _require(connection, user_id, "reviewer")
        append(connection, "decisions", row)
    return str(row["decision_id"])


def approve(
    store: Store, *, decision_id: str, user_id: str, verdict: str, reason: str | None = None
) -> str:
    """Record a second person's verdict on a decision: `approved` or `refused`.

    Raises:
        FourEyesRefused: the person decided it himself.
        OperationsError: there is no such decision, or the person may not approve.
    """
    with store.writing() as connection:
        _require(connection, user_id, "approver")
        decided_by = connection.scalar(
            select(decisions.c.decided_by).where(decisions.c.decision_id == decision_id)
        )
        if decided_by is None:
            raise OperationsError(f"no decision {decision_id!r}: nothing was approved")
        if decided_by == user_id:
            raise FourEyesRefused(
                f"{user_id} made decision {decision_id}: a second person has to approve it"
            )
        row = {
            "approval_id": uuid.uuid4().hex,
            "decision_id": decision_id,
            "verdict": verdict,
            "reason": reason,
            "decided_by": decided_by,
            "approved_by": user_id,
            "approved_at": now(),
        }
        append(connection, "approvals", row)
    return str(row["approval_id"])


def _require(connection: Connection, user_id: str, role: str) -> None:
    granted = connection.execute(
        select(role_grants.c.grant_id)
        .join(users, users.c.user_id == role_grants.c.user_id)
        .where(
            role_grants.c.user_id == user_id,
            role_grants.c.role == role,
            role_grants.c.revoked_at.is_(None),
            users.c.disabled_at.is_(None),
        )
    ).first()
    if granted is None:
        raise OperationsError(f"{user_id} is no {role}: an administrator can grant that role")
