# Reference values: models of networks beyond one effect per treatment, as linear mixed models of metafor.
# usage: Rscript network_models.R DATA_FOLDER OUT.json
suppressMessages(library(metafor))
arg <- commandArgs(TRUE)
read <- function(data) {
  d <- read.csv(file.path(arg[1], paste0("network_", data, ".csv")), colClasses = c(studlab = "character"))
  d <- d[!is.na(d$TE) & !is.na(d$seTE), ]
  rows <- list(); blocks <- list()
  for (s in unique(d$studlab)) {
    x <- d[d$studlab == s, ]
    arms <- sort(unique(c(x$treat1, x$treat2)), method = "radix")
    n <- length(arms); y <- v <- matrix(0, n, n, dimnames = list(arms, arms))
    for (i in seq_len(nrow(x))) {
      y[x$treat1[i], x$treat2[i]] <- x$TE[i]; y[x$treat2[i], x$treat1[i]] <- -x$TE[i]
      v[x$treat1[i], x$treat2[i]] <- v[x$treat2[i], x$treat1[i]] <- x$seTE[i]^2
    }
    o <- arms[-1]
    V <- outer(o, o, Vectorize(function(a, b) (v[a, arms[1]] + v[b, arms[1]] - v[a, b]) / 2))
    blocks[[s]] <- V
    rows[[s]] <- data.frame(study = s, base = arms[1], treat = o, y = y[o, arms[1]])
  }
  list(rows = do.call(rbind, rows), V = bldiag(blocks))
}
# arm-level design: f(study, treatment) -> row
design <- function(rows, f) t(mapply(function(s, a, b) f(s, b) - f(s, a), rows$study, rows$base, rows$treat))
fit <- function(d, X) {
  if (is.null(dim(X)) || nrow(X) != nrow(d$rows)) X <- matrix(X, nrow = nrow(d$rows))
  rows <- d$rows; rows$arm <- factor(rows$treat)
  for (tol in 10^-(13:8)) {
    m <- tryCatch(rma.mv(rows$y, d$V, mods = X, intercept = FALSE, random = ~ arm | study, rho = 0.5, data = rows,
      method = "REML", control = list(rel.tol = tol, iter.max = 10000, eval.max = 10000)), error = function(e) NULL)
    if (!is.null(m)) return(m)
  }
  stop("no convergence")
}
json <- function(x) {
  if (is.list(x)) {
    body <- vapply(x, json, "")
    if (is.null(names(x))) paste0("[", paste(body, collapse = ",\n"), "]")
    else paste0("{", paste0('"', names(x), '":', body, collapse = ","), "}")
  } else if (is.character(x)) paste0('"', x, '"')
  else if (length(x) == 1) sprintf("%.15g", x)
  else paste0("[", paste(sprintf("%.15g", x), collapse = ","), "]")
}
out <- list(source = paste0("metafor ", packageVersion("metafor"), ", ", R.version.string))
# splits
for (data in c("senn2013", "linde2015")) {
  d <- read(data); rows <- d$rows
  trts <- sort(unique(c(rows$base, rows$treat)), method = "radix")
  arms <- tapply(seq_len(nrow(rows)), rows$study, function(i) unique(c(rows$base[i], rows$treat[i])), simplify = FALSE)
  one <- function(s, t) as.numeric(trts[-1] == t)
  list_of <- list()
  for (a in trts) for (b in trts) if (a < b | match(a, trts) < match(b, trts)) {
    if (match(a, trts) >= match(b, trts)) next
    has <- function(s) a %in% arms[[s]] && b %in% arms[[s]]
    if (!any(sapply(names(arms), has))) next
    X <- design(rows, function(s, t) c(one(s, t), if (has(s)) 0.5 * ((t == a) - (t == b)) else 0))
    if (qr(X)$rank < ncol(X)) next
    m <- tryCatch(fit(d, X), error = function(e) { message(data, " ", a, " ", b, ": ", conditionMessage(e)); NULL })
    if (is.null(m)) next
    p <- length(trts); cc <- numeric(p); cc[-p] <- one("", a) - one("", b)
    dd <- cc; dd[p] <- 1
    se <- function(c) sqrt(as.numeric(t(c) %*% vcov(m) %*% c)); b0 <- as.numeric(coef(m))
    list_of[[length(list_of) + 1]] <- list(comparison = list(a, b), tau2 = m$tau2, direct = sum(dd * b0), direct_se = se(dd),
      indirect = sum(cc * b0), indirect_se = se(cc), difference = b0[p], difference_se = sqrt(vcov(m)[p, p]), p = m$pval[p])
  }
  out[[paste0("side_", data)]] <- list_of
}
# one covariate: the place of the study in the table, common coefficient against placebo
d <- read("senn2013"); rows <- d$rows
trts <- sort(unique(c(rows$base, rows$treat)), method = "radix"); studies <- unique(rows$study)
one <- function(s, t) as.numeric(trts[trts != "placebo"] == t)
x <- setNames(seq_along(studies), studies); x <- x - mean(x)
m <- fit(d, design(rows, function(s, t) c(one(s, t), if (t == "placebo") 0 else x[[s]])))
out$regression <- list(tau2 = m$tau2, estimate = as.numeric(coef(m)), se = m$se, p = m$pval[length(m$pval)], q = m$QE, treatments = as.list(trts[trts != "placebo"]))
# components, connected and with two separate parts
parts <- list(acarbose = "a", benfluorex = "b", metformin = "m", miglitol = c("a", "m"), pioglitazone = "p", placebo = character(0),
  rosiglitazone = c("p", "m"), sitagliptin = "s", sulfonylurea = "u", vildagliptin = c("s", "u"))
comp <- c("a", "b", "m", "p", "s", "u")
of <- function(s, t) as.numeric(comp %in% parts[[t]])
m <- fit(d, design(rows, of))
out$components <- list(components = as.list(comp), tau2 = m$tau2, estimate = as.numeric(coef(m)), se = m$se, q = m$QE)
drop <- rows$study %in% rows$study[(rows$treat %in% c("placebo") | rows$base %in% c("placebo")) & (rows$base %in% c("metformin", "rosiglitazone", "pioglitazone", "sulfonylurea") | rows$treat %in% c("metformin", "rosiglitazone", "pioglitazone", "sulfonylurea"))] | rows$base == "acarbose" & rows$treat == "sulfonylurea" | rows$base == "acarbose" & rows$treat == "metformin" | rows$base == "metformin" & rows$treat == "acarbose"
drop <- rows$study %in% rows$study[drop]
apart <- list(rows = rows[!drop, ], V = d$V[!drop, !drop])
X <- design(apart$rows, of); keep <- colSums(abs(X)) > 0
cat("apart: studies", length(unique(apart$rows$study)), "rank", qr(X)$rank, "of", ncol(X), "\n"); print(unique(apart$rows[, 2:3]))
if (qr(X)$rank == ncol(X)) { m <- fit(apart, X)
out$apart <- list(studies = as.list(unique(apart$rows$study)), tau2 = m$tau2, estimate = as.numeric(coef(m)), se = m$se, q = m$QE) }
writeLines(json(out), arg[2])
