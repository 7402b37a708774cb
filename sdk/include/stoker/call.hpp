// SPDX-License-Identifier: Apache-2.0
// What a plugin gets for one call: Call (deadline and cancel) and the sinks Out, Bytes and Text that take its answers.
//
// Concept. A call is one function of the plugin that the host has called and that has not returned. It has a deadline
// and may be cancelled. A sink is where the function writes its answers; the receiver copies them at once, so the
// plugin may free a value after `put` has returned.
//
// Lifetime. Call and sinks are valid until the function returns. Do not store them. Sinks may be used only on the
// thread that the host called the function on; on another thread, or later, `put` fails with errc::internal and the
// host fails the call as a defect of the plugin. A Call may be asked on any thread.
#pragma once

#include <stoker/records.hpp>
#include <stoker/result.hpp>

#include <algorithm>
#include <exception>
#include <new>
#include <span>

namespace stoker {

// The C status of a kind, and the kind of a C status. An unknown status becomes errc::internal.
constexpr stoker_status status_of(errc kind) { return static_cast<stoker_status>(kind); }
constexpr errc errc_of(stoker_status status) {
  return status >= STOKER_E_UNREACHABLE && status <= STOKER_E_INTERNAL ? static_cast<errc>(status) : errc::internal;
}

// The deadline, the cancel and the id of one call. The functions do not block. [any thread]
//
// What a function must do: return errc::timeout at the deadline, and errc::cancelled within one second of a cancel. The
// host waits one second past the deadline and five seconds past a cancel. Then it writes the call off: the instance
// gets no more calls, its thread is replaced, and /healthz fails until the host is restarted.
//
// For a function that is "never cancelled" (see the kinds) `cancelled` stays false.
class Call {
 public:
  // For the glue and for tests: `call` must outlive this object.
  explicit Call(const stoker_call* call) : call_(call) {}
  // The time to the deadline; zero or negative when it has passed. The deadline includes the time in which the call
  // waited for a thread.
  std::chrono::milliseconds remaining() const { return std::chrono::milliseconds(call_->remaining_ms(call_)); }
  // Did the host ask to stop?
  bool cancelled() const { return call_->cancelled(call_) != 0; }
  // Unique in this process. A log line carries it only if the call was handed to the C log service.
  std::uint64_t id() const { return call_->id; }
  // Reports how far a long call is; `total` 0 means unknown. This version of the host ignores it.
  void progress(std::uint64_t done, std::uint64_t total, std::string_view what) const {
    call_->progress(call_, done, total, str(what));
  }
  // Fails with errc::cancelled after a cancel and with errc::timeout after the deadline. Call it between two pieces of
  // work and return its error.
  Result<void> check() const {
    if (cancelled()) return Error(errc::cancelled, "cancelled");
    if (remaining().count() <= 0) return Error(errc::timeout, "the deadline passed");
    return {};
  }
  // The C call, to hand on to a service of the host. Valid as long as this call.
  const stoker_call* raw() const { return call_; }

 private:
  const stoker_call* call_;
};

// Takes records of type T, one in each put. When `put` fails the receiver wants no more: return that error. The
// receiver refuses a record that breaks a rule of stoker/abi/; its error then replaces what the function returns.
template <class T>
class Out {
 public:
  explicit Out(typename T::Sink sink) : sink_(sink) {}
  Result<void> put(const T& item) const {
    const typename T::Record record = to_record(item);
    if (const stoker_status status = sink_.put(sink_.to, &record, 1))
      return Error(errc_of(status), "refused by the receiver");
    return {};
  }

 private:
  typename T::Sink sink_;
};

// Takes bytes, in order, in pieces of any size: `put` cuts them into chunks that the ABI allows. When `put` fails the
// receiver wants no more: return that error.
class Bytes {
 public:
  explicit Bytes(stoker_byte_sink sink) : sink_(sink) {}
  Result<void> put(std::string_view bytes) const {
    while (!bytes.empty()) {
      const std::size_t size = std::min<std::size_t>(bytes.size(), STOKER_CHUNK_BYTES_MAX);
      if (const stoker_status status = sink_.put(sink_.to, reinterpret_cast<const std::uint8_t*>(bytes.data()), size))
        return Error(errc_of(status), "refused by the receiver");
      bytes.remove_prefix(size);
    }
    return {};
  }

