"""One machine on its own: PostgreSQL and Valkey from wheels, and the processes of `up` and `demo`."""
