#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Counts the instructions that omnitls::Stream itself takes, with valgrind's callgrind, over a pipe in memory.

  tools/count_instructions.py COUNT_STREAM [--json FILE]     COUNT_STREAM: the program built from bench/count_stream.cpp

For each unit the count is the difference of two amounts, so that what happens once cancels out; of it the engine alone and the
plain pipe are taken away: what is left is the stream's own. Exit status 1: over a bound. --report-only: always 0.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

# What is counted, its workload, the two amounts, units in one operation, the bound on the stream's own and the goal.
UNITS = (
    ("64 B message", "messages_64", (320, 960), 1, 1700, 800),
    ("64 B round trip", "ping_pong_64", (160, 480), 1, 3600, 1500),
    ("MiB, writes of 64 KiB", "bulk_64k", (16, 48), 1 / 16, 80000, 80000),
    ("MiB, writes of 1 MiB", "bulk_1m", (1, 3), 1, 80000, 80000),
)
VARIANTS = ("engine", "plain", "omnitls", "accepted", "asio_ssl")


def callgrind(*command):
    """What callgrind writes of a run of `command`, its own options first."""
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory, "callgrind.out")
        whole = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *command]
        done = subprocess.run(whole, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(whole)}\n{done.stderr}")
        return out.read_text(errors="replace")


def count(program, variant, workload, amount):
    """Instructions of the work alone: collecting is on inside one function of the program only."""
    profile = callgrind("--collect-atstart=no", "--toggle-collect=*measured_work*", program, "--medium", "memory",
                        "--run", variant, workload, str(amount))
    totals = re.search(r"^(?:totals|summary): (\d+)", profile, re.M)
    if not totals or int(totals.group(1)) == 0:
        raise SystemExit("count_instructions: callgrind has counted nothing: was the program stripped?")
    return int(totals.group(1))


def verdict(own, allowed, goal):
    return (f"<= {allowed} {'met' if own <= allowed else 'OVER'}, "
            f"goal {goal} {'met' if own <= goal else 'missed'}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", help="count_stream")
    parser.add_argument("--json", help="file for the results")
    parser.add_argument("--report-only", action="store_true", help="exit status 0 also over a bound")
    arguments = parser.parse_args()

    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        runs = {(variant, workload, amount): pool.submit(count, arguments.program, variant, workload, amount)
                for _, workload, amounts, _, _, _ in UNITS for variant in VARIANTS for amount in amounts}
        counts = {key: run.result() for key, run in runs.items()}

    print(f"{'instructions per':24} {'variant':10} {'all':>12} {'own':>12}  bound")
    results, over = [], 0
    for name, workload, (small, large), units, bound, goal in UNITS:
        each = {variant: (counts[variant, workload, large] - counts[variant, workload, small]) / ((large - small) * units)
                for variant in VARIANTS}
        for variant in VARIANTS:
            own = None if variant in ("engine", "plain") else each[variant] - each["engine"] - each["plain"]
            allowed = bound if variant == "omnitls" else None
            met = allowed is None or own <= allowed
            over += not met
            print(f"{name:24} {variant:10} {each[variant]:12.0f} {'-' if own is None else format(own, '12.0f'):>12}  "
                  f"{'-' if allowed is None else verdict(own, allowed, goal)}")
            results.append({"unit": name, "variant": variant, "instructions": each[variant], "own": own, "bound": allowed,
                            "met": met})
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps({"results": results}, indent=1) + "\n")
    return 1 if over and not arguments.report_only else 0


if __name__ == "__main__":
    sys.exit(main())
