"""Reference values of distribution functions by mpmath (default 60 digits), written with 17 significant digits.
usage: distributions.py OUT.json [NAME ...]     (NAME: only these functions, merged into OUT.json)

Arguments are binary doubles taken exactly. The incomplete beta and gamma ratios come from their series (terms of one sign)
or continued fractions, quantiles from Newton's iteration on the logarithm of the smaller tail, mixtures from their sums,
the rest from tanh-sinh or Gauss-Legendre quadrature; nothing is taken from a program under test.
"""
import json, math, random, sys
from mpmath import mp, mpf, mpc, log, exp, sqrt, loggamma, gamma, erfc, quad, inf, pi, psi, nstr, matrix, log1p, expm1

mp.dps = 60
TINY = mpf("1e-300")


# ---------------------------------------------------------------- incomplete gamma and beta
def gamma_tails(a, x):
    a, x = mpf(a), mpf(x)
    front = exp(a * log(x) - x - loggamma(a))
    if x < a + 1 and x > 0:
        term = total = 1 / a
        n = a
        while term > total * mpf(10) ** (-mp.dps - 2):
            n += 1
            term *= x / n
            total += term
        p = front * total
        return p, 1 - p
    b = x + 1 - a
    c = mpf(10) ** 400
    d = 1 / b
    h = d
    i = 0
    while True:
        i += 1
        an = -i * (i - a)
        b += 2
        d = 1 / (an * d + b)
        c = b + an / c
        h *= c * d
        if abs(c * d - 1) < mpf(10) ** (-mp.dps):
            break
    q = front * h
    return 1 - q, q


def beta_fraction(a, b, x):
    c = mpf(1)
    d = 1 / (1 - (a + b) * x / (a + 1))
    h = d
    m = 0
    while True:
        m += 1
        e = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + e * d)
        c = 1 + e / c
        h *= c * d
        e = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 / (1 + e * d)
        c = 1 + e / c
        h *= c * d
        if abs(c * d - 1) < mpf(10) ** (-mp.dps + 2):
            return h


def beta_tails(a, b, x, y):
    """I_x(a, b) and its complement; x + y = 1."""
    a, b, x, y = mpf(a), mpf(b), mpf(x), mpf(y)
    front = exp(a * log(x) + b * log(y) - loggamma(a) - loggamma(b) + loggamma(a + b))
    if x * (a + b + 2) < a + 1:
        p = front * beta_fraction(a, b, x) / a
        return p, 1 - p
    q = front * beta_fraction(b, a, y) / b
    return 1 - q, q


def odds_tails(a, b, odds):
    odds = mpf(odds)
    return beta_tails(a, b, odds / (1 + odds), 1 / (1 + odds))


def newton(tails, density, p, start):
    """x with P(X <= x) = p: Newton for ln(tail) against ln x, with halving of wild steps."""
    p = mpf(p)
    lower = p <= mpf("0.5")
    target = log(p if lower else 1 - p)
    w = log(mpf(start))
    for _ in range(300):
        x = exp(w)
        t = tails(x)[0 if lower else 1]
        h = log(t) - target
        step = h * t / (density(x) * x) * (1 if lower else -1)
        step = max(min(step, mpf(20)), mpf(-20))
        w -= step
        if abs(step) < mpf(10) ** (-30):
            return exp(w)
    raise ValueError("newton")


def gamma_quantile(p, a):
    a = mpf(a)
    density = lambda x: exp((a - 1) * log(x) - x - loggamma(a))
    start = exp((log(mpf(p)) + loggamma(a + 1)) / a)
    if start > a / 5:
        start = a
    return newton(lambda x: gamma_tails(a, x), density, p, start)


def odds_quantile(p, a, b):
    a, b = mpf(a), mpf(b)
    ln_b = loggamma(a) + loggamma(b) - loggamma(a + b)
    density = lambda o: exp((a - 1) * log(o) - (a + b) * log1p(o) - ln_b)
    start = exp((log(mpf(p)) + log(a) + ln_b) / a)
    if start > a / b / 5:
        start = a / b
    q = 1 - mpf(p)
    if p > 0.5 and b < 5:
        start = max(start, exp(-(log(q) + log(b) + ln_b) / b))
    return newton(lambda o: odds_tails(a, b, o), density, p, start)


# ---------------------------------------------------------------- the functions
def phi(x):
    return erfc(-mpf(x) / sqrt(mpf(2))) / 2


