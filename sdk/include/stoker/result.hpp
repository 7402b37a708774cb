// Failures that one expects are values: Error and Result<T>, the same on both sides of the ABI. No dependency.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace stoker {

// The kinds of failure; code branches on them, people read the message. Values are those of stoker/abi/core.h.
enum class errc : std::int32_t {
  unreachable = 1,
  denied,
  not_found,
  invalid,
  conflict,
  timeout,
  cancelled,
  exhausted,
  incompatible,
  internal,
};

constexpr std::string_view name(errc kind) {
  switch (kind) {
    case errc::unreachable: return "unreachable";
    case errc::denied: return "denied";
    case errc::not_found: return "not_found";
    case errc::invalid: return "invalid";
    case errc::conflict: return "conflict";
    case errc::timeout: return "timeout";
    case errc::cancelled: return "cancelled";
    case errc::exhausted: return "exhausted";
    case errc::incompatible: return "incompatible";
    case errc::internal: return "internal";
  }
  return "internal";
}

// May the same call succeed later without anybody acting, if nobody said otherwise.
constexpr bool retryable_by_default(errc kind) {
  switch (kind) {
    case errc::unreachable:
    case errc::conflict:
    case errc::timeout:
    case errc::exhausted: return true;
    case errc::denied:
    case errc::not_found:
    case errc::invalid:
    case errc::cancelled:
    case errc::incompatible:
    case errc::internal: return false;
  }
  return false;
}

// What went wrong with which object. The message never holds a secret or a URL with credentials.
struct Error {
  errc kind = errc::internal;
  std::string message;
  std::string code;    // stable, for programs: "git.ref-not-found"; may be empty
  std::string detail;  // a JSON document or empty
  bool retryable = false;
  std::chrono::milliseconds retry_after{0};  // 0: the caller's own back-off

  Error() = default;
  Error(errc k, std::string text, std::string stable_code = {})
      : kind(k), message(std::move(text)), code(std::move(stable_code)), retryable(retryable_by_default(k)) {}

  // The same error with what the caller knows put in front: "git: fetch of main: " + message.
  Error in(std::string_view where) && {
    message.insert(0, std::string(where) + ": ");
    return std::move(*this);
  }
  Error in(std::string_view where) const& { return Error(*this).in(where); }
  Error with_retry(bool may) && {
    retryable = may;
    return std::move(*this);
  }
  Error after(std::chrono::milliseconds wait) && {
    retryable = true;
    retry_after = wait;
    return std::move(*this);
  }
  friend bool operator==(const Error& error, errc wanted) { return error.kind == wanted; }
};

// A value or an Error; shaped like std::expected so that it can become one.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result() : state_(std::in_place_index<1>, errc::internal, "empty result") {}
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }
  Error&& error() && { return std::get<1>(std::move(state_)); }
  T value_or(T other) && { return has_value() ? std::move(*this).value() : std::move(other); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  using value_type = void;
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  Error& error() & { return *error_; }
  const Error& error() const& { return *error_; }
  Error&& error() && { return std::move(*error_); }

 private:
  std::optional<Error> error_;
};

}  // namespace stoker
