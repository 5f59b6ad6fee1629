// SPDX-License-Identifier: BSL-1.0
// `omnitls cert`: a chain, of a file or as a server shows it, with what would pin it. Nothing is judged.
#include "tools/omnitls/backends.hpp"
#include "tools/omnitls/certificate_report.hpp"
#include "tools/omnitls/commands.hpp"
#include "tools/omnitls/probe.hpp"
#include "tools/omnitls/starttls_options.hpp"
#include "tools/omnitls/transcript.hpp"

#include <chrono>
#include <filesystem>
#include <iostream>
#include <memory>
#include <utility>

#include <CLI/CLI.hpp>

namespace omnitls::tool {
namespace {

struct CertOptions {
    std::string where;
    ClientStarttls starttls;
    std::string backend;
    unsigned timeout = 30;
    bool json = false;
};

/// A chain and where it is from.
struct Shown {
    PeerInfo peer;
    std::string tlsa_owner;  ///< "_443._tcp.example.org"; empty for a file.
};

/// Asks the server and refuses it whatever it shows, so that nothing of ours leaves.
Shown of_server(const CertOptions& options, const TlsBackend& backend) {
    ProbeRequest request;
    request.where = value_or_usage(parse_host_port(options.where));
    request.names = {value_or_usage(ReferenceIdentity::host(request.where.host))};
    options.starttls.apply_to(request, request.where.host);
    request.timeout = std::chrono::seconds(options.timeout);
    request.config.verifier =
        make_verifier([](const VerifyRequest&) { return Verdict::rejected(); });
    const Report report = probe(request, backend);
    // Standard output is the chain's.
    if (report.transcript) print(std::cerr, *report.transcript);
    if (!report.evidence)
        throw Failure(static_cast<Exit>(report.exit), report.error.value_or(ErrorDetail{}));
    return {report.evidence->peer,
            "_" + std::to_string(request.where.port) + "._tcp." + request.where.host};
}

Json to_json(const Shown& shown, UtcTime now, const spi::Crypto& crypto) {
    Json chain = Json::array();
    for (std::size_t i = 0; i < shown.peer.chain.size(); ++i) {
        Json one = certificate_json(shown.peer.chain[i], now, crypto);
        if (const auto& parsed = shown.peer.chain[i].parsed) {
            one.update(details_json(*parsed));
            one["tlsa"] = tlsa_records(*parsed, i == 0, crypto);
        }
        chain.push_back(std::move(one));
    }
    return {{"chain", std::move(chain)},
            {"tlsa_owner", shown.tlsa_owner.empty() ? Json(nullptr) : Json(shown.tlsa_owner)}};
}

void print(const Shown& shown, UtcTime now, const spi::Crypto& crypto) {
    const std::string owner = shown.tlsa_owner.empty() ? "" : shown.tlsa_owner + ". IN ";
    for (std::size_t i = 0; i < shown.peer.chain.size(); ++i) {
        print_certificate(std::cout, i, shown.peer.chain[i], now, crypto);
        const auto& parsed = shown.peer.chain[i].parsed;
        if (!parsed) continue;
        print_details(std::cout, *parsed);
        for (const std::string& record : tlsa_records(*parsed, i == 0, crypto))
            std::cout << "  " << owner << "TLSA " << record << '\n';
    }
}

Exit cert(const CertOptions& options) {
    const TlsBackend& backend = select_backend(options.backend);
    std::error_code ignored;
    const bool is_file = std::filesystem::exists(options.where, ignored);
    if (is_file && !options.starttls.inside().empty()) {
        throw Failure(Exit::usage,
                      make_error(Errc::bad_input,
                                 std::string(options.starttls.protocol.empty() ? "--protocol"
                                                                               : "--starttls") +
                                     " is for a server, and " + options.where + " is a file"));
    }
    const Shown shown = is_file ? Shown{value_or_usage(PeerInfo::from_file(options.where)), {}}
                                : of_server(options, backend);
    const UtcTime now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    if (options.json)
        std::cout << to_json(shown, now, backend.crypto()).dump(2) << '\n';
    else
        print(shown, now, backend.crypto());
    return Exit::ok;
}

}  // namespace

void add_cert_command(CLI::App& app, Exit& exit) {
    CLI::App* command =
        app.add_subcommand("cert", "Print a certificate chain, and the pins and records for it");
    command->footer(
        "Nothing is judged: anybody may have sent what is printed.\n"
        "Exit status: 0 printed, 2 a file that cannot be used, else as connect.\n");
    const auto options = std::make_shared<CertOptions>();
    command->add_option("source", options->where, "A file (PEM, DER), or a server to ask")
        ->type_name("FILE|HOST:PORT")
        ->required();
    options->starttls.add_to(*command);
    command->add_option("--backend", options->backend, "Whose TLS asks");
    command->add_option("--timeout", options->timeout, "Seconds for all of it")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    command->add_flag("--json", options->json, "Print JSON");
    command->callback([options, &exit] { exit = cert(*options); });
}

}  // namespace omnitls::tool
