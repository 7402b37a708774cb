// See services.hpp.
#include "conformance/services.hpp"

#include "conformance/thing.hpp"

namespace conformance {
namespace {

stoker::host::LogSettings log_settings() {
  stoker::host::LogSettings settings;
  settings.level = stoker::host::Severity::warning;
  return settings;
}

}  // namespace

Services::Services()
    : stoker_host{},
      log_(log_settings()),
      host_("platform", {STOKER_LOG_ID, STOKER_CLOCK_ID, STOKER_METRICS_ID, STOKER_HTTP_CLIENT_ID}, log_, clock_,
            metrics_) {
  kinds_.kinds = {thing_kind()};
  kinds_.check_document = check_thing;
  struct_size = sizeof(stoker_host);
  abi_major = STOKER_ABI_MAJOR;
  abi_minor = STOKER_ABI_MINOR;
  query = [](const stoker_host* self, stoker_str id) -> const void* {
    if (stoker::view(id) == STOKER_KINDS_ID) return static_cast<const stoker_kinds*>(&of(self).kinds_);
    return of(self).host_.raw()->query(of(self).host_.raw(), id);
  };
  value = [](const stoker_host* self, stoker_str document, stoker_str pointer, std::int32_t plain,
             stoker_text_sink sink) {
    return of(self).host_.raw()->value(of(self).host_.raw(), document, pointer, plain, sink);
  };
  keys = [](const stoker_host* self, stoker_str document, stoker_str pointer, stoker_text_sink sink) {
    return of(self).host_.raw()->keys(of(self).host_.raw(), document, pointer, sink);
  };
}

RealCall::RealCall(std::chrono::milliseconds limit, const std::atomic<bool>* cancel)
    : stoker_call{}, end_(std::chrono::steady_clock::now() + limit), cancel_(cancel) {
  struct_size = sizeof(stoker_call);
  id = 1;
  remaining_ms = [](const stoker_call* call) {
    const auto left = static_cast<const RealCall*>(call)->end_ - std::chrono::steady_clock::now();
    return static_cast<std::int64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
  };
  cancelled = [](const stoker_call* call) -> std::int32_t {
    const auto* cancel_of_call = static_cast<const RealCall*>(call)->cancel_;
    return cancel_of_call && *cancel_of_call ? 1 : 0;
  };
  fail = [](const stoker_call* call, const stoker_error* error) {
    const_cast<RealCall*>(static_cast<const RealCall*>(call))->error_ = stoker::glue::from_record(*error);
    return error->status;
  };
  progress = [](const stoker_call*, std::uint64_t, std::uint64_t, stoker_str) {};
}

stoker::Error RealCall::error(stoker_status status) const {
  if (error_ && stoker::status_of(error_->kind) == status) return *error_;
  return {stoker::errc::internal, "status " + std::to_string(status) + " without the error that belongs to it"};
}

}  // namespace conformance
