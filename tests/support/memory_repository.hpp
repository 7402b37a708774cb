// A repository in memory: revisions that a test makes, as a source's tree hands them out. A Repository belongs to the
// test and outlives its trees. One thread at a time.
#pragma once

#include <stoker/records.hpp>
#include <stoker/source.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <functional>
#include <map>

namespace stoker::testing {

inline std::string hex_digest(const std::string& bytes, const EVP_MD* of) {
  unsigned char raw[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), raw, &size, of, nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += {"0123456789abcdef"[raw[i] >> 4], "0123456789abcdef"[raw[i] & 15]};
  return hex;
}

// What a source may call a content by.
inline std::string git_blob(const std::string& bytes) {
  return hex_digest("blob " + std::to_string(bytes.size()) + '\0' + bytes, EVP_sha1());
}
inline std::string sha256_blob(const std::string& bytes) { return "sha256:" + hex_digest(bytes, EVP_sha256()); }
inline std::string other_blob(const std::string& bytes) { return "id:" + git_blob(bytes); }
inline std::string bytes_as_blob(const std::string& bytes) { return bytes; }

struct SourceFile {
  std::string bytes;
  std::uint32_t mode = 0644;
  File::Type type = File::Type::regular;
  SourceFile() = default;
  SourceFile(const char* text) : bytes(text) {}
  SourceFile(std::string text, std::uint32_t m = 0644, File::Type t = File::Type::regular)
      : bytes(std::move(text)), mode(m), type(t) {}
  bool operator==(const SourceFile&) const = default;
};
using SourceTree = std::map<std::string, SourceFile>;

// Revisions by name; all are known to `diff` but those in `forgotten`.
struct Repository {
  std::map<std::string, SourceTree> revisions;
  std::vector<std::string> forgotten;
  std::string (*blob)(const std::string& bytes) = git_blob;

  File file(const std::string& path, const SourceFile& f) const {
    return {path, blob(f.bytes), f.bytes.size(), f.mode, f.type};
  }
  Result<void> list(const SourceTree& tree, std::string_view under, const Out<File>& out) const {
    for (const auto& [path, f] : tree)
      if (under.empty() || path == under || path.starts_with(std::string(under) + "/"))
        if (auto put = out.put(file(path, f)); !put) return put;
    return {};
  }
  static Result<void> read(const SourceTree& tree, std::string_view path, const Bytes& out) {
    const auto found = tree.find(std::string(path));
    return found == tree.end() ? Error(errc::not_found, std::string(path)) : out.put(found->second.bytes);
  }
  Result<void> diff(const SourceTree& tree, const std::string& since, const Out<Delta>& out) const {
    const auto old = revisions.find(since);
    if (old == revisions.end() || std::find(forgotten.begin(), forgotten.end(), since) != forgotten.end())
      return Error(errc::not_found, since);
    std::map<std::string, Delta> all;
    for (const auto& [path, f] : old->second)
      if (!tree.contains(path)) all[path] = {file(path, f), Delta::Op::remove};
    for (const auto& [path, f] : tree)
      if (const auto was = old->second.find(path); was == old->second.end() || !(was->second == f))
        all[path] = {file(path, f), Delta::Op::put};
    for (const auto& [path, delta] : all)
      if (auto put = out.put(delta); !put) return put;
    return {};
  }
};

// A revision as it was when it was opened. `before` is asked before each answer, and can fail it.
class MemoryTree : public Tree {
 public:
  using Before = std::function<Result<void>(const std::string& step)>;
  MemoryTree(const Repository& repository, SourceTree content, Before before = {})
      : repository_(repository), content_(std::move(content)), before_(std::move(before)) {}
  Result<void> list(Call&, std::string_view under, const Out<File>& out) override {
    if (auto go_on = step("list"); !go_on) return go_on;
    return repository_.list(content_, under, out);
  }
  Result<void> read(Call&, std::string_view path, const Bytes& out) override {
    if (auto go_on = step("read " + std::string(path)); !go_on) return go_on;
    return Repository::read(content_, path, out);
  }
  Result<void> diff(Call&, std::string_view since, const Out<Delta>& out) override {
    return repository_.diff(content_, std::string(since), out);
  }

 private:
  Result<void> step(const std::string& name) const { return before_ ? before_(name) : Result<void>(); }
  const Repository& repository_;
  SourceTree content_;
  Before before_;
};

}  // namespace stoker::testing
