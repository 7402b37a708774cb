// What a source has announced of the files of one open tree, and the check of what it then delivers. A source is
// outside input: `list` and `diff` announce a size and a blob for each file, and `read` has to deliver just that.
// AnnouncedFiles belongs to the open tree and may be used by several threads. DeliveredFile belongs to one `read`.
#pragma once

#include "host/base/digest.hpp"

#include <stoker/abi/source.h>
#include <stoker/result.hpp>

#include <array>
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace stoker::host {

struct AnnouncedFile {
  std::uint64_t bytes = 0;  // 0: the source does not know it
  std::string blob;         // only of a form that is a digest of the bytes, else empty
};

// A tree may have very many files, so each takes few bytes: its path and its blob are kept as digests. Two paths with
// one 64-bit digest would fail a Run that is right; of 5,000,000 files that happens once in a million trees.
class AnnouncedFiles {
 public:
  void add(const stoker_file& file);
  std::optional<AnnouncedFile> find(std::string_view path) const;

  // Stands for one call of `list` or `diff`, as long as it runs.
  class Listing {
   public:
    explicit Listing(AnnouncedFiles& files) : files_(files) { ++files_.listings_; }
    Listing(const Listing&) = delete;
    Listing& operator=(const Listing&) = delete;
    ~Listing() { --files_.listings_; }

   private:
    AnnouncedFiles& files_;
  };
  bool being_listed() const { return listings_ > 0; }

 private:
  enum class Form : std::uint8_t { name, sha1, sha256 };
  struct Entry {
    std::uint64_t path, bytes;
    std::array<std::uint8_t, 32> digest;
    Form form;
  };
  // Puts what came since into its place. A file that was announced again is kept once, as it was announced last.
  void sort() const;

  std::atomic<int> listings_{0};
  mutable std::mutex mutex_;
  mutable std::deque<Entry> entries_;  // a deque: it grows without a copy of itself
  mutable std::size_t sorted_ = 0;     // so many of them are in the order of their paths' digests
};

// The most that a file may have whose size the source did not announce.
constexpr std::uint64_t unannounced_bytes_max = std::uint64_t{1} << 30;

// Follows the bytes of one file. `take` fails at the first byte beyond the announced size, `check_whole` when something
// is missing or the digest is another one.
class DeliveredFile {
 public:
  DeliveredFile(std::string_view path, std::optional<AnnouncedFile> announced);
  Result<void> take(std::string_view bytes);
  Result<void> check_whole();

 private:
  Result<void> wrong(const std::string& delivered, const std::string& announced) const;
  const std::string path_;
  const AnnouncedFile announced_;
  const std::uint64_t bytes_max_;
  std::optional<Digest> digest_;
  std::uint64_t bytes_ = 0;
};

}  // namespace stoker::host
