"""Delivery: claim, send, settle. No transaction is open while we are on the line."""
