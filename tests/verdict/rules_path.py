# SPDX-License-Identifier: BSL-1.0
"""Validity, authorities, path length, usages, critical extensions, unknown authorities, limits."""
from corpus_kit import *  # noqa: F403

MOST_EXTENSIONS, MOST_PURPOSES = 64, 100
SECOND, THIRD = dn("CN=Second"), dn("CN=Third")


def second(by, **fields):
    return ca("Second", by, **({"key": "second"} | fields))


def third(by, **fields):
    return ca("Third", by, **({"key": "third"} | fields))


def rules():
    validity()
    authorities()
    path_lengths()
    usages()
    critical_extensions()
    unknown_authorities()


def validity():
    with rule("validity_leaf_end", "RFC 5280 4.1.2.5", "notAfter is inclusive") as r:
        r.accept("on_the_second", leaf(na="300101000000Z"))
        r.reject("second_too_old", "expired@0", leaf(na="291231235959Z"))
        r.reject("years_too_old", "expired@0", leaf(na="250101000000Z"))
    with rule("validity_leaf_start", "RFC 5280 4.1.2.5", "notBefore is inclusive") as r:
        r.accept("on_the_second", leaf(nb="300101000000Z"))
        r.reject("second_too_young", "not_yet_valid@0", leaf(nb="300101000001Z"))
        r.reject("years_too_young", "not_yet_valid@0", leaf(nb="400101000000Z"))
        r.reject("ends_before_it_starts", "expired@0 not_yet_valid@0", leaf(nb="400101000000Z", na="250101000000Z"))
    with rule("validity_intermediate_end", "RFC 5280 6.1.3 (a)(2)", "each certificate of the path is judged by the date") as r:
        r.accept("on_the_second", leaf(intermediate(na="300101000000Z")))
        r.reject("second_too_old", "expired@1", leaf(intermediate(na="291231235959Z")))
        r.reject("years_too_old", "expired@1", leaf(intermediate(na="250101000000Z")))
    with rule("validity_intermediate_start", "RFC 5280 6.1.3 (a)(2)", "each certificate of the path is judged by the date") as r:
        r.accept("on_the_second", leaf(intermediate(nb="300101000000Z")))
        r.reject("second_too_young", "not_yet_valid@1", leaf(intermediate(nb="300101000001Z")))
        r.reject("years_too_young", "not_yet_valid@1", leaf(intermediate(nb="400101000000Z")))
    with rule("validity_second_intermediate", "RFC 5280 6.1.3 (a)(2)", "the same one step higher") as r:
        def under(**fields):
            return leaf(second(intermediate(**fields)))
        r.accept("good", under())
        r.reject("too_old", "expired@2", under(na="291231235959Z"))
        r.reject("too_young", "not_yet_valid@2", under(nb="300101000001Z"))
    with rule("validity_anchor", "RFC 5280 6.1.1 (d)", "an anchor's dates are left to policy; here they count") as r:
        def under(**fields):
            return leaf(intermediate(ca("Root", key="root", **fields)))
        r.accept("on_the_second", under(nb="300101000000Z", na="300101000000Z"))
        r.reject("too_old", "expired@2", under(na="291231235959Z"))
        r.reject("too_young", "not_yet_valid@2", under(nb="300101000001Z"))
    with rule("validity_utc_century", "RFC 5280 4.1.2.5.1", "UTCTime: 00 to 49 are 20xx, 50 to 99 are 19xx") as r:
        r.accept("year_49", leaf(na="491231235959Z"))
        r.reject("year_50", "expired@0", leaf(na="500101000000Z", nb="500101000000Z"))
        r.reject("year_99", "expired@0", leaf(na="991231235959Z", nb="500101000000Z"))
    with rule("validity_generalized", "RFC 5280 4.1.2.5", "either form has to be understood for every year") as r:
        r.accept("year_2050", leaf(na="20500101000000Z"))
        r.accept("no_well_defined_end", leaf(na="99991231235959Z"))
        r.accept("start_on_the_second", leaf(nb="20300101000000Z"))
        r.reject("second_too_old", "expired@0", leaf(na="20291231235959Z"))
        r.reject("second_too_young", "not_yet_valid@0", leaf(nb="20300101000001Z"))
    with rule("validity_far_future", "RFC 5280 4.1.2.5.2", "dates after 2049, judged after 2049",
              time="2060-01-01T00:00:00Z") as r:
        def long(**fields):
            root = ca("Root", key="root", na="20991231235959Z")
            return leaf(intermediate(root, na="20991231235959Z"), **fields)
        r.accept("on_the_second", long(na="20600101000000Z"))
        r.reject("second_too_old", "expired@0", long(na="20591231235959Z"))
        r.reject("last_second_of_utc_time", "expired@0", long(na="491231235959Z"))
    with rule("validity_leap_day", "RFC 5280 4.1.2.5", "the 29th of February is a day of leap years",
              time="2028-02-29T00:00:00Z") as r:
        r.accept("in_2028", leaf(na="280229000000Z"))
        r.reject("in_2027", "malformed@0 name_mismatch@0", leaf(na="270229000000Z"))
        r.reject("day_before", "expired@0", leaf(na="280228235959Z"))
    with rule("validity_client", "RFC 5280 6.1.3 (a)(2)", "clients are judged by the date, too", role="client") as r:
        r.accept("on_the_second", client(na="300101000000Z"))
        r.reject("second_too_old", "expired@0", client(na="291231235959Z"))
        r.reject("second_too_young", "not_yet_valid@0", client(nb="300101000001Z"))


