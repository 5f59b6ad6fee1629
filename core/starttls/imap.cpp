// SPDX-License-Identifier: BSL-1.0
// IMAP (RFC 9051 §6.2.1, RFC 2595 §3), both roles: greeting, CAPABILITY, STARTTLS.
#include "core/starttls/line_client.hpp"
#include "core/starttls/line_server.hpp"
#include <omnitls/starttls/imap.hpp>

namespace omnitls::inline v0::core {
namespace {

constexpr LineWords words{
    .protocol = "imap",
    .ask = "CAPABILITY",
    .upgrade = "STARTTLS",
    .keyword = "STARTTLS",
    .expect_greeting = "a greeting with \"* OK\"",
    .expect_capabilities = "\"* CAPABILITY\" and OK",
    .expect_keyword = "the capability STARTTLS",
    .expect_go_ahead = "OK to STARTTLS",
    .hint = "is this an IMAP port?",
};

/// Takes the first word off `line`.
std::string_view take_word(std::string_view& line) {
    const std::string_view word = line.substr(0, line.find(' '));
    line.remove_prefix(word.size() < line.size() ? word.size() + 1 : line.size());
    return word;
}

class ImapClient final : public LineClient {
public:
    explicit ImapClient(starttls::Offer offer) : LineClient(words, offer) {}

private:
    void on_line(std::string_view line) override {
        // RFC 9051 §4.3: a literal would go on past the line. Nothing that is said here needs one.
        if (line.ends_with('}')) return nonsense("server sent the literal " + in_quotes(line));
        std::string_view rest = line;
        const std::string_view tag = take_word(rest);
        const std::string_view status = take_word(rest);
        if (tag == "*") return on_untagged(line, status, rest);
        if (at() == LineStep::greeting || tag != this->tag())
            return nonsense("server sent " + in_quotes(line));
        if (equal_ignoring_case(status, "OK")) {
            if (at() == LineStep::go_ahead) return finish(true);
            return told_ ? ask_upgrade("a2 ")
                         : nonsense("server gave no capabilities: " + in_quotes(line));
        }
        const bool refusal =
            equal_ignoring_case(status, "NO") || equal_ignoring_case(status, "BAD");
        return refusal ? refused(line) : nonsense("server sent " + in_quotes(line));
    }

    /// Nothing but what was asked for: what else is told in plain text could be anybody's, and must not become mail.
    void on_untagged(std::string_view line, std::string_view status, std::string_view rest) {
        if (equal_ignoring_case(status, "BYE")) return refused(line);
        // Logged in already, by somebody's word: STARTTLS is not allowed any more (RFC 9051 §7.1.4).
        if (equal_ignoring_case(status, "PREAUTH"))
            return fail(Errc::starttls_not_offered, "server sent " + in_quotes(line), line,
                        "somebody on the path may be keeping this connection from TLS");
        if (equal_ignoring_case(status, "OK")) {
            if (at() == LineStep::greeting) ask_capabilities("a1 ");
            return;  // a remark
        }
        if (at() == LineStep::capabilities && equal_ignoring_case(status, "CAPABILITY")) {
            told_ = true;
            while (!rest.empty()) add_capability(take_word(rest));
            return;
        }
        nonsense("server sent " + in_quotes(line));
    }

    std::string_view tag() const noexcept { return at() == LineStep::go_ahead ? "a2" : "a1"; }

    bool told_ = false;
};

constexpr LineCommand commands[] = {
    {.verb = "CAPABILITY",
     .answer = "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n%t OK done\r\n"},
    {.verb = "NOOP", .answer = "%t OK done\r\n"},
    {.verb = "ID", .answer = "* ID NIL\r\n%t OK done\r\n", .argument = true},
    {.verb = "STARTTLS", .answer = "%t OK begin TLS\r\n", .then = LineCommand::Then::upgrade},
    {.verb = "LOGOUT",
     .answer = "* BYE logging out\r\n%t OK bye\r\n",
     .then = LineCommand::Then::leave},
};
constexpr LineService service{
    .protocol = "imap",
    .upgrade = "STARTTLS",
    .greeting = "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] %n\r\n",
    .commands = commands,
    .other = "%t NO [PRIVACYREQUIRED] TLS first\r\n",
    .bad_argument = "%t BAD STARTTLS has no arguments\r\n",
    .tagged = true,
};

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

Result<std::unique_ptr<Dialogue>> imap_client(Offer offer) {
    return std::unique_ptr<Dialogue>(std::make_unique<core::ImapClient>(offer));
}

Result<std::unique_ptr<Dialogue>> imap_server(std::string_view name) {
    return core::line_server(core::service, name);
}

}  // namespace omnitls::inline v0::starttls
