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
  return Error(errc::exhausted, call + ": too much is waiting for a worker", busy);
}

Error no_turn_free(const std::string& call) {
  return Error(errc::timeout, call + ": the instance is busy with another call", busy);
}

Error did_not_return(const std::string& call) {
  return Error(errc::timeout, call + ": did not return in time; the instance is written off, restart to use it again",
               written_off);
}

Error instance_written_off(const std::string& call) {
  return Error(errc::internal, call + ": the instance was written off after a call that did not return", written_off);
}

Error misbehaving(std::string what) {
  return Error(errc::internal, "plugin misbehaves: " + std::move(what), plugin_misbehaving);
}

Error failed_without_reason(const std::string& call, errc kind, std::int32_t status) {
  return Error(kind, call + ": failed with status " + std::to_string(status) + " without saying why",
               plugin_misbehaving);
}

}  // namespace stoker::host