def authorities():
    with rule("authority_intermediate", "RFC 5280 6.1.4 (k)", "an issuer says that it is an authority") as r:
        r.accept("ca_true", leaf(intermediate()))
        r.reject("no_basic_constraints", "not_a_ca@1", leaf(intermediate(bc=None)))
        r.reject("default_false", "not_a_ca@1", leaf(intermediate(bc=(False, None))))
        r.reject("written_false", "not_a_ca@1", leaf(intermediate(bc=sequence(boolean(False)))))
    with rule("authority_second_intermediate", "RFC 5280 6.1.4 (k)", "the same one step higher") as r:
        r.accept("ca_true", leaf(second(intermediate())))
        r.reject("no_basic_constraints", "not_a_ca@2", leaf(second(intermediate(bc=None))))
        r.reject("default_false", "not_a_ca@2", leaf(second(intermediate(bc=(False, None)))))
    with rule("authority_not_critical", "RFC 5280 4.2.1.9", "what basicConstraints say counts, critical or not") as r:
        r.accept("true", leaf(intermediate(bc_critical=False)))
        r.reject("false", "not_a_ca@1", leaf(intermediate(bc=(False, None), bc_critical=False)))
        r.reject("path_length", "path_length@2", leaf(second(intermediate(bc=(True, 0), bc_critical=False))))
    with rule("authority_version", "RFC 5280 6.1.4 (k)", "before version 3 nobody can say that it is an authority") as r:
        r.accept("version_3", leaf(intermediate()))
        r.reject("version_1", "not_a_ca@1", leaf(intermediate(version=1)))
        r.reject("version_2", "not_a_ca@1", leaf(intermediate(version=2)))
    with rule("authority_version_of_clients", "RFC 5280 4.1.2.1", "a leaf may be of any version", role="client") as r:
        r.accept("version_1", client(version=1))
        r.accept("version_2", client(version=2))
        r.reject("version_1_expired", "expired@0", client(version=1, na="250101000000Z"))
        r.reject("version_1_of_version_1", "not_a_ca@1", client(intermediate(version=1), version=1))
    with rule("authority_anchor", "RFC 5280 6.1.4 (k), 6.1.1 (d)",
              "an anchor of version 3 has to say it; an old root may not") as r:
        r.accept("version_3", leaf(intermediate(ca("Root", key="root"))))
        r.accept("version_1_self_signed", leaf(intermediate(ca("Root", key="root", version=1))))
        r.reject("no_basic_constraints", "not_a_ca@2", leaf(intermediate(ca("Root", key="root", bc=None))))
        r.reject("default_false", "not_a_ca@2", leaf(intermediate(ca("Root", key="root", bc=(False, None)))))
        old = intermediate(version=1)
        r.reject("version_1_issued_by_another", "not_a_ca@1", [leaf(old)], anchors=[old])
    with rule("authority_as_leaf", "RFC 5280 4.2.1.9, 4.2.1.3", "an authority may be a server if its key usage says so") as r:
        both = {"bc": (True, 0), "ku": ["digital_signature", "key_cert_sign"]}
        r.accept("both_usages", leaf(**both))
        r.reject("signs_certificates_alone", "key_usage@0", leaf(**(both | {"ku": ["key_cert_sign"]})), tls12=NOT_A_SIGNER)
        r.reject("signs_lists_too", "key_usage@0", leaf(**(both | {"ku": ["key_cert_sign", "crl_sign"]})), tls12=NOT_A_SIGNER)
    with rule("authority_leaf_of_leaf", "RFC 5280 6.1.4 (k)", "a server's certificate issues nothing") as r:
        r.accept("an_authority", leaf(second(INTERMEDIATE)))
        r.reject("a_server", "not_a_ca@1 key_usage@1", leaf(leaf(subject=SECOND, key="second")))
        r.reject("a_server_that_signs_certificates", "not_a_ca@1",
                 leaf(leaf(subject=SECOND, key="second", ku=["digital_signature", "key_cert_sign"])))


