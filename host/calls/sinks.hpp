// The sinks that the host hands to a plugin for one call. Each checks what comes in, keeps the first defect, and then
// refuses the rest. Used on the thread of the call.
#pragma once

#include "host/calls/call_guard.hpp"
#include "host/calls/record_checks.hpp"
#include "host/values/change_list.hpp"

#include <stoker/call.hpp>

namespace stoker::host {

// Runs `take`, which handles what a sink was given, unless an earlier one failed. No exception goes to the plugin.
template <class Take>
stoker_status accept(Result<void>& kept, Take take) noexcept {
  try {
    if (kept) kept = take();
  } catch (const std::exception& thrown) {
    kept = Error(errc::exhausted, thrown.what());
  }
  return kept ? STOKER_OK : status_of(kept.error().kind);
}

// Records: each is checked and handed on to `next`.
template <class T, class Next>
class RecordSink {
 public:
  explicit RecordSink(Next next) : next_(std::move(next)), guarded_(*this) {}
  typename T::Sink sink() { return {guarded_.get(), &RecordSink::put}; }
  Result<void> defect() const { return kept_ ? guarded_.defect() : kept_; }

 private:
  using Record = typename T::Record;
  static_assert(records_max<Record> > 0, "add records_max for this record in record_checks.hpp");
  static stoker_status put(void* to, const Record* items, std::size_t count) noexcept {
    RecordSink* self = Guarded<RecordSink>::admitted(to);
    if (!self) return STOKER_E_INTERNAL;
    return accept(self->kept_, [&] {
      Result<void> fine = check_items(items, count, records_max<Record>);
      for (std::size_t i = 0; i < count && fine; ++i) fine = self->take(items[i]);
      return fine;
    });
  }
  Result<void> take(const Record& record) {
    if (++count_ > records_max<Record>)
      return misbehaving("more than " + std::to_string(records_max<Record>) + " records");
    if (auto good = check(record); !good) return good;
    if constexpr (Sorted<Record>) {
      if (count_ > 1 && sort_key(record) <= last_)
        return misbehaving("\"" + std::string(sort_key(record)) + "\" is out of order");
      last_ = sort_key(record);
    }
    return next_(record);
  }
  Next next_;
  Result<void> kept_;
  std::size_t count_ = 0;
  std::string last_;
  Guarded<RecordSink> guarded_;
};

// Hands each record on to another receiver as it comes.
template <class T, class Next>
RecordSink<T, Next> forward_to(Next next) {
  return RecordSink<T, Next>(std::move(next));
}

// Collects the records in a list of the host.
template <class T>
auto collect_into(std::vector<T>& list) {
  return forward_to<T>([&list](const typename T::Record& record) {
    list.push_back(from_record(record));
    return Result<void>();
  });
}
inline auto collect_into(ChangeList& list) {
  return forward_to<Change>([&list](const stoker_change& record) {
    list.add(from_record(record));
    return Result<void>();
  });
}

// One document.
class TextSink {
 public:
  explicit TextSink(std::size_t bytes_max) : bytes_max_(bytes_max), guarded_(*this) {}
  stoker_text_sink sink() { return {guarded_.get(), &TextSink::put}; }
  Result<void> defect() const { return kept_ ? guarded_.defect() : kept_; }
  std::string text;

 private:
  static stoker_status put(void* to, const stoker_str* items, std::size_t count) noexcept;
  Result<void> take(const stoker_str* items, std::size_t count);
  std::size_t bytes_max_;
  bool given_ = false;
  Result<void> kept_;
  Guarded<TextSink> guarded_;
};

// Bytes on their way from one plugin to another. `look` sees each piece first, and may refuse it.
class ByteSink {
 public:
  using Look = std::function<Result<void>(std::string_view)>;
  explicit ByteSink(stoker_byte_sink out, Look look = {}) : out_(out), look_(std::move(look)), guarded_(*this) {}
  stoker_byte_sink sink() { return {guarded_.get(), &ByteSink::put}; }
  Result<void> defect() const { return kept_ ? guarded_.defect() : kept_; }

 private:
  static stoker_status put(void* to, const std::uint8_t* bytes, std::size_t count) noexcept;
  Result<void> take(const std::uint8_t* bytes, std::size_t count);
  stoker_byte_sink out_;
  const Look look_;
  Result<void> kept_;
  Guarded<ByteSink> guarded_;
};

// The result of a receiver that data was passed on to.
Result<void> answer_of_receiver(stoker_status status);

// The result of a call: first what was wrong with the plugin's answers, then what the plugin itself said.
template <class... Sinks>
Result<void> result_of(const CallState& state, stoker_status status, const Sinks&... sinks) {
  Result<void> result = state.misused();
  [[maybe_unused]] const auto look = [&](const auto& sink) {
    if (Result<void> defect = sink.defect(); result && !defect) result = std::move(defect);
  };
  (look(sinks), ...);
  if (!result) return std::move(result).error().in(state.what());
  if (status != STOKER_OK) return state.error(status);
  return {};
}

}  // namespace stoker::host
