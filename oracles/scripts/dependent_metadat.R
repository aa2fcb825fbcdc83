# Reference values: multilevel and multivariate models of data sets of metadat, through the flags of `onset multilevel`.
# usage: Rscript dependent_metadat.R OUTDIR
# Of four optimisers the highest likelihood is kept.
suppressMessages({library(metafor); library(jsonlite); library(clubSandwich)}); options(warn=-1)
out <- commandArgs(TRUE)[1]; dir.create(file.path(out,"data"), recursive=TRUE, showWarnings=FALSE)
num <- function(x) unname(as.numeric(x)); cases <- list()
controls <- list(list(optimizer="nlminb", rel.tol=1e-12, iter.max=5000, eval.max=10000),
  list(optimizer="optim", optmethod="BFGS", reltol=1e-15, maxit=5000),
  list(optimizer="nlminb", rel.tol=1e-10, iter.max=5000, eval.max=10000),
  list(optimizer="optim", optmethod="Nelder-Mead", reltol=1e-15, maxit=20000))
fit <- function(...) { a <- as.list(sys.call())[-1]; frame <- parent.frame(); best <- NULL
  for (control in controls) { r <- try(eval(as.call(c(quote(rma.mv), a, list(control=control, sparse=FALSE))), frame), silent=TRUE)
    if (!inherits(r,"try-error") && (is.null(best) || logLik(r) > logLik(best))) best <- r }
  best }
data <- function(name, d) write.csv(format(d, digits=17, trim=TRUE), file.path(out,"data",paste0(name,".csv")), row.names=FALSE, na="")
case <- function(id, name, d, args, f, cluster=NULL, below=NULL) {
  e <- list(id=id, dataset=paste0(name,".csv"), args=I(args), beta=I(num(f$beta)), se=I(num(f$se)), logLik=num(logLik(f)), QE=num(f$QE),
    sigma2=I(if (f$withS) num(f$sigma2) else numeric(0)), tau2=I(if (f$withG) num(f$tau2) else numeric(0)),
    rho=I(if (f$withG && !(f$struct[1] %in% c("ID","DIAG"))) num(f$rho) else numeric(0)))
  if (f$int.incl && f$p > 1) e$QM <- num(f$QM)
  if (!is.null(cluster)) { r <- coef_test(f, vcov="CR2", cluster=d[[cluster]]); e$cluster <- cluster; e$CR2 <- list(se=I(num(r$SE)), df=I(num(r$df_Satt)), p=I(num(r$p_Satt))) }
  if (!is.null(below)) { a <- anova(f, below, refit=FALSE); e$LRT <- list(value=num(a$LRT), p=num(a$pval)) }
  cases[[length(cases)+1]] <<- e }
y <- c("--yi","yi","--vi","vi")

d <- dat.kalaian1996[,c("study","outcome","yi","vi","hrs")]; d$study <- as.character(d$study); d$outcome <- as.character(d$outcome); d$yi <- num(d$yi); d$vi <- num(d$vi)
n <- "metadat_kalaian1996"; data(n, d); V <- vcalc(vi, cluster=study, obs=outcome, rho=.66, data=d); rho <- c("--rho","0.66","--cluster","study")
for (s in c("ID","DIAG","CS","HCS","UN")) for (m in c("REML","ML"))
  case(paste(n,s,m,sep="_"), n, d, c(y,"--inner","outcome","--outer","study","--struct",s,"--method",m,"--mods","outcome","--no-intercept",rho), fit(yi, V, mods=~outcome-1, random=~outcome|study, struct=s, method=m, data=d), "study")
case(paste(n,"interaction",sep="_"), n, d, c(y,"--random","study","--mods","outcome,hrs,outcome:hrs",rho), fit(yi, V, mods=~outcome*hrs, random=~1|study, data=d), "study")

d <- escalc("ZCOR", ri=ri, ni=ni, data=dat.crede2010); d <- data.frame(study=d$studyid, sample=d$sampleid, criterion=as.character(d$criterion), yi=num(d$yi), vi=num(d$vi)); d$t <- ave(d$yi, d$study, FUN=seq_along); d$gap <- d$t^2
n <- "metadat_crede2010"; data(n, d); V <- vcalc(vi, cluster=study, time1=t, phi=.7, data=d); phi <- c("--phi","0.7","--time","t","--cluster","study")
for (m in c("REML","ML")) case(paste(n,"nested",m,sep="_"), n, d, c(y,"--random","study/sample","--mods","criterion","--method",m), fit(yi, vi, mods=~criterion, random=~1|study/sample, method=m, data=d), "study")
for (s in c("AR","CAR")) case(paste(n,s,sep="_"), n, d, c(y,"--inner","t","--outer","study","--struct",s), fit(yi, vi, random=~t|study, struct=s, data=d), "study")
case(paste(n,"CAR_gaps",sep="_"), n, d, c(y,"--inner","gap","--outer","study","--struct","CAR"), fit(yi, vi, random=~gap|study, struct="CAR", data=d), "study")
case(paste(n,"nested_phi",sep="_"), n, d, c(y,"--random","study/sample",phi), fit(yi, V, random=~1|study/sample, data=d), "study")
case(paste(n,"AR_phi",sep="_"), n, d, c(y,"--inner","t","--outer","study","--struct","AR",phi), fit(yi, V, random=~t|study, struct="AR", data=d), "study")

d <- escalc("OR", ai=waward, n1i=wtotal, ci=maward, n2i=mtotal, data=dat.bornmann2007); d <- data.frame(study=as.character(d$study), obs=d$obs, type=as.character(d$type), country=as.character(d$country), yi=num(d$yi), vi=num(d$vi))
n <- "metadat_bornmann2007"; data(n, d)
for (m in c("REML","ML")) case(paste(n,"nested",m,sep="_"), n, d, c(y,"--random","study/obs","--mods","type","--method",m), fit(yi, vi, mods=~type, random=~1|study/obs, method=m, data=d), "study", fit(yi, vi, mods=~type, random=~1|study, method=m, data=d))
case(paste(n,"crossed",sep="_"), n, d, c(y,"--random","study+country"), fit(yi, vi, random=list(~1|study,~1|country), data=d))

writeLines(toJSON(list(source=paste0("metafor ",packageVersion("metafor"),", clubSandwich ",packageVersion("clubSandwich"),", metadat ",packageVersion("metadat"),", R ",getRversion()), cases=cases), digits=I(15), auto_unbox=TRUE, null="null", na="null"), file.path(out,"dependent_metadat.json")); cat(length(cases),"cases\n")
