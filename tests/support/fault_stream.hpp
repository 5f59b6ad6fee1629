// SPDX-License-Identifier: BSL-1.0
// `FaultStream`: a next layer that counts its reads and writes and makes the k-th one fail, for error sweeps.
#pragma once

#include "tests/support/pipe_stream.hpp"

#include <asio/error.hpp>

#include <memory>
#include <system_error>
#include <utility>

namespace omnitls::test {

enum class Fault { eof, reset, cancel };

/// Shared by all layers of a scenario: one sequence of steps, one of which fails.
struct FaultPlan {
    std::size_t fail_at = 0;  ///< From 1; 0 = never.
    Fault fault = Fault::eof;
    std::size_t steps = 0;  ///< Started so far.
    bool hit = false;

    /// Counts a step; true: this one fails.
    bool next() {
        ++steps;
        if (steps != fail_at) return false;
        return hit = true;
    }
};

class FaultStream {
public:
    using executor_type = PipeStream::executor_type;
    using lowest_layer_type = PipeStream;

    FaultStream(PipeStream next, std::shared_ptr<FaultPlan> plan)
        : next_(std::move(next)), plan_(std::move(plan)) {}

    executor_type get_executor() noexcept { return next_.get_executor(); }
    lowest_layer_type& lowest_layer() noexcept { return next_; }
    const lowest_layer_type& lowest_layer() const noexcept { return next_; }

    template <class Buffers, class Handler>
    void async_read_some(const Buffers& buffers, Handler&& handler) {
        if (plan_->next()) return fail(std::forward<Handler>(handler), asio::error::eof);
        next_.async_read_some(buffers, std::forward<Handler>(handler));
    }
    template <class Buffers, class Handler>
    void async_write_some(const Buffers& buffers, Handler&& handler) {
        if (plan_->next()) return fail(std::forward<Handler>(handler), asio::error::broken_pipe);
        next_.async_write_some(buffers, std::forward<Handler>(handler));
    }

private:
    // The peer sees the end of the connection; this side sees it with this step and, for a reset, with all that follow.
    template <class Handler>
    void fail(Handler&& handler, std::error_code ended) {
        std::error_code ec = asio::error::operation_aborted;
        if (plan_->fault == Fault::eof) {
            ec = ended;
            next_.control().inject_eof();
        }
        if (plan_->fault == Fault::reset) {
            ec = asio::error::connection_reset;
            next_.control().break_with(ec);
        }
        ErasedHandler<std::error_code, std::size_t> erased(std::forward<Handler>(handler),
                                                           get_executor());
        erased.post(ec, 0);
    }

    PipeStream next_;
    std::shared_ptr<FaultPlan> plan_;
};

}  // namespace omnitls::test
