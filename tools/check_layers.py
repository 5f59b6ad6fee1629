#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Checks that every line of code is in its room.

Reads the tracked files (those git knows, ignored ones left out) and reports, as FILE:LINE: RULE: explanation
  include     an #include against the direction of the arrows in CONTRIBUTING.md
  identifier  a TLS library's or Asio's name outside its rooms
  ifdef       preprocessor choice by a backend's name; which backends there are is CMake's business
  spdx        a source file whose first line (after "#!") is not the licence identifier
  path        an absolute path of somebody's machine
Exit status: 0 nothing found, 1 something found, 2 usage. --self-test runs the rules on small trees of its own.
"""

import argparse
import pathlib
import re
import subprocess
import sys

SPDX = "SPDX-License-Identifier: BSL-1.0"

# TLS library -> its header directories, the beginnings of its identifiers.
LIBRARIES = {
    "openssl": (("openssl/",), ("SSL_", "OPENSSL_", "ASN1_", "X509_", "EVP_", "BIO_", "ERR_", "OSSL_", "CRYPTO_")),
    "gnutls": (("gnutls/",), ("gnutls_", "GNUTLS_")),
    "mbedtls": (("mbedtls/", "psa/"), ("mbedtls_", "MBEDTLS_", "psa_", "PSA_")),
    "wolfssl": (("wolfssl/",), ("wolfSSL_", "WOLFSSL_")),
    "botan": (("botan/",), ("Botan::",)),
}
ASIO_ROOMS = {"transport", "tests/transport", "tests/support", "tests/interop", "tests/build", "tests/conformance",
              "tools", "examples", "bench"}
# Tests speak to a library directly where they need a peer that is not omnitls.
LIBRARY_TEST_ROOMS = {"fuzz", "tests/interop", "tests/support", "tests/transport"}
# The lists of compiled backends; everything else receives a list.
BACKEND_LISTS = re.compile(r"(^|/)all_backends\.cpp$")
JSON_SOURCE = "verifiers/json.cpp"
# Verifiers' public headers and those of libunbound's component are for programs: nothing below may need them.
FOR_PROGRAMS = ("omnitls/verifiers/", "omnitls/unbound/")
CODE = {".cpp", ".hpp", ".h", ".ipp"}
HASH_COMMENT = {".py", ".sh", ".cmake"}
MACHINE_PATH = re.compile(r"(?:^|[^A-Za-z0-9_.$}>)*-])/(?:work|root|home|Users)/[A-Za-z0-9_.]")


def room_of(path):
    """The room of a file: public, native/<x>, transport, core, backends/<x>, tests/<room>, or its top directory.
    The public headers of the transport, of the verifiers and of libunbound's component are of those rooms."""
    parts = path.split("/")
    if parts[0] == "include":
        if parts[2:3] == ["transport"]:
            return "transport"
        if parts[2:3] in (["verifiers"], ["unbound"]) and len(parts) > 3:
            return parts[2]
        if len(parts) > 3 and parts[2] in LIBRARIES:
            return "native/" + parts[2]
        return "public"
    if parts[0] in ("backends", "tests") and len(parts) > 2:
        if parts[:2] == ["tests", "backends"] and len(parts) > 3:
            return "/".join(parts[:3])
        return "/".join(parts[:2])
    return parts[0]


def library_of_room(room):
    """The TLS library that a room is about, or None."""
    name = room.rsplit("/", 1)[-1]
    return name if name in LIBRARIES and room != name else None


def may_name_library(room, library, path):
    if library_of_room(room) == library:
        return True
    if room == "bench":
        return True
    if room in LIBRARY_TEST_ROOMS:
        # A file that speaks to a library says so in its name.
        return library in pathlib.PurePosixPath(path).name
    return False


