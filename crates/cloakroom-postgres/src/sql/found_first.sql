-- $1 realm, $2 $3 $4 the first head
-- One row when done.
WITH founded AS (
    INSERT INTO cloakroom_feed_head (realm, epoch, n, chain) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING realm
), batches AS (
    DELETE FROM cloakroom_feed_batch WHERE realm = (SELECT realm FROM founded)
), snapshot AS (
    DELETE FROM cloakroom_feed_snapshot WHERE realm = (SELECT realm FROM founded)
)
SELECT 1 FROM founded, pg_notify('cloakroom_feed', founded.realm)