def path_lengths():
    with rule("path_length_0", "RFC 5280 6.1.4 (l), (m)", "pathLenConstraint 0: only leaves below") as r:
        top = intermediate(bc=(True, 0))
        r.accept("leaf", leaf(top))
        r.reject("one_below", "path_length@2", leaf(second(top)))
        r.reject("two_below", "path_length@3", leaf(third(second(top))))
    with rule("path_length_1", "RFC 5280 6.1.4 (l), (m)", "pathLenConstraint 1: one intermediate below") as r:
        top = intermediate(bc=(True, 1))
        r.accept("one_below", leaf(second(top)))
        r.reject("two_below", "path_length@3", leaf(third(second(top))))
        r.reject("three_below", "path_length@4", leaf(ca("Fourth", third(second(top)), key="fourth")))
    with rule("path_length_narrows", "RFC 5280 6.1.4 (m)", "the smallest remaining length counts") as r:
        def under(length):
            return leaf(third(second(intermediate(bc=(True, 2)), bc=(True, length))))
        r.accept("one_is_left", under(1))
        r.reject("none_is_left", "path_length@2", under(0))
        r.reject("two_authorities_too_many", "path_length@2 path_length@3",
                 leaf(third(second(intermediate(bc=(True, 0)), bc=(True, 0)))))
    with rule("path_length_self_issued", "RFC 5280 6.1.4 (l)", "self-issued intermediates do not count") as r:
        top = intermediate(bc=(True, 0))
        rolled = intermediate(top, key="rolled")
        r.accept("new_key_of_the_same", leaf(rolled))
        r.reject("new_name", "path_length@2", leaf(second(top, key="rolled")))
        r.reject("new_name_below", "path_length@3", leaf(second(rolled)))
    with rule("path_length_self_issued_leaf", "RFC 5280 6.1.4",
              "the last certificate is no intermediate, whatever its name") as r:
        top = intermediate(bc=(True, 0))
        r.accept("self_issued_leaf", leaf(top, subject=top.subject))
        r.reject("below_another", "path_length@2", leaf(second(top), subject=SECOND))
        r.reject("below_two", "path_length@3", leaf(third(second(top)), subject=THIRD))
    with rule("path_length_anchor", "RFC 5280 6.1.1 (d)", "an anchor's path length counts") as r:
        r.accept("one", leaf(intermediate(ca("Root", key="root", bc=(True, 1)))))
        r.reject("none", "path_length@2", leaf(intermediate(ca("Root", key="root", bc=(True, 0)))))
        r.reject("two_below_one", "path_length@3", leaf(second(intermediate(ca("Root", key="root", bc=(True, 1))))))


