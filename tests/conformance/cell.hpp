// SPDX-License-Identifier: BSL-1.0
// The cells of the conformance suite: ordered backend pair x version x chunking.
#pragma once

#include "tests/conformance/known_gaps.hpp"
#include "tests/support/certs.hpp"
#include "tests/support/pair.hpp"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <omnitls_built_backends.hpp>

namespace omnitls::test {

struct Cell {
    const TlsBackend* client;
    const TlsBackend* server;
    ProtocolVersion version;
    Chunking chunking;

    PairSetup setup() const {
        PairSetup result;
        result.client_backend = client;
        result.server_backend = server;
        result.versions = {version, version};
        return result;
    }
};

inline std::vector<Cell> all_cells() {
    std::vector<Cell> cells;
    for (const TlsBackend* client : built_backends()) {
        for (const TlsBackend* server : built_backends()) {
            for (const ProtocolVersion version : {ProtocolVersion::tls12, ProtocolVersion::tls13}) {
                for (const Chunking chunking : all_chunkings())
                    cells.push_back({client, server, version, chunking});
            }
        }
    }
    return cells;
}

/// Every pair, in one piece: for what does not depend on how the bytes are cut.
inline std::vector<Cell> whole_cells() {
    std::vector<Cell> cells = all_cells();
    std::erase_if(cells, [](const Cell& cell) { return cell.chunking != Chunking::whole; });
    return cells;
}

/// Each backend with itself, in one piece: for what is a matter of content alone.
inline std::vector<Cell> content_cells() {
    std::vector<Cell> cells = all_cells();
    std::erase_if(cells, [](const Cell& cell) {
        return cell.client != cell.server || cell.chunking != Chunking::whole;
    });
    return cells;
}

/// The same, of TLS 1.2 alone: for what TLS 1.3 does not have.
inline std::vector<Cell> tls12_cells() {
    std::vector<Cell> cells = content_cells();
    std::erase_if(cells, [](const Cell& cell) { return cell.version != ProtocolVersion::tls12; });
    return cells;
}

inline std::string cell_name(const ::testing::TestParamInfo<Cell>& info) {
    const Cell& cell = info.param;
    const char* version = cell.version == ProtocolVersion::tls13 ? "tls13" : "tls12";
    return std::string(cell.client->name()) + "_to_" + std::string(cell.server->name()) + "_" +
           version + "_" + chunking_name(cell.chunking);
}

inline void PrintTo(const Cell& cell, std::ostream* out) {
    *out << cell.client->name() << " to " << cell.server->name();
}

/// Its handshake is done, and nothing has gone wrong.
inline void expect_open(const Side& side) {
    EXPECT_EQ(side.error, std::error_code());
    if (side.engine->last_error()) ADD_FAILURE() << side.engine->last_error()->to_string();
    EXPECT_EQ(side.engine->state(), State::open);
}

/// Skips, visibly and for the reason in its own capabilities, what a backend cannot do.
#define OMNITLS_NEEDS(backend, capability)                                         \
    do {                                                                           \
        const std::string reason_ = ::omnitls::test::missing(backend, capability); \
        if (!reason_.empty()) GTEST_SKIP() << reason_;                             \
    } while (false)

class CellTest : public ::testing::TestWithParam<Cell> {
protected:
    void SetUp() override {
        need(capability_of(GetParam().version));
        if (IsSkipped()) return;
        watch_.emplace(known_gaps(),
                       name_of(*::testing::UnitTest::GetInstance()->current_test_info()),
                       std::vector{GetParam().client, GetParam().server});
    }
    void TearDown() override {
        if (watch_) watch_->report();
    }
    /// For tests whose cells need more than their version.
    static void need(const std::string& capability) {
        OMNITLS_NEEDS(*GetParam().client, capability);
        OMNITLS_NEEDS(*GetParam().server, capability);
    }

private:
    std::optional<GapWatch> watch_;
};

}  // namespace omnitls::test
