// SPDX-License-Identifier: BSL-1.0
// TLSA records for `dane`, looked up and validated in this process by libunbound: nobody else has to be believed about DNSSEC, neither
// the resolver that is asked nor the way to it. A component of its own, `omnitls::unbound`; no type of libunbound is seen here.
#pragma once

#include <omnitls/certificate.hpp>
#include <omnitls/export.hpp>
#include <omnitls/result.hpp>
#include <omnitls/verifiers/dane.hpp>
#include <omnitls/verifiers/timer.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace omnitls::inline v0 {

struct UnboundOptions {
    /// Who is asked: the address of a recursive resolver that passes on DNSSEC records, with a port if it is not 53: "192.0.2.1",
    /// "192.0.2.1@5353", "192.0.2.1:5353", "2001:db8::1@5353", "[2001:db8::1]:5353". Empty: those that /etc/resolv.conf names.
    std::string resolver{};
    /// File of DNSKEY or DS records in the form of zone files, the keys that validation starts from. The default is that of the root,
    /// from Debian's package dns-root-data. Empty: `trust_anchors` alone.
    std::string trust_anchor_file = "/usr/share/dns/root.key";
    /// More of them, a record each, on one line: ". IN DS 20326 8 2 E06D...".
    std::vector<std::string> trust_anchors{};
    /// How long a look-up may take, with all the queries that it needs. Then it has failed.
    std::chrono::milliseconds timeout = std::chrono::seconds(10);
    /// Look-ups at once; one more fails at once. One that nobody waits for any more counts until libunbound is done with it.
    std::size_t max_lookups = 256;
    /// Signatures are judged at this time, not now. For tests.
    std::optional<UtcTime> time{};
    /// Further options of libunbound by their names in unbound.conf(5), for example {"outgoing-port-avoid", "0-32767"}. They come last,
    /// so they may undo what is set here; "module-config" is refused. They cannot make an answer secure that is not, but they can have
    /// bogus ones pass for insecure ("val-permissive-mode").
    std::vector<std::pair<std::string, std::string>> settings{};
    /// Where `timeout` gets its time from.
    std::shared_ptr<Timer> timer = system_timer();
};

/// A source that asks libunbound. What it finds out becomes a `TlsaAnswer` like this:
///
/// * validated records: `secure`. One whose RDATA is no TLSA record is left out, and `detail` says so; if none is left, `dane` has no
///   usable record (RFC 6698 §4.1);
/// * validated absence, of the name or of the type: `no_records`;
/// * provably not signed: `insecure`; so are names that no trust anchor is above, and all names where libunbound knows the algorithm
///   of no anchor;
/// * failed validation: `bogus`, and `detail` has libunbound's reason;
/// * no answer, an error of the resolver, `timeout`, `max_lookups`: `failed`, and `detail` says which.
///
/// A name that is asked for as "_port._transport.host" is expanded (RFC 7671 §7): if host is an alias by a chain that is secure to its
/// end, the records of its target come first, with the target as `base_domain`; the host's own count if there are provably none. If
/// the chain is bogus or unknown, so is the answer: else whoever can disturb the look-up chooses the records. The name
/// "_port._transport.host" may itself be an alias; that changes no base domain. The server name of the ClientHello has been sent by
/// then, so it is not that of the target.
///
/// `done` is called on the source's own thread, which also drops it when a look-up is stopped; do not block there. Destroying the source
/// ends the thread and waits for it, except when it is destroyed on that thread; look-ups that run are dropped unanswered, which rejects.
/// libunbound keeps a cache per source and a thread of its own, started by the first look-up, so share one source. What it dislikes of
/// anchors it also writes to standard error.
///
/// Errc::bad_config or bad_input, naming the member and what was expected: a resolver that is no address, anchors that cannot be read
/// or of which there is none, a timeout or a limit of nothing, a null timer, an unknown setting.
OMNITLS_API Result<std::shared_ptr<TlsaSource>> unbound_tlsa(const UnboundOptions& options = {});

}  // namespace omnitls::inline v0
