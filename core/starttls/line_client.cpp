// SPDX-License-Identifier: BSL-1.0
// The steps that the clients of all line protocols take.
#include "core/starttls/line_client.hpp"

namespace omnitls::inline v0::core {

std::string_view LineClient::step_name() const noexcept {
    switch (step_) {
        case LineStep::greeting:
            return "greeting";
        case LineStep::capabilities:
            return words_.ask;
        case LineStep::go_ahead:
            break;
    }
    return words_.upgrade;
}

std::string_view LineClient::expected() const {
    if (listed_ && step_ != LineStep::go_ahead) return words_.expect_keyword;
    switch (step_) {
        case LineStep::greeting:
            return words_.expect_greeting;
        case LineStep::capabilities:
            return words_.expect_capabilities;
        case LineStep::go_ahead:
            break;
    }
    return words_.expect_go_ahead;
}

void LineClient::ask_capabilities(std::string_view before, std::string_view argument) {
    step_ = LineStep::capabilities;
    next_step();
    std::string command(before);
    command.append(words_.ask).append(argument).append("\r\n");
    send(command);
}

void LineClient::add_capability(std::string_view line) {
    const std::string_view word = line.substr(0, line.find(' '));
    offered_ = offered_ || equal_ignoring_case(word, words_.keyword);
    add_offer(line);
}

bool LineClient::take_listed(std::string_view line) {
    if (!in_list_) return false;
    in_list_ = line != ".";
    if (in_list_) {
        add_capability(line);
    } else {
        ask_upgrade();
    }
    return true;
}

void LineClient::ask_upgrade(std::string_view before) {
    listed_ = true;
    if (!offered_ && !words_.keyword.empty()) {
        return not_offered(offered().empty() ? "server offers no extensions"
                                             : "server offers \"" + offered() + "\"");
    }
    step_ = LineStep::go_ahead;
    next_step();
    std::string command(before);
    command.append(words_.upgrade).append("\r\n");
    send(command);
}

void LineClient::refused(std::string_view text) {
    fail(Errc::starttls_refused, "server answered " + in_quotes(text), text,
         "the server's log may say why");
}

void LineClient::nonsense(std::string_view found) {
    fail(Errc::starttls_protocol, found, {}, words_.hint);
}

void LineClient::unknown_to_peer(std::string_view text) {
    not_offered("server answered " + in_quotes(text), text);
}

}  // namespace omnitls::inline v0::core