def normal_quantile(p):
    p = mpf(p)
    small = min(p, 1 - p)
    x = sqrt(-2 * log(small)) if small < mpf("0.3") else (mpf("0.5") - small) * sqrt(2 * pi)
    for _ in range(200):
        step = (log(phi(-x)) - log(small)) * phi(-x) / (exp(-x * x / 2) / sqrt(2 * pi))
        x += step
        if abs(step) < mpf(10) ** (-45):
            break
    return -x if p < mpf("0.5") else x


def t_sf(x, df):
    x, df = mpf(x), mpf(df)
    tail = odds_tails(mpf(1) / 2, df / 2, x * x / df)[1] / 2 if x != 0 else mpf(1) / 2
    return tail if x >= 0 else 1 - tail


def t_quantile(p, df):
    p, df = mpf(p), mpf(df)
    two = 1 - 2 * min(p, 1 - p)
    x = sqrt(df * odds_quantile(two, mpf(1) / 2, df / 2))
    return -x if p < mpf("0.5") else x


def ncx2_tails(x, df, lam):
    x, a, m = mpf(x) / 2, mpf(df) / 2, mpf(lam) / 2
    if m == 0:
        return gamma_tails(a, x)
    top = int(m + 40 * sqrt(m) + 400)
    p = gamma_tails(a + top, x)[0]
    term = exp((a + top - 1) * log(x) - x - loggamma(a + top))
    weight = exp(-m + top * log(m) - loggamma(mpf(top + 1)))
    total = mpf(0)
    for j in range(top, -1, -1):
        total += weight * p
        p += term            # P(a + j - 1) from P(a + j)
        if j:
            term *= (a + j - 1) / x
            weight *= j / m
    if total < mpf("0.5"):
        return total, 1 - total
    q = gamma_tails(a, x)[1]
    term = exp(a * log(x) - x - loggamma(a + 1))
    weight = exp(-m)
    upper = mpf(0)
    for j in range(top):
        upper += weight * q
        q += term            # Q(a + j + 1) from Q(a + j)
        term *= x / (a + j + 1)
        weight *= m / (j + 1)
    return total, upper


def ncf_tails(x, d1, d2, lam):
    a, b, m = mpf(d1) / 2, mpf(d2) / 2, mpf(lam) / 2
    odds = mpf(x) * mpf(d1) / mpf(d2)
    u, v = odds / (1 + odds), 1 / (1 + odds)
    if m == 0:
        return beta_tails(a, b, u, v)
    top = int(m + 40 * sqrt(m) + 400)
    p = beta_tails(a + top, b, u, v)[0]
    # T_j = u^(a+j) v^b / ((a+j) B(a+j, b)) = I(a+j) - I(a+j+1)
    term = exp((a + top) * log(u) + b * log(v) - log(a + top) - loggamma(a + top) - loggamma(b) + loggamma(a + top + b))
    weight = exp(-m + top * log(m) - loggamma(mpf(top + 1)))
    total = mpf(0)
    for j in range(top, -1, -1):
        total += weight * p
        if j:
            term *= (a + j) / ((a + j - 1 + b) * u)
            p += term
            weight *= j / m
    if total < mpf("0.5"):
        return total, 1 - total
    q = beta_tails(a, b, u, v)[1]
    term = exp(a * log(u) + b * log(v) - log(a) - loggamma(a) - loggamma(b) + loggamma(a + b))
    weight = exp(-m)
    upper = mpf(0)
    for j in range(top):
        upper += weight * q
        q += term
        term *= (a + j + b) * u / (a + j + 1)
        weight *= m / (j + 1)
    return total, upper


