// Loads plugins into this process: the loading rule, the trial in a child process, and the libraries that are loaded. A
// library is loaded once and never closed. Libraries are loaded on the main thread before other threads exist; any
// thread reads their tables.
#pragma once

#include <stoker/abi/core.h>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "host/loading/plugin_manifest.hpp"

namespace stoker::host {

// What a host offers to plugins. The loading rule compares it with the manifest of a plugin.
struct Offer {
  std::uint16_t abi_major = STOKER_ABI_MAJOR, abi_minor = STOKER_ABI_MINOR;
  std::vector<std::string> kinds, services;
};
Offer own_offer();  // this host's: the kinds and services of the SDK's headers

// The loading rule; pure, for every manifest. STK-P007: the major version differs; checked first, because the rest of
// the manifest may then mean something else. P008: the plugin needs a newer host. P009, P010: the host does not know a
// kind or a required service. A service in `optionalNeeds` may be absent.
Result<void> may_load(const Manifest& manifest, const Offer& offer);

// Loads the library in a child process and asks it for its tables. Fails with STK-P015 when that crashes or ends by
// itself, and with P016 when it takes longer than `limit`. The message has the end of what the child wrote to its
// standard streams. A library that cannot be linked passes; `load` then reports why.
// Call it only while the process has one thread.
Result<void> probe(const Manifest& manifest, std::chrono::milliseconds limit = std::chrono::seconds(5));

class PluginLibrary {
 public:
  PluginLibrary(Manifest manifest, const stoker_plugin* entry);
  PluginLibrary(const PluginLibrary&) = delete;
  PluginLibrary& operator=(const PluginLibrary&) = delete;

  const Manifest& manifest() const { return manifest_; }
  // The table of a kind that the manifest names, checked when the library was loaded; else null.
  template <class Table>
  const Table* table(std::string_view id) const {
    return static_cast<const Table*>(table_of(id));
  }

  // Call `open` before an instance is made and `close` after it was destroyed. The first `open` calls the plugin's own
  // `open`, the last `close` calls its `close`. While another thread is in one of these two, `open` waits, to the
  // deadline of `call`. [worker]
  Result<void> open(const stoker_host* host, const stoker_call* call);
  void close();
  int opened() const;

 private:
  const void* table_of(std::string_view id) const;

  Manifest manifest_;
  const stoker_plugin* entry_;
  mutable std::mutex mutex_;  // open and close run on workers; it is not held while they are in the plugin
  std::condition_variable free_;
  bool in_plugin_ = false;  // its open or close runs
  int opened_ = 0;
};

// The libraries of this process.
class PluginLibraries {
 public:
  explicit PluginLibraries(Offer offer = own_offer()) : offer_(std::move(offer)) {}

  // Checks the loading rule, loads the library, and checks that it matches its manifest. Returns the same library when
  // the file is loaded already; a copy of a loaded file fails with STK-P019. The result is valid as long as this
  // object.
  Result<PluginLibrary*> load(const Manifest& manifest);
  // Is the file of this manifest loaded?
  bool has(const Manifest& manifest) const;

 private:
  struct Loaded {
    Loaded(std::uint64_t on, std::uint64_t node, std::string content, const Manifest& manifest,
           const stoker_plugin* entry)
        : device(on), inode(node), digest(std::move(content)), library(manifest, entry) {}
    std::uint64_t device, inode;
    std::string digest;
    PluginLibrary library;
  };
  Offer offer_;
  std::deque<Loaded> loaded_;
};

}  // namespace stoker::host
