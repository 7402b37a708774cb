// What is asked of a worker, a process of its own, and what it answers. Main thread only.
#pragma once

#include "figures.hpp"
#include "program.hpp"

#include <boost/json/object.hpp>

namespace bench {

// One tree: its repository, and a data directory on each file system.
struct Grown {
  std::size_t files;
  std::string first, second, changing;
  std::uint64_t bytes;
  std::filesystem::path room, on_disk, in_memory;
};

std::string file_system_of(const std::filesystem::path& folder);

// How this program is run to be one. Without `bound` it measures nothing beside.
Arguments worker(const std::string& what, const Grown& grown, const std::filesystem::path& data, std::uint64_t seed,
                 int rounds, bool bound = true);

// Its answer. Throws when it fails.
boost::json::object work(const Arguments& arguments);

// Of an answer, by JSON pointer.
double real(const boost::json::value& document, std::string_view pointer);
Samples samples(const boost::json::value& document, std::string_view pointer);

}  // namespace bench
