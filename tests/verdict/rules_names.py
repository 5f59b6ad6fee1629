# SPDX-License-Identifier: BSL-1.0
"""Whose certificate it is (RFC 9525). A name that does not match is the only thing that is wrong with it."""
from corpus_kit import *  # noqa: F403

WRONG = "name_mismatch@0"


def names(*san, **fields):
    return leaf(san=list(san), **fields)


def rules():
    host_names()
    wildcards()
    not_the_common_name()
    addresses()
    services()


def host_names():
    with rule("name_exact", "RFC 9525 6.3", "every label is the same") as r:
        r.accept("same", names(dns("host.test")))
        r.accept("one_of_several", names(dns("other.test"), dns("host.test")))
        r.reject("another", WRONG, names(dns("other.test")))
        r.reject("below_it", WRONG, names(dns("a.host.test")))
        r.reject("above_it", WRONG, names(dns("test")))
        r.reject("more_behind", WRONG, names(dns("host.test.example")))
        r.reject("more_in_front", WRONG, names(dns("xhost.test")))
    with rule("name_case", "RFC 9525 6.3, RFC 4343", "letters are compared without case") as r:
        r.accept("presented", names(dns("HOST.Test")))
        r.accept("wanted", names(dns("host.test")), name="dns:hOsT.TEST")
        r.reject("another_letter", WRONG, names(dns("HOSR.Test")))
        r.reject("letters_that_only_look_alike", WRONG, names(dns(b"ho\xc5\xbft.test")))
        r.reject("control_character", WRONG, names(dns(b"\x08OST.test")))
    with rule("name_trailing_dot", "RFC 9525 2, 6.3",
              "one trailing dot of what is wanted does not count; presented names have none") as r:
        r.accept("wanted", names(dns("host.test")), name="dns:host.test.")
        r.reject("presented", WRONG, names(dns("host.test.")))
        r.reject("both", WRONG, names(dns("host.test.")), name="dns:host.test.")
        r.reject("leading", WRONG, names(dns(".host.test")))
    with rule("name_nul", "RFC 5280 4.2.1.6, 7.2", "a NUL does not end a name") as r:
        r.accept("none", names(dns("host.test")))
        r.reject("in_the_middle", WRONG, names(dns(b"host.test\0.evil.test")))
        r.reject("at_the_end", WRONG, names(dns(b"host.test\0")))
        r.reject("within_a_label", WRONG, names(dns(b"host\0.test")))
        r.reject("at_the_start", WRONG, names(dns(b"\0host.test")))
    with rule("name_space", "RFC 5280 4.2.1.6", "a name is not trimmed, and not a list") as r:
        r.accept("none", names(dns("host.test")))
        r.reject("behind", WRONG, names(dns("host.test ")))
        r.reject("in_front", WRONG, names(dns(" host.test")))
        r.reject("list", WRONG, names(dns("host.test,other.test")))
        r.reject("port", WRONG, names(dns("host.test:443")))
        r.reject("empty", WRONG, names(dns("")))
    with rule("name_a_label", "RFC 9525 6.3, RFC 5890", "international names are A-labels", name="dns:xn--bcher-kva.test") as r:
        r.accept("a_label", names(dns("xn--bcher-kva.test")))
        r.accept("a_label_in_capitals", names(dns("XN--BCHER-KVA.test")))
        r.reject("u_label", WRONG, names(dns("bücher.test")))
        r.reject("latin_1", WRONG, names(dns("bücher.test".encode("latin-1"))))
        r.reject("another", WRONG, names(dns("xn--bcher-kvb.test")))
    with rule("name_label_length", "RFC 1034 3.1", "labels of 1 to 63", name="dns:" + "a" * 63 + ".test") as r:
        r.accept("of_63", names(dns("a" * 63 + ".test")))
        r.reject("of_64", WRONG, names(dns("a" * 64 + ".test")))
        r.reject("of_none", WRONG, names(dns("a" * 63 + "..test")))
    with rule("name_any_of_those_wanted", "RFC 9525 6.2", "one that is wanted and one that is presented are enough") as r:
        def wanted(*hosts):
            return {"name": ["dns:" + host for host in hosts]}
        r.accept("second", names(dns("a.test"), dns("b.test")), **wanted("host.test", "b.test"))
        r.reject("none", WRONG, names(dns("a.test"), dns("b.test")), **wanted("host.test", "c.test"))
        r.reject("half_of_each", WRONG, names(dns("a.test"), dns("b.test")), **wanted("a.example", "host.test"))


