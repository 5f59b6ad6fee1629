// SPDX-License-Identifier: BSL-1.0
// Failures that are induced on purpose: the scene each one is played in, and the tables of them with what both ends must say.
#pragma once

#include "tests/support/forger.hpp"
#include "tests/support/pair.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace omnitls::test {

/// One connection of a backend with itself, of which one end is the victim. The steps may be called out of order: each plays those
/// before it that were not played yet.
class Scene {
public:
    Scene(const TlsBackend& backend, ProtocolVersion version, Role victim);

    /// Changed before the first step.
    PairSetup setup;
    Role role;  ///< Of the victim.
    ProtocolVersion version;
    const TlsBackend& backend;
    std::shared_ptr<SecretsKept> secrets = std::make_shared<SecretsKept>();
    std::string said;  ///< For failures that a call returns and the engine does not keep.

    Side& client();
    Side& server();
    Side& victim() { return role == Role::client ? client() : server(); }
    Side& peer() { return role == Role::client ? server() : client(); }

    /// The client's hello, not delivered.
    Bytes hello();
    /// The server's answer to it, not delivered.
    Bytes flight();
    /// The client's answer to that, not delivered.
    Bytes second();
    /// The victim's first input: `hello` for a server, `flight` for a client.
    Bytes first_for_victim() { return role == Role::client ? flight() : hello(); }
    /// Plays the handshake to its end; throws when the two do not open.
    void open();
    /// Moves what either end has sent until nothing moves.
    void settle();
    void end_of_input(Side& side);

    /// For records in the peer's name: needs `by_key_log`.
    Forger forger(bool handshake_keys = false);
    /// One record in the peer's name, under the keys of the open connection, for the victim.
    void forge(std::uint8_t type, std::string_view content);

    /// What both ends say: "cause@phase >alert sent <alert received", or their state; the victim first.
    std::string outcome();

private:
    void make();
    Pair& pair();
    std::optional<Pair> pair_;
    Bytes server_random_;
};

enum class On { client, server, both };

struct Cause {
    const char* name;
    On on;
    std::function<void(Scene&)> induce;
    const char* needs = nullptr;  ///< A capability.
};

/// What must come of a cause on one side: a row of expected_errors.csv, the table of all.
struct Expected {
    std::string cause;
    Role role = Role::client;  ///< Of the victim.
    std::string tls12;         ///< As `Scene::outcome`; empty: not with this version.
    std::string tls13;
};
const std::vector<Expected>& expected_errors();

/// What causes that forge need.
inline constexpr const char* by_key_log = "key_log";

const std::vector<Cause>& causes_in_the_handshake();
const std::vector<Cause>& causes_once_open();
const std::vector<Cause>& causes_of_trust();
const std::vector<Cause>& causes_of_use();

/// The first record of `flight` with a handshake message of that type; throws if there is none.
std::size_t find_message(ConstBytes flight, std::uint8_t type);

}  // namespace omnitls::test
