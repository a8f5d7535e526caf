"""Alembic migrations of the operations store. Never edited once released; only added to."""
