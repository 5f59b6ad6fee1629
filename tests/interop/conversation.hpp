// SPDX-License-Identifier: BSL-1.0
// `Conversation`: what is said on a connection, whatever it is. Without the transport's headers, so that the files which only talk compile
// in little time.
#pragma once

#include <omnitls/config.hpp>

#include <cstddef>
#include <string>
#include <system_error>

namespace omnitls::test {

class Conversation {
public:
    virtual ~Conversation() = default;

    virtual void send(const std::string& text) = 0;
    /// Reads once: the bytes, or the error.
    struct Got {
        std::string text;
        std::error_code error;
    };
    virtual Got read() = 0;
    /// Of the TLS that it goes over.
    virtual ProtocolVersion version() const = 0;

    /// Writes `text`, then reads until what came has `end`; returns what came since the last call. Throws if it does not come.
    std::string say(const std::string& text, const std::string& end);
    std::string hear(const std::string& end);
    /// Exactly so many bytes; what came beyond them is for the next call. Throws if they do not come.
    std::string receive(std::size_t size);
    /// Everything up to close_notify. Throws if the connection ends otherwise.
    std::string rest();

private:
    std::string beyond_;
};

}  // namespace omnitls::test
