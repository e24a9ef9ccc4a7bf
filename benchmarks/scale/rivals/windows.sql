-- What a window is: `--until next --same-day before`. A start without a time of day (midnight) keeps
-- the whole day before the cut. Reads starts (subject, intervention, start).
CREATE TEMP TABLE cuts AS
SELECT *, start + CASE WHEN start = date_trunc('day', start) THEN INTERVAL 1 DAY
                       ELSE INTERVAL 1 MICROSECOND END AS cut
FROM starts;

CREATE TEMP TABLE windows AS
SELECT own.subject, own.intervention, own.start, any_value(own.cut) AS cut,
       coalesce(arg_min(later.cut, later.start), 'infinity'::TIMESTAMP) AS until
FROM cuts own LEFT JOIN cuts later ON later.subject = own.subject AND later.start >= own.cut
GROUP BY ALL;
