// What .gitattributes means for the files of one commit. Files are delivered as they are committed, unless the setting
// `checkout` says otherwise. One thread at a time.
#pragma once

#include "conversion.hpp"
#include "libgit2.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace stoker::git {

// Is there an attribute in this text of a .gitattributes file that can change bytes? Quick; it may be true for nothing.
bool may_change_bytes(std::string_view gitattributes);

// What `git checkout` does with one file.
struct AtCheckout {
  Conversion conversion;
  std::string other;  // what no option of this plugin does: "ident", "filter=x". Git LFS has an option of its own.

  // For people: "eol=crlf", "working-tree-encoding=UTF-16LE", "ident". Empty when the bytes stay as they are.
  std::string text() const;
};

class Attributes {
 public:
  // The repository belongs to the caller and has to live as long as this object.
  Attributes(git_repository* repository, const git_oid& commit);

  // No value when a .gitattributes file cannot be read: git_error_last() says why.
  std::optional<AtCheckout> of(const std::string& path) const;

 private:
  git_repository* repository_;
  git_attr_options options_{};
};

}  // namespace stoker::git
