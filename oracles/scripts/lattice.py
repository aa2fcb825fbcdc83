"""Generating vector of the rank-1 lattice in crates/onset-math/src/multivariate_normal.rs, component by component
(Sloan & Reztsov 2002; fast construction of Nuyens & Cools 2006) for the worst-case error in the Korobov space of
smoothness 1 with product weights j^-2. usage: lattice.py [N=5003] [DIMENSIONS=64]; N prime; needs numpy."""
import sys
import numpy as np

N = int(sys.argv[1]) if len(sys.argv) > 1 else 5003
D = int(sys.argv[2]) if len(sys.argv) > 2 else 64


def order(g):
    k, x = 1, g
    while x != 1:
        x = x * g % N
        k += 1
    return k


root = next(g for g in range(2, N) if order(g) == N - 1)
powers = np.empty(N - 1, dtype=np.int64)
powers[0] = 1
for i in range(1, N - 1):
    powers[i] = powers[i - 1] * root % N
x = powers / N
omega = 2 * np.pi**2 * (x * x - x + 1 / 6)
transform = np.fft.fft(omega)
product = np.ones(N - 1)          # over the dimensions so far, at the points in the order root^-i
z = []
for j in range(1, D + 1):
    # sum over k of omega(z k / N) product(k), for all z at once: a cyclic convolution over the powers of the root
    score = np.fft.ifft(transform * np.fft.fft(product)).real
    best = int(np.argmin(np.round(score, 6)))
    z.append(int(powers[best]))
    # point k = root^-i: z k = root^(best - i)
    values = omega[(best - np.arange(N - 1)) % (N - 1)]
    product *= 1 + values / j**2
print(z)
