# SPDX-License-Identifier: BSL-1.0
"""Signatures, strength, and the form of a certificate (DER, RFC 5280 4.1)."""
from corpus_kit import *  # noqa: F403

# A leaf that cannot be read has no names either. Without its intermediate a leaf has no issuer.
LEAF, ISSUER = "malformed@0 name_mismatch@0", "malformed@1 unknown_authority@0"
TLS12 = {"tls12": NOT_A_SIGNER}


def rules():
    signatures()
    keys()
    digests()
    encodings()
    envelopes()
    extensions()


def tlv_content(der):
    return der[2 if der[1] < 0x80 else 2 + (der[1] & 0x7F):]


def refitted(der, change):
    """`der` with its content changed, and a length that fits again."""
    return tlv(der[0], change(tlv_content(der)))


def signatures():
    with rule("signature_leaf", "RFC 5280 6.1.3 (a)(1)", "a certificate is signed by its issuer's key") as r:
        r.accept("good", leaf())
        # The last byte of the key identifier of the issuer, which ends the signed part: nothing else depends on it.
        ends = leaf().der.rindex(key_id("intermediate")) + 7
        r.reject("signed_part_changed", "bad_signature@0", leaf().changed(lambda der: flip(der, ends)))
        r.reject("signature_changed", "bad_signature@0", leaf().changed(lambda der: flip(der, len(der) - 1)))
        r.reject("another_key", "bad_signature@0", leaf(signer="second"))
        r.reject("its_own_key", "bad_signature@0", leaf(signer="leaf"))
    with rule("signature_intermediate", "RFC 5280 6.1.3 (a)(1)", "the same one step higher") as r:
        def of(one):
            return [leaf(), one]
        r.accept("good", of(INTERMEDIATE))
        ends = INTERMEDIATE.der.rindex(key_id("root")) + 7
        r.reject("signed_part_changed", "bad_signature@1", of(INTERMEDIATE.changed(lambda der: flip(der, ends))))
        r.reject("signature_changed", "bad_signature@1", of(INTERMEDIATE.changed(lambda der: flip(der, len(der) - 1))))
        r.reject("another_key", "bad_signature@1", leaf(intermediate(signer="second")))
    with rule("signature_root_key", "RFC 5280 6.1.1 (d)", "of an anchor its name and key count, not its own signature") as r:
        r.accept("good", leaf())
        broken = ROOT.changed(lambda der: flip(der, len(der) - 1))
        r.accept("own_signature_broken", leaf(), anchors=[broken])
        other = ca("Root", key="second")
        r.reject("another_key", "bad_signature@1", leaf(), anchors=[other])
        r.reject("another_key_of_its_identifier", "bad_signature@1", leaf(),
                 anchors=[ca("Root", key="second", subject_key_id=key_id("root"))])
    with rule("signature_identifiers", "RFC 5280 4.1.1.2", "the algorithm is the same inside and outside") as r:
        sha256, sha384 = ALGORITHMS["ecdsa-sha256"][0], ALGORITHMS["ecdsa-sha384"][0]
        r.accept("same", leaf())
        r.reject("another_outside", LEAF, leaf(outer=sha384))
        r.reject("another_inside", LEAF, leaf(inner=sha384, outer=sha256))
        r.reject("parameters_outside", LEAF, leaf(outer=sequence(oid("1.2.840.10045.4.3.2"), b"\5\0")))
        r.reject("of_the_intermediate", ISSUER, leaf(intermediate(outer=sha384)))
    with rule("signature_of_its_algorithm", "RFC 5280 4.1.1.2, 6.1.3 (a)(1)",
              "the signature is of the algorithm that is named") as r:
        r.accept("sha256", leaf())
        r.accept("sha384", leaf(algorithm="ecdsa-sha384"))
        r.reject("another_digest", "bad_signature@0", leaf(inner=ALGORITHMS["ecdsa-sha384"][0]))
        r.reject("of_another_kind_of_key", "bad_signature@0", leaf(inner=RSA_SHA256))
        r.reject("nobody_knows", "bad_signature@0", leaf(inner=sequence(oid("2.999.7"))))
    with rule("signature_rsa", "RFC 8017 8.2", "the same with RSA") as r:
        top = intermediate(key="rsa2048_ca")
        r.accept("good", leaf(top))
        r.accept("no_parameters", leaf(top, inner=sequence(oid("1.2.840.113549.1.1.11"))))
        r.reject("signature_changed", "bad_signature@0", leaf(top).changed(lambda der: flip(der, len(der) - 1)))
        r.reject("another_key", "bad_signature@0", leaf(top, signer="rsa2048_leaf"))
        r.reject("of_another_kind_of_key", "bad_signature@0", leaf(top, signer="intermediate"))
    with rule("signature_rsa_pss", "RFC 4055 3.1, RFC 8017 8.1",
              "the same with RSASSA-PSS, whose parameters are part of the algorithm") as r:
        def made(identifier=None, algorithm="pss-sha256"):
            return leaf(intermediate(key="rsa2048_ca"), algorithm=algorithm, inner=identifier)
        r.accept("good", made())
        r.reject("another_salt_length", "bad_signature@0", made(pss_identifier(SHA256, 20)))
        r.reject("another_digest", "bad_signature@0", made(pss_identifier(SHA384, 32)))
        r.reject("sha1", "weak_signature@0", made(algorithm="pss-sha1"))
        r.reject("of_the_older_form", "bad_signature@0", made(algorithm="rsa-sha256", identifier=pss_identifier(SHA256, 32)))
        r.reject("named_as_the_older_form", "bad_signature@0", made(RSA_SHA256))
    with rule("signature_empty", "RFC 5280 4.1.1.3", "a signature has bytes, whole ones") as r:
        r.accept("good", leaf())
        r.reject("empty", "bad_signature@0", leaf(raw={"signature": tlv(3, b"\0")}))
        r.reject("one_byte", "bad_signature@0", leaf(raw={"signature": tlv(3, b"\0\0")}))
        r.reject("unused_bits", LEAF, leaf(raw={"signature": tlv(3, b"\4" + bytes(64))}))
        r.reject("no_bit_count", LEAF, leaf(raw={"signature": tlv(3, b"")}), handshake=CANNOT_READ)


