"""When it happens: Celery, and nothing else. Tasks name a step; the ledger decides what there is to do."""
