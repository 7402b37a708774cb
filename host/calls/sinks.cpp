#include "host/calls/sinks.hpp"

namespace stoker::host {

stoker_status TextSink::put(void* to, const stoker_str* items, std::size_t count) noexcept {
  TextSink* self = Guarded<TextSink>::admitted(to);
  if (!self) return STOKER_E_INTERNAL;
  return accept(self->kept_, [&] { return self->take(items, count); });
}

Result<void> TextSink::take(const stoker_str* items, std::size_t count) {
  if (count == 0) return {};
  if (count > 1 || given_) return misbehaving("more than one document");
  if (auto fine = check_items(items, count, 1); !fine) return fine;
  if (auto fine = check_text(items[0], "a document", bytes_max_); !fine) return fine;
  given_ = true;
  text = string(items[0]);
  return {};
}

stoker_status ByteSink::put(void* to, const std::uint8_t* bytes, std::size_t count) noexcept {
  ByteSink* self = Guarded<ByteSink>::admitted(to);
  if (!self) return STOKER_E_INTERNAL;
  return accept(self->kept_, [&] { return self->take(bytes, count); });
}

Result<void> ByteSink::take(const std::uint8_t* bytes, std::size_t count) {
  if (auto fine = check_items(bytes, count, STOKER_CHUNK_BYTES_MAX); !fine) return fine;
  if (look_)
    if (auto fine = look_({reinterpret_cast<const char*>(bytes), count}); !fine) return fine;
  return answer_of_receiver(out_.put(out_.to, bytes, count));
}

Result<void> answer_of_receiver(stoker_status status) {
  if (status != STOKER_OK) return Error(errc_of(status), "refused by the receiver");
  return {};
}

}  // namespace stoker::host
