-- $1 realm, $2 $3 $4 the end that the caller believes in, $5 $6 $7 the new one, $8 batch
-- One row when added. The lock on the head's row is held until the commit, so batches become visible
-- in the order of their numbers, and no reader can pass by one that commits late.
WITH moved AS (
    UPDATE cloakroom_feed_head SET epoch = $5, n = $6, chain = $7
    WHERE realm = $1 AND fmt = 1 AND epoch = $2 AND n = $3 AND chain = $4
    RETURNING realm
), added AS (
    INSERT INTO cloakroom_feed_batch (realm, n, b) SELECT realm, $6, $8 FROM moved
    RETURNING realm
)
SELECT 1 FROM added, pg_notify('cloakroom_feed', added.realm)