def usages():
    with rule("key_usage_leaf", "RFC 8446 4.4.2.2", "a leaf that signs has digitalSignature") as r:
        r.accept("digital_signature", leaf())
        r.accept("absent", leaf(ku=None))
        r.reject("key_agreement", "key_usage@0", leaf(ku=["key_agreement"]), tls12=NOT_A_SIGNER)
        r.reject("key_encipherment", "key_usage@0", leaf(ku=["key_encipherment"]), tls12=NOT_A_SIGNER)
        r.reject("non_repudiation", "key_usage@0", leaf(ku=["non_repudiation"]), tls12=NOT_A_SIGNER)
    with rule("key_usage_leaf_not_critical", "RFC 5280 4.2.1.3", "what key usage says counts, critical or not") as r:
        r.accept("digital_signature", leaf(ku_critical=False))
        r.reject("key_agreement", "key_usage@0", leaf(ku=["key_agreement"], ku_critical=False), tls12=NOT_A_SIGNER)
        r.reject("crl_sign", "key_usage@0", leaf(ku=["crl_sign"], ku_critical=False), tls12=NOT_A_SIGNER)
    with rule("key_usage_leaf_every_bit", "RFC 5280 4.2.1.3", "other bits beside it do no harm, and none replaces it") as r:
        others = [bit for bit in USAGES if bit not in ("digital_signature", "encipher_only", "decipher_only")]
        r.accept("all", leaf(ku=["digital_signature", *others]))
        r.reject("all_but_it", "key_usage@0", leaf(ku=others), tls12=NOT_A_SIGNER)
        r.reject("decipher_only", "key_usage@0", leaf(ku=["key_agreement", "decipher_only"]), tls12=NOT_A_SIGNER)
    with rule("key_usage_intermediate", "RFC 5280 6.1.4 (n)", "an issuer has keyCertSign, if it has a key usage") as r:
        r.accept("key_cert_sign", leaf(intermediate()))
        r.accept("absent", leaf(intermediate(ku=None)))
        r.reject("crl_sign", "key_usage@1", leaf(intermediate(ku=["crl_sign"])))
        r.reject("digital_signature", "key_usage@1", leaf(intermediate(ku=["digital_signature"])))
        r.reject("not_critical", "key_usage@1", leaf(intermediate(ku=["crl_sign"], ku_critical=False)))
    with rule("key_usage_second_intermediate", "RFC 5280 6.1.4 (n)", "the same one step higher") as r:
        r.accept("key_cert_sign", leaf(second(intermediate())))
        r.reject("crl_sign", "key_usage@2", leaf(second(intermediate(ku=["crl_sign"]))))
        r.reject("digital_signature", "key_usage@2", leaf(second(intermediate(ku=["digital_signature"]))))
    with rule("key_usage_anchor", "RFC 5280 6.1.1 (d)", "an anchor's key usage counts") as r:
        r.accept("key_cert_sign", leaf(intermediate(ca("Root", key="root"))))
        r.accept("absent", leaf(intermediate(ca("Root", key="root", ku=None))))
        r.reject("crl_sign", "key_usage@2", leaf(intermediate(ca("Root", key="root", ku=["crl_sign"]))))
        r.reject("digital_signature", "key_usage@2", leaf(intermediate(ca("Root", key="root", ku=["digital_signature"]))))
    with rule("key_usage_client", "RFC 8446 4.4.2.4", "clients sign, too", role="client") as r:
        r.accept("digital_signature", client())
        r.reject("key_encipherment", "key_usage@0", client(ku=["key_encipherment"]))
        r.reject("key_agreement", "key_usage@0", client(ku=["key_agreement"]))

    with rule("purpose_server", "RFC 5280 4.2.1.12", "a server is for servers; anyExtendedKeyUsage does not count here") as r:
        r.accept("server", leaf(eku=[SERVER]))
        r.accept("absent", leaf(eku=None))
        r.accept("among_others", leaf(eku=[CLIENT, CODE_SIGNING, SERVER]))
        r.accept("beside_any", leaf(eku=[ANY_USAGE, SERVER]))
        r.reject("client", "extended_key_usage@0", leaf(eku=[CLIENT]))
        r.reject("code_signing", "extended_key_usage@0", leaf(eku=[CODE_SIGNING]))
        r.reject("any_alone", "extended_key_usage@0", leaf(eku=[ANY_USAGE]))
        r.reject("nobody_knows", "extended_key_usage@0", leaf(eku=[NOBODY_KNOWS]))
    with rule("purpose_server_critical", "RFC 5280 4.2.1.12", "critical or not, it is processed") as r:
        def critical(*usages_named):
            return leaf(eku=None, extra=[("2.5.29.37", True, sequence(*map(oid, usages_named)))])
        r.accept("server", critical(SERVER))
        r.reject("client", "extended_key_usage@0", critical(CLIENT))
        r.reject("any_alone", "extended_key_usage@0", critical(ANY_USAGE))
    with rule("purpose_client", "RFC 5280 4.2.1.12", "a client is for clients", role="client") as r:
        r.accept("client", client())
        r.accept("absent", client(eku=None))
        r.accept("among_others", client(eku=[SERVER, CLIENT]))
        r.reject("server", "extended_key_usage@0", client(eku=[SERVER]))
        r.reject("any_alone", "extended_key_usage@0", client(eku=[ANY_USAGE]))
        r.reject("email", "extended_key_usage@0", client(eku=["1.3.6.1.5.5.7.3.4"]))
    with rule("purpose_intermediate", "RFC 5280 4.2.1.12", "a purpose that an issuer lacks cannot be had below it") as r:
        r.accept("server", leaf(intermediate(eku=[SERVER])))
        r.accept("among_others", leaf(intermediate(eku=[CLIENT, SERVER])))
        r.reject("client", "extended_key_usage@1", leaf(intermediate(eku=[CLIENT])))
        r.reject("any_alone", "extended_key_usage@1", leaf(intermediate(eku=[ANY_USAGE])))
        r.reject("list_signing", "extended_key_usage@1", leaf(intermediate(eku=["1.3.6.1.5.5.7.3.9"])))
    with rule("purpose_second_intermediate", "RFC 5280 4.2.1.12", "the same one step higher") as r:
        r.accept("server", leaf(second(intermediate(eku=[SERVER]))))
        r.reject("client", "extended_key_usage@2", leaf(second(intermediate(eku=[CLIENT]))))
        r.reject("code_signing", "extended_key_usage@2", leaf(second(intermediate(eku=[CODE_SIGNING]))))
    with rule("purpose_anchor", "RFC 5280 6.1.1 (d)", "an anchor's purposes count") as r:
        r.accept("server", leaf(intermediate(ca("Root", key="root", eku=[SERVER]))))
        r.reject("client", "extended_key_usage@2", leaf(intermediate(ca("Root", key="root", eku=[CLIENT]))))
        r.reject("code_signing", "extended_key_usage@2", leaf(intermediate(ca("Root", key="root", eku=[CODE_SIGNING]))))
    with rule("purpose_client_intermediate", "RFC 5280 4.2.1.12", "an issuer of clients is for clients", role="client") as r:
        r.accept("client", client(intermediate(eku=[CLIENT])))
        r.reject("server", "extended_key_usage@1", client(intermediate(eku=[SERVER])))
        r.reject("any_alone", "extended_key_usage@1", client(intermediate(eku=[ANY_USAGE])))


