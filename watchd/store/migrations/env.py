"""What Alembic runs: our migrations over the connection that `migrate` hands in."""

from alembic import context

from watchd.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
