// What a library says of itself: a whole ELF file, or the JSON of its note, and then the schemas in it as the
// configuration uses them.
#include "fuzz.hpp"

#include "host/config/json_schema.hpp"
#include "host/config/validation.hpp"
#include "host/loading/elf_file.hpp"
#include "host/loading/plugin_manifest.hpp"

#include <boost/json.hpp>

#include <sys/mman.h>
#include <unistd.h>

namespace stoker::host {
namespace {

void use_schema(const std::string& text) {
  const boost::json::value schema = boost::json::parse(text);
  if (!check_schema(schema)) return;
  const boost::json::value settings = boost::json::object{{"url", "http://a/"}, {"list", {1, {{"a", "b"}}}}};
  (void)validate(schema, settings);
  (void)complete(schema, settings);
}

void use(const Result<Manifest>& manifest) {
  if (!manifest) {
    fuzz::promise(!manifest.error().message.empty(), "a refusal says why");
    return;
  }
  fuzz::promise(!manifest->id.empty() && !manifest->kinds.empty(), "a manifest has an id and a kind");
  use_schema(manifest->settings_schema);
  use_schema(manifest->use_schema);
}

// As a file that has a name and needs no disk.
void read_elf(std::string_view bytes) {
  static const int file = ::memfd_create("fuzz", MFD_CLOEXEC);
  static const std::string path = "/proc/self/fd/" + std::to_string(file);
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, bytes.data(), bytes.size(), 0) < 0) std::abort();
  use(read_manifest(path));
  if (const auto elf = ElfFile::open(path)) {
    (void)elf->exports();
    (void)elf->needed();
    (void)elf->build_id();
    (void)elf->architecture();
  }
}

}  // namespace
}  // namespace stoker::host

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = stoker::fuzz::text_of(data, size);
  if (text.starts_with("\x7f"
                       "ELF"))
    stoker::host::read_elf(text);
  else
    stoker::host::use(stoker::host::parse_manifest(text, "/fuzz.so"));
  return 0;
}
