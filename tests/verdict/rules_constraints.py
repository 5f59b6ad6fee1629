# SPDX-License-Identifier: BSL-1.0
"""Name constraints. They are not critical here but where that is the rule, so that mbedTLS can read them in a handshake."""
from corpus_kit import *  # noqa: F403


def under(permitted=(), excluded=(), *, names=None, subject=None, **fields):
    """A leaf under an intermediate with these constraints."""
    narrow = intermediate(nc=(permitted, excluded), **fields)
    return leaf(narrow, subject=subject, **({"san": names} if names else {}))


def rules():
    host_names()
    addresses()
    mailboxes()
    uris()
    directory_names()
    service_names()
    places()
    forms()


def host_names():
    host = dns(HOST)
    with rule("constraint_dns_permitted", "RFC 5280 4.2.1.10", "a name, and every name below it") as r:
        def names(*more):
            return under([dns("host.test")], names=[host, *map(dns, more)])
        r.accept("itself", names())
        r.accept("below_it", names("a.host.test", "a.b.host.test"))
        r.reject("another", "name_constraints@0", names("other.test"))
        r.reject("longer_label", "name_constraints@0", names("xhost.test"))
        r.reject("above_it", "name_constraints@0", names("test"))
    with rule("constraint_dns_excluded", "RFC 5280 4.2.1.10", "nothing in an excluded subtree") as r:
        def names(*more):
            return under([], [dns("bad.test")], names=[host, *map(dns, more)])
        r.accept("another", names("notbad.test", "bad.test.example"))
        r.reject("itself", "name_constraints@0", names("bad.test"))
        r.reject("below_it", "name_constraints@0", names("a.bad.test"))
        r.reject("with_a_dot_behind", "name_constraints@0", names("bad.test."))
        r.reject("with_a_nul_behind", "name_constraints@0", names("bad.test\0"))
    with rule("constraint_dns_case", "RFC 5280 4.2.1.10, 7.2", "letters are compared without case") as r:
        r.accept("permitted", under([dns("HOST.Test")]))
        r.reject("permitted_another", "name_constraints@0", under([dns("HOSTS.Test")]))
        r.reject("excluded", "name_constraints@0", under([], [dns("HOST.Test")]))
    with rule("constraint_dns_leading_dot", "RFC 5280 4.2.1.10", "a leading dot, which others write: only what is below") as r:
        r.accept("below_it", under([dns(".test")]))
        r.reject("itself", "name_constraints@0", under([dns(".host.test")]))
        r.reject("below_excluded", "name_constraints@0", under([], [dns(".test")]))
    with rule("constraint_dns_wildcard", "RFC 5280 4.2.1.10, RFC 9525 6.3", "a wildcard is every name that it may stand for",
              name="dns:a.w.test") as r:
        def wild(permitted, excluded):
            return under(permitted, excluded, names=[dns("*.w.test")])
        r.accept("within_permitted", wild([dns("w.test")], [dns("v.test")]))
        r.reject("around_excluded", "name_constraints@0", wild([], [dns("b.w.test")]))
        r.reject("below_excluded", "name_constraints@0", wild([], [dns("w.test")]))
        r.reject("permitted_a_part", "name_constraints@0", wild([dns("a.w.test")], []))
    with rule("constraint_dns_empty", "RFC 5280 4.2.1.10", "the empty name is above every name") as r:
        r.accept("permitted", under([dns("")]))
        r.reject("excluded", "name_constraints@0", under([], [dns("")]))
        r.reject("permitted_and_excluded", "name_constraints@0", under([dns("")], [dns("")]))
    with rule("constraint_several_permitted", "RFC 5280 6.1.4 (g)", "one permitted subtree is enough") as r:
        names = [host, dns("other.test")]
        r.accept("one_for_each", under([dns("other.test"), dns("host.test")], names=names))
        r.reject("none_for_one", "name_constraints@0", under([dns("third.test"), dns("host.test")], names=names))
        r.reject("none_for_the_other", "name_constraints@0", under([dns("other.test"), dns("third.test")], names=names))
    with rule("constraint_excluded_wins", "RFC 5280 4.2.1.10", "what is excluded is so even where it is permitted") as r:
        r.accept("excluded_elsewhere", under([dns("test")], [dns("bad.test")]))
        r.reject("same_subtree", "name_constraints@0", under([dns("host.test")], [dns("host.test")]))
        r.reject("within_permitted", "name_constraints@0", under([dns("test")], [dns("host.test")]))
    with rule("constraint_other_types", "RFC 5280 4.2.1.10", "a constraint binds names of its type alone") as r:
        r.accept("address_beside", under([dns("test")], names=[host, ip("192.0.2.1"), email("a@user.example")]))
        r.reject("address_constrained", "name_constraints@0", under([dns("test"), ip("198.51.100.0/24")],
                                                                    names=[host, ip("192.0.2.1"), email("a@user.example")]))
        r.reject("mailbox_constrained", "name_constraints@0", under([dns("test"), email("user.test")],
                                                                    names=[host, ip("192.0.2.1"), email("a@user.example")]))
    with rule("constraint_common_name", "RFC 5280 4.2.1.10, RFC 9525 2",
              "a common name is no host name, to constraints neither") as r:
        r.accept("in_the_subject", under([dns("host.test")], subject=dn("CN=other.test")))
        r.accept("beside_an_address", under([dns("host.test")], names=[ip("192.0.2.1")], subject=dn("CN=other.test")),
                 name="ip:192.0.2.1")
        r.reject("among_the_names", "name_constraints@0", under([dns("host.test")], names=[host, dns("other.test")]))
        r.reject("in_both", "name_constraints@0",
                 under([dns("host.test")], names=[host, dns("other.test")], subject=dn("CN=other.test")))


