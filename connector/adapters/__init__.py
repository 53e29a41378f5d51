"""Touches the outside: the ledger's database and the two partners."""
