# Reference values: influence with tests and moderators, Baujat, radial, residuals, all subsets, permutation.
# usage: Rscript diagnostics.R DATADIR OUTDIR   (DATADIR holds bcg.csv)
suppressMessages({library(metafor); library(jsonlite)})
a <- commandArgs(TRUE); d <- read.csv(file.path(a[1], "bcg.csv")); out <- a[2]
num <- function(x) unname(as.numeric(x))
d <- escalc(measure="RR", ai=tpos, bi=tneg, ci=cpos, di=cneg, data=d)
ctl <- list(threshold=1e-13, maxiter=20000, tol=1e-13)
fits <- list()
for (m in c("FE","DL","REML","ML","PM")) for (t in c("z","knha")) for (mods in list(NULL, "ablat", c("ablat","alloc"))) {
  if (m == "FE" && t == "knha") next
  f <- if (is.null(mods)) ~ 1 else as.formula(paste("~", paste(mods, collapse="+")))
  r <- rma(yi, vi, mods=f, data=d, method=m, test=t, control=ctl)
  i <- suppressWarnings(influence(r))
  o <- list(method=m, test=t, mods=as.list(mods), influence=list(rstudent=num(i$inf$rstudent), dffits=num(i$inf$dffits), cook_d=num(i$inf$cook.d),
    cov_r=num(i$inf$cov.r), tau2_del=num(i$inf$tau2.del), q_del=num(i$inf$QE.del), hat=num(i$inf$hat), weight=num(i$inf$weight)),
    dfbetas=unname(as.matrix(as.data.frame(i$dfbs))))
  b <- blup(r); o$blup <- list(estimate=num(b$pred), se=num(b$se))
  s <- rstandard(r); o$rstandard <- list(residual=num(s$resid), se=num(s$se), z=num(s$z))
  pdf(NULL); bj <- suppressWarnings(baujat(r)); o$baujat <- list(x=num(bj$x), y=num(bj$y))
  if (is.null(mods)) { rd <- radial(r); o$radial <- list(x=num(rd$x), y=num(rd$y)) }; dev.off()
  fits[[length(fits)+1]] <- o
}
d7 <- d[1:7,]; gosh_of <- function(m) { r <- rma(yi, vi, data=d7, method=m, control=ctl); g <- gosh(r, subsets=2^9, progbar=FALSE)
  list(method=m, members=apply(g$incl*1, 1, paste, collapse=""), k=num(g$res[,"k"]), q=num(g$res[,2]), i2=num(g$res[,3]), tau2=num(g$res[,5]), estimate=num(g$res[,6])) }
gosh_all <- lapply(c("REML","DL"), gosh_of)
perm <- list()
d8 <- d[1:8,]
for (t in c("z","knha")) { r <- rma(yi, vi, data=d8, test=t, control=ctl); p <- permutest(r, exact=TRUE, progbar=FALSE); perm[[length(perm)+1]] <- list(id=paste0("signs_", t), k=8, mods=list(), method="REML", test=t, p=num(p$pval)) }
d6 <- d[1:6,]; r <- rma(yi, vi, mods=~ablat+year, data=d6, method="DL"); p <- permutest(r, exact=TRUE, progbar=FALSE); perm[[length(perm)+1]] <- list(id="rows_two", k=6, mods=list("ablat","year"), method="DL", test="z", p=num(p$pval), p_moderators=num(p$QMp))
d9 <- d[1:9,]; d9$rand <- 1*(d9$alloc=="random"); r <- rma(yi, vi, mods=~rand, data=d9, method="REML", test="knha", control=ctl); p <- permutest(r, exact=TRUE, progbar=FALSE); perm[[length(perm)+1]] <- list(id="rows_tied", k=9, mods=list("factor(rand)"), rand=d9$rand, method="REML", test="knha", p=num(p$pval), p_moderators=num(p$QMp))
# half steps: with whole ones one of the 2520 REML fits does not converge and is dropped
r <- rma(yi, vi, mods=~ablat, data=d7, method="REML", control=list(threshold=1e-12, maxiter=10000, stepadj=.5)); p <- permutest(r, exact=TRUE, progbar=FALSE); stopifnot(!anyNA(p$zval.perm)); perm[[length(perm)+1]] <- list(id="rows_first7", k=7, mods=list("ablat"), method="REML", test="z", p=num(p$pval), p_moderators=num(p$QMp))
writeLines(toJSON(list(dataset="bcg.csv", source=paste0("metafor ", packageVersion("metafor"), ", R ", getRversion()), measure="RR", control="threshold=1e-13, maxiter=20000, tol=1e-13", fits=fits, gosh=gosh_all, permutation=perm), digits=I(15), auto_unbox=TRUE, null="null", na="null"), file.path(out, "diagnostics.json"))
