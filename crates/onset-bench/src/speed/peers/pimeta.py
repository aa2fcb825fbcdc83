# Medians of pimeta on the numbers of our rows, as lines "name <tab> nanoseconds".
import csv
import statistics
import sys
import time

import pimeta


def part(k):
    with open(sys.argv[1]) as lines:
        rows = [row for row in csv.DictReader(lines) if row["set"] == str(k)]
    return {name: [float(row[name]) for row in rows if row[name]] for name in ("y", "v", "dose", "year")}


def say(name, times, work):
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        repeats = 0
        while True:
            work()
            repeats += 1
            if time.perf_counter() - start > 0.05:
                break
        spent.append((time.perf_counter() - start) / repeats)
    print(f"{name}\t{statistics.median(spent) * 1e9:.0f}")


few, middle, many = part(13), part(50), part(4000)
moderators = [list(row) for row in zip(middle["dose"], middle["year"])]


def whole():
    fit = pimeta.rma(few["y"], few["v"], test="knha")
    pimeta.confint(fit)
    pimeta.predict(fit)


say("REML k=13", 11, lambda: pimeta.rma(few["y"], few["v"]))
say("meta-regression REML-HK 2 moderators k=50", 11,
    lambda: pimeta.rma(middle["y"], middle["v"], mods=moderators, test="knha"))
say("REML k=4000", 1, lambda: pimeta.rma(many["y"], many["v"]))
try:
    say("REML+HK+QP+PI k=13", 5, whole)
except Exception as error:
    print(f"pimeta: {error}", file=sys.stderr)
