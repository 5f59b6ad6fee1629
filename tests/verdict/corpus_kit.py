# SPDX-License-Identifier: BSL-1.0
"""What the rules of the verdict corpus are written with: certificates from raw DER, entries, and the files they go to.

Everything is fixed: keys are made from their names (RSA keys are kept in corpus.json), ECDSA signs deterministically (RFC 6979),
and a serial is a hash of the rest. So a second run writes the same bytes, and a changed rule changes only its own certificates.
"""
import base64
import contextlib
import hashlib
import ipaddress
import json
import pathlib
import sys
import textwrap

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "data"))
from make_certs import ECDSA_SHA1, ECDSA_SHA256, RSA_SHA256, tlv  # noqa: E402

INDEX = HERE / "corpus.json"
BUNDLE = HERE / "certificates.pem"
TIME = "2030-01-01T00:00:00Z"

# Why an entry has no handshake: no sender to be had would show it.
CANNOT_READ = "the sender, OpenSSL, cannot read such a certificate"
NOT_A_SIGNER = "the sender, OpenSSL, does not sign with such a certificate in TLS 1.2"
OTHER_KEY = "the certificate has no key that anybody could sign with"
NO_SCHEME = "TLS has no signature scheme for such a key that a client would offer"

SERVER, CLIENT, CODE_SIGNING = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.3"
ANY_USAGE = "2.5.29.37.0"
NOBODY_KNOWS = "2.999.1"
USAGES = ["digital_signature", "non_repudiation", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign",
          "crl_sign", "encipher_only", "decipher_only"]


# DER ------------------------------------------------------------------------------------------------------------------

def integer(value):
    return tlv(2, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def oid(dotted):
    arcs = [int(arc) for arc in dotted.split(".")]
    out = b""
    for arc in [arcs[0] * 40 + arcs[1], *arcs[2:]]:
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.insert(0, 0x80 | (arc & 0x7F))
        out += bytes(octets)
    return tlv(6, out)


def sequence(*parts):
    return tlv(0x30, b"".join(parts))


def boolean(value):
    return tlv(1, b"\xff" if value else b"\0")


def text(value):
    return value if isinstance(value, bytes) else value.encode()


UTF8, PRINTABLE, IA5 = 0x0C, 0x13, 0x16
ATTRIBUTES = {"CN": "2.5.4.3", "O": "2.5.4.10", "OU": "2.5.4.11", "E": "1.2.840.113549.1.9.1"}


def dn(*pairs, kind=UTF8):
    """dn("O=Corp", "CN=host"): a Name of one attribute each."""
    relatives = []
    for attribute, value in (pair.split("=", 1) for pair in pairs):
        relatives.append(tlv(0x31, sequence(oid(ATTRIBUTES[attribute]), tlv(IA5 if attribute == "E" else kind, text(value)))))
    return sequence(*relatives)


def time(value):
    """"300101000000Z" is a UTCTime, "20300101000000Z" a GeneralizedTime; bytes stand as they are."""
    if isinstance(value, bytes):
        return value
    return tlv(0x18 if len(value) >= 15 else 0x17, value.encode())


# GeneralNames ---------------------------------------------------------------------------------------------------------

def dns(value):
    return tlv(0x82, text(value))


def email(value):
    return tlv(0x81, text(value))


def uri(value):
    return tlv(0x86, text(value))


def ip(value):
    """An address, or a network as name constraints have it."""
    if "/" in value:
        network = ipaddress.ip_network(value)
        return tlv(0x87, network.network_address.packed + network.netmask.packed)
    return tlv(0x87, ipaddress.ip_address(value).packed)


def directory(name):
    return tlv(0xA4, name)


def registered_id(dotted):
    return tlv(0x88, oid(dotted)[2:])


def other_name(type_id, value):
    return tlv(0xA0, oid(type_id) + tlv(0xA0, value))


def srv(value):
    return other_name("1.3.6.1.5.5.7.8.7", tlv(IA5, text(value)))


def xmpp(value):
    return other_name("1.3.6.1.5.5.7.8.5", tlv(UTF8, text(value)))


# Keys and signatures --------------------------------------------------------------------------------------------------

CURVES = {"p256": ec.SECP256R1, "p224": ec.SECP224R1, "p192": ec.SECP192R1}
KEYS = {}


def key(name):
    """By name: "leaf" and the like are P-256 keys, "p224_x" and "rsa1024_x" say what they are."""
    if name not in KEYS:
        kind = name.split("_")[0]
        if kind.startswith("rsa"):
            KEYS[name] = rsa.generate_private_key(65537, int(kind[3:]))
        else:
            scalar = int.from_bytes(hashlib.sha256(b"omnitls verdict corpus " + name.encode()).digest()[:23], "big")
            KEYS[name] = ec.derive_private_key(scalar, CURVES.get(kind, ec.SECP256R1)())
    return KEYS[name]


def key_pem(name):
    return key(name).private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                   serialization.NoEncryption()).decode()


