// SPDX-License-Identifier: BSL-1.0
// A capture and the key log of either end, in tshark: the reason why there are key logs.
#include "tests/support/capture.hpp"

#include "tests/interop/needs_version.hpp"
#include "tests/interop/process.hpp"
#include "tests/support/certs.hpp"
#include "tests/support/pair.hpp"
#include "tests/support/temporary_directory.hpp"
#include <omnitls/key_log.hpp>

#include <cstdlib>

#include <omnitls_built_backends.hpp>

namespace omnitls::test {
namespace {

/// A visible skip without tshark, and a failure where CI=true.
#define OMNITLS_NEED_TSHARK()                                                    \
    do {                                                                         \
        if (!has_tshark()) {                                                     \
            const std::string text = "tshark is not installed (tools/setup.sh)"; \
            const char* const ci = std::getenv("CI");                            \
            if (ci != nullptr && std::string(ci) == "true") FAIL() << text;      \
            GTEST_SKIP() << text;                                                \
        }                                                                        \
    } while (false)

bool has_tshark() { return run_process({"sh", "-c", "command -v tshark"}).status == 0; }

const std::string client_words = "only the server may read this";
const std::string server_words = "and only the client that";

struct Where {
    const TlsBackend* client;
    const TlsBackend* server;
    ProtocolVersion version;
};

std::vector<Where> everywhere() {
    std::vector<Where> all;
    for (const TlsBackend* client : built_backends()) {
        for (const TlsBackend* server : built_backends()) {
            for (const auto version : {ProtocolVersion::tls12, ProtocolVersion::tls13})
                all.push_back({client, server, version});
        }
    }
    return all;
}

std::string name_of(const testing::TestParamInfo<Where>& info) {
    return std::string(info.param.client->name()) + "_to_" +
           std::string(info.param.server->name()) +
           (info.param.version == ProtocolVersion::tls12 ? "_tls12" : "_tls13");
}

void PrintTo(const Where& where, std::ostream* out) {
    *out << where.client->name() << " to " << where.server->name();
}

class Decrypted : public testing::TestWithParam<Where> {
protected:
    std::string path(const std::string& name) const { return directory_.path() + "/" + name; }

    /// One connection, both ends of which log to a file; every byte that crossed is in the capture.
    void record() {
        PairSetup setup;
        setup.client_backend = GetParam().client;
        setup.server_backend = GetParam().server;
        setup.versions = {GetParam().version, GetParam().version};
        ClientConfig client_settings = client_config(setup);
        ServerConfig server_settings = server_config(setup);
        client_settings.key_log = must(key_log_file(path("client.keys")));
        server_settings.key_log = must(key_log_file(path("server.keys")));
        const auto clients = must(GetParam().client->make_client_context(client_settings));
        const auto servers = must(GetParam().server->make_server_context(server_settings));
        Side client, server;
        client.engine = must(clients->make_engine(must(ClientTarget::host(setup.host))));
        server.engine = must(servers->make_engine());
        client.write_when_open = client_words;
        server.write_when_open = server_words;
        Capture capture;
        client.run();
        for (bool moved = true; moved;) {
            const Bytes there = client.take();
            capture.from_client(there);
            server.feed(there);
            const Bytes back = server.take();
            capture.from_server(back);
            client.feed(back);
            moved = !there.empty() || !back.empty();
        }
        ASSERT_EQ(server.received, client_words);
        ASSERT_EQ(client.received, server_words);
        ASSERT_EQ(server.engine->info().version, GetParam().version);
        capture.save(path("capture.pcap"));
    }

    /// What tshark makes of the capture: the application data of the connection.
    std::string follow(const std::string& key_log) const {
        const std::string port = std::to_string(Capture::server_port);
        std::vector<std::string> arguments = {
            "tshark", "-n", "-r", path("capture.pcap"), "-d", "tcp.port==" + port + ",tls"};
        if (!key_log.empty()) {
            arguments.insert(arguments.end(), {"-o", "tls.keylog_file:" + path(key_log)});
        }
        arguments.insert(arguments.end(), {"-q", "-z", "follow,tls,ascii,0"});
        const Finished finished = run_process(arguments);
        EXPECT_EQ(finished.status, 0) << finished.err;
        return finished.out;
    }

private:
    TemporaryDirectory directory_;
};

TEST_P(Decrypted, WithTheKeyLogOfEitherEndAndNotWithout) {
    OMNITLS_NEED_TSHARK();
    OMNITLS_NEED_VERSION(GetParam().client, GetParam().version);
    OMNITLS_NEED_VERSION(GetParam().server, GetParam().version);
    ASSERT_NO_FATAL_FAILURE(record());
    for (const std::string& keys : {std::string("client.keys"), std::string("server.keys")}) {
        const std::string shown = follow(keys);
        EXPECT_NE(shown.find(client_words), std::string::npos) << keys << '\n' << shown;
        EXPECT_NE(shown.find(server_words), std::string::npos) << keys << '\n' << shown;
    }
    const std::string without = follow("");
    EXPECT_NE(without.find("Follow: tls,ascii"), std::string::npos)
        << "it was read, though: " << without;
    EXPECT_EQ(without.find(client_words), std::string::npos) << without;
    EXPECT_EQ(without.find(server_words), std::string::npos) << without;
}

INSTANTIATE_TEST_SUITE_P(Captures, Decrypted, testing::ValuesIn(everywhere()), name_of);

}  // namespace
}  // namespace omnitls::test
