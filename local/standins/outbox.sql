PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
PRAGMA wal_autocheckpoint = 10000;

CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    text TEXT NOT NULL,
    subject TEXT NOT NULL,
    html TEXT NOT NULL,
    headers TEXT NOT NULL,
    tags TEXT NOT NULL,
    content TEXT NOT NULL,
    request_key TEXT NOT NULL,
    outcome TEXT NOT NULL,
    accepted_at TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    sameness TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_mailbox ON messages (mailbox, id);
CREATE INDEX IF NOT EXISTS by_sender ON messages (channel, sender, accepted_at);
CREATE INDEX IF NOT EXISTS by_recipient ON messages (recipient, channel);
CREATE INDEX IF NOT EXISTS by_provider_id ON messages (provider_id);

CREATE TABLE IF NOT EXISTS line_requests (
    channel_id TEXT NOT NULL,
    key TEXT NOT NULL,
    body_digest TEXT NOT NULL,
    request_id TEXT NOT NULL,
    sent_ids TEXT NOT NULL,
    accepted_at TEXT NOT NULL,
    PRIMARY KEY (channel_id, key)
);
CREATE TABLE IF NOT EXISTS calls (
    provider TEXT NOT NULL,
    operation TEXT NOT NULL,
    status INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (provider, operation, status)
);
CREATE TABLE IF NOT EXISTS incidents (
    kind TEXT PRIMARY KEY,
    number INTEGER NOT NULL
);
