# SPDX-License-Identifier: BSL-1.0
"""Chains with more than one candidate path. Every order of what follows the leaf gives the verdict that is written here."""
from corpus_kit import *  # noqa: F403


def entries():
    twins()
    only_bad_twins()
    anchors()
    loops()
    cross_certificates()
    company()


def twins():
    """Beside the good intermediate another of its name, which leads nowhere: the good path counts."""
    good, bare = INTERMEDIATE, leaf()
    unknown = ca("Unknown Root", key="unknown")
    weak = ca("Weak Root", key="rsa1024_ca")
    bad = {
        "forged": (intermediate(signer="second"), "its signature is another's"),
        "altered": (good.changed(lambda der: flip(der, len(der) - 1)), "its signature is damaged"),
        "expired": (intermediate(na="250101000000Z"), "it has expired"),
        "not_yet": (intermediate(nb="400101000000Z"), "its time has not come"),
        "by_unknown": (intermediate(unknown), "somebody unknown has cross-signed it"),
        "no_authority": (intermediate(bc=None), "it is no authority"),
        "other_purpose": (intermediate(eku=[CLIENT]), "it is for clients"),
        "other_names": (intermediate(nc=([dns("other.test")], [])), "it is for other names"),
        "no_cert_sign": (intermediate(ku=["crl_sign"]), "it may not sign certificates"),
        "sha1": (intermediate(algorithm="ecdsa-sha1"), "it is signed with SHA-1"),
        "critical": (intermediate(extra=[(NOBODY_KNOWS, True, b"\5\0")]), "it has a critical extension that nobody knows"),
        "other_key": (intermediate(key="second"), "it has another key"),
        "other_key_same_identifier": (intermediate(key="second", subject_key_id=key_id("intermediate")),
                                      "it has another key, and says that it is the good one"),
        "version_1": (intermediate(version=1), "it is of version 1"),
    }
    for name, (twin, what) in bad.items():
        multi("twin_" + name, f"a twin of the intermediate: {what}", [bare, good, twin])
    multi("twin_by_weak_root", "a twin below a weak root that is an anchor, too", [bare, good, intermediate(weak)],
          anchors=[weak, ROOT])
    multi("twins_all_at_once", "four twins, each with a fault of its own",
          [bare, good, *(bad[name][0] for name in ("forged", "expired", "other_purpose", "no_authority"))])
    multi("twins_of_two_levels", "a twin at each of two levels",
          [leaf(ca("Second", good, key="second")), ca("Second", good, key="second"),
           ca("Second", good, key="second", eku=[CLIENT]),
           good, bad["expired"][0]])
    lower = ca("Second", good, key="second")
    multi("twin_too_short", "a twin whose path length is used up", [leaf(lower), lower, good, intermediate(bc=(True, 0))])
    multi("twin_identifier_points_to_it", "a leaf that names the key identifier of the wrong twin",
          [leaf(authority_key_id=key_id("second")), good, intermediate(key="second")])
    multi("twin_no_identifiers", "nothing but names tells where to go",
          [leaf(ids=False), intermediate(ids=False), intermediate(key="second", ids=False),
           intermediate(key="rolled", ids=False)])
    multi("twin_configured", "the good one is configured, the expired one sent", [bare, bad["expired"][0]], intermediates=[good])
    multi("twin_of_clients", "a client, and a twin for servers",
          [client(), intermediate(), intermediate(eku=[SERVER])], role="client")
    multi("twin_same_purpose", "two twins that are both good", [bare, good, intermediate(eku=[SERVER])])


def only_bad_twins():
    """No path is good. Which fault is told depends on the order, but it is one of these."""
    bare, expired, purpose = leaf(), intermediate(na="250101000000Z"), intermediate(eku=[CLIENT])
    forged, other_names = intermediate(signer="second"), intermediate(nc=([dns("other.test")], []))
    multi("bad_expired_and_purpose", "one expired, one for clients", [bare, expired, purpose],
          ["expired@1", "extended_key_usage@1"])
    multi("bad_forged_and_expired", "one forged, one expired", [bare, forged, expired], ["bad_signature@1", "expired@1"])
    multi("bad_both_for_other_names", "both for other names", [bare, other_names, intermediate(nc=([], [dns("host.test")]))],
          "name_constraints@0")
    multi("bad_four", "four, each with a fault of its own", [bare, expired, purpose, forged, other_names],
          ["expired@1", "extended_key_usage@1", "bad_signature@1", "name_constraints@0"])
    multi("bad_faults_do_not_add_up", "half of each would be good: two levels, each path with one fault",
          [leaf(ca("Second", INTERMEDIATE, key="second")), ca("Second", INTERMEDIATE, key="second"), expired,
           intermediate(signer="second")], ["expired@2", "bad_signature@2"])
    multi("bad_both_keys", "no twin has the key that signed the leaf",
          [leaf(signer="rolled"), INTERMEDIATE, intermediate(key="second")],
          "bad_signature@0")
    multi("bad_unknown_twins", "every twin is cross-signed by somebody unknown",
          [bare, intermediate(ca("Unknown Root", key="unknown")), intermediate(OTHER_ROOT)], "unknown_authority@1")
    multi("bad_malformed_twin", "what cannot be read is a fault even beside a good path: depth is its place in the chain",
          [bare, INTERMEDIATE, intermediate(bc=sequence(tlv(1, b"\1")))], ["malformed@1", "malformed@2"])