def addresses():
    host = dns(HOST)
    with rule("constraint_ip4_permitted", "RFC 5280 4.2.1.10", "an address within a network") as r:
        def names(*more):
            return under([ip("192.0.2.0/25")], names=[host, *map(ip, more)])
        r.accept("first_and_last", names("192.0.2.0", "192.0.2.127"))
        r.reject("one_after", "name_constraints@0", names("192.0.2.128"))
        r.reject("another", "name_constraints@0", names("198.51.100.1"))
        r.reject("version_6", "name_constraints@0", names("2001:db8::1"))
        r.reject("version_6_mapped", "name_constraints@0", names("::ffff:192.0.2.1"))
    with rule("constraint_ip4_excluded", "RFC 5280 4.2.1.10", "no address within an excluded network") as r:
        def names(*more):
            return under([], [ip("192.0.2.0/25")], names=[host, *map(ip, more)])
        r.accept("one_after", names("192.0.2.128", "2001:db8::1"))
        r.reject("first", "name_constraints@0", names("192.0.2.0"))
        r.reject("last", "name_constraints@0", names("192.0.2.127"))
        r.reject("everything", "name_constraints@0", under([], [ip("0.0.0.0/0")], names=[host, ip("192.0.2.128")]))
    with rule("constraint_ip6", "RFC 5280 4.2.1.10", "the same with version 6") as r:
        def names(*more):
            return under([ip("2001:db8::/33")], names=[host, *map(ip, more)])
        r.accept("within", names("2001:db8::1"))
        r.reject("half_a_network_further", "name_constraints@0", names("2001:db8:8000::1"))
        r.reject("version_4", "name_constraints@0", names("192.0.2.1"))
    with rule("constraint_ip_of_the_host", "RFC 5280 4.2.1.10", "for who is reached by address, too", name="ip:192.0.2.1") as r:
        def network(one):
            return under([ip(one)], names=[ip("192.0.2.1")])
        r.accept("its_own", network("192.0.2.1/32"))
        r.reject("its_neighbour", "name_constraints@0", network("192.0.2.0/32"))
        r.reject("version_6", "name_constraints@0", network("::/0"))


