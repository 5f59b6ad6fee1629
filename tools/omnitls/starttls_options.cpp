// SPDX-License-Identifier: BSL-1.0
// A name that nobody would say is an error, not silently left out.
#include "tools/omnitls/starttls_options.hpp"

#include "tools/omnitls/exit_codes.hpp"
#include <omnitls/starttls/protocols.hpp>

#include <vector>

namespace omnitls::tool {
namespace {

CLI::Option* add_protocol(CLI::App& command, std::string& to, const char* what) {
    std::vector<std::string> names;
    for (const starttls::Protocol& protocol : starttls::protocols())
        names.emplace_back(protocol.name);
    return command.add_option("--starttls", to, what)
        ->type_name("PROTOCOL")
        ->check(CLI::IsMember(names));
}

/// `may`: which protocols can be.
void add_direct(CLI::App& command, std::string& to, const char* what, CLI::Option& upgrade,
                bool (*may)(const starttls::Protocol&)) {
    std::vector<std::string> names;
    for (const starttls::Protocol& protocol : starttls::protocols())
        if (may(protocol)) names.emplace_back(protocol.name);
    command.add_option("--protocol", to, what)
        ->type_name("PROTOCOL")
        ->check(CLI::IsMember(names))
        ->excludes(&upgrade);
}

void add_transcript(CLI::App& command, bool& to, CLI::Option& upgrade) {
    command.add_flag("--transcript", to, "Show what was said before TLS")->needs(&upgrade);
}

void require_said(const std::string& option, bool given, const std::string& protocol,
                  bool starttls::Protocol::*says) {
    const starttls::Protocol* const known = starttls::find_protocol(protocol);
    if (!given || (known != nullptr && known->*says)) return;
    std::string by;
    for (const starttls::Protocol& one : starttls::protocols())
        if (one.*says) by.append(by.empty() ? "" : ", ").append(one.name);
    throw Failure(Exit::usage,
                  make_error(Errc::bad_input, option + ": nobody would say it with " + protocol,
                             "it is for " + by));
}

}  // namespace

void ClientStarttls::add_to(CLI::App& command) {
    CLI::Option* const upgrade = add_protocol(command, protocol, "Upgrade a plain connection");
    add_direct(command, direct,
               "TLS from the first byte, for this: offers its ALPN protocol, and wants its names",
               *upgrade, [](const starttls::Protocol& one) { return !one.alpn.empty(); });
    command.add_option("--domain", domain, "XMPP: the domain to ask for (default: the one wanted)")
        ->needs(upgrade);
    command
        .add_option("--client-name", client_name,
                    "This side's name, for EHLO or XMPP among servers (default: own address, or "
                    "localhost)")
        ->needs(upgrade);
    add_transcript(command, transcript, *upgrade);
}

void ClientStarttls::apply_to(ProbeRequest& request, const std::string& wanted) const {
    using starttls::Protocol;
    require_said("--domain", domain.has_value(), protocol, &Protocol::client_says_server_name);
    require_said("--client-name", client_name.has_value(), protocol,
                 &Protocol::client_says_client_name);
    request.starttls = protocol;
    if (!direct.empty()) request.config.alpn = {std::string(starttls::find_protocol(direct)->alpn)};
    request.domain = domain.value_or(wanted);
    request.client_name = client_name;
    request.transcript = transcript;
}

void ServerStarttls::add_to(CLI::App& command) {
    CLI::Option* const upgrade =
        add_protocol(command, protocol, "Begin in plain text and be upgraded");
    add_direct(command, direct, "Speak this inside TLS from the first byte", *upgrade,
               [](const starttls::Protocol& one) { return can_be_direct(one.name); });
    add_transcript(command, transcript, *upgrade);
    command.add_option("--domain", domain,
                       "How the server calls itself (default: localhost), or the domain of XMPP "
                       "(default: any)");
    command
        .add_option("--user", user,
                    "Who may log in, and nobody else (default: everybody, whatever the password)")
        ->type_name("NAME:PASSWORD");
}

void ServerStarttls::check() const {
    if (inside().empty() && (domain || user)) {
        throw Failure(Exit::usage,
                      make_error(Errc::bad_input, std::string(domain ? "--domain" : "--user") +
                                                      ": it is for --starttls and --protocol"));
    }
    require_said("--domain", domain.has_value(), inside(), &starttls::Protocol::server_says_name);
    if (!user) return;
    if (!has_login(inside())) {
        throw Failure(Exit::usage,
                      make_error(Errc::bad_input, "--user: nobody logs in with " + inside()));
    }
    if (!account() || account()->name.empty() || account()->password.empty()) {
        throw Failure(Exit::usage,
                      make_error(Errc::bad_input, "--user: it has no name or no password",
                                 "give it as NAME:PASSWORD"));
    }
}

std::string ServerStarttls::name() const {
    // XMPP has many domains in one server, and an empty one stands for any.
    return domain.value_or(inside().starts_with("xmpp") ? "" : "localhost");
}

std::optional<Account> ServerStarttls::account() const {
    const std::size_t colon = user ? user->find(':') : std::string::npos;
    if (colon == std::string::npos) return std::nullopt;
    return Account{user->substr(0, colon), user->substr(colon + 1)};
}

}  // namespace omnitls::tool