 private:
  stoker_byte_sink sink_;
};

// Takes one document. `put` it at most once; a second document is a defect. The host sets the bound: 256 KiB, for a
// ticket 64 KiB.
class Text {
 public:
  explicit Text(stoker_text_sink sink) : sink_(sink) {}
  Result<void> put(std::string_view document) const {
    const stoker_str text = str(document);
    if (const stoker_status status = sink_.put(sink_.to, &text, 1))
      return Error(errc_of(status), "refused by the receiver");
    return {};
  }

 private:
  stoker_text_sink sink_;
};

// For the headers of the kinds: turns C++ functions into functions of the C tables. Not for authors.
namespace glue {

// The C record borrows the texts of `error`.
inline stoker_error to_record(const Error& error) {
  return {sizeof(stoker_error),
          status_of(error.kind),
          error.retryable ? 1u : 0u,
          static_cast<std::uint32_t>(std::clamp<std::int64_t>(error.retry_after.count(), 0, UINT32_MAX)),
          str(error.code),
          str(error.message),
          str(error.detail)};
}

inline Error from_record(const stoker_error& record) {
  Error error(errc_of(record.status), string(record.message), string(record.code));
  error.detail = string(record.detail);
  error.retryable = record.retryable != 0;
  error.retry_after = std::chrono::milliseconds(record.retry_after_ms);
  return error;
}

// Reports `error` to the host and returns its status.
inline stoker_status fail(const stoker_call* call, const Error& error) noexcept {
  const stoker_error record = to_record(error);
  call->fail(call, &record);
  return record.status;
}

// Runs `body`, which returns a Result<...>, and turns its error into a status. No exception leaves it: std::bad_alloc
// becomes exhausted (retryable), everything else internal with the exception's text.
template <class Body>
stoker_status wall(const stoker_call* call, Body&& body) noexcept {
  try {
    auto result = body();
    if (result) return STOKER_OK;
    return fail(call, result.error());
  } catch (const std::bad_alloc&) {
    const stoker_error error{sizeof(stoker_error), STOKER_E_EXHAUSTED, 1, 0, {}, {"out of memory", 13}, {}};
    call->fail(call, &error);
    return STOKER_E_EXHAUSTED;
  } catch (const std::exception& thrown) {
    const stoker_error error{sizeof(stoker_error), STOKER_E_INTERNAL, 0, 0, {}, str(thrown.what()), {}};
    call->fail(call, &error);
    return STOKER_E_INTERNAL;
  } catch (...) {
    const stoker_error error{sizeof(stoker_error), STOKER_E_INTERNAL, 0, 0, {}, {"unknown exception", 17}, {}};
    call->fail(call, &error);
    return STOKER_E_INTERNAL;
  }
}

// A sink of the plugin's side. It hands items to `function`, which returns a Result<void>, and refuses further items
// after the function has failed. `function` runs on the calling thread.
template <class Item, class Sink, class Function>
class Collector {
 public:
  explicit Collector(Function function) : function_(std::move(function)) {}
  Sink sink() { return {this, &Collector::put}; }
  // The result of the whole: the function's own error if it failed, else an error for the producer's `status`.
  Result<void> ended(stoker_status status, std::string_view what) {
    if (!kept_) return std::move(kept_).error();
    if (status != STOKER_OK)
      return Error(errc_of(status), std::string(what) + ": " + std::string(name(errc_of(status))));
    return {};
  }

 private:
  static stoker_status put(void* to, const Item* items, std::size_t count) noexcept {
    auto& self = *static_cast<Collector*>(to);
    try {
      if (self.kept_) self.kept_ = self.function_(items, count);
    } catch (...) {
      self.kept_ = Error(errc::internal, "exception in a sink");
    }
    return self.kept_ ? STOKER_OK : status_of(self.kept_.error().kind);
  }
  Function function_;
  Result<void> kept_;
};

// A Collector that hands over records one by one.
template <class Record, class Sink, class Function>
auto collect(Function function) {
  auto each = [function = std::move(function)](const Record* items, std::size_t count) -> Result<void> {
    for (std::size_t i = 0; i < count; ++i)
      if (auto taken = function(items[i]); !taken) return taken;
    return {};
  };
  return Collector<Record, Sink, decltype(each)>(std::move(each));
}

// A Collector that hands over bytes chunk by chunk.
template <class Function>
auto collect_bytes(Function function) {
  auto chunk = [function = std::move(function)](const std::uint8_t* bytes, std::size_t count) -> Result<void> {
    return function(std::string_view(reinterpret_cast<const char*>(bytes), count));
  };
  return Collector<std::uint8_t, stoker_byte_sink, decltype(chunk)>(std::move(chunk));
}

}  // namespace glue
}  // namespace stoker
