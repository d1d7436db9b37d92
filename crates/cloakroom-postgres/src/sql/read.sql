-- $1 realm, $2 after, $3 limit, $4 bytes of the longest batch, $5 bytes of all unless the first is longer
-- At least one row; one statement sees one moment.
SELECT pg_is_in_recovery(), h.fmt, h.epoch, h.n, h.chain, log.b, log.long
FROM (SELECT 1) AS always
LEFT JOIN cloakroom_feed_head AS h ON h.realm = $1
LEFT JOIN LATERAL (
    SELECT n, size > $4 AS long, CASE WHEN size <= $4 THEN b END AS b
    FROM (
        SELECT n, b, octet_length(b) AS size, sum(octet_length(b)) OVER (ORDER BY n) AS total
        FROM (
            SELECT n, b FROM cloakroom_feed_batch WHERE realm = h.realm AND n > $2 ORDER BY n LIMIT $3
        ) AS next
    ) AS sized
    WHERE total <= $5 OR total = size
) AS log ON true
ORDER BY log.n
