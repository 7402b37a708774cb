// What .gitattributes means for the files of one commit. This plugin delivers files as they are committed, so this is
// only used to say which of them `git checkout` may write with other bytes. One thread at a time.
#pragma once

#include "libgit2.hpp"

#include <string>
#include <string_view>

namespace stoker::git {

// Is there an attribute in this text of a .gitattributes file that can change bytes? Quick; it may be true for nothing.
bool may_change_bytes(std::string_view gitattributes);

class Attributes {
 public:
  // Both belong to the caller and have to live as long as this object.
  Attributes(git_repository* repository, const git_oid& commit);

  // The attribute that changes the bytes of the file, for people: "eol=crlf", "working-tree-encoding=UTF-16LE",
  // "ident", "filter=x". Empty when there is none, or when .gitattributes cannot be read. Git LFS is not meant: that
  // filter has an option of its own.
  std::string change_of(const std::string& path) const;

 private:
  git_repository* repository_;
  git_attr_options options_{};
};

}  // namespace stoker::git
