// SPDX-License-Identifier: BSL-1.0
// omnitls::Stream beside asio::ssl::stream, OpenSSL on the socket, plain streams and the engine alone: on the same TLS library,
// version, suite and certificates, over loopback TCP and over a pipe in memory. Ratios are of paired rounds.
// --check runs each workload once and compares every byte: it is the benchmark's own test.
#include "bench/report.hpp"
#include "bench/variants.hpp"
#include <omnitls/backends/openssl.hpp>

#include <openssl/crypto.h>

#include <asio/io_context.hpp>
#include <asio/version.hpp>

#include <algorithm>
#include <cstdio>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using bench::Medium;
using bench::Outcome;

/// A ratio that is wanted of a variant beside another one. "bound": the engine's time and the plain stream's together.
struct Wanted {
    Medium medium;
    std::string_view workload;
    std::string_view variant;
    std::string_view versus;
    double ratio;
};
constexpr Wanted goals[] = {
    {Medium::tcp, "bulk_16k", "omnitls", "asio_ssl", 1.08},
    {Medium::tcp, "bulk_16k", "accepted", "asio_ssl", 1.45},
    {Medium::tcp, "bulk_64k", "omnitls", "asio_ssl", 1.5},
    {Medium::tcp, "bulk_64k", "accepted", "asio_ssl", 1.5},
    {Medium::tcp, "bulk_1m", "omnitls", "asio_ssl", 1.5},
    {Medium::tcp, "bulk_1m", "accepted", "asio_ssl", 1.5},
    {Medium::tcp, "messages_64", "omnitls", "asio_ssl", 1.1},
    {Medium::tcp, "messages_64", "accepted", "asio_ssl", 15},
    {Medium::tcp, "gather_64x1k", "omnitls", "asio_ssl", 1.55},
    {Medium::tcp, "gather_64x1k", "accepted", "asio_ssl", 2.0},
    {Medium::tcp, "ping_pong_64", "omnitls", "asio_ssl", 1.04},
    {Medium::tcp, "ping_pong_64", "accepted", "asio_ssl", 1.04},
    {Medium::tcp, "ping_pong_4k", "omnitls", "asio_ssl", 1.04},
    {Medium::tcp, "ping_pong_4k", "accepted", "asio_ssl", 1.04},
    {Medium::tcp, "ping_pong_64k", "omnitls", "asio_ssl", 1.45},
    {Medium::tcp, "ping_pong_64k", "accepted", "asio_ssl", 1.45},
    {Medium::tcp, "bulk_64k", "omnitls", "raw_fd", 1.25},
    {Medium::tcp, "bulk_1m", "omnitls", "raw_fd", 1.25},
    {Medium::tcp, "bulk_64k", "omnitls", "bound", 0.83},
    {Medium::tcp, "bulk_1m", "omnitls", "bound", 0.83},
    {Medium::tcp, "bulk_16k", "omnitls_co", "omnitls", 0.95},
    {Medium::tcp, "ping_pong_64", "omnitls_co", "omnitls", 0.95},
    {Medium::memory, "ping_pong_64", "omnitls", "asio_ssl", 1.25},
    {Medium::memory, "bulk_1m", "omnitls", "bound", 0.92},
};

/// OpenSSL before 3.2 has no AES-GCM for processors with VAES: the cipher takes more of the time, and hides what is saved around
/// it. What is compared with omnitls's own parts needs no such allowance.
double allowance(std::string_view versus) {
    const bool slow_cipher = OpenSSL_version_num() < 0x30200000UL;
    return slow_cipher && (versus == "asio_ssl" || versus == "raw_fd") ? 0.9 : 1.0;
}

std::optional<bench::Goal> goal_of(Medium medium, std::string_view workload,
                                   std::string_view variant, std::string_view versus) {
    for (const Wanted& wanted : goals)
        if (wanted.medium == medium && wanted.workload == workload && wanted.variant == variant &&
            wanted.versus == versus)
            return bench::Goal{wanted.ratio * allowance(versus)};
    return std::nullopt;
}