def nct_tails(t, df, delta):
    """P(T <= t) = E Phi(t s - delta), s^2 ~ chi2_df / df; Gauss-Legendre over ln s around the peak of each tail."""
    t, df, delta = mpf(t), mpf(df), mpf(delta)
    norm = log(mpf(2)) + df / 2 * log(df / 2) - loggamma(df / 2)

    def tail(sign):
        def ln_f(u):
            z = sign * (t * exp(u) - delta)
            return log(erfc(-z / sqrt(mpf(2))) / 2) + df * (u - exp(2 * u) / 2) + norm
        old, mp.dps = mp.dps, 20
        lo, hi = mpf(-60) / min(df, 1) - 5, mpf(5)
        grid = [lo + (hi - lo) * i / 4000 for i in range(4001)]
        best = max(grid, key=ln_f)
        span = (hi - lo) / 4000
        for _ in range(60):
            cand = [best - span, best, best + span]
            best = max(cand, key=ln_f)
            span *= mpf("0.7")
        top = ln_f(best)
        def edge(direction):
            w = mpf("0.001") / sqrt(1 + df)
            while ln_f(best + direction * w) > top - 100:
                w *= mpf("1.3")
                if best + direction * w < lo * 3: break
            return w
        left, right = edge(-1), edge(1)
        mp.dps = old
        f = lambda u: exp(ln_f(u) - top)      # scaled: the stopping rule of quad is absolute
        points = [best - left * mpf(i) / 12 for i in range(12, 0, -1)] + [best + right * mpf(i) / 12 for i in range(13)]
        old, mp.dps = mp.dps, 34
        value = quad(f, points, method="gauss-legendre") * exp(top)
        mp.dps = old
        return value
    return tail(1), tail(-1)


def bvn(h, k, rho):
    h, k, rho = mpf(h), mpf(k), mpf(rho)
    root = sqrt(1 - rho * rho)
    f = lambda x: exp(-x * x / 2) / sqrt(2 * pi) * phi((k - rho * x) / root)
    step = k / rho if rho != 0 else mpf(0)
    marks = {h}
    # marks at the peak of the normal density, the step of Phi, the mean of x given y = k, and the upper limit
    for c, s in ((mpf(0), mpf(1)), (step, root / max(abs(rho), mpf("0.01"))), (rho * k, root), (h, root)):
        for j in (-40, -30, -22, -16, -12, -9, -7, -5, -3.5, -2, -1, -0.5, -0.25, 0, 1, 2, 3.5, 5, 7, 9, 12, 16, 22, 30, 40):
            marks.add(c + mpf(j) * s)
    low = h - 60
    points = [low] + sorted(m for m in marks if low < m <= h)
    old, mp.dps = mp.dps, 34
    top = max(f(m) for m in points)           # scaled: the stopping rule of quad is absolute
    value = quad(lambda x: f(x) / top, points, method="gauss-legendre") * top
    mp.dps = old
    return value


def ruben(x, weights, df, memory={}):
    """P(sum w_i chi2_{df_i} <= x), positive weights: mixture of chi-squared (Ruben 1962), beta = smallest weight."""
    x = mpf(x)
    key = str((weights, df))
    if key not in memory:
        memory[key] = ruben_coefficients(weights, df)
    a, beta, n = memory[key]
    half = x / beta / 2
    c = n / 2 + len(a) - 1
    p = gamma_tails(c, half)[0]
    term = exp((c - 1) * log(half) - half - loggamma(c))
    total = mpf(0)
    for j in range(len(a) - 1, -1, -1):
        total += a[j] * p
        p += term
        c -= 1
        if c > 0:
            term *= c / half
    return total, 1 - total


def ruben_coefficients(weights, df):
    w = [mpf(v) for v in weights]
    d = [mpf(v) for v in df]
    beta = min(w)
    n = sum(d)
    ratios = [1 - beta / v for v in w]
    a = [exp(sum(di / 2 * log(beta / wi) for wi, di in zip(w, d)))]
    g = []
    powers = [mpf(1)] * len(w)
    top = max(ratios)
    terms = int(45 / max(1e-9, -math.log10(float(top) if top > 0 else 1e-9))) + int(float(n)) + 80
    for k in range(1, terms):
        powers = [p * r for p, r in zip(powers, ratios)]
        g.append(sum(di * p for di, p in zip(d, powers)))
        a.append(sum(g[k - 1 - r] * a[r] for r in range(k)) / (2 * k))
    return a, beta, n


def paired(x, weights):
    """P(sum w_i chi2_2 > x) for distinct weights of any sign: partial fractions."""
    x = mpf(x)
    w = [mpf(v) for v in weights]
    part = lambda i: 1 / mp.fprod(1 - w[j] / w[i] for j in range(len(w)) if j != i)
    if x >= 0:
        upper = sum(part(i) * exp(-x / (2 * w[i])) for i in range(len(w)) if w[i] > 0)
        return 1 - upper, upper
    lower = sum(part(i) * exp(-x / (2 * w[i])) for i in range(len(w)) if w[i] < 0)
    return lower, 1 - lower


