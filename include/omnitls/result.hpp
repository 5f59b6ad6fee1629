// SPDX-License-Identifier: BSL-1.0
// `Result<T>`: a value or an `ErrorDetail`. A small part of std::expected (C++23), which bookworm's compilers lack.
#pragma once

#include <omnitls/error.hpp>

#include <type_traits>
#include <utility>
#include <variant>

namespace omnitls::inline v0 {

/// A value of type `T`, or the reason why there is none. Factories return it; the engine's steps do not (they are hot).
/// Reading `value()` of a failed result, or `error()` of a good one, throws std::bad_variant_access.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value)
        : state_(std::in_place_index<0>, std::move(value)) {
    }  // NOLINT(google-explicit-constructor)
    /// Of a derived type, as factories make them.
    template <class U>
    requires(std::is_convertible_v<U&&, T> && !std::is_convertible_v<U&&, ErrorDetail> &&
             !std::is_same_v<std::remove_cvref_t<U>, T> &&
             !std::is_same_v<std::remove_cvref_t<U>, Result>) Result(U&& value)
        : state_(std::in_place_index<0>, std::forward<U>(value)) {
    }  // NOLINT(google-explicit-constructor)
    Result(ErrorDetail error)
        : state_(std::in_place_index<1>, std::move(error)) {
    }  // NOLINT(google-explicit-constructor)

    bool has_value() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const ErrorDetail& error() const& { return std::get<1>(state_); }
    ErrorDetail&& error() && { return std::get<1>(std::move(state_)); }

private:
    std::variant<T, ErrorDetail> state_;
};

/// Shorthand for a failed result: the cause, what happened, and one next step.
inline ErrorDetail make_error(std::error_code code, std::string what, std::string hint = {}) {
    ErrorDetail detail;
    detail.code = code;
    detail.what = std::move(what);
    detail.hint = std::move(hint);
    return detail;
}

}  // namespace omnitls::inline v0
