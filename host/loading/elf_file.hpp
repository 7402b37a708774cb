// A shared library as a file: its ELF header, notes and dynamic symbols, read with bounds checks and without loading
// it. Only the parts that are asked for are read. Any thread; one object on one thread.
#pragma once

#include <elf.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <stoker/result.hpp>

namespace stoker::host {

class ElfFile {
 public:
  // Fails with STK-P001 (no such file), P002 (not a shared library), P003 (another architecture).
  static Result<ElfFile> open(const std::filesystem::path& path);
  ElfFile(ElfFile&& other) noexcept;
  ElfFile& operator=(ElfFile&&) = delete;
  ~ElfFile();

  // The first note of this owner and type, found through the program headers. No value when there is none; an error
  // (P005) when it is cut off.
  Result<std::optional<std::string>> note(std::string_view owner, std::uint32_t type, std::size_t bytes_max) const;

  // Found through the section headers, to be shown to people. Empty when the headers are not valid.
  std::vector<std::string> exports() const;
  std::vector<std::string> needed() const;
  std::string build_id() const;
  std::string architecture() const;

 private:
  explicit ElfFile(std::filesystem::path path) : path_(std::move(path)) {}
  Result<void> read_header();
  bool read_at(std::uint64_t offset, void* to, std::size_t bytes) const;
  std::optional<std::string> bytes_at(std::uint64_t offset, std::uint64_t bytes, std::uint64_t bytes_max) const;
  std::vector<Elf64_Phdr> segments() const;
  std::vector<Elf64_Shdr> sections() const;

  std::filesystem::path path_;
  int file_ = -1;
  std::uint64_t file_bytes_ = 0;
  Elf64_Ehdr header_{};
};

// "x86-64", "aarch64", ... or "machine 243".
std::string machine_name(std::uint16_t machine);

}  // namespace stoker::host
