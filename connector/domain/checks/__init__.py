"""What validation finds: pure functions from wire forms to findings (contract validation.md, both tables)."""
