#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks that the documents say what the code says.

Reads README.md, CONTRIBUTING.md and docs/**/*.md and reports, as FILE:LINE: explanation
  * a ```cpp block without a line "<!-- example: FILE#REGION -->" before it, or that differs from that region of examples/FILE:
    the lines between "// [REGION]" and "// [/REGION]", without their common indentation. "max=N" behind it bounds its lines
  * a ```cmake block that differs from the region of such a line before it ("# [REGION]"); without the line it is free
  * a relative link to a file or heading that does not exist
  * a path in `code` (core/x.cpp, tools/y.sh, ...) that does not exist
  * a table between "<!-- NAME:begin -->" and "<!-- NAME:end -->" that differs from its source:
    errc from include/omnitls/error.hpp, exit-codes from tools/omnitls/exit_codes.hpp
Exit status: 0 nothing found, 1 something found, 2 usage. --update rewrites blocks and tables; --self-test runs the rules on
small trees of its own. (The capability table of README.md needs the libraries: tests/docs/capability_table.)
"""

import argparse
import pathlib
import re
import sys
import tempfile
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(\w*)\s*$")
EXAMPLE = re.compile(r"^<!-- example: ([\w./-]+)#([\w-]+)(?: max=(\d+))? -->$")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE_SPAN = re.compile(r"`([^`]+)`")
ROOMS = "include|core|backends|tests|examples|docs|tools|fuzz|bench|cmake|\\.ci"
CODE_PATH = re.compile(rf"^(?:{ROOMS})/[\w./-]+$")
BEGIN = re.compile(r"^<!-- ([a-z-]+):begin -->$")


def documents(root):
    found = [root / "README.md", root / "CONTRIBUTING.md", *sorted((root / "docs").rglob("*.md"))]
    return [path for path in found if path.is_file()]


def region(path, name):
    """The dedented lines of a region, or a text that says why there are none."""
    if not path.is_file():
        return f"there is no {path.name}"
    lines = path.read_text(encoding="utf-8").splitlines()
    begins = [i for i, line in enumerate(lines) if line.strip() in (f"// [{name}]", f"# [{name}]")]
    ends = [i for i, line in enumerate(lines) if line.strip() in (f"// [/{name}]", f"# [/{name}]")]
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        return f"{path.name} has no single region [{name}]"
    kept = [line for line in lines[begins[0] + 1:ends[0]] if not re.match(r"\s*(//|#) \[/?[\w-]+\]$", line)]
    return textwrap.dedent("\n".join(kept)).split("\n")


def enum_rows(path, enum):
    """(name, value, comment) of an enumeration whose enumerators have ///< comments; a comment ends at the next enumerator."""
    text = path.read_text(encoding="utf-8")
    body = re.search(rf"enum class {enum}\b[^{{]*{{(.*?)\n}};", text, re.S)
    if not body:
        return []
    rows, value = [], -1
    pattern = r"^\s*(\w+)(?:\s*=\s*(\d+))?,[ \t]*((?:///<[^\n]*(?:\n\s*///<[^\n]*)*)?)"
    for name, number, comment in re.findall(pattern, re.sub(r"\s*\n\s*=", " =", body.group(1)), re.M):
        value = int(number) if number else value + 1
        comment = " ".join(part.strip() for part in comment.replace("///<", "").splitlines())
        rows.append((name, value, comment.strip().rstrip(".").replace("|", "\\|")))
    return rows


def errc_table(root):
    rows = enum_rows(root / "include/omnitls/error.hpp", "Errc")
    return ["| `Errc` | Value | Meaning |", "|---|---|---|", *(f"| `{n}` | {v} | {c} |" for n, v, c in rows)]


def exit_table(root):
    path = root / "tools/omnitls/exit_codes.hpp"
    rows = enum_rows(path, "Exit") if path.is_file() else []
    rows = [(n, v, c or "Done, and trusted") for n, v, c in rows]
    return ["| Status | Name | Meaning |", "|---|---|---|", *(f"| {v} | {n} | {c} |" for n, v, c in rows)]


TABLES = {"errc": errc_table, "exit-codes": exit_table}


