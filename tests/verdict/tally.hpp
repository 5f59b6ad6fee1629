// SPDX-License-Identifier: BSL-1.0
// Counts the cells of the verdict corpus, holds known gaps against what fails, and prints the sum at the end.
#pragma once

#include "tests/conformance/known_gaps.hpp"

#include <map>
#include <set>
#include <string>

namespace omnitls::test {

class Tally {
public:
    static Tally& instance();

    /// One cell is done: `name` is "Verdict.rule/twin_backend_way", `problem` what was wrong with it, or empty. Reports a test
    /// failure for a problem that no row of known_gaps.csv explains, and for a row that explains nothing any more.
    void done(const TlsBackend& backend, const std::string& name, const std::string& problem);
    /// A chain is judged or shown once.
    void run() { ++runs_; }
    /// Orders of a chain that a cell does not run, since the newer version of TLS has run them.
    void orders_left_out(std::size_t count) { orders_left_out_ += count; }
    /// A handshake that is not to be had, and why.
    void left_out(const std::string& reason) { ++left_out_[reason]; }
    /// A handshake that the library ended by itself, over a certificate that it cannot read.
    void unread(const TlsBackend& backend) { ++unread_[std::string(backend.name())]; }

    /// Prints the sum. After a whole run: fails for rows of this build's backends that were for no cell at all.
    void report(bool whole) const;

private:
    const KnownGap* gap_of(const TlsBackend& backend, const std::string& name) const;

    std::size_t runs_ = 0;
    std::size_t orders_left_out_ = 0;
    std::map<std::string, int> cells_;  ///< By backend.
    std::map<std::string, int> gaps_;
    std::map<std::string, int> disagreements_;
    std::map<std::string, int> left_out_;
    std::map<std::string, int> unread_;
    std::set<const KnownGap*> used_;
};

}  // namespace omnitls::test