def mailboxes():
    def names(constraint, address, excluded=False):
        subtree = [email(constraint)]
        narrow = intermediate(nc=([], subtree) if excluded else (subtree, []))
        return client(narrow, san=[email(address)])
    with rule("constraint_email_host", "RFC 5280 4.2.1.10", "every mailbox of exactly one host", role="client") as r:
        r.accept("of_the_host", names("user.test", "a@user.test"))
        r.accept("other_case", names("user.test", "a@USER.test"))
        r.reject("of_a_host_below", "name_constraints@0", names("user.test", "a@sub.user.test"))
        r.reject("of_another", "name_constraints@0", names("user.test", "a@other.test"))
        r.reject("excluded", "name_constraints@0", names("user.test", "a@user.test", excluded=True))
        r.reject("excluded_other_case", "name_constraints@0", names("user.test", "a@USER.test", excluded=True))
        r.reject("excluded_with_a_dot_behind", "name_constraints@0", names("user.test", "a@user.test.", excluded=True))
        r.reject("excluded_without_a_host", "name_constraints@0", names("user.test", "a", excluded=True))
    with rule("constraint_email_domain", "RFC 5280 4.2.1.10", "every mailbox below a domain, not its own", role="client") as r:
        r.accept("below", names(".user.test", "a@sub.user.test"))
        r.reject("of_the_domain", "name_constraints@0", names(".user.test", "a@user.test"))
        r.reject("longer_label", "name_constraints@0", names(".user.test", "a@xuser.test"))
        r.reject("excluded", "name_constraints@0", names(".user.test", "a@sub.user.test", excluded=True))
    with rule("constraint_email_mailbox", "RFC 5280 4.2.1.10, 7.5", "one mailbox; its local part is exact", role="client") as r:
        r.accept("itself", names("a@user.test", "a@user.test"))
        r.reject("another", "name_constraints@0", names("a@user.test", "b@user.test"))
        r.reject("local_part_in_other_case", "name_constraints@0", names("a@user.test", "A@user.test"))
    with rule("constraint_email_subject", "RFC 5280 4.2.1.10", "an address in the subject, where there are no other names",
              role="client") as r:
        def subject(address, permitted="user.test"):
            return client(intermediate(nc=([email(permitted)], [])), san=None, subject=dn("CN=user", "E=" + address))
        r.accept("of_the_host", subject("a@user.test"))
        r.reject("of_another", "name_constraints@0", subject("a@other.test"))
        r.reject("constraint_for_another", "name_constraints@0", subject("a@user.test", "other.test"))


def uris():
    def names(constraint, *uris, excluded=False):
        subtree = [uri(constraint)]
        return under(*([], subtree) if excluded else (subtree, []), names=[dns(HOST), *map(uri, uris)])
    with rule("constraint_uri_host", "RFC 5280 4.2.1.10", "every URI of exactly one host") as r:
        r.accept("of_the_host", names("uri.test", "https://uri.test/x", "sip://URI.test:5061"))
        r.reject("of_a_host_below", "name_constraints@0", names("uri.test", "https://sub.uri.test/x"))
        r.reject("of_another", "name_constraints@0", names("uri.test", "https://other.test/uri.test"))
        r.reject("user_and_another", "name_constraints@0", names("uri.test", "https://uri.test@other.test/"))
        r.reject("excluded", "name_constraints@0", names("uri.test", "https://uri.test/x", excluded=True))
        r.reject("excluded_with_port", "name_constraints@0", names("uri.test", "https://uri.test:8443/x", excluded=True))
        r.reject("excluded_with_user", "name_constraints@0", names("uri.test", "https://a:b@uri.test/x", excluded=True))
    with rule("constraint_uri_domain", "RFC 5280 4.2.1.10", "every URI of a host below a domain, not its own") as r:
        r.accept("below", names(".uri.test", "https://sub.uri.test/"))
        r.reject("of_the_domain", "name_constraints@0", names(".uri.test", "https://uri.test/"))
        r.reject("longer_label", "name_constraints@0", names(".uri.test", "https://xuri.test/"))
    with rule("constraint_uri_without_host", "RFC 5280 4.2.1.10",
              "a URI without a host name is refused wherever URIs are constrained") as r:
        r.accept("host", names("uri.test", "https://uri.test/"))
        r.reject("address", "name_constraints@0", names("uri.test", "https://192.0.2.1/"))
        r.reject("address_of_version_6", "name_constraints@0", names("uri.test", "https://[2001:db8::1]/"))
        r.reject("no_authority", "name_constraints@0", names("uri.test", "urn:uri.test"))
        r.reject("no_authority_but_slashes", "name_constraints@0", names("uri.test", "urn:x://uri.test/"))
        r.reject("escaped_excluded", "name_constraints@0", names("uri.test", "https://%75ri.test/", excluded=True))
        r.reject("dot_behind_excluded", "name_constraints@0", names("uri.test", "https://uri.test./", excluded=True))
        r.reject("backslash_excluded", "name_constraints@0", names("uri.test", "https://uri.test\\@other.test/", excluded=True))
        r.reject("address_excluded", "name_constraints@0", names("uri.test", "https://[2001:db8::1]/", excluded=True))
        r.reject("no_authority_excluded", "name_constraints@0", names("uri.test", "urn:other", excluded=True))


