"""What Alembic runs for each command: the steps, on the connection that the caller gave.

It must not open or commit anything itself; the transaction is the caller's.
"""

from alembic import context

from server.store.rows import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
