#!/usr/bin/env python3
"""Fits the polynomials of Coefficients.h: python3 fit.py > Coefficients.h (needs mpmath).

Each is a Chebyshev interpolation in 60 digits, within a few per cent of the minimax polynomial. `x2` means that the
polynomial runs over the square of the variable."""

from mpmath import (
    asin,
    atan,
    chebyfit,
    cos,
    erf,
    erfc,
    exp,
    log,
    lu_solve,
    matrix,
    mp,
    mpf,
    pi,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    taylor,
    polyval,
)

mp.dps = 60


def near_zero(function, order=40):
    """The function with its Taylor series close to 0, where the formula cancels."""
    series = None

    def evaluate(t):
        nonlocal series
        if abs(t) > mpf("0.02"):
            return function(t)
        if series is None:
            series = chebyfit(function, [mpf("0.02"), mpf("0.2")], 24)
        return polyval(series, t)

    return evaluate


def odd(function):
    """(f(x) - x) / x^3 over x^2."""
    return near_zero(lambda t: (function(sqrt(t)) - sqrt(t)) / (t * sqrt(t)))


def relative(function, rest, power, domain, degree):
    """P such that function(x) = rest(x) + x^power P(x) with the least relative error: least squares, whose weights grow
    where the error is large (Lawson)."""
    count = 16 * (degree + 1)
    center, radius = (domain[0] + domain[1]) / 2, (domain[1] - domain[0]) / 2
    points = [center + radius * cos(pi * (2 * i + 1) / (2 * count)) for i in range(count)]
    rows = [[t ** (power + k) / function(t) for k in range(degree + 1)] for t in points]
    wanted = [1 - rest(t) / function(t) for t in points]
    weights, best = [mpf(1)] * count, None
    for _ in range(100):
        normal = matrix(degree + 1, degree + 1)
        right = matrix(degree + 1, 1)
        for row, y, w in zip(rows, wanted, weights):
            for i in range(degree + 1):
                right[i] += w * row[i] * y
                for j in range(degree + 1):
                    normal[i, j] += w * row[i] * row[j]
        found = lu_solve(normal, right)
        errors = [abs(sum(row[k] * found[k] for k in range(degree + 1)) - y) for row, y in zip(rows, wanted)]
        if best is None or max(errors) < best[0]:
            best = max(errors), found
        weights = [w * e for w, e in zip(weights, errors)]
        weights = [w / max(weights) for w in weights]
    return list(best[1])


half_ln2 = log(2) / 2
s_max = (sqrt(2) - 1) / (sqrt(2) + 1)
FITS = [  # name, what, function, domain, degree for float, for double
    (
        "exp",
        "(exp(x) - 1 - x) / x^2",
        lambda t: (exp(t) - 1 - t) / t**2 if abs(t) > mpf("1e-9") else mpf(1) / 2 + t / 6,
        [-half_ln2, half_ln2],
        4,
        10,
    ),
    (
        "log",
        "(log((1 + x) / (1 - x)) - 2 x) / x^3, x2",
        near_zero(lambda t: (log((1 + sqrt(t)) / (1 - sqrt(t))) - 2 * sqrt(t)) / (t * sqrt(t))),
        [0, mpf(1) / 9],
        4,
        12,
    ),
    ("sin", "(sin(x) - x) / x^3, x2", odd(sin), [0, (pi / 4) ** 2], 3, 6),
    (
        "cos",
        "(cos(x) - 1 + x^2 / 2) / x^4, x2",
        near_zero(lambda t: (cos(sqrt(t)) - 1 + t / 2) / t**2),
        [0, (pi / 4) ** 2],
        3,
        6,
    ),
    ("tanh", "(tanh(x) - x) / x^3, x2", odd(tanh), [0, mpf("0.625") ** 2], 5, 14),
    ("sinh", "(sinh(x) - x) / x^3, x2", odd(sinh), [0, 1], 3, 7),
    ("atan", "(atan(x) - x) / x^3, x2", odd(atan), [0, tan(pi / 8) ** 2], 5, 13),
    ("asin", "(asin(x) - x) / x^3, x2", odd(asin), [0, mpf(1) / 4], 6, 18),
    ("erf", "erf(x) / x, x2", near_zero(lambda t: erf(sqrt(t)) / sqrt(t)), [0, 1], 7, 14),
    ("logErfcNear", "log(1 - erf(x)) on [1, 4]", lambda t: log(erfc(t)), [1, 4], 9, 20),
    ("logErfcFar", "log(1 - erf(x)) on [1, 6]", lambda t: log(erfc(t)), [1, 6], 9, 24),
]


def text(value):
    return mp.nstr(value, 20, min_fixed=0, max_fixed=0)


print("// Made by fit.py; lowest degree first.")
print("#pragma once\n\n#include <vector>\n\nnamespace convoy::schedules::coefficients {\n")
for name, what, function, domain, single, double in FITS:
    print(f"// {what}")
    for suffix, degree in (("F", single), ("D", double)):
        numbers = ", ".join(text(c) for c in reversed(chebyfit(function, domain, degree + 1)))
        print(f"inline const std::vector<double> {name}{suffix}{{{numbers}}};")
    print()
print("// exp(x) = 1 + x + x^2 P(x), with the least relative error")
for suffix, degree in (("F", 3), ("D", 9)):
    numbers = ", ".join(text(c) for c in relative(exp, lambda t: 1 + t, 2, [-half_ln2, half_ln2], degree))
    print(f"inline const std::vector<double> expShort{suffix}{{{numbers}}};")
print()
print("} // namespace convoy::schedules::coefficients")
