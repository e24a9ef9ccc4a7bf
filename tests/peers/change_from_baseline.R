# Change from baseline by the definitions of CDISC ADaM, in base R: an implementation apart from hlhcli.
# Rscript change_from_baseline.R LABS.csv.gz INTERVENTIONS.csv OUT.csv
args <- commandArgs(TRUE)
labs <- read.csv(gzfile(args[1]), colClasses="character", na.strings=character(0))
drug <- read.csv(args[2], colClasses="character", na.strings=character(0))
labs$AVAL <- suppressWarnings(as.numeric(labs$value)); labs$row <- seq_len(nrow(labs))
labs <- labs[!is.na(labs$AVAL),]
a <- merge(labs, drug, by="patient_id"); a$ADT <- substr(a$datetime,1,10)
a <- a[order(a$patient_id,a$marker,a$datetime,a$AVAL),]
b <- a[a$ADT <= a$start_date,]
b <- b[!duplicated(b[,c("patient_id","marker")], fromLast=TRUE), c("patient_id","marker","AVAL")]
names(b)[3] <- "BASE"
p <- a[a$ADT > a$start_date & a$ADT <= a$end_date,]
p <- merge(p, b, by=c("patient_id","marker"), all.x=TRUE)
p$CHG <- p$AVAL - p$BASE; p$PCHG <- ifelse(p$BASE == 0, NA, 100*p$CHG/abs(p$BASE))
options(digits=17)
write.csv(p[,c("patient_id","marker","datetime","AVAL","BASE","CHG","PCHG")], args[3], row.names=FALSE, na="")