def critical_extensions():
    unknown = tlv(UTF8, b"nobody knows me")
    policies = sequence(sequence(oid("2.999.5")))

    def note(critical, value=unknown, dotted=NOBODY_KNOWS):
        return {"extra": [(dotted, critical, value)]}

    with rule("critical_leaf", "RFC 5280 4.2", "a critical extension that nobody processes refuses the certificate") as r:
        r.accept("not_critical", leaf(**note(False)))
        r.reject("critical", "unknown_critical_extension@0", leaf(**note(True)))
        r.reject("two_of_them", "unknown_critical_extension@0",
                 leaf(extra=[(NOBODY_KNOWS, True, unknown), ("2.999.2", True, unknown)]))
    with rule("critical_intermediate", "RFC 5280 4.2", "the same for issuers") as r:
        r.accept("not_critical", leaf(intermediate(**note(False))))
        r.reject("critical", "unknown_critical_extension@1", leaf(intermediate(**note(True))))
        r.reject("critical_higher", "unknown_critical_extension@2", leaf(second(intermediate(**note(True)))))
    with rule("critical_anchor", "RFC 5280 6.1.1 (d)", "the same for anchors") as r:
        r.accept("not_critical", leaf(intermediate(ca("Root", key="root", **note(False)))))
        r.reject("critical", "unknown_critical_extension@2", leaf(intermediate(ca("Root", key="root", **note(True)))))
        r.reject("two_of_them", "unknown_critical_extension@2", leaf(intermediate(
            ca("Root", key="root", extra=[(NOBODY_KNOWS, True, unknown), ("2.999.2", True, unknown)]))))
    with rule("critical_client", "RFC 5280 4.2", "the same for clients", role="client") as r:
        r.accept("not_critical", client(**note(False)))
        r.reject("critical", "unknown_critical_extension@0", client(**note(True)))
        r.reject("critical_issuer", "unknown_critical_extension@1", client(intermediate(**note(True))))
    with rule("critical_policies", "RFC 5280 4.2.1.4, 6.1", "policies are not processed, so they may not be critical") as r:
        r.accept("not_critical", leaf(**note(False, policies, "2.5.29.32")))
        r.reject("critical", "unknown_critical_extension@0", leaf(**note(True, policies, "2.5.29.32")))
        r.reject("constraints", "unknown_critical_extension@1",
                 leaf(intermediate(**note(True, sequence(tlv(0x80, b"\0")), "2.5.29.36"))))
        r.reject("inhibit_any_policy", "unknown_critical_extension@1", leaf(intermediate(**note(True, integer(0), "2.5.29.54"))))


