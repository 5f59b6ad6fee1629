// SPDX-License-Identifier: BSL-1.0
// The table of the protocols, and what of it a name chooses.
#include <omnitls/starttls/ftp.hpp>
#include <omnitls/starttls/imap.hpp>
#include <omnitls/starttls/ldap.hpp>
#include <omnitls/starttls/mysql.hpp>
#include <omnitls/starttls/nntp.hpp>
#include <omnitls/starttls/pop3.hpp>
#include <omnitls/starttls/postgresql.hpp>
#include <omnitls/starttls/protocols.hpp>
#include <omnitls/starttls/sieve.hpp>
#include <omnitls/starttls/smtp.hpp>
#include <omnitls/starttls/xmpp.hpp>

#include <algorithm>
#include <iterator>

namespace omnitls::inline v0::starttls {
namespace {

using Made = Result<std::unique_ptr<Dialogue>>;

struct Row {
    Made (*client)(const ClientTerms&);
    Made (*server)(const ServerTerms&);
};

constexpr Protocol all[] = {
    {"ftp", 21, 990, "ftp", false, false, true},
    {"imap", 143, 993, "imap", false, false, true},
    {"ldap", 389, 636, {}, false, false, false},
    {"lmtp", 0, 0, {}, false, true, true},
    {"mysql", 3306, 0, {}, false, false, false},
    {"nntp", 119, 563, "nntp", false, false, true},
    {"pop3", 110, 995, "pop3", false, false, true},
    {"postgresql", 5432, 0, "postgresql", false, false, false},
    {"sieve", 4190, 0, "managesieve", false, false, true},
    {"smtp", 25, 465, {}, false, true, true},
    {"xmpp", 5222, 0, "xmpp-client", true, false, true},
    {"xmpp-server", 5269, 0, "xmpp-server", true, true, true},
};

// In the same order.
constexpr Row rows[] = {
    {[](const ClientTerms& t) { return ftp_client(t.offer); },
     [](const ServerTerms& t) { return ftp_server(t.name); }},
    {[](const ClientTerms& t) { return imap_client(t.offer); },
     [](const ServerTerms& t) { return imap_server(t.name); }},
    {[](const ClientTerms& t) { return ldap_client(t.offer); },
     [](const ServerTerms&) { return ldap_server(); }},
    {[](const ClientTerms& t) { return lmtp_client(t.client_name, t.offer); },
     [](const ServerTerms& t) { return lmtp_server(t.name); }},
    {[](const ClientTerms& t) { return mysql_client({}, t.offer); },
     [](const ServerTerms& t) { return mysql_server(t.greeting); }},
    {[](const ClientTerms& t) { return nntp_client(t.offer); },
     [](const ServerTerms& t) { return nntp_server(t.name); }},
    {[](const ClientTerms& t) { return pop3_client(t.offer); },
     [](const ServerTerms& t) { return pop3_server(t.name); }},
    {[](const ClientTerms& t) { return postgresql_client(t.offer); },
     [](const ServerTerms&) { return postgresql_server(); }},
    {[](const ClientTerms& t) { return sieve_client(t.offer); },
     [](const ServerTerms& t) { return sieve_server(t.name); }},
    {[](const ClientTerms& t) { return smtp_client(t.client_name, t.offer); },
     [](const ServerTerms& t) { return smtp_server(t.name); }},
    {[](const ClientTerms& t) { return xmpp_client(t.server_name, t.offer); },
     [](const ServerTerms& t) { return xmpp_server(t.name, t.stream_id); }},
    {[](const ClientTerms& t) { return xmpp_s2s_client(t.server_name, t.client_name, t.offer); },
     [](const ServerTerms& t) { return xmpp_s2s_server(t.name, t.stream_id); }},
};
static_assert(std::size(all) == std::size(rows));

const Row* find_row(std::string_view protocol) noexcept {
    const Protocol* const found = find_protocol(protocol);
    return found != nullptr ? &rows[found - std::begin(all)] : nullptr;
}

ErrorDetail no_such(std::string_view protocol) {
    std::string known;
    for (const Protocol& one : all) known.append(known.empty() ? "" : ", ").append(one.name);
    return make_error(make_error_code(Errc::bad_input), "STARTTLS: no protocol is called \"" +
                                                            escape_untrusted(protocol, 64) +
                                                            "\"; there are " + known);
}

}  // namespace

std::span<const Protocol> protocols() noexcept { return all; }

const Protocol* find_protocol(std::string_view name) noexcept {
    const auto found = std::ranges::find(all, name, &Protocol::name);
    return found != std::end(all) ? &*found : nullptr;
}

Made make_client_dialogue(std::string_view protocol, const ClientTerms& terms) {
    const Row* const row = find_row(protocol);
    return row != nullptr ? row->client(terms) : Made(no_such(protocol));
}

Made make_server_dialogue(std::string_view protocol, const ServerTerms& terms) {
    const Row* const row = find_row(protocol);
    return row != nullptr ? row->server(terms) : Made(no_such(protocol));
}

Result<std::vector<ReferenceIdentity>> reference_identities(std::string_view protocol,
                                                            std::string_view host) {
    if (find_protocol(protocol) == nullptr) return no_such(protocol);
    auto address = ReferenceIdentity::ip(host);
    if (address) return std::vector{*std::move(address)};
    auto name = ReferenceIdentity::dns(host);
    if (!name) return std::move(name).error();
    std::vector names{*std::move(name)};
    const auto add = [&](Result<ReferenceIdentity> identity) -> std::optional<ErrorDetail> {
        if (!identity) return std::move(identity).error();
        names.push_back(*std::move(identity));
        return std::nullopt;
    };
    if (protocol == "xmpp") {
        if (auto error = add(ReferenceIdentity::srv("xmpp-client", host))) return *std::move(error);
        if (auto error = add(ReferenceIdentity::xmpp_addr(host))) return *std::move(error);
    } else if (protocol == "xmpp-server") {
        if (auto error = add(ReferenceIdentity::srv("xmpp-server", host))) return *std::move(error);
    }
    return names;
}

Result<ClientTarget> client_target(std::string_view protocol, std::string_view host) {
    auto names = reference_identities(protocol, host);
    if (!names) return std::move(names).error();
    auto target = ClientTarget::host(host);
    if (!target) return target;
    target->names = *std::move(names);
    return target;
}

Result<ClientTarget> smtp_mx_target(std::string_view domain, std::string_view mx_host) {
    auto wanted = ReferenceIdentity::dns(domain);
    if (!wanted) return std::move(wanted).error();
    auto exchanger = ReferenceIdentity::dns(mx_host);
    if (!exchanger) return std::move(exchanger).error();
    ClientTarget target;
    target.names = {*std::move(exchanger), *std::move(wanted)};
    target.dial_address = target.names.front().value();
    target.dial_port = 25;
    return target;
}

}  // namespace omnitls::inline v0::starttls
