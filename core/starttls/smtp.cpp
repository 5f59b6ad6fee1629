// SPDX-License-Identifier: BSL-1.0
// SMTP and LMTP (RFC 3207 on RFC 5321 and RFC 2033), both roles: greeting, EHLO, STARTTLS.
#include "core/starttls/domain.hpp"
#include "core/starttls/line_client.hpp"
#include "core/starttls/line_server.hpp"
#include <omnitls/identity.hpp>
#include <omnitls/starttls/smtp.hpp>

#include <algorithm>

namespace omnitls::inline v0::core {
namespace {

constexpr LineWords smtp_words{
    .protocol = "smtp",
    .ask = "EHLO",
    .upgrade = "STARTTLS",
    .keyword = "STARTTLS",
    .expect_greeting = "220 greeting",
    .expect_capabilities = "250 to EHLO",
    .expect_keyword = "the STARTTLS keyword",
    .expect_go_ahead = "220 to STARTTLS",
    .hint = "is this an SMTP port?",
};
/// RFC 2033 §4.1: LMTP is SMTP with another first command.
constexpr LineWords lmtp_words{
    .protocol = "lmtp",
    .ask = "LHLO",
    .upgrade = "STARTTLS",
    .keyword = "STARTTLS",
    .expect_greeting = "220 greeting",
    .expect_capabilities = "250 to LHLO",
    .expect_keyword = "the STARTTLS keyword",
    .expect_go_ahead = "220 to STARTTLS",
    .hint = "is this an LMTP port?",
};

class SmtpClient final : public LineClient {
public:
    SmtpClient(const LineWords& words, std::string_view client_name, starttls::Offer offer)
        : LineClient(words, offer), client_name_(client_name) {}

private:
    void on_line(std::string_view line) override {
        switch (reply_.add(line)) {
            case ReplyReader::State::more:
                return;
            case ReplyReader::State::complete:
                on_reply();
                break;
            case ReplyReader::State::malformed:
                return nonsense("server sent " + in_quotes(line) + ", which is no reply");
            case ReplyReader::State::code_mismatch:
                fail(Errc::starttls_protocol,
                     "server changed the code within one reply: " + in_quotes(reply_.to_string()) +
                         ", then " + in_quotes(line));
                return;
        }
        reply_.clear();
    }

    void on_reply() {
        const int code = reply_.code();
        switch (at()) {
            case LineStep::greeting:
                return code == 220 ? ask_capabilities({}, " " + client_name_) : unexpected();
            case LineStep::capabilities:
                // RFC 5321 §3.2: a server that does not know EHLO has no extensions, so no STARTTLS either.
                if (code == 500 || code == 502) return unknown_to_peer(reply_.to_string());
                if (code != 250) return unexpected();
                // RFC 5321 §4.1.1.1: the first line is the server's name and greeting, whatever it spells.
                for (auto line = reply_.texts().begin() + 1; line != reply_.texts().end(); ++line)
                    add_capability(*line);
                return ask_upgrade();
            case LineStep::go_ahead:
                return code == 220 ? finish(true) : unexpected();
        }
    }

    /// A code that is not the one: 4xx and 5xx are refusals, anything else has no place here.
    void unexpected() {
        const std::string text = reply_.to_string();
        if (reply_.code() >= 400) return refused(text);
        nonsense("server answered " + in_quotes(text));
    }

    std::string client_name_;
    ReplyReader reply_;
};

/// RFC 5321 §4.1.3: "[192.0.2.1]" or "[IPv6:2001:db8::1]".
bool is_address_literal(std::string_view name) {
    if (name.size() < 3 || name.front() != '[' || name.back() != ']') return false;
    std::string_view address = name.substr(1, name.size() - 2);
    const bool v6 = equal_ignoring_case(address.substr(0, 5), "IPv6:");
    if (v6) address.remove_prefix(5);
    const auto parsed = ReferenceIdentity::ip(address);
    return parsed && parsed->address().size() == (v6 ? 16U : 4U);
}

constexpr LineCommand::Then upgrade = LineCommand::Then::upgrade;
constexpr LineCommand::Then leave = LineCommand::Then::leave;
constexpr LineCommand smtp_commands[] = {
    {.verb = "EHLO", .answer = "250-%n\r\n250 STARTTLS\r\n", .argument = true},
    {.verb = "HELO", .answer = "250 %n\r\n", .argument = true},
    {.verb = "NOOP", .answer = "250 ok\r\n", .argument = true},
    {.verb = "RSET", .answer = "250 ok\r\n"},
    {.verb = "STARTTLS", .answer = "220 go ahead\r\n", .then = upgrade},
    {.verb = "QUIT", .answer = "221 %n closing\r\n", .then = leave},
};
constexpr LineCommand lmtp_commands[] = {
    {.verb = "LHLO", .answer = "250-%n\r\n250 STARTTLS\r\n", .argument = true},
    {.verb = "NOOP", .answer = "250 ok\r\n", .argument = true},
    {.verb = "RSET", .answer = "250 ok\r\n"},
    {.verb = "STARTTLS", .answer = "220 go ahead\r\n", .then = upgrade},
    {.verb = "QUIT", .answer = "221 %n closing\r\n", .then = leave},
};
// RFC 3207 §4: what has to wait gets 530.
constexpr LineService smtp_service{
    .protocol = "smtp",
    .upgrade = "STARTTLS",
    .greeting = "220 %n ESMTP\r\n",
    .commands = smtp_commands,
    .other = "530 5.7.0 Must issue a STARTTLS command first\r\n",
    .bad_argument = "501 5.5.4 STARTTLS has no parameters\r\n",
};
constexpr LineService lmtp_service{
    .protocol = "lmtp",
    .upgrade = "STARTTLS",
    .greeting = "220 %n LMTP\r\n",
    .commands = lmtp_commands,
    .other = "530 5.7.0 Must issue a STARTTLS command first\r\n",
    .bad_argument = "501 5.5.4 STARTTLS has no parameters\r\n",
};

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

namespace {

Result<std::unique_ptr<Dialogue>> client(const core::LineWords& words, std::string_view client_name,
                                         Offer offer) {
    if (!core::is_domain(client_name) && !core::is_address_literal(client_name)) {
        return make_error(
            make_error_code(Errc::bad_input),
            "STARTTLS (" + std::string(words.protocol) + "): the client name \"" +
                escape_untrusted(client_name) + "\" is no domain and no address literal",
            "give a name such as client.example.org, or [192.0.2.1] or [IPv6:2001:db8::1]");
    }
    return std::unique_ptr<Dialogue>(std::make_unique<core::SmtpClient>(words, client_name, offer));
}

}  // namespace

Result<std::unique_ptr<Dialogue>> smtp_client(std::string_view client_name, Offer offer) {
    return client(core::smtp_words, client_name, offer);
}

Result<std::unique_ptr<Dialogue>> lmtp_client(std::string_view client_name, Offer offer) {
    return client(core::lmtp_words, client_name, offer);
}

Result<std::unique_ptr<Dialogue>> smtp_server(std::string_view name) {
    return core::line_server(core::smtp_service, name);
}

Result<std::unique_ptr<Dialogue>> lmtp_server(std::string_view name) {
    return core::line_server(core::lmtp_service, name);
}

}  // namespace omnitls::inline v0::starttls
