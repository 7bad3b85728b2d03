/// A value or the error that stands in its place. Neither can be dropped by accident.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "contenttrust/base/error.hpp"

namespace contenttrust {

template <typename T>
class [[nodiscard]] Result {
  public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    explicit operator bool() const noexcept { return state_.index() == 0; }

    const T& value() const& { return std::get<0>(state_); }
    T& value() & { return std::get<0>(state_); }
    T value() && { return std::get<0>(std::move(state_)); }  // by value: a range-for cannot dangle

    const Error& error() const& { return std::get<1>(state_); }
    Error error() && { return std::get<1>(std::move(state_)); }

  private:
    std::variant<T, Error> state_;
};

/// Success, or the error.
class [[nodiscard]] Status {
  public:
    Status() = default;
    Status(Error error) : error_(std::move(error)) {}

    explicit operator bool() const noexcept { return !error_.has_value(); }

    const Error& error() const& { return *error_; }
    Error error() && { return *std::move(error_); }

  private:
    std::optional<Error> error_;
};

}  // namespace contenttrust