/// The variants that say something on a workload; the first is the reference.
std::vector<std::string> variants_of(Medium medium, std::string_view workload) {
    if (medium == Medium::memory) {
        if (workload != "bulk_64k" && workload != "bulk_1m" && workload != "messages_64" &&
            workload != "ping_pong_64")
            return {};
        return {"asio_ssl", "omnitls", "accepted", "plain", "engine"};
    }
    std::vector<std::string> names = {"asio_ssl", "omnitls", "accepted",
                                      "raw_fd",   "plain",   "engine"};
    if (workload == "bulk_16k" || workload == "ping_pong_64") {
        names.emplace_back("omnitls_co");
        names.emplace_back("asio_co");
    }
    return names;
}

class Benchmark {
public:
    explicit Benchmark(const bench::Options& options)
        : options_(options),
          report_({{"openssl", omnitls::backends::openssl().version()},
                   {"asio", std::to_string(ASIO_VERSION / 100000) + "." +
                                std::to_string(ASIO_VERSION / 100 % 1000) + "." +
                                std::to_string(ASIO_VERSION % 100)},
                   {"cipher_suite", bench::cipher_suite},
                   {"group", bench::key_exchange_group}}) {}

    void run() {
        bool any = false;
        for (const Medium medium : {Medium::tcp, Medium::memory}) {
            connections_.clear();
            for (const bench::Workload& workload : bench::workloads) {
                const std::string title =
                    std::string(bench::medium_name(medium)) + " " + workload.name;
                const auto names = variants_of(medium, workload.name);
                if (names.empty() || !options_.wants(title)) continue;
                any = true;
                if (options_.check) {
                    check(medium, workload, names);
                } else {
                    measure(medium, workload, names, title);
                }
            }
        }
        bench::require(any, "there is no workload " + options_.only);
        report_.write(options_.json);
    }

private:
    bench::Connection& connection(Medium medium, const std::string& name) {
        auto& found = connections_[name];
        if (!found) found = bench::way_named(name).connect(io_, medium);
        return *found;
    }
    void check(Medium medium, const bench::Workload& workload,
               const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            connection(medium, name).run(workload, 50, true);
            std::printf("%s %s %s: every byte arrived\n", bench::medium_name(medium), workload.name,
                        name.c_str());
        }
    }
    void measure(Medium medium, const bench::Workload& workload,
                 const std::vector<std::string>& names, const std::string& title) {
        std::vector<bench::Variant> variants;
        for (const std::string& name : names) {
            bench::Connection& link = connection(medium, name);
            variants.push_back(
                {name, [&](std::size_t amount) { link.run(workload, amount, false); }});
        }
        const auto outcomes = bench::interleave(variants, options_.rounds, options_.slice_seconds);
        const auto named = [&](std::string_view name) -> const Outcome& {
            return *std::find_if(outcomes.begin(), outcomes.end(),
                                 [&](const Outcome& one) { return one.variant == name; });
        };
        const Outcome bound = bench::one_after_other("bound", named("engine"), named("plain"));
        const auto add = [&](const Outcome& ours, const Outcome& reference) {
            report_.add(title, bench::beside(ours, reference), reference, workload.unit,
                        goal_of(medium, workload.name, ours.variant, reference.variant));
        };
        for (std::size_t i = 1; i < outcomes.size(); ++i) add(outcomes[i], outcomes[0]);
        for (const std::string_view ours : {"omnitls", "accepted"}) {
            if (medium == Medium::tcp) add(named(ours), named("raw_fd"));
            // Asio's own async_write sends a gather in pieces, so the plain stream says nothing about it.
            if (workload.pieces == 1) add(named(ours), bound);
        }
        if (names.back() == "asio_co") add(named("omnitls_co"), named("omnitls"));
    }

    const bench::Options& options_;
    asio::io_context io_{1};
    std::map<std::string, std::unique_ptr<bench::Connection>> connections_;
    bench::Report report_;
};

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(
        argc, argv,
        "Compares the CPU time of omnitls::Stream with that of asio::ssl::stream and others.",
        [](const bench::Options& options) { Benchmark(options).run(); });
}
