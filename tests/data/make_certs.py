#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""Makes every certificate and key under tests/data.

Run it from anywhere: `python3 tests/data/make_certs.py` (Debian: python3-cryptography, openssl). It rewrites all
*.pem and *.key files beside it; names, serials and dates are fixed, keys and signatures are new each time.
tests/data/README.md says what each role is for. Tests judge at 2030-01-01T00:00:00Z.
"""
import base64
import datetime
import hashlib
import ipaddress
import pathlib
import subprocess
import textwrap

import make_lists
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, ed448, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = b"correct horse"
SERVER = [ExtendedKeyUsageOID.SERVER_AUTH]
CLIENT = [ExtendedKeyUsageOID.CLIENT_AUTH]
SRV = ObjectIdentifier("1.3.6.1.5.5.7.8.7")
XMPP = ObjectIdentifier("1.3.6.1.5.5.7.8.5")
# DER AlgorithmIdentifiers
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
ECDSA_SHA1 = bytes.fromhex("300906072a8648ce3d0401")
RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
SHA384 = bytes.fromhex("300d06096086480165030402020500")


def day(year, month=1, date=1):
    return datetime.datetime(year, month, date)


VALID = (day(2020), datetime.datetime(2049, 12, 31, 23, 59, 59))  # the last second of UTCTime
LONG = (day(2020), day(2050, 12, 31))                             # GeneralizedTime at the end
EXPIRED = (day(2020), day(2025, 2, 1))
NOT_YET = (day(2040), day(2049))


def tlv(tag, content):
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


PSS_SHA384 = tlv(0x30, bytes.fromhex("06092a864886f70d01010a") + tlv(0x30,  # RFC 4055 section 3.1
                 tlv(0xA0, SHA384) + tlv(0xA1, tlv(0x30, bytes.fromhex("06092a864886f70d010108") + SHA384))
                 + tlv(0xA2, b"\x02\x01\x30")))


def srv(name):
    return x509.OtherName(SRV, tlv(0x16, name.encode()))


def xmpp(address):
    return x509.OtherName(XMPP, tlv(0x0C, address.encode()))


def dns(*names):
    return [x509.DNSName(name) for name in names]


def ip(*addresses):
    return [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]


SERVER_NAMES = (dns("omnitls.test", "localhost", "*.wild.omnitls.test") + ip("127.0.0.1", "::1")
                + [srv("_xmpp-client.omnitls.test"), xmpp("omnitls.test")])
CLIENT_NAMES = [x509.RFC822Name("user@omnitls.test"), xmpp("user@omnitls.test")]


def new_key(kind="ec"):
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if kind == "p384":
        return ec.generate_private_key(ec.SECP384R1())
    if kind == "p521":
        return ec.generate_private_key(ec.SECP521R1())
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if kind == "ed448":
        return ed448.Ed448PrivateKey.generate()
    if kind == "dsa":
        return dsa.generate_private_key(1024)
    return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))


def distinguished_name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "omnitls"),
                      x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def serial(name):
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") | 1


class Role:
    """One certificate, its key, and who issued it (None: itself)."""

    def __init__(self, name, certificate, key, issuer):
        self.name, self.certificate, self.key, self.issuer = name, certificate, key, issuer

    def pem(self):
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def chain(self):
        """Leaf first, then intermediates; the root is left out."""
        links, role = [self], self.issuer
        while role is not None and role.issuer is not None:
            links.append(role)
            role = role.issuer
        return links


def key_usage(ca, bits):
    names = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    if bits is None:
        bits = ["key_cert_sign", "crl_sign"] if ca else ["digital_signature"]
    return x509.KeyUsage(**{name: name in bits for name in names})


def issue(name, issuer=None, *, common_name=None, ca=False, path_length=None, key=None, validity=VALID, names=None,
          eku=None, usage=None, extra=(), digest=hashes.SHA256()):
    """A certificate for `name`. Fields not given are those of a good one."""
    key = key or new_key()
    subject = distinguished_name(common_name or "omnitls test " + name.replace("_", " "))
    signer = issuer.key if issuer else key
    builder = (x509.CertificateBuilder().subject_name(subject)
               .issuer_name(issuer.certificate.subject if issuer else subject)
               .serial_number(serial(name)).not_valid_before(validity[0]).not_valid_after(validity[1])
               .public_key(key.public_key())
               .add_extension(x509.BasicConstraints(ca, path_length), critical=True)
               .add_extension(key_usage(ca, usage), critical=True)
               .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
               .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False))
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    if eku:
        builder = builder.add_extension(x509.ExtendedKeyUsage(eku), critical=False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical=critical)
    if isinstance(signer, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey)):
        digest = None
    return Role(name, builder.sign(signer, digest), key, issuer)


def write_key(path, key, form=serialization.PrivateFormat.PKCS8, password=None):
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    (HERE / path).write_bytes(key.private_bytes(serialization.Encoding.PEM, form, encryption))


def write(role):
    (HERE / f"{role.name}.pem").write_bytes(role.pem())
    write_key(f"{role.name}.key", role.key)
    if role.issuer is not None or not role.name.endswith("root"):
        (HERE / f"{role.name}_chain.pem").write_bytes(b"".join(link.pem() for link in role.chain()))
    return role


def server(name, issuer, **options):
    options = {"common_name": "omnitls.test", "names": SERVER_NAMES, "eku": SERVER} | options
    return write(issue(name, issuer, **options))


def client(name, issuer, **options):
    options = {"common_name": "omnitls test user", "names": CLIENT_NAMES, "eku": CLIENT} | options
    return write(issue(name, issuer, **options))


def authority(name, issuer=None, **options):
    return write(issue(name, issuer, **({"ca": True} | options)))


def resign(role, old_algorithm, new_algorithm, *options):
    """Signs again with an algorithm the Python library does not sign with: the command line does."""
    tbs = role.certificate.tbs_certificate_bytes
    tbs = tlv(0x30, tbs[4:].replace(old_algorithm, new_algorithm, 1))  # 4: SEQUENCE with a two-byte length
    signer = (role.issuer or role).name
    signed = subprocess.run(["openssl", "dgst", *options, "-sign", f"{signer}.key"], cwd=HERE, input=tbs, check=True,
                            capture_output=True)
    role.certificate = x509.load_der_x509_certificate(
        tlv(0x30, tbs + new_algorithm + tlv(0x03, b"\0" + signed.stdout)))
    write(role)


def for_pss_alone(role):
    """The same key, as one that signs with RSA-PSS only (RFC 8017 appendix A.2.3): another number in certificate and key file."""
    any_use, pss = bytes.fromhex("300d06092a864886f70d0101010500"), bytes.fromhex("300b06092a864886f70d01010a")
    old = role.key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    new = tlv(0x30, pss + old[old.index(any_use) + len(any_use):])
    tbs = tlv(0x30, role.certificate.tbs_certificate_bytes[4:].replace(old, new, 1))
    signature = role.issuer.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    role.certificate = x509.load_der_x509_certificate(tlv(0x30, tbs + ECDSA_SHA256 + tlv(0x03, b"\0" + signature)))
    write(role)
    plain = role.key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                                   serialization.NoEncryption())
    key = tlv(0x30, plain[4:].replace(any_use, pss, 1))
    lines = textwrap.wrap(base64.b64encode(key).decode(), 64)
    (HERE / f"{role.name}.key").write_text("\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----", ""]))


def make_servers(root, intermediate, other_intermediate):
    leaf = server("leaf", intermediate)
    write_key("leaf_other.key", new_key())
    write_key("leaf_encrypted.key", leaf.key, password=PASSWORD)
    write_key("leaf_sec1.key", leaf.key, serialization.PrivateFormat.TraditionalOpenSSL)
    leaf_rsa = server("leaf_rsa", intermediate, key=new_key("rsa2048"), usage=["digital_signature", "key_encipherment"])
    write_key("leaf_rsa_pkcs1.key", leaf_rsa.key, serialization.PrivateFormat.TraditionalOpenSSL)
    write_key("leaf_rsa_legacy_encrypted.key", leaf_rsa.key, serialization.PrivateFormat.TraditionalOpenSSL, PASSWORD)
    server("leaf_ed25519", intermediate, key=new_key("ed25519"))
    server("leaf_ed448", intermediate, key=new_key("ed448"))
    server("leaf_p384", intermediate, key=new_key("p384"), digest=hashes.SHA384())
    server("leaf_p521", intermediate, key=new_key("p521"), digest=hashes.SHA512())
    for_pss_alone(server("leaf_rsa_pss", intermediate, key=new_key("rsa2048")))
    server("leaf_under_root", root)
    server("leaf_expired", intermediate, validity=EXPIRED)
    server("leaf_not_yet", intermediate, validity=NOT_YET)
    server("leaf_wrong_name", intermediate, common_name="elsewhere.test",
           names=dns("elsewhere.test", "*.omnitls.test") + ip("192.0.2.1"))
    server("leaf_cn_only", intermediate, names=None)
    server("leaf_san_other_types", intermediate, names=[x509.RFC822Name("host@omnitls.test")])
    server("leaf_unknown_ca", other_intermediate)
    server("leaf_self_signed", None)
    server("leaf_wrong_eku", intermediate, eku=CLIENT)
    server("leaf_no_digital_signature", intermediate, usage=["key_agreement"])
    server("leaf_weak_rsa1024", intermediate, key=new_key("rsa1024"))
    resign(server("leaf_sha1", intermediate), ECDSA_SHA256, ECDSA_SHA1, "-sha1")
    resign(server("leaf_self_signed_sha1", None), ECDSA_SHA256, ECDSA_SHA1, "-sha1")
    unknown = x509.UnrecognizedExtension(ObjectIdentifier("2.999.1"), tlv(0x0C, b"nobody knows me"))
    server("leaf_unknown_critical", intermediate, extra=[(unknown, True)])
    server("leaf_unknown_noncritical", intermediate, extra=[(unknown, False)])
    many = dns("omnitls.test", *[f"host-{number:04}.many.omnitls.test" for number in range(750)])
    server("leaf_big", intermediate, names=many)


def make_odd_paths(root, other_root, intermediate):
    """Chains whose fault is in an intermediate, each with its good twin."""
    server("leaf_under_expired_intermediate", authority("intermediate_expired", root, validity=EXPIRED))
    not_ca = authority("intermediate_not_ca", root, ca=False, usage=["key_cert_sign", "digital_signature"])
    server("leaf_under_not_ca", not_ca)
    no_sign = authority("intermediate_no_cert_sign", root, usage=["crl_sign"])
    server("leaf_under_no_cert_sign", no_sign)

    short = authority("intermediate_pathlen0", root, path_length=0)
    server("leaf_path_length_ok", short)
    server("leaf_path_length", authority("intermediate_below_pathlen0", short))

    subtrees = x509.NameConstraints(permitted_subtrees=dns("omnitls.test"),
                                    excluded_subtrees=dns("bad.omnitls.test"))
    narrow = authority("intermediate_constrained", root, extra=[(subtrees, True)])
    server("leaf_constrained_ok", narrow, names=dns("omnitls.test") + ip("127.0.0.1"))
    server("leaf_constrained_outside", narrow, names=dns("omnitls.test", "example.test") + ip("127.0.0.1"))
    server("leaf_constrained_excluded", narrow, names=dns("omnitls.test", "a.bad.omnitls.test") + ip("127.0.0.1"))

    # The same authority (name and key) once more, vouched for by the other root: cross-signing.
    cross = issue("intermediate_cross", other_root, ca=True, key=intermediate.key,
                  common_name="omnitls test intermediate")
    write(cross)


def make_clients(intermediate, other_intermediate):
    client("client", intermediate)
    write_key("client_other.key", new_key())
    client("client_rsa", intermediate, key=new_key("rsa2048"))
    client("client_expired", intermediate, validity=EXPIRED)
    client("client_unknown_ca", other_intermediate)
    client("client_self_signed", None)
    client("client_wrong_eku", intermediate, eku=SERVER)


def make_shapes(intermediate):
    """Certificates that are only read, never used in a handshake."""
    resign(authority("shape_rsa_pss", key=new_key("rsa2048")), RSA_SHA256, PSS_SHA384, "-sha384",
           "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:48")
    authority("shape_ed448", key=new_key("ed448"))
    authority("shape_dsa", key=new_key("dsa"))

    every = (SERVER_NAMES + CLIENT_NAMES
             + [x509.UniformResourceIdentifier("sip:omnitls.test"), x509.UniformResourceIdentifier("https://omnitls.test/x"),
                x509.DirectoryName(distinguished_name("inner")), x509.RegisteredID(ObjectIdentifier("2.999.3")),
                x509.OtherName(ObjectIdentifier("2.999.4"), tlv(0x04, b"\x01\x02"))])
    subtrees = x509.NameConstraints(
        permitted_subtrees=dns("omnitls.test") + [x509.RFC822Name("omnitls.test"),
                                                  x509.IPAddress(ipaddress.ip_network("192.0.2.0/24")),
                                                  x509.UniformResourceIdentifier(".omnitls.test")],
        excluded_subtrees=[x509.IPAddress(ipaddress.ip_network("2001:db8::/32")),
                           x509.DirectoryName(distinguished_name("excluded"))])
    policies = x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier("2.999.5"), None)])
    write(issue("shape_every_name", intermediate, ca=True, path_length=3, names=every, eku=SERVER + CLIENT,
                usage=["digital_signature", "key_cert_sign", "crl_sign", "key_agreement", "decipher_only"],
                extra=[(subtrees, True), (policies, True), (x509.InhibitAnyPolicy(0), True)]))


def main():
    for old in [*HERE.glob("*.pem"), *HERE.glob("*.key")]:
        old.unlink()
    root = authority("root", validity=LONG)
    other_root = authority("other_root", validity=LONG)
    intermediate = authority("intermediate", root)
    other_intermediate = authority("other_intermediate", other_root)
    make_servers(root, intermediate, other_intermediate)
    make_odd_paths(root, other_root, intermediate)
    make_clients(intermediate, other_intermediate)
    make_shapes(intermediate)
    make_lists.main()
    size = sum(path.stat().st_size for path in HERE.iterdir())
    print(f"{len(list(HERE.glob('*.pem')))} certificates and chains, {size // 1024} KiB")


if __name__ == "__main__":
    main()