def difference(x, weights, df):
    """P(w1 chi2_a + w2 chi2_b <= x) with w1 > 0 > w2, a = 1 or 3: one integral over ln of the second variable."""
    x = mpf(x)
    (w1, w2), (a, b) = [mpf(v) for v in weights], [mpf(v) for v in df]
    norm = loggamma(b / 2)

    def upper(z):      # P(chi2_a / 2 > z)
        if z <= 0:
            return mpf(1)
        return erfc(sqrt(z)) + (2 * sqrt(z / pi) * exp(-z) if a == 3 else 0)

    def f(u):
        v = exp(u)
        return upper((x - 2 * w2 * v) / (2 * w1)) * exp(b / 2 * u - v - norm)

    marks = [mpf(-160) / b, mpf(-80) / b, mpf(-40) / b] + [mpf(j) for j in range(-20, 7)]
    if x < 0:
        cut = log(x / (2 * w2))
        marks += [cut] + [cut + mpf(10) ** -k for k in range(0, 36, 2)]
    old, mp.dps = mp.dps, 32
    value = quad(f, sorted(set(m for m in marks if m >= mpf(-160) / b)), method="gauss-legendre")
    mp.dps = old
    return 1 - value, value


def fisher_noncentral(k, n1, n2, t, psi_):
    """Odds-ratio conditional distribution of a 2x2 table: cdf, sf, mean, variance."""
    lo, hi = max(0, t - n2), min(n1, t)
    w = {j: mp.binomial(n1, j) * mp.binomial(n2, t - j) * mpf(psi_) ** j for j in range(lo, hi + 1)}
    s = mp.fsum(w.values())
    mean = mp.fsum(j * v for j, v in w.items()) / s
    var = mp.fsum((j - mean) ** 2 * v for j, v in w.items()) / s
    return (mp.fsum(v for j, v in w.items() if j <= k) / s, mp.fsum(v for j, v in w.items() if j > k) / s, mean, var,
            w.get(k, mpf(0)) / s)


# ---------------------------------------------------------------- the grids
out = {}
todo = set(sys.argv[2:])


def wanted(*names):
    return not todo or bool(todo & set(names))


def put(name, arguments, value):
    if todo and name not in todo:
        return
    value = mpf(value)
    if abs(value) < TINY or abs(value) > mpf("1e300") or abs(1 - value) < mpf(10) ** -40 and name.endswith(("cdf", "sf")):
        return
    out.setdefault(name, []).append([list(arguments), float(nstr(value, 25))])


X = [0.0, 1e-300, 1e-10, 0.01, 0.3, 0.5, 0.67448975, 1.0, 1.6, 1.96, 2.5, 3.3, 4.7, 5.5, 5.7, 7.1, 8.3, 12.5, 20.1, 30.0, 37.0]
P = [1e-300, 1e-100, 1e-40, 1e-20, 1e-12, 1e-8, 1e-5, 1e-3, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.42, 0.499, 0.5, 0.501, 0.6,
     0.7, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995, 0.999, 1 - 1e-5, 1 - 1e-8, 1 - 1e-12]
DF = [0.1, 0.3, 0.5, 1.0, 1.5, 2.0, 3.0, 4.5, 7.0, 10.0, 25.0, 60.0, 200.0, 1e3, 1e5, 1e7]

if wanted("normal_cdf", "normal_ln_cdf", "normal_pdf"):
    for x in X:
        for s in (x, -x):
            put("normal_cdf", [s], phi(s))
            put("normal_ln_cdf", [s], log(phi(s)))
        put("normal_pdf", [x], exp(-mpf(x) ** 2 / 2) / sqrt(2 * pi))
    for x in (-40.0, -100.0, -1e4, -1e8):
        put("normal_ln_cdf", [x], -mpf(x) ** 2 / 2 - log(-mpf(x)) - log(2 * pi) / 2
            + log(mp.quad(lambda t: exp(-t - t * t / (2 * mpf(x) ** 2)), [0, 1, 5, 20, 60, 200])))
if wanted("normal_quantile"):
    for p in P + [0.075, 0.0749999, 0.9251, 1.4e-11, 1.3e-11, 0.4999999999, 0.5000001, 5e-324 * 1e20]:
        put("normal_quantile", [p], normal_quantile(p))

if wanted("special"):
    pass
