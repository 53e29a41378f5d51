"""The schema's history (Alembic). Each version must leave the code that runs beside it working."""
