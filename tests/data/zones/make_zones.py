#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes and signs the DNS zones beside it.

Run it from anywhere, after tests/data/make_certs.py: `python3 tests/data/zones/make_zones.py` (Debian: ldnsutils, openssl). It rewrites
*.zone and root.anchor; keys and signatures are new each time, and the private keys are thrown away. README.md says what each name
is for.
"""
import hashlib
import os
import pathlib
import re
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
VALID = ("20200101000000", "20491231235959")
EXPIRED = ("20200101000000", "20210101000000")


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, **more).stdout


def record_of(role):
    """TLSA 3 1 1 of a role's certificate."""
    pem = run("openssl", "x509", "-in", str(HERE.parent / f"{role}.pem"), "-noout", "-pubkey")
    key = run("openssl", "pkey", "-pubin", "-outform", "DER", input=pem)
    return "TLSA 3 1 1 " + hashlib.sha256(key).hexdigest()


def record_of_authority(role):
    """TLSA 2 0 1 of a role's certificate."""
    der = run("openssl", "x509", "-in", str(HERE.parent / f"{role}.pem"), "-outform", "DER")
    return "TLSA 2 0 1 " + hashlib.sha256(der).hexdigest()


RIGHT = record_of("leaf_unknown_ca")
WRONG = record_of("leaf")
# ldns writes a TLSA record that is too short in a form that it cannot read; this stands for it until the zone is signed.
SHORT = "TYPE52 \\# 2 0301"

ZONES = {
    ".": f"""
        @ NS ns.example.
        ns.example. A 127.0.0.1
        example. NS ns.example.""",
    "example.": f"""
        @ NS ns
        ns A 127.0.0.1
        expired NS ns
        tampered NS ns
        unsigned NS ns
        right A 127.0.0.1
        _443._tcp.right {RIGHT}
        *._tcp.right {RIGHT}
        wrong A 127.0.0.1
        *._tcp.wrong {WRONG}
        pkix A 127.0.0.1
        *._tcp.pkix {WRONG.replace("3 1 1", "1 1 1")}
        authority A 127.0.0.1
        *._tcp.authority {record_of_authority("intermediate")}
        none A 127.0.0.1
        other A 127.0.0.1
        _443._tcp.other TXT "no TLSA record"
        short A 127.0.0.1
        _443._tcp.short {SHORT}
        mixed A 127.0.0.1
        _443._tcp.mixed {SHORT}
        _443._tcp.mixed {RIGHT}
        record-alias A 127.0.0.1
        _443._tcp.record-alias CNAME _443._tcp.right
        record-half A 127.0.0.1
        _443._tcp.record-half CNAME _443._tcp.right.unsigned
        alias CNAME right
        _443._tcp.alias {WRONG}
        alias-of-alias CNAME alias
        _443._tcp.alias-of-alias {WRONG}
        alias-six CNAME six
        six AAAA ::1
        _443._tcp.six {RIGHT}
        alias-none CNAME none
        _443._tcp.alias-none {RIGHT}
        alias-nowhere CNAME nowhere
        _443._tcp.alias-nowhere {RIGHT}
        alias-unsigned CNAME right.unsigned
        _443._tcp.alias-unsigned {RIGHT}
        alias-through CNAME back.unsigned
        _443._tcp.alias-through {WRONG}
        alias-tampered CNAME right.tampered
        _443._tcp.alias-tampered {RIGHT}
        alias-good CNAME good.tampered
        _443._tcp.alias-good {WRONG}""",
    "expired.example.": f"""
        @ NS ns.example.
        right A 127.0.0.1
        _443._tcp.right {RIGHT}""",
    "tampered.example.": f"""
        @ NS ns.example.
        right A 127.0.0.1
        _443._tcp.right {RIGHT}
        good A 127.0.0.1
        _443._tcp.good {RIGHT}
        address A 127.0.0.1
        _443._tcp.address {RIGHT}""",
    "unsigned.example.": f"""
        @ NS ns.example.
        back CNAME right.example.
        right A 127.0.0.1
        _443._tcp.right {RIGHT}""",
}


def text_of(zone):
    lines = [line.strip() for line in ZONES[zone].strip().splitlines()]
    return f"$ORIGIN {zone}\n$TTL 3600\n@ SOA ns.example. nobody.example. 1 3600 600 864000 3600\n" + "\n".join(lines) + "\n"


def file_of(zone):
    return HERE / ("root.zone" if zone == "." else f"{zone}zone")


def signed(text, zone, key, validity):
    pathlib.Path("unsigned").write_text(text)
    run("ldns-signzone", "-i", validity[0], "-e", validity[1], "-o", zone, "-f", "signed", "unsigned", key)
    # The record that is too short.
    return re.sub(r"\tTLSA\t3 1\s*\n", "\tTYPE52\t\\\\# 2 0301\n", pathlib.Path("signed").read_text())


def changed(text, owner, kind, old, new):
    """The record with another value, under the signature of the old one."""
    text, count = re.subn(rf"(?m)^({re.escape(owner)}\t.*\t{kind}\t.*){old}$", rf"\g<1>{new}", text)
    assert count == 1, owner
    return text


def main():
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        keys = {zone: run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", zone).decode().strip()
                for zone in ZONES if zone != "unsigned.example."}
        ds = {zone: pathlib.Path(f"{key}.ds").read_text() for zone, key in keys.items()}
        result = {"unsigned.example.": text_of("unsigned.example.")}
        for zone, key in keys.items():
            below = {".": ["example."], "example.": ["expired.example.", "tampered.example."]}.get(zone, [])
            validity = EXPIRED if zone == "expired.example." else VALID
            result[zone] = signed(text_of(zone) + "".join(ds[child] for child in below), zone, key, validity)
        right = RIGHT.rsplit(" ", 1)[1]
        other = WRONG.rsplit(" ", 1)[1]
        tampered = changed(result["tampered.example."], "_443._tcp.right.tampered.example.", "TLSA", right, other)
        result["tampered.example."] = changed(tampered, "address.tampered.example.", "A", "127.0.0.1", "127.0.0.2")
        for zone, text in result.items():
            file_of(zone).write_text(text)
        (HERE / "root.anchor").write_text(pathlib.Path(keys["."] + ".key").read_text())


if __name__ == "__main__":
    main()
