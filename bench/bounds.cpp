#include "bounds.hpp"

#include "program.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>

namespace bench {
namespace {

// Every regular file below the folder that `fd` is open on; closes it.
void walk(int fd, const std::function<void(int folder, const char* name, const struct stat&)>& each) {
  if (fd < 0) throw std::runtime_error("walk: a folder cannot be opened");
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd), &::closedir);
  while (const dirent* entry = ::readdir(stream.get())) {
    if (std::strcmp(entry->d_name, ".") == 0 || std::strcmp(entry->d_name, "..") == 0) continue;
    struct stat st {};
    if (::fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) throw std::runtime_error("walk: no stat");
    if (S_ISDIR(st.st_mode))
      walk(::openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), each);
    else if (S_ISREG(st.st_mode))
      each(fd, entry->d_name, st);
  }
}

void synced(int fd) {
  if (fd < 0 || ::fsync(fd) != 0 || ::close(fd) != 0) throw std::runtime_error("bound: no sync");
}

}  // namespace

void diff_tree(const std::filesystem::path& repository, const std::string& from, const std::string& to) {
  run_to_end({"git", "-C", repository.string(), "diff-tree", "-r", from, to});
}

void write_durably(const std::filesystem::path& folder, const std::string& bytes) {
  const std::string beside = (folder / "bound.new").string(), there = (folder / "bound").string();
  const int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("bound: no write");
  synced(fd);
  if (::rename(beside.c_str(), there.c_str()) != 0) throw std::runtime_error("bound: no rename");
  synced(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

std::uint64_t stat_walk(const std::filesystem::path& folder) {
  std::uint64_t files = 0;
  walk(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
       [&](int, const char*, const struct stat&) { ++files; });
  return files;
}

std::uint64_t hash_walk(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  const auto buffer = std::make_unique<std::array<char, 256 * 1024>>();
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  walk(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), [&](int at, const char* name, const struct stat&) {
    const int fd = ::openat(at, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) throw std::runtime_error("walk: a file cannot be opened");
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
    for (ssize_t got = 0; (got = ::read(fd, buffer->data(), buffer->size())) > 0;) {
      EVP_DigestUpdate(context.get(), buffer->data(), static_cast<std::size_t>(got));
      bytes += static_cast<std::uint64_t>(got);
    }
    EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
    ::close(fd);
  });
  return bytes;
}

}  // namespace bench
