// SPDX-License-Identifier: BSL-1.0
// The ways to move bytes, by name, for the programs that compare or count them. "omnitls" completes a write when it is sent,
// "accepted" when it is accepted (write-behind); "_co" is the same in coroutines.
#pragma once

#include "bench/links.hpp"

#include <array>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bench {

struct Way {
    const char* name;
    std::unique_ptr<Connection> (*connect)(asio::io_context& io, Medium medium);
};

inline constexpr std::array ways = {
    Way{"asio_ssl", [](asio::io_context& io,
                       Medium medium) { return connect_asio_ssl(io, medium, Form::callbacks); }},
    Way{"omnitls",
        [](asio::io_context& io, Medium medium) {
            return connect_omnitls(io, medium, Form::callbacks, omnitls::WriteCompletion::sent);
        }},
    Way{"accepted",
        [](asio::io_context& io, Medium medium) {
            return connect_omnitls(io, medium, Form::callbacks, omnitls::WriteCompletion::accepted);
        }},
    Way{"raw_fd", [](asio::io_context& io, Medium) { return connect_raw_fd(io); }},
    Way{"plain", [](asio::io_context& io, Medium medium) { return connect_plain(io, medium); }},
    Way{"engine", [](asio::io_context&, Medium) { return connect_engines(); }},
    Way{"asio_co", [](asio::io_context& io,
                      Medium medium) { return connect_asio_ssl(io, medium, Form::coroutines); }},
    Way{"omnitls_co",
        [](asio::io_context& io, Medium medium) {
            return connect_omnitls(io, medium, Form::coroutines, omnitls::WriteCompletion::sent);
        }},
};

inline const Way& way_named(std::string_view name) {
    for (const Way& way : ways)
        if (name == way.name) return way;
    throw std::invalid_argument("there is no variant " + std::string(name));
}

inline const char* medium_name(Medium medium) { return medium == Medium::tcp ? "tcp" : "memory"; }

}  // namespace bench
