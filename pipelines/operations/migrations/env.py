"""Alembic's entry: migrate over the connection and inside the transaction of the store."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
