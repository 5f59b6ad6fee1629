#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes every certificate revocation list under tests/data, with the keys that make_certs.py left there.

`python3 tests/data/make_lists.py` (Debian: python3-cryptography). make_certs.py runs it, too, since new keys need new lists.
Tests judge at 2030-01-01T00:00:00Z.
"""
import datetime
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

HERE = pathlib.Path(__file__).resolve().parent
CURRENT = (datetime.datetime(2029, 12, 1), datetime.datetime(2030, 2, 1))
OUT_OF_DATE = (datetime.datetime(2029, 11, 1), datetime.datetime(2029, 12, 31))
EARLY = (datetime.datetime(2030, 6, 1), datetime.datetime(2030, 7, 1))


def certificate(role):
    return x509.load_pem_x509_certificate((HERE / f"{role}.pem").read_bytes())


def key(role):
    return serialization.load_pem_private_key((HERE / f"{role}.key").read_bytes(), None)


def write(name, issuer, revoked, period=CURRENT, signer=None):
    """`revoked`: roles whose certificates the list of `issuer` names; `signer`: whose key signs, if not the issuer's."""
    builder = (x509.CertificateRevocationListBuilder().issuer_name(certificate(issuer).subject)
               .last_update(period[0]).next_update(period[1]).add_extension(x509.CRLNumber(7), critical=False))
    for role in revoked:
        entry = (x509.RevokedCertificateBuilder().serial_number(certificate(role).serial_number)
                 .revocation_date(datetime.datetime(2029, 10, 17, 8, 30))
                 .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False).build())
        builder = builder.add_revoked_certificate(entry)
    made = builder.sign(key(signer or issuer), hashes.SHA256())
    (HERE / f"{name}.crl").write_bytes(made.public_bytes(serialization.Encoding.PEM))


def main():
    write("root", "root", [])
    write("root_revokes", "root", ["intermediate"])
    write("intermediate", "intermediate", ["leaf_p384", "client_rsa"])
    write("intermediate_out_of_date", "intermediate", ["leaf_p384"], OUT_OF_DATE)
    write("intermediate_early", "intermediate", [], EARLY)
    write("intermediate_forged", "intermediate", ["leaf"], signer="other_intermediate")


if __name__ == "__main__":
    main()
