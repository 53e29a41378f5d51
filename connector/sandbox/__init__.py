"""Both partners by their contracts: a process and a durable store each, faults, and a record of every effect."""
