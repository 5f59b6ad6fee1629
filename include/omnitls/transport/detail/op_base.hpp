// SPDX-License-Identifier: BSL-1.0
// What the operations have in common: the handler with everything associated with it, completion that is never inline, and
// parking. Small on purpose: it is instantiated per handler.
#pragma once

#include <omnitls/blocks.hpp>
#include <omnitls/transport/detail/stream_base.hpp>

#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/cancellation_state.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/post.hpp>
#include <asio/version.hpp>
#if ASIO_VERSION >= 102800
#include <asio/associated_immediate_executor.hpp>
#include <asio/dispatch.hpp>
#endif

#include <memory>
#include <new>
#include <tuple>
#include <type_traits>
#include <utility>

namespace omnitls::inline v0::detail {

/// A handler and its arguments, to be posted; keeps the handler's executor and allocator.
template <class Handler, class Ex, class... Args>
class Posted {
public:
    using executor_type = asio::associated_executor_t<Handler, Ex>;
    using allocator_type = asio::associated_allocator_t<Handler>;

    Posted(Handler&& handler, const Ex& ex, Args... args)
        : handler_(std::move(handler)), ex_(ex), args_(std::move(args)...) {}
    executor_type get_executor() const noexcept {
        return asio::get_associated_executor(handler_, ex_);
    }
    allocator_type get_allocator() const noexcept {
        return asio::get_associated_allocator(handler_);
    }
    const Handler& associated() const noexcept { return handler_; }
    void operator()() { std::apply(std::move(handler_), std::move(args_)); }

private:
    Handler handler_;
    Ex ex_;
    std::tuple<Args...> args_;
};

#if ASIO_VERSION >= 102800
/// A completion for an immediate executor, which stands for the operation's where the handler has none of its own.
template <class Completion, class Immediate>
class AtOnce {
    using Handler = std::decay_t<decltype(std::declval<const Completion&>().associated())>;

public:
    using executor_type = asio::associated_executor_t<Handler, Immediate>;
    using allocator_type = typename Completion::allocator_type;

    AtOnce(Completion&& completion, const Immediate& immediate)
        : completion_(std::move(completion)), immediate_(immediate) {}
    executor_type get_executor() const noexcept {
        return asio::get_associated_executor(completion_.associated(), immediate_);
    }
    allocator_type get_allocator() const noexcept { return completion_.get_allocator(); }
    void operator()() { completion_(); }

private:
    Completion completion_;
    Immediate immediate_;
};
#endif

/// Completes an operation that has nothing to wait for: not inside the function that starts it, unless the handler has an immediate
/// executor of its own (Asio 1.28) that says otherwise.
template <class Ex, class Completion>
void complete_at_once(const Ex& ex, Completion&& completion) {
#if ASIO_VERSION >= 102800
    using Own = std::decay_t<Completion>;
    struct NoHandler {};
    const auto immediate = asio::get_associated_immediate_executor(completion.associated(), ex);
    using Immediate = std::decay_t<decltype(immediate)>;
    using Default = asio::associated_immediate_executor_t<NoHandler, Ex>;
    // By way of the default one, which never runs anything inside, a completion would take two turns.
    if constexpr (!std::is_same_v<Immediate, std::decay_t<Default>>) {
        return asio::dispatch(immediate, AtOnce<Own, Immediate>(
                                             Own(std::forward<Completion>(completion)), immediate));
    }
#endif
    asio::post(ex, std::forward<Completion>(completion));
}

/// Completes an operation that did not begin.
template <class Handler, class Ex, class... Args>
void post_result(const Ex& ex, Handler&& handler, Args... args) {
    using Result = Posted<std::decay_t<Handler>, Ex, Args...>;
    std::decay_t<Handler> own(std::forward<Handler>(handler));
    complete_at_once(ex, Result(std::move(own), ex, std::move(args)...));
}

/// Base of reads and writes. They are handlers of the next layer's operations themselves: associated executor, allocator
/// and cancellation of the user's handler hold all the way down, and nothing is allocated beyond what the next layer does.
template <class Impl, class Handler>
class OpBase {
public:
    using executor_type = asio::associated_executor_t<Handler, typename Impl::executor_type>;
    using allocator_type = asio::associated_allocator_t<Handler>;
    using cancellation_slot_type = asio::cancellation_slot;

