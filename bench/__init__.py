"""The benchmark: what a bare loop reaches, what a plain task queue reaches, and what this system reaches, side by side."""
