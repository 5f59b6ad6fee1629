// SPDX-License-Identifier: BSL-1.0
// One server process with many connections, beside asio::ssl::stream: storms of new and of returning clients, then thousands that
// stay of which 1 % talk. CPU time is the server's alone; its clients are another process. TLS 1.3, 1.2 where the library has no
// other. Exit status 1: memory is left of connections that are closed.
#include "bench/count_report.hpp"
#include "bench/measure.hpp"
#include "bench/memory.hpp"
#include "bench/processes.hpp"
#include "bench/scale_clients.hpp"
#include "bench/scale_server.hpp"

#include <openssl/ssl.h>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <omnitls_built_backends.hpp>
#include <unistd.h>

namespace {

using bench::Command;
using bench::require;
using bench::Task;

/// How much of everything.
struct Plan {
    std::uint32_t connections = 0;
    std::uint32_t in_flight = 0;
    std::uint32_t round_trips = 0;
    std::size_t repeats = 0;
};

struct Storm {
    double microseconds = 0;  ///< CPU time of the server per connection.
    double per_second = 0;    ///< By the clock on the wall, clients on the same machine.
    double bytes_left = 0;    ///< Heap bytes per closed connection.
};

struct Figures {
    Storm full;
    Storm resumed;
    double quiet_heap = 0;  ///< Bytes per connection, all quiet.
    double busy_heap = 0;   ///< The same after 1 % have talked.
    double quiet_resident = 0;
    double busy_resident = 0;
    double one_percent = 0;  ///< CPU microseconds of a round trip, 1 % talk.
    double ten = 0;          ///< The same, ten of them talk,
    double hundred = 0;      ///< or a hundred: as many at every number of connections.
    double bytes_left =
        0;  ///< Per connection when all that stayed have gone: pools of Asio's and others.
};

/// One server, driven through everything.
template <class Kind>
class Trial {
public:
    Trial(const Plan& plan, Kind kind) : plan_(plan), kind_(std::move(kind)) {}

    Figures run() {
        Figures figures;
        // What is made once, and what pools keep of as many connections as are in flight.
        storm(std::max(plan_.in_flight * 4, 64U), false);
        storm(std::max(plan_.in_flight * 4, 64U), true);
        figures.full = storm(plan_.connections, false);
        figures.resumed = storm(plan_.connections, true);
        const double before = bench::Memory::now().heap_bytes;
        stay(figures);
        figures.bytes_left = (bench::Memory::now().heap_bytes - before) / plan_.connections;
        return figures;
    }

private:
    /// Lets the clients do `command` while the server serves them. Returns their reply and the server's CPU seconds.
    std::pair<bench::Reply, double> serve(const Command& command) {
        const bench::Tally before = server_.tally();
        const std::uint64_t gone = command.task == Task::visit   ? command.connections
                                   : command.task == Task::leave ? before.accepted - before.closed
                                                                 : 0;
        bool replied = false;
        control_.async_wait(asio::posix::descriptor_base::wait_read, [&](std::error_code error) {
            bench::require_success(error, "clients");
            replied = true;
        });
        const double start = bench::cpu_seconds();
        clients_.begin(command);
        while (!replied || server_.tally().closed - before.closed < gone)
            require(io_.run_one() == 1, "the server has nothing to do");
        const double taken = bench::cpu_seconds() - start;
        return {clients_.finish(), taken};
    }

    Storm storm(std::uint32_t connections, bool resume) {
        const double heap = bench::Memory::now().heap_bytes;
        const bench::Tally before = server_.tally();
        Command command{Task::visit, connections, plan_.in_flight};
        command.resume = resume;
        const auto [reply, cpu] = serve(command);
        const bench::Tally after = server_.tally();
        const std::uint64_t resumed = after.resumed - before.resumed;
        require(after.requests - before.requests == connections && reply.responses == connections,
                "a visitor did not get its response");
        require(resumed == (resume ? connections : 0) && reply.resumed == resumed,
                "a handshake was resumed and should not, or the reverse");
        return {cpu * 1e6 / connections, connections / reply.seconds,
                (bench::Memory::now().heap_bytes - heap) / connections};
    }

    void stay(Figures& figures) {
        const bench::Memory empty = bench::Memory::now();
        serve({Task::come, plan_.connections, plan_.in_flight});
        server_.rest();
        const bench::Memory quiet = bench::Memory::now();
        const std::uint32_t few = std::max(plan_.connections / 100, 1U);
        figures.one_percent = converse(few);
        const bench::Memory busy = bench::Memory::now();
        figures.ten = converse(std::min(plan_.connections, 10U));
        figures.hundred = converse(std::min(plan_.connections, 100U));
        const auto each = [&](double now, double then) { return (now - then) / plan_.connections; };
        figures.quiet_heap = each(quiet.heap_bytes, empty.heap_bytes);
        figures.quiet_resident = each(quiet.resident_bytes, empty.resident_bytes);
        figures.busy_heap = each(busy.heap_bytes, empty.heap_bytes);
        figures.busy_resident = each(busy.resident_bytes, empty.resident_bytes);
        serve({Task::leave});
    }