def spki(name):
    return key(name).public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_id(name):
    return hashlib.sha256(spki(name)).digest()[:8]


ALGORITHMS = {
    "ecdsa-sha256": (ECDSA_SHA256, hashes.SHA256),
    "ecdsa-sha384": (bytes.fromhex("300a06082a8648ce3d040303"), hashes.SHA384),
    "ecdsa-sha1": (ECDSA_SHA1, hashes.SHA1),
    "rsa-sha256": (RSA_SHA256, hashes.SHA256),
    "rsa-sha1": (bytes.fromhex("300d06092a864886f70d0101050500"), hashes.SHA1),
    "rsa-md5": (bytes.fromhex("300d06092a864886f70d0101040500"), hashes.MD5),
}


def pss_identifier(digest_oid, salt):
    """RFC 4055 3.1: RSASSA-PSS, with one digest for the message and the mask."""
    digest = sequence(oid(digest_oid), b"\5\0")
    mask = sequence(oid("1.2.840.113549.1.1.8"), digest)
    return sequence(oid("1.2.840.113549.1.1.10"), sequence(tlv(0xA0, digest), tlv(0xA1, mask), tlv(0xA2, integer(salt))))


SHA1, SHA256, SHA384 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2"
ALGORITHMS["pss-sha256"] = (pss_identifier(SHA256, 32), hashes.SHA256)
ALGORITHMS["pss-sha1"] = (pss_identifier(SHA1, 20), hashes.SHA1)


def sign_pss(signer, digest, tbs):
    """RFC 8017 9.1.1 with a salt that is a hash of the message: the same bytes each time."""
    name = digest.name
    numbers = key(signer).private_numbers()
    size = (numbers.public_numbers.n.bit_length() + 7) // 8
    salt = hashlib.new(name, b"salt" + tbs).digest()
    hashed = hashlib.new(name, bytes(8) + hashlib.new(name, tbs).digest() + salt).digest()
    block = bytes(size - 2 * len(salt) - 2) + b"\1" + salt
    mask = b"".join(hashlib.new(name, hashed + n.to_bytes(4, "big")).digest() for n in range(size))[:len(block)]
    masked = bytearray(a ^ b for a, b in zip(block, mask))
    masked[0] &= 0x7F
    encoded = int.from_bytes(bytes(masked) + hashed + b"\xbc", "big")
    return pow(encoded, numbers.d, numbers.public_numbers.n).to_bytes(size, "big")


def sign(signer, algorithm, tbs):
    digest = ALGORITHMS[algorithm][1]()
    if algorithm.startswith("pss"):
        return sign_pss(signer, digest, tbs)
    if isinstance(key(signer), rsa.RSAPrivateKey):
        return key(signer).sign(tbs, padding.PKCS1v15(), digest)
    return key(signer).sign(tbs, ec.ECDSA(digest, deterministic_signing=True))


# Certificates ---------------------------------------------------------------------------------------------------------

def flip(der, place):
    return der[:place] + bytes([der[place] ^ 1]) + der[place + 1:]


def key_usage(names):
    bits = sum(1 << (15 - USAGES.index(name)) for name in names)
    octets = bits.to_bytes(2, "big").rstrip(b"\0")
    unused = 0 if not octets else next(i for i in range(8) if octets[-1] >> i & 1)
    return tlv(3, bytes([unused]) + octets)


def basic_constraints(ca, path_length=None):
    return sequence(boolean(True) if ca else b"", b"" if path_length is None else integer(path_length))


def subtrees(names):
    return b"".join(sequence(name) for name in names)


def name_constraints(permitted=(), excluded=()):
    return sequence(tlv(0xA0, subtrees(permitted)) if permitted else b"", tlv(0xA1, subtrees(excluded)) if excluded else b"")


def extension(dotted, critical, value):
    return sequence(oid(dotted), boolean(True) if critical else b"", tlv(4, value))


class Cert:
    """DER, and what is needed to issue below it. `by`: its issuer, None for one that signed itself."""

    def __init__(self, der, subject, key_name, by):
        self.der, self.subject, self.key, self.by = der, subject, key_name, by
        self.id = hashlib.sha256(der).hexdigest()[:12]

    def changed(self, change):
        """The same place in a chain with other bytes."""
        return Cert(change(self.der), self.subject, self.key, self.by)


