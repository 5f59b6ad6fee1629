// SPDX-License-Identifier: BSL-1.0
#include "tools/omnitls/verifier_options.hpp"

#include "tools/omnitls/dane_source.hpp"
#include "tools/omnitls/exit_codes.hpp"
#include "tools/omnitls/report.hpp"
#include <omnitls/danger/accept_any.hpp>
#include <omnitls/judge.hpp>
#include <omnitls/verifiers/dane.hpp>
#include <omnitls/verifiers/pin.hpp>
#include <omnitls/verifiers/trust_on_first_use.hpp>

#include <iostream>
#include <string_view>
#include <thread>
#include <utility>

namespace omnitls::tool {
namespace {

constexpr std::string_view kPin = "pin:";
constexpr std::string_view kTofu = "tofu:";
constexpr std::string_view kDane = "dane";

bool says_dane(const std::string& verify) {
    return verify == kDane || verify.starts_with(std::string(kDane) + ':');
}

void require(bool met, const char* what) {
    if (!met) throw Failure(Exit::usage, make_error(Errc::bad_input, what));
}

/// Shows the evidence and waits for "yes". On a thread of its own, so that the connection and its deadlines go on.
void ask_a_person(Question question) {
    const VerifyRequest& request = question.request();
    std::cerr << "The server shows:\n";
    print_evidence(std::cerr, request, request.judge->crypto());
    std::cerr << "Trust it for this connection (yes or no)? " << std::flush;
    std::thread([question = std::move(question)]() mutable {
        std::string answer;
        std::getline(std::cin, answer);
        if (answer == "yes") {
            auto failures = question.request().failures();
            std::move(question).answer(Verdict::trusted_despite(std::move(failures)));
        } else {
            std::move(question).answer(Verdict::rejected(
                Errc::certificate_rejected, Alert::certificate_unknown, "the answer was not yes"));
        }
    }).detach();
}

}  // namespace

void VerifierOptions::add_to(CLI::App& command) {
    CLI::Option* verifier =
        command
            .add_option("--verify", verify,
                        "Who decides: pin:FILE (JSON: host to SHA-256 of keys, base64), tofu:FILE "
                        "(trust on first use), dane (TLSA records; the address of a resolver, else "
                        "those of the system), or ask (a question on the terminal)")
            ->type_name("pin:FILE|tofu:FILE|dane[:ADDRESS]|ask");
    command
        .add_option("--dnssec-anchor", dnssec_anchor,
                    "With --verify dane: keys that validation starts from (DNSKEY or DS records)")
        ->type_name("FILE")
        ->needs(verifier);
    command
        .add_option("--mx-of", mx_of,
                    "With --starttls smtp and --verify dane: the server is the mail exchanger of "
                    "DOMAIN (RFC 7672), by an MX record that was found securely")
        ->type_name("DOMAIN")
        ->needs(verifier);
    command
        .add_flag("--insecure", insecure, "Accept any certificate; anyone can be the server then")
        ->excludes(verifier);
}

void VerifierOptions::check(const std::string& protocol) const {
    const bool by_records = says_dane(verify);
    require(dnssec_anchor.empty() || by_records, "--dnssec-anchor goes with --verify dane");
    require(mx_of.empty() || by_records, "--mx-of goes with --verify dane");
    require(mx_of.empty() || protocol == "smtp",
            "--mx-of goes with --starttls smtp: mail is brought to an exchanger so");
}

std::shared_ptr<CertificateVerifier> VerifierOptions::make(const std::string& protocol,
                                                           const spi::Crypto& crypto) const {
    if (insecure) {
        std::cerr << "omnitls: warning: --insecure: whoever answers is believed\n";
        return danger::accept_any();
    }
    if (verify.empty()) return nullptr;
    if (says_dane(verify)) {
        const std::size_t colon = verify.find(':');
        return dane(
            dane_source(colon == std::string::npos ? "" : verify.substr(colon + 1), dnssec_anchor),
            mx_of.empty() ? DaneOptions() : DaneOptions::smtp_mx());
    }
    if (verify == "ask") return make_async_verifier(ask_a_person);
    if (verify.starts_with(kPin)) {
        const std::string file = verify.substr(kPin.size());
        return pin(value_or_usage(PinSet::from_file(file, Pin::Kind::public_key, crypto)));
    }
    if (verify.starts_with(kTofu)) {
        auto store = value_or_usage(file_trust_store(verify.substr(kTofu.size())));
        TrustOptions options;
        options.protocol = protocol;
        return value_or_usage(trust_on_first_use(std::move(store), std::move(options)));
    }
    throw Failure(
        Exit::usage,
        make_error(Errc::bad_input, "--verify " + escape_untrusted(verify) +
                                        ": expected pin:FILE, tofu:FILE, dane[:ADDRESS] or ask"));
}

}  // namespace omnitls::tool
