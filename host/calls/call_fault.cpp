#include "host/calls/call_fault.hpp"

namespace stoker::host {
namespace {

constexpr const char* busy = "host.busy";
constexpr const char* written_off = "host.written-off";
constexpr const char* plugin_misbehaving = "host.plugin-misbehaving";

}  // namespace

CallFault fault_of(const Error& error) {
  if (error.code == busy) return CallFault::busy;
  if (error.code == plugin_misbehaving) return CallFault::misbehaving;
  if (error.code != written_off) return CallFault::none;
  return error == errc::timeout ? CallFault::did_not_return : CallFault::written_off;
}

Error no_thread_free(const std::string& call) {
  return Error(errc::exhausted, call + ": no worker thread is free, too many calls are waiting", busy);
}

Error no_turn_free(const std::string& call) {
  return Error(errc::timeout, call + ": the instance is busy with another call", busy);
}

Error did_not_return(const std::string& call) {
  return Error(
      errc::timeout,
      call + ": the plugin did not return before its deadline; its instance is not used again until stoker restarts",
      written_off);
}

Error instance_written_off(const std::string& call) {
  return Error(
      errc::internal,
      call + ": not called, because an earlier call of this instance did not return; restart stoker to use it again",
      written_off);
}

Error misbehaving(std::string what) {
  return Error(errc::internal, "defect of the plugin: " + std::move(what), plugin_misbehaving);
}

Error failed_without_reason(const std::string& call, errc kind, std::int32_t status) {
  return Error(
      kind, call + ": the plugin returned status " + std::to_string(status) + " without a call of fail() that says why",
      plugin_misbehaving);
}

}  // namespace stoker::host
