// SPDX-License-Identifier: BSL-1.0
#include "bench/threads_server.hpp"

#include "bench/measure.hpp"
#include "bench/scale_clients.hpp"
#include "bench/scale_server.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <omnitls_built_backends.hpp>

namespace bench {
namespace {

constexpr std::size_t crowds = 2;
constexpr std::uint32_t crowd_size = 32;
constexpr std::uint32_t response_bytes = 4096;

/// A server of `executors` executors, each run by `threads` threads. Half of the clients go to each, or all to the one.
template <class Kind>
class ThreadedServer {
public:
    ThreadedServer(const Kind& kind, std::size_t executors, std::size_t threads)
        : threads_per_executor_(threads) {
        for (std::size_t i = 0; i < executors; ++i) {
            executors_.push_back(std::make_unique<asio::io_context>(static_cast<int>(threads)));
            servers_.push_back(
                std::make_unique<ScaleServer<Kind>>(*executors_.back(), kind, threads > 1));
        }
        for (std::size_t i = 0; i < crowds; ++i)
            clients_.push_back(std::make_unique<ScaleClients>(servers_[i % executors]->port()));
    }
    ThreadedServer(const ThreadedServer&) = delete;
    ThreadedServer& operator=(const ThreadedServer&) = delete;
    ~ThreadedServer() {
        for (const auto& executor : executors_) executor->stop();
        for (std::thread& thread : threads_) thread.join();
    }

    /// When all processes are forked.
    void start() {
        for (const auto& executor : executors_)
            for (std::size_t i = 0; i < threads_per_executor_; ++i)
                threads_.emplace_back([io = executor.get()] { io->run(); });
        give({Task::come, crowd_size, crowd_size});
    }
    /// Every client asks `rounds` times.
    void run(std::size_t rounds) {
        give({Task::converse, crowd_size, 0, static_cast<std::uint32_t>(rounds), response_bytes});
    }

private:
    void give(const Command& command) {
        for (const auto& crowd : clients_) crowd->begin(command);
        for (const auto& crowd : clients_)
            require(crowd->finish().responses == std::uint64_t{crowd_size} * command.rounds,
                    "responses are missing");
    }

    std::size_t threads_per_executor_;
    std::vector<std::unique_ptr<asio::io_context>> executors_;
    std::vector<std::unique_ptr<ScaleServer<Kind>>> servers_;
    std::vector<std::unique_ptr<ScaleClients>> clients_;
    std::vector<std::thread> threads_;
};

template <class Kind>
void compare(const std::string& name, const Kind& kind, const Options& options, Report& report) {
    const std::string workload = "server_" + name;
    if (!options.wants(workload)) return;
    ThreadedServer<Kind> one(kind, 1, 1);
    ThreadedServer<Kind> each(kind, 2, 1);
    ThreadedServer<Kind> strands(kind, 1, 2);
    for (ThreadedServer<Kind>* server : {&one, &each, &strands}) server->start();
    const std::vector<Variant> variants{
        {"1_thread", [&](std::size_t rounds) { one.run(rounds); }},
        {"2_contexts", [&](std::size_t rounds) { each.run(rounds); }},
        {"2_strands", [&](std::size_t rounds) { strands.run(rounds); }}};
    if (options.check) {
        for (const Variant& variant : variants) variant.run(3);
        std::printf("%-32s every byte arrived\n", workload.c_str());
        return;
    }
    report.add_all(workload, interleave(variants, options.rounds, options.slice_seconds),
                   "times 64 round trips, 64 B and 4 KiB");
}

}  // namespace

void compare_servers(const Options& options, Report& report) {
    compare("asio_ssl", AsioSslKind(), options, report);
    for (const omnitls::TlsBackend* backend : omnitls::built_backends())
        compare(std::string(backend->name()), OmnitlsKind(*backend), options, report);
}

}  // namespace bench
