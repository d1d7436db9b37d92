-- $1 realm, $2 after, $3 limit
-- At least one row; one statement sees one moment.
SELECT pg_is_in_recovery(), h.fmt, h.epoch, h.n, h.chain, log.b
FROM (SELECT 1) AS always
LEFT JOIN cloakroom_feed_head AS h ON h.realm = $1
LEFT JOIN LATERAL (
    SELECT n, b FROM cloakroom_feed_batch WHERE realm = h.realm AND n > $2 ORDER BY n LIMIT $3
) AS log ON true
ORDER BY log.n
