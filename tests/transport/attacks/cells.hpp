// SPDX-License-Identifier: BSL-1.0
// The matrix of attacks: every test of the suite `Attacks` is one kind, run for every transcript on every backend. What a kind cannot be
// done to stands in a table with its reason; at the end the numbers are printed, and cells that are missing are failures.
#pragma once

#include "tests/transport/attacks/connection.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace omnitls::test {

struct AttackCell {
    const Transcript* transcript;
    const TlsBackend* backend;
};

/// The versions that `backend` has, the newest first.
std::vector<ProtocolVersion> versions_of(const TlsBackend& backend);

class Attacks : public testing::TestWithParam<AttackCell> {
protected:
    void SetUp() override;
    void TearDown() override;

    const Transcript& transcript() const { return *GetParam().transcript; }
    bool ours_is_client() const { return is_client(transcript()); }
    /// In the backend's newest version.
    ConnectionSetup setup() const;
    ConnectionSetup setup(Turns turns) const {
        ConnectionSetup changed = setup();
        changed.turns = std::move(turns);
        return changed;
    }
    /// What the harmless connection says, and `more` in the segment of the last turn.
    Turns followed_by(std::string_view more) const {
        return with(transcript(), transcript().turns.size() - 1,
                    transcript().turns.back() + std::string(more));
    }
    /// The harmless connection succeeds.
    void expect_twin() const;

private:
    std::size_t before_ = 0;
};

/// Both ends are secure, judged and were judged, and what they say arrives, whole and nothing else.
void expect_open(Connection& connection);
/// Each end of an open connection reads exactly what the other writes.
void expect_conversation(Connection& connection);
/// Plain text has crossed the boundary: nothing was judged, nothing is delivered, and nothing was sent but a ClientHello before it came.
void expect_crossed(Connection& connection);
/// Our end was never secure, whatever the TLS library calls it, and nothing is delivered.
void expect_no_tls(Connection& connection);
/// Our end has answered the first bytes of the other's TLS with an alert at most.
void expect_alert_at_most(Connection& connection);
/// The dialogue has failed with `ec`, in its own words if it was its own decision; the stream is plain.
void expect_dialogue_failed(Connection& connection, std::error_code ec);
/// What the dialogue alone decides about these turns has come of the whole connection.
void expect_decided(Connection& connection);
/// Types of the TLS records in `bytes`, which are nothing else.
std::vector<int> records_in(std::string_view bytes);

}  // namespace omnitls::test
