// SPDX-License-Identifier: BSL-1.0
// Clients that nobody here wrote are upgraded by `omnitls serve --starttls` and log in, give a command and leave inside TLS, on every
// backend. Each refuses the same server with a certificate of another authority.
#include "tests/interop/starttls_peers.hpp"
#include "tests/interop/tool_fixture.hpp"

#include <cstdio>

namespace omnitls::test {
namespace {

// Whose files the packages of python3 and slixmpp are for.
constexpr const char* python = "/usr/bin/python3";

std::string script(const std::string& name) {
    return std::string(OMNITLS_TEST_CLIENTS) + "/" + name;
}

/// How a client ends a connection whose certificate it does not trust.
enum class Refused : std::uint8_t {
    in_handshake,     ///< With an alert.
    without_a_word,   ///< By closing the connection in the middle of the handshake.
    sooner_or_later,  ///< With an alert, or when the handshake is over: that depends on the release.
};

struct RealClient {
    std::string name;
    Arguments serve;
    /// "PORT" stands for the server's port, "ROOT" for the file with the authority it trusts.
    Arguments command;
    Names says;    ///< Parts of what it prints.
    Names report;  ///< Parts of what the server reports of it.
    /// If the server's certificate is of another authority: a part of what it prints, and how it ends that.
    std::string refusal;
    Refused refused = Refused::in_handshake;
};

std::ostream& operator<<(std::ostream& out, const RealClient& client) { return out << client.name; }

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    for (std::size_t at = text.find(what); at != std::string::npos;
         at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
    return text;
}

/// With nothing to read.
Finished run(const RealClient& client, const Server& server) {
    Arguments command;
    for (const std::string& word : client.command)
        command.push_back(replaced(replaced(word, "PORT", std::to_string(server.port())), "ROOT",
                                   data("root.pem")));
    Process process(command);
    process.close_input();
    const int status = process.wait();
    return {status, process.out(), process.err()};
}

void expect_parts(const std::string& text, const Names& parts) {
    for (const std::string& part : parts)
        EXPECT_NE(text.find(part), std::string::npos) << "not \"" << part << "\" in: " << text;
}

Arguments curl(const Arguments& more) {
    Arguments all = {"curl",       "--silent",  "--show-error",
                     "--max-time", "20",        "--cacert",
                     "ROOT",       "--resolve", "omnitls.test:PORT:127.0.0.1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}
Arguments by_python(const std::string& protocol) {
    return {python, script("tls_clients.py"), protocol, "PORT", "ROOT"};
}
Arguments by_ldap_tool(const std::string& program, const Arguments& more) {
    Arguments all = {"env",
                     "LDAPTLS_CACERT=ROOT",
                     "LDAPTLS_REQCERT=demand",
                     program,
                     "-ZZ",
                     "-x",
                     "-H",
                     "ldap://127.0.0.1:PORT",
                     "-D",
                     "cn=alice",
                     "-w",
                     "secret"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}
/// `password` may be empty.
Arguments by_psql(const std::string& password) {
    return {"env",
            "PGPASSWORD=" + password,
            "psql",
            "-At",
            "-c",
            "select 42",
            "host=omnitls.test hostaddr=127.0.0.1 port=PORT user=alice dbname=any "
            "sslmode=verify-full sslrootcert=ROOT"};
}
Arguments by_mariadb(const std::string& password) {
    return {"mariadb",
            "--no-defaults",
            "-h",
            "127.0.0.1",
            "-P",
            "PORT",
            "-u",
            "alice",
            "--password=" + password,
            "--ssl-ca=ROOT",
            "--ssl-verify-server-cert",
            "-N",
            "-e",
            "select 42"};
}

std::vector<RealClient> real_clients() {
    const Arguments alice = {"--user", "alice:secret word"};
    const auto serve = [&](const std::string& protocol, const Arguments& user) {
        Arguments all = {"--starttls", protocol};
        all.insert(all.end(), user.begin(), user.end());
        return all;
    };
    const std::string no_issuer = "unable to get local issuer certificate";
    return {
        {"CurlImap",
         serve("imap", alice),
         curl({"--ssl-reqd", "--user", "alice:secret word", "imap://omnitls.test:PORT/"}),
         {"* LIST (\\Noinferiors) \"/\" INBOX"},
         {"login \"alice\", 4 commands", ", closed"},
         no_issuer},
        {"CurlPop3",
         serve("pop3", alice),
         curl({"--ssl-reqd", "--user", "alice:secret word", "--list-only", "--write-out",
               "done %{response_code}", "pop3://omnitls.test:PORT/"}),
         {"done 0"},
         {"login \"alice\", 5 commands", ", closed"},
         no_issuer},
        {"CurlSmtp",
         serve("smtp", alice),
         curl({"--ssl-reqd", "--user", "alice:secret word", "--mail-from", "a@client.test",
               "--mail-rcpt", "b@omnitls.test", "--crlf", "--upload-file", data("README.md"),
               "--write-out", "done %{response_code}", "smtp://omnitls.test:PORT/client.test"}),
         {"done 250"},
         {"login \"alice\", 6 commands, 1 message of ", ", closed"},
         no_issuer},
        {"CurlFtp",
         serve("ftp", alice),
         curl({"--ssl-reqd", "--user", "alice:secret word", "--head", "--quote", "SYST",
               "--write-out", "done %{response_code}", "ftp://omnitls.test:PORT/"}),
         {"done 215"},
         {"login \"alice\", 7 commands", ", closed"},
         no_issuer},
        // With StartTLS: see CurlLdapStarttls.
        {"CurlLdaps",
         {"--protocol", "ldap", "--user", "cn=alice:secret"},
         curl({"--user", "cn=alice:secret",
               "ldaps://omnitls.test:PORT/?objectClass,vendorName?base"}),
         {"objectClass: top", "vendorName: omnitls"},
         {"login \"cn=alice\", 3 commands"},
         ""},
        {"Swaks",
         serve("smtp", {}),
         {"swaks",        "--server",        "127.0.0.1",     "--port", "PORT",
          "--tls",        "--tls-verify",    "--tls-ca-path", "ROOT",   "--tls-sni",
          "omnitls.test", "--helo",          "client.test",   "--from", "a@client.test",
          "--to",         "b@omnitls.test",  "--auth",        "PLAIN",  "--auth-user",
          "alice",        "--auth-password", "secret"},
         {"=== TLS started", "235 2.7.0 logged in", "taken and thrown away"},
         {"login \"alice\", 6 commands, 1 message of "},
         "certificate verif",  // y failed, ication failed
         Refused::sooner_or_later},
        {"Slixmpp",
         serve("xmpp", alice),
         {python, script("xmpp_client.py"), "PORT", "ROOT"},
         {": alice@omnitls.test"},
         {"login \"alice\", 3 commands", ", closed"},
         "refused: " + no_issuer,
         Refused::without_a_word},
        {"Ldapsearch",
         serve("ldap", {"--user", "cn=alice:secret"}),
         by_ldap_tool("ldapsearch", {"-LLL", "-s", "base", "-b", "", "supportedLDAPVersion"}),
         {"supportedLDAPVersion: 3"},
         {"login \"cn=alice\", 3 commands", ", closed"},
         "ldap_start_tls: Connect error",
         Refused::sooner_or_later},
        {"Ldapwhoami",
         serve("ldap", {"--user", "cn=alice:secret"}),
         by_ldap_tool("ldapwhoami", {}),
         {"dn:cn=alice"},
         {"login \"cn=alice\", 3 commands", ", closed"},
         "ldap_start_tls: Connect error",
         Refused::sooner_or_later},
        {"Psql",
         serve("postgresql", {}),
         by_psql(""),
         {"42\n"},
         {"login \"alice\", 3 commands", ", closed"},
         "certificate verify failed"},
        {"PsqlPassword",
         serve("postgresql", alice),
         by_psql("secret word"),
         {"42\n"},
         {"login \"alice\", 4 commands", ", closed"},
         "certificate verify failed"},
        {"Mariadb",
         serve("mysql", {}),
         by_mariadb("any"),
         {"42\n"},
         {"login \"alice\", 3 commands"},
         no_issuer,
         Refused::sooner_or_later},
        {"MariadbPassword",
         serve("mysql", alice),
         by_mariadb("secret word"),
         {"42\n"},
         {"login \"alice\", 4 commands"},
         no_issuer,
         Refused::sooner_or_later},
        {"PythonImap",
         serve("imap", alice),
         by_python("imap"),
         {": messages 0"},
         {"login \"alice\", 5 commands"},
         "refused: " + no_issuer},
        {"PythonPop3",
         serve("pop3", alice),
         by_python("pop3"),
         {": messages 0"},
         {"login \"alice\", 4 commands"},
         "refused: " + no_issuer},
        {"PythonSmtp",
         serve("smtp", alice),
         by_python("smtp"),
         {": refused 0"},
         {"login \"alice\", 6 commands, 1 message of 23 bytes"},
         "refused: " + no_issuer},
        {"PythonFtp",
         serve("ftp", alice),
         by_python("ftp"),
         {": directory /"},
         {"login \"alice\", 6 commands"},
         "refused: " + no_issuer},
    };
}

/// A client of OpenSSL refuses in plain text where the server has keys already, which GnuTLS 3.7 cannot read: known_gaps.csv,
/// plain_alert_before_the_clients_keys.
bool tells_of(Refused refused, const std::string& told) {
    const auto has = [&](const char* words) { return told.find(words) != std::string::npos; };
    if (refused == Refused::without_a_word)
        return has("the connection ended in the middle of the handshake");
    return has("alert received: unknown_ca") ||
           has("a record could not be authenticated (gnutls: ") ||
           (refused == Refused::sooner_or_later && has("no login, 0 commands, 0 bytes in"));
}

class Clients : public testing::TestWithParam<RealClient> {};

TEST_P(Clients, LogsInAndRefusesAnotherAuthority) {
    if (built_backends().empty()) GTEST_SKIP() << "no backend in this build";
    const RealClient& client = GetParam();
    for (const TlsBackend* backend : built_backends()) {
        SCOPED_TRACE(std::string(backend->name()));
        Arguments serve = client.serve;
        serve.insert(serve.end(), {"--backend", std::string(backend->name())});
        Server server("leaf", serve);
        const Finished good = run(client, server);
        EXPECT_EQ(good.status, 0) << good.out << good.err;
        expect_parts(good.out, client.says);
        const std::string said = server.connection();
        expect_parts(said, {": TLSv1."});
        expect_parts(said, client.report);

        Server other("leaf_unknown_ca", serve);
        const Finished bad = run(client, other);
        EXPECT_NE(bad.status, 0);
        expect_parts(bad.out + bad.err, {client.refusal});
        const std::string told = other.connection();
        EXPECT_TRUE(tells_of(client.refused, told)) << told;
        EXPECT_EQ(told.find("login \""), std::string::npos) << told;
    }
}

/// "program protocol" if it is upgraded.
std::string row_of(const RealClient& client) {
    if (client.serve.front() != "--starttls") return {};
    for (const std::string& word : client.command) {
        const std::string file = word.substr(word.rfind('/') + 1);
        for (const PeerProgram& program : peer_programs)
            if (file == program.program) return file + ' ' + client.serve[1];
    }
    return client.name + " is no program of the table";
}

TEST(AllClients, AreThoseOfTheTable) {
    std::set<std::string> upgraded;
    for (const RealClient& client : real_clients())
        if (const std::string row = row_of(client); !row.empty()) upgraded.insert(row);
    // tool_starttls_test.cpp goes by the table itself.
    for (const char* program : {"openssl", "gnutls-cli"})
        for (const StarttlsPeer& peer : peers_by(program))
            upgraded.insert(program + (' ' + std::string(peer.protocol)));
    EXPECT_EQ(upgraded, peers_that_meet(Role::server));
}

INSTANTIATE_TEST_SUITE_P(All, Clients, testing::ValuesIn(real_clients()),
                         [](const auto& one) { return one.param.name; });

// ---- Clients that are spoken through: a person's or a script's words inside TLS.

struct Conversation {
    std::string protocol;
    std::string openssl;  ///< The protocol's name there.
    std::string gnutls;   ///< Empty: it does not speak it.
    std::string words;    ///< Lines end in LF here, in CRLF there.
    Names answers;
    Names report;
};

const std::vector<Conversation>& conversations() {
    // "alice", "secret", as PLAIN says it.
    static const std::string plain = "AGFsaWNlAHNlY3JldA==";
    static const std::vector<Conversation> all = {
        {"ftp",
         "ftp",
         "ftp",
         "PWD\nUSER alice\nPASS secret\nPWD\nQUIT\n",
         {"530 log in first", "230 logged in", "257 \"/\"", "221 bye"},
         {"login \"alice\", 5 commands"}},
        {"imap",
         "imap",
         "imap",
         "1 NOOP\n2 LIST \"\" *\n3 LOGIN alice secret\n4 SELECT INBOX\n5 FETCH 1:* FLAGS\n6 "
         "LOGOUT\n",
         {"1 OK done", "2 NO log in first", "3 OK logged in", "* 0 EXISTS", "5 OK", "* BYE"},
         {"login \"alice\", 6 commands"}},
        {"lmtp",
         "lmtp",
         "lmtp",
         "LHLO client\nMAIL FROM:<>\nRCPT TO:<a@b>\nRCPT TO:<c@d>\nDATA\nhello\n.\nQUIT\n",
         {"250 8BITMIME", "354 ", "250 2.0.0 taken and thrown away\r\n250 2.0.0 taken", "221 "},
         {"no login, 6 commands, 1 message of 7 bytes"}},
        {"nntp",
         "nntp",
         "nntp",
         "CAPABILITIES\nMODE READER\nAUTHINFO USER alice\nAUTHINFO PASS secret\nDATE\nQUIT\n",
         {"AUTHINFO USER", "201 ", "281 logged in", "111 20", "205 bye"},
         {"login \"alice\", 6 commands"}},
        {"pop3",
         "pop3",
         "pop3",
         "STAT\nUSER alice\nPASS secret\nSTAT\nUIDL\nQUIT\n",
         {"-ERR log in first", "+OK logged in", "+OK 0 0", "+OK bye"},
         {"login \"alice\", 6 commands"}},
        {"sieve",
         "sieve",
         "sieve",
         "LISTSCRIPTS\nAUTHENTICATE \"PLAIN\" \"" + plain + "\"\nNOOP \"a\"\nLISTSCRIPTS\nLOGOUT\n",
         {"\"SASL\" \"PLAIN\"", "NO \"log in first\"", "OK (TAG \"a\")"},
         {"login \"alice\", 5 commands"}},
        {"smtp",
         "smtp",
         "smtp",
         "EHLO client\nAUTH PLAIN\n" + plain + "\nNOOP\nQUIT\n",
         {"250-AUTH PLAIN", "334 ", "235 2.7.0 logged in", "221 2.0.0 bye"},
         {"login \"alice\", 4 commands"}},
        {"xmpp-server",
         "xmpp-server",
         "",
         "<stream:stream from='client.test' to='omnitls.test' version='1.0' "
         "xmlns='jabber:server' xmlns:db='jabber:server:dialback' "
         "xmlns:stream='http://etherx.jabber.org/streams'>\n"
         "<db:result from='client.test' to='omnitls.test'>key</db:result>\n</stream:stream>\n",
         {"urn:xmpp:features:dialback", "type='valid'", "</stream:stream>"},
         {"login \"client.test\", 1 command"}},
    };
    return all;
}

/// Its end is the server's: nobody closes its input.
Finished converse(const Arguments& command, const std::string& words) {
    Process process(command);
    process.send(replaced(words, "\n", "\r\n"));
    const int status = process.wait();
    return {status, process.out(), process.err()};
}

class ToolConversations : public ToolTest {
protected:
    static void expect_answers(const Conversation& conversation, const TlsBackend& backend,
                               Arguments (*make)(const Conversation&, const Server&)) {
        SCOPED_TRACE(conversation.protocol + " on " + std::string(backend.name()));
        Server server("leaf", {"--starttls", conversation.protocol, "--backend",
                               std::string(backend.name())});
        const Finished client = converse(make(conversation, server), conversation.words);
        EXPECT_EQ(client.status, 0) << client.out << client.err;
        expect_parts(client.out, conversation.answers);
        expect_parts(server.connection(), conversation.report);
    }
};

TEST_F(ToolConversations, ThroughOpenssl) {
    for (const Conversation& conversation : conversations())
        for (const TlsBackend* backend : built_backends())
            expect_answers(
                conversation, *backend, [](const Conversation& one, const Server& server) {
                    return Arguments{"openssl",          "s_client",       "-quiet",
                                     "-connect",         server.where(),   "-starttls",
                                     one.openssl,        "-xmpphost",      "omnitls.test",
                                     "-CAfile",          data("root.pem"), "-verify_return_error",
                                     "-verify_hostname", "omnitls.test"};
                });
}

TEST_F(ToolConversations, ThroughGnutls) {
    for (const Conversation& conversation : conversations()) {
        if (conversation.gnutls.empty()) continue;  // its twin above speaks it
        for (const TlsBackend* backend : built_backends())
            expect_answers(conversation, *backend,
                           [](const Conversation& one, const Server& server) {
                               return Arguments{"gnutls-cli",
                                                "--starttls-proto",
                                                one.gnutls,
                                                "--port",
                                                std::to_string(server.port()),
                                                "--x509cafile",
                                                data("root.pem"),
                                                "--verify-hostname",
                                                "omnitls.test",
                                                "127.0.0.1"};
                           });
    }
}

/// "curl 7.88.1 (...)": 7 * 1000 + 88.
int curl_version() {
    const std::string text = run_process({"curl", "--version"}).out;
    int major = 0;
    int minor = 0;
    EXPECT_EQ(std::sscanf(text.c_str(), "curl %d.%d", &major, &minor), 2) << text;
    return major * 1000 + minor;
}

// curl 7.87 to 8.5 goes on in plain text after the server's go-ahead, with the password (github.com/curl/curl/pull/12610). What it says
// is refused here, and not read.
TEST_F(ToolTest, CurlLdapStarttls) {
    const int version = curl_version();
    const bool goes_on_in_plain_text = version >= 7087 && version < 8006;
    Server server("leaf", {"--starttls", "ldap", "--user", "cn=alice:secret"});
    const RealClient client = {.name = "",
                               .serve = {},
                               .command = curl({"--ssl-reqd", "--user", "cn=alice:secret",
                                                "ldap://omnitls.test:PORT/?objectClass?base"}),
                               .says = {},
                               .report = {},
                               .refusal = {}};
    const Finished finished = run(client, server);
    const std::string said = server.connection();
    if (goes_on_in_plain_text) {
        EXPECT_NE(finished.status, 0);
        EXPECT_NE(said.find("plain text came after the go-ahead"), std::string::npos) << said;
        EXPECT_EQ(said.find("login"), std::string::npos) << said;
    } else {
        EXPECT_EQ(finished.status, 0) << finished.err;
        expect_parts(finished.out, {"objectClass: top"});
        expect_parts(said, {": TLSv1.", "login \"cn=alice\", 3 commands"});
    }
}

// ---- Who is let in, and what is not a command.

TEST_F(ToolTest, OnlyTheUserIsLetIn) {
    const struct {
        std::string protocol;
        Arguments right;
        Arguments wrong;
        int status;  ///< With the wrong password.
        std::string refusal;
    } cases[] = {
        {"imap", curl({"--ssl-reqd", "--user", "alice:right", "imap://omnitls.test:PORT/"}),
         curl({"--ssl-reqd", "--user", "alice:wrong", "imap://omnitls.test:PORT/"}), 67,
         "Login denied"},
        {"pop3", curl({"--ssl-reqd", "--user", "alice:right", "pop3://omnitls.test:PORT/"}),
         curl({"--ssl-reqd", "--user", "alice:wrong", "pop3://omnitls.test:PORT/"}), 67,
         "Access denied"},
        {"postgresql", by_psql("right"), by_psql("wrong"), 2, "not let in"},
        {"mysql", by_mariadb("right"), by_mariadb("wrong"), 1, "not let in"},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.protocol);
        Server server("leaf", {"--starttls", one.protocol, "--user", "alice:right"});
        const auto as = [&](const Arguments& command) {
            return run({.name = {},
                        .serve = {},
                        .command = command,
                        .says = {},
                        .report = {},
                        .refusal = {}},
                       server);
        };
        EXPECT_EQ(as(one.right).status, 0);
        expect_parts(server.connection(), {"login \"alice\""});
        const Finished refused = as(one.wrong);
        EXPECT_EQ(refused.status, one.status) << refused.err;
        expect_parts(refused.err, {one.refusal});
        expect_parts(server.connection(), {": TLSv1.", "no login"});
    }
    const Arguments serve = {"serve",  "--cert", data("leaf_chain.pem"), "--key", data("leaf.key"),
                             "--port", "0"};
    const auto status = [&](const Arguments& more) {
        Arguments all = serve;
        all.insert(all.end(), more.begin(), more.end());
        return tool(all);
    };
    for (const Arguments& more : {Arguments{"--user", "alice:right"},
                                  {"--starttls", "imap", "--user", "alice"},
                                  {"--starttls", "imap", "--user", "alice:"},
                                  {"--starttls", "lmtp", "--user", "alice:right"},
                                  {"--protocol", "mysql"},
                                  {"--protocol", "imap", "--starttls", "imap"}}) {
        const Finished finished = status(more);
        EXPECT_EQ(finished.status, 2) << testing::PrintToString(more);
        EXPECT_NE(finished.err, "");
    }
}

/// Bytes as they are, through `openssl s_client`, to `omnitls serve --starttls PROTOCOL`; what the server reports.
std::string report_of(const std::string& protocol, const std::string& name_there,
                      const std::string& bytes) {
    Server server("leaf", {"--starttls", protocol});
    Process process({"openssl", "s_client", "-quiet", "-connect", server.where(), "-starttls",
                     name_there, "-xmpphost", "omnitls.test", "-CAfile", data("root.pem"),
                     "-verify_return_error"});
    process.send(bytes);
    const std::string report = server.connection();
    process.wait();
    return report;
}

std::string times(int count, const std::string& text) {
    std::string all;
    for (int i = 0; i < count; ++i) all += text;
    return all;
}

// What is no command of the protocol ends the connection, and the report names the protocol, the step and what came.
TEST_F(ToolTest, NonsenseInsideTlsIsQuoted) {
    using namespace std::string_literals;
    const std::string header =
        "<stream:stream to='omnitls.test' version='1.0' xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams'>";
    const std::string login = "\x26\0\0\2\0\2\0\0"s + std::string(28, '\0') + "alice\0"s;
    const struct {
        std::string protocol;
        std::string openssl;
        std::string bad;
        std::string report;
        std::string good;
    } cases[] = {
        {"imap", "imap", "( NOOP\r\n",
         "imap inside TLS, step login: client sent \"(\", which is no tag",
         "a NOOP\r\na LOGOUT\r\n"},
        {"smtp", "smtp", "NOOP\nQUIT\n",
         "smtp inside TLS, step commands: client ended a line without CRLF: \"NOOP\"",
         "NOOP\r\nQUIT\r\n"},
        {"smtp", "smtp", "NOOP " + times(8190, "x") + "\r\nQUIT\r\n",
         "client sent a line of more than 8192 bytes", "NOOP " + times(8100, "x") + "\r\nQUIT\r\n"},
        {"sieve", "sieve", "NOOP {9000+}\r\n", "client sent a literal of more than 8192 bytes",
         "NOOP {3+}\r\nabc\r\nLOGOUT\r\n"},
        {"pop3", "pop3", times(65, "CAPA\r\n"),
         "client gave more than 64 commands and did not log in",
         times(63, "CAPA\r\n") + "QUIT\r\n"},
        {"xmpp", "xmpp", header + "<!-- -->",
         "xmpp inside TLS, step stanzas: client sent \"<!-- -->", header + "</stream:stream>"},
        {"xmpp", "xmpp", header + "<message/>", "client sent <message> before it logged in",
         header + "</stream:stream>"},
        {"ldap", "ldap", "hello",
         "ldap inside TLS, step login: client sent what is no LDAP message: \"hello",
         "0\x05\2\1\1\x42\0"s},
        {"postgresql", "postgres", "GET / HTTP/1.1\r\n\r\n",
         "postgresql inside TLS, step startup: client sent a message of more than 8192 bytes",
         "\0\0\0\x10\x04\xd2\x16\x2e\0\0\0\1\0\0\0\1"s},
        {"mysql", "mysql", "\x26\0\0\3"s + login.substr(4),
         "mysql inside TLS, step login: client sent packet number 3, not 2", login + "\1\0\0\0\1"s},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.report);
        const std::string report = report_of(one.protocol, one.openssl, one.bad);
        EXPECT_NE(report.find(": TLSv1."), std::string::npos) << report;
        EXPECT_NE(report.find(one.report), std::string::npos) << report;
        const std::string twin = report_of(one.protocol, one.openssl, one.good);
        EXPECT_NE(twin.find(", closed"), std::string::npos) << twin;
    }
}

}  // namespace
}  // namespace omnitls::test
