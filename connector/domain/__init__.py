"""Decides. Pure: no clock, database, network or log."""
