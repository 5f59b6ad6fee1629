#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Prints the files and functions that are larger than the house likes, and how much the backends repeat each other.

The sizes are smells, not rules: header 250 lines, source 400, function 60, a backend 1500. Exit status is always 0.
Functions are found by their braces, not by a compiler: good enough to see outliers.
"""

import argparse
import itertools
import pathlib
import re
import sys

HEADER, SOURCE, FUNCTION, BACKEND = 250, 400, 60, 1500
ROOMS = ("include", "core", "backends", "verifiers", "tools", "examples", "fuzz", "bench", "tests")
NOT_A_FUNCTION = re.compile(r"^\s*(namespace|class|struct|enum|union|extern|using|if|for|while|switch|do|else|try|catch)\b")


def code_lines(text):
    """The lines with comments, literals and white space at the ends taken away."""
    text = re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'',
                  lambda match: re.sub(r"[^\n]", "", match.group(0)), text, flags=re.S)
    return [line.strip() for line in text.split("\n")]


def functions(text):
    """(line, name, length) of each outermost brace block that follows a parameter list."""
    depth, open_blocks, statement = 0, [], ""
    for number, line in enumerate(code_lines(text), 1):
        for character in line + " ":
            if character == "{":
                head = re.search(r"([\w:~]+(?:\s*operator\s*\S+)?)\s*\([^;]*$", statement)
                is_function = bool(head) and not NOT_A_FUNCTION.match(statement)
                open_blocks.append((number, head.group(1) if is_function else None))
                depth, statement = depth + 1, ""
            elif character == "}":
                if open_blocks:
                    start, name = open_blocks.pop()
                    if name and not any(block[1] for block in open_blocks):
                        yield start, name, number - start + 1
                depth, statement = depth - 1, ""
            elif character == ";":
                statement = ""
            else:
                statement += character


def seam_functions(root):
    """The names of the functions that a backend has to write, from the headers of the SPI."""
    headers = "\n".join(path.read_text() for path in (root / "include/omnitls/spi").glob("*.hpp"))
    return set(re.findall(r"virtual [^;{]*?(\w+)\(", headers))


def backend_sizes(root):
    """(backend, lines, lines of code) of each: files as they are, and without comments, blank lines and preprocessor lines."""
    for directory in sorted(path for path in (root / "backends").iterdir() if path.is_dir()):
        texts = [path.read_text() for path in directory.glob("*.[ch]pp")]
        code = [line for text in texts for line in code_lines(text) if line and not line.startswith("#")]
        if texts:
            yield directory.name, sum(text.count("\n") for text in texts), len(code)


def backend_repetition(root):
    """(first, second, share, lines, declarations) for each pair of backends: lines of code that both have, and how many of them
    only say the name and parameters of one of the SPI's functions."""
    seam = re.compile(r"\b(" + "|".join(sorted(seam_functions(root))) + r")\(.*(\boverride\b|[({,;]$|\{ \})")
    backends = {}
    for directory in sorted(path for path in (root / "backends").iterdir() if path.is_dir()):
        lines = set()
        for path in directory.glob("*.[ch]pp"):
            # Short lines (braces, returns) are alike everywhere and say nothing.
            lines |= {line for line in code_lines(path.read_text()) if len(line) > 25 and not line.startswith("#")}
        if lines:
            backends[directory.name] = lines
    for first, second in itertools.combinations(backends, 2):
        common = backends[first] & backends[second]
        dictated = sum(1 for line in common if seam.search(line))
        yield first, second, len(common) / min(len(backends[first]), len(backends[second])), len(common), dictated


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("root", nargs="?", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent.parent)
    parser.add_argument("--top", type=int, default=15, help="how many outliers to print of each kind")
    root, top = parser.parse_args().root, parser.parse_args().top

    totals, large, long_functions = {}, [], []
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*.[ch]pp")):
        name, text = path.relative_to(root).as_posix(), path.read_text()
        count = text.count("\n")
        room = "/".join(name.split("/")[:2]) if name.startswith(("backends/", "tests/")) else name.split("/")[0]
        files, lines = totals.get(room, (0, 0))
        totals[room] = (files + 1, lines + count)
        limit = HEADER if path.suffix == ".hpp" else SOURCE
        if count > limit:
            large.append((count, limit, name))
        long_functions += [(length, f"{name}:{line} {function}")
                           for line, function, length in functions(text) if length > FUNCTION]

    print("room                        files   lines")
    for room, (files, lines) in totals.items():
        print(f"{room:26} {files:6} {lines:7}" + ("  (over 1500)" if room.startswith("backends/") and lines > BACKEND else ""))
    tests = sum(lines for room, (_, lines) in totals.items() if room.startswith("tests"))
    product = sum(lines for room, (_, lines) in totals.items() if room.startswith(("include", "core", "backends", "verifiers")))
    print(f"lines of test per line of library: {tests / max(product, 1):.2f}\n")
    print(f"{len(large)} files over their size:")
    for count, limit, name in sorted(large, reverse=True)[:top]:
        print(f"  {count:5} (over {limit})  {name}")
    print(f"{len(long_functions)} functions over {FUNCTION} lines:")
    for length, name in sorted(long_functions, reverse=True)[:top]:
        print(f"  {length:5}  {name}")
    if (root / "backends").is_dir():
        for backend, lines, code in backend_sizes(root):
            print(f"backend {backend}: {lines} lines, {code} of them code (most: {BACKEND})")
        for first, second, share, common, dictated in backend_repetition(root):
            print(f"{first} and {second} share {share:.1%} of the smaller one's lines of code: {common}, of which {dictated} are "
                  "declarations of the SPI's functions (aim: 10%)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
