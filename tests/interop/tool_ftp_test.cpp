// SPDX-License-Identifier: BSL-1.0
// Clients that nobody here wrote take files from `omnitls serve --starttls ftp` over TLS, and go back to plain text by CCC: told by what they
// got, by the server's report and by the bytes on the wire.
#include "tests/interop/relay.hpp"
#include "tests/interop/tool_fixture.hpp"

namespace omnitls::test {
namespace {

// Whose files the package of python3 is for.
constexpr const char* python = "/usr/bin/python3";

using ToolFtp = ToolTest;

/// `text` is printed if one of the parts is missing.
void expect_parts(const std::string& text, const Names& parts) {
    for (const std::string& part : parts)
        EXPECT_NE(text.find(part), std::string::npos) << "not \"" << part << "\" in: " << text;
}
void expect_none(const std::string& text, const Names& parts) {
    for (const std::string& part : parts)
        EXPECT_EQ(text.find(part), std::string::npos) << "\"" << part << "\" in: " << text;
}

/// What a client sent on the control connection.
struct Wire {
    std::vector<WireRecord> records;  ///< Of TLS.
    std::string after;                ///< In plain text.
};
Wire parse_wire(const std::string& up) {
    const std::string last = "AUTH TLS\r\n";
    const std::size_t start = up.find(last) + last.size();
    std::size_t end = start;
    // RFC 8446 §5.1: type (20 to 23), version, length.
    while (end + 5 <= up.size() && up[end] >= 20 && up[end] <= 23) {
        const auto high = static_cast<unsigned char>(up[end + 3]);
        const auto low = static_cast<unsigned char>(up[end + 4]);
        end += 5U + high * 256U + low;
    }
    return {parse_records(std::string_view(up).substr(start, end - start)),
            up.substr(std::min(end, up.size()))};
}

struct Seen {
    Finished client;
    std::string server;  ///< All that it says of the connection.
    Wire wire;
};

/// A session of `command` ("PORT": where) with a server of its own that has the certificate of a role.
Seen watch(const std::string& role, const Arguments& serve, Arguments command) {
    Arguments all = {"--starttls", "ftp", "--user", "alice:secret word", "--transcript", "--once"};
    all.insert(all.end(), serve.begin(), serve.end());
    Server server(role, all);
    Relay relay(server.port());
    for (std::string& word : command)
        if (const std::size_t at = word.find("PORT"); at != std::string::npos)
            word.replace(at, 4, std::to_string(relay.port()));
    Seen seen;
    seen.client = run_process(command);
    EXPECT_EQ(server.process().wait(), 0);
    seen.server = server.process().out();
    seen.wire = parse_wire(relay.traffic(0).up);
    return seen;
}

Seen by_python(const TlsBackend& backend, const Names& words, const Arguments& more = {},
               const std::string& data_authorities = "root.pem") {
    Arguments command = {python, std::string(OMNITLS_TEST_CLIENTS) + "/ftp_client.py", "PORT",
                         data("root.pem"), data(data_authorities)};
    command.insert(command.end(), words.begin(), words.end());
    Arguments serve = {"--backend", std::string(backend.name())};
    serve.insert(serve.end(), more.begin(), more.end());
    Seen seen = watch("leaf", serve, command);
    EXPECT_EQ(seen.client.status, 0) << seen.client.out << seen.client.err;
    return seen;
}

/// In TLS 1.2, whose records tell an alert from data.
Seen by_curl(const TlsBackend& backend, const Arguments& more, const std::string& role = "leaf") {
    Arguments command = {"curl",           "--silent",     "--show-error",
                         "--max-time",     "20",           "--cacert",
                         data("root.pem"), "--connect-to", "::127.0.0.1:PORT",
                         "--ssl-reqd",     "--user",       "alice:secret word"};
    command.insert(command.end(), more.begin(), more.end());
    command.emplace_back("ftp://omnitls.test/hello.txt");
    return watch(role, {"--backend", std::string(backend.name()), "--tls", "1.2"}, command);
}

const std::string file = "Hello from omnitls serve.\r\n";

/// curl 8.14, that of Debian 13, says in TLS what comes after CCC; 7.88, that of Debian 12, does not.
bool curl_stays_in_tls() {
    const std::string text = run_process({"curl", "--version"}).out;
    EXPECT_TRUE(text.starts_with("curl 7.") || text.starts_with("curl 8.")) << text;
    return text.starts_with("curl 8.");
}

TEST_F(ToolFtp, CurlGoesBackToPlainText) {
    const bool stays_in_tls = curl_stays_in_tls();
    for (const TlsBackend* backend : built_backends()) {
        SCOPED_TRACE(std::string(backend->name()));
        const Seen twin = by_curl(*backend, {});
        EXPECT_EQ(twin.client.status, 0) << twin.client.err;
        EXPECT_EQ(twin.client.out, file);
        expect_parts(twin.server,
                     {"login \"alice\"", "1 transfer of 27 bytes over TLS", ", closed"});
        expect_none(twin.server, {"in plain text", "TLS ends here"});
        EXPECT_EQ(twin.wire.after, "");
        for (const std::string mode : {"active", "passive"}) {
            SCOPED_TRACE(mode);
            const Seen seen = by_curl(*backend, {"--ftp-ssl-ccc", "--ftp-ssl-ccc-mode", mode});
            if (stays_in_tls) {
                // It is not taken for plain text, nor read as TLS.
                EXPECT_NE(seen.client.status, 0);
                EXPECT_EQ(seen.wire.after, "");
                expect_parts(seen.server, {"login \"alice\", 5 commands, "});
                expect_none(seen.server, {"<- [commands]"});
                continue;
            }
            EXPECT_EQ(seen.client.status, 0) << seen.client.err;
            EXPECT_EQ(seen.client.out, file);
            expect_parts(seen.server, {"login \"alice\"", " (6 after TLS in plain text)",
                                       "1 transfer of 27 bytes over TLS", ", closed in plain text",
                                       "---- TLS ends here ----\n<- [commands] PWD\n",
                                       "<- [commands] RETR hello.txt\n-> [commands] 150 "});
            EXPECT_EQ(seen.wire.after,
                      "PWD\r\nEPSV\r\nTYPE I\r\nSIZE hello.txt\r\nRETR hello.txt\r\nQUIT\r\n");
            ASSERT_FALSE(seen.wire.records.empty());
            // A close_notify, or CCC itself: the passive mode sends none.
            EXPECT_EQ(seen.wire.records.back().type, mode == "active" ? 21 : 23);
        }
    }
}

TEST_F(ToolFtp, CurlRefusesAnotherAuthority) {
    for (const TlsBackend* backend : built_backends()) {
        SCOPED_TRACE(std::string(backend->name()));
        const Seen good = by_curl(*backend, {});
        EXPECT_EQ(good.client.status, 0) << good.client.err;
        const Seen bad = by_curl(*backend, {"--ftp-ssl-ccc"}, "leaf_unknown_ca");
        EXPECT_EQ(bad.client.status, 60) << bad.client.err;
        expect_parts(bad.server, {"alert received: unknown_ca"});
        expect_none(bad.server, {"login", "TLS ends here"});
        EXPECT_EQ(bad.wire.after, "");
    }
}

TEST_F(ToolFtp, PythonGoesBackToPlainText) {
    for (const TlsBackend* backend : built_backends()) {
        SCOPED_TRACE(std::string(backend->name()));
        const Names before = {"login", "private", "list", "retrieve", "store"};
        Names words = before;
        words.insert(words.end(), {"ccc", "=PWD", "retrieve", "list", "=QUIT"});
        const Seen seen = by_python(*backend, words);
        expect_parts(seen.client.out,
                     {"login: 230 logged in, TLSv1.", "list: 56 bytes over TLSv1.",
                      "retrieve: 27 bytes over TLSv1.", "store: 226 taken and thrown away",
                      "ccc: 200 plain text from here on, plain text\n=PWD: 257 \"/\" and nothing "
                      "else\nretrieve: 27 bytes over TLSv1.",
                      "=QUIT: 221 bye"});
        expect_parts(seen.server,
                     {"login \"alice\"", " (6 after TLS in plain text)",
                      "5 transfers of 173 bytes over TLS", ", closed in plain text",
                      "---- TLS ends here ----\n<- [commands] PWD\n-> [commands] 257 \"/\""});
        EXPECT_EQ(seen.wire.after, "PWD\r\nPASV\r\nRETR hello.txt\r\nPASV\r\nLIST\r\nQUIT\r\n");

        words = before;
        words.insert(words.end(), {"=PWD", "retrieve", "list", "=QUIT"});
        const Seen twin = by_python(*backend, words);
        expect_parts(twin.client.out, {"=PWD: 257 \"/\"", "=QUIT: 221 bye"});
        expect_parts(twin.server, {"login \"alice\"", "5 transfers of 173 bytes over TLS"});
        expect_none(twin.server, {"in plain text", "TLS ends here"});
        EXPECT_EQ(twin.wire.after, "");
    }
}

// RFC 4217 §5: not before the login, not in plain text, and what PROT has said stays.
TEST_F(ToolFtp, CccHasItsTime) {
    for (const TlsBackend* backend : built_backends()) {
        SCOPED_TRACE(std::string(backend->name()));
        const Seen seen =
            by_python(*backend, {"auth", "=CCC", "login", "private", "ccc", "=CCC", "=PBSZ 0",
                                 "=PROT C", "=AUTH TLS", "retrieve", "=QUIT"});
        expect_parts(seen.client.out, {"\n=CCC: 534 log in first\nlogin: 230 logged in, TLSv1.",
                                       "\nccc: 200 plain text from here on, plain text\n=CCC: 533 ",
                                       "\n=PBSZ 0: 503 ", "\n=PROT C: 503 ", "\n=AUTH TLS: 534 ",
                                       "\nretrieve: 27 bytes over TLSv1.", "\n=QUIT: 221 "});
        expect_parts(seen.server, {"1 transfer of 27 bytes over TLS"});

        // What came over TLS is not read together with what comes after it.
        const Seen hasty = by_python(*backend, {"login", "behind"});
        expect_parts(hasty.client.out, {"behind: 200 plain text from here on, then b''"});
        expect_parts(hasty.server,
                     {"ftp inside TLS, step commands: client did not wait for the end "
                      "of TLS: \"PWD\\r\\n\""});
        expect_none(hasty.server, {"TLS ends here"});
        EXPECT_EQ(hasty.wire.after, "");
        const Seen patient = by_python(*backend, {"login", "ccc", "=PWD", "=QUIT"});
        expect_parts(patient.server, {"---- TLS ends here ----\n<- [commands] PWD\n"});
        EXPECT_EQ(patient.wire.after, "PWD\r\nQUIT\r\n");
    }
}

TEST_F(ToolFtp, DataConnectionsAreAsProtSays) {
    for (const TlsBackend* backend : built_backends()) {
        SCOPED_TRACE(std::string(backend->name()));
        const Seen secret =
            by_python(*backend, {"login", "private", "without-tls", "retrieve", "=QUIT"});
        expect_parts(secret.client.out,
                     {"\nwithout-tls: 522 ", "\nretrieve: 27 bytes over TLSv1."});
        expect_parts(secret.server, {"1 transfer of 27 bytes over TLS, data connection: "});
        expect_none(secret.server, {"bytes in plain text"});
        const Seen clear =
            by_python(*backend, {"login", "clear", "without-tls", "retrieve", "=QUIT"});
        expect_parts(clear.client.out, {"\nwithout-tls: 27 bytes over plain text, 226 ",
                                        "\nretrieve: 27 bytes over plain text, 226 "});
        expect_parts(clear.server, {"2 transfers of 54 bytes in plain text"});
        expect_none(clear.server, {"over TLS", "data connection: "});
    }
}

TEST_F(ToolFtp, PythonRefusesADataConnectionOfAnotherAuthority) {
    for (const TlsBackend* backend : built_backends()) {
        SCOPED_TRACE(std::string(backend->name()));
        const auto retrieve = [&](const Names& words, const std::string& authorities) {
            return by_python(*backend, words, {"--tls", "1.2"}, authorities);
        };
        const Seen bad =
            retrieve({"login", "private", "retrieve", "reply", "=QUIT"}, "other_root.pem");
        expect_parts(bad.client.out, {"\nretrieve: refused: unable to get local issuer certificate",
                                      "\nreply: 522 ", "\n=QUIT: 221 "});
        expect_parts(
            bad.server,
            {"login \"alice\"", ", data connection: ", "(alert received: unknown_ca)", ", closed"});
        expect_none(bad.server, {"transfer of"});
        const Seen good = retrieve({"login", "private", "retrieve", "=QUIT"}, "root.pem");
        expect_parts(good.client.out, {"\nretrieve: 27 bytes over TLSv1.2, 226 "});
        expect_parts(good.server, {"1 transfer of 27 bytes over TLS"});
        expect_none(good.server, {"data connection: "});
    }
}

TEST_F(ToolFtp, OnlyAWholeFileIsTaken) {
    for (const TlsBackend* backend : built_backends()) {
        SCOPED_TRACE(std::string(backend->name()));
        const Seen cut = by_python(*backend, {"login", "private", "cut-off", "=QUIT"});
        expect_parts(cut.client.out, {"\ncut-off: 426 "});
        expect_none(cut.server, {"transfer of"});
        expect_parts(cut.server, {", data connection: "});
        const Seen whole = by_python(*backend, {"login", "private", "store", "=QUIT"});
        expect_parts(whole.client.out, {"\nstore: 226 "});
        expect_parts(whole.server, {"1 transfer of 7 bytes over TLS"});
    }
}

TEST_F(ToolFtp, DataConnectionsAreOfTheSameAddress) {
    const TlsBackend& backend = *built_backends()[0];
    const Seen seen = by_python(backend, {"login", "private", "strangers", "=QUIT"});
    expect_parts(seen.client.out, {"\nstrangers: 27 bytes over TLSv1.",
                                   " 226 that was it, the stranger got 0 bytes"});
    expect_parts(seen.server, {"1 transfer of 27 bytes over TLS"});
    expect_none(seen.server, {"data connection: "});
}

// Nobody comes, and the control connection goes on.
TEST_F(ToolFtp, ADataConnectionIsNotWaitedForForever) {
    const TlsBackend& backend = *built_backends()[0];
    const Seen seen = by_python(
        backend,
        {"login", "=RETR hello.txt", "=PASV", "=RETR hello.txt", "reply", "retrieve", "=QUIT"},
        {"--timeout", "1"});
    expect_parts(seen.client.out, {"\n=RETR hello.txt: 425 PASV or EPSV first\n=PASV: 227 ",
                                   "\n=RETR hello.txt: 150 go on\nreply: 425 nobody has come",
                                   "\nretrieve: 27 bytes over plain text, 226 "});
    expect_parts(seen.server, {"data connection: the client took too long"});
}

}  // namespace
}  // namespace omnitls::test