def strip_comments(text):
    """`text` with comments and the contents of literals blanked, line numbers kept."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^()\s\\]{0,16})\((?:.*?)\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n]){1,8}\'', re.S)

    def blank(match):
        found = match.group(0)
        line_start = text.rfind("\n", 0, match.start()) + 1
        if found.startswith('"') and re.match(r"\s*#\s*include\s*$", text[line_start:match.start()]):
            return found
        return re.sub(r"[^\n]", " ", found)

    return pattern.sub(blank, text)


def include_problem(room, path, target, quoted):
    """Why a file of `room` must not include `target`, or None."""
    for library, (directories, _) in LIBRARIES.items():
        if target.startswith(directories) and not quoted:
            if not may_name_library(room, library, path):
                return f"only backends/{library} and its tests may include {library}'s headers"
    if target.startswith("asio") and (target == "asio.hpp" or target.startswith("asio/")):
        if room not in ASIO_ROOMS:
            return "only the transport and programs on top of it may include Asio"
        if target.startswith("asio/ssl") and room not in ("bench", "tests/transport", "tests/interop"):
            return "asio/ssl brings OpenSSL in by the back door"
    if target.startswith("tests/") and room.split("/")[0] not in ("tests", "fuzz", "bench"):
        return "nothing but tests may depend on tests"
    if target.startswith("omnitls/transport/") and (room in ("public", "core", "verifiers", "unbound") or
                                                    room.startswith(("backends", "native"))):
        return "the transport is on top: nothing below may include it"
    if target.startswith(FOR_PROGRAMS) and (room in ("public", "core", "transport") or
                                            room.startswith(("backends", "native"))):
        return "the ready-made verifiers are for programs: nothing else may need them"
    if target == "unbound.h" and (room != "unbound" or path.startswith("include/")):
        return "only unbound/ may include libunbound's header, and its public headers stand without it"
    if room == "verifiers" and target.startswith("omnitls/unbound/"):
        return "verifiers take their records from any source, and know none"
    if room == "unbound":
        if target.startswith("omnitls/spi/"):
            return "a source is written with what every program has; spi/ is for backends"
        if quoted and (path.startswith("include/") or not target.startswith("unbound/")):
            return "a source includes include/omnitls and its own directory only"
    if room == "verifiers":
        if target.startswith("omnitls/spi/") and target != "omnitls/spi/crypto.hpp":
            return "a verifier is written with what every program has; spi/ is for backends"
        if quoted and (path.startswith("include/") or not target.startswith("verifiers/")):
            return "verifiers include include/omnitls and their own directory only"
        if target.startswith("nlohmann/") and path != JSON_SOURCE:
            return f"JSON is read and written in {JSON_SOURCE} alone, since its users must not need it"
    for inside in ("verifiers", "unbound"):
        if quoted and target.startswith(inside + "/") and room not in (inside, "tests/" + inside):
            return f"the inside of {inside}/ is its own"
    for library in LIBRARIES:
        own = target.startswith(f"backends/{library}/")
        public = target == f"omnitls/backends/{library}.hpp" or target.startswith(f"omnitls/{library}/")
        if own and room != f"backends/{library}" and room != f"tests/backends/{library}":
            return f"the inside of backends/{library} is its own"
        if public and (room in ("public", "core", "transport", "verifiers", "unbound", "tests/unit", "tests/spi", "tests/starttls") or
                       (room.startswith(("backends/", "native/")) and library_of_room(room) != library)):
            return "no part below the program names a backend"
    if target.startswith("core/"):
        if room.startswith(("backends", "native")):
            return "a backend sees include/omnitls only; what it needs from core belongs into spi/"
        if room in ("public", "transport"):
            return "public headers stand without core, which is not installed"
        if room in ("tools", "examples", "bench"):
            return "programs use the public headers only; what they lack is a missing feature"
    if room == "core" and quoted and target.startswith(("backends/", "tools/", "fuzz/")):
        return "core includes include/omnitls and core only"
    return None


def check_code(path, text):
    room = room_of(path)
    for number, line in enumerate(strip_comments(text).split("\n"), 1):
        include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if include:
            problem = include_problem(room, path, include.group(2), include.group(1) == '"')
            if problem:
                yield number, "include", f"{include.group(2)}: {problem}"
            continue
        if re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line):
            name = re.search(r"(?i)\w*(openssl|gnutls|mbedtls|wolfssl|botan)\w*", line)
            # A benchmark of a library by itself goes by the library's version, as a backend does.
            beside = re.match(r"bench/native_(\w+)\.cpp$", path)
            own = beside.group(1) if beside else library_of_room(room)
            if name and name.group(1).lower() != own and not BACKEND_LISTS.search(path):
                yield number, "ifdef", f"{name.group(0)}: code does not ask which backends were built"
            continue
        for library, (_, prefixes) in LIBRARIES.items():
            if may_name_library(room, library, path):
                continue
            found = re.search(r"\b(?:" + "|".join(map(re.escape, prefixes)) + r")\w+", line)
            if found and not re.match(r"\s*#\s*define\b", line):
                yield number, "identifier", f"{found.group(0)}: only backends/{library} speaks {library}"
        unbound = re.search(r"\bub_\w+", line)
        if unbound and room != "unbound":
            yield number, "identifier", f"{unbound.group(0)}: only unbound/ speaks libunbound"
        if room not in ASIO_ROOMS and re.search(r"(?<![\w:])(?:::)?asio::", line):
            yield number, "identifier", "asio::: only the transport and programs on top of it speak Asio"


def check_first_line(path, text):
    name = pathlib.PurePosixPath(path)
    lines = text.split("\n", 2)
    if name.suffix in CODE:
        expected = "// " + SPDX
    elif name.suffix in HASH_COMMENT or name.name == "CMakeLists.txt" or lines[0].startswith("#!"):
        expected = "# " + SPDX
    else:
        return
    first = lines[1] if lines[0].startswith("#!") and len(lines) > 1 else lines[0]
    if first.rstrip("\r") != expected:
        yield 1, "spdx", f"the first line must be '{expected}'"


def check_paths(text):
    for number, line in enumerate(text.split("\n"), 1):
        found = MACHINE_PATH.search(line)
        if found:
            yield number, "path", f"names a directory of one machine: {found.group(0).strip()}..."


def check_file(path, text):
    if pathlib.PurePosixPath(path).suffix in CODE:
        yield from check_code(path, text)
    yield from check_first_line(path, text)
    yield from check_paths(text)


def check_tree(files):
    """`files`: (path, text) pairs. Returns the report's lines."""
    return [f"{path}:{number}: {rule}: {text}"
            for path, content in files for number, rule, text in check_file(path, content)]


