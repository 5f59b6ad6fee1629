// SPDX-License-Identifier: BSL-1.0
// MySQL and MariaDB (protocol 10) from the login on, which is packet 2: the greeting and SSLRequest were before TLS.
#include "tools/omnitls/served/line_service.hpp"
#include "tools/omnitls/served/sql.hpp"

#include <array>
#include <stdexcept>

namespace omnitls::tool {
namespace {

using namespace std::string_literals;

constexpr std::size_t packet_header =
    4;  // three bytes of length, low byte first, and a number that counts up
constexpr std::size_t packet_limit = std::size_t{8} * 1024;
constexpr std::uint32_t protocol_41 = 0x0200;
constexpr std::uint32_t plugin_auth = 0x0008'0000;
constexpr std::size_t challenge_size = 20;
using Digest = std::array<std::uint8_t, 32>;

enum class Command : std::uint8_t { quit = 1, init_db = 2, query = 3, ping = 14, reset = 31 };

std::uint32_t number(std::string_view bytes) {
    std::uint32_t value = 0;
    for (auto c = bytes.rbegin(); c != bytes.rend(); ++c)
        value = value << 8U | static_cast<std::uint8_t>(*c);
    return value;
}
/// A text with its length, which is below 251.
std::string counted(std::string_view text) {
    return static_cast<char>(text.size()) + std::string(text);
}

class Mysql final : public Service {
public:
    explicit Mysql(ServiceTerms terms) : Service("mysql", std::move(terms)) {}

private:
    std::string_view step_name() const override {
        return logged_in() ? "commands" : challenge_.empty() ? "login" : "password";
    }

    std::size_t take(std::string_view bytes) override {
        if (bytes.size() < packet_header) return 0;
        const std::size_t size = packet_header + number(bytes.substr(0, 3));
        if (size > packet_limit) too_long("a packet of more than 8192 bytes");
        if (ended() || bytes.size() < size || !count_command()) return 0;
        const auto sequence = static_cast<std::uint8_t>(bytes[3]);
        if (sequence != (logged_in() ? 0 : next_)) {
            nonsense("client sent packet number " + std::to_string(sequence) + ", not " +
                     std::to_string(logged_in() ? 0 : next_));
            return 0;
        }
        next_ = static_cast<std::uint8_t>(sequence + 1);
        const std::string_view payload = bytes.substr(packet_header, size - packet_header);
        if (logged_in())
            on_command(payload);
        else if (challenge_.empty())
            on_login(payload);
        else
            on_password(payload);
        return size;
    }

    void on_login(std::string_view payload) {
        // Capabilities, size of packets, character set, and 23 bytes of nothing.
        constexpr std::size_t fixed = 4 + 4 + 1 + 23;
        const std::size_t end = payload.find('\0', fixed);
        const std::uint32_t capabilities = number(payload.substr(0, 4));
        if (payload.size() < fixed || end == std::string_view::npos ||
            (capabilities & protocol_41) == 0)
            return nonsense("client sent a malformed login");
        user_ = payload.substr(fixed, end - fixed);
        if (!terms().account) {
            log_in(user_, {});
            return ok();
        }
        if ((capabilities & plugin_auth) == 0) return refuse();
        // What it said of its password goes by a challenge of the plain-text greeting. Here is one that nobody has seen.
        challenge_ = new_challenge();
        send("\xfe"s + "caching_sha2_password" + '\0' + challenge_ + '\0');
    }

    std::string new_challenge() const {
        std::array<std::uint8_t, challenge_size> bytes{};
        if (!terms().crypto->random(bytes)) throw std::runtime_error("no random bytes");
        std::string challenge;
        for (const std::uint8_t byte : bytes) challenge += static_cast<char>('!' + byte % 90);
        return challenge;
    }

    /// Its answer to the challenge: SHA256(password) xor SHA256(SHA256(SHA256(password)) challenge).
    void on_password(std::string_view payload) {
        const std::string& password = terms().account->password;
        const Digest once = digest(as_bytes(password));
        const Digest twice = digest(once);
        std::string mixed(as_text(twice));
        mixed += challenge_;
        const Digest mask = digest(as_bytes(mixed));
        std::string expected;
        for (std::size_t i = 0; i < once.size(); ++i)
            expected += static_cast<char>(once[i] ^ mask[i]);
        if (payload != expected || !log_in(user_, password)) return refuse();
        send("\1\3"s);  // it was right
        ok();
    }
    Digest digest(ConstBytes data) const {
        Digest value{};
        if (!terms().crypto->digest(spi::Hash::sha256, data, value))
            throw std::runtime_error("no SHA-256");
        return value;
    }
    void refuse() {
        error(1045, "28000", "not let in");
        leave();
    }

    void on_command(std::string_view payload) {
        if (payload.empty()) return nonsense("client sent an empty command");
        switch (static_cast<Command>(payload[0])) {
            case Command::quit:
                return leave();
            case Command::init_db:
            case Command::ping:
            case Command::reset:
                return ok();
            case Command::query:
                return on_query(payload.substr(1));
        }
        error(1047, "08S01", "there is no such command");
    }

    void on_query(std::string_view query) {
        std::string_view sql = statement(query);
        if (const auto selected = selected_number(sql)) return row(*selected);
        // Clients set up their side before they ask.
        if (same_word(take_word(sql), "SET")) return ok();
        error(1235, "42000", "there is only SELECT with a number");
    }
    void row(const std::string& value) {
        send("\1"s);
        // Of no database and table; numbers in binary, of at most 9 digits, LONGLONG.
        send(counted("def") + counted("") + counted("") + counted("") + counted(value) +
             counted("") + "\x0c\x3f\0\x09\0\0\0\x08\x01\0\0\0\0"s);
        end_of_rows();
        send(counted(value));
        end_of_rows();
    }

    // No warnings, autocommit.
    void end_of_rows() { send("\xfe\0\0\2\0"s); }
    void ok() { send("\0\0\0\2\0\0\0"s); }
    void error(unsigned code, std::string_view state, std::string_view message) {
        std::string packet{'\xff', static_cast<char>(code), static_cast<char>(code >> 8U), '#'};
        send(packet.append(state).append(message));
    }
    void send(std::string_view payload) {
        const std::size_t size = payload.size();  // all of ours are short
        say(std::string{static_cast<char>(size), static_cast<char>(size >> 8U), 0,
                        static_cast<char>(next_++)});
        say(payload);
    }

    std::string user_;
    std::string challenge_;  ///< Empty: not given yet.
    std::uint8_t next_ = 2;  ///< The number of the next packet.
};

}  // namespace

std::unique_ptr<Service> make_mysql_service(ServiceTerms terms) {
    return std::make_unique<Mysql>(std::move(terms));
}

}  // namespace omnitls::tool
