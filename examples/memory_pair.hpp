// SPDX-License-Identifier: BSL-1.0
// Two ends in memory, for examples that need no network. memory_engine.cpp shows how such a thing works.
#pragma once

#include <omnitls/engine.hpp>
#include <omnitls/pump.hpp>
#include <omnitls/result.hpp>

#include <array>
#include <memory>
#include <stdexcept>
#include <utility>

namespace example {

template <class T>
T need(omnitls::Result<T> result) {
    return result ? *std::move(result) : throw std::runtime_error(result.error().to_string());
}

// One end, and the bytes it was sent and has not taken.
struct End {
    std::unique_ptr<omnitls::TlsEngine> engine;
    omnitls::Bytes inbox{};

    // False: nothing had come.
    bool turn(omnitls::TlsEngine& peer) {
        const bool arrived = peer.output_size() > 0;
        while (peer.output_size() > 0) {
            const omnitls::ConstBytes out = peer.output();
            inbox.insert(inbox.end(), out.begin(), out.end());
            peer.consume_output(out.size());
        }
        omnitls::Input in{inbox};
        step(in);
        inbox.assign(in.bytes.begin(), in.bytes.end());
        return arrived;
    }

private:
    void step(omnitls::Input& in) {
        if (engine->handshake_complete()) {
            std::array<std::uint8_t, 1024> nowhere;
            const omnitls::MutableBytes out(nowhere);
            pump_read(*engine, in, {&out, 1});
        } else if (pump_handshake(*engine, in).action == omnitls::PumpAction::ask) {
            pump_ask(*engine, nullptr);
            pump_handshake(*engine, in);  // goes on if it was answered at once
        }
    }
};

// Until neither has anything to send.
inline void run(End& client, End& server) {
    client.turn(*server.engine);
    while (server.turn(*client.engine) || client.turn(*server.engine)) {
    }
}

}  // namespace example
