// SPDX-License-Identifier: BSL-1.0
// Questions to the relay program, and its answers.
#include "tests/interop/relay.hpp"

#include <sstream>
#include <stdexcept>

namespace omnitls::test {
namespace {

std::string from_hex(const std::string& text) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return bytes;
}

Relay::Read parse_read(const std::string& word) {
    const std::size_t first = word.find(':');
    const std::size_t second = word.find(':', first + 1);
    const std::chrono::nanoseconds time(std::stoll(word.substr(0, first)));
    return {std::chrono::steady_clock::time_point(time),
            word.substr(first + 1, second - first - 1) == "up",
            std::stoull(word.substr(second + 1))};
}

}  // namespace

Relay::Relay(std::uint16_t server_port)
    : process_({OMNITLS_TEST_RELAY, std::to_string(server_port)}) {
    const std::string first = line();
    if (!first.starts_with("listening ")) throw std::runtime_error("the relay says " + first);
    port_ = static_cast<std::uint16_t>(std::stoi(first.substr(10)));
}

std::string Relay::line() {
    auto next = process_.read_line();
    if (!next) throw std::runtime_error("the relay says nothing " + process_.err());
    return *std::move(next);
}

std::vector<Relay::Connection> Relay::report() {
    process_.send("report\n");
    std::vector<Connection> connections;
    for (std::string text = line(); text != "end"; text = line()) {
        std::istringstream words(text);
        Connection& one = connections.emplace_back();
        words >> one.up >> one.down >> one.unread_up >> one.unread_down;
        for (std::string word; words >> word;) one.reads.push_back(parse_read(word));
    }
    return connections;
}

Relay::Traffic Relay::traffic(std::size_t connection) {
    process_.send("bytes " + std::to_string(connection) + "\n");
    Traffic traffic;
    traffic.up = from_hex(line());
    traffic.down = from_hex(line());
    return traffic;
}

std::vector<WireRecord> parse_records(std::string_view bytes) {
    constexpr std::size_t header = 5;
    const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    std::vector<WireRecord> records;
    while (!bytes.empty()) {
        if (bytes.size() < header || at(0) < 20 || at(0) > 23 || at(1) != 3)
            throw std::runtime_error("no TLS record");
        const std::size_t size = std::size_t{at(3)} * 256 + at(4);
        if (size == 0 || bytes.size() < header + size)
            throw std::runtime_error("an incomplete TLS record");
        records.push_back({at(0), at(header), size});
        bytes.remove_prefix(header + size);
    }
    return records;
}

}  // namespace omnitls::test