if wanted("ln_gamma", "gamma", "digamma", "trigamma"):
    for x in [1e-10, 1e-5, 0.01, 0.1, 0.5, 0.9999, 1.0001, 1.2, 1.46, 1.4616, 1.5, 1.9999, 2.0001, 2.5, 3.7, 7.9, 8.1, 11.9, 12.1, 30.5, 171.3, 1e3, 1e6, 1e10]:
        put("ln_gamma", [x], loggamma(mpf(x)))
        if x < 171.5:
            put("gamma", [x], gamma(mpf(x)))
        put("digamma", [x], psi(0, mpf(x)))
        put("trigamma", [x], psi(1, mpf(x)))
    for x in (-0.5, -1.3, -2.7, -10.1):
        put("digamma", [x], psi(0, mpf(x)))
        put("trigamma", [x], psi(1, mpf(x)))
        put("gamma", [x], gamma(mpf(x)))
if wanted("erf", "erfc", "erfcx"):
    for x in [1e-10, 0.1, 0.5, 0.8, 1.3, 2.0, 2.9, 4.0, 5.5, 10.0, 20.0, 26.0]:
        put("erf", [x], mp.erf(mpf(x)))
        put("erfc", [x], erfc(mpf(x)))
        put("erfcx", [x], erfc(mpf(x)) * exp(mpf(x) ** 2))
        put("erfc", [-x], erfc(-mpf(x)))
        if x < 20:
            put("erfcx", [-x], erfc(-mpf(x)) * exp(mpf(x) ** 2))
if wanted("ln_beta", "ln_choose"):
    for a in [1e-8, 0.01, 0.5, 1.0, 2.5, 9.0, 15.0, 40.0, 1e3, 1e6]:
        for b in [0.02, 0.5, 1.5, 7.0, 11.0, 80.0, 1e4, 1e8]:
            put("ln_beta", [a, b], loggamma(mpf(a)) + loggamma(mpf(b)) - loggamma(mpf(a) + mpf(b)))
    for n, k in [(5, 2), (10, 5), (20, 1), (60, 30), (100, 3), (1000, 400), (1e6, 10), (1e6, 5e5), (1e9, 3)]:
        put("ln_choose", [n, k], loggamma(mpf(n) + 1) - loggamma(mpf(k) + 1) - loggamma(mpf(n) - mpf(k) + 1))

if wanted("chi_squared_cdf", "chi_squared_sf"):
    for df in DF:
        sd = math.sqrt(2 * df)
        xs = {df * r for r in (1e-6, 1e-3, 0.05, 0.3, 0.7, 0.97, 1.0, 1.03, 1.5, 3.0, 10.0, 40.0)} if df < 500 else \
             {df + z * sd for z in (-30, -10, -4, -1, -0.1, 0, 0.3, 2, 6, 12, 30)}
        for x in sorted(xs):
            if x <= 0:
                continue
            p, q = gamma_tails(mpf(df) / 2, mpf(x) / 2)
            put("chi_squared_cdf", [x, df], p)
            put("chi_squared_sf", [x, df], q)
    for x, df in [(3.84, 1.0), (800.0, 1.0), (1400.0, 3.0), (2500.0, 60.0)]:
        p, q = gamma_tails(mpf(df) / 2, mpf(x) / 2)
        put("chi_squared_sf", [x, df], q)
if wanted("chi_squared_quantile"):
    for df in DF:
        for p in P:
            if df >= 1e5 and p not in (1e-300, 1e-12, 0.025, 0.5, 0.975, 1 - 1e-12):
                continue
            put("chi_squared_quantile", [p, df], 2 * gamma_quantile(p, mpf(df) / 2))
if wanted("gamma_dist_cdf", "gamma_dist_quantile"):
    for shape, rate in [(0.001, 1.0), (0.3, 4.0), (2.5, 0.1), (40.0, 3.0)]:
        for x in (1e-8, 0.02, 0.9, 4.0, 30.0):
            put("gamma_dist_cdf", [x, shape, rate], gamma_tails(shape, mpf(x) * mpf(rate))[0])
        for p in (0.025, 0.5, 0.999):
            put("gamma_dist_quantile", [p, shape, rate], gamma_quantile(p, shape) / mpf(rate))

AB = [(0.05, 0.5), (0.5, 0.5), (0.5, 3.0), (1.0, 1.0), (1.0, 8.0), (2.0, 0.1), (2.5, 3.5), (12.0, 40.0), (200.0, 300.0),
      (1e3, 2.0), (1e4, 2e4), (1e6, 5.5), (5e5, 1e6)]