def tracked_files(root):
    # Untracked files count too: the next commit would add them. Without a repository (a source archive) every file counts.
    command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listing = subprocess.run(command, capture_output=True, check=True).stdout.decode()
        names = filter(None, set(listing.split("\0")))
    except (OSError, subprocess.CalledProcessError):
        paths = (path.relative_to(root) for path in pathlib.Path(root).rglob("*"))
        names = (path.as_posix() for path in paths if not path.parts[0].startswith(("build", ".git")))
    for name in sorted(names):
        path = pathlib.Path(root, name)
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if b"\0" not in data:
                yield name, data.decode(errors="replace")


# Each rule's violation beside its good twin, alike but for one property: (path, line, rule or None).
SELF_TEST = [
    ("core/a.cpp", "#include <openssl/ssl.h>", "include"),
    ("backends/openssl/a.cpp", "#include <openssl/ssl.h>", None),
    ("backends/gnutls/a.cpp", "#include <openssl/ssl.h>", "include"),
    ("tests/backends/openssl/a_test.cpp", "#include <openssl/ssl.h>", None),
    ("tests/unit/a_test.cpp", "#include <openssl/ssl.h>", "include"),
    ("tests/interop/openssl_peer.cpp", "#include <openssl/ssl.h>", None),
    ("tests/interop/peer.cpp", "#include <openssl/ssl.h>", "include"),
    ("include/omnitls/a.hpp", "#include <gnutls/gnutls.h>", "include"),
    ("include/omnitls/a.hpp", "#include <omnitls/bytes.hpp>", None),
    ("include/omnitls/openssl/native.hpp", "#include <openssl/types.h>", None),
    ("core/a.cpp", "#include <asio.hpp>", "include"),
    ("include/omnitls/transport/a.hpp", "#include <asio.hpp>", None),
    ("include/omnitls/transport/a.hpp", "#include <asio/ssl.hpp>", "include"),
    ("include/omnitls/transport/a.hpp", "#include <asio/ip/tcp.hpp>", None),
    ("bench/a.cpp", "#include <asio/ssl.hpp>", None),
    ("include/omnitls/transport/a.hpp", '#include "core/pem.hpp"', "include"),
    ("core/b.cpp", '#include "core/pem.hpp"', None),
    ("backends/openssl/a.cpp", '#include "core/pem.hpp"', "include"),
    ("tests/unit/pem_test.cpp", '#include "core/pem.hpp"', None),
    ("tools/a.cpp", '#include "core/pem.hpp"', "include"),
    ("tools/a.cpp", "#include <omnitls/certificate.hpp>", None),
    ("backends/openssl/a.cpp", '#include "backends/openssl/compat.hpp"', None),
    ("backends/gnutls/a.cpp", '#include "backends/openssl/compat.hpp"', "include"),
    ("core/a.cpp", "#include <omnitls/backends/openssl.hpp>", "include"),
    ("examples/a.cpp", "#include <omnitls/backends/openssl.hpp>", None),
    ("backends/openssl/a.cpp", "#include <omnitls/backends/openssl.hpp>", None),
    ("backends/gnutls/a.cpp", "#include <omnitls/backends/openssl.hpp>", "include"),
    ("core/a.cpp", "#include <omnitls/transport/stream.hpp>", "include"),
    ("examples/a.cpp", "#include <omnitls/transport/stream.hpp>", None),
    ("verifiers/a.cpp", '#include "core/question.hpp"', "include"),
    ("verifiers/a.cpp", '#include "verifiers/composite.hpp"', None),
    ("verifiers/a.cpp", "#include <omnitls/inquiry.hpp>", None),
    ("verifiers/a.cpp", "#include <omnitls/spi/port.hpp>", "include"),
    ("verifiers/a.cpp", "#include <omnitls/spi/crypto.hpp>", None),
    ("verifiers/a.cpp", "#include <omnitls/backends/openssl.hpp>", "include"),
    ("verifiers/a.cpp", "#include <omnitls/transport/stream.hpp>", "include"),
    ("verifiers/a.cpp", "#include <openssl/evp.h>", "include"),
    ("verifiers/a.cpp", "#include <nlohmann/json.hpp>", "include"),
    ("verifiers/json.cpp", "#include <nlohmann/json.hpp>", None),
    ("include/omnitls/verifiers/a.hpp", "#include <nlohmann/json.hpp>", "include"),
    ("include/omnitls/verifiers/a.hpp", '#include "verifiers/composite.hpp"', "include"),
    ("include/omnitls/verifiers/a.hpp", "#include <omnitls/verifiers/timer.hpp>", None),
    ("include/omnitls/a.hpp", "#include <omnitls/verifiers/timer.hpp>", "include"),
    ("core/a.cpp", "#include <omnitls/verifiers/timer.hpp>", "include"),
    ("examples/a.cpp", "#include <omnitls/verifiers/timer.hpp>", None),
    ("core/a.cpp", '#include "verifiers/composite.hpp"', "include"),
    ("tests/verifiers/a_test.cpp", '#include "verifiers/composite.hpp"', None),
    ("unbound/a.cpp", "#include <unbound.h>", None),
    ("include/omnitls/unbound/a.hpp", "#include <unbound.h>", "include"),
    ("include/omnitls/unbound/a.hpp", "#include <omnitls/verifiers/dane.hpp>", None),
    ("verifiers/a.cpp", "#include <unbound.h>", "include"),
    ("verifiers/a.cpp", "#include <omnitls/unbound/tlsa_source.hpp>", "include"),
    ("tools/a.cpp", "#include <omnitls/unbound/tlsa_source.hpp>", None),
    ("core/a.cpp", "#include <omnitls/unbound/tlsa_source.hpp>", "include"),
    ("unbound/a.cpp", '#include "unbound/answer.hpp"', None),
    ("unbound/a.cpp", '#include "verifiers/tlsa_match.hpp"', "include"),
    ("unbound/a.cpp", '#include "core/question.hpp"', "include"),
    ("unbound/a.cpp", "#include <omnitls/spi/crypto.hpp>", "include"),
    ("unbound/a.cpp", "#include <omnitls/backends/openssl.hpp>", "include"),
    ("unbound/a.cpp", "#include <omnitls/transport/stream.hpp>", "include"),
    ("tools/a.cpp", '#include "unbound/answer.hpp"', "include"),
    ("tests/unbound/a_test.cpp", '#include "unbound/answer.hpp"', None),
    ("unbound/a.cpp", "ub_ctx_delete(nullptr);", None),
    ("tools/a.cpp", "ub_ctx_delete(nullptr);", "identifier"),
    ("core/a.cpp", '#include "tests/support/pair.hpp"', "include"),
    ("tests/unit/a_test.cpp", '#include "tests/support/pair.hpp"', None),
    ("core/a.cpp", "auto* s = SSL_new(nullptr);", "identifier"),
    ("backends/openssl/a.cpp", "auto* s = SSL_new(nullptr);", None),
    ("core/a.cpp", "// SSL_new is not called here", None),
    ("core/a.cpp", 'auto s = "SSL_new";', None),
    ("core/a.cpp", "/* one\nSSL_new */ int a;", None),
    ("core/a.cpp", "/* one\n */ int a = SSL_new();", "identifier"),
    ("core/a.cpp", "int OMNITLS_SSL_x;", None),
    ("tools/a.cpp", "gnutls_init(nullptr, 0);", "identifier"),
    ("backends/mbedtls/a.cpp", "mbedtls_ssl_init(nullptr);", None),
    ("backends/openssl/a.cpp", "mbedtls_ssl_init(nullptr);", "identifier"),
    ("core/a.cpp", "asio::io_context io;", "identifier"),
    ("include/omnitls/transport/a.hpp", "asio::io_context io;", None),
    ("tools/a.cpp", "asio::io_context io;", None),
    ("include/omnitls/a.hpp", "#ifdef OMNITLS_HAVE_OPENSSL", "ifdef"),
    ("include/omnitls/a.hpp", "#ifdef OMNITLS_STATIC", None),
    ("tools/a.cpp", "#if __has_include(<gnutls/gnutls.h>)", "ifdef"),
    ("tests/support/all_backends.cpp", "#ifdef OMNITLS_HAVE_OPENSSL", None),
    ("backends/openssl/compat.hpp", "#if OPENSSL_VERSION_NUMBER < 0x30200000L", None),
    ("backends/gnutls/compat.hpp", "#if OPENSSL_VERSION_NUMBER < 0x30200000L", "ifdef"),
    ("bench/native_openssl.cpp", "#if OPENSSL_VERSION_NUMBER < 0x30200000L", None),
    ("bench/native_gnutls.cpp", "#if OPENSSL_VERSION_NUMBER < 0x30200000L", "ifdef"),
]


