"""The console's pages, one module for each subject; every route says what right it needs."""