if wanted("beta_cdf", "beta_sf", "beta_pdf"):
    for a, b in AB:
        m, sd = a / (a + b), math.sqrt(a * b / (a + b + 1)) / (a + b)
        xs = [1e-12, 1e-4, 0.03, 0.2, 0.5, 0.8, 0.97, 0.9999] if a + b < 600 else []
        xs += [m + z * sd for z in (-15, -6, -2, -0.2, 0, 0.5, 3, 8, 20)]
        for x in xs:
            if not 0 < x < 1:
                continue
            p, q = beta_tails(a, b, mpf(x), 1 - mpf(x))
            put("beta_cdf", [x, a, b], p)
            put("beta_sf", [x, a, b], q)
            if a + b < 600:
                put("beta_pdf", [x, a, b], exp((a - 1) * log(mpf(x)) + (b - 1) * log(1 - mpf(x)) - loggamma(mpf(a)) - loggamma(mpf(b)) + loggamma(mpf(a) + mpf(b))))
if wanted("beta_quantile"):
    for a, b in AB:
        for p in P:
            if a + b > 5000 and p not in (1e-300, 1e-12, 0.025, 0.5, 0.975, 1 - 1e-12):
                continue
            o = odds_quantile(p, a, b)
            put("beta_quantile", [p, a, b], o / (1 + o))

D12 = [(1.0, 1.0), (1.0, 3.0), (1.0, 50.0), (2.0, 7.5), (0.1, 4.0), (3.0, 0.3), (5.0, 12.0), (30.0, 30.0), (50.0, 200.0),
       (4.0, 1e4), (0.7, 1e4), (1000.0, 3.0), (1e4, 1e4), (2.0, 1e7)]
if wanted("fisher_f_cdf", "fisher_f_sf"):
    for a, b in D12:
        for x in (1e-6, 1e-3, 0.1, 0.5, 0.9, 1.0, 1.1, 2.0, 4.0, 15.0, 100.0):
            p, q = odds_tails(mpf(a) / 2, mpf(b) / 2, mpf(x) * mpf(a) / mpf(b))
            put("fisher_f_cdf", [x, a, b], p)
            put("fisher_f_sf", [x, a, b], q)
if wanted("fisher_f_quantile"):
    for a, b in D12:
        for p in P:
            if a + b > 5000 and p not in (1e-300, 1e-12, 1e-3, 0.025, 0.5, 0.95, 0.975, 1 - 1e-12):
                continue
            put("fisher_f_quantile", [p, a, b], odds_quantile(p, mpf(a) / 2, mpf(b) / 2) * mpf(b) / mpf(a))

if wanted("student_t_sf", "student_t_pdf"):
    for df in DF:
        for x in (1e-12, 1e-4, 0.1, 0.7, 1.0, 2.0, 3.5, 8.0, 20.0, 37.0, 300.0, 1e5, 1e12):
            if df >= 1e5 and x > 40:
                continue
            put("student_t_sf", [x, df], t_sf(x, df))
            put("student_t_sf", [-x, df], t_sf(-x, df))
            put("student_t_pdf", [x, df], exp(-(mpf(df) + 1) / 2 * log1p(mpf(x) ** 2 / mpf(df)) - loggamma(mpf(df) / 2) - loggamma(mpf(1) / 2) + loggamma((mpf(df) + 1) / 2)) / sqrt(mpf(df)))
if wanted("student_t_quantile"):
    for df in DF:
        for p in P + [0.1 + 1e-9, 0.2000001, 0.5 + 1e-12]:
            if p == 0.5 or df >= 1e5 and p not in (1e-300, 1e-12, 1e-3, 0.025, 0.42, 0.501, 0.7, 0.975, 0.995, 1 - 1e-12):
                continue
            small = min(p, 1 - p)
            if small < 1e-20 and df < 1:
                continue
            if small < 1e-3:    # the tail itself is matched
                d = mpf(df)
                target = 2 * min(mpf(p), 1 - mpf(p))
                o = 1 / odds_quantile(target, d / 2, mpf(1) / 2)
                put("student_t_quantile", [p, df], sqrt(d * o) * (1 if p > 0.5 else -1))
            else:
                put("student_t_quantile", [p, df], t_quantile(p, df))

