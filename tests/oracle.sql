-- The window analysis as one standard SQL text: an oracle that shares no code with hlhcli.
--
-- Reads   labs (subject, marker, time, value, bound)        one row per result as reported
--         starts (subject, intervention, start, stop)       one row per intervention
--         rules (until_rule, same_day, before_cap, after_cap)   one row
-- Times and caps are whole microseconds (BIGINT); a time on a midnight is a date without a clock.
-- 1.0e100 stands for "no end". Returns one row per series, intervention and side of the start.
WITH limits AS (
    SELECT subject, marker, time,
           CASE WHEN bound = '<' THEN CASE WHEN value >= 0 THEN 0.0 ELSE -1.0e100 END ELSE value END AS low,
           CASE WHEN bound = '>' THEN 1.0e100 ELSE value END AS high
    FROM labs
    WHERE value IS NOT NULL
),
-- Identical results collapse. A date stands before all clocks of its day, or behind them.
placed AS (
    SELECT DISTINCT subject, marker, time, low, high,
           CASE WHEN same_day = 'after' AND MOD(time, 86400000000) = 0
                THEN time + 86399999999 ELSE time END AS position
    FROM limits CROSS JOIN rules
),
-- Different results at one time are ordered by value.
ordered AS (
    SELECT subject, marker, time, low, high, position,
           ROW_NUMBER() OVER (PARTITION BY subject, marker ORDER BY position, low, high) AS place
    FROM placed
),
-- Where the time before a start ends and the time after it begins; nothing else is between them.
cuts AS (
    SELECT subject, intervention, start, stop,
           CASE WHEN MOD(start, 86400000000) <> 0 THEN start + 1
                WHEN same_day = 'before' THEN start + 86400000000
                ELSE start END AS before_until,
           CASE WHEN MOD(start, 86400000000) <> 0 THEN start + 1
                WHEN same_day = 'after' THEN start
                ELSE start + 86400000000 END AS after_from,
           CASE WHEN MOD(start, 86400000000) <> 0 THEN start + 1 ELSE start + 86400000000 END AS later_from,
           start - before_cap AS before_from,
           CASE WHEN MOD(start, 86400000000) <> 0 THEN start + after_cap + 1
                ELSE start + after_cap - MOD(start + after_cap, 86400000000) + 86400000000 END AS cap_until,
           until_rule
    FROM starts CROSS JOIN rules
),
next_starts AS (
    SELECT own.subject, own.start, MIN(later.start) AS next_start
    FROM cuts own JOIN cuts later ON later.subject = own.subject AND later.start >= own.later_from
    GROUP BY own.subject, own.start
),
ends AS (
    SELECT next_starts.subject, next_starts.start, MIN(cuts.before_until) AS next_until
    FROM next_starts
    JOIN cuts ON cuts.subject = next_starts.subject AND cuts.start = next_starts.next_start
    GROUP BY next_starts.subject, next_starts.start
),
windows AS (
    SELECT cuts.subject, intervention, cuts.start, before_from, before_until, after_from, cap_until,
           CASE WHEN until_rule = 'next' THEN next_until
                WHEN until_rule = 'stop' AND MOD(stop, 86400000000) = 0 THEN stop + 86400000000
                WHEN until_rule = 'stop' THEN stop + 1 END AS after_until,
           CASE WHEN until_rule = 'stop' AND stop IS NULL THEN 1 ELSE 0 END AS no_window
    FROM cuts LEFT JOIN ends ON ends.subject = cuts.subject AND ends.start = cuts.start
),
-- Each result beside each window that it lies in; it lies on one side of the start at most.
sided AS (
    SELECT ordered.subject, marker, intervention, start, place, time, low, high,
           CASE WHEN position < before_until THEN 'before' ELSE 'after' END AS side
    FROM windows JOIN ordered ON ordered.subject = windows.subject
    WHERE (position < before_until AND (before_from IS NULL OR position >= before_from))
       OR (position >= after_from AND no_window = 0
           AND (after_until IS NULL OR position < after_until)
           AND (cap_until IS NULL OR position < cap_until))
),
spans AS (
    SELECT subject, marker, intervention, start, side,
           COUNT(*) AS n, MIN(place) AS first_place, MAX(place) AS last_place,
           MIN(low) AS lowest_low, MIN(high) AS lowest_high,
           MAX(low) AS highest_low, MAX(high) AS highest_high,
           AVG(low) AS mean_low, AVG(high) AS mean_high,
           PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY low) AS median_low,
           PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY high) AS median_high
    FROM sided
    GROUP BY subject, marker, intervention, start, side
),
-- The first of equal extremes, in the order of positions: a date may stand behind the clocks of its day.
picks AS (
    SELECT spans.subject, spans.marker, spans.intervention, spans.start, spans.side,
           MIN(CASE WHEN low = lowest_low AND high = lowest_high THEN place END) AS lowest_place,
           MIN(CASE WHEN low = highest_low AND high = highest_high THEN place END) AS highest_place
    FROM spans JOIN sided
        ON sided.subject = spans.subject AND sided.marker = spans.marker
        AND sided.intervention = spans.intervention AND sided.start = spans.start AND sided.side = spans.side
    GROUP BY spans.subject, spans.marker, spans.intervention, spans.start, spans.side
)
SELECT spans.subject, spans.marker, spans.intervention, spans.start, spans.side,
       MAX(n) AS n,
       MAX(CASE WHEN place = first_place THEN low END) AS first_low,
       MAX(CASE WHEN place = first_place THEN high END) AS first_high,
       MAX(CASE WHEN place = first_place THEN time END) AS first_time,
       MAX(CASE WHEN place = last_place THEN low END) AS last_low,
       MAX(CASE WHEN place = last_place THEN high END) AS last_high,
       MAX(CASE WHEN place = last_place THEN time END) AS last_time,
       MAX(lowest_low) AS lowest_low,
       MAX(lowest_high) AS lowest_high,
       MAX(CASE WHEN place = lowest_place THEN time END) AS lowest_time,
       MAX(highest_low) AS highest_low,
       MAX(highest_high) AS highest_high,
       MAX(CASE WHEN place = highest_place THEN time END) AS highest_time,
       MAX(mean_low) AS mean_low,
       MAX(mean_high) AS mean_high,
       MAX(median_low) AS median_low,
       MAX(median_high) AS median_high
FROM spans JOIN picks
    ON picks.subject = spans.subject AND picks.marker = spans.marker
    AND picks.intervention = spans.intervention AND picks.start = spans.start AND picks.side = spans.side
JOIN sided
    ON sided.subject = spans.subject AND sided.marker = spans.marker
    AND sided.intervention = spans.intervention AND sided.start = spans.start AND sided.side = spans.side
GROUP BY spans.subject, spans.marker, spans.intervention, spans.start, spans.side
