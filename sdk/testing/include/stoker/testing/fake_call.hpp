// SPDX-License-Identifier: Apache-2.0
// The other side of one call, for unit tests of a plugin: FakeCall, sinks that collect answers, FakeView and FakePlan.
//
// Concept. A test calls a function of a plugin's class directly. FakeCall is the Call that the function gets: the test
// sets its deadline and cancels it. Collected, CollectedBytes and CollectedText take the answers. FakeView is a tree of
// a source and FakePlan a plan, both made of values in memory. The test owns all of them; they must outlive the call.
// FakeCall::cancel may be called on any thread, everything else on the thread of the test.
#pragma once

#include <stoker/strategy.hpp>
#include <stoker/verifier.hpp>

#include <atomic>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stoker::testing {

// One call. Its deadline is 60 s away and does not come nearer, unless the test gives a function for the remaining time
// in milliseconds, or uses FakeHost::call, whose deadline follows the fake clock.
class FakeCall {
 public:
  FakeCall() : raw_(*this) {}
  explicit FakeCall(std::function<std::int64_t()> remaining_ms) : raw_(*this), remaining_ms_(std::move(remaining_ms)) {}
  FakeCall(const FakeCall&) = delete;
  FakeCall& operator=(const FakeCall&) = delete;

  // From now on `cancelled` is true.
  void cancel() { cancelled_ = true; }
  // Cancels when the plugin asks `cancelled` for the `looks`-th time: tests a cancel in the middle of the work.
  void cancel_after_looks(int looks) { looks_left_ = looks; }
  // From now on the deadline has passed.
  void expire() {
    remaining_ms_ = [] { return std::int64_t{0}; };
  }
  // The last error that the C table reported, if any. A direct call of the C++ function returns its error instead.
  const std::optional<Error>& error() const { return error_; }
  // The last progress that the plugin reported.
  std::uint64_t progress_done() const { return progress_done_; }

  // The call for a function of a plugin's class, and for a function of a C table.
  Call& call() { return call_; }
  const stoker_call* raw() const { return &raw_; }

 private:
  struct Raw : stoker_call {
    explicit Raw(FakeCall& fake) : stoker_call{}, owner(&fake) {
      struct_size = sizeof(stoker_call);
      id = 1;
      remaining_ms = [](const stoker_call* call) { return of(call).remaining_ms_(); };
      cancelled = [](const stoker_call* call) -> std::int32_t { return of(call).look() ? 1 : 0; };
      fail = [](const stoker_call* call, const stoker_error* error) {
        of(call).error_ = glue::from_record(*error);
        return error->status;
      };
      progress = [](const stoker_call* call, std::uint64_t done, std::uint64_t, stoker_str) {
        of(call).progress_done_ = done;
      };
    }
    static FakeCall& of(const stoker_call* call) { return *static_cast<const Raw*>(call)->owner; }
    FakeCall* owner;
  };

  bool look() {
    if (looks_left_ > 0 && --looks_left_ == 0) cancelled_ = true;
    return cancelled_;
  }

