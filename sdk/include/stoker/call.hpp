// What a plugin has during one call: Call, the sinks it answers through (Out, Bytes), and the exception wall around it.
#pragma once

#include <stoker/records.hpp>
#include <stoker/result.hpp>

#include <algorithm>
#include <exception>
#include <new>
#include <span>

namespace stoker {

// The C status of a kind, and back; a status that this side does not know is internal.
constexpr stoker_status status_of(errc kind) { return static_cast<stoker_status>(kind); }
constexpr errc errc_of(stoker_status status) {
  return status >= STOKER_E_UNREACHABLE && status <= STOKER_E_INTERNAL ? static_cast<errc>(status) : errc::internal;
}

// One call's deadline, cancellation and identity. Lives as long as the call. [any thread]
class Call {
 public:
  explicit Call(const stoker_call* call) : call_(call) {}
  std::chrono::milliseconds remaining() const { return std::chrono::milliseconds(call_->remaining_ms(call_)); }
  bool cancelled() const { return call_->cancelled(call_) != 0; }
  std::uint64_t id() const { return call_->id; }
  void progress(std::uint64_t done, std::uint64_t total, std::string_view what) const {
    call_->progress(call_, done, total, str(what));
  }
  // The error to end with when the call was cancelled or its deadline passed; ask between two pieces of work.
  Result<void> check() const {
    if (cancelled()) return Error(errc::cancelled, "cancelled");
    if (remaining().count() <= 0) return Error(errc::timeout, "the deadline passed");
    return {};
  }
  const stoker_call* raw() const { return call_; }

 private:
  const stoker_call* call_;
};

// Where records go. A put that fails means: stop and return that error.
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

// Where bytes go, in chunks of any size.
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

// Where one document goes.
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

namespace glue {

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

inline stoker_status fail(const stoker_call* call, const Error& error) noexcept {
  const stoker_error record = to_record(error);
  call->fail(call, &record);
  return record.status;
}

// Nothing unwinds across: whatever `body` throws becomes a status with a message. `body` returns Result<...>.
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

// A sink that hands what it is given to a function returning Result<void>, and takes nothing more once that failed.
template <class Item, class Sink, class Function>
class Collector {
 public:
  explicit Collector(Function function) : function_(std::move(function)) {}
  Sink sink() { return {this, &Collector::put}; }
  // What ended the producer: our own error if there was one, else the status that came back.
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

// For records, one by one.
template <class Record, class Sink, class Function>
auto collect(Function function) {
  auto each = [function = std::move(function)](const Record* items, std::size_t count) -> Result<void> {
    for (std::size_t i = 0; i < count; ++i)
      if (auto taken = function(items[i]); !taken) return taken;
    return {};
  };
  return Collector<Record, Sink, decltype(each)>(std::move(each));
}

// For bytes, chunk by chunk.
template <class Function>
auto collect_bytes(Function function) {
  auto chunk = [function = std::move(function)](const std::uint8_t* bytes, std::size_t count) -> Result<void> {
    return function(std::string_view(reinterpret_cast<const char*>(bytes), count));
  };
  return Collector<std::uint8_t, stoker_byte_sink, decltype(chunk)>(std::move(chunk));
}

}  // namespace glue
}  // namespace stoker
