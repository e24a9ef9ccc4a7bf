-- The best SQL found: each result belongs to one segment between two cuts of its subject, so that
-- no row is read twice; segments are then put together to windows. Ties by value: structs compare
-- their fields in turn.
CREATE TEMP TABLE segments AS
SELECT subject, cut AS since,
       coalesce(lead(cut) OVER (PARTITION BY subject ORDER BY cut), 'infinity'::TIMESTAMP) AS until
FROM (SELECT subject, cut FROM cuts UNION SELECT subject, '-infinity'::TIMESTAMP FROM cuts);

CREATE TEMP TABLE parts AS
SELECT labs.subject, marker, since,
       min({t: time, low: low, high: high}) FILTER (low IS NOT NULL) AS first,
       max({t: time, low: low, high: high}) FILTER (low IS NOT NULL) AS last,
       min({low: low, high: high, t: time}) FILTER (low IS NOT NULL) AS nadir,
       max({high: high, low: low, t: -epoch_us(time)}) FILTER (low IS NOT NULL) AS peak,
       min(high) AS nadir_high,
       max(low) AS peak_low
FROM labs JOIN segments ON segments.subject = labs.subject AND time >= since AND time < until
GROUP BY ALL;

CREATE TEMP TABLE found AS
SELECT subject, marker, intervention, start,
       max(last) FILTER (since < cut) AS baseline,
       min(first) FILTER (since >= cut AND since < until) AS first,
       min(nadir) FILTER (since >= cut AND since < until) AS nadir,
       min(nadir_high) FILTER (since >= cut AND since < until) AS nadir_high,
       max(peak) FILTER (since >= cut AND since < until) AS peak,
       max(peak_low) FILTER (since >= cut AND since < until) AS peak_low,
       max(last) FILTER (since >= cut AND since < until) AS last
FROM windows JOIN parts USING (subject)
GROUP BY ALL;
