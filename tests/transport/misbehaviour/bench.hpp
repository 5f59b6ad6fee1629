// SPDX-License-Identifier: BSL-1.0
// Plays scripts: whole connections of one backend with itself, over a pipe in memory, with a clock that moves when it is told to.
#pragma once

#include "tests/transport/misbehaviour/behaviour.hpp"
#include "tests/transport/misbehaviour/forms.hpp"
#include <omnitls/backend.hpp>

#include <atomic>
#include <memory>

namespace omnitls::test {

struct MatrixCell {
    Misbehaviour misbehaviour;
    Form form;
    const TlsBackend* backend;
    Role role;  ///< Of the side that judges.
    ProtocolVersion version;
};

/// The contexts of one cell, for as many connections as it has. They allow one open question: one that leaked would be refused
/// to the next connection.
class Bench {
public:
    explicit Bench(const MatrixCell& cell);
    ~Bench();
    /// One connection; what must not be is a failure of the test.
    void play(const Script& script);

private:
    friend class Play;
    void make_contexts();

    const MatrixCell& cell_;
    Elsewhere elsewhere_;
    Hook hook_;  ///< Of the connection that is being played.
    std::shared_ptr<CertificateVerifier> verifier_;
    std::shared_ptr<const ClientContext> client_;
    std::shared_ptr<const ServerContext> server_;
};

}  // namespace omnitls::test
