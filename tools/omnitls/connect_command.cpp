// SPDX-License-Identifier: BSL-1.0
// `omnitls connect`: options, one probe per backend, the reports.
#include "tools/omnitls/backends.hpp"
#include "tools/omnitls/commands.hpp"
#include "tools/omnitls/options.hpp"
#include "tools/omnitls/probe.hpp"
#include "tools/omnitls/proxy_options.hpp"
#include "tools/omnitls/starttls_options.hpp"
#include "tools/omnitls/trust_options.hpp"
#include "tools/omnitls/verifier_options.hpp"
#include <omnitls/starttls/protocols.hpp>

#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

namespace omnitls::tool {
namespace {

struct ConnectOptions {
    std::string where;
    ClientProxy proxy;
    ClientStarttls starttls;
    std::string backend;
    TrustOptions trust;
    VerifierOptions verifier;
    std::string sni;
    std::string cert;
    std::string key;
    std::string tls;
    std::string key_log;
    std::vector<std::string> alpn;
    AlgorithmOptions algorithms;
    unsigned timeout = 30;
    unsigned verdict_delay = 0;
    bool diff = false;
    bool json = false;
    bool has_sni = false;
    bool interactive = false;
    bool crlf = false;
};

std::vector<ReferenceIdentity> names_of(const ConnectOptions& options, const std::string& host) {
    std::vector<ReferenceIdentity> names;
    for (const std::string& text :
         options.trust.names.empty() ? std::vector{host} : options.trust.names) {
        const ReferenceIdentity name = value_or_usage(ReferenceIdentity::from_text(text));
        const bool plain = name.type() == ReferenceIdentity::Type::dns && !text.starts_with("DNS:");
        if (plain && !options.starttls.inside().empty()) {
            const auto all =
                value_or_usage(starttls::reference_identities(options.starttls.inside(), text));
            names.insert(names.end(), all.begin(), all.end());
        } else {
            names.push_back(name);
        }
    }
    return names;
}

/// Whoever says who decides instead may do without a store.
TrustAnchors system_trust(const ConnectOptions& options) {
    auto anchors = TrustAnchors::system();
    return options.verifier.given() && !anchors ? TrustAnchors()
                                                : value_or_usage(std::move(anchors));
}

/// The name may be given beside an address: it is the exchanger's.
void aim_at_exchanger(const ConnectOptions& options, ProbeRequest& request) {
    const std::vector<std::string>& names = options.trust.names;
    if (names.size() > 1) {
        throw Failure(Exit::usage, make_error(Errc::bad_input,
                                              "--mx-of: one --name says which exchanger it is"));
    }
    auto target = starttls::smtp_mx_target(options.verifier.mx_of,
                                           names.empty() ? request.where.host : names.front());
    if (!target) {
        throw Failure(Exit::usage,
                      make_error(target.error().code, "--mx-of: " + target.error().what,
                                 "beside an address --name says which exchanger it is"));
    }
    request.names = target->names;
    request.sni = target->sni;
    request.dial_name = target->dial_address;
}

ProbeRequest make_request(const ConnectOptions& options) {
    options.verifier.check(options.starttls.protocol);
    ProbeRequest request;
    request.where = value_or_usage(parse_host_port(options.where));
    if (options.verifier.mx_of.empty()) {
        request.names = names_of(options, request.where.host);
    } else {
        aim_at_exchanger(options, request);
    }
    options.proxy.apply_to(request);
    options.starttls.apply_to(request, request.names.front().value());
    if (options.has_sni) request.sni = options.sni;
    if (options.trust.ca.empty()) request.config.trust = system_trust(options);
    options.trust.apply_to(request.config);
    if (!options.cert.empty()) {
        request.config.identity = value_or_usage(Identity::from_files(options.cert, options.key));
    }
    if (!options.key_log.empty()) {
        request.config.key_log = value_or_usage(key_log_file(options.key_log));
    }
    request.tls = options.tls;
    if (!options.alpn.empty()) request.config.alpn = options.alpn;
    options.algorithms.apply_to(request.config);
    request.verdict_delay = std::chrono::milliseconds(options.verdict_delay);
    request.timeout = std::chrono::seconds(options.timeout);
    return request;
}

void print_differences(const Json& found) {
    std::cout << (found.empty() ? "differences: none\n" : "differences\n");
    for (const Json& one : found) {
        std::cout << "  " << one["field"].get<std::string>() << '\n';
        for (const auto& [backend, value] : one["values"].items()) {
            std::cout << "    " << backend << ": " << value.dump() << '\n';
        }
    }
}

/// What one backend cannot do (a version, say) is its own result and does not take those of the others away.
Report probe_one_of_several(const ProbeRequest& request, const TlsBackend& backend) try {
    return probe(request, backend);
} catch (const Failure& failure) {
    Report report;
    report.target = request.where.to_string();
    report.backend = &backend;
    report.stages.push_back({"configure", 0, false, failure.detail().what});
    report.error = failure.detail();
    report.exit = static_cast<int>(failure.exit());
    return report;
}

Json all_as_json(const std::vector<Report>& reports, const ConnectOptions& options,
                 const Json& found, Exit exit) {
    Json results = Json::array();
    for (const Report& report : reports) results.push_back(to_json(report));
    Json all = {{"results", std::move(results)}};
    if (options.diff) all["differences"] = found;
    all["exit"] = static_cast<int>(exit);
    return all;
}

/// Standard output is the peer's. The report comes before the first word, how it ended after the last.
Exit connect_interactively(const ConnectOptions& options, ProbeRequest request,
                           const TlsBackend& backend) {
    bool told = false;
    request.interactive = Interactive{options.crlf, [&told](const Report& report) {
                                          told = true;
                                          print(std::cerr, report);
                                      }};
    const Report report = probe(request, backend);
    if (!told) {
        print(std::cerr, report);
    } else if (!report.close.empty()) {
        std::cerr << "closed: " << report.close << '\n';
    }
    if (report.error) print_error(std::cerr, *report.error);
    return static_cast<Exit>(report.exit);
}

Exit connect(const ConnectOptions& options) {
    ProbeRequest request = make_request(options);
    std::vector<Report> reports;
    Exit exit = Exit::ok;
    const auto backends = options.backend.empty() ? std::vector{&select_backend("")}
                                                  : select_backends(options.backend);
    request.config.verifier =
        options.verifier.make(options.starttls.inside().empty() ? "tls" : options.starttls.inside(),
                              backends.front()->crypto());
    if (options.interactive) return connect_interactively(options, request, *backends.front());
    for (const TlsBackend* backend : backends) {
        reports.push_back(backends.size() == 1 ? probe(request, *backend)
                                               : probe_one_of_several(request, *backend));
        if (exit == Exit::ok) exit = static_cast<Exit>(reports.back().exit);
    }
    const Json found = options.diff ? differences(reports) : Json::array();
    if (!found.empty()) exit = Exit::differ;
    if (options.json) {
        std::cout << all_as_json(reports, options, found, exit).dump(2) << '\n';
        return exit;
    }
    if (options.diff) {
        print_differences(found);
        // What all of them ran into is no difference, but a failure.
        const std::optional<ErrorDetail>& error = reports.front().error;
        if (found.empty() && error) print_error(std::cerr, *error);
        return exit;
    }
    for (const Report& report : reports) {
        print(std::cout, report);
        std::cout.flush();
        if (report.error) print_error(std::cerr, *report.error);
    }
    return exit;
}

}  // namespace

void add_connect_command(CLI::App& app, Exit& exit) {
    CLI::App* command = app.add_subcommand("connect", "Connect, upgrade, verify, and report");
    command->footer(
        "Exit status: 0 trusted, 10 name lookup, 11 TCP, 12 STARTTLS, 13 TLS, 14 certificate, 15 "
        "policy,\n"
        "2 options or files that cannot be used, 70 a fault of the command itself; with --backend "
        "all\n"
        "that of the first that fails, with --diff 1 if the backends differ.\n");
    const auto options = std::make_shared<ConnectOptions>();
    // A colon in a positional's name is refused by later versions of CLI11.
    command->add_option("endpoint", options->where, "Where to connect to")
        ->type_name("HOST:PORT")
        ->required();
    options->proxy.add_to(*command);
    options->starttls.add_to(*command);
    CLI::Option* backend =
        command->add_option("--backend", options->backend, "A name, or all: one after the other");
    CLI::Option* diff =
        command
            ->add_flag("--diff", options->diff,
                       "Show only where the backends differ; exit status 1 if they do")
            ->needs(backend);
    options->trust.add_to(*command);
    options->verifier.add_to(*command);
    CLI::Option* sni =
        command->add_option("--sni", options->sni, "Server name to send; \"\" for none");
    CLI::Option* cert = command->add_option("--cert", options->cert, "Own certificate chain (PEM)");
    CLI::Option* key = command->add_option("--key", options->key, "Its private key (PEM)");
    cert->needs(key);
    key->needs(cert);
    command
        ->add_option("--alpn", options->alpn,
                     "Application protocols to offer (default: that of --protocol)")
        ->delimiter(',');
    command->add_option("--tls", options->tls, "Only this version")
        ->check(CLI::IsMember({"1.2", "1.3"}));
    options->algorithms.add_to(*command);
    command
        ->add_option("--key-log", options->key_log,
                     "Append the connection's secrets to FILE, for tools that decrypt captures")
        ->type_name("FILE");
    command->add_option("--timeout", options->timeout, "Seconds for all of it, per backend")
        ->check(CLI::Range(1, 3600))
        ->capture_default_str();
    command
        ->add_option("--verdict-delay", options->verdict_delay,
                     "Milliseconds that the verifier takes; the handshake is held meanwhile")
        ->check(CLI::Range(0, 3'600'000))
        ->capture_default_str();
    CLI::Option* json = command->add_flag("--json", options->json, "Print JSON");
    CLI::Option* interactive = command
                                   ->add_flag("-i,--interactive", options->interactive,
                                              "Then send standard input, and print what comes; the "
                                              "report goes to standard error")
                                   ->excludes(json)
                                   ->excludes(diff);
    command->add_flag("--crlf", options->crlf, "With -i: end lines of the input with CRLF")
        ->needs(interactive);
    command->callback([options, sni, &exit] {
        if (options->interactive && options->backend == "all")
            throw CLI::ExcludesError("--interactive", "--backend all");
        options->has_sni = sni->count() > 0;
        exit = connect(*options);
    });
}

}  // namespace omnitls::tool
