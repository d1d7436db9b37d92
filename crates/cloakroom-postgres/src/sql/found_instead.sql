-- $1 realm, $2 $3 $4 the first head, $5 $6 $7 the head to replace
-- One row when done.
WITH founded AS (
    UPDATE cloakroom_feed_head SET epoch = $2, n = $3, chain = $4
    WHERE realm = $1 AND fmt = 1 AND epoch = $5 AND n = $6 AND chain = $7
    RETURNING realm
), batches AS (
    DELETE FROM cloakroom_feed_batch WHERE realm = (SELECT realm FROM founded)
), snapshot AS (
    DELETE FROM cloakroom_feed_snapshot WHERE realm = (SELECT realm FROM founded)
)
SELECT 1 FROM founded, pg_notify('cloakroom_feed', founded.realm)