def keys():
    with rule("key_rsa_leaf", "CA/B BR 6.1.5 (policy)", "RSA of 2048 bits and more") as r:
        r.accept("of_2048", leaf(key="rsa2048_leaf"))
        r.reject("of_1024", "weak_key@0", leaf(key="rsa1024_leaf"))
        r.reject("of_1536", "weak_key@0", leaf(key="rsa1536_leaf"))
        r.reject("of_2040", "weak_key@0", leaf(key="rsa2040_leaf"))
    with rule("key_rsa_intermediate", "CA/B BR 6.1.5 (policy)", "the same for issuers") as r:
        r.accept("of_2048", leaf(intermediate(key="rsa2048_ca")))
        r.reject("of_1024", "weak_key@1", leaf(intermediate(key="rsa1024_ca")))
        r.reject("of_1536", "weak_key@1", leaf(intermediate(key="rsa1536_ca")))
    with rule("key_ec_leaf", "CA/B BR 6.1.5 (policy)", "curves of 256 bits and more") as r:
        weak = {"handshake": NO_SCHEME}
        r.accept("p256", leaf())
        r.reject("p224", "weak_key@0", leaf(key="p224_leaf"), **weak)
        r.reject("p192", "weak_key@0", leaf(key="p192_leaf"), **weak)
        r.reject("unknown_curve", "weak_key@0",
                 leaf(raw={"spki": sequence(sequence(oid("1.2.840.10045.2.1"), oid("2.999.6")), tlv(3, b"\0\4" + bytes(64)))}),
                 handshake=CANNOT_READ)
    with rule("key_ec_intermediate", "CA/B BR 6.1.5 (policy)", "the same for issuers") as r:
        r.accept("p256", leaf(intermediate()))
        r.reject("p224", "weak_key@1", leaf(intermediate(key="p224_ca")))
        r.reject("p192", "weak_key@1", leaf(intermediate(key="p192_ca")))
    with rule("key_ec_explicit", "RFC 5480 2.1.1, CVE-2020-0601",
              "a curve is named, not described: whoever describes it, chooses it") as r:
        # SEC 1 C.2: P-256 in full, which is what the name stands for.
        prime = (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1
        b = bytes.fromhex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b")
        base = bytes.fromhex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                             "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
        order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
        curve = sequence(integer(1), sequence(oid("1.2.840.10045.1.1"), integer(prime)),
                         sequence(tlv(4, (prime - 3).to_bytes(32, "big")), tlv(4, b)), tlv(4, base), integer(order), integer(1))

        def described(name):
            return {"raw": {"spki": sequence(sequence(oid("1.2.840.10045.2.1"), curve), tlv(3, b"\0" + spki(name)[-65:]))}}
        r.accept("named", leaf())
        r.reject("leaf", "weak_key@0", leaf(**described("leaf")))
        # Nothing can be verified with a key that is not processed.
        r.reject("intermediate", "weak_key@1 bad_signature@0", leaf(intermediate(**described("intermediate"))))
        r.reject("anchor", "weak_key@2 bad_signature@1", leaf(intermediate(ca("Root", key="root", **described("root")))))
    with rule("key_anchor", "RFC 5280 6.1.1 (d), CA/B BR 6.1.5 (policy)", "the same for anchors") as r:
        r.accept("rsa_of_2048", leaf(intermediate(ca("Root", key="rsa2048_ca"))))
        r.reject("rsa_of_1024", "weak_key@2", leaf(intermediate(ca("Root", key="rsa1024_ca"))))
        r.reject("p224", "weak_key@2", leaf(intermediate(ca("Root", key="p224_ca"))))
        r.reject("p192", "weak_key@2", leaf(intermediate(ca("Root", key="p192_ca"))))
    with rule("key_client", "CA/B BR 6.1.5 (policy)", "the same for clients", role="client") as r:
        r.accept("of_2048", client(key="rsa2048_leaf"))
        r.reject("of_1024", "weak_key@0", client(key="rsa1024_leaf"))
        r.reject("of_1536", "weak_key@0", client(key="rsa1536_leaf"))


def digests():
    with rule("digest_leaf", "RFC 9155, RFC 6151 (policy)", "no MD5 and no SHA-1") as r:
        top = intermediate(key="rsa2048_ca")
        r.accept("sha256", leaf(top))
        r.reject("sha1", "weak_signature@0", leaf(top, algorithm="rsa-sha1"))
        r.reject("md5", "weak_signature@0", leaf(top, algorithm="rsa-md5"))
        r.reject("sha1_with_ecdsa", "weak_signature@0", leaf(algorithm="ecdsa-sha1"))
    with rule("digest_intermediate", "RFC 9155, RFC 6151 (policy)", "the same for issuers") as r:
        root = ca("Root", key="rsa2048_ca")
        r.accept("sha256", leaf(intermediate(root)))
        r.reject("sha1", "weak_signature@1", leaf(intermediate(root, algorithm="rsa-sha1")))
        r.reject("md5", "weak_signature@1", leaf(intermediate(root, algorithm="rsa-md5")))
        r.reject("sha1_with_ecdsa", "weak_signature@1", leaf(intermediate(algorithm="ecdsa-sha1")))
    with rule("digest_anchor", "RFC 5280 6.1.1 (d)", "what an anchor signed itself with does not count") as r:
        def root(algorithm):
            return ca("Root", key="rsa2048_ca", algorithm=algorithm)
        r.accept("sha256", leaf(intermediate(root("rsa-sha256"))))
        r.accept("sha1", leaf(intermediate(root("rsa-sha1"))))
        r.accept("md5", leaf(intermediate(root("rsa-md5"))))
        own = leaf(None, algorithm="ecdsa-sha1")
        r.accept("sha1_leaf_that_is_the_anchor", own)
        r.reject("sha1_below_it", "weak_signature@1", leaf(intermediate(root("rsa-sha1"), algorithm="rsa-sha1")))
        r.reject("sha1_leaf_below_it", "weak_signature@0", leaf(intermediate(root("rsa-sha1")), algorithm="ecdsa-sha1"))


def encodings():
    good = leaf()
    with rule("der_length", "X.690 8.1.3, 10.1", "lengths are definite and in their shortest form") as r:
        body = good.der[4:]
        r.accept("shortest", good)
        r.reject("a_byte_too_many", LEAF, good.changed(lambda der: b"\x30\x83\0" + der[2:4] + body), handshake=CANNOT_READ)
        r.reject("indefinite", LEAF, good.changed(lambda der: b"\x30\x80" + body + b"\0\0"), handshake=CANNOT_READ)
        r.reject("inside", LEAF, leaf(eku=b"\x30\x81\x0a" + oid(SERVER)))
        r.reject("too_long", LEAF, good.changed(lambda der: der[:3] + bytes([der[3] + 1]) + body), handshake=CANNOT_READ)
        r.reject("of_the_intermediate", ISSUER,
                 [good, INTERMEDIATE.changed(lambda der: b"\x30\x83\0" + der[2:])], handshake=CANNOT_READ)
    with rule("der_trailing", "X.690, RFC 5280 4.1", "nothing stands behind the end") as r:
        r.accept("nothing", good)
        r.reject("behind_the_certificate", LEAF, good.changed(lambda der: der + b"\0"), handshake=CANNOT_READ)
        r.reject("behind_the_signature", LEAF, good.changed(lambda der: refitted(der, lambda body: body + b"\5\0")),
                 handshake=CANNOT_READ)
        r.reject("behind_the_extensions", LEAF, leaf(raw={"tail": b"\5\0"}), handshake=CANNOT_READ)
        r.reject("behind_basic_constraints", ISSUER, leaf(intermediate(bc=basic_constraints(True) + b"\5\0")))
        r.reject("within_basic_constraints", ISSUER, leaf(intermediate(bc=sequence(boolean(True), integer(0), b"\5\0"))))
        r.reject("behind_the_names", LEAF, leaf(san=sequence(dns(HOST)) + b"\0"))
    with rule("der_boolean", "X.690 11.1", "TRUE is 0xff") as r:
        r.accept("ff", leaf(intermediate()))
        r.accept("default_written", leaf(raw={"extensions": tlv(0xA3, sequence(sequence(
            oid("2.5.29.17"), boolean(False), tlv(4, sequence(dns(HOST))))))}))
        r.reject("one", ISSUER, leaf(intermediate(bc=sequence(tlv(1, b"\1")))))
        r.reject("two_bytes", ISSUER, leaf(intermediate(bc=sequence(tlv(1, b"\xff\xff")))))
        r.reject("empty", ISSUER, leaf(intermediate(bc=sequence(tlv(1, b"")))))
        r.reject("critical_is_one", ISSUER, leaf(intermediate(
            bc=None, raw={"extensions": tlv(0xA3, sequence(sequence(oid("2.5.29.19"), tlv(1, b"\1"),
                                                                    tlv(4, basic_constraints(True)))))})))
    with rule("der_integer", "X.690 8.3", "numbers are in their shortest form, and this one is not negative") as r:
        def length(number):
            return leaf(intermediate(bc=sequence(boolean(True), number)))
        r.accept("zero", length(integer(0)))
        r.reject("a_byte_too_many", ISSUER, length(tlv(2, b"\0\0")))
        r.reject("negative", ISSUER, length(tlv(2, b"\xff")))
        r.reject("empty", ISSUER, length(tlv(2, b"")))
    with rule("der_oid", "X.690 8.19", "object identifiers are whole and in their shortest form") as r:
        def purposes(one):
            return leaf(eku=sequence(oid(SERVER), one))
        r.accept("good", purposes(oid(CLIENT)))
        r.reject("leading_80", LEAF, purposes(tlv(6, b"\x2b\x80\x06")), **TLS12)
        r.reject("cut_short", LEAF, purposes(tlv(6, b"\x2b\x86")), **TLS12)
        r.reject("empty", LEAF, purposes(tlv(6, b"")), **TLS12)
    with rule("der_bit_string", "X.690 8.6, 11.2", "unused bits are few, and zero") as r:
        def usage(content):
            return leaf(ku=tlv(3, content))
        r.accept("seven_unused", usage(b"\7\x80"))
        r.reject("nine_unused", LEAF, usage(b"\x09\x80"), **TLS12)
        r.reject("not_zero", LEAF, usage(b"\7\x81"))
        r.reject("empty", LEAF, usage(b""), **TLS12)
        r.reject("unused_of_none", LEAF, usage(b"\1"), **TLS12)
    with rule("der_time", "RFC 5280 4.1.2.5.1, 4.1.2.5.2", "seconds, Z, no fraction, and a day that there is") as r:
        def until(tag, content):
            return leaf(na=tlv(tag, content))
        utc, generalized = 0x17, 0x18
        r.accept("utc", until(utc, b"491231235959Z"))
        r.accept("generalized", until(generalized, b"20501231235959Z"))
        r.reject("no_seconds", LEAF, until(utc, b"4912312359Z"))
        r.reject("offset", LEAF, until(utc, b"491231235959+0000"))
        r.reject("local", LEAF, until(generalized, b"20501231235959"))
        r.reject("fraction", LEAF, until(generalized, b"20501231235959.5Z"))
        r.reject("month_13", LEAF, until(utc, b"491331235959Z"))
        r.reject("hour_24", LEAF, until(utc, b"491231240000Z"))
        r.reject("second_60", LEAF, until(utc, b"491231235960Z"))
        r.reject("letters", LEAF, until(utc, b"49123123595xZ"))
        r.reject("another_type", LEAF, until(IA5, b"491231235959Z"), handshake=CANNOT_READ)


def envelopes():
    with rule("form_version", "RFC 5280 4.1.2.1", "versions 1, 2 and 3, the first by saying nothing") as r:
        def version(octets, **fields):
            return leaf(raw={"version": octets}, **fields)
        r.accept("3", version(tlv(0xA0, integer(2))))
        r.reject("4", LEAF, version(tlv(0xA0, integer(3))))
        r.reject("128", LEAF, version(tlv(0xA0, integer(127))))
        r.reject("negative", LEAF, version(tlv(0xA0, integer(-1))))
        r.reject("1_with_extensions", LEAF, version(b""))
        r.reject("2_with_extensions", LEAF, version(tlv(0xA0, integer(1))))
        r.reject("1_written", ISSUER, leaf(intermediate(version=1, raw={"version": tlv(0xA0, integer(0))})))
    with rule("form_serial", "RFC 5280 4.1.2.2",
              "twenty bytes at the least are understood; negative and zero are no reason to refuse") as r:
        def serial(octets):
            return leaf(raw={"serial": tlv(2, octets)})
        r.accept("twenty_bytes", serial(b"\x7f" + bytes(19)))
        r.accept("zero", serial(b"\0"))
        r.accept("negative", serial(b"\xfe"))
        r.reject("empty", LEAF, serial(b""), handshake=CANNOT_READ)
        r.reject("not_shortest", LEAF, serial(b"\0\x7f"), handshake=CANNOT_READ)
        r.reject("negative_not_shortest", LEAF, serial(b"\xff\xfe"), handshake=CANNOT_READ)
        r.reject("a_hundred_bytes", LEAF, serial(b"\x7f" + bytes(99)))
    with rule("form_issuer_empty", "RFC 5280 4.1.2.4, 4.1.2.6", "an issuer has a name") as r:
        def under(name):
            return leaf(ca("", subject=name, by=ROOT, key="intermediate"))
        r.accept("named", under(dn("CN=x")))
        r.reject("empty", LEAF, under(dn()))
        r.reject("empty_in_the_anchor", "malformed@1 unknown_authority@0",
                 [leaf(), intermediate(issuer=dn())], anchors=[ROOT])
    with rule("form_name", "RFC 5280 4.1.2.4, X.501", "a name is a sequence of sets of at least one attribute") as r:
        pair = sequence(oid(ATTRIBUTES["CN"]), tlv(UTF8, b"host"))
        r.accept("one_attribute", leaf(subject=sequence(tlv(0x31, pair))))
        r.accept("two_in_one_set", leaf(subject=sequence(tlv(0x31, pair + sequence(oid(ATTRIBUTES["O"]), tlv(UTF8, b"x"))))))
        r.reject("empty_set", LEAF, leaf(subject=sequence(tlv(0x31, b""))))
        r.reject("sequence_for_a_set", LEAF, leaf(subject=sequence(sequence(pair))), handshake=CANNOT_READ)
        r.reject("no_value", LEAF, leaf(subject=sequence(tlv(0x31, sequence(oid(ATTRIBUTES["CN"]))))), handshake=CANNOT_READ)
    with rule("form_unique_identifiers", "RFC 5280 4.1.2.8", "unique identifiers came with version 2") as r:
        unique = tlv(0x81, b"\0\1")
        r.accept("in_version_3", leaf(raw={"unique": unique}))
        r.reject("in_version_1", ISSUER, leaf(intermediate(version=1, raw={"unique": unique})))
        r.reject("not_a_bit_string", LEAF, leaf(raw={"unique": tlv(0x81, b"\x09\1")}), handshake=CANNOT_READ)
    rsa_keys()
    ec_keys()


def rsa_keys():
    algorithm = sequence(oid("1.2.840.113549.1.1.1"), b"\5\0")
    numbers = key("rsa2048_leaf").public_key().public_numbers()
    modulus = numbers.n.to_bytes(257, "big")

    def made_of(modulus, exponent=integer(numbers.e), tail=b""):
        return leaf(key="rsa2048_leaf", raw={"spki": sequence(
            algorithm, tlv(3, b"\0" + sequence(tlv(2, modulus), exponent, tail)))})

    with rule("form_key_rsa", "RFC 5280 4.1.2.7, RFC 8017 A.1.1", "a public key that is one") as r:
        r.accept("good", made_of(modulus))
        r.reject("negative", LEAF, made_of(modulus[1:]))
        r.reject("zero", LEAF, made_of(b"\0"), handshake=OTHER_KEY)
        r.reject("trailing", LEAF, made_of(modulus, tail=b"\5\0"), handshake=CANNOT_READ)
    with rule("form_key_rsa_exponent", "RFC 8017 3.1", "an exponent is odd and at least 3; with 1 anybody can sign") as r:
        r.accept("65537", made_of(modulus))
        r.reject("1", LEAF, made_of(modulus, integer(1)), handshake=OTHER_KEY)
        r.reject("0", LEAF, made_of(modulus, integer(0)), handshake=OTHER_KEY)
        r.reject("2", LEAF, made_of(modulus, integer(2)), handshake=OTHER_KEY)
        r.reject("negative", LEAF, made_of(modulus, integer(-65537)), handshake=OTHER_KEY)
        forged = ca("Intermediate", ROOT, key="rsa2048_ca", raw={"spki": sequence(
            algorithm, tlv(3, b"\0" + sequence(integer(key("rsa2048_ca").public_key().public_numbers().n), integer(1))))})
        # What verifies with the exponent 1 is the padded digest itself (RFC 8017 9.2).
        plain = leaf(forged)
        body = tlv_content(plain.der)
        tbs = body[:2 + 2 + int.from_bytes(body[2:4], "big")]
        digest = bytes.fromhex("3031300d060960864801650304020105000420") + hashlib.sha256(tbs).digest()
        padded = b"\0\1" + b"\xff" * (256 - 3 - len(digest)) + b"\0" + digest
        free = plain.changed(lambda der: sequence(tbs, RSA_SHA256, tlv(3, b"\0" + padded)))
        r.reject("1_of_the_intermediate", ISSUER, [free, forged])


def ec_keys():
    with rule("form_key_ec", "RFC 5480 2.2", "a point of the curve's size") as r:
        def point(octets):
            return leaf(raw={"spki": sequence(sequence(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7")),
                                              tlv(3, b"\0" + octets))})
        own = spki("leaf")[-65:]
        r.accept("good", point(own))
        r.reject("too_short", LEAF, point(own[:-1]), handshake=OTHER_KEY)
        r.reject("too_long", LEAF, point(own + b"\0"), handshake=OTHER_KEY)
        r.reject("no_such_form", LEAF, point(b"\5" + own[1:]), handshake=OTHER_KEY)
        r.reject("infinity", LEAF, point(b"\0"), handshake=OTHER_KEY)
        r.reject("empty", LEAF, point(b""), handshake=OTHER_KEY)


def extensions():
    with rule("extension_twice", "RFC 5280 4.2", "an extension appears once") as r:
        names = sequence(dns(HOST))
        r.accept("once", leaf())
        r.reject("names", LEAF, leaf(extra=[("2.5.29.17", False, names)]), **TLS12)
        r.reject("unknown", LEAF, leaf(extra=[(NOBODY_KNOWS, False, b"\5\0")] * 2))
        r.reject("basic_constraints", ISSUER, leaf(intermediate(extra=[("2.5.29.19", True, basic_constraints(True))])))
    with rule("extension_list", "RFC 5280 4.1", "no empty list of extensions") as r:
        r.accept("none", leaf(intermediate(bc=(True, None), ku=None, ids=False)))
        r.reject("empty", ISSUER, leaf(intermediate(raw={"extensions": tlv(0xA3, sequence())})))
        r.reject("no_list", ISSUER, leaf(intermediate(raw={"extensions": tlv(0xA3, b"")})), handshake=CANNOT_READ)
        r.reject("two_lists", ISSUER, leaf(intermediate(raw={"extensions": tlv(
            0xA3, sequence(extension("2.5.29.19", True, basic_constraints(True))) * 2)})), handshake=CANNOT_READ)
    with rule("extension_names", "RFC 5280 4.2.1.6", "names of known kinds, at least one") as r:
        r.accept("one", leaf(san=[dns(HOST)]))
        r.reject("empty_list", LEAF, leaf(san=[]))
        r.reject("unknown_kind", LEAF, leaf(san=[dns(HOST), tlv(0x8A, b"x")]), **TLS12)
        r.reject("address_of_five_bytes", LEAF, leaf(san=[dns(HOST), tlv(0x87, b"12345")]))
        r.reject("no_sequence", LEAF, leaf(san=dns(HOST)), **TLS12)
        r.reject("srv_of_another_type", LEAF, leaf(san=[dns(HOST), other_name("1.3.6.1.5.5.7.8.7", tlv(UTF8, b"_a.b"))]))
    with rule("extension_purposes", "RFC 5280 4.2.1.12", "at least one purpose") as r:
        r.accept("one", leaf(eku=[SERVER]))
        r.reject("empty_list", LEAF, leaf(eku=[]))
        r.reject("not_an_identifier", LEAF, leaf(eku=sequence(oid(SERVER), integer(1))), **TLS12)
    with rule("extension_known_but_not_critical", "RFC 5280 4.2", "what is processed has to be readable, critical or not") as r:
        r.accept("readable", leaf())
        r.reject("key_usage", LEAF, leaf(ku=b"\5\0", ku_critical=False), **TLS12)
        r.reject("key_identifier", LEAF, leaf(ids=False, extra=[("2.5.29.14", False, b"\5\0")]), **TLS12)
        r.reject("authority_key_identifier", LEAF, leaf(ids=False, extra=[("2.5.29.35", False, tlv(4, b"1234"))]), **TLS12)
