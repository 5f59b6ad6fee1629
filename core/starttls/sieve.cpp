// SPDX-License-Identifier: BSL-1.0
// ManageSieve (RFC 5804 §2.2), both roles: the capabilities that are the greeting, STARTTLS.
#include "core/starttls/line_client.hpp"
#include "core/starttls/line_server.hpp"
#include <omnitls/starttls/sieve.hpp>

#include <string>

namespace omnitls::inline v0::core {
namespace {

constexpr LineWords words{
    .protocol = "sieve",
    .ask = {},
    .upgrade = "STARTTLS",
    .keyword = "STARTTLS",
    .expect_greeting = "capabilities that end with OK",
    .expect_capabilities = {},
    .expect_keyword = "the capability STARTTLS",
    .expect_go_ahead = "OK to STARTTLS",
    .hint = "is this a ManageSieve port?",
};

class SieveClient final : public LineClient {
public:
    explicit SieveClient(starttls::Offer offer) : LineClient(words, offer) {}

private:
    void on_line(std::string_view line) override {
        // RFC 5804 §1.2: a literal would go on past the line. Nothing that is said here needs one.
        if (line.ends_with('}')) return nonsense("server sent the literal " + in_quotes(line));
        if (line.starts_with('"') && at() == LineStep::greeting) return on_capability(line);
        const std::string_view word = line.substr(0, line.find(' '));
        if (equal_ignoring_case(word, "NO") || equal_ignoring_case(word, "BYE"))
            return refused(line);
        if (!equal_ignoring_case(word, "OK")) return nonsense("server sent " + in_quotes(line));
        if (at() == LineStep::greeting) return ask_upgrade();
        finish(true);
    }
    /// A quoted keyword, and often a quoted value (RFC 5804 §1.7).
    void on_capability(std::string_view line) {
        const std::size_t end = line.find('"', 1);
        if (end == std::string_view::npos) return nonsense("server sent " + in_quotes(line));
        std::string capability(line.substr(1, end - 1));
        capability += line.substr(end + 1);
        add_capability(capability);
    }
};

constexpr std::string_view capabilities =
    "\"IMPLEMENTATION\" \"%n\"\r\n\"SIEVE\" \"fileinto\"\r\n\"SASL\" \"\"\r\n\"STARTTLS\"\r\n"
    "\"VERSION\" \"1.0\"\r\nOK \"ready\"\r\n";
constexpr LineCommand commands[] = {
    {.verb = "CAPABILITY", .answer = capabilities},
    {.verb = "STARTTLS", .answer = "OK \"begin TLS\"\r\n", .then = LineCommand::Then::upgrade},
    {.verb = "LOGOUT", .answer = "OK \"bye\"\r\n", .then = LineCommand::Then::leave},
};
constexpr LineService service{
    .protocol = "sieve",
    .upgrade = "STARTTLS",
    .greeting = capabilities,
    .commands = commands,
    .other = "NO (ENCRYPT-NEEDED) \"TLS first\"\r\n",
    .bad_argument = "NO \"STARTTLS has no arguments\"\r\n",
};

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

Result<std::unique_ptr<Dialogue>> sieve_client(Offer offer) {
    return std::unique_ptr<Dialogue>(std::make_unique<core::SieveClient>(offer));
}

Result<std::unique_ptr<Dialogue>> sieve_server(std::string_view name) {
    return core::line_server(core::service, name);
}

}  // namespace omnitls::inline v0::starttls