def wildcards():
    with rule("wildcard_whole_label", "RFC 9525 6.3", "stands for exactly one label, the first", name="dns:a.w.test") as r:
        r.accept("one_label", names(dns("*.w.test")))
        r.accept("other_case", names(dns("*.W.TEST")))
        r.reject("no_label", WRONG, names(dns("*.w.test")), name="dns:w.test")
        r.reject("two_labels", WRONG, names(dns("*.w.test")), name="dns:b.a.w.test")
        r.reject("another_domain", WRONG, names(dns("*.v.test")))
        r.reject("longer_domain", WRONG, names(dns("*.xw.test")))
    with rule("wildcard_partial", "RFC 9525 6.3", "is a whole label or nothing", name="dns:ab.w.test") as r:
        r.accept("whole", names(dns("*.w.test")))
        r.reject("start", WRONG, names(dns("a*.w.test")))
        r.reject("end", WRONG, names(dns("*b.w.test")))
        r.reject("middle", WRONG, names(dns("a*b.w.test")))
        r.reject("twice", WRONG, names(dns("**.w.test")))
    with rule("wildcard_place", "RFC 9525 6.3", "is the first label or nothing", name="dns:a.b.w.test") as r:
        r.accept("first", names(dns("*.b.w.test")))
        r.reject("second", WRONG, names(dns("a.*.w.test")))
        r.reject("first_and_second", WRONG, names(dns("*.*.w.test")))
        r.reject("last", WRONG, names(dns("a.b.w.*")))
    with rule("wildcard_two_labels_behind", "RFC 9525 6.3, 7.1", "at least two labels stand behind it: policy",
              name="dns:host.test") as r:
        r.accept("two", names(dns("*.w.test")), name="dns:host.w.test")
        r.reject("one", WRONG, names(dns("*.test")))
        r.reject("none", WRONG, names(dns("*")), name="dns:localhost")
        r.reject("root", WRONG, names(dns("*.")), name="dns:localhost")
        r.reject("one_and_a_dot", WRONG, names(dns("*.test.")))
    with rule("wildcard_a_label", "RFC 9525 6.3", "stands for a whole A-label, not for a part of one",
              name="dns:xn--bcher-kva.w.test") as r:
        r.accept("whole", names(dns("*.w.test")))
        r.reject("part", WRONG, names(dns("xn--*.w.test")))
        r.reject("end", WRONG, names(dns("xn--bcher-*.w.test")))
    with rule("wildcard_no_address", "RFC 9525 6.4, 7.1", "stands for no part of an address", name="ip:192.0.2.1") as r:
        r.accept("address", names(ip("192.0.2.1")))
        r.reject("last_number", WRONG, names(dns("192.0.2.*")))
        r.reject("first_number", WRONG, names(dns("*.0.2.1")))


def not_the_common_name():
    with rule("name_not_in_the_subject", "RFC 9525 2, 6.2", "a common name never counts") as r:
        named = dn("CN=host.test")
        r.accept("beside_the_name", leaf(subject=named))
        r.reject("alone", WRONG, leaf(subject=named, san=None))
        r.reject("beside_another", WRONG, leaf(subject=named, san=[dns("other.test")]))
        r.reject("beside_an_address", WRONG, leaf(subject=named, san=[ip("192.0.2.1")]))
    with rule("name_of_its_type", "RFC 9525 6.2", "names of other types do not count") as r:
        r.accept("host_name", names(dns("host.test")))
        r.reject("mailbox", WRONG, names(email("host.test")))
        r.reject("mailbox_of_the_host", WRONG, names(email("user@host.test")))
        r.reject("uri", WRONG, names(uri("https://host.test/")))
        r.reject("service", WRONG, names(srv("_https.host.test")))
        r.reject("xmpp_address", WRONG, names(xmpp("host.test")))
        r.reject("directory_name", WRONG, names(directory(dn("CN=host.test"))))
        r.reject("other_name", WRONG, names(other_name("2.999.4", tlv(IA5, b"host.test"))))
    with rule("name_subject_empty", "RFC 5280 4.1.2.6", "an empty subject is no fault: the names are elsewhere") as r:
        def nobody(san):
            return leaf(subject=dn(), san=san, san_critical=True)
        r.accept("named_elsewhere", nobody([dns("host.test")]))
        r.reject("another", WRONG, nobody([dns("other.test")]))
        r.reject("nowhere", WRONG, nobody(None))


