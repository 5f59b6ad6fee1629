// SPDX-License-Identifier: BSL-1.0
// ManageSieve (RFC 5804) without scripts.
#include "tools/omnitls/served/line_service.hpp"
#include "tools/omnitls/served/sasl_plain.hpp"

namespace omnitls::tool {
namespace {

class Sieve final : public LineService {
public:
    explicit Sieve(ServiceTerms terms)
        : LineService("sieve", std::move(terms), Literals::unprompted) {
        capability({});  // RFC 5804 §2.2: unasked, once TLS is there
    }

private:
    void on_line(std::string_view line) override {
        if (std::exchange(in_exchange_, false)) return finish_plain(line);
        if (!count_command()) return;
        const auto* const verb = find_verb(verbs, take_word(line));
        if (verb == nullptr) return reply("NO \"unknown command\"");
        if (verb->needs_login && !logged_in()) return reply("NO \"log in first\"");
        (this->*verb->run)(line);
    }

    void capability(std::string_view) {
        reply("\"IMPLEMENTATION\" \"omnitls\"\r\n\"SASL\" \"PLAIN\"\r\n\"SIEVE\" \"fileinto\"");
        reply("\"VERSION\" \"1.0\"\r\nOK");
    }
    void starttls(std::string_view) { reply("NO \"TLS is there already\""); }
    void authenticate(std::string_view line) {
        const auto mechanism = take_string(line);
        if (logged_in() || !mechanism || !same_word(*mechanism, "PLAIN"))
            return reply("NO \"PLAIN, once\"");
        if (!line.empty()) return finish_plain(line);
        in_exchange_ = true;
        reply("\"\"");
    }
    /// `line`: a string with the response.
    void finish_plain(std::string_view line) {
        const auto response = take_string(line);
        const auto account = response && line.empty() ? read_plain(*response) : std::nullopt;
        if (!account) return reply("NO \"no response of PLAIN\"");
        reply(log_in(account->name, account->password) ? "OK" : "NO \"not let in\"");
    }
    void noop(std::string_view line) {
        const auto tag = take_string(line);
        // RFC 5804 §2.13. What would have to be escaped is not given back.
        const bool plain = tag && tag->find_first_of("\"\\\r\n") == std::string::npos;
        reply(plain ? "OK (TAG \"" + *tag + "\") \"done\"" : "OK");
    }
    void listscripts(std::string_view) { reply("OK"); }
    void havespace(std::string_view) { reply("NO (QUOTA) \"nothing is kept here\""); }
    void missing(std::string_view) { reply("NO (NONEXISTENT) \"there are no scripts\""); }
    void logout(std::string_view) {
        reply("OK");
        leave();
    }

    static constexpr Verb<Sieve> verbs[] = {
        {"CAPABILITY", &Sieve::capability},
        {"AUTHENTICATE", &Sieve::authenticate},
        {"STARTTLS", &Sieve::starttls},
        {"NOOP", &Sieve::noop},
        {"LOGOUT", &Sieve::logout},
        {"LISTSCRIPTS", &Sieve::listscripts, true},
        {"HAVESPACE", &Sieve::havespace, true},
        {"PUTSCRIPT", &Sieve::havespace, true},
        {"GETSCRIPT", &Sieve::missing, true},
        {"SETACTIVE", &Sieve::missing, true},
        {"DELETESCRIPT", &Sieve::missing, true},
    };

    bool in_exchange_ = false;  ///< The next line is a response of SASL.
};

}  // namespace

std::unique_ptr<Service> make_sieve_service(ServiceTerms terms) {
    return std::make_unique<Sieve>(std::move(terms));
}

}  // namespace omnitls::tool
