// SPDX-License-Identifier: BSL-1.0
// The key log: whichever two libraries a connection runs on, both ends name the same secrets, and nobody who was not given a
// sink learns one.
#include "tests/conformance/cell.hpp"
#include "tests/support/temporary_directory.hpp"
#include <omnitls/key_log.hpp>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include <stdlib.h>

namespace omnitls::test {
namespace {

class LinesLog final : public KeyLog {
public:
    void write(std::string_view line) noexcept override { lines.emplace_back(line); }
    std::vector<std::string> lines;
};

struct Line {
    std::string label, random, secret;
};

std::string hex(ConstBytes bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 15U];
    }
    return text;
}

bool is_hex(const std::string& text) {
    return !text.empty() && text.size() % 2 == 0 &&
           text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Labels of what a capture is decrypted with (RFC 9850 §2.1, §2.2); a library may log more.
std::set<std::string> labels_for(ProtocolVersion version) {
    if (version == ProtocolVersion::tls12) return {"CLIENT_RANDOM"};
    return {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
            "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"};
}

class Logged : public CellTest {
protected:
    void SetUp() override {
        CellTest::SetUp();
        if (!IsSkipped()) need("key_log");
    }

    /// The two ends of one connection, each with its own sink or none.
    struct Ends {
        Side client, server;
        std::string client_random;  ///< Of the ClientHello on the wire.
    };
    static Ends run(const std::shared_ptr<KeyLog>& client_log,
                    const std::shared_ptr<KeyLog>& server_log) {
        const PairSetup setup = GetParam().setup();
        ClientConfig client = client_config(setup);
        ServerConfig server = server_config(setup);
        client.key_log = client_log;
        server.key_log = server_log;
        const auto client_context = must(setup.client_backend->make_client_context(client));
        const auto server_context = must(setup.server_backend->make_server_context(server));
        Ends ends;
        ends.client.engine =
            must(client_context->make_engine(must(ClientTarget::host(setup.host))));
        ends.server.engine = must(server_context->make_engine());
        ends.client.write_when_open = "from the client";
        ends.client.run();
        const Bytes hello = ends.client.take();
        // RFC 8446 §4.1.2: behind record header (5), message header (4) and version (2).
        ends.client_random = hex(ConstBytes(hello).subspan(11, 32));
        ends.server.feed(hello);
        exchange(ends.client, ends.server, GetParam().chunking);
        EXPECT_EQ(ends.client.engine->state(), State::open);
        EXPECT_EQ(ends.server.engine->state(), State::open);
        EXPECT_EQ(ends.server.received, "from the client");
        EXPECT_EQ(ends.server.engine->info().version, GetParam().version);
        return ends;
    }

    /// The lines that decrypt, each of which must be one; by label.
    static std::map<std::string, Line> decrypting(const LinesLog& log) {
        const std::set<std::string> wanted = labels_for(GetParam().version);
        std::map<std::string, Line> found;
        for (const std::string& text : log.lines) {
            const std::size_t first = text.find(' ');
            const std::size_t second = text.find(' ', first + 1);
            EXPECT_NE(second, std::string::npos) << text;
            if (second == std::string::npos) continue;
            Line line{text.substr(0, first), text.substr(first + 1, second - first - 1),
                      text.substr(second + 1)};
            EXPECT_TRUE(is_hex(line.random) && is_hex(line.secret)) << text;
            if (!wanted.contains(line.label)) continue;
            EXPECT_TRUE(found.emplace(line.label, line).second) << "twice: " << text;
        }
        return found;
    }
};

TEST_P(Logged, BothEndsNameTheSameSecrets) {
    const auto client_log = std::make_shared<LinesLog>();
    const auto server_log = std::make_shared<LinesLog>();
    const Ends ends = run(client_log, server_log);
    const auto ours = decrypting(*client_log);
    const auto theirs = decrypting(*server_log);
    std::set<std::string> labels, secrets;
    for (const auto& [label, line] : ours) {
        SCOPED_TRACE(label);
        labels.insert(label);
        secrets.insert(line.secret);
        EXPECT_EQ(line.random, ends.client_random);
        const auto other = theirs.find(label);
        ASSERT_NE(other, theirs.end());
        EXPECT_EQ(other->second.random, line.random);
        EXPECT_EQ(other->second.secret, line.secret);
        if (label == "CLIENT_RANDOM") {
            EXPECT_EQ(line.secret.size(), 2 * 48U) << "the master secret";
        }
    }
    EXPECT_EQ(labels, labels_for(GetParam().version));
    EXPECT_EQ(theirs.size(), ours.size());
    EXPECT_EQ(secrets.size(), ours.size()) << "no secret has two labels";

    const auto again = std::make_shared<LinesLog>();
    run(again, nullptr);
    for (const auto& [label, line] : decrypting(*again)) {
        EXPECT_FALSE(secrets.contains(line.secret)) << "another connection: " << label;
        EXPECT_NE(line.random, ends.client_random);
    }
}

TEST_P(Logged, OneEndLogsForItselfAlone) {
    const std::size_t wanted = labels_for(GetParam().version).size();
    for (const bool client_logs : {true, false}) {
        SCOPED_TRACE(client_logs ? "client" : "server");
        const auto log = std::make_shared<LinesLog>();
        run(client_logs ? log : nullptr, client_logs ? nullptr : log);
        EXPECT_EQ(decrypting(*log).size(), wanted);
        const std::vector<std::string> before = log->lines;
        run(nullptr, nullptr);
        EXPECT_EQ(log->lines, before) << "a connection without a sink wrote to that of another";
    }
}

/// Some libraries read the name of a file from the environment, once: so this is about a process that begins with it.
TEST_P(Logged, TheEnvironmentSwitchesNothingOn) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    std::optional<TemporaryDirectory> directory;  // Not in the process that begins below.
    if (::getenv("SSLKEYLOGFILE") == nullptr) {
        directory.emplace();
        ::setenv("SSLKEYLOGFILE", (directory->path() + "/keys").c_str(), 1);
    }
    const std::string sink = ::getenv("SSLKEYLOGFILE");
    EXPECT_EXIT((run(nullptr, nullptr), std::exit(HasFailure() ? 1 : 0)),
                ::testing::ExitedWithCode(0), "");
    ::unsetenv("SSLKEYLOGFILE");
    EXPECT_FALSE(std::filesystem::exists(sink));
}

INSTANTIATE_TEST_SUITE_P(Cells, Logged, ::testing::ValuesIn(whole_cells()), cell_name);

}  // namespace
}  // namespace omnitls::test