def addresses():
    with rule("name_ip4", "RFC 9525 6.4", "an address is an iPAddress, byte for byte", name="ip:192.0.2.1") as r:
        r.accept("same", names(ip("192.0.2.1")))
        r.reject("another", WRONG, names(ip("192.0.2.2")))
        r.reject("as_host_name", WRONG, names(dns("192.0.2.1")))
        r.reject("as_common_name", WRONG, leaf(subject=dn("CN=192.0.2.1"), san=[dns("host.test")]))
        r.reject("as_uri", WRONG, names(uri("https://192.0.2.1/")))
        r.reject("mapped", WRONG, names(ip("::ffff:192.0.2.1")))
    with rule("name_ip6", "RFC 9525 6.4", "the same with version 6", name="ip:2001:db8::1") as r:
        r.accept("same", names(ip("2001:db8::1")))
        r.accept("other_spelling", names(ip("2001:db8::1")), name="ip:2001:0DB8:0:0::0:1")
        r.reject("another", WRONG, names(ip("2001:db8::2")))
        r.reject("as_host_name", WRONG, names(dns("2001:db8::1")))
        r.reject("in_brackets", WRONG, names(dns("[2001:db8::1]")))
        r.reject("mapped", WRONG, names(ip("192.0.2.1")), name="ip:::ffff:192.0.2.1")
    with rule("name_not_its_bytes", "RFC 9525 6.4", "bytes of an address that are letters are no host name",
              name="dns:a.bc") as r:
        r.accept("host_name", names(dns("a.bc")))
        r.reject("address", WRONG, names(tlv(0x87, b"a.bc")))
        r.reject("address_beside_another", WRONG, names(tlv(0x87, b"a.bc"), dns("other.test")))


def services():
    with rule("name_srv", "RFC 4985 2, RFC 9525 6.5", "a service and its domain", name="srv:xmpp-client:host.test") as r:
        r.accept("same", names(srv("_xmpp-client.host.test")))
        r.accept("other_case", names(srv("_XMPP-Client.HOST.test")))
        r.reject("another_service", WRONG, names(srv("_xmpp-server.host.test")))
        r.reject("another_domain", WRONG, names(srv("_xmpp-client.other.test")))
        r.reject("no_underscore", WRONG, names(srv("xmpp-client.host.test")))
        r.reject("host_name", WRONG, names(dns("host.test")))
        r.reject("as_host_name", WRONG, names(dns("_xmpp-client.host.test")))
    with rule("name_srv_wildcard", "RFC 9525 6.3, 6.5", "a wildcard may stand in the domain, and only there",
              name="srv:imap:a.w.test") as r:
        r.accept("domain", names(srv("_imap.*.w.test")))
        r.reject("service", WRONG, names(srv("_*.a.w.test")))
        r.reject("for_the_service", WRONG, names(srv("*.a.w.test")))
        r.reject("within_a_label", WRONG, names(srv("_imap.a*.w.test")))
    with rule("name_uri", "RFC 9525 6.3, 6.5, RFC 3986 3", "a scheme and its host", name="uri:sip:host.test") as r:
        r.accept("same", names(uri("sip:host.test")))
        r.accept("other_case", names(uri("SIP:HOST.test")))
        r.accept("with_parameters", names(uri("sip:host.test;transport=tcp")))
        r.reject("another_scheme", WRONG, names(uri("sips:host.test")))
        r.reject("another_host", WRONG, names(uri("sip:other.test")))
        r.reject("user_of_the_host", WRONG, names(uri("sip:user@host.test")))
        r.reject("host_as_user", WRONG, names(uri("sip:host.test@other.test")))
        r.reject("host_name", WRONG, names(dns("host.test")))
    with rule("name_xmpp", "RFC 6120 13.7.1.4", "an address of XMPP as a whole", name="xmpp:user@host.test") as r:
        r.accept("same", names(xmpp("user@host.test")))
        r.reject("another_user", WRONG, names(xmpp("other@host.test")))
        r.reject("domain_alone", WRONG, names(xmpp("host.test")))
        r.reject("mailbox", WRONG, names(email("user@host.test")))
        r.reject("host_name", WRONG, names(dns("host.test")))
    with rule("name_not_checked_for_clients", "RFC 9525 1.2", "servers look for no name in a client's certificate",
              role="client") as r:
        r.accept("no_name", client(san=None))
        r.accept("host_name", client(san=[dns("other.test")]))
        r.reject("no_name_expired", "expired@0", client(san=None, na="291231235959Z"))
        r.reject("no_name_for_servers", "extended_key_usage@0", client(san=None, eku=[SERVER]))