def directory_names():
    corp = directory(dn("O=Corp"))
    with rule("constraint_directory_permitted", "RFC 5280 4.2.1.10, 7.1", "a subject below a name") as r:
        r.accept("below", under([corp], subject=dn("O=Corp", "CN=host")))
        r.accept("itself", under([corp], subject=dn("O=Corp")))
        r.reject("another", "name_constraints@0", under([corp], subject=dn("O=Other", "CN=host")))
        r.reject("above", "name_constraints@0", under([directory(dn("O=Corp", "OU=Unit"))], subject=dn("O=Corp")))
        r.reject("not_at_the_start", "name_constraints@0", under([corp], subject=dn("CN=host", "O=Corp")))
    with rule("constraint_directory_excluded", "RFC 5280 4.2.1.10, 7.1", "no subject below an excluded name") as r:
        r.accept("another", under([], [corp], subject=dn("O=Corporation", "CN=host")))
        r.reject("below", "name_constraints@0", under([], [corp], subject=dn("O=Corp", "CN=host")))
        r.reject("itself", "name_constraints@0", under([], [corp], subject=dn("O=Corp")))
    with rule("constraint_directory_compared", "RFC 5280 7.1, RFC 4518", "string type, case and spaces do not count") as r:
        def written(organization, kind):
            return under([directory(dn("O=Corp  Ltd", kind=PRINTABLE))], subject=dn("O=" + organization, "CN=host", kind=kind))
        r.accept("same_string_type", written("Corp  Ltd", PRINTABLE))
        r.accept("other_string_type", written("Corp  Ltd", UTF8))
        r.accept("other_case_and_spaces", written("CORP ltd", PRINTABLE))
        r.reject("no_space", "name_constraints@0", written("CorpLtd", PRINTABLE))
        r.reject("more_text", "name_constraints@0", written("Corp  Ltd X", PRINTABLE))
    with rule("constraint_directory_excluded_compared", "RFC 5280 7.1, RFC 4518", "the same where the name is excluded") as r:
        def excluded(constraint, organization, kind=UTF8):
            return under([], [directory(dn("O=" + constraint))], subject=dn("O=" + organization, "CN=host", kind=kind))
        r.accept("another", excluded("Corp", "Corq"))
        r.reject("other_string_type", "name_constraints@0", excluded("Corp", "Corp", PRINTABLE))
        r.reject("other_case", "name_constraints@0", excluded("Corp", "CORP"))
        r.reject("other_spaces", "name_constraints@0", excluded("Corp Ltd", " Corp   Ltd "))
        r.reject("other_case_beyond_ascii", "name_constraints@0", excluded("Café", "CAFÉ"))
    with rule("constraint_directory_alternative", "RFC 5280 4.2.1.10", "directory names among the alternative names, too") as r:
        def names(one):
            return under([corp], names=[dns(HOST), directory(one)], subject=dn("O=Corp", "CN=host"))
        r.accept("below", names(dn("O=Corp", "CN=x")))
        r.reject("another", "name_constraints@0", names(dn("O=Other", "CN=x")))
        r.reject("empty", "name_constraints@0", names(dn()))
    with rule("constraint_directory_empty_subject", "RFC 5280 6.1.3 (b)", "an empty subject is no name") as r:
        r.accept("empty", leaf(intermediate(nc=([corp], [])), subject=dn(), san_critical=True))
        r.reject("another", "name_constraints@0", leaf(intermediate(nc=([corp], [])), subject=dn("O=Other"), san_critical=True))
        r.reject("excluded", "name_constraints@0", leaf(intermediate(nc=([], [corp])), subject=dn("O=Corp"), san_critical=True))


