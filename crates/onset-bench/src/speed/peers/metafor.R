# Medians of metafor on the numbers of our rows, as lines "name <tab> nanoseconds".
suppressMessages(library(metafor))
data <- read.csv(commandArgs(trailingOnly = TRUE)[1])
part <- function(k) data[data$set == k, ]
say <- function(name, times, work, scale = 1) {
  spent <- vapply(seq_len(times), function(i) {
    start <- proc.time()[["elapsed"]]
    repeats <- 0
    repeat {
      work()
      repeats <- repeats + 1
      if (proc.time()[["elapsed"]] - start > 0.05) break
    }
    (proc.time()[["elapsed"]] - start) / repeats
  }, numeric(1))
  cat(name, "\t", format(median(spent) * scale * 1e9, digits = 15), "\n", sep = "")
}
few <- part(13)
middle <- part(50)
some <- part(200)
many <- part(4000)
say("REML k=13", 11, function() rma(y, v, data = few))
say("REML+HK+QP+PI k=13", 5, function() {
  fit <- rma(y, v, data = few, test = "knha")
  confint(fit)
  predict(fit)
})
say("leave-one-out REML k=13", 3, function() leave1out(rma(y, v, data = few)))
say("meta-regression REML-HK 2 moderators k=50", 11, function() {
  rma(y, v, mods = ~ dose + year, data = middle, test = "knha")
})
fit <- rma(y, v, data = few)
say("influence set REML k=13", 3, function() influence(fit))
large <- rma(y, v, data = some)
say("influence set REML k=200", 1, function() influence(large))
# a thousandth, a hundredth of the work, and counted up
few$dose <- seq_len(13)
slope <- rma(y, v, mods = ~ dose, data = few)
say("permutation test REML 1 moderator k=13, 10,000 orders", 3, function() {
  permutest(slope, iter = 20, progbar = FALSE)
}, scale = 500)
say("GOSH REML 2^13 subsets, 2 threads", 3, function() {
  suppressWarnings(gosh(fit, subsets = 40, progbar = FALSE))
}, scale = 8192 / 40)
say("REML k=4000", 1, function() rma(y, v, data = many))
