// SPDX-License-Identifier: BSL-1.0
// PostgreSQL (protocol 3.0): startup, a password if there is an account, simple queries.
#include "tools/omnitls/served/service.hpp"
#include "tools/omnitls/served/sql.hpp"

#include <array>

namespace omnitls::tool {
namespace {

using namespace std::string_literals;

constexpr std::size_t message_limit = std::size_t{8} * 1024;
constexpr std::uint32_t cancel_request = 1234U << 16U | 5678U;

std::uint32_t number(std::string_view bytes) {
    std::uint32_t value = 0;
    for (const char c : bytes.substr(0, 4)) value = value << 8U | static_cast<std::uint8_t>(c);
    return value;
}
std::string int32(std::size_t value) {
    std::string bytes;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) bytes += static_cast<char>(value >> shift);
    return bytes;
}
std::string int16(unsigned value) {
    return {static_cast<char>(value >> 8U), static_cast<char>(value)};
}
/// With the NUL behind it.
std::string text(std::string_view value) { return std::string(value) + '\0'; }

/// Takes a text with its NUL off `bytes`.
std::optional<std::string_view> take_text(std::string_view& bytes) {
    const std::size_t end = bytes.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view taken = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    return taken;
}

class Postgresql final : public Service {
public:
    explicit Postgresql(ServiceTerms terms) : Service("postgresql", std::move(terms)) {}

private:
    std::string_view step_name() const override {
        return !started_ ? "startup" : logged_in() ? "queries" : "password";
    }

    std::size_t take(std::string_view bytes) override {
        // The first message has no letter.
        const std::size_t letter = started_ ? 1 : 0;
        if (bytes.size() < letter + 4) return 0;
        const std::size_t size = number(bytes.substr(letter));
        if (size > message_limit) too_long("a message of more than 8192 bytes");
        if (size < 4) nonsense("client sent a message of less than its length");
        if (ended() || bytes.size() < letter + size) return 0;
        const std::string_view body = bytes.substr(letter + 4, size - 4);
        if (!count_command()) return 0;
        if (started_)
            on_message(bytes[0], body);
        else
            on_startup(body);
        return letter + size;
    }

    void on_startup(std::string_view body) {
        const std::uint32_t version = number(body);
        if (body.size() >= 4 && version == cancel_request) return leave();
        if (body.size() < 4 || version >> 16U != 3)
            return nonsense("client sent no startup message of protocol 3");
        body.remove_prefix(4);
        for (;;) {
            const auto name = take_text(body);
            if (!name) return nonsense("client sent a malformed startup message");
            if (name->empty()) break;
            const auto value = take_text(body);
            if (!value) return nonsense("client sent a malformed startup message");
            if (*name == "user") user_ = *value;
        }
        if (user_.empty()) return nonsense("client sent a startup message without user");
        started_ = true;
        // Later minor versions: this one is 3.0, and no option was understood wrongly.
        if ((version & 0xffffU) != 0) send('v', int32(0) + int32(0));
        if (terms().account) return send('R', int32(3));
        let_in({});
    }

    void let_in(std::string_view password) {
        if (!log_in(user_, password)) {
            error("FATAL", "28P01", "not let in");
            return leave();
        }
        send('R', int32(0));
        constexpr std::array<std::array<std::string_view, 2>, 6> parameters{
            {{"server_version", "15.0"},
             {"server_encoding", "UTF8"},
             {"client_encoding", "UTF8"},
             {"DateStyle", "ISO, MDY"},
             {"integer_datetimes", "on"},
             {"standard_conforming_strings", "on"}}};
        for (const auto& [name, value] : parameters) send('S', text(name) + text(value));
        ready();
    }

    void on_message(char letter, std::string_view body) {
        if (letter == 'X') return leave();
        if (!logged_in()) {
            const auto password = letter == 'p' ? take_text(body) : std::nullopt;
            if (!password || !body.empty()) return nonsense("client sent no password");
            return let_in(*password);
        }
        // After an error of the extended protocol everything is passed over until Sync.
        if (letter == 'S') {
            skipping_ = false;
            return ready();
        }
        if (skipping_ || letter == 'H') return;
        if (letter == 'Q') return on_query(body);
        if (std::string_view("PBDECF").find(letter) == std::string_view::npos)
            return nonsense("client sent a message of unknown kind " + in_quotes({&letter, 1}));
        skipping_ = letter != 'F';
        error("ERROR", "0A000", "there are only simple queries");
        if (!skipping_) ready();
    }

    void on_query(std::string_view body) {
        const auto query = take_text(body);
        if (!query || !body.empty()) return nonsense("client sent a malformed query");
        const std::string_view sql = statement(*query);
        if (sql.empty()) {
            send('I', {});
        } else if (const auto selected = selected_number(sql)) {
            // One column: of no table, of type int4 in four bytes, as text.
            send('T', int16(1) + text("?column?") + int32(0) + int16(0) + int32(23) + int16(4) +
                          "\xff\xff\xff\xff"s + int16(0));
            send('D', int16(1) + int32(selected->size()) + *selected);
            send('C', text("SELECT 1"));
        } else {
            error("ERROR", "0A000", "there is only SELECT with a number");
        }
        ready();
    }

    void ready() { send('Z', "I"); }
    void error(std::string_view severity, std::string_view code, std::string_view message) {
        send('E', "S" + text(severity) + "V" + text(severity) + "C" + text(code) + "M" +
                      text(message) + '\0');
    }
    void send(char letter, const std::string& body) { say(letter + int32(body.size() + 4) + body); }

    std::string user_;
    bool started_ = false;
    bool skipping_ = false;
};

}  // namespace

std::unique_ptr<Service> make_postgresql_service(ServiceTerms terms) {
    return std::make_unique<Postgresql>(std::move(terms));
}

}  // namespace omnitls::tool
