# Time courses of alog_pcfb and osteopain by another route: for fixed shapes a weighted linear model (QR), the shapes by
# optim on the residual sum of squares. Writes oracles/timecourse.json. Run in the folder `oracles`.
library(splines)
options(warn = -1) # Nelder-Mead in one dimension: Newton steps finish it
number <- function(x) sprintf("%.15g", x)
texts <- character()

design <- function(d, f, reference) {
  treatments <- setdiff(sort(unique(d$treatment)), reference)
  studies <- unique(d$study)
  x <- NULL
  if (any(d$time == 0)) for (s in studies) x <- cbind(x, as.numeric(d$study == s))
  for (s in studies) x <- cbind(x, f * (d$study == s))
  for (k in treatments) x <- cbind(x, f * (d$treatment == k))
  list(x = x, treatments = treatments)
}
solve_at <- function(d, f, reference) {
  w <- 1 / d$se
  parts <- design(d, f, reference)
  q <- qr(parts$x * w, tol = 1e-10)
  r <- qr.resid(q, d$y * w)
  list(rss = sum(r^2), coef = qr.coef(q, d$y * w), x = parts$x, w = w, treatments = parts$treatments)
}
one <- function(d, reference, data, form, curve, starts) {
  rss <- function(s) {
    f <- curve(d$time, s)
    if (any(!is.finite(f))) return(1e300)
    solve_at(d, f, reference)$rss
  }
  shapes <- numeric()
  if (length(starts)) {
    best <- NULL
    for (start in starts) {
      o <- optim(start, rss, method = "Nelder-Mead", control = list(reltol = 1e-15, maxit = 5000))
      for (again in 1:5) o <- optim(o$par, rss, method = "Nelder-Mead", control = list(reltol = 1e-16, maxit = 5000))
      if (is.null(best) || o$value < best$value) best <- o
    }
    shapes <- best$par
    # Newton by second differences: the last digits
    for (step in 1:4) {
      h <- 1e-4; n <- length(shapes); e <- diag(n) * h
      g <- sapply(1:n, function(i) (rss(shapes + e[i, ]) - rss(shapes - e[i, ])) / (2 * h))
      H <- matrix(0, n, n)
      for (i in 1:n) for (j in 1:n)
        H[i, j] <- (rss(shapes + e[i, ] + e[j, ]) - rss(shapes + e[i, ] - e[j, ]) - rss(shapes - e[i, ] + e[j, ]) +
          rss(shapes - e[i, ] - e[j, ])) / (4 * h * h)
      shapes <- shapes - solve(H, g)
    }
  }
  s <- solve_at(d, curve(d$time, shapes), reference)
  x <- s$x
  fitted <- function(sh) as.vector(solve_at_fitted(d, curve(d$time, sh), reference, s$coef))
  solve_at_fitted <- function(d, f, reference, coef) design(d, f, reference)$x %*% coef
  for (i in seq_along(shapes)) {
    h <- 1e-5; up <- shapes; down <- shapes
    up[i] <- up[i] + h; down[i] <- down[i] - h
    x <- cbind(x, (fitted(up) - fitted(down)) / (2 * h))
  }
  v <- solve(crossprod(x * s$w))
  p <- length(s$treatments)
  from <- ncol(s$x) - p
  keep <- c(from + seq_len(p), ncol(s$x) + seq_along(shapes))
  v <- v[keep, keep, drop = FALSE]
  amplitude <- s$coef[from + seq_len(p)]
  line <- paste0('{"data":"', data, '","reference":"', reference, '","form":"', form, '","rss":', number(s$rss),
    ',"treatments":["', paste(s$treatments, collapse = '","'), '"],"amplitudes":[', paste(number(amplitude), collapse = ","),
    '],"shapes":[', paste(number(shapes), collapse = ","), '],"se":[', paste(number(sqrt(diag(v))), collapse = ","), ']')
  if (form == "emax" && data == "alog_pcfb") {
    k <- which(s$treatments == "alog_25"); m <- p + 1
    V <- v[c(k, m), c(k, m)]
    D <- function(t, th = c(amplitude[k], shapes)) -th[1] * t / (exp(th[2]) + t)
    se <- function(t) { g <- c(t / (exp(shapes) + t), -amplitude[k] * t * exp(shapes) / (exp(shapes) + t)^2); sqrt(sum(g * (V %*% g))) }
    root <- function(f) uniroot(f, c(0.1, 20), tol = 1e-13)$root
    z <- qnorm(0.975)
    t0 <- root(function(t) D(t) - 0.3)
    slope <- -amplitude[k] * exp(shapes) / (exp(shapes) + t0)^2
    reach <- z * se(t0) / (slope * t0)
    line <- paste0(line, ',"onset":{"treatment":"alog_25","threshold":0.3,"estimate":', number(t0), ',"inversion":[',
      number(root(function(t) D(t) + z * se(t) - 0.3)), ",", number(root(function(t) D(t) - z * se(t) - 0.3)),
      '],"delta":[', number(t0 * exp(-reach)), ",", number(t0 * exp(reach)), "]")
    # Likelihood: at each time the best of the curves that begin there; half of the peak is the shape itself.
    begins <- function(t, sh) {
      own <- d$treatment == "alog_25"
      f <- curve(d$time, sh)
      x <- s$x; x[] <- design(d, f, reference)$x
      known <- -0.3 / curve(t, sh)
      q <- qr(x[, -(from + k)] * s$w, tol = 1e-10)
      sum(qr.resid(q, (d$y - known * f * own) * s$w)^2)
    }
    least <- function(t) optimize(function(sh) begins(t, sh), shapes + c(-0.5, 0.5), tol = 1e-9)$objective - s$rss - z^2
    half <- function(t) solve_at(d, curve(d$time, log(t)), reference)$rss - s$rss - z^2
    ends <- function(f, at, w) sapply(list(c(at / w, at), c(at, at * w)), function(i) number(uniroot(f, i, tol = 1e-12)$root))
    line <- paste0(line, ',"profile":[', paste(ends(least, t0, 1.5), collapse = ","), '],"half":',
      number(exp(shapes)), ',"half_profile":[', paste(ends(half, exp(shapes), 1.5), collapse = ","), "]}")
  }
  texts <<- c(texts, paste0(line, "}"))
}
spline_rss <- function(d, reference, data) {
  t <- sort(unique(d$time[d$time > 0]))
  knots <- c(t[1], t[(length(t) %/% 2) + 1], t[length(t)])
  b <- function(x) ns(x, knots = knots[2], Boundary.knots = knots[c(1, 3)], intercept = TRUE)
  B <- sweep(b(d$time), 2, b(0)); B <- B[, 1:2]
  x <- NULL
  if (any(d$time == 0)) for (s in unique(d$study)) x <- cbind(x, as.numeric(d$study == s))
  for (s in unique(d$study)) x <- cbind(x, B * (d$study == s))
  for (k in setdiff(sort(unique(d$treatment)), reference)) x <- cbind(x, B * (d$treatment == k))
  q <- qr(x / d$se, tol = 1e-10)
  texts <<- c(texts, paste0('{"data":"', data, '","reference":"', reference, '","form":"spline","knots":[',
    paste(number(knots), collapse = ","), '],"rss":', number(sum(qr.resid(q, d$y / d$se)^2)), "}"))
}

