// SPDX-License-Identifier: BSL-1.0
// A completion handler of any type, to be kept and posted later with its own executor and allocator. For fake layers.
#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/associated_allocator.hpp>
#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/post.hpp>

#include <memory>
#include <tuple>
#include <utility>

namespace omnitls::test {

template <class... Args>
class ErasedHandler {
public:
    ErasedHandler() = default;
    template <class Handler>
    ErasedHandler(Handler&& handler, const asio::any_io_executor& ex)
        : node_(std::make_unique<Node<std::decay_t<Handler>>>(std::forward<Handler>(handler), ex)) {
    }

    explicit operator bool() const noexcept { return node_ != nullptr; }
    /// Posts the handler with these arguments; it is empty then.
    void post(Args... args) {
        if (auto node = std::move(node_)) node->post(std::move(args)...);
    }

private:
    struct Base {
        virtual ~Base() = default;
        virtual void post(Args... args) = 0;
    };
    template <class Handler>
    struct Bound {
        using executor_type = asio::associated_executor_t<Handler, asio::any_io_executor>;
        using allocator_type = asio::associated_allocator_t<Handler>;
        executor_type get_executor() const noexcept {
            return asio::get_associated_executor(handler, ex);
        }
        allocator_type get_allocator() const noexcept {
            return asio::get_associated_allocator(handler);
        }
        void operator()() { std::apply(std::move(handler), std::move(args)); }
        Handler handler;
        asio::any_io_executor ex;
        std::tuple<Args...> args;
    };
    template <class Handler>
    struct Node final : Base {
        Node(Handler&& h, asio::any_io_executor e) : handler(std::move(h)), ex(std::move(e)) {}
        Node(const Handler& h, asio::any_io_executor e) : handler(h), ex(std::move(e)) {}
        void post(Args... args) override {
            asio::post(ex, Bound<Handler>{std::move(handler), ex,
                                          std::tuple<Args...>(std::move(args)...)});
        }
        Handler handler;
        asio::any_io_executor ex;
    };
    std::unique_ptr<Base> node_;
};

}  // namespace omnitls::test
