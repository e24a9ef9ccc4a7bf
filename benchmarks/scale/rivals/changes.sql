-- One row per response point. A number is known where its lowest and highest are equal; an extreme
-- has a time where one result holds both.
CREATE TEMP VIEW changes AS
WITH points AS (
    SELECT subject, marker, intervention, start, baseline,
           unnest([
               {"at": 'first', low: first.low, high: first.high, t: first.t},
               {"at": 'nadir', low: nadir.low, high: nadir_high,
                t: CASE WHEN nadir.high = nadir_high THEN nadir.t END},
               {"at": 'peak', low: peak_low, high: peak.high,
                t: CASE WHEN peak.low = peak_low THEN make_timestamp(-peak.t) END},
               {"at": 'last', low: last.low, high: last.high, t: last.t}
           ]) AS point
    FROM found
),
numbers AS (
    SELECT subject, marker, intervention, start, point."at",
           CASE WHEN baseline.low = baseline.high THEN baseline.low END AS baseline,
           baseline.t AS baseline_time,
           CASE WHEN point.low = point.high THEN point.low END AS value,
           point.t AS time
    FROM points
)
SELECT *,
       CASE WHEN start = date_trunc('day', start) OR time = date_trunc('day', time)
            THEN date_diff('day', start, time)
            ELSE (epoch_us(time) - epoch_us(start)) / 86400e6 END AS day,
       value - baseline AS delta,
       CASE WHEN baseline <> 0 THEN value / baseline END AS fold_change
FROM numbers;
