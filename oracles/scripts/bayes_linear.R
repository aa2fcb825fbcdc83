# Meta-regression and network meta-analysis with priors on tau, by dense quadrature over log tau (base R and jsonlite).
# usage: Rscript bayes_linear.R ORACLES  (writes ORACLES/bayes_regression.json and ORACLES/bayes_network.json)
# Whole matrices at every tau: y ~ N(X b, S + tau^2 K); K = I of independent studies, 1 and 1/2 within a study of several arms.
# Trapezoid rule on 8,001 points for everything over tau; quantiles of tau from cumulative Simpson sums.
library(jsonlite)
args <- commandArgs(trailingOnly = TRUE)
at <- function(...) file.path(args[1], ...)
priors <- list(
  halfnormal = function(t, c, tr) log(2) + dnorm(t, 0, c, log = TRUE),
  halfcauchy = function(t, c, tr) log(2) + dcauchy(t, 0, c, log = TRUE),
  jeffreys = function(t, c, tr) log(t) + .5 * log(tr))

# b0, s0: means and standard deviations of normal priors, Inf where flat
grid <- function(y, X, S, K, name, scale, s0, b0 = numeric(length(s0))) {
  p <- ncol(X); P <- diag(ifelse(is.finite(s0), 1 / s0^2, 0), p); n <- length(y)
  sc <- sqrt(median(diag(S)))
  u <- seq(log(sc * 1e-10), log(sc * if (name == "halfnormal") 1e3 else 1e7), length.out = 8001); t <- exp(u)
  l <- numeric(length(u)); M <- matrix(0, length(u), p); V <- array(0, c(length(u), p, p))
  proper <- is.finite(s0)
  for (i in seq_along(u)) {
    W <- solve(S + t[i]^2 * K); A <- t(X) %*% W %*% X + P; Ai <- solve(A)
    m <- Ai %*% (t(X) %*% W %*% y + P %*% b0); r <- y - X %*% m
    q <- sum(r * (W %*% r)) + sum((m - b0)^2 * diag(P))
    ld <- -determinant(W)$modulus + determinant(A)$modulus + 2 * sum(log(s0[proper]))
    WK <- W %*% K
    l[i] <- -.5 * ((n - p + sum(proper)) * log(2 * pi) + ld + q) + priors[[name]](t[i], scale, sum(WK * t(WK))) + u[i]
    M[i, ] <- m; V[i, , ] <- Ai
  }
  h <- u[2] - u[1]; d <- exp(l - max(l)); w <- d * h; w[c(1, length(w))] <- w[c(1, length(w))] / 2
  total <- sum(w)
  # cumulative Simpson at every second point
  odd <- seq(1, length(u), 2); k <- length(odd)
  cum <- c(0, cumsum(h / 3 * (d[odd[-k]] + 4 * d[odd[-k] + 1] + d[odd[-1]]))) / total
  F <- splinefun(u[odd], cum)
  qt <- function(a) exp(uniroot(function(x) F(x) - a, range(u[odd[cum > 1e-9 & cum < 1 - 1e-9]]), tol = 1e-13)$root)
  w <- w / total; e <- sum(w * t)
  list(w = w, t = t, M = M, V = V, logml = max(l) + log(total),
       tau = list(mean = e, sd = sqrt(sum(w * (t - e)^2)), median = qt(.5), central = c(qt(.025), qt(.975))))
}
mixture <- function(w, m, v) {
  keep <- w > 1e-18; w <- w[keep]; m <- m[keep]; s <- sqrt(v[keep])
  e <- sum(w * m); sd <- sqrt(sum(w * (s^2 + (m - e)^2)))
  q <- function(a) uniroot(function(x) sum(w * pnorm((x - m) / s)) - a, e + c(-40, 40) * sd, tol = 1e-14 * max(1, sd))$root
  list(mean = e, sd = sd, median = q(.5), central = c(q(.025), q(.975)), p_lt_0 = sum(w * pnorm(-m / s)))
}
combination <- function(g, c) list(m = as.vector(g$M %*% c), v = apply(g$V, 1, function(A) sum(c * (A %*% c))))

# --- regression: BCG trials, log risk ratios
bcg <- fromJSON(at("bcg.json"), simplifyVector = FALSE)$cases[[1]]
y <- unlist(bcg$effects$yi); v <- unlist(bcg$effects$vi); data <- read.csv(at("data", "bcg.csv"))
a <- data$alloc; levels <- sort(unique(a), method = "radix")
designs <- list(
  list(mods = "ablat", X = cbind(intercept = 1, ablat = data$ablat)),
  list(mods = c("ablat", "alloc"), X = {
    X <- cbind(1, data$ablat, sapply(levels[-1], function(l) as.numeric(a == l)))
    colnames(X) <- c("intercept", "ablat", paste0("alloc", levels[-1])); X }))
