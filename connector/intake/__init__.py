"""Intake: read, check, decide, write down. What came in and where the feed stands change in one transaction."""
