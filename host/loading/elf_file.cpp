// Reads ELF files. Every offset and count comes from the file, so it is checked against the size of the file before it
// is used.
#include "host/loading/elf_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "host/loading/diagnostics.hpp"

namespace stoker::host {
namespace {

constexpr std::size_t segments_max = 512;
constexpr std::size_t sections_max = 4096;
constexpr std::uint64_t notes_bytes_max = 4u << 20;
constexpr std::uint64_t symbols_bytes_max = 16u << 20;

#if defined(__x86_64__)
constexpr std::uint16_t own_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t own_machine = EM_AARCH64;
#elif defined(__riscv)
constexpr std::uint16_t own_machine = EM_RISCV;
#else
#error "name this machine's ELF number"
#endif

std::uint64_t round_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

// One note within the bytes of its segment, `notes`.
struct Note {
  std::string_view owner, content;
  std::uint32_t type = 0;
  std::uint64_t next = 0;
  bool cut = false;
};

std::optional<Note> note_at(std::string_view notes, std::uint64_t at, std::uint64_t alignment) {
  Elf64_Nhdr header;
  if (at > notes.size() || notes.size() - at < sizeof header) return std::nullopt;
  std::memcpy(&header, notes.data() + at, sizeof header);
  Note note;
  note.type = header.n_type;
  const std::uint64_t owner_at = at + sizeof header;
  const std::uint64_t content_at = round_up(owner_at + header.n_namesz, alignment);
  const std::uint64_t end = content_at + header.n_descsz;
  if (header.n_namesz > notes.size() - owner_at) return std::nullopt;
  note.owner = notes.substr(owner_at, header.n_namesz);
  if (!note.owner.empty() && note.owner.back() == '\0') note.owner.remove_suffix(1);
  note.cut = end > notes.size();
  if (!note.cut) note.content = notes.substr(content_at, header.n_descsz);
  note.next = round_up(end, alignment);
  return note;
}

std::optional<Note> find_note(std::string_view notes, std::uint64_t alignment, std::string_view owner,
                              std::uint32_t type) {
  std::uint64_t at = 0;
  while (const auto note = note_at(notes, at, alignment)) {
    if (note->owner == owner && note->type == type) return note;
    if (note->cut) return std::nullopt;
    at = note->next;
  }
  return std::nullopt;
}

std::uint64_t note_alignment(const Elf64_Phdr& segment) { return segment.p_align == 8 ? 8 : 4; }

std::string text_at(std::string_view table, std::uint64_t at) {
  if (at >= table.size()) return {};
  const std::string_view rest = table.substr(at, 1024);
  return std::string(rest.substr(0, rest.find('\0')));
}

}  // namespace

std::string machine_name(std::uint16_t machine) {
  switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_AARCH64: return "aarch64";
    case EM_RISCV: return "riscv64";
    case EM_386: return "x86";
    case EM_ARM: return "arm";
    default: return "machine " + std::to_string(machine);
  }
}

Result<ElfFile> ElfFile::open(const std::filesystem::path& path) {
  ElfFile elf(path);
  elf.file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (elf.file_ < 0) return load_error(LoadFault::missing_file, path, std::strerror(errno), "a readable file");
  struct stat about {};
  if (::fstat(elf.file_, &about) != 0 || !S_ISREG(about.st_mode))
    return load_error(LoadFault::not_a_library, path, "not a regular file", "a shared library");
  elf.file_bytes_ = static_cast<std::uint64_t>(about.st_size);
  if (auto read = elf.read_header(); !read) return std::move(read).error();
  return elf;
}

