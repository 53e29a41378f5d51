"""The operators' console: pages made on the server, for people with an account."""
