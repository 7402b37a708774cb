// Plugins in this process: the loading rule, the trial in a process of its own, and the libraries that are loaded. A
// library is loaded once and never closed. Owned by main, which loads on its own thread before others exist; tables are
// read by any thread.
#pragma once

#include <stoker/abi/core.h>
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>

#include "host/loading/plugin_manifest.hpp"

namespace stoker::host {

// What a host offers to plugins; the loading rule's other half.
struct Offer {
  std::uint16_t abi_major = STOKER_ABI_MAJOR, abi_minor = STOKER_ABI_MINOR;
  std::vector<std::string> kinds, services;
};
Offer own_offer();  // this host's: the kinds and services of the SDK's headers

// The loading rule, total and pure. STK-P007: the major version differs (first, since nothing else can be trusted
// then); P008: it needs a newer host; P009, P010: a kind or a required service is not known. A service in
// `optionalNeeds` may be absent.
Result<void> may_load(const Manifest& manifest, const Offer& offer);

// Loads the library in a child process and asks it for its tables. STK-P015 when that crashes, P016 when it takes
// longer than `limit`; a library that cannot be linked passes, `load` says why. Only while the process has one thread.
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

  // The plugin's `open` before the first instance, its `close` after the last: called in pairs around each. [worker]
  Result<void> open(const stoker_host* host, const stoker_call* call);
  void close();
  int opened() const;

 private:
  const void* table_of(std::string_view id) const;

  Manifest manifest_;
  const stoker_plugin* entry_;
  mutable std::mutex mutex_;  // open and close run on workers
  int opened_ = 0;
};

// The libraries of this process.
class PluginLibraries {
 public:
  explicit PluginLibraries(Offer offer = own_offer()) : offer_(std::move(offer)) {}

  // Checks the loading rule, loads, checks that the library is what its manifest says. The same file again gives the
  // same library; a copy of a loaded file fails with STK-P019. The reference stays as long as this object.
  Result<PluginLibrary*> load(const Manifest& manifest);

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
