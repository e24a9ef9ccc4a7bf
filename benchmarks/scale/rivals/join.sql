-- The SQL that comes to mind first: every result with every window of its subject.
CREATE TEMP TABLE found AS
SELECT subject, marker, intervention, start,
       max({t: time, low: low, high: high}) FILTER (time < cut AND low IS NOT NULL) AS baseline,
       min({t: time, low: low, high: high}) FILTER (time >= cut AND time < until AND low IS NOT NULL) AS first,
       min({low: low, high: high, t: time}) FILTER (time >= cut AND time < until AND low IS NOT NULL) AS nadir,
       min(high) FILTER (time >= cut AND time < until) AS nadir_high,
       max({high: high, low: low, t: -epoch_us(time)}) FILTER (time >= cut AND time < until AND low IS NOT NULL) AS peak,
       max(low) FILTER (time >= cut AND time < until) AS peak_low,
       max({t: time, low: low, high: high}) FILTER (time >= cut AND time < until AND low IS NOT NULL) AS last
FROM windows JOIN labs USING (subject)
GROUP BY ALL;
