// SPDX-License-Identifier: BSL-1.0
// TlsEngine beside the TLS library it runs on, called natively: what the abstraction costs. In memory, both ends in one thread,
// for every backend of this build and both versions of TLS. Usage: bench_engine --help.
// --check runs each workload once and compares every byte: it is the benchmark's own test.
#include "bench/engine_link.hpp"
#include "bench/measure.hpp"
#include "bench/native_link.hpp"
#include "bench/report.hpp"
#include "bench_native_libraries.hpp"
#include "omnitls_built_backends.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using bench::ensure;
using bench::Link;

/// A pattern that no record or buffer size divides.
const omnitls::Bytes& pattern() {
    static const omnitls::Bytes bytes = [] {
        omnitls::Bytes made(std::size_t{1024} * 1024);
        for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<std::uint8_t>(i % 251);
        return made;
    }();
    return bytes;
}

/// Where the server puts what it receives; counts it, and compares it if asked to.
class Inbox {
public:
    Inbox(std::size_t message, bool compare) : message_(message), compare_(compare) {}
    /// Receives until `total` bytes have come since the beginning.
    void receive_until(Link& link, std::size_t total) {
        while (received_ < total) {
            const std::size_t bytes = link.receive(space_);
            ensure(bytes > 0, "bytes were lost on their way");
            for (std::size_t i = 0; compare_ && i < bytes; ++i)
                ensure(space_[i] == pattern()[(received_ + i) % message_],
                       "a byte changed on its way");
            received_ += bytes;
        }
        ensure(received_ == total, "bytes in and bytes out differ");
    }

private:
    std::size_t message_;
    bool compare_;
    std::size_t received_ = 0;
    omnitls::Bytes space_ = omnitls::Bytes(std::size_t{64} * 1024);
};

enum class Kind { data, full_handshake, first_handshake, resumed_handshake };

struct Workload {
    const char* name;
    const char* unit;
    Kind kind;
    std::size_t message;    ///< Bytes.
    std::size_t batch;      ///< Messages written before any is read.
    std::size_t check_run;  ///< Units that --check runs.
    std::optional<double> goal;
};
constexpr std::size_t kib = 1024;
constexpr std::array workloads{
    Workload{"bulk_16k", "writes of 16 KiB", Kind::data, 16 * kib, 1, 50, 0.97},
    Workload{"bulk_1m", "writes of 1 MiB", Kind::data, kib* kib, 1, 3, 0.97},
    Workload{"messages_64", "messages of 64 B", Kind::data, 64, 1, 500, 0.95},
    Workload{"batches_64", "batches of 64 messages of 64 B", Kind::data, 64, 64, 20, 0.95},
    // The client knows the server's chain from an earlier connection, or has a new configuration and knows nothing.
    Workload{"handshake", "full handshakes", Kind::full_handshake, 0, 0, 3, 0.95},
    Workload{"first_handshake", "client configurations with a full handshake",
             Kind::first_handshake, 0, 0, 3, std::nullopt},
    Workload{"resumed", "resumed handshakes", Kind::resumed_handshake, 0, 0, 3, 0.95},
};

void send_batches(Link& link, const Workload& workload, std::size_t batches, bool compare) {
    Inbox inbox(workload.message, compare);
    std::size_t sent = 0;
    for (std::size_t i = 0; i < batches; ++i) {
        for (std::size_t j = 0; j < workload.batch; ++j) {
            omnitls::ConstBytes left(pattern().data(), workload.message);
            while (!left.empty()) {
                const std::size_t bytes = link.send(left);
                left = left.subspan(bytes);
                sent += bytes;
                if (!left.empty()) inbox.receive_until(link, sent);
            }
        }
        inbox.receive_until(link, sent);
    }
}

/// One side of a comparison, ready to run.
class Contestant {
public:
    Contestant(const Workload& workload, std::unique_ptr<bench::Endpoints> endpoints)
        : workload_(workload), endpoints_(std::move(endpoints)) {
        // The first one leaves the session to resume.
        link_ = endpoints_->connect();
        link_->handshake();
        ensure(link_->agreed(false), "the first handshake did not do what was wanted");
        if (workload_.kind != Kind::data) link_.reset();
    }

    void run(std::size_t units, bool compare) {
        if (workload_.kind == Kind::data) return send_batches(*link_, workload_, units, compare);
        for (std::size_t i = 0; i < units; ++i) {
            if (workload_.kind == Kind::first_handshake) endpoints_->renew_client();
            const std::unique_ptr<Link> link = endpoints_->connect();
            link->handshake();
            ensure(link->agreed(workload_.kind == Kind::resumed_handshake),
                   "a handshake was resumed and should not, or the reverse");
            if (compare) send_batches(*link, workloads.front(), 1, true);
        }
    }

private:
    const Workload& workload_;
    std::unique_ptr<bench::Endpoints> endpoints_;
    std::unique_ptr<Link> link_;
};

/// mbedTLS is so slow at public keys that nothing else should be seen beside them.
std::optional<bench::Goal> goal_of(const Workload& workload, std::string_view backend) {
    if (!workload.goal) return std::nullopt;
    return bench::Goal{workload.kind != Kind::data && backend == "mbedtls" ? 0.97 : *workload.goal};
}

void compare(const omnitls::TlsBackend& backend, const bench::NativeLibrary& library,
             omnitls::ProtocolVersion version, const Workload& workload,
             const bench::Options& options, bench::Report& report) {
    const bench::Terms terms{version, workload.kind == Kind::resumed_handshake};
    const std::string name =
        std::string(backend.name()) + (terms.tls13() ? "_tls13_" : "_tls12_") + workload.name;
    if (!options.wants(name)) return;
    Contestant native(workload, library.make(terms));
    Contestant omnitls(workload, std::make_unique<bench::EngineEndpoints>(backend, terms));
    if (options.check) {
        native.run(workload.check_run, true);
        omnitls.run(workload.check_run, true);
        std::printf("%-32s every byte arrived\n", name.c_str());
        return;
    }
    const std::vector<bench::Variant> variants{
        {"native", [&](std::size_t units) { native.run(units, false); }},
        {"omnitls", [&](std::size_t units) { omnitls.run(units, false); }}};
    if (options.units > 0) return bench::run_only(variants, options);
    report.add_all(name, bench::interleave(variants, options.rounds, options.slice_seconds),
                   workload.unit, goal_of(workload, backend.name()));
}

void run_benchmark(const bench::Options& options) {
    nlohmann::ordered_json facts;
    for (const omnitls::TlsBackend* backend : omnitls::built_backends())
        facts[std::string(backend->name())] = backend->version();
    bench::Report report(std::move(facts));
    for (const omnitls::TlsBackend* backend : omnitls::built_backends())
        for (const bench::NativeLibrary& library : bench::native_libraries())
            if (library.name == backend->name())
                for (const auto version :
                     {omnitls::ProtocolVersion::tls13, omnitls::ProtocolVersion::tls12})
                    if (version == omnitls::ProtocolVersion::tls12 ||
                        backend->capabilities().has("tls13"))
                        for (const Workload& workload : workloads)
                            compare(*backend, library, version, workload, options, report);
    report.write(options.json);
}

}  // namespace

int main(int argc, char** argv) {
    return bench::run_program(argc, argv,
                              "omnitls's engine beside the library that it runs on, in memory.",
                              run_benchmark);
}