def service_names():
    with rule("constraint_srv_by_dns", "RFC 4985 4, RFC 5280 4.2.1.10",
              "names of services are held to the constraints on their domains",
              name="srv:xmpp-client:host.test") as r:
        def names(permitted, excluded):
            return under(permitted, excluded, names=[srv("_xmpp-client.host.test")], subject=dn("O=Host"))
        r.accept("permitted", names([dns("host.test")], []))
        r.reject("not_permitted", "name_constraints@0", names([dns("other.test")], []))
        r.reject("excluded", "name_constraints@0", names([], [dns("host.test")]))
    with rule("constraint_xmpp_by_dns", "RFC 6120 13.7.1.4, RFC 5280 4.2.1.10", "and so are addresses of XMPP",
              name="xmpp:user@host.test") as r:
        def names(permitted, excluded):
            return under(permitted, excluded, names=[xmpp("user@host.test")], subject=dn("O=Host"))
        r.accept("permitted", names([dns("host.test")], []))
        r.reject("not_permitted", "name_constraints@0", names([dns("other.test")], []))
        r.reject("excluded", "name_constraints@0", names([], [dns("host.test")]))
    with rule("constraint_not_processed", "RFC 5280 4.2.1.10",
              "a name of a type whose constraints are not processed is refused") as r:
        number = registered_id("2.999.3")
        r.accept("no_such_name", under([number]))
        r.accept("no_such_constraint", under([dns("test")], names=[dns(HOST), number]))
        r.reject("permitted", "name_constraints@0", under([number], names=[dns(HOST), number]))
        r.reject("excluded_another", "name_constraints@0", under([], [registered_id("2.999.4")], names=[dns(HOST), number]))
    with rule("constraint_srv_not_processed", "RFC 4985 4", "constraints on SRV names are of such a type") as r:
        own = srv("host.test")
        r.accept("no_such_name", under([own]))
        r.reject("permitted", "name_constraints@0", under([own], names=[dns(HOST), srv("_xmpp-client.host.test")]))
        r.reject("excluded_another", "name_constraints@0",
                 under([], [srv("other.test")], names=[dns(HOST), srv("_xmpp-client.host.test")]))


