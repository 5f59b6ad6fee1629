// SPDX-License-Identifier: BSL-1.0
// POP3 (RFC 1939, RFC 2449) with a maildrop that is always empty.
#include "tools/omnitls/served/line_service.hpp"

namespace omnitls::tool {
namespace {

class Pop3 final : public LineService {
public:
    explicit Pop3(ServiceTerms terms) : LineService("pop3", std::move(terms)) {
        if (this->terms().greets) reply("+OK " + this->terms().name);
    }

private:
    void on_line(std::string_view line) override {
        if (!count_command()) return;
        const auto* const verb = find_verb(verbs, take_word(line));
        if (verb == nullptr) return reply("-ERR unknown command");
        if (verb->needs_login && !logged_in()) return reply("-ERR log in first");
        (this->*verb->run)(line);
    }

    void ok(std::string_view) { reply("+OK"); }
    void capa(std::string_view) { reply("+OK\r\nUSER\r\nUIDL\r\n."); }
    void user(std::string_view name) {
        if (name.empty() || logged_in()) return reply("-ERR not now");
        user_ = name;
        reply("+OK");
    }
    void pass(std::string_view password) {
        // RFC 1939 §7: all of the line is the password, spaces too.
        const std::string name = std::exchange(user_, {});
        if (name.empty()) return reply("-ERR USER first");
        reply(log_in(name, password) ? "+OK logged in" : "-ERR [AUTH] not let in");
    }
    void stls(std::string_view) { reply("-ERR TLS is there already"); }
    void stat(std::string_view) { reply("+OK 0 0"); }
    void list(std::string_view argument) {
        reply(argument.empty() ? "+OK\r\n." : "-ERR no such message");
    }
    void missing(std::string_view) { reply("-ERR no such message"); }
    void quit(std::string_view) {
        reply("+OK bye");
        leave();
    }

    static constexpr Verb<Pop3> verbs[] = {
        {"CAPA", &Pop3::capa},          {"USER", &Pop3::user},
        {"PASS", &Pop3::pass},          {"STLS", &Pop3::stls},
        {"QUIT", &Pop3::quit},          {"STAT", &Pop3::stat, true},
        {"LIST", &Pop3::list, true},    {"UIDL", &Pop3::list, true},
        {"RETR", &Pop3::missing, true}, {"TOP", &Pop3::missing, true},
        {"DELE", &Pop3::missing, true}, {"NOOP", &Pop3::ok, true},
        {"RSET", &Pop3::ok, true},
    };

    std::string user_;  ///< Of USER, until PASS.
};

}  // namespace

std::unique_ptr<Service> make_pop3_service(ServiceTerms terms) {
    return std::make_unique<Pop3>(std::move(terms));
}

}  // namespace omnitls::tool