a <- read.csv("methods/alog_pcfb.csv"); names(a)[names(a) == "studyID"] <- "study"
o <- read.csv("methods/osteopain.csv"); names(o)[names(o) == "studyID"] <- "study"; o$treatment <- o$treatname
peak <- function(on, off) log(on / off) / (on - off)
rise_and_fall <- function(t, s) {
  on <- exp(s[1]); off <- exp(s[2]); p <- peak(on, off)
  (exp(-off * t) - exp(-on * t)) / (exp(-off * p) - exp(-on * p))
}
one(a, "placebo", "alog_pcfb", "emax", function(t, s) t / (exp(s) + t), list(1.5))
one(a, "placebo", "alog_pcfb", "hill", function(t, s) t^exp(s[2]) / (exp(s[1])^exp(s[2]) + t^exp(s[2])), list(c(1.5, 0), c(2, 0.5)))
one(a, "placebo", "alog_pcfb", "exponential", function(t, s) 1 - exp(-exp(s) * t), list(-1.5))
one(a, "placebo", "alog_pcfb", "linear", function(t, s) t, list())
one(a, "placebo", "alog_pcfb", "loglinear", function(t, s) log1p(t), list())
one(a, "placebo", "alog_pcfb", "bateman", rise_and_fall, list(c(-1.5, -5), c(-1, -4)))
one(a, "placebo", "alog_pcfb", "emax-decay", function(t, s) t / (exp(s[1]) + t) * 2^(-t / exp(s[2])), list(c(1.5, 5), c(1, 4)))
spline_rss(a, "placebo", "alog_pcfb")
one(o, "Placebo_0", "osteopain", "exponential", function(t, s) 1 - exp(-exp(s) * t), list(-1, 0, 1))
jags <- paste0('{"source":"JAGS, 15,000 draws","data":"alog_pcfb","means":{"alog_6.25":-0.5886,"alog_12.5":-0.7762,',
  '"alog_25":-0.8454,"alog_50":-0.9668,"alog_100":-0.8325,"log_et50":1.6475},"sd":{"log_et50":0.0402}}')
writeLines(paste0('{"source":"R ', R.version$major, ".", R.version$minor, ' (QR and optim)","fits":[\n',
  paste(texts, collapse = ",\n"), '],\n"posterior":', jags, "}"), "timecourse.json")
