// SPDX-License-Identifier: BSL-1.0
// Answers the commands of one table until the one for TLS comes.
#include "core/starttls/line_server.hpp"

#include "core/starttls/domain.hpp"

#include <algorithm>

namespace omnitls::inline v0::core {
namespace {

/// Commands of a client that does not come to the point.
constexpr int most_commands = 32;

bool matches(const LineCommand& command, std::string_view line) {
    const std::string_view verb = line.substr(0, command.verb.size());
    if (!equal_ignoring_case(verb, command.verb)) return false;
    return line.size() == verb.size() || (command.argument && line[verb.size()] == ' ');
}

/// RFC 9051 §9: of printable ASCII, without what means something elsewhere.
bool is_tag(std::string_view tag) {
    return !tag.empty() && tag.size() <= 32 && std::ranges::all_of(tag, [](char c) {
        return c > ' ' && c < 0x7f &&
               std::string_view("(){%*\"\\]+").find(c) == std::string_view::npos;
    });
}

class LineServer final : public LineDialogue {
public:
    LineServer(const LineService& service, std::string_view name)
        : LineDialogue(starttls::Offer::required), service_(service), name_(name) {
        answer(service_.greeting, {});
    }
    std::string_view protocol() const noexcept override { return service_.protocol; }
    std::string_view step_name() const noexcept override { return service_.upgrade; }

private:
    std::string_view expected() const override { return service_.upgrade; }
    std::string_view peer() const noexcept override { return "client"; }
    /// Commands may come in groups (RFC 2920). What comes behind the one for TLS is leftover, and refused by the stream.
    bool may_come_early(std::uint8_t) const override { return true; }

    void on_line(std::string_view line) override {
        if (++commands_ > most_commands) {
            return fail(
                Errc::limit_exceeded,
                "client sent more than " + std::to_string(most_commands) + " other commands");
        }
        std::string_view tag;
        if (service_.tagged) {
            tag = line.substr(0, line.find(' '));
            line.remove_prefix(std::min(line.size(), tag.size() + 1));
            if (!is_tag(tag)) return nonsense(tag);
        }
        if (matches({.verb = service_.upgrade, .answer = {}, .argument = true}, line) &&
            line.size() > service_.upgrade.size())
            return answer(service_.bad_argument, tag);
        for (const LineCommand& command : service_.commands)
            if (matches(command, line)) return on_command(command, tag);
        answer(service_.other, tag);
    }

    void on_command(const LineCommand& command, std::string_view tag) {
        if (command.then == LineCommand::Then::leave)
            fail(Errc::starttls_refused, "client sent " + in_quotes(command.verb));
        answer(command.answer, tag);
        if (command.then == LineCommand::Then::upgrade) finish(true);
    }

    void nonsense(std::string_view tag) {
        fail(Errc::starttls_protocol, "client sent " + in_quotes(tag) + ", which is no tag");
    }

    void answer(std::string_view pattern, std::string_view tag) {
        std::string text;
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            if (pattern[i] != '%') {
                text += pattern[i];
            } else {
                text += pattern[++i] == 'n' ? name_ : tag;
            }
        }
        send(text);
    }

    const LineService& service_;
    const std::string name_;
    int commands_ = 0;
};

}  // namespace

Result<std::unique_ptr<starttls::Dialogue>> line_server(const LineService& service,
                                                        std::string_view name) {
    if (!is_domain(name)) {
        return make_error(make_error_code(Errc::bad_input),
                          "STARTTLS (" + std::string(service.protocol) + "): the server's name \"" +
                              escape_untrusted(name) + "\" is no domain",
                          "give a name such as mail.example.org");
    }
    return std::unique_ptr<starttls::Dialogue>(std::make_unique<LineServer>(service, name));
}

}  // namespace omnitls::inline v0::core
