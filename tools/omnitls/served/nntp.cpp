// SPDX-License-Identifier: BSL-1.0
// NNTP (RFC 3977, RFC 4643) without newsgroups.
#include "tools/omnitls/served/line_service.hpp"

#include <array>
#include <chrono>
#include <cstdio>

namespace omnitls::tool {
namespace {

/// RFC 3977 §7.1: "20261122123015", UTC.
std::string date_and_time(std::chrono::system_clock::time_point now) {
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(now - day));
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d%02u%02u%02d%02d%02d",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text.data();
}

class Nntp final : public LineService {
public:
    explicit Nntp(ServiceTerms terms) : LineService("nntp", std::move(terms)) {
        if (this->terms().greets) reply("201 " + this->terms().name);
    }

private:
    void on_line(std::string_view line) override {
        if (!count_command()) return;
        const auto* const verb = find_verb(verbs, take_word(line));
        if (verb == nullptr) return reply("500 unknown command");
        if (verb->needs_login && !logged_in() && terms().account) return reply("480 log in first");
        (this->*verb->run)(line);
    }

    void capabilities(std::string_view) {
        reply("101 capabilities\r\nVERSION 2\r\nREADER\r\nLIST ACTIVE");
        if (!logged_in()) reply("AUTHINFO USER");
        reply(".");
    }
    void mode(std::string_view argument) {
        reply(same_word(argument, "READER") ? "201 nothing is posted here" : "501 MODE READER");
    }
    void starttls(std::string_view) { reply("502 TLS is there already"); }
    void authinfo(std::string_view argument) {
        const std::string_view what = take_word(argument);
        if (logged_in()) return reply("502 logged in already");
        if (same_word(what, "USER") && !argument.empty()) {
            user_ = argument;
            return reply("381 and the password?");
        }
        if (!same_word(what, "PASS")) return reply("501 USER and PASS");
        const std::string name = std::exchange(user_, {});
        if (name.empty()) return reply("482 USER first");
        reply(log_in(name, argument) ? "281 logged in" : "481 not let in");
    }
    void date(std::string_view) { reply("111 " + date_and_time(std::chrono::system_clock::now())); }
    void list(std::string_view argument) {
        reply(argument.empty() || same_word(argument, "ACTIVE") ? "215 none\r\n." : "503 ACTIVE");
    }
    void group(std::string_view) { reply("411 no such group"); }
    void help(std::string_view) { reply("100 see RFC 3977\r\n."); }
    void quit(std::string_view) {
        reply("205 bye");
        leave();
    }

    static constexpr Verb<Nntp> verbs[] = {
        {"CAPABILITIES", &Nntp::capabilities},
        {"MODE", &Nntp::mode},
        {"AUTHINFO", &Nntp::authinfo},
        {"STARTTLS", &Nntp::starttls},
        {"DATE", &Nntp::date},
        {"HELP", &Nntp::help},
        {"QUIT", &Nntp::quit},
        {"LIST", &Nntp::list, true},
        {"GROUP", &Nntp::group, true},
    };

    std::string user_;  ///< Of AUTHINFO USER, until PASS.
};

}  // namespace

std::unique_ptr<Service> make_nntp_service(ServiceTerms terms) {
    return std::make_unique<Nntp>(std::move(terms));
}

}  // namespace omnitls::tool