def either(value, encode):
    return value if isinstance(value, bytes) else encode(value)


def issue(subject, by, *, key, bc=None, ku=None, eku=None, san=None, nc=None, ids=True, subject_key_id=None,
          authority_key_id=None,
          bc_critical=True, ku_critical=True, nc_critical=False, san_critical=False, extra=(), na="491231235959Z",
          nb="200101000000Z", version=3, algorithm=None, inner=None, outer=None, signer=None, issuer=None, raw=None):
    """One certificate. `by`: the issuer's Cert, None = self-signed. `raw`: fields of the TBSCertificate by name, encoded already.
    An extension's value may be bytes, too. `extra`: (oid, critical, value) that follow the others."""
    raw = raw or {}
    signer = signer or (by.key if by else key)
    algorithm = algorithm or ("rsa-sha256" if signer.startswith("rsa") else "ecdsa-sha256")
    identifier = inner or ALGORITHMS[algorithm][0]
    extensions = []
    if bc is not None:
        extensions.append(("2.5.29.19", bc_critical, either(bc, lambda v: basic_constraints(*v))))
    if ku is not None:
        extensions.append(("2.5.29.15", ku_critical, either(ku, key_usage)))
    if eku is not None:
        extensions.append(("2.5.29.37", False, either(eku, lambda v: sequence(*map(oid, v)))))
    if san is not None:
        extensions.append(("2.5.29.17", san_critical, either(san, lambda v: sequence(*v))))
    if nc is not None:
        extensions.append(("2.5.29.30", nc_critical, either(nc, lambda v: name_constraints(*v))))
    if ids:
        extensions.append(("2.5.29.14", False, tlv(4, subject_key_id or key_id(key))))
        extensions.append(("2.5.29.35", False, sequence(tlv(0x80, authority_key_id or key_id(by.key if by else key)))))
    extensions += extra
    encoded = b"".join(extension(*one) for one in extensions)
    issuer = issuer or (by.subject if by else subject)
    body = [
        raw.get("version", tlv(0xA0, integer(version - 1)) if version != 1 else b""),
        identifier,
        raw.get("issuer", issuer),
        raw.get("validity", sequence(time(nb), time(na))),
        raw.get("subject", subject),
        raw.get("spki", spki(key)),
        raw.get("unique", b""),
        raw.get("extensions", tlv(0xA3, sequence(encoded)) if version == 3 else b""),
        raw.get("tail", b""),
    ]
    # The signer's name, too: two twins may differ in nothing else.
    serial = hashlib.sha256(b"".join(body) + signer.encode() + algorithm.encode()).digest()[:8]
    body.insert(1, raw.get("serial", tlv(2, bytes([serial[0] & 0x7F | 1]) + serial[1:])))
    tbs = sequence(*body)
    signature = sign(signer, algorithm, tbs)
    der = sequence(tbs, outer or identifier, raw.get("signature", tlv(3, b"\0" + signature)))
    return Cert(der, subject, key, by)


# The world that rules begin with --------------------------------------------------------------------------------------

HOST = "host.test"


def ca(common_name, by=None, *, key, subject=None, **fields):
    return issue(subject or dn("CN=" + common_name), by, key=key, **({"bc": (True, None), "ku": ["key_cert_sign"]} | fields))


ROOT = ca("Root", key="root")
OTHER_ROOT = ca("Other Root", key="other_root")


def intermediate(by=ROOT, *, key="intermediate", **fields):
    return ca("Intermediate", by, key=key, **fields)


INTERMEDIATE = intermediate()


def leaf(by=INTERMEDIATE, *, key="leaf", subject=None, **fields):
    fields = {"ku": ["digital_signature"], "eku": [SERVER], "san": [dns(HOST)]} | fields
    return issue(subject if subject is not None else dn("CN=host"), by, key=key, **fields)


def client(by=INTERMEDIATE, **fields):
    return leaf(by, **({"subject": dn("CN=user"), "eku": [CLIENT], "san": [email("a@user.test")]} | fields))


# Entries --------------------------------------------------------------------------------------------------------------

RULES = []
CERTIFICATES = {}


def keep(cert):
    CERTIFICATES.setdefault(cert.id, cert)
    return cert.id


def walk_up(cert):
    links = [cert]
    while links[-1].by is not None:
        links.append(links[-1].by)
    return links


