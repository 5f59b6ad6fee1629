// SPDX-License-Identifier: BSL-1.0
// What a steady stream does for each operation, counted and not timed: system calls, records, and allocations beyond those of the
// engine alone. Counts are differences of two amounts, so what happens once is not in them. Exit status 1: over a bound.
// --run does one workload on one variant and nothing else, for a program that counts from outside (tools/count_instructions.py).
#include "bench/count_report.hpp"
#include "bench/counters.hpp"
#include "bench/variants.hpp"
#include <omnitls/backends/openssl.hpp>

#include <asio/io_context.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace {

using bench::Medium;
using bench::Workload;

/// What a TLS 1.3 record with AES-GCM has besides its data: header, content type and tag (RFC 8446 §5.2).
constexpr std::uint64_t record_overhead = 5 + 1 + 16;

/// What some operations have cost.
struct Cost {
    double allocations = 0;
    double sends = 0;
    double receives = 0;
    double waits = 0;
    double bytes_sent = 0;
};

Cost cost_of(bench::Connection& connection, const Workload& workload, std::size_t amount) {
    const bench::SystemCalls calls_before = bench::system_calls();
    const bench::Allocations allocations_before = bench::allocations();
    connection.run(workload, amount, false);
    const bench::Allocations made = bench::allocations();
    const bench::SystemCalls calls = bench::system_calls();
    const auto difference = [](std::uint64_t after, std::uint64_t before) {
        return static_cast<double>(after - before);
    };
    return {difference(made.count, allocations_before.count),
            difference(calls.sends, calls_before.sends),
            difference(calls.receives, calls_before.receives),
            difference(calls.waits, calls_before.waits),
            difference(calls.bytes_sent, calls_before.bytes_sent)};
}

/// Of one operation, when everything that is kept is there.
Cost steady_cost(bench::Connection& connection, const Workload& workload) {
    // Some 16 MiB or 2,000 operations: enough for what happens now and then, such as a full socket, to be in the mean.
    const std::size_t amount = std::min<std::size_t>(
        2000, std::max<std::size_t>(16, 16 * 1024 * bench::KiB / workload.bytes_moved()));
    connection.run(workload, amount, false);
    const Cost once = cost_of(connection, workload, amount);
    const Cost thrice = cost_of(connection, workload, 3 * amount);
    const auto each = [&](double Cost::*what) {
        return (thrice.*what - once.*what) / static_cast<double>(2 * amount);
    };
    return {each(&Cost::allocations), each(&Cost::sends), each(&Cost::receives), each(&Cost::waits),
            each(&Cost::bytes_sent)};
}

/// The two ends do as many sends as receives, but for those that find nothing.
double calls_per_mib(const Cost& cost, const Workload& workload) {
    return (cost.sends + cost.receives) / 2 * 1024 * bench::KiB /
           static_cast<double>(workload.bytes_moved());
}
double records(const Cost& cost, const Workload& workload) {
    return (cost.bytes_sent - static_cast<double>(workload.bytes_moved())) / record_overhead;
}

std::optional<double> bound_on_calls(const Workload& workload) {
    const std::string_view name = workload.name;
    // 16 of 64 KiB each, which is what the plain stream needs, and one for records that do not fit evenly.
    if (name == "bulk_64k" || name == "bulk_1m") return 17;
    return std::nullopt;
}
std::optional<double> bound_on_records(const Workload& workload) {
    if (workload.pieces == 1) return std::nullopt;
    constexpr std::size_t fragment = 16 * bench::KiB;  // RFC 8446 §5.1
    return static_cast<double>((workload.bytes() + fragment - 1) / fragment);
}

class Counting {
public:
    explicit Counting(std::string only)
        : only_(std::move(only)),
          report_({{"openssl", omnitls::backends::openssl().version()},
                   {"cipher_suite", bench::cipher_suite},
                   {"group", bench::key_exchange_group}}) {}

    int run(const std::string& json) {
        count_connections();
        for (const Workload& workload : bench::workloads)
            if (only_.empty() || std::string_view(workload.name).find(only_) != std::string::npos)
                count(workload);
        report_.write(json);
        return report_.exit_status();
    }

private:
    // Before anything else, so that nothing is warm but the tables of the libraries.
    void count_connections() {
        for (const char* name : {"engine", "omnitls", "raw_fd", "asio_ssl", "plain"}) {
            const bench::Way& way = bench::way_named(name);
            way.connect(io_, Medium::tcp);
            const std::uint64_t before = bench::allocations().count;
            way.connect(io_, Medium::tcp);
            report_.add("connection", name, "allocations, contexts included",
                        static_cast<double>(bench::allocations().count - before));
        }
    }
    void count(const Workload& workload) {
        std::map<std::string_view, Cost> costs;
        for (const char* name : variants) {
            auto& connection = connections_[name];
            if (!connection) connection = bench::way_named(name).connect(io_, Medium::tcp);
            costs[name] = steady_cost(*connection, workload);
        }
        for (const char* name : variants) {
            const Cost& cost = costs[name];
            const bool ours = std::string_view(name) == "omnitls";
            if (std::string_view(name) != "engine") {
                report_.add(workload.name, name, "sends + receives per MiB, mean of ends",
                            calls_per_mib(cost, workload),
                            ours ? bound_on_calls(workload) : std::nullopt);
                if (std::string_view(name) != "plain")
                    report_.add(workload.name, name, "records per operation",
                                records(cost, workload),
                                ours ? bound_on_records(workload) : std::nullopt);
            }
            report_.add(workload.name, name, "allocations per operation", cost.allocations);
            if (ours || std::string_view(name) == "accepted")
                report_.add(workload.name, name, "allocations beyond the engine's",
                            cost.allocations - costs["engine"].allocations,
                            ours ? std::optional<double>(0) : std::nullopt);
        }
    }

    static constexpr std::array variants = {"engine", "omnitls",  "accepted",
                                            "raw_fd", "asio_ssl", "plain"};
    std::string only_;
    asio::io_context io_{1};
    std::map<std::string, std::unique_ptr<bench::Connection>> connections_;
    bench::CountReport report_;
};

/// A function of its own, so that a counter from outside can be told to count this and nothing before it.
[[gnu::noinline]] void measured_work(bench::Connection& connection, const Workload& workload,
                                     std::size_t amount) {
    connection.run(workload, amount, false);
}

int run_one(const std::vector<std::string>& what, Medium medium) {
    asio::io_context io(1);
    const auto connection = bench::way_named(what[0]).connect(io, medium);
    const Workload& workload = bench::workload_named(what[1]);
    const std::size_t amount = std::stoul(what[2]);
    bench::require(amount > 0, "an amount must be positive");
    connection->run(workload, 10, false);
    measured_work(*connection, workload, amount);
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App program("Counts what omnitls::Stream does for each operation.");
    std::string only;
    std::string json;
    std::vector<std::string> one;
    Medium medium = Medium::tcp;
    program.add_option("--only", only, "Only workloads whose name contains this");
    program.add_option("--json", json, "File for the results");
    program.add_option("--run", one, "VARIANT WORKLOAD AMOUNT: do this and count nothing")
        ->expected(3);
    program.add_option("--medium", medium, "tcp or memory, for --run")
        ->transform(CLI::CheckedTransformer(
            std::map<std::string, Medium>{{"tcp", Medium::tcp}, {"memory", Medium::memory}}));
    CLI11_PARSE(program, argc, argv);
    try {
        return one.empty() ? Counting(only).run(json) : run_one(one, medium);
    } catch (const std::exception& error) {
        std::cerr << "count_stream: " << error.what() << '\n';
        return 1;
    }
}
