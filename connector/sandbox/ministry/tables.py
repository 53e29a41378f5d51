"""The ministry's tables."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS dossier (
    code TEXT PRIMARY KEY, lt_code TEXT NOT NULL, module TEXT NOT NULL, unit TEXT NOT NULL, round INTEGER NOT NULL,
    state INTEGER NOT NULL, changed INTEGER NOT NULL, withdrawn INTEGER NOT NULL DEFAULT 0, data TEXT NOT NULL,
    result TEXT, signed INTEGER NOT NULL DEFAULT 0, entry INTEGER, shown TEXT, next_at REAL);
CREATE INDEX IF NOT EXISTS dossier_due ON dossier (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS submission (
    code TEXT NOT NULL, round INTEGER NOT NULL, fingerprint TEXT NOT NULL, body TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (code, round)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS shown (n INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS shown_code ON shown (code);
CREATE TABLE IF NOT EXISTS book (
    unit TEXT NOT NULL, module TEXT NOT NULL, year INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (unit, module, year));
CREATE TABLE IF NOT EXISTS entry (
    id INTEGER NOT NULL, version INTEGER NOT NULL, module TEXT NOT NULL, updated INTEGER NOT NULL,
    newest INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (id, version)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entry_window ON entry (module, updated, id) WHERE newest;
"""