if wanted("noncentral_t_cdf", "noncentral_t_sf"):
    for df in (0.7, 1.0, 3.0, 10.0, 40.0, 300.0, 1e4):
        for delta in (-2.0, 0.5, 3.0, 12.0):
            for t in (-6.0, -1.0, 0.0, 0.4, 2.0, 5.0, 16.0):
                p, q = nct_tails(t, df, delta)
                put("noncentral_t_cdf", [t, df, delta], p)
                put("noncentral_t_sf", [t, df, delta], q)
if wanted("noncentral_chi_squared_cdf", "noncentral_chi_squared_sf"):
    for df in (0.5, 1.0, 2.0, 4.0, 20.0, 300.0):
        for lam in (0.0, 0.01, 1.0, 10.0, 80.0, 2000.0):
            m, sd = df + lam, math.sqrt(2 * (df + 2 * lam))
            for x in sorted({0.01, 0.5, m / 3, m} | {m + z * sd for z in (-4, -1, 1, 3, 8)}):
                if x > 0:
                    p, q = ncx2_tails(x, df, lam)
                    put("noncentral_chi_squared_cdf", [x, df, lam], p)
                    put("noncentral_chi_squared_sf", [x, df, lam], q)
if wanted("noncentral_f_cdf", "noncentral_f_sf"):
    for a, b in ((1.0, 4.0), (2.0, 30.0), (5.0, 12.5), (20.0, 200.0), (3.0, 1e4)):
        for lam in (0.0, 0.5, 8.0, 60.0, 900.0):
            for x in (0.01, 0.3, 1.0, 2.5, 6.0, 30.0, 400.0):
                p, q = ncf_tails(x, a, b, lam)
                put("noncentral_f_cdf", [x, a, b, lam], p)
                put("noncentral_f_sf", [x, a, b, lam], q)

if wanted("bivariate_normal_cdf"):
    for rho in (-0.9999, -0.95, -0.5, -0.1, 0.0, 0.3, 0.7, 0.925, 0.99, 0.999999):
        for h, k in ((0.0, 0.0), (1.0, 1.0), (-1.0, 2.0), (0.3, -0.2), (2.5, 2.4), (-2.0, -2.2), (-5.0, -1.0), (4.0, -6.0), (-8.0, -7.5), (1.0, -1.0)):
            put("bivariate_normal_cdf", [h, k, rho], bvn(h, k, rho))


def form(x, weights, df, tails, floor):
    if todo and "quadratic_form" not in todo:
        return
    p, q = tails
    for kind, v in (("cdf", p), ("sf", q)):
        if v > floor and abs(1 - v) > mpf(10) ** -18:
            out.setdefault("quadratic_form", []).append([kind, x, weights, df, float(nstr(v, 25))])


if wanted("quadratic_form"):
    for w, d in (([1.0], [1.0]), ([2.5], [7.0]), ([0.6, 0.3, 0.1], [1.0, 1.0, 1.0]), ([0.6, 0.3, 0.1], [2.0, 4.0, 6.0]),
                 ([5.0, 1.0], [1.0, 9.0]), ([1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3], [1.0] * 8), ([3.0, 1.0, 0.2], [0.5, 1.3, 20.0]),
                 ([20.0, 1.0, 0.5], [1.0, 2.0, 3.0])):
        mean = sum(a * b for a, b in zip(w, d))
        for r in (1e-4, 0.01, 0.2, 0.7, 1.0, 1.5, 3.0, 8.0, 20.0):
            form(r * mean, w, d, ruben(r * mean, w, d), mpf("1e-28") if len(w) > 1 else TINY)
    for w in ([1.0, -1.0], [2.0, 0.7, -0.4], [1.0, -3.0, 0.2, -0.1], [5.0, 1.0, 0.3, -0.05], [1.0, 0.5, 0.25, 0.125, 0.0625]):
        for x in (-30.0, -5.0, -0.3, 0.0, 0.01, 1.0, 4.0, 25.0, 90.0):
            form(x, w, [2.0] * len(w), paired(x, w), mpf("1e-40"))
    for w, d in (([1.0, -1.0], [1.0, 1.0]), ([3.0, -0.5], [1.0, 4.0]), ([1.0, -2.0], [3.0, 0.5])):
        for x in (-8.0, -0.5, 0.0, 0.2, 3.0, 20.0):
            form(x, w, d, difference(x, w, d), mpf("1e-10"))

