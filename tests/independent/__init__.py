"""Both partners once more, written from the contracts alone, with nothing in common with the sandbox."""