def slug(heading):
    """GitHub's anchor of a heading."""
    text = re.sub(r"[`*_]|\[|\]\([^)]*\)", "", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def anchors(path):
    inside, found = False, set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if FENCE.match(line):
            inside = not inside
        elif not inside and (heading := re.match(r"#+\s+(.*)", line)):
            found.add(slug(heading.group(1)))
    return found


class Document:
    """One file: its problems, and its text as it should be."""

    def __init__(self, root, path):
        self.root, self.path = root, path
        self.lines = path.read_text(encoding="utf-8").splitlines()
        self.out, self.problems = [], []
        self.scan()

    def report(self, index, text):
        self.problems.append(f"{self.path.relative_to(self.root)}:{index + 1}: {text}")

    def scan(self):
        i = 0
        while i < len(self.lines):
            line = self.lines[i]
            self.out.append(line)
            fence, begin = FENCE.match(line), BEGIN.match(line)
            if fence:
                end = self.find(i + 1, "```")
                self.block(i, fence.group(1), self.lines[i + 1:end])
                i = self.after(end)
            elif begin and begin.group(1) in TABLES:
                end = self.find(i + 1, f"<!-- {begin.group(1)}:end -->")
                self.replace(i, self.lines[i + 1:end], ["", *TABLES[begin.group(1)](self.root), ""], "the table")
                i = self.after(end)
            else:
                self.text(i, line)
                i += 1

    def find(self, start, end):
        for i in range(start, len(self.lines)):
            if self.lines[i].strip() == end:
                return i
        self.report(start - 1, f"no {end!r} follows")
        return len(self.lines)

    def after(self, end):
        self.out += self.lines[end:end + 1]
        return end + 1

    def block(self, i, language, body):
        marker = next((self.lines[k] for k in range(i - 1, -1, -1) if self.lines[k].strip()), "")
        example = EXAMPLE.match(marker)
        is_cpp = language in ("cpp", "c++", "cxx")
        if not is_cpp and not (language == "cmake" and example):
            self.out += body
            return
        if not example:
            self.report(i, "a cpp block needs <!-- example: FILE#REGION --> before it")
            self.out += body
            return
        source, name, most = example.groups()
        wanted = region(self.root / "examples" / source, name)
        if isinstance(wanted, str):
            self.report(i, wanted)
            self.out += body
            return
        if most and len(wanted) > int(most):
            self.report(i, f"examples/{source}#{name} has {len(wanted)} lines, at most {most} are wanted here")
        self.replace(i, body, wanted, f"examples/{source}#{name}")

    def replace(self, i, body, wanted, what):
        if body != wanted:
            self.report(i, f"differs from {what}; tools/check_docs.py --update rewrites it")
        self.out += wanted

    def text(self, i, line):
        for target in LINK.findall(CODE_SPAN.sub("", line)):
            self.link(i, target)
        for span in CODE_SPAN.findall(line):
            if CODE_PATH.match(span) and not (self.root / span).exists():
                self.report(i, f"there is no {span}")

    def link(self, i, target):
        if re.match(r"[a-z]+:", target):
            return
        name, _, anchor = target.partition("#")
        path = (self.path.parent / name).resolve() if name else self.path
        if not path.exists():
            self.report(i, f"the link {target} leads nowhere")
        elif anchor and path.suffix == ".md" and anchor not in anchors(path):
            self.report(i, f"the link {target} names no heading of {path.name}")


def check(root, update=False):
    problems = []
    for path in documents(root):
        document = Document(root, path)
        text = "\n".join(document.out) + "\n"
        if update and text != path.read_text(encoding="utf-8"):
            path.write_text(text, encoding="utf-8")
            if root == ROOT:
                print(f"updated {path.relative_to(root)}")
            document = Document(root, path)
        problems += document.problems
    return problems


def self_test():
    example = "int x;\n// [one]\n    int a;\n    // [two]\n    if (a) {\n        b();\n    }\n    // [/two]\n// [/one]\n"
    errors = "enum class Errc {\n    closed =\n        1,  ///< Over | out.\n    cut,  ///< Cut\n          ///< off.\n};\n"
    two = "<!-- example: e.cpp#two -->\n```cpp\nif (a) {\n    b();\n}\n```\n"
    table = "<!-- errc:begin -->\n\n| `Errc` | Value | Meaning |\n|---|---|---|\n| `closed` | 1 | Over \\| out |\n" \
            "| `cut` | 2 | Cut off |\n\n<!-- errc:end -->\n"
    cases = [  # README, words of the one problem (None: none)
        (two, None),
        (two.replace("b()", "c()"), "differs from"),
        (two.replace("#two", "#one"), "differs from"),
        ("<!-- example: e.cpp#one -->\n```cpp\nint a;\nif (a) {\n    b();\n}\n```\n", None),
        (two.replace("#two", "#three"), "no single region"),
        (two.replace("e.cpp", "f.cpp"), "there is no f.cpp"),
        (two.replace("#two", "#two max=3"), None),
        (two.replace("#two", "#two max=2"), "at most 2"),
        ("```cpp\nint a;\n```\n", "needs <!-- example"),
        ("<!-- example: l.txt#lib -->\n```cmake\nadd_library(x)\n```\n", None),
        ("<!-- example: l.txt#lib -->\n```cmake\nadd_library(y)\n```\n", "differs from"),
        ("```cmake\nadd_library(y)\n```\n", None),
        ("```sh\nls\n```\n", None),
        ("```sh\nls\n", "follows"),
        ("[a](docs/a.md) [b](https://example.org/x) [c](docs/a.md#the-head-2)\n", None),
        ("[a](docs/b.md)\n", "leads nowhere"),
        ("[a](docs/a.md#no)\n", "names no heading"),
        ("[a](#here)\n\n# Here\n", None),
        ("[a](#there)\n\n# Here\n", "names no heading"),
        ("see `docs/a.md` and `core/<x>`, `a/b`\n", None),
        ("see `docs/c.md`\n", "there is no docs/c.md"),
        (table, None),
        (table.replace("Cut off", "Cut"), "differs from the table"),
    ]
    failed = 0
    for readme, words in cases:
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            for name, text in {"README.md": readme, "docs/a.md": "# The head, 2\n\ntext\n", "examples/e.cpp": example,
                               "examples/l.txt": "# [lib]\nadd_library(x)\n# [/lib]\n",
                               "include/omnitls/error.hpp": errors}.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            problems = check(root)
            good = not problems if words is None else len(problems) == 1 and words in problems[0]
            if good and words is not None and "differs" in words:
                check(root, update=True)  # What can be rewritten is right afterwards.
                good = not check(root)
            if not good:
                failed += 1
                print(f"self-test: expected {words!r}, got {problems} for\n{readme}")
    print(f"self-test: {len(cases) - failed} of {len(cases)} cases as expected")
    return failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="rewrite code blocks and tables from their sources")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    if options.self_test:
        return 1 if self_test() else 0
    root = ROOT
    problems = check(root, options.update)
    print("\n".join(problems) if problems else f"docs: {len(documents(root))} documents as the code says")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
