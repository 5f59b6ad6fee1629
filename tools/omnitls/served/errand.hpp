// SPDX-License-Identifier: BSL-1.0
// `Errand`: what a service, which has no input and output of its own, has its connection do. Only FTP has such things.
#pragma once

#include <omnitls/error.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace omnitls::tool {

struct Errand {
    enum class Kind : std::uint8_t {
        none,
        listen,   ///< For one data connection, in the place of any that has not come yet.
        send,     ///< Takes the data connection, sends `bytes` and ends it.
        receive,  ///< Takes the data connection and throws away what comes, up to its end.
        stop_tls  ///< The connection itself goes on in plain text.
    };
    Kind kind = Kind::none;
    bool tls = false;   ///< The data connection is TLS.
    std::string bytes;  ///< To be sent.
};

struct ErrandResult {
    enum class Outcome : std::uint8_t {
        done,
        no_connection,  ///< Nobody came, or there was nowhere to come to.
        no_tls,
        broken  ///< In the middle of the file, or without the close_notify that says it was whole.
    };
    Outcome outcome = Outcome::done;
    std::string address;  ///< Where it listens.
    std::uint16_t port = 0;
    std::uint64_t bytes = 0;           ///< Of the file.
    std::optional<ErrorDetail> error;  ///< Why it is not done.
};

}  // namespace omnitls::tool
