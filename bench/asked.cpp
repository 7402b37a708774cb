#include "asked.hpp"

#include <sys/statfs.h>

#include <boost/json.hpp>

namespace bench {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

std::string program_itself() { return fs::read_symlink("/proc/self/exe").string(); }

}  // namespace

std::string file_system_of(const fs::path& folder) {
  struct statfs about {};
  if (::statfs(folder.c_str(), &about) != 0) return "?";
  switch (about.f_type) {
    case 0xef53: return "ext4";
    case 0x01021994: return "tmpfs";
    case 0x58465342: return "xfs";
    case 0x9123683e: return "btrfs";
    case 0x794c7630: return "overlay";
    default: return "type " + std::to_string(about.f_type);
  }
}

Arguments worker(const std::string& what, const Grown& grown, const fs::path& data, std::uint64_t seed, int rounds,
                 bool bound) {
  Arguments arguments{program_itself(),
                      "work",
                      what,
                      "--room",
                      grown.room.string(),
                      "--data",
                      data.string(),
                      "--files",
                      std::to_string(grown.files),
                      "--seed",
                      std::to_string(seed),
                      "--rounds",
                      std::to_string(rounds)};
  if (!grown.first.empty()) arguments.insert(arguments.end(), {"--first", grown.first, "--second", grown.second});
  if (!bound) arguments.push_back("--alone");
  return arguments;
}

json::object work(const Arguments& arguments) { return json::parse(run_to_end(arguments).out).as_object(); }

double real(const json::value& document, std::string_view pointer) {
  return document.at_pointer(boost::json::string_view(pointer.data(), pointer.size())).to_number<double>();
}

Samples samples(const json::value& document, std::string_view pointer) {
  Samples all;
  for (const json::value& ms : document.at_pointer(boost::json::string_view(pointer.data(), pointer.size())).as_array())
    all.add(ms.to_number<double>());
  return all;
}

}  // namespace bench
