"""The commands of `lienthong`, one module each; `main` puts them together."""
