# Reference values: weights that are given, Wald tests of chosen coefficients, linear hypotheses, variance inflation.
# usage: Rscript weights.R DATADIR OUTDIR   (DATADIR holds bcg.csv and bangertdrowns2004.csv)
suppressMessages({library(metafor); library(jsonlite)})
a <- commandArgs(TRUE); out <- a[2]
num <- function(x) unname(as.numeric(x))
ctl <- list(threshold=1e-13, maxiter=20000, tol=1e-13)
bcg <- escalc(measure="RR", ai=tpos, bi=tneg, ci=cpos, di=cneg, data=read.csv(file.path(a[1], "bcg.csv")))
bcg$size <- bcg$tpos + bcg$tneg + bcg$cpos + bcg$cneg
bcg$score <- c(3,1,0,4,2,2,5,1,0,3,4,2,1)
bangert <- read.csv(file.path(a[1], "bangertdrowns2004.csv"))
bangert <- bangert[complete.cases(bangert[c("length","wic","feedback","info","pers","imag","meta","grade")]),]
bangert$score <- bangert$ni
# P(Q > q) for Q = sum lambda chi2_1, by Imhof 1961, Biometrika 48:419
beyond <- function(q, lambda) {
  f <- function(u) sapply(u, function(u) { theta <- .5*sum(atan(lambda*u)) - .5*q*u; sin(theta)/(u*prod((1+lambda^2*u^2)^.25)) })
  ends <- c(0, 2^(-6:10)/max(lambda))
  .5 + sum(sapply(seq_len(length(ends)-1), function(i) integrate(f, ends[i], ends[i+1], rel.tol=1e-11, abs.tol=1e-14, subdivisions=5000L, stop.on.error=FALSE)$value))/pi
}
# tau2 at which the generalised Q with weights w has its observed value as this quantile
at <- function(y, v, X, w, p) {
  A <- diag(w); P <- A - A %*% X %*% solve(t(X) %*% A %*% X) %*% t(X) %*% A; q <- c(t(y) %*% P %*% y)
  below <- function(t) { s <- sqrt(v+t); e <- sort(abs(eigen(diag(s) %*% P %*% diag(s), symmetric=TRUE, only.values=TRUE)$values)); 1 - beyond(q, e[-seq_len(ncol(X))]) - p }
  if (below(0) <= 0) 0 else uniroot(below, c(0, 20), tol=1e-13)$root
}
fits <- list()
of <- function(d, name, mods, method, test, kind) {
  f <- if (is.null(mods)) ~ 1 else as.formula(paste("~", paste(mods, collapse="+")))
  X <- model.matrix(f, d); w <- if (kind == "equal") rep(1, nrow(d)) else d[[kind]]
  call <- list(yi=d$yi, vi=d$vi, mods=f, data=d, test=test, control=ctl)
  ci <- NULL
  if (method == "GENQM") {
    t2 <- at(d$yi, d$vi, X, w/sum(w), .5); call$tau2 <- t2; call$method <- "DL"; call$weights <- w
  } else { call$method <- method; if (kind == "equal" && method != "GENQ") call$weighted <- FALSE else call$weights <- w }
  if (method == "GENQ") ci <- c(at(d$yi, d$vi, X, w/sum(w), .975), at(d$yi, d$vi, X, w/sum(w), .025))
  r <- suppressWarnings(do.call(rma, call))
  p <- predict(r); n <- if (is.null(mods)) 1 else nrow(d)
  e <- list(beta=num(r$beta), se=num(r$se), zval=num(r$zval), pval=num(r$pval), ci_lb=num(r$ci.lb), ci_ub=num(r$ci.ub), tau2=num(r$tau2),
    se_tau2=if (method == "GENQM") NULL else num(r$se.tau2), I2=num(r$I2), H2=num(r$H2), QE=num(r$QE),
    R2=if (method == "GENQM" || is.null(r$R2)) NULL else num(r$R2), QM=if (is.null(mods)) NULL else num(r$QM), QMp=if (is.null(mods)) NULL else num(r$QMp),
    tau2_ci=ci, weights=num(weights(r)), pi_lb=if (r$method == "EE") NULL else num(p$pi.lb), pi_ub=if (r$method == "EE") NULL else num(p$pi.ub), predicted=num(p$pred), predicted_se=num(p$se))
  if (method != "GENQM") { s <- r$fit.stats[, if (method == "REML") "REML" else "ML"]; e <- c(e, list(logLik=num(s[1]), AIC=num(s[3]), BIC=num(s[4]), AICc=num(s[5]))) }
  list(dataset=name, mods=as.list(mods), method=if (method == "EE") "FE" else method, test=test, weights=kind, expect=e)
}
for (kind in c("size", "score", "equal")) for (mods in list(NULL, "ablat", c("ablat", "alloc"))) {
  for (m in c("REML","ML","DL","HE","HS","HSk","SJ","PM","EB","EE","GENQ","GENQM")) for (t in c("z","t","knha","adhoc")) {
    if (m == "EE" && t != "z" || !(m %in% c("REML","GENQ")) && t %in% c("t","adhoc")) next
    fits[[length(fits)+1]] <- of(bcg, "bcg", mods, m, t, kind)
  }
}
for (m in c("REML","GENQ")) for (t in c("z","knha")) fits[[length(fits)+1]] <- of(bangert, "bangertdrowns2004", c("length","factor(grade)","wic"), m, t, "score")
chosen <- list()
add <- function(d, name, mods, intercept, test, kind, sets, hypotheses) {
  f <- as.formula(paste("~", paste(c(mods, if (intercept) NULL else "0"), collapse="+")))
  call <- list(yi=d$yi, vi=d$vi, mods=f, data=d, test=test, control=ctl); if (!is.null(kind)) call$weights <- d[[kind]]
  r <- do.call(rma, call); v <- if (r$p - intercept > 1) vif(r) else NULL
  tests <- lapply(sets, function(s) { b <- anova(r, btt=s); list(positions=s, value=num(b$QM), df1=b$QMdf[1], df2=num(b$QMdf[2]), p=num(b$QMp)) })
  rows <- do.call(rbind, hypotheses); h <- anova(r, X=rows)
  inflated <- lapply(Filter(function(s) !(intercept && 1 %in% s) && length(s) > 1, sets), function(s) { g <- vif(r, btt=s); g <- g$vif[[1]]; list(positions=s, gvif=num(g$vif), gsif=num(g$sif)) })
  chosen[[length(chosen)+1]] <<- list(dataset=name, mods=as.list(mods), intercept=intercept, test=test, weights=kind, tests=tests,
    hypotheses=list(rows=unname(rows), estimate=num(h$Xb), se=num(h$se), statistic=num(h$zval), p=num(h$pval), value=num(h$QM), df1=h$QMdf[1], df2=num(h$QMdf[2]), joint_p=num(h$QMp)),
    vif=if (is.null(v)) NULL else num(sapply(v$vif, function(x) x$vif)), gvif=inflated)
}
for (t in c("z","t","knha")) for (k in list(NULL, "size")) {
  add(bcg, "bcg", c("ablat","factor(alloc)"), TRUE, t, k, list(2, c(3,4), c(1,2), 2:4), list(c(0,0,1,-1), c(0,1,0,0)))
  add(bcg, "bcg", c("ablat","factor(alloc)"), FALSE, t, k, list(2:4, c(2,3)), list(c(0,1,-1,0), c(0,0,1,-1)))
}
for (t in c("z","knha")) for (k in list(NULL, "score"))
  add(bangert, "bangertdrowns2004", c("length","factor(grade)","wic","feedback","info","pers","imag","meta"), TRUE, t, k, list(3:5, 6:11, c(2,9)), list(c(0,0,1,-1,rep(0,7)), c(0,0,0,1,-1,rep(0,6)), c(0,1,rep(0,9))))
writeLines(toJSON(list(source=paste0("metafor ", packageVersion("metafor"), ", R ", getRversion(), "; GENQM and the GENQ interval by Imhof's integral"), control="threshold=1e-13, maxiter=20000, tol=1e-13",
  score=bcg$score, fits=fits, chosen=chosen), digits=I(15), auto_unbox=TRUE, null="null", na="null"), file.path(out, "weights.json"))
