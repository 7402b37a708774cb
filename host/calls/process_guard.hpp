// What a plugin may not change, because it belongs to the whole process: the three standard streams, and what happens
// at a signal. A plugin that ignores SIGTERM would make a process that nobody can stop in an orderly way. After each
// call the host looks and puts back. What is put back is what the host wants, never what a call found at its beginning:
// calls overlap, and one that began while another had changed something would keep that change.
#pragma once

#include <string>

namespace stoker::host {

// What happens at a signal now is what the host wants. When the host has set its handlers, and again when it changed
// one. [main thread]
void keep_signal_actions();
// The host is about to take its handlers away; signals are not looked at from now on. [main thread]
void forget_signal_actions();
// Puts back the standard streams and what is to happen at a signal. Returns what was changed, for a message; empty:
// nothing. A process that dies of a signal is left alone: its handler takes itself away. [any thread]
std::string put_back_process();

}  // namespace stoker::host
