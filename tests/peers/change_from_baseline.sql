-- Change from baseline by the definitions of CDISC ADaM, in SQL (DuckDB): an implementation apart from hlhcli.
WITH results AS (
  SELECT patient_id, marker, datetime, substr(datetime, 1, 10) AS adt, try_cast(value AS DOUBLE) AS aval
  FROM read_csv(getvariable('labs'), all_varchar = true)
), treated AS (
  SELECT * FROM results JOIN read_csv(getvariable('interventions'), all_varchar = true) USING (patient_id)
  WHERE aval IS NOT NULL
), base AS (
  SELECT patient_id, marker, arg_max(aval, (datetime, aval)) AS base
  FROM treated WHERE adt <= start_date GROUP BY ALL
)
SELECT patient_id, marker, datetime, aval AS AVAL, base AS BASE, aval - base AS CHG,
  CASE WHEN base <> 0 THEN 100 * (aval - base) / abs(base) END AS PCHG
FROM treated LEFT JOIN base USING (patient_id, marker)
WHERE adt > start_date AND adt <= end_date