  Raw raw_;
  Call call_{&raw_};
  std::function<std::int64_t()> remaining_ms_ = [] { return std::int64_t{60'000}; };
  std::atomic<bool> cancelled_ = false;
  std::atomic<int> looks_left_ = 0;
  std::uint64_t progress_done_ = 0;
  std::optional<Error> error_;
};

// A sink that keeps every record in `items`: Collected<Note>, Collected<Change>, ... It checks no rule of the ABI. It
// can refuse records, to test that the plugin stops.
template <class T>
class Collected {
 public:
  std::vector<T> items;
  // Takes `n` records and refuses the next one with `kind`.
  void refuse_after(std::size_t n, errc kind = errc::cancelled) {
    records_max_ = n;
    refusal_ = kind;
  }
  typename T::Sink sink() {
    return {this, [](void* to, const typename T::Record* records, std::size_t count) -> stoker_status {
              auto& self = *static_cast<Collected*>(to);
              for (std::size_t i = 0; i < count; ++i) {
                if (self.items.size() >= self.records_max_) return status_of(self.refusal_);
                self.items.push_back(from_record(records[i]));
              }
              return STOKER_OK;
            }};
  }
  Out<T> out() { return Out<T>(sink()); }

 private:
  std::size_t records_max_ = std::numeric_limits<std::size_t>::max();
  errc refusal_ = errc::cancelled;
};

// A sink that keeps all bytes, and the size of each chunk.
class CollectedBytes {
 public:
  std::string bytes;
  std::vector<std::size_t> chunks;
  stoker_byte_sink sink() {
    return {this, [](void* to, const std::uint8_t* data, std::size_t count) -> stoker_status {
              auto& self = *static_cast<CollectedBytes*>(to);
              self.bytes.append(reinterpret_cast<const char*>(data), count);
              self.chunks.push_back(count);
              return STOKER_OK;
            }};
  }
  Bytes out() { return Bytes(sink()); }
};

// A sink that keeps each text. The real host takes one document only; look at items.size().
class CollectedText {
 public:
  std::vector<std::string> items;
  std::string last() const { return items.empty() ? std::string() : items.back(); }
  stoker_text_sink sink() {
    return {this, [](void* to, const stoker_str* texts, std::size_t count) -> stoker_status {
              auto& self = *static_cast<CollectedText*>(to);
              for (std::size_t i = 0; i < count; ++i) self.items.push_back(string(texts[i]));
              return STOKER_OK;
            }};
  }
  Text out() { return Text(sink()); }
};

// The files of a tree: path and bytes.
using Contents = std::map<std::string, std::string, std::less<>>;

// Writes `bytes` to `sink`, in chunks that the ABI allows.
inline stoker_status put_bytes(stoker_byte_sink sink, std::string_view bytes) {
  const auto put = Bytes(sink).put(bytes);
  return put ? STOKER_OK : status_of(put.error().kind);
}

// A blob name: equal for equal bytes. It is a hash (FNV-1a) in hexadecimal digits, and not a git id.
inline std::string blob_of(std::string_view bytes) {
  std::uint64_t digest = 14695981039346656037ull;
  for (const char byte : bytes) digest = (digest ^ static_cast<unsigned char>(byte)) * 1099511628211ull;
  std::string hex;
  for (int shift = 60; shift >= 0; shift -= 4) hex += "0123456789abcdef"[(digest >> shift) & 15];
  return hex;
}

// A source's tree, as a strategy sees it. `files` are its regular files. `before` are the older revisions that `since`
// knows, by revision; `since` of any other revision answers not_found.
class FakeView {
 public:
  explicit FakeView(std::string revision, Contents now = {})
      : files(std::move(now)), revision_(std::move(revision)), raw_(*this) {}
  FakeView(const FakeView&) = delete;
  FakeView& operator=(const FakeView&) = delete;

  Contents files;
  std::map<std::string, Contents, std::less<>> before;
  int lists = 0, reads = 0;  // how often the strategy called `list` and `read`

  // The view for a function of a plugin's class, and for a function of a C table.
  View view() const { return View(&raw_); }
  const stoker_view* raw() const { return &raw_; }
  // The record that `list` writes for a file: mode 0644, regular.
  static File file(const std::string& path, const std::string& bytes) {
    return {path, blob_of(bytes), bytes.size(), 0644, File::Type::regular};
  }

 private:
  struct Raw : stoker_view {
    explicit Raw(FakeView& fake) : stoker_view{}, owner(&fake) {
      struct_size = sizeof(stoker_view);
      stoker_view::revision = str(fake.revision_);
      list = [](const stoker_view* v, stoker_str under, stoker_file_sink sink) {
        return of(v).list(stoker::view(under), sink);
      };
      read = [](const stoker_view* v, stoker_str path, stoker_byte_sink sink) {
        return of(v).read(stoker::view(path), sink);
      };
      since = [](const stoker_view* v, stoker_str from, stoker_delta_sink sink) {
        return of(v).since(stoker::view(from), sink);
      };
    }
    static FakeView& of(const stoker_view* view) { return *static_cast<const Raw*>(view)->owner; }
    FakeView* owner;
  };

  stoker_status list(std::string_view under, stoker_file_sink sink) {
    ++lists;
    const Out<File> out(sink);
    for (const auto& [path, bytes] : files) {
      const bool below = under.empty() || path == under || path.starts_with(std::string(under) + "/");
      if (!below) continue;
      if (auto put = out.put(file(path, bytes)); !put) return status_of(put.error().kind);
    }
    return STOKER_OK;
  }
  stoker_status read(std::string_view path, stoker_byte_sink sink) {
    ++reads;
    const auto found = files.find(path);
    return found == files.end() ? STOKER_E_NOT_FOUND : put_bytes(sink, found->second);
  }
  stoker_status since(std::string_view from, stoker_delta_sink sink) {
    const auto known = before.find(from);
    if (known == before.end()) return STOKER_E_NOT_FOUND;
    std::map<std::string, Delta> deltas;
    for (const auto& [path, bytes] : known->second)
      if (!files.contains(path)) deltas[path] = {file(path, bytes), Delta::Op::remove};
    for (const auto& [path, bytes] : files) {
      const auto old = known->second.find(path);
      if (old == known->second.end() || old->second != bytes) deltas[path] = {file(path, bytes), Delta::Op::put};
    }
    const Out<Delta> out(sink);
    for (const auto& [path, delta] : deltas)
      if (auto put = out.put(delta); !put) return status_of(put.error().kind);
    return STOKER_OK;
  }

  std::string revision_;
  Raw raw_;
};

// A plan, as a verifier sees it. `contents` is what the plan would write. Fill it for a test of `admit`. Leave it empty
// for `lock` and `verify`: there the real host answers not_found for each path. `tree`: the files of the revision, in
// rising order; leave it empty where no tree is open.
class FakePlan {
 public:
  explicit FakePlan(std::vector<Change> all = {}, Contents would_write = {}, std::string run = "run-1")
      : changes(std::move(all)), contents(std::move(would_write)), run_(std::move(run)), raw_(*this) {}
  FakePlan(const FakePlan&) = delete;
  FakePlan& operator=(const FakePlan&) = delete;

  const std::vector<Change> changes;
  Contents contents, tree;

  // The plan for a function of a plugin's class, and for a function of a C table.
  Plan plan() const { return Plan(&raw_); }
  const stoker_plan* raw() const { return &raw_; }

 private:
  struct Raw : stoker_plan {
    explicit Raw(const FakePlan& fake) : stoker_plan{}, owner(&fake) {
      struct_size = sizeof(stoker_plan);
      changes_count = fake.changes.size();
      run = str(fake.run_);
      digest = str(fake.digest_);
      changes = [](const stoker_plan* plan, stoker_change_sink sink) -> stoker_status {
        const Out<Change> out(sink);
        for (const Change& change : of(plan).changes)
          if (auto put = out.put(change); !put) return status_of(put.error().kind);
        return STOKER_OK;
      };
      content = [](const stoker_plan* plan, stoker_str path, stoker_byte_sink sink) -> stoker_status {
        const auto found = of(plan).contents.find(stoker::view(path));
        return found == of(plan).contents.end() ? STOKER_E_NOT_FOUND : put_bytes(sink, found->second);
      };
      list = [](const stoker_plan* plan, stoker_str under, stoker_file_sink sink) -> stoker_status {
        if (of(plan).tree.empty()) return STOKER_E_NOT_FOUND;
        const Out<File> out(sink);
        const std::string below = string(under) + "/";
        for (const auto& [path, bytes] : of(plan).tree) {
          if (under.len != 0 && path != stoker::view(under) && !path.starts_with(below)) continue;
          File file;
          file.path = path;
          file.bytes = bytes.size();
          if (auto put = out.put(file); !put) return status_of(put.error().kind);
        }
        return STOKER_OK;
      };
      read = [](const stoker_plan* plan, stoker_str path, stoker_byte_sink sink) -> stoker_status {
        const auto found = of(plan).tree.find(stoker::view(path));
        return found == of(plan).tree.end() ? STOKER_E_NOT_FOUND : put_bytes(sink, found->second);
      };
    }
    static const FakePlan& of(const stoker_plan* plan) { return *static_cast<const Raw*>(plan)->owner; }
    const FakePlan* owner;
  };

  std::string run_, digest_ = "plan-digest";
  Raw raw_;
};

}  // namespace stoker::testing
