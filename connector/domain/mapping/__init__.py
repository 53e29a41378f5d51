"""Both partners' forms to our records and back (contracts/validation.md, "Mapping that no schema says")."""
