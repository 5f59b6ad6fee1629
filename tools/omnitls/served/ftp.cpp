// SPDX-License-Identifier: BSL-1.0
// FTP (RFC 959, RFC 4217): the control connection. There are no data connections.
#include "tools/omnitls/served/line_service.hpp"

namespace omnitls::tool {
namespace {

class Ftp final : public LineService {
public:
    explicit Ftp(ServiceTerms terms) : LineService("ftp", std::move(terms)) {
        if (this->terms().greets) reply("220 " + this->terms().name);
    }

private:
    void on_line(std::string_view line) override {
        if (!count_command()) return;
        const auto* const verb = find_verb(verbs, take_word(line));
        if (verb == nullptr) return reply("502 there is no such command");
        if (verb->needs_login && !logged_in()) return reply("530 log in first");
        (this->*verb->run)(line);
    }

    void ok(std::string_view) { reply("200 ok"); }
    void auth(std::string_view) { reply("503 TLS is there already"); }
    void feat(std::string_view) { reply("211-Features:\r\n PBSZ\r\n PROT\r\n UTF8\r\n211 End"); }
    void syst(std::string_view) { reply("215 UNIX Type: L8"); }
    void user(std::string_view name) {
        if (name.empty() || logged_in()) return reply("503 not now");
        user_ = name;
        reply("331 and the password?");
    }
    void pass(std::string_view password) {
        const std::string name = std::exchange(user_, {});
        if (name.empty()) return reply("503 USER first");
        reply(log_in(name, password) ? "230 logged in" : "530 not let in");
    }
    // RFC 4217 §8, §9: with TLS the buffer has no size, and data connections are as PROT says.
    void pbsz(std::string_view size) {
        buffer_said_ = size == "0";
        reply(buffer_said_ ? "200 PBSZ=0" : "501 PBSZ 0 it is");
    }
    void prot(std::string_view level) {
        if (!buffer_said_) return reply("503 PBSZ first");
        reply(same_word(level, "P") ? "200 private" : "536 there is only P");
    }
    void pwd(std::string_view) { reply("257 \"/\" and nothing else"); }
    void cwd(std::string_view directory) {
        reply(directory == "/" ? "250 ok" : "550 there is only /");
    }
    void type(std::string_view type) {
        const bool known = same_word(type, "A") || same_word(type, "I") || same_word(type, "A N");
        reply(known ? "200 ok" : "504 A and I");
    }
    void quit(std::string_view) {
        reply("221 bye");
        leave();
    }

    static constexpr Verb<Ftp> verbs[] = {
        {"USER", &Ftp::user},     {"PASS", &Ftp::pass},     {"AUTH", &Ftp::auth},
        {"FEAT", &Ftp::feat},     {"SYST", &Ftp::syst},     {"NOOP", &Ftp::ok},
        {"PBSZ", &Ftp::pbsz},     {"PROT", &Ftp::prot},     {"QUIT", &Ftp::quit},
        {"PWD", &Ftp::pwd, true}, {"CWD", &Ftp::cwd, true}, {"TYPE", &Ftp::type, true},
    };

    std::string user_;  ///< Of USER, until PASS.
    bool buffer_said_ = false;
};

}  // namespace

std::unique_ptr<Service> make_ftp_service(ServiceTerms terms) {
    return std::make_unique<Ftp>(std::move(terms));
}

}  // namespace omnitls::tool
