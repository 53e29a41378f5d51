"""Rollout: areas are opened and closed, what they kept back is let go in order, and what became of it is watched."""