    /// Median CPU microseconds of a round trip: 64 B there, 4 KiB back.
    double converse(std::uint32_t talking) {
        std::vector<double> taken;
        const std::uint32_t rounds = std::max(plan_.round_trips / talking, 1U);
        for (std::size_t i = 0; i <= plan_.repeats; ++i) {
            const auto [reply, cpu] = serve({Task::converse, talking, 0, rounds, 4096});
            require(reply.responses == std::uint64_t{rounds} * talking &&
                        reply.bytes == reply.responses * 4096,
                    "bytes are missing");
            if (i > 0) taken.push_back(cpu * 1e6 / static_cast<double>(reply.responses));
        }
        return bench::summarise(taken).median;
    }

    Plan plan_;
    asio::io_context io_{1};
    Kind kind_;
    bench::ScaleServer<Kind> server_{io_, kind_, false};
    bench::ScaleClients clients_{server_.port()};
    asio::posix::stream_descriptor control_{io_, dup(clients_.descriptor())};
};

void add(bench::CountReport& report, const Plan& plan, const std::string& name, const Figures& f) {
    const std::string workload = std::to_string(plan.connections);
    // Nothing may stay of a connection. What pools keep depends on how many were busy at a time, and not on how many there were.
    const double most_left = 64 + 128.0 * 1024 / plan.connections;
    const auto row = [&](const char* what, double value) {
        report.add(workload, name, what, value);
    };
    const auto storm = [&](const std::string& kind, const Storm& one) {
        report.add(workload, name, kind + ": server CPU us per connection", one.microseconds);
        report.add(workload, name, kind + ": connections per second", one.per_second);
        report.add(workload, name, kind + ": bytes left per closed one", one.bytes_left, most_left);
    };
    storm("full", f.full);
    storm("resumed", f.resumed);
    row("quiet: heap bytes per connection", f.quiet_heap);
    row("quiet: resident bytes per connection", f.quiet_resident);
    row("1 % talk: heap bytes per connection", f.busy_heap);
    row("1 % talk: resident bytes per connection", f.busy_resident);
    row("1 % talk: server CPU us per round trip", f.one_percent);
    row("10 talk: server CPU us per round trip", f.ten);
    row("100 talk: server CPU us per round trip", f.hundred);
    row("gone: bytes left per connection", f.bytes_left);
}

template <class Kind, class... Args>
void try_out(bench::CountReport& report, const Plan& plan, const std::string& name,
             const std::string& only, const Args&... args) {
    if (name.find(only) == std::string::npos) return;
    const std::function<Figures()> body = [&] { return Trial<Kind>(plan, Kind(args...)).run(); };
    add(report, plan, name, bench::in_own_process(body));
}

int run(std::vector<Plan> plans, const std::string& only, const std::string& json) {
    nlohmann::ordered_json facts;
    facts["openssl"] = OpenSSL_version(OPENSSL_VERSION);
    for (const omnitls::TlsBackend* backend : omnitls::built_backends())
        facts[std::string(backend->name())] = backend->version();
    bench::CountReport report(std::move(facts));
    for (Plan& plan : plans) {
        plan.connections =
            static_cast<std::uint32_t>(bench::possible_connections(plan.connections));
        try_out<bench::AsioSslKind>(report, plan, "asio_ssl", only);
        for (const omnitls::TlsBackend* backend : omnitls::built_backends())
            try_out<bench::OmnitlsKind>(report, plan, "omnitls_" + std::string(backend->name()),
                                        only, *backend);
    }
    report.write(json);
    return report.exit_status();
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App program(
        "Measures a server with many connections: storms, and a crowd of which 1 % talk.");
    std::vector<std::uint32_t> connections = {100, 1000, 10'000};
    Plan plan{0, 64, 20'000, 5};
    std::string only;
    std::string json;
    bool check = false;
    program
        .add_option("--connections", connections,
                    "Connections of each storm and crowd; several numbers: one after the other")
        ->check(CLI::Range(2U, 1'000'000U))
        ->capture_default_str();
    program.add_option("--in-flight", plan.in_flight, "Connections that a storm begins at a time")
        ->check(CLI::Range(1U, 4'096U))
        ->capture_default_str();
    program.add_option("--only", only, "Only servers whose name contains this");
    program.add_option("--json", json, "File for the results");
    program.add_flag("--check", check, "A few connections only");
    CLI11_PARSE(program, argc, argv);
    if (check) {
        connections = {100};
        plan = {0, 8, 200, 1};
    }
    std::vector<Plan> plans;
    for (const std::uint32_t number : connections) {
        plan.connections = number;
        plans.push_back(plan);
    }
    try {
        return run(std::move(plans), only, json);
    } catch (const std::exception& error) {
        std::cerr << "bench_scale: " << error.what() << '\n';
        return 1;
    }
}
