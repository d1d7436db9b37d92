-- $1 realm, $2 $3 $4 the place, $5 snapshot, $6 last number to drop
-- One row when kept. The lock on the head keeps a founding of another epoch out meanwhile.
WITH head AS (
    SELECT realm FROM cloakroom_feed_head
    WHERE realm = $1 AND fmt = 1 AND epoch = $2 AND (n > $3 OR (n = $3 AND chain = $4))
    FOR UPDATE
), kept AS (
    INSERT INTO cloakroom_feed_snapshot AS old (realm, epoch, n, data)
    SELECT realm, $2, $3, $5 FROM head
    ON CONFLICT (realm) DO UPDATE SET epoch = excluded.epoch, n = excluded.n, data = excluded.data
    WHERE old.epoch <> excluded.epoch OR old.n < excluded.n
    RETURNING realm
), dropped AS (
    DELETE FROM cloakroom_feed_batch WHERE realm = (SELECT realm FROM kept) AND n <= $6
)
SELECT 1 FROM kept
