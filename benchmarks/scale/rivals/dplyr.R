# The window analysis in R with dplyr: Rscript dplyr.R LABS.csv INTERVENTIONS.csv OUT.csv
# data.table reads and writes the files, as base R would take longer than the analysis.
suppressPackageStartupMessages(library(dplyr))
files <- commandArgs(trailingOnly = TRUE)
is_date <- function(time) as.numeric(time) %% 86400 == 0

labs <- data.table::fread(
  files[1], na.strings = "", data.table = FALSE,
  colClasses = list(character = c("subject", "marker", "value"), POSIXct = "time")
) %>%
  mutate(
    bound = substr(value, 1, 1),
    number = as.numeric(sub("^[<>]", "", value)),
    low = if_else(bound %in% "<", if_else(number >= 0, 0, -Inf), number),
    high = if_else(bound %in% ">", Inf, number)
  ) %>%
  select(subject, marker, time, low, high)

windows <- data.table::fread(
  files[2], data.table = FALSE, colClasses = list(character = "subject", POSIXct = "start")
) %>%
  mutate(cut = start + if_else(is_date(start), 86400, 1e-6))
until <- windows %>%
  inner_join(select(windows, subject, later = start, until = cut), by = "subject") %>%
  filter(later >= cut) %>%
  arrange(later, until) %>%
  group_by(subject, intervention, start) %>%
  summarise(until = first(until), .groups = "drop")
windows <- left_join(windows, until, by = c("subject", "intervention", "start"))

known <- function(low, high) if_else(low == high, low, NA_real_)
pairs <- inner_join(distinct(labs, subject, marker), windows, by = "subject")
rows <- labs %>%
  filter(!is.na(low)) %>%
  inner_join(windows, by = "subject") %>%
  arrange(time, low, high)
baseline <- rows %>%
  filter(time < cut) %>%
  group_by(subject, marker, intervention, start) %>%
  summarise(baseline = known(last(low), last(high)), baseline_time = last(time), .groups = "drop")
after <- rows %>%
  filter(time >= cut, is.na(until) | time < until) %>%
  group_by(subject, marker, intervention, start)
points <- bind_rows(
  after %>% summarise(at = "first", value = known(first(low), first(high)), time = first(time), .groups = "drop"),
  after %>% summarise(
    at = "nadir", value = known(min(low), min(high)),
    time = time[which(low == min(low) & high == min(high))[1]], .groups = "drop"
  ),
  after %>% summarise(
    at = "peak", value = known(max(low), max(high)),
    time = time[which(low == max(low) & high == max(high))[1]], .groups = "drop"
  ),
  after %>% summarise(at = "last", value = known(last(low), last(high)), time = last(time), .groups = "drop")
)

keys <- c("subject", "marker", "intervention", "start")
result <- pairs %>%
  select(all_of(keys)) %>%
  merge(data.frame(at = c("first", "nadir", "peak", "last"))) %>%
  left_join(baseline, by = keys) %>%
  left_join(points, by = c(keys, "at")) %>%
  mutate(
    seconds = as.numeric(time) - as.numeric(start),
    days = as.numeric(time) %/% 86400 - as.numeric(start) %/% 86400,
    day = if_else(is_date(start) | is_date(time), days, seconds / 86400),
    delta = value - baseline,
    fold_change = if_else(baseline == 0, NA_real_, value / baseline)
  ) %>%
  select(all_of(keys), at, baseline, baseline_time, value, time, day, delta, fold_change)
data.table::fwrite(result, files[3])