fits <- list()
for (d in designs) for (case in list(
  list("halfnormal", .5, FALSE), list("halfcauchy", .5, TRUE), list("jeffreys", NULL, FALSE))) {
  X <- d$X; p <- ncol(X); s0 <- if (case[[3]]) c(2, .05, rep(1, p - 2)) else rep(Inf, p)
  g <- grid(y, X, diag(v), diag(length(y)), case[[1]], case[[2]], s0)
  coefs <- lapply(seq_len(p), function(j) { x <- combination(g, replace(numeric(p), j, 1)); mixture(g$w, x$m, x$v) })
  rows <- lapply(c(1, 5, 13), function(i) {
    x <- combination(g, X[i, ]); list(row = i, mean = mixture(g$w, x$m, x$v), new = mixture(g$w, x$m, x$v + g$t^2)) })
  fits[[length(fits) + 1]] <- list(mods = as.list(d$mods), prior = case[[1]], scale = case[[2]],
    beta_sd = if (case[[3]]) s0 else NULL, names = colnames(X), coefficients = coefs, tau = g$tau, predicted = rows,
    log_marginal = if (case[[3]]) g$logml else NULL)
}
note <- paste("dense quadrature over log tau, 8,001 points,", R.version.string)
save <- function(x, name) writeLines(toJSON(x, auto_unbox = TRUE, digits = NA, null = "null"), at(name))
save(list(source = note, y = y, v = v, fits = fits), "bayes_regression.json")

# --- network: diabetes trials of Senn and others 2013
d <- read.csv(at("data", "network_senn2013.csv"), stringsAsFactors = FALSE)
names(d)[names(d) == "TE"] <- "y"; names(d)[names(d) == "seTE"] <- "se"
treat <- sort(unique(c(d$treat1, d$treat2)), method = "radix"); n <- length(treat)
Y <- c(); X <- NULL; blocks <- list(); half <- list()
for (s in unique(d$studlab)) {
  r <- d[d$studlab == s, ]; arms <- sort(unique(c(r$treat1, r$treat2)), method = "radix"); m <- length(arms)
  T <- matrix(0, m, m); Q <- matrix(0, m, m)
  for (i in seq_len(nrow(r))) {
    a <- match(r$treat1[i], arms); b <- match(r$treat2[i], arms)
    T[a, b] <- r$y[i]; T[b, a] <- -r$y[i]; Q[a, b] <- Q[b, a] <- r$se[i]^2
  }
  o <- 2:m; S <- outer(o, o, Vectorize(function(i, j) (Q[1, i] + Q[1, j] - Q[i, j]) / 2))
  C <- cbind(-1, diag(m - 1)); L <- t(C) %*% solve(S) %*% C
  # contrasts that disagree by rounding: weighted least squares with the study's own weights
  theta <- sapply(seq_len(m), function(i) sum(-L[i, -i] * T[i, -i]))
  Y <- c(Y, as.vector(S %*% theta[o]))
  x <- matrix(0, m - 1, n); for (i in o) { x[i - 1, match(arms[i], treat)] <- 1; x[i - 1, match(arms[1], treat)] <- -1 }
  X <- rbind(X, x); blocks <- c(blocks, list(S)); half <- c(half, list(diag(.5, m - 1) + .5))
}
block <- function(list) { k <- sum(sapply(list, nrow)); B <- matrix(0, k, k); at <- 0
  for (b in list) { i <- at + seq_len(nrow(b)); B[i, i] <- b; at <- at + nrow(b) }; B }
S <- block(blocks); K <- block(half); reference <- match("placebo", treat)
fits <- list()
for (case in list(list("halfnormal", .5, Inf), list("halfcauchy", .5, 2), list("jeffreys", NULL, Inf))) {
  g <- grid(Y, X[, -reference], S, K, case[[1]], case[[2]], rep(case[[3]], n - 1))
  full <- function(i, j) { c <- numeric(n); c[i] <- 1; c[j] <- c[j] - 1; c[-reference] }
  pairs <- list(); better <- matrix(0, n, n)
  for (i in seq_len(n - 1)) for (j in (i + 1):n) {
    x <- combination(g, full(i, j)); e <- mixture(g$w, x$m, x$v); new <- mixture(g$w, x$m, x$v + g$t^2)
    better[i, j] <- e$p_lt_0; better[j, i] <- 1 - e$p_lt_0
    pairs[[length(pairs) + 1]] <- c(list(a = treat[i], b = treat[j]), e, list(new = new$central))
  }
  fits[[length(fits) + 1]] <- list(prior = case[[1]], scale = case[[2]], effect_sd = if (is.finite(case[[3]])) case[[3]],
    pairs = pairs, p_scores = setNames(as.list(rowSums(better) / (n - 1)), treat), tau = g$tau,
    log_marginal = if (is.finite(case[[3]])) g$logml else NULL)
}
save(list(source = note, data = "network_senn2013.csv", reference = "placebo", fits = fits), "bayes_network.json")
