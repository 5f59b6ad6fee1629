// SPDX-License-Identifier: BSL-1.0
// POP3 (RFC 2595 §4 on RFC 1939 and RFC 2449), both roles: greeting, CAPA, STLS.
#include "core/starttls/line_client.hpp"
#include "core/starttls/line_server.hpp"
#include <omnitls/starttls/pop3.hpp>

namespace omnitls::inline v0::core {
namespace {

constexpr LineWords words{
    .protocol = "pop3",
    .ask = "CAPA",
    .upgrade = "STLS",
    .keyword = "STLS",
    .expect_greeting = "a greeting with +OK",
    .expect_capabilities = "+OK to CAPA and a list that ends with \".\"",
    .expect_keyword = "the capability STLS",
    .expect_go_ahead = "+OK to STLS",
    .hint = "is this a POP3 port?",
};

class Pop3Client final : public LineClient {
public:
    explicit Pop3Client(starttls::Offer offer) : LineClient(words, offer) {}

private:
    void on_line(std::string_view line) override {
        if (take_listed(line)) return;
        const std::string_view status = line.substr(0, line.find(' '));
        const bool refusal = status == "-ERR";
        if (status != "+OK" && !refusal) return nonsense("server sent " + in_quotes(line));
        // RFC 2449 §5: a server without CAPA says -ERR to it.
        if (refusal) return at() == LineStep::capabilities ? unknown_to_peer(line) : refused(line);
        switch (at()) {
            case LineStep::greeting:
                return ask_capabilities();
            case LineStep::capabilities:
                return begin_list();
            case LineStep::go_ahead:
                return finish(true);
        }
    }
};

constexpr LineCommand commands[] = {
    {.verb = "CAPA", .answer = "+OK\r\nSTLS\r\n.\r\n"},
    {.verb = "STLS", .answer = "+OK begin TLS\r\n", .then = LineCommand::Then::upgrade},
    {.verb = "QUIT", .answer = "+OK bye\r\n", .then = LineCommand::Then::leave},
};
constexpr LineService service{
    .protocol = "pop3",
    .upgrade = "STLS",
    .greeting = "+OK %n\r\n",
    .commands = commands,
    .other = "-ERR TLS first: STLS\r\n",
    .bad_argument = "-ERR STLS has no parameters\r\n",
};

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

Result<std::unique_ptr<Dialogue>> pop3_client(Offer offer) {
    return std::unique_ptr<Dialogue>(std::make_unique<core::Pop3Client>(offer));
}

Result<std::unique_ptr<Dialogue>> pop3_server(std::string_view name) {
    return core::line_server(core::service, name);
}

}  // namespace omnitls::inline v0::starttls
