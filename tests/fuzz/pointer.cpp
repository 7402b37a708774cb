// What may be a pointer of Git LFS: the bytes of any small file of a repository.
#include "fuzz.hpp"

#include "plugins/source-git/lfs/lfs_pointer.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using stoker::fuzz::promise;
  const std::string_view blob = stoker::fuzz::text_of(data, size);
  const bool looks = stoker::git::looks_like_pointer(blob);
  const auto pointer = stoker::git::read_pointer(blob);
  if (!pointer) return 0;
  promise(looks, "a pointer looks like one");
  promise(size < stoker::git::pointer_bytes_max, "a pointer is small");
  promise(pointer->bytes <= INT64_MAX, "a size is one of a file");
  promise(pointer->oid.size() == 64 && pointer->oid.find_first_not_of("0123456789abcdef") == std::string::npos,
          "a name is that of a file, and of no path");
  const std::string canonical = "version https://git-lfs.github.com/spec/v1\noid sha256:" + pointer->oid + "\nsize " +
                                std::to_string(pointer->bytes) + "\n";
  const auto again = stoker::git::read_pointer(canonical);
  promise(again && again->oid == pointer->oid && again->bytes == pointer->bytes, "a pointer written anew is the same");
  return 0;
}