    template <class H, class Filter>
    OpBase(std::shared_ptr<Impl> impl, H&& handler, Filter filter)
        : impl_(std::move(impl)),
          handler_(std::forward<H>(handler)),
          cancel_(asio::get_associated_cancellation_slot(handler_), filter) {}

    executor_type get_executor() const noexcept {
        return asio::get_associated_executor(handler_, impl_->get_executor());
    }
    allocator_type get_allocator() const noexcept {
        return asio::get_associated_allocator(handler_);
    }
    cancellation_slot_type get_cancellation_slot() const noexcept { return cancel_.slot(); }
    const Handler& associated() const noexcept { return handler_; }

protected:
    enum class Stage : std::uint8_t { starting, running, delivering };

    bool cancelled() const noexcept { return cancel_.cancelled() != asio::cancellation_type::none; }
    /// Called first whenever the operation gets control back.
    void resumed() noexcept {
        cancel_.slot().clear();
        if (stage_ == Stage::starting) stage_ = Stage::running;
    }
    /// Keeps the result for `Stage::delivering`.
    void keep(std::error_code ec, std::size_t n) noexcept {
        stage_ = Stage::delivering;
        result_ = ec;
        bytes_ = n;
    }
    /// Hands over the result; the operation is over before.
    template <class... Args>
    void upcall(Args... args) {
        Handler handler(std::move(handler_));
        impl_.reset();
        std::move(handler)(args...);
    }

    std::shared_ptr<Impl> impl_;
    Handler handler_;
    asio::cancellation_state cancel_;
    Stage stage_ = Stage::starting;
    std::error_code result_;
    std::size_t bytes_ = 0;
};

/// An operation set aside until somebody else's flight lands: in memory of its handler's allocator, or if that has none of its own in
/// a block of the thread's. It is given back before the operation is posted, as Asio does, so that one piece serves both.
template <class Op, class Ex>
class Parked final : public Waiter {
    using OfHandler = typename Op::allocator_type;
    static constexpr bool in_block = std::is_same_v<OfHandler, std::allocator<void>> &&
                                     alignof(Op) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__;
    using Allocator = typename std::allocator_traits<OfHandler>::template rebind_alloc<Parked>;
    using Memory = std::conditional_t<in_block, MutableBytes, Allocator>;

public:
    static WaiterPtr make(Op&& op, const Ex& ex) {
        if constexpr (in_block) {
            static_assert(alignof(Parked) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
            const MutableBytes block = default_block_source().acquire(sizeof(Parked));
            if (block.data() == nullptr) throw std::bad_alloc();
            return WaiterPtr(new (block.data()) Parked(std::move(op), ex, block));
        } else {
            Allocator allocator(op.get_allocator());
            Parked* const place = std::allocator_traits<Allocator>::allocate(allocator, 1);
            return WaiterPtr(new (place) Parked(std::move(op), ex, allocator));
        }
    }
    void resume() override {
        Op op(std::move(op_));
        const auto work = std::move(work_);
        const Ex ex(ex_);
        destroy();
        asio::post(ex, std::move(op));
    }
    void destroy() noexcept override {
        Memory memory(memory_);
        const Op owner(std::move(op_));  // A part of the handler may own the memory.
        this->~Parked();
        if constexpr (in_block) {
            default_block_source().release(memory);
        } else {
            std::allocator_traits<Allocator>::deallocate(memory, this, 1);
        }
    }

private:
    Parked(Op&& op, const Ex& ex, const Memory& memory) noexcept
        : work_(op.get_executor()), ex_(ex), memory_(memory), op_(std::move(op)) {}
    ~Parked() = default;

    asio::executor_work_guard<typename Op::executor_type> work_;
    Ex ex_;
    Memory memory_;
    Op op_;
};

/// Parks `op` in `place`; its cancellation takes it out again.
template <class Impl, class Op>
void park(const std::shared_ptr<Impl>& impl, WaiterPtr StreamBase::*place, Op&& op) {
    auto slot = op.get_cancellation_slot();
    if (slot.is_connected()) {
        slot.assign([weak = std::weak_ptr<Impl>(impl), place](asio::cancellation_type_t) {
            if (const auto stream = weak.lock()) Impl::wake((*stream).*place);
        });
    }
    using Ex = typename Impl::executor_type;
    (*impl).*place = Parked<std::decay_t<Op>, Ex>::make(std::forward<Op>(op), impl->get_executor());
}

}  // namespace omnitls::inline v0::detail