def places():
    jay, kay = dn("O=Jay"), dn("O=Kay")
    with rule("constraint_self_issued", "RFC 5280 6.1.3 (b), (c)", "self-issued intermediates are exempt, leaves are not") as r:
        # J, held to names below "O=Leaf" itself, has issued a certificate with a new key to itself.
        top = ca("", subject=jay, by=ROOT, key="intermediate", nc=([directory(dn("O=Leaf"))], []))
        rolled = ca("", subject=jay, by=top, key="rolled")
        r.accept("new_key_of_the_same", leaf(rolled, subject=dn("O=Leaf")))
        r.reject("new_name", "name_constraints@1", leaf(ca("", subject=kay, by=top, key="rolled"), subject=dn("O=Leaf")))
        r.reject("leaf", "name_constraints@0", leaf(rolled, subject=dn("O=Other")))
        r.reject("self_issued_leaf", "name_constraints@0", leaf(rolled, subject=jay))
    with rule("constraint_intermediate", "RFC 5280 6.1.3 (b), (c)", "the names of intermediates are judged, too") as r:
        def below(subject):
            top = intermediate(nc=([directory(jay)], []))
            return leaf(ca("", subject=subject, by=top, key="second"), subject=dn("O=Jay", "CN=host"))
        r.accept("permitted", below(jay))
        r.reject("another", "name_constraints@1", below(kay))
        r.reject("longer", "name_constraints@1", below(dn("O=Jays")))
        top = intermediate(nc=([dns("test")], []))
        r.reject("host_name", "name_constraints@1", leaf(ca("Second", top, key="second", san=[dns("other.example")])))
    with rule("constraint_every_level", "RFC 5280 6.1.4 (g)", "permitted by every issuer, not by one of them") as r:
        def levels(upper, lower):
            top = intermediate(nc=([dns(upper)], []))
            return leaf(ca("Second", top, key="second", nc=([dns(lower)], [])))
        r.accept("both", levels("test", "host.test"))
        r.accept("wider_below", levels("host.test", "test"))
        r.reject("lower_alone", "name_constraints@0", levels("other.test", "host.test"))
        r.reject("upper_alone", "name_constraints@0", levels("host.test", "other.test"))
    with rule("constraint_anchor", "RFC 5280 6.1.1 (d), RFC 5937", "an anchor's constraints count") as r:
        def anchor(permitted, excluded=()):
            return leaf(intermediate(ca("Root", key="root", nc=(permitted, excluded))))
        r.accept("permitted", anchor([dns("host.test")]))
        r.reject("another", "name_constraints@0", anchor([dns("other.test")]))
        r.reject("excluded", "name_constraints@0", anchor([], [dns("host.test")]))
    with rule("constraint_critical", "RFC 5280 4.2.1.10", "constraints count whether critical or not, and may be critical") as r:
        r.accept("critical", under([dns("host.test")], nc_critical=True))
        r.accept("not_critical", under([dns("host.test")]))
        r.reject("critical_another", "name_constraints@0", under([dns("other.test")], nc_critical=True))
        r.reject("not_critical_another", "name_constraints@0", under([dns("other.test")]))


def forms():
    base = sequence(dns("host.test"))

    def raw(value):
        return leaf(intermediate(nc=value))

    refused = "malformed@1 unknown_authority@0"
    with rule("constraint_form", "RFC 5280 4.2.1.10", "at least one list, at least one name in each, minimum 0, no maximum") as r:
        r.accept("one_permitted", raw(sequence(tlv(0xA0, base))))
        r.reject("no_list", refused, raw(sequence()))
        r.reject("empty_list", refused, raw(sequence(tlv(0xA0, b""))))
        r.reject("minimum_1", refused, raw(sequence(tlv(0xA0, sequence(dns("host.test"), tlv(0x80, b"\1"))))))
        r.reject("maximum", refused, raw(sequence(tlv(0xA0, sequence(dns("host.test"), tlv(0x81, b"\5"))))))
        r.reject("lists_in_wrong_order", refused, raw(sequence(tlv(0xA1, sequence(dns("bad.test"))), tlv(0xA0, base))))
    with rule("constraint_ip_form", "RFC 5280 4.2.1.10, RFC 4632 3.1", "an address and a mask, which is a prefix") as r:
        def network(octets):
            return leaf(intermediate(nc=([tlv(0x87, octets)], [])))
        r.accept("prefix", network(bytes([192, 0, 2, 0, 255, 255, 255, 0])))
        r.reject("no_mask", refused, network(bytes([192, 0, 2, 0])))
        r.reject("mask_with_a_gap", refused, network(bytes([192, 0, 2, 0, 255, 0, 255, 0])))
        r.reject("seven_bytes", refused, network(bytes([192, 0, 2, 0, 255, 255, 255])))
        r.reject("nothing", refused, network(b""))
