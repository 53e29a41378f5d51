"""The campaign: the real system under fire, and then the judgement of what became of every message."""
