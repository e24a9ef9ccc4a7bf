# The window analysis in R with data.table: Rscript data_table.R LABS.csv INTERVENTIONS.csv OUT.csv
suppressPackageStartupMessages(library(data.table))
setDTthreads(0)
files <- commandArgs(trailingOnly = TRUE)

labs <- fread(
  files[1], na.strings = "",
  colClasses = list(character = c("subject", "marker", "value"), POSIXct = "time")
)
bound <- substr(labs$value, 1, 1)
labs[, number := as.numeric(sub("^[<>]", "", value))]
labs[, low := fifelse(bound %in% "<", fifelse(number >= 0, 0, -Inf), number)]
labs[, high := fifelse(bound %in% ">", Inf, number)]
series <- unique(labs[, .(subject, marker)])

windows <- fread(files[2], colClasses = list(character = "subject", POSIXct = "start"))
is_date <- function(time) as.numeric(time) %% 86400 == 0
windows[, cut := start + fifelse(is_date(start), 86400, 1e-6)]
later <- windows[order(start, cut), .(subject, start, until = cut)]
windows[, until := later[windows, on = .(subject, start = cut), roll = -Inf, mult = "first", until]]

# each result belongs to one segment between two cuts of its subject
cuts <- unique(windows[, .(subject, since = cut)])
cuts <- rbind(cuts, unique(windows[, .(subject, since = .POSIXct(-1e12, tz = "UTC"))]))
setkey(cuts, subject, since)
labs <- labs[!is.na(low) & subject %in% windows$subject, .(subject, marker, time, low, high)]
labs[, since := cuts[labs, on = .(subject, since = time), roll = TRUE, x.since]]
setorder(labs, subject, marker, since, time, low, high)
keys <- c("subject", "marker", "since")
edges <- labs[, .(
  first_time = first(time), first_low = first(low), first_high = first(high),
  last_time = last(time), last_low = last(low), last_high = last(high),
  nadir_low = min(low), nadir_high = min(high), peak_low = max(low), peak_high = max(high)
), by = keys]
at_nadir <- labs[edges, on = .(subject, marker, since, low = nadir_low, high = nadir_high),
                 mult = "first", .(nadir_time = x.time)]
at_peak <- labs[edges, on = .(subject, marker, since, low = peak_low, high = peak_high),
                mult = "first", .(peak_time = x.time)]
parts <- cbind(edges, at_nadir, at_peak)

# segments to windows
pairs <- merge(windows, series, by = "subject", allow.cartesian = TRUE)
pairs[, pair := .I]
found <- parts[pairs, on = .(subject, marker), allow.cartesian = TRUE, nomatch = NULL]
setorder(found, pair, since)
base <- found[since < cut, .(
  baseline_time = last(last_time), baseline_low = last(last_low), baseline_high = last(last_high)
), by = pair]
after <- found[since >= cut & (is.na(until) | since < until)]
responses <- after[, .(
  first_time = first(first_time), first_low = first(first_low), first_high = first(first_high),
  last_time = last(last_time), last_low = last(last_low), last_high = last(last_high),
  nadir_low = min(nadir_low), nadir_high = min(nadir_high),
  peak_low = max(peak_low), peak_high = max(peak_high)
), by = pair]
nadirs <- after[responses, on = .(pair, nadir_low, nadir_high), mult = "first", .(nadir_time = x.nadir_time)]
peaks <- after[responses, on = .(pair, peak_low, peak_high), mult = "first", .(peak_time = x.peak_time)]
responses <- cbind(responses, nadirs, peaks)
wide <- responses[base[pairs, on = "pair"], on = "pair"]

known <- function(low, high) fifelse(low == high, low, NA_real_)
result <- rbindlist(lapply(c("first", "nadir", "peak", "last"), function(at) {
  wide[, .(
    subject, marker, intervention, start, at = at,
    baseline = known(baseline_low, baseline_high), baseline_time,
    value = known(get(paste0(at, "_low")), get(paste0(at, "_high"))), time = get(paste0(at, "_time"))
  )]
}))
seconds <- as.numeric(result$time) - as.numeric(result$start)
days <- as.numeric(result$time) %/% 86400 - as.numeric(result$start) %/% 86400
result[, day := fifelse(is_date(start) | is_date(time), days, seconds / 86400)]
result[, delta := value - baseline]
result[, fold_change := fifelse(baseline == 0, NA_real_, value / baseline)]
fwrite(result, files[3])