ElfFile::ElfFile(ElfFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      file_bytes_(other.file_bytes_),
      header_(other.header_) {}

ElfFile::~ElfFile() {
  if (file_ >= 0) ::close(file_);
}

Result<void> ElfFile::read_header() {
  if (!read_at(0, &header_, sizeof header_) || std::memcmp(header_.e_ident, ELFMAG, SELFMAG) != 0)
    return load_error(LoadFault::not_a_library, path_, "no ELF header", "a shared library");
  if (header_.e_ident[EI_CLASS] != ELFCLASS64 || header_.e_ident[EI_DATA] != ELFDATA2LSB)
    return load_error(LoadFault::other_architecture, path_, "not 64-bit little-endian", machine_name(own_machine));
  if (header_.e_machine != own_machine)
    return load_error(LoadFault::other_architecture, path_, machine_name(header_.e_machine), machine_name(own_machine));
  if (header_.e_type != ET_DYN)
    return load_error(LoadFault::not_a_library, path_, "an ELF file of another type", "a shared library");
  return {};
}

bool ElfFile::read_at(std::uint64_t offset, void* to, std::size_t bytes) const {
  if (bytes > file_bytes_ || offset > file_bytes_ - bytes) return false;
  auto* target = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t got = ::pread(file_, target, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    target += got;
    offset += static_cast<std::uint64_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
  return true;
}

std::optional<std::string> ElfFile::bytes_at(std::uint64_t offset, std::uint64_t bytes, std::uint64_t bytes_max) const {
  if (bytes > bytes_max || bytes > file_bytes_) return std::nullopt;
  std::string found(bytes, '\0');
  if (!read_at(offset, found.data(), bytes)) return std::nullopt;
  return found;
}

std::vector<Elf64_Phdr> ElfFile::segments() const {
  if (header_.e_phentsize != sizeof(Elf64_Phdr) || header_.e_phnum > segments_max) return {};
  std::vector<Elf64_Phdr> all(header_.e_phnum);
  if (!read_at(header_.e_phoff, all.data(), all.size() * sizeof(Elf64_Phdr))) return {};
  return all;
}

std::vector<Elf64_Shdr> ElfFile::sections() const {
  if (header_.e_shentsize != sizeof(Elf64_Shdr) || header_.e_shnum > sections_max) return {};
  std::vector<Elf64_Shdr> all(header_.e_shnum);
  if (!read_at(header_.e_shoff, all.data(), all.size() * sizeof(Elf64_Shdr))) return {};
  return all;
}

Result<std::optional<std::string>> ElfFile::note(std::string_view owner, std::uint32_t type,
                                                 std::size_t bytes_max) const {
  const auto all = segments();
  if (all.empty())
    return load_error(LoadFault::not_a_library, path_, "no readable program headers", "a shared library");
  for (const Elf64_Phdr& segment : all) {
    if (segment.p_type != PT_NOTE) continue;
    const auto notes = bytes_at(segment.p_offset, segment.p_filesz, notes_bytes_max);
    if (!notes)
      return load_error(LoadFault::bad_manifest, path_, "notes that go past the end of the file", "a complete file");
    const auto found = find_note(*notes, note_alignment(segment), owner, type);
    if (!found) continue;
    if (found->cut) return load_error(LoadFault::bad_manifest, path_, "a note that is cut off", "a complete note");
    if (found->content.size() > bytes_max)
      return load_error(LoadFault::bad_manifest, path_, std::to_string(found->content.size()) + " bytes",
                        "at most " + std::to_string(bytes_max));
    return std::optional(std::string(found->content));
  }
  return std::optional<std::string>();
}

std::vector<std::string> ElfFile::exports() const {
  std::vector<std::string> names;
  const auto all = sections();
  for (const Elf64_Shdr& section : all) {
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= all.size()) continue;
    const auto symbols = bytes_at(section.sh_offset, section.sh_size, symbols_bytes_max);
    const auto texts = bytes_at(all[section.sh_link].sh_offset, all[section.sh_link].sh_size, symbols_bytes_max);
    if (!symbols || !texts) continue;
    for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= symbols->size(); at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, symbols->data() + at, sizeof symbol);
      const bool local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL;
      if (symbol.st_shndx != SHN_UNDEF && !local) names.push_back(text_at(*texts, symbol.st_name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> ElfFile::needed() const {
  std::vector<std::string> names;
  const auto all = sections();
  for (const Elf64_Shdr& section : all) {
    if (section.sh_type != SHT_DYNAMIC || section.sh_link >= all.size()) continue;
    const auto entries = bytes_at(section.sh_offset, section.sh_size, symbols_bytes_max);
    const auto texts = bytes_at(all[section.sh_link].sh_offset, all[section.sh_link].sh_size, symbols_bytes_max);
    if (!entries || !texts) continue;
    for (std::size_t at = 0; at + sizeof(Elf64_Dyn) <= entries->size(); at += sizeof(Elf64_Dyn)) {
      Elf64_Dyn entry;
      std::memcpy(&entry, entries->data() + at, sizeof entry);
      if (entry.d_tag == DT_NULL) break;
      if (entry.d_tag == DT_NEEDED) names.push_back(text_at(*texts, entry.d_un.d_val));
    }
  }
  return names;
}

std::string ElfFile::build_id() const {
  const auto id = note("GNU", NT_GNU_BUILD_ID, 64);
  std::string hex;
  if (!id || !*id) return hex;
  for (const char byte : **id) {
    const auto value = static_cast<unsigned char>(byte);
    hex += "0123456789abcdef"[value >> 4];
    hex += "0123456789abcdef"[value & 15];
  }
  return hex;
}

std::string ElfFile::architecture() const { return machine_name(header_.e_machine); }

}  // namespace stoker::host
