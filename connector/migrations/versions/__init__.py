"""One module a version, named in order."""