def unknown_authorities():
    with rule("authority_unknown", "RFC 5280 6.1", "a path ends at an anchor") as r:
        r.accept("its_own_root", leaf())
        r.reject("another_root", "unknown_authority@1", leaf(), anchors=[OTHER_ROOT])
        r.reject("intermediate_missing", "unknown_authority@0", [leaf()])
        r.reject("intermediate_of_another", "unknown_authority@0", [leaf(), second(ROOT)])
    with rule("authority_name", "RFC 5280 6.1.3 (a)(4), 7.1",
              "an issuer's name is that of its certificate, here byte for byte") as r:
        def issued_by(name):
            return [leaf(issuer=name), INTERMEDIATE]
        r.accept("same", issued_by(dn("CN=Intermediate")))
        r.reject("another", "unknown_authority@0", issued_by(dn("CN=Intermediates")))
        r.reject("longer", "unknown_authority@0", issued_by(dn("CN=Intermediate", "O=x")))
        r.reject("other_case", "unknown_authority@0", issued_by(dn("CN=intermediate")))
        r.reject("other_string_type", "unknown_authority@0", issued_by(dn("CN=Intermediate", kind=PRINTABLE)))
    with rule("authority_unknown_to_servers", "RFC 5280 6.1", "the same for clients", role="client") as r:
        r.accept("its_own_root", client())
        r.reject("another_root", "unknown_authority@1", client(), anchors=[OTHER_ROOT])
        r.reject("intermediate_missing", "unknown_authority@0", [client()])
    with rule("self_signed_leaf", "RFC 5280 6.1", "who signs for itself is trusted if it is the anchor") as r:
        own = leaf(None)
        r.accept("is_the_anchor", own)
        r.reject("another_anchor", "self_signed@0", own, anchors=[ROOT])
        r.reject("anchor_of_its_name", "bad_signature@0 not_a_ca@1 key_usage@1", own, anchors=[leaf(None, key="second")])
    with rule("self_signed_root_sent", "RFC 5280 6.1", "sending a root does not make it an anchor") as r:
        sent = [leaf(), INTERMEDIATE, ROOT]
        r.accept("is_the_anchor", sent)
        r.reject("another_anchor", "self_signed@2", sent, anchors=[OTHER_ROOT])
        r.reject("configured_but_not_trusted", "self_signed@2", [leaf(), INTERMEDIATE], anchors=[OTHER_ROOT],
                 intermediates=[ROOT])
    with rule("anchor_intermediate", "RFC 5280 6.1.1 (d)", "any authority may be the anchor") as r:
        r.accept("the_intermediate", leaf(), anchors=[INTERMEDIATE])
        r.reject("another_intermediate", "unknown_authority@1", leaf(), anchors=[second(ROOT)])
        r.reject("of_its_name", "bad_signature@0", [leaf()], anchors=[intermediate(key="second")])
    with rule("anchor_leaf", "RFC 5280 6.1.1 (d)", "a leaf may be the anchor, and is then the whole path") as r:
        r.accept("itself", leaf(), anchors=[leaf()])
        r.reject("its_twin", "unknown_authority@1", leaf(), anchors=[leaf(extra=[(NOBODY_KNOWS, False, b"\5\0")])])
        old = leaf(na="291231235959Z")
        r.reject("itself_expired", "expired@0", old, anchors=[old])
        wrong = leaf(eku=[CLIENT])
        r.reject("itself_for_clients", "extended_key_usage@0", wrong, anchors=[wrong])


