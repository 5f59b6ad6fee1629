// SPDX-License-Identifier: BSL-1.0
// What a second thread costs: operations per CPU second of two threads beside one. Engines in memory, whose threads share a context
// or have one each, so that what is shared is told from what the processor and the library do by themselves; then whole servers.
// Two threads on two hyper-threads of one core are slower each: `control`, which shares nothing and calls no library, says how much.
#include "bench/engine_link.hpp"
#include "bench/measure.hpp"
#include "bench/native_link.hpp"
#include "bench/report.hpp"
#include "bench/threads_server.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <omnitls_built_backends.hpp>

namespace {

using bench::ensure;

constexpr std::size_t most_threads = 2;

/// Runs `work(thread)` on so many threads and waits for all of them; throws what one of them has thrown.
void on_threads(std::size_t threads, const std::function<void(std::size_t)>& work) {
    std::array<std::exception_ptr, most_threads> failures;
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i)
        running.emplace_back([&, i] {
            try {
                work(i);
            } catch (...) {
                failures[i] = std::current_exception();
            }
        });
    for (std::thread& thread : running) thread.join();
    for (const std::exception_ptr& failure : failures)
        if (failure) std::rethrow_exception(failure);
}

struct Workload {
    const char* name;
    const char* unit;
    std::size_t message;  ///< Bytes; 0: a handshake.
    bool resumption;
};
constexpr std::array workloads{
    Workload{"messages_64", "times 2 messages of 64 B", 64, false},
    Workload{"bulk_16k", "times 2 writes of 16 KiB", 16384, false},
    Workload{"handshake", "times 2 full handshakes, known server", 0, false},
    Workload{"resumed", "times 2 resumed handshakes", 0, true},
};

/// A place for each thread: its contexts, its own or shared, and its connection.
class Team {
public:
    Team(const omnitls::TlsBackend& backend, const Workload& workload, std::size_t threads,
         bool shared)
        : workload_(workload) {
        const bench::Terms terms{backend.capabilities().has("tls13")
                                     ? omnitls::ProtocolVersion::tls13
                                     : omnitls::ProtocolVersion::tls12,
                                 workload.resumption};
        for (std::size_t i = 0; i < threads; ++i) {
            Place place;
            place.endpoints = shared && i > 0
                                  ? places_[0].endpoints
                                  : std::make_shared<bench::EngineEndpoints>(backend, terms);
            // A context of its own learns the server's chain and gets a session to resume here.
            place.link = place.endpoints->connect();
            place.link->handshake();
            places_.push_back(std::move(place));
        }
    }
    /// Two operations for each unit, whatever the number of threads.
    void run(std::size_t units) {
        on_threads(places_.size(), [&](std::size_t thread) {
            for (std::size_t i = 0; i < units * most_threads / places_.size(); ++i)
                operate(places_[thread]);
        });
    }

private:
    struct Place {
        std::shared_ptr<bench::EngineEndpoints> endpoints;
        std::unique_ptr<bench::Link> link;
        omnitls::Bytes out = omnitls::Bytes(std::size_t{64} * 1024, 'x');
        omnitls::Bytes in = omnitls::Bytes(std::size_t{64} * 1024);
    };
    void operate(Place& place) const {
        if (workload_.message == 0) {
            const auto link = place.endpoints->connect();
            link->handshake();
            ensure(link->agreed(workload_.resumption),
                   "a handshake was resumed and should not, or the reverse");
            return;
        }
        ensure(place.link->send({place.out.data(), workload_.message}) == workload_.message &&
                   place.link->receive(place.in) == workload_.message,
               "bytes in and bytes out differ");
    }

    const Workload& workload_;
    std::vector<Place> places_;
};

void compare(const omnitls::TlsBackend& backend, const Workload& workload,
             const bench::Options& options, bench::Report& report) {
    const std::string name = std::string(backend.name()) + '_' + workload.name;
    if (!options.wants(name)) return;
    Team one(backend, workload, 1, false);
    Team own(backend, workload, 2, false);
    Team shared(backend, workload, 2, true);
    const std::vector<bench::Variant> variants{
        {"1_thread", [&](std::size_t units) { one.run(units); }},
        {"2_own", [&](std::size_t units) { own.run(units); }},
        {"2_shared", [&](std::size_t units) { shared.run(units); }}};
    if (options.check) {
        for (const bench::Variant& variant : variants) variant.run(5);
        std::printf("%-32s every operation was done\n", name.c_str());
        return;
    }
    const auto outcomes = bench::interleave(variants, options.rounds, options.slice_seconds);
    report.add_all(name, outcomes, workload.unit);
    report.add(name, bench::beside(outcomes[2], outcomes[1]), outcomes[1], workload.unit);
}

void control(const bench::Options& options, bench::Report& report) {
    if (!options.wants("control") || options.check) return;
    std::atomic<std::uint64_t> sink{0};
    const auto spin = [&](std::size_t threads, std::size_t units) {
        on_threads(threads, [&](std::size_t thread) {
            std::uint64_t hash = thread;
            for (std::size_t i = 0; i < 20'000 * units / threads; ++i)
                hash = (hash ^ (hash >> 29U)) * 0x100000001b3U + i;
            sink.fetch_add(hash, std::memory_order_relaxed);
        });
    };
    const std::vector<bench::Variant> variants{
        {"1_thread", [&](std::size_t units) { spin(1, units); }},
        {"2_threads", [&](std::size_t units) { spin(2, units); }}};
    report.add_all("control", bench::interleave(variants, options.rounds, options.slice_seconds),
                   "times 20,000 multiplications");
}

void run_benchmark(const bench::Options& options) {
    nlohmann::ordered_json facts;
    for (const omnitls::TlsBackend* backend : omnitls::built_backends())
        facts[std::string(backend->name())] = backend->version();
    facts["processors"] = std::thread::hardware_concurrency();
    bench::Report report(std::move(facts));
    // First, since it forks: there is no thread yet.
    bench::compare_servers(options, report);
    control(options, report);
    for (const omnitls::TlsBackend* backend : omnitls::built_backends())
        for (const Workload& workload : workloads) compare(*backend, workload, options, report);
    report.write(options.json);
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(argc, argv,
                              "What a second thread costs: engines in memory, and whole servers.",
                              run_benchmark);
}