def anchors():
    bare = leaf()
    renewed, expired = ca("Root", key="root", nb="250101000000Z"), ca("Root", key="root", na="250101000000Z")
    impostor = ca("Root", key="second")
    multi("anchors_of_one_name", "two anchors of one name, the second has the key",
          [bare, INTERMEDIATE, intermediate(key="rolled")],
          anchors=[impostor, ROOT])
    multi("anchors_of_one_name_none_fits", "two anchors of one name, neither has the key", [bare, INTERMEDIATE],
          "bad_signature@1",
          anchors=[impostor, ca("Root", key="rolled")])
    multi("anchor_renewed_beside_expired", "an anchor and its renewal", [bare, INTERMEDIATE], anchors=[expired, renewed])
    multi("anchor_renewed_old_one_sent", "the expired root is sent, its renewal trusted", [bare, INTERMEDIATE, expired],
          anchors=[renewed])
    multi("anchor_expired_renewal_sent", "the renewal is sent, and only the expired root trusted",
          [bare, INTERMEDIATE, renewed], "expired@2", anchors=[expired])
    multi("anchor_not_an_authority_beside", "two anchors of one name and key, one says that it is no authority",
          [bare, INTERMEDIATE], anchors=[ca("Root", key="root", bc=(False, None)), ROOT])
    multi("anchor_is_a_sent_intermediate", "the intermediate is trusted, its root is not", [bare, INTERMEDIATE, OTHER_ROOT],
          anchors=[INTERMEDIATE])
    own = ca("Intermediate", key="intermediate")
    multi("anchor_of_name_and_key", "an anchor with the name and key of the intermediate that was sent",
          [bare, INTERMEDIATE, OTHER_ROOT], anchors=[own])
    multi("anchor_of_name_and_key_expired_sent", "the same; the one that was sent has expired",
          [bare, intermediate(na="250101000000Z"), ROOT], anchors=[own])
    multi("anchor_is_the_leaf", "the leaf itself is trusted, whatever else is sent", [bare, OTHER_ROOT, intermediate(OTHER_ROOT)],
          anchors=[bare])
    multi("anchor_at_two_heights", "intermediate and root are trusted, and the root has expired", [bare, INTERMEDIATE],
          anchors=[expired, INTERMEDIATE])
    multi("anchor_lower_one_is_bad", "intermediate and root are trusted, and the intermediate has expired: it ends the path",
          [bare, INTERMEDIATE, intermediate(na="250101000000Z")], anchors=[intermediate(na="250101000000Z"), ROOT])
    multi("root_of_another_key_sent", "a root is sent that is not the trusted one of its name; the key identifiers lead to it",
          [bare, INTERMEDIATE, ROOT], "bad_signature@2", anchors=[impostor])