if wanted("binomial_pmf", "binomial_cdf", "binomial_sf"):
    for n, p in ((1, 0.3), (10, 0.5), (25, 0.02), (100, 0.77), (1000, 0.999), (5000, 1e-4), (100000, 0.4)):
        ks = sorted({0, 1, n // 4, n // 2, n - 1, n, int(n * p), max(0, int(n * p - 5 * math.sqrt(n * p * (1 - p)))), min(n, int(n * p + 5 * math.sqrt(n * p * (1 - p))))})
        for k in ks:
            if not 0 <= k <= n:
                continue
            P_, Q_ = mpf(p), 1 - mpf(p)
            put("binomial_pmf", [k, n, p], mp.binomial(n, k) * P_ ** k * Q_ ** (n - k))
            if k < n:
                q, c = beta_tails(k + 1, n - k, P_, Q_)
                put("binomial_cdf", [k, n, p], c)
                put("binomial_sf", [k, n, p], q)
if wanted("poisson_pmf", "poisson_cdf", "poisson_sf"):
    for lam in (1e-6, 0.4, 3.0, 40.0, 1000.0, 1e6):
        for k in sorted({0, 1, 2, 7, int(lam), int(lam + 6 * math.sqrt(lam)), max(0, int(lam - 6 * math.sqrt(lam))), int(3 * lam)}):
            put("poisson_pmf", [k, lam], exp(-mpf(lam) + k * log(mpf(lam)) - loggamma(mpf(k + 1))))
            p, q = gamma_tails(k + 1, lam)
            put("poisson_cdf", [k, lam], q)
            put("poisson_sf", [k, lam], p)
if wanted("hypergeometric"):
    for n, m, t in ((10, 10, 7), (3, 40, 20), (100, 150, 60), (1000, 200, 300), (40000, 60000, 500)):
        lo, hi = max(0, t - m), min(n, t)
        for k in sorted({lo, hi, (lo + hi) // 2, lo + (hi - lo) // 4, int(t * n / (n + m))}):
            pm = mp.binomial(n, k) * mp.binomial(m, t - k) / mp.binomial(n + m, t)
            cdf = mp.fsum(mp.binomial(n, j) * mp.binomial(m, t - j) for j in range(lo, k + 1)) / mp.binomial(n + m, t)
            put("hypergeometric", [k, t, n, n + m, "ln_pmf"], log(pm))
            put("hypergeometric", [k, t, n, n + m, "cdf"], cdf)
            put("hypergeometric", [k, t, n, n + m, "sf"], 1 - cdf)
if wanted("noncentral_hypergeometric"):
    for n1, n2, t in ((10, 12, 9), (5, 200, 12), (150, 100, 70), (2000, 3000, 400)):
        for ps in (0.01, 0.4, 1.0, 3.0, 250.0):
            lo, hi = max(0, t - n2), min(n1, t)
            for k in sorted({lo, lo + (hi - lo) // 3, (lo + hi) // 2, hi}):
                c, s, mean, var, pm = fisher_noncentral(k, n1, n2, t, ps)
                for kind, v in (("cdf", c), ("sf", s), ("mean", mean), ("variance", var), ("pmf", pm)):
                    put("noncentral_hypergeometric", [k, n1, n2, t, ps, kind], v)

if wanted("equicoordinate"):
    # P(max |Z_i| <= c), all correlations rho = l^2: one integral over the shared factor.
    for dim, rho in ((3, 0.5), (5, 0.25), (8, 0.5), (12, 0.81)):
        for c in (1.0, 2.0, 2.6, 3.3):
            l, r = sqrt(mpf(rho)), sqrt(1 - mpf(rho))
            f = lambda z: exp(-z * z / 2) / sqrt(2 * pi) * (phi((mpf(c) - l * z) / r) - phi((-mpf(c) - l * z) / r)) ** dim
            old, mp.dps = mp.dps, 25
            put("equicoordinate", [dim, rho, c], quad(f, [mpf(j) / 2 for j in range(-22, 23)]))
            mp.dps = old

try:
    before = json.load(open(sys.argv[1]))["functions"] if todo else {}
except FileNotFoundError:
    before = {}
before.update(out)
import mpmath
lines = [f'"{k}": [\n' + ",\n".join(json.dumps(c) for c in v) + "\n]" for k, v in sorted(before.items())]
with open(sys.argv[1], "w") as fh:
    fh.write(f'{{"source": "mpmath {mpmath.__version__}, 60 digits; distributions.py", "functions": {{\n' + ",\n".join(lines) + "\n}}\n")
print({k: len(v) for k, v in sorted(out.items())})
