-- Tables of cloakroom feeds, one row, log and snapshot for each realm. Every statement may run again.
CREATE TABLE IF NOT EXISTS cloakroom_feed_head (
    realm text PRIMARY KEY CHECK (realm ~ '^[a-z0-9._-]{1,64}$'),
    fmt smallint NOT NULL DEFAULT 1,
    epoch bytea NOT NULL CHECK (octet_length(epoch) = 16),
    n bigint NOT NULL CHECK (n >= 0),
    chain bytea NOT NULL CHECK (octet_length(chain) = 8)
);
CREATE TABLE IF NOT EXISTS cloakroom_feed_batch (
    realm text NOT NULL,
    n bigint NOT NULL,
    b bytea NOT NULL,
    PRIMARY KEY (realm, n)
);
CREATE TABLE IF NOT EXISTS cloakroom_feed_snapshot (
    realm text PRIMARY KEY,
    epoch bytea NOT NULL CHECK (octet_length(epoch) = 16),
    n bigint NOT NULL CHECK (n >= 0),
    data bytea NOT NULL
);
