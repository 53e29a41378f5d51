"""Replay: what a person does by hand about messages that stopped. Each act is planned, has a who and a why, and is
rows."""
