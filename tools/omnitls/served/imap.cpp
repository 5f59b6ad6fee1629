// SPDX-License-Identifier: BSL-1.0
// IMAP (RFC 9051, RFC 3501) with an INBOX that is always empty.
#include "tools/omnitls/served/line_service.hpp"
#include "tools/omnitls/served/sasl_plain.hpp"

#include <algorithm>

namespace omnitls::tool {
namespace {

/// RFC 9051 §9: of printable ASCII, without what means something elsewhere.
bool is_tag(std::string_view tag) {
    return !tag.empty() && tag.size() <= 32 && std::ranges::all_of(tag, [](char c) {
        return c > ' ' && c < 0x7f && std::string_view("(){%*\"\\]+").find(c) == std::string::npos;
    });
}

class Imap final : public LineService {
public:
    explicit Imap(ServiceTerms terms) : LineService("imap", std::move(terms), Literals::prompted) {
        if (this->terms().greets) reply("* OK " + this->terms().name);
    }

private:
    void on_line(std::string_view line) override {
        if (std::exchange(in_exchange_, false)) return finish_plain(line);
        tag_ = take_word(line);
        if (!is_tag(tag_)) return nonsense("client sent " + in_quotes(tag_) + ", which is no tag");
        if (!count_command()) return;
        const auto* const verb = find_verb(verbs, take_word(line));
        if (verb == nullptr) return answer("BAD unknown command");
        if (verb->needs_login && !logged_in()) return answer("NO log in first");
        (this->*verb->run)(line);
    }

    void answer(std::string_view text) { reply(tag_ + " " + std::string(text)); }
    void done(std::string_view) { answer("OK done"); }

    void capability(std::string_view) {
        reply("* CAPABILITY IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN");
        answer("OK done");
    }
    void id(std::string_view) {
        reply("* ID NIL");
        answer("OK done");
    }
    void starttls(std::string_view) { answer("BAD TLS is there already"); }
    void logout(std::string_view) {
        reply("* BYE");
        answer("OK done");
        leave();
    }

    void login(std::string_view line) {
        const auto name = take_string(line);
        const auto password = take_string(line);
        if (!name || !password || !line.empty()) return answer("BAD LOGIN wants name and password");
        let_in({*name, *password});
    }
    void authenticate(std::string_view line) {
        if (!same_word(take_word(line), "PLAIN")) return answer("NO there is only PLAIN");
        if (!line.empty()) return finish_plain(line);
        in_exchange_ = true;
        reply("+ ");
    }
    void finish_plain(std::string_view response) {
        if (response == "*") return answer("BAD cancelled");
        const auto account = read_plain(response);
        if (!account) return answer("BAD no response of PLAIN");
        let_in(*account);
    }
    void let_in(const Account& account) {
        if (logged_in()) return answer("BAD logged in already");
        answer(log_in(account.name, account.password) ? "OK logged in"
                                                      : "NO [AUTHENTICATIONFAILED] not let in");
    }

    void list(std::string_view line) {
        const auto reference = take_string(line);
        const auto pattern = take_string(line);
        if (!reference || !pattern || !line.empty()) return answer("BAD LIST wants two names");
        if (pattern->empty()) {
            reply("* LIST (\\Noselect) \"/\" \"\"");
        } else if (pattern->find_first_of("*%") != std::string::npos ||
                   same_word(*pattern, "INBOX")) {
            reply("* LIST (\\Noinferiors) \"/\" INBOX");
        }
        answer("OK done");
    }
    void select(std::string_view line) { open(line, "OK [READ-WRITE] done"); }
    void examine(std::string_view line) { open(line, "OK [READ-ONLY] done"); }
    void open(std::string_view line, std::string_view answer_text) {
        const auto mailbox = take_string(line);
        selected_ = mailbox && same_word(*mailbox, "INBOX") && line.empty();
        if (!selected_) return answer("NO [NONEXISTENT] there is only INBOX");
        reply("* 0 EXISTS\r\n* 0 RECENT\r\n* FLAGS ()\r\n* OK [PERMANENTFLAGS ()] none are kept");
        reply("* OK [UIDVALIDITY 1] always\r\n* OK [UIDNEXT 1] the first");
        answer(answer_text);
    }
    void close(std::string_view) {
        selected_ = false;
        answer("OK done");
    }
    /// In an empty mailbox nothing can be found.
    void fetch(std::string_view) { answer(selected_ ? "OK nothing there" : "BAD SELECT first"); }
    void search(std::string_view) {
        if (selected_) reply("* SEARCH");
        answer(selected_ ? "OK done" : "BAD SELECT first");
    }

    static constexpr Verb<Imap> verbs[] = {
        {"CAPABILITY", &Imap::capability},
        {"NOOP", &Imap::done},
        {"ID", &Imap::id},
        {"LOGOUT", &Imap::logout},
        {"STARTTLS", &Imap::starttls},
        {"LOGIN", &Imap::login},
        {"AUTHENTICATE", &Imap::authenticate},
        {"LIST", &Imap::list, true},
        {"SELECT", &Imap::select, true},
        {"EXAMINE", &Imap::examine, true},
        {"CLOSE", &Imap::close, true},
        {"FETCH", &Imap::fetch, true},
        {"SEARCH", &Imap::search, true},
    };

    std::string tag_;
    bool in_exchange_ = false;  ///< The next line is a response of SASL.
    bool selected_ = false;
};

}  // namespace

std::unique_ptr<Service> make_imap_service(ServiceTerms terms) {
    return std::make_unique<Imap>(std::move(terms));
}

}  // namespace omnitls::tool
