// SPDX-License-Identifier: BSL-1.0
// FTP (RFC 4217 on RFC 959): greeting and AUTH TLS in both roles, and what a client says inside TLS of its data and of the way back.
#include "core/starttls/line_client.hpp"
#include "core/starttls/line_server.hpp"
#include <omnitls/starttls/ftp.hpp>

#include <span>

namespace omnitls::inline v0::core {
namespace {

constexpr LineWords words{
    .protocol = "ftp",
    .ask = {},
    .upgrade = "AUTH TLS",
    .keyword = {},
    .expect_greeting = "220 greeting",
    .expect_capabilities = {},
    .expect_keyword = {},
    .expect_go_ahead = "234 to AUTH TLS",
    .hint = "is this an FTP port?",
};

/// Puts the lines of a reply together (RFC 959 §4.2).
class FtpReplies {
public:
    enum class State : unsigned char { more, complete, malformed };
    State add(std::string_view line) {
        // Between "220-" and "220 " a line may begin with anything.
        if (!first_.empty() && !line.starts_with(first_.substr(0, 3) + " ")) return State::more;
        ReplyReader reply;
        const ReplyReader::State state = reply.add(line);
        if (state == ReplyReader::State::more) {
            first_ = line;
            return State::more;
        }
        if (state != ReplyReader::State::complete) return State::malformed;
        code_ = reply.code();
        text_ = first_.empty() ? std::string(line) : first_ + " " + std::string(line);
        first_.clear();
        return State::complete;
    }
    int code() const noexcept { return code_; }
    /// The first and the last line, raw.
    const std::string& text() const noexcept { return text_; }

private:
    std::string first_;  ///< Of the reply of several lines that is being read; else empty.
    std::string text_;
    int code_ = 0;
};

class FtpClient final : public LineClient {
public:
    explicit FtpClient(starttls::Offer offer) : LineClient(words, offer) {}

private:
    void on_line(std::string_view line) override {
        switch (replies_.add(line)) {
            case FtpReplies::State::more:
                return;
            case FtpReplies::State::malformed:
                return nonsense("server sent " + in_quotes(line) + ", which is no reply");
            case FtpReplies::State::complete:
                return on_reply(replies_.code(), replies_.text());
        }
    }

    void on_reply(int code, const std::string& text) {
        const bool greeting = at() == LineStep::greeting;
        if (greeting && code == 120) return;  // it will be ready later (RFC 959 §5.4)
        if (greeting && code == 220) return ask_upgrade();
        if (!greeting && code == 234) return finish(true);
        // Not known, or not in this server: RFC 4217 §4, RFC 2228 §3. Those of 431, 534 and others know it, and will not.
        if (!greeting && (code == 500 || code == 502 || code == 504 || code == 530))
            return unknown_to_peer(text);
        if (code >= 400) return refused(text);
        nonsense("server answered " + in_quotes(text));
    }

    FtpReplies replies_;
};

/// Commands inside TLS, each of which has to be answered with 200.
class FtpCommands final : public LineDialogue {
public:
    explicit FtpCommands(std::span<const std::string_view> commands)
        : LineDialogue(starttls::Offer::required), commands_(commands) {
        ask();
    }
    std::string_view protocol() const noexcept override { return "ftp"; }
    std::string_view step_name() const noexcept override { return commands_.front(); }

private:
    std::string_view expected() const override { return "200"; }

    void ask() { send(std::string(commands_.front()) + "\r\n"); }
    void on_line(std::string_view line) override {
        const FtpReplies::State state = replies_.add(line);
        if (state == FtpReplies::State::more) return;
        const std::string to = " to " + std::string(commands_.front());
        if (state == FtpReplies::State::malformed || replies_.code() < 200)
            return fail(Errc::starttls_protocol, "server sent " + in_quotes(line) + to);
        if (replies_.code() != 200)
            return fail(Errc::starttls_refused,
                        "server answered " + in_quotes(replies_.text()) + to, replies_.text());
        if (commands_.size() == 1) return finish(false);
        commands_ = commands_.subspan(1);
        next_step();
        ask();
    }

    std::span<const std::string_view> commands_;  ///< The first is the one that was asked.
    FtpReplies replies_;
};

constexpr std::string_view protect[] = {"PBSZ 0", "PROT P"};
constexpr std::string_view clear[] = {"CCC"};

constexpr LineCommand commands[] = {
    {.verb = "FEAT", .answer = "211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n211 End\r\n"},
    {.verb = "SYST", .answer = "215 UNIX Type: L8\r\n"},
    {.verb = "NOOP", .answer = "200 ok\r\n"},
    {.verb = "AUTH TLS", .answer = "234 go ahead\r\n", .then = LineCommand::Then::upgrade},
    {.verb = "AUTH TLS-C", .answer = "234 go ahead\r\n", .then = LineCommand::Then::upgrade},
    {.verb = "AUTH", .answer = "504 AUTH TLS is what there is\r\n", .argument = true},
    {.verb = "QUIT", .answer = "221 bye\r\n", .then = LineCommand::Then::leave},
};
constexpr LineService service{
    .protocol = "ftp",
    .upgrade = "AUTH TLS",
    .greeting = "220 %n\r\n",
    .commands = commands,
    .other = "530 TLS first: AUTH TLS\r\n",
    .bad_argument = "501 AUTH TLS has no parameters\r\n",
};

}  // namespace
}  // namespace omnitls::inline v0::core

namespace omnitls::inline v0::starttls {

Result<std::unique_ptr<Dialogue>> ftp_client(Offer offer) {
    return std::unique_ptr<Dialogue>(std::make_unique<core::FtpClient>(offer));
}

std::unique_ptr<Dialogue> ftp_protect_client() {
    return std::make_unique<core::FtpCommands>(core::protect);
}

std::unique_ptr<Dialogue> ftp_clear_client() {
    return std::make_unique<core::FtpCommands>(core::clear);
}

Result<std::unique_ptr<Dialogue>> ftp_server(std::string_view name) {
    return core::line_server(core::service, name);
}

}  // namespace omnitls::inline v0::starttls
