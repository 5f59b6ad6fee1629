// SPDX-License-Identifier: BSL-1.0
// `ScriptedDialogue`: a line-based STARTTLS dialogue that expects and says what a test tells it to.
#pragma once

#include <omnitls/starttls/dialogue.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace omnitls::test {

class ScriptedDialogue final : public starttls::Dialogue {
public:
    /// Each turn: wait for exactly `expect`, then say `say`. A first turn with an empty `expect` speaks at once.
    struct Turn {
        std::string expect;
        std::string say;
    };
    explicit ScriptedDialogue(std::vector<Turn> turns, bool upgrades = true)
        : turns_(std::move(turns)), upgrades_(upgrades) {
        advance();
    }

    Step step(Input& in) noexcept override {
        while (!in.bytes.empty() && turn_ < turns_.size()) {
            const std::string& expected = turns_[turn_].expect;
            if (static_cast<char>(in.take(1)[0]) != expected[matched_]) {
                error_ = make_error(Errc::starttls_protocol, "expected \"" + expected + "\"");
                return {0, Want::nothing, error_->code};
            }
            if (++matched_ == expected.size()) {
                out_ += turns_[turn_].say;
                matched_ = 0;
                ++turn_;
            }
        }
        if (turn_ == turns_.size()) return {};
        return {0, Want::input, {}};
    }
    ConstBytes output() const noexcept override { return as_bytes(out_); }
    void consume_output(std::size_t n) noexcept override { out_.erase(0, n); }
    bool upgraded() const noexcept override { return upgrades_; }
    const ErrorDetail* last_error() const noexcept override { return error_ ? &*error_ : nullptr; }
    std::string_view protocol() const noexcept override { return "scripted"; }
    std::string_view step_name() const noexcept override {
        return turn_ == 0 ? "greeting" : "go-ahead";
    }
    starttls::UnauthenticatedText offer_text() const override { return {}; }
    std::size_t turn() const noexcept { return turn_; }

private:
    void advance() {
        while (turn_ < turns_.size() && turns_[turn_].expect.empty()) out_ += turns_[turn_++].say;
    }

    std::vector<Turn> turns_;
    bool upgrades_;
    std::size_t turn_ = 0;
    std::size_t matched_ = 0;
    std::string out_;
    std::optional<ErrorDetail> error_;
};

}  // namespace omnitls::test
