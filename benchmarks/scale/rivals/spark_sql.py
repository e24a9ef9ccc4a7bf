"""The window analysis in Spark's SQL: ``spark_sql.py LABS INTERVENTIONS OUT``; OUT is a folder of Parquet.

The segments of ``segments.sql``, in the words that Spark has for them.
"""

import os
import sys

from pyspark.sql import SparkSession

MASTER = os.environ.get("SPARK_MASTER", f"local[{os.cpu_count()}]")
PARQUET = "SELECT subject, marker, CAST(time AS TIMESTAMP_NTZ) AS time, value, bound FROM raw"
CSV = """
SELECT CAST(subject AS BIGINT) AS subject, marker, CAST(time AS TIMESTAMP_NTZ) AS time,
       CAST(ltrim('<>', value) AS DOUBLE) AS value,
       CASE WHEN substr(value, 1, 1) IN ('<', '>') THEN substr(value, 1, 1) ELSE '' END AS bound
FROM raw
"""
VIEWS = {
    "labs": """
        SELECT subject, marker, time,
               CASE WHEN bound = '<' THEN CASE WHEN value >= 0 THEN 0D ELSE double('-infinity') END
                    ELSE value END AS low,
               CASE WHEN bound = '>' AND value IS NOT NULL THEN double('infinity') ELSE value END AS high
        FROM ({rows})""",
    "cuts": """
        SELECT *, start + CASE WHEN start = date_trunc('day', start) THEN INTERVAL '1' DAY
                               ELSE INTERVAL '0 00:00:00.000001' DAY TO SECOND END AS cut
        FROM starts""",
    "windows": """
        SELECT own.subject, own.intervention, own.start, any_value(own.cut) AS cut,
               coalesce(min_by(later.cut, later.start), TIMESTAMP_NTZ '9999-12-31') AS until
        FROM cuts own LEFT JOIN cuts later ON later.subject = own.subject AND later.start >= own.cut
        GROUP BY ALL""",
    "segments": """
        SELECT subject, cut AS since, coalesce(lead(cut) OVER (PARTITION BY subject ORDER BY cut),
                                               TIMESTAMP_NTZ '9999-12-31') AS until
        FROM (SELECT subject, cut FROM cuts UNION SELECT subject, TIMESTAMP_NTZ '0001-01-01' FROM cuts)""",
    "parts": """
        SELECT labs.subject, marker, since,
               min(struct(time AS t, low, high)) FILTER (WHERE low IS NOT NULL) AS first,
               max(struct(time AS t, low, high)) FILTER (WHERE low IS NOT NULL) AS last,
               min(struct(low, high, time AS t)) FILTER (WHERE low IS NOT NULL) AS nadir,
               max(struct(high, low, -unix_micros(CAST(time AS TIMESTAMP)) AS t))
                   FILTER (WHERE low IS NOT NULL) AS peak,
               min(high) AS nadir_high,
               max(low) AS peak_low
        FROM labs JOIN segments ON segments.subject = labs.subject AND time >= since AND time < until
        GROUP BY ALL""",
    "found": """
        SELECT windows.subject, marker, intervention, start,
               max(last) FILTER (WHERE since < cut) AS baseline,
               min(first) FILTER (WHERE since >= cut AND since < until) AS first,
               min(nadir) FILTER (WHERE since >= cut AND since < until) AS nadir,
               min(nadir_high) FILTER (WHERE since >= cut AND since < until) AS nadir_high,
               max(peak) FILTER (WHERE since >= cut AND since < until) AS peak,
               max(peak_low) FILTER (WHERE since >= cut AND since < until) AS peak_low,
               max(last) FILTER (WHERE since >= cut AND since < until) AS last
        FROM windows JOIN parts ON parts.subject = windows.subject
        GROUP BY ALL""",
    "numbers": """
        SELECT subject, marker, intervention, start, point.`at` AS `at`,
               CASE WHEN baseline.low = baseline.high THEN baseline.low END AS baseline,
               baseline.t AS baseline_time,
               CASE WHEN point.low = point.high THEN point.low END AS value,
               point.t AS time
        FROM (
            SELECT subject, marker, intervention, start, baseline,
                   explode(array(
                       struct('first' AS `at`, first.low AS low, first.high AS high, first.t AS t),
                       struct('nadir' AS `at`, nadir.low AS low, nadir_high AS high,
                              CASE WHEN nadir.high = nadir_high THEN nadir.t END AS t),
                       struct('peak' AS `at`, peak_low AS low, peak.high AS high,
                              CASE WHEN peak.low = peak_low
                                   THEN CAST(timestamp_micros(-peak.t) AS TIMESTAMP_NTZ) END AS t),
                       struct('last' AS `at`, last.low AS low, last.high AS high, last.t AS t)
                   )) AS point
            FROM found
        )""",
    "changes": """
        SELECT *,
               CASE WHEN start = date_trunc('day', start) OR time = date_trunc('day', time)
                    THEN CAST(datediff(time, start) AS DOUBLE)
                    ELSE (unix_micros(CAST(time AS TIMESTAMP)) - unix_micros(CAST(start AS TIMESTAMP)))
                         / 86400e6 END AS day,
               value - baseline AS delta,
               CASE WHEN baseline <> 0 THEN value / baseline END AS fold_change
        FROM numbers""",
}
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.driver.memory": os.environ.get("SPARK_MEMORY", "4g"),
    "spark.sql.shuffle.partitions": str(4 * (os.cpu_count() or 1)),
}


def analyze(session: SparkSession, labs: str, interventions: str, out: str) -> None:
    """Run the job in a session."""
    raw = session.read.parquet(labs) if labs.endswith(".parquet") else session.read.csv(labs, header=True)
    raw.createOrReplaceTempView("raw")
    given = "subject BIGINT, intervention STRING, start TIMESTAMP_NTZ"
    session.read.csv(interventions, header=True, schema=given).createOrReplaceTempView("starts")
    rows = PARQUET if labs.endswith(".parquet") else CSV
    for name, query in VIEWS.items():
        session.sql(query.format(rows=rows)).createOrReplaceTempView(name)
    session.table("changes").write.mode("overwrite").parquet(out)


def main(labs: str, interventions: str, out: str) -> None:
    """Start Spark, run the job, stop."""
    builder = SparkSession.builder.master(MASTER)
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    analyze(session, labs, interventions, out)
    session.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