class Rule:
    def __init__(self, identifier, rfc, what, defaults):
        self.row = {"id": identifier, "rfc": rfc, "what": what, "entries": []}
        self.defaults = defaults

    def add(self, note, findings, target, **options):
        """`target`: the leaf, whose issuers are the chain and whose last issuer is the anchor; or a chain, below `anchors`."""
        options = self.defaults | options
        if isinstance(target, Cert):
            links = walk_up(target)
            chain = options.get("chain", links[:-1] if len(links) > 1 else links)
            anchors = options.get("anchors", links[-1:])
        else:
            chain, anchors = target, options.get("anchors", [ROOT])
        entry = {"id": self.row["id"] + "/" + note, "chain": [keep(one) for one in chain], "key": chain[0].key,
                 "anchors": [keep(one) for one in anchors]}
        key(chain[0].key)
        if options.get("intermediates"):
            entry["intermediates"] = [keep(one) for one in options["intermediates"]]
        if options.get("role", "server") == "client":
            entry["role"] = "client"
        else:
            names = options.get("name", "dns:" + HOST)
            entry["names"] = [names] if isinstance(names, str) else names
        for field in ("time", "limits", "handshake", "tls12", "orders"):
            if field in options:
                entry[field] = options[field]
        # One list of findings, or several of which the order of the chain decides.
        if isinstance(findings, str):
            entry["findings"] = findings.split()
        else:
            entry["findings_any"] = [one.split() for one in findings]
        assert all(entry["id"] != other["id"] for other in self.row["entries"]), entry["id"]
        self.row["entries"].append(entry)

    def accept(self, note, target, **options):
        self.add(note, "", target, **options)

    def reject(self, note, findings, target, **options):
        self.add(note, findings, target, **options)


@contextlib.contextmanager
def rule(identifier, rfc, what, **defaults):
    """One rule: at least one accepted twin and two that are not, each with exactly one thing changed."""
    one = Rule(identifier, rfc, what, defaults)
    yield one
    accepted = sum(entry.get("findings") == [] for entry in one.row["entries"])
    refused = len(one.row["entries"]) - accepted
    assert accepted >= 1 and refused >= 2, f"{identifier}: {accepted} accepted, {refused} refused"
    assert all(identifier != other["id"] for other in RULES), identifier
    RULES.append(one.row)


def multi(identifier, what, chain, findings="", **options):
    """One chain of several paths. What follows its leaf is shown in every order, at most 24 of them."""
    one = Rule("multi_path", "RFC 4158 2.2, RFC 5280 6.1", "", {})
    one.add(identifier, findings, chain, orders=True, **options)
    entry = one.row["entries"][0] | {"what": what}
    if not RULES or RULES[-1]["id"] != "multi_path":
        RULES.append({"id": "multi_path", "rfc": "RFC 4158 2.2, RFC 5280 6.1",
                      "what": "Any good path is enough, in whatever order its certificates were sent.", "entries": []})
    assert all(entry["id"] != other["id"] for other in RULES[-1]["entries"]), entry["id"]
    RULES[-1]["entries"].append(entry)


# Files ----------------------------------------------------------------------------------------------------------------

def load_keys():
    """RSA keys of the last run: they cannot be made from a name."""
    if not INDEX.exists():
        return
    for name, pem in json.loads(INDEX.read_text())["keys"].items():
        if name.startswith("rsa"):
            KEYS[name] = serialization.load_pem_private_key(pem.encode(), None)


def write():
    blocks = []
    for identifier, cert in CERTIFICATES.items():
        lines = textwrap.wrap(base64.b64encode(cert.der).decode(), 64)
        blocks += [f"# {identifier}", "-----BEGIN CERTIFICATE-----", *lines, "-----END CERTIFICATE-----"]
    BUNDLE.write_text("\n".join(blocks) + "\n")
    used = {entry["key"] for rule_row in RULES for entry in rule_row["entries"]}
    names = sorted(name for name in KEYS if name in used or name.startswith("rsa"))
    head = {"time": TIME, "keys": {name: key_pem(name) for name in names}}
    # One line an entry: changes can be read.
    rows = []
    for row in RULES:
        entries = ",\n   ".join(json.dumps(entry) for entry in row["entries"])
        start = json.dumps({k: v for k, v in row.items() if k != "entries"})[:-1]
        rows.append(f'  {start}, "entries": [\n   {entries}]}}')
    INDEX.write_text(json.dumps(head, indent=1)[:-2] + ',\n "rules": [\n' + ",\n".join(rows) + "\n ]\n}\n")
    entries = sum(len(row["entries"]) for row in RULES)
    print(f"{len(RULES)} rules, {entries} entries, {len(CERTIFICATES)} certificates, "
          f"{(BUNDLE.stat().st_size + INDEX.stat().st_size) // 1024} KiB")
