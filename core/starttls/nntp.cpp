// SPDX-License-Identifier: BSL-1.0
// NNTP (RFC 4642 on RFC 3977), both roles: greeting, CAPABILITIES, STARTTLS.
#include "core/starttls/line_client.hpp"
#include "core/starttls/line_server.hpp"
#include <omnitls/starttls/nntp.hpp>

namespace omnitls::inline v0::core {
namespace {

constexpr LineWords words{
    .protocol = "nntp",
    .ask = "CAPABILITIES",
    .upgrade = "STARTTLS",
    .keyword = "STARTTLS",
    .expect_greeting = "a greeting with 200 or 201",
    .expect_capabilities = "101 to CAPABILITIES and a list that ends with \".\"",
    .expect_keyword = "the capability STARTTLS",
    .expect_go_ahead = "382 to STARTTLS",
    .hint = "is this an NNTP port?",
};

class NntpClient final : public LineClient {
public:
    explicit NntpClient(starttls::Offer offer) : LineClient(words, offer) {}

private:
    void on_line(std::string_view line) override {
        if (take_listed(line)) return;
        // RFC 3977 §3.1: one line, no continuations.
        ReplyReader reply;
        if (reply.add(line) != ReplyReader::State::complete)
            return nonsense("server sent " + in_quotes(line) + ", which is no reply");
        const int code = reply.code();
        if (at() == LineStep::greeting && (code == 200 || code == 201)) return ask_capabilities();
        if (at() == LineStep::go_ahead && code == 382) return finish(true);
        if (at() == LineStep::capabilities) {
            if (code == 500) return unknown_to_peer(line);
            if (code == 101) return begin_list();
        }
        if (code >= 400) return refused(line);
        nonsense("server answered " + in_quotes(line));
    }
};

// RFC 4642 §2.2.2: 483 is "encryption required".
constexpr LineCommand commands[] = {
    {.verb = "CAPABILITIES", .answer = "101 list\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n"},
    {.verb = "MODE READER", .answer = "200 %n\r\n"},
    {.verb = "STARTTLS", .answer = "382 begin TLS\r\n", .then = LineCommand::Then::upgrade},
    {.verb = "QUIT", .answer = "205 bye\r\n", .then = LineCommand::Then::leave},
};
constexpr LineService service{
    .protocol = "nntp",
    .upgrade = "STARTTLS",
    .greeting = "200 %n\r\n",
    .commands = commands,
    .other = "483 TLS first\r\n",
    .bad_argument = "501 STARTTLS has no arguments\r\n",
};

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

Result<std::unique_ptr<Dialogue>> nntp_client(Offer offer) {
    return std::unique_ptr<Dialogue>(std::make_unique<core::NntpClient>(offer));
}

Result<std::unique_ptr<Dialogue>> nntp_server(std::string_view name) {
    return core::line_server(core::service, name);
}

}  // namespace omnitls::inline v0::starttls
