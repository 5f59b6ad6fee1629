// SPDX-License-Identifier: BSL-1.0
#include "tests/interop/conversation.hpp"

#include <asio/error.hpp>

#include <utility>

namespace omnitls::test {

std::string Conversation::say(const std::string& text, const std::string& end) {
    send(text);
    return hear(end);
}

std::string Conversation::hear(const std::string& end) {
    std::string all = std::exchange(beyond_, {});
    while (all.find(end) == std::string::npos) {
        const Got got = read();
        if (got.error) throw std::system_error(got.error, "after \"" + all + "\"");
        all += got.text;
    }
    return all;
}

std::string Conversation::receive(std::size_t size) {
    while (beyond_.size() < size) {
        const Got got = read();
        if (got.error) throw std::system_error(got.error, "after \"" + beyond_ + "\"");
        beyond_ += got.text;
    }
    std::string wanted = beyond_.substr(0, size);
    beyond_.erase(0, size);
    return wanted;
}

std::string Conversation::rest() {
    std::string all = std::exchange(beyond_, {});
    for (;;) {
        const Got got = read();
        if (got.error == asio::error::eof) return all;
        if (got.error) throw std::system_error(got.error, "after \"" + all + "\"");
        all += got.text;
    }
}

}  // namespace omnitls::test