def loops():
    def member(name, by, **fields):
        return ca(name, by, key=name.lower(), **fields)
    jay, kay = ca("Jay", key="jay"), ca("Kay", key="kay")
    jay_by_kay, kay_by_jay = member("Jay", kay), member("Kay", jay)
    bare = leaf(jay)
    multi("loop_of_two", "two authorities that vouch for each other", [bare, jay_by_kay, kay_by_jay], "unknown_authority@2")
    multi("loop_of_two_and_a_way_out", "the same, and the root vouches for the first",
          [bare, jay_by_kay, kay_by_jay, member("Jay", ROOT)])
    multi("loop_of_two_and_a_far_way_out", "the same, and the root vouches for the second",
          [bare, jay_by_kay, kay_by_jay, member("Kay", ROOT)])
    ell = ca("Ell", key="ell")
    ring = [jay_by_kay, member("Kay", ell), member("Ell", jay)]
    multi("loop_of_three", "three in a ring", [bare, *ring], "unknown_authority@3")
    multi("loop_of_three_and_a_way_out", "three in a ring, and the root vouches for the third",
          [bare, *ring, member("Ell", ROOT)])
    old = INTERMEDIATE
    new = intermediate(old, key="rolled")
    multi("rolled_key", "an intermediate that vouches for its new key", [leaf(new), new, old])
    multi("rolled_key_both_ways", "old for new and new for old", [leaf(new), new, intermediate(new, key="intermediate"), old])
    multi("rolled_key_expired_old", "the old certificate has expired", [leaf(new), new, intermediate(na="250101000000Z")],
          "expired@2")
    next_root = ca("Root", ROOT, key="rolled")
    multi("rolled_root", "a root that vouches for its new key",
          [leaf(intermediate(next_root)), intermediate(next_root), next_root])
    multi("rolled_root_both_ways", "old for new and new for old; the new one is trusted",
          [bare_of(ROOT), intermediate(), ca("Root", ca("Root", key="rolled"), key="root")], anchors=[ca("Root", key="rolled")])
    multi("rolled_root_all_sent", "both cross certificates and both roots are sent",
          [leaf(intermediate(next_root)), intermediate(next_root), next_root, ca("Root", key="rolled"), ROOT])


def bare_of(root):
    return leaf(intermediate(root))


def cross_certificates():
    one, two = ca("One", key="one"), ca("Two", key="two")
    one_by_two, two_by_one = ca("One", two, key="one"), ca("Two", one, key="two")
    issuing = intermediate(one)
    sent = [leaf(issuing), issuing, one_by_two, two_by_one]
    multi("cross_both_ways_own_root", "two roots, each vouching for the other; the leaf's own is trusted", sent, anchors=[one])
    multi("cross_both_ways_other_root", "the same; the other is trusted", sent, anchors=[two])
    multi("cross_both_ways_both_roots", "the same; both are trusted", sent, anchors=[two, one])
    multi("cross_both_ways_no_root", "the same; neither is trusted", sent, "unknown_authority@3")
    bridge = ca("Bridge", two, key="bridge")
    multi("cross_bridge", "through a bridge", [leaf(issuing), issuing, ca("One", bridge, key="one"), bridge], anchors=[two])
    old = ca("Old Root", key="old", na="250101000000Z")
    multi("cross_old_root_expired", "a new root that is trusted, cross-signed by an old one that is trusted and expired",
          [leaf(issuing), issuing, ca("One", old, key="one")], anchors=[old, one])
    multi("cross_old_root_only", "the same; the old one alone is trusted",
          [leaf(issuing), issuing, ca("One", old, key="one")], "expired@3", anchors=[old])
    multi("cross_expired_old_root_sent", "an expired cross certificate and its root are sent, the new root is trusted",
          [leaf(issuing), issuing, ca("One", two, key="one", na="250101000000Z"), two], anchors=[one])
    short, detour = intermediate(na="250101000000Z"), ca("Detour", key="detour", by=ROOT)
    multi("cross_detour", "the short way has expired, the long one is good", [leaf(), short, intermediate(detour), detour])
    multi("cross_two_roots_two_keys", "one name, two keys, two roots, one of them trusted",
          [leaf(), INTERMEDIATE, intermediate(OTHER_ROOT, key="second")])


def company():
    """What does not belong to any path changes nothing."""
    bare, stranger = leaf(), ca("Stranger", OTHER_ROOT, key="second")
    multi("company_strangers", "certificates of others", [bare, INTERMEDIATE, stranger, OTHER_ROOT])
    multi("company_duplicates", "the intermediate three times", [bare, INTERMEDIATE, INTERMEDIATE, INTERMEDIATE])
    multi("company_leaf_again", "the leaf again", [bare, INTERMEDIATE, bare])
    multi("company_another_leaf", "another leaf of the same name", [bare, INTERMEDIATE, leaf(eku=[CLIENT])])
    multi("company_root", "the root, too", [bare, INTERMEDIATE, ROOT])
    lower = ca("Second", INTERMEDIATE, key="second")
    lowest = ca("Third", lower, key="third")
    multi("company_of_three_levels", "three levels in any order", [leaf(lowest), lowest, lower, INTERMEDIATE])
    multi("company_missing_level", "three levels, and one of them is missing", [leaf(lowest), lowest, INTERMEDIATE],
          "unknown_authority@1")
    multi("company_missing_level_configured", "three levels, one of them configured", [leaf(lowest), lowest, INTERMEDIATE],
          intermediates=[lower])
