// Wraps libgit2 for this plugin: handles with an owner, and failures as values. Only this file includes its headers.
#pragma once

#include <stoker/result.hpp>

#include <git2.h>
#if __has_include(<git2/sys/errors.h>)  // since libgit2 1.8; before, git2/errors.h had it
#include <git2/sys/errors.h>
#endif
#include <git2/sys/transport.h>

#include <memory>
#include <string>
#include <string_view>

namespace stoker::git {

template <auto free>
struct Freed {
  template <class T>
  void operator()(T* handle) const {
    free(handle);
  }
};
using Repository = std::unique_ptr<git_repository, Freed<git_repository_free>>;
using RemoteHandle = std::unique_ptr<git_remote, Freed<git_remote_free>>;
using CommitHandle = std::unique_ptr<git_commit, Freed<git_commit_free>>;
using TreeHandle = std::unique_ptr<git_tree, Freed<git_tree_free>>;
using OdbHandle = std::unique_ptr<git_odb, Freed<git_odb_free>>;
using OdbObject = std::unique_ptr<git_odb_object, Freed<git_odb_object_free>>;

// Makes a handle from what a function of libgit2 writes through its first argument: make<TreeHandle>(code,
// git_tree_lookup, repo, id).
template <class Handle, class Function, class... Arguments>
Handle make(int& code, Function function, Arguments... arguments) {
  typename Handle::pointer raw = nullptr;
  code = function(&raw, arguments...);
  return Handle(code < 0 ? nullptr : raw);
}

// Starts libgit2 once for the process. The configuration of the machine is not read, and the hash of each object is
// checked.
void start_libgit2();

constexpr std::size_t commit_bytes_max = 16 << 20;  // libgit2 reads a commit as a whole

git_oid oid(std::string_view forty_hex);
std::string hex(const git_oid& id);

// The last error message of libgit2 on this thread, bounded and without control characters.
std::string last_message();

}  // namespace stoker::git
