// The failures of a call that the host itself finds: the plugin did not say them. They are made here and recognised
// here; other code asks fault_of and never compares the text of a code. Pure. [any thread]
#pragma once

#include <stoker/result.hpp>

namespace stoker::host {

enum class CallFault {
  none,            // the plugin's own failure, or not of a call
  busy,            // no thread or no turn was free until the deadline: the function was not called
  did_not_return,  // this call is given up, and its instance is written off with it
  written_off,     // not called: the instance was written off by an earlier call
  misbehaving,     // the plugin broke a rule of the ABI
};
CallFault fault_of(const Error& error);

// Code "host.busy". The kind says what was missing: exhausted for a thread, timeout for the instance's turn.
Error no_thread_free(const std::string& call);
Error no_turn_free(const std::string& call);
// Code "host.written-off".
Error did_not_return(const std::string& call);
Error instance_written_off(const std::string& call);
// Code "host.plugin-misbehaving".
Error misbehaving(std::string what);
// The same for a failure that the plugin did not report as the ABI asks.
Error failed_without_reason(const std::string& call, errc kind, std::int32_t status);

}  // namespace stoker::host
