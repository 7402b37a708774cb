// SPDX-License-Identifier: Apache-2.0
// Error and Result<T>: how a function of a plugin reports success or failure.
//
// Concept. A failure that can be expected is a value, not an exception: a function returns Result<T>, which holds
// either a T or an Error. An Error has a kind (errc) for the caller's code, a message for people, and a flag that says
// whether the same call may succeed later. The host uses the same two types. The header depends on the standard library
// only. All types are values without shared state: use one object on one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace stoker {

// The kinds of failure. Code branches on the kind, people read the message. The numbers are those of
// stoker/abi/core.h, where each kind is explained. What the host does with a kind depends on the function: see the
// contract of each function in the header of its class.
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

// The name of a kind, as it stands in logs and Reports.
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

// The default of Error::retryable: may the same call succeed later although nobody changes anything?
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

// Why a call failed. The message names the object that failed ("git: fetch of refs/heads/main from example.com: 401")
// and never contains a secret or a URL with credentials. The host puts it into logs and Reports.
struct Error {
  errc kind = errc::internal;
  std::string message;
  std::string code;    // for programs, the same in all versions: "git.ref-not-found"; may be empty; at most 128 bytes
  std::string detail;  // a JSON document or empty; at most 64 KiB
  // May the same call succeed later although nobody changes anything? A Run and a notice that failed are tried again by
  // the host only if this is true.
  bool retryable = false;
  // The earliest time for the next try, counted from now; 0: the host's own back-off. At most a day.
  std::chrono::milliseconds retry_after{0};

  // An internal error without a message.
  Error() = default;
  // `retryable` gets the default of the kind.
  Error(errc k, std::string text, std::string stable_code = {})
      : kind(k), message(std::move(text)), code(std::move(stable_code)), retryable(retryable_by_default(k)) {}

  // The same error with `where` and ": " before its message: the caller adds which object it worked on.
  Error in(std::string_view where) && {
    message.insert(0, std::string(where) + ": ");
    return std::move(*this);
  }
  Error in(std::string_view where) const& { return Error(*this).in(where); }
  // The same error with `retryable` set.
  Error with_retry(bool may) && {
    retryable = may;
    return std::move(*this);
  }
  // The same error, retryable, not before `wait` has passed.
  Error after(std::chrono::milliseconds wait) && {
    retryable = true;
    retry_after = wait;
    return std::move(*this);
  }
  // Is the error of this kind?
  friend bool operator==(const Error& error, errc wanted) { return error.kind == wanted; }
};

// A value or an Error. Named like std::expected, so that it can be replaced by it. Test it before you use it: value(),
// * and -> throw std::bad_variant_access when there is no value; error() must be called only when there is an error.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  // An internal error, so that a forgotten result is not taken for a success.
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
  // The value, or `other` when there is an error.
  T value_or(T other) && { return has_value() ? std::move(*this).value() : std::move(other); }

 private:
  std::variant<T, Error> state_;
};

// Success without a value, or an Error. `return {};` is success.
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