def limits():
    with rule("limit_path_depth", "RFC 5280 6.1 (bounded by Limits::path_depth)", "eight certificates from leaf to anchor") as r:
        def tower(height):
            top = ROOT
            for number in range(height):
                top = ca(f"Level {number}", top, key="intermediate" if number % 2 else "second")
            return leaf(top)
        r.accept("eight", tower(6))
        r.reject("nine", "limit_exceeded@0", tower(7))
        r.reject("sixteen", "limit_exceeded@0", tower(14))
        r.reject("a_hundred", "limit_exceeded@0", tower(98))
    with rule("limit_chain_certificates", "RFC 8446 4.4.2 (bounded by Limits::chain_certificates)", "sixteen certificates") as r:
        stranger = second(OTHER_ROOT)
        r.accept("sixteen", [leaf(), INTERMEDIATE, *[stranger] * 14])
        r.reject("seventeen", "limit_exceeded@0", [leaf(), INTERMEDIATE, *[stranger] * 15])
        r.reject("a_hundred", "limit_exceeded@0", [leaf(), INTERMEDIATE, *[stranger] * 98])
    with rule("limit_chain_bytes", "RFC 8446 4.4.2 (bounded by Limits::chain_bytes)", "64 KiB of certificates") as r:
        large = second(OTHER_ROOT, extra=[(NOBODY_KNOWS, False, tlv(4, bytes(22000)))])
        r.accept("two_large_ones", [leaf(), INTERMEDIATE, large, large])
        r.reject("three_large_ones", "limit_exceeded@0", [leaf(), INTERMEDIATE, large, large, large])
        r.reject("four_large_ones", "limit_exceeded@0", [leaf(), INTERMEDIATE, large, large, large, large])
    with rule("limit_names", "RFC 5280 4.2.1.6 (bounded by the reader)", "a thousand names") as r:
        def named(count):
            return [dns(HOST), *[dns(f"{number}.t") for number in range(count - 1)]]
        r.accept("a_thousand", leaf(san=named(1000)))
        r.reject("one_more", "malformed@0 name_mismatch@0", leaf(san=named(1001)))
        r.reject("constraints", "malformed@1 unknown_authority@0",
                 leaf(intermediate(nc=([dns("test")], [dns(f"{number}.t") for number in range(1000)]))))
    with rule("limit_constraint_work", "RFC 5280 6.1.3 (b), (c) (bounded)", "names times constraints are bounded") as r:
        def product(names, constraints):
            narrow = intermediate(nc=([], [dns(f"{number}.u") for number in range(constraints)]))
            return leaf(narrow, san=[dns(HOST), *[dns(f"{number}.t") for number in range(names - 1)]])
        r.accept("small", product(200, 200))
        r.reject("large", "limit_exceeded@0", product(600, 600))
        r.reject("largest", "limit_exceeded@0", product(1000, 999))
    with rule("limit_candidate_paths", "RFC 4158 (bounded by Limits::candidate_paths)",
              "issuers of one name are tried in turn") as r:
        def twin(number):
            return intermediate(key=f"twin{number}", ids=False)
        good = intermediate(ids=False)
        bare = leaf(good, ids=False)
        r.accept("the_32nd_is_good", [bare], intermediates=[*[twin(n) for n in range(31)], good])
        r.reject("the_33rd_is_good", "bad_signature@0 limit_exceeded@0", [bare],
                 intermediates=[*[twin(n) for n in range(32)], good])
        r.reject("two_hundred_and_none_is_good", "bad_signature@0 limit_exceeded@0", [bare],
                 intermediates=[twin(n) for n in range(200)])
        r.reject("two_hundred_sent", "bad_signature@0 limit_exceeded@0", [bare, *[twin(n) for n in range(200)]],
                 limits={"chain_certificates": 400, "chain_bytes": 400_000, "handshake_bytes": 600_000})
        r.accept("identifiers_lead_to_the_201st", [leaf()], intermediates=[*[twin(n) for n in range(200)], INTERMEDIATE])
        r.accept("identifiers_lead_to_the_201st_anchor", [leaf()], anchors=[*[twin(n) for n in range(200)], INTERMEDIATE])
        r.reject("fifteen_sent_and_none_is_good", "bad_signature@0", [bare, *[twin(n) for n in range(15)]])
    with rule("limit_twins_of_every_level", "RFC 4158 2.2 (bounded by Limits::candidate_paths)",
              "two twins a level: 2^levels paths") as r:
        def levels(count):
            """The good path is the last: at every level the twin for clients is sent first."""
            top, sent = ROOT, []
            for number in range(count):
                name, key_name = f"Level {number}", "intermediate" if number % 2 else "second"
                sent = [ca(name, top, key=key_name, eku=[CLIENT]), ca(name, top, key=key_name)] + sent
                top = sent[1]
            return [leaf(top), *sent]
        r.accept("five", levels(5))
        faults = [f"extended_key_usage@{depth}" for depth in range(1, 7)]
        r.reject("six", " ".join(faults) + " limit_exceeded@0", levels(6))
        r.reject("five_and_none_is_good", " ".join(faults[:5]), levels(5)[:-1])
    with rule("limit_rsa", "Limits of the checks (as for CVE-2023-29409)", "RSA of 8192 bits and less") as r:
        def of(bits):
            number = integer((1 << (bits - 1)) | 1)
            return {"raw": {"spki": sequence(sequence(oid("1.2.840.113549.1.1.1"), b"\5\0"),
                                             tlv(3, b"\0" + sequence(number, integer(65537))))}}
        r.accept("2048", leaf(key="rsa2048_leaf"))
        r.reject("8193", "limit_exceeded@0", leaf(**of(8193)), handshake=OTHER_KEY)
        r.reject("16384", "limit_exceeded@0", leaf(**of(16384)), handshake=OTHER_KEY)
        r.reject("16384_of_the_intermediate", "limit_exceeded@1", leaf(intermediate(**of(16384))))
    with rule("limit_extensions", "RFC 5280 4.2 (bounded by the reader)", "64 extensions, a hundred purposes") as r:
        def extended(count):
            """With the five that every leaf has."""
            return leaf(extra=[(f"2.999.{100 + number}", False, b"\5\0") for number in range(count - 5)])
        r.accept("extensions", extended(MOST_EXTENSIONS))
        r.reject("one_extension_more", "malformed@0 name_mismatch@0", extended(MOST_EXTENSIONS + 1))
        purposes = [SERVER, *[f"2.999.{number}" for number in range(MOST_PURPOSES)]]
        r.accept("purposes", leaf(eku=purposes[:MOST_PURPOSES]))
        r.reject("one_purpose_more", "malformed@0 name_mismatch@0", leaf(eku=purposes))
    with rule("limit_names_in_a_circle", "RFC 4158 2.4.2",
              "authorities that vouch for each other lead nowhere, in bounded time") as r:
        def ring(size):
            """Every one of `size` authorities has issued a certificate for every other."""
            members = [ca(f"Ring {number}", key=f"ring{number}", ids=False) for number in range(size)]
            crossed = [ca(f"Ring {a}", members[b], key=f"ring{a}", ids=False)
                       for a in range(size) for b in range(size) if a != b]
            return leaf(members[0], ids=False), members, crossed
        bare, members, crossed = ring(4)
        r.accept("one_is_trusted", [bare, *crossed], anchors=[members[3]])
        r.reject("none_is_trusted", "unknown_authority@4", [bare, *crossed], anchors=[ROOT])
        bare, members, crossed = ring(10)
        r.reject("ten_and_none_is_trusted", "unknown_authority@7", [bare], intermediates=crossed, anchors=[ROOT])