def self_test():
    failures = 0

    def expect(what, report, rule):
        nonlocal failures
        rules = {line.split(": ")[1] for line in report}
        if rules != ({rule} if rule else set()):
            failures += 1
            print(f"self-test: {what}: expected {rule or 'nothing'}, got {report or 'nothing'}")

    for path, line, rule in SELF_TEST:
        expect(f"{path} with {line!r}", check_tree([(path, f"// {SPDX}\n{line}\n")]), rule)
    tree = [
        ("core/a.cpp", "int a;\n", "spdx"), ("core/a.cpp", f"// {SPDX}\nint a;\n", None),
        ("tools/a.py", f"# {SPDX}\n", None), ("tools/a.py", f"#!/usr/bin/env python3\n# {SPDX}\n", None),
        ("tools/a.py", "#!/usr/bin/env python3\n", "spdx"), (".ci/run", "#!/bin/sh\n", "spdx"),
        ("core/CMakeLists.txt", "project(x)\n", "spdx"), ("README.md", "text\n", None),
        ("docs/a.md", "see " + "/".join(["", "work", "x"]) + "\n", "path"), ("docs/a.md", "see build/work/x\n", None),
        ("docs/a.md", "in " + "/".join(["", "root", ".ssh"]) + "\n", "path"), ("docs/a.md", "$D/root/x /usr/x\n", None),
    ]
    for path, content, rule in tree:
        expect(f"{path} with {content!r}", check_tree([(path, content)]), rule)
    report = check_tree([("core/a.cpp", f"// {SPDX}\n\n/*\n*/ #include <x>\nauto* s = SSL_new();\n")])
    if not report or not report[0].startswith("core/a.cpp:5: "):
        failures += 1
        print(f"self-test: the line number is wrong: {report}")
    print(f"self-test: {len(SELF_TEST) + len(tree) + 1} cases, {failures} failed")
    return 1 if failures else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--self-test", action="store_true", help="check the rules themselves")
    parser.add_argument("root", nargs="?", default=str(pathlib.Path(__file__).resolve().parent.parent))
    arguments = parser.parse_args()
    if arguments.self_test:
        return self_test()
    files = list(tracked_files(arguments.root))
    report = check_tree(files)
    print("\n".join(report + [f"layers: {len(files)} files, {len(report)} problems"]))
    return 1 if report else 0


if __name__ == "__main__":
    sys.exit(main())
