"""The benchmark: a bare loop, a plain task queue and this system, measured side by side."""
