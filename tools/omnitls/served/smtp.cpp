// SPDX-License-Identifier: BSL-1.0
// SMTP (RFC 5321, RFC 4954) and LMTP (RFC 2033): mail is taken, counted and thrown away.
#include "tools/omnitls/served/line_service.hpp"
#include "tools/omnitls/served/sasl_plain.hpp"

namespace omnitls::tool {
namespace {

constexpr std::size_t most_recipients = 100;

enum class Kind : std::uint8_t { smtp, lmtp };

/// "FROM:<a@b> ..." or "TO:<...>": whether it begins with `keyword` and has a path behind it.
bool names_path(std::string_view argument, std::string_view keyword) {
    if (!same_word(argument.substr(0, keyword.size()), keyword)) return false;
    argument.remove_prefix(keyword.size());
    if (argument.starts_with(' ')) argument.remove_prefix(1);  // many do
    return argument.starts_with('<') && argument.find('>') != std::string_view::npos;
}

class Smtp final : public LineService {
public:
    Smtp(Kind kind, ServiceTerms terms)
        : LineService(kind == Kind::smtp ? "smtp" : "lmtp", std::move(terms)), kind_(kind) {
        if (this->terms().greets)
            reply("220 " + this->terms().name + (kind == Kind::smtp ? " ESMTP" : " LMTP"));
    }

private:
    std::string_view step_name() const override {
        return in_mail_ ? "mail text" : mail_ ? "transaction" : "commands";
    }

    void on_line(std::string_view line) override {
        if (in_mail_) return on_mail(line);
        if (std::exchange(in_exchange_, false)) return finish_plain(line);
        if (!count_command()) return;
        const auto* const verb = find_verb(verbs, take_word(line));
        if (verb == nullptr) return reply("500 5.5.1 unknown command");
        (this->*verb->run)(line);
    }

    void ok(std::string_view) { reply("250 2.0.0 ok"); }
    void ehlo(std::string_view argument) {
        if (kind_ == Kind::lmtp) return reply("500 5.5.1 LHLO is the word");
        greet(argument, "250-AUTH PLAIN\r\n250 8BITMIME");
    }
    void lhlo(std::string_view argument) {
        if (kind_ == Kind::smtp) return reply("500 5.5.1 EHLO is the word");
        greet(argument, "250 8BITMIME");
    }
    void greet(std::string_view argument, std::string_view extensions) {
        if (argument.empty()) return reply("501 5.5.4 and who are you?");
        greeted_ = true;
        reset();
        reply("250-" + terms().name);
        reply(extensions);
    }
    void helo(std::string_view argument) {
        if (kind_ == Kind::lmtp) return reply("500 5.5.1 LHLO is the word");
        if (argument.empty()) return reply("501 5.5.4 and who are you?");
        greeted_ = true;
        reset();
        reply("250 " + terms().name);
    }
    void starttls(std::string_view) { reply("503 5.5.1 TLS is there already"); }

    void auth(std::string_view argument) {
        if (kind_ == Kind::lmtp) return reply("500 5.5.1 unknown command");
        if (!greeted_ || logged_in() || mail_) return reply("503 5.5.1 not now");
        if (!same_word(take_word(argument), "PLAIN")) return reply("504 5.5.4 there is only PLAIN");
        if (!argument.empty()) return finish_plain(argument);
        in_exchange_ = true;
        reply("334 ");
    }
    void finish_plain(std::string_view response) {
        const auto account = read_plain(response);
        if (!account) return reply("501 5.5.2 no response of PLAIN");
        reply(log_in(account->name, account->password) ? "235 2.7.0 logged in"
                                                       : "535 5.7.8 not let in");
    }

    void mail(std::string_view argument) {
        if (!greeted_ || mail_) return reply("503 5.5.1 not now");
        // With an account, this is a server for those who have one.
        if (terms().account && !logged_in()) return reply("530 5.7.0 log in first");
        if (!names_path(argument, "FROM:")) return reply("501 5.5.4 MAIL FROM:<...>");
        mail_ = true;
        reply("250 2.1.0 ok");
    }
    void rcpt(std::string_view argument) {
        if (!mail_) return reply("503 5.5.1 MAIL first");
        if (!names_path(argument, "TO:")) return reply("501 5.5.4 RCPT TO:<...>");
        if (recipients_ == most_recipients) return reply("452 4.5.3 too many recipients");
        ++recipients_;
        reply("250 2.1.5 ok");
    }
    void data(std::string_view) {
        if (recipients_ == 0) return reply("503 5.5.1 RCPT first");
        in_mail_ = true;
        reply("354 the mail, then a line with a dot");
    }
    void on_mail(std::string_view line) {
        if (line != ".") {
            // RFC 5321 §4.5.2: a dot at the start was doubled.
            noted().message_bytes += line.size() + 2 - (line.starts_with('.') ? 1 : 0);
            return;
        }
        ++noted().messages;
        // RFC 2033 §4.2: an answer for each recipient.
        const std::size_t answers = kind_ == Kind::lmtp ? recipients_ : 1;
        for (std::size_t i = 0; i < answers; ++i) reply("250 2.0.0 taken and thrown away");
        reset();
    }
    void rset(std::string_view) {
        reset();
        reply("250 2.0.0 ok");
    }
    void reset() noexcept {
        mail_ = false;
        in_mail_ = false;
        recipients_ = 0;
    }
    void quit(std::string_view) {
        reply("221 2.0.0 bye");
        leave();
    }

    static constexpr Verb<Smtp> verbs[] = {
        {"EHLO", &Smtp::ehlo}, {"HELO", &Smtp::helo},         {"LHLO", &Smtp::lhlo},
        {"AUTH", &Smtp::auth}, {"MAIL", &Smtp::mail},         {"RCPT", &Smtp::rcpt},
        {"DATA", &Smtp::data}, {"RSET", &Smtp::rset},         {"NOOP", &Smtp::ok},
        {"QUIT", &Smtp::quit}, {"STARTTLS", &Smtp::starttls},
    };

    Kind kind_;
    bool greeted_ = false;
    bool in_exchange_ = false;  ///< The next line is a response of SASL.
    bool mail_ = false;
    bool in_mail_ = false;  ///< The next line is of the mail.
    std::size_t recipients_ = 0;
};

}  // namespace

std::unique_ptr<Service> make_smtp_service(ServiceTerms terms) {
    return std::make_unique<Smtp>(Kind::smtp, std::move(terms));
}

std::unique_ptr<Service> make_lmtp_service(ServiceTerms terms) {
    return std::make_unique<Smtp>(Kind::lmtp, std::move(terms));
}

}  // namespace omnitls::tool
