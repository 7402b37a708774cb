// The workloads that are made of fetches from a git server of this machine, once for each backend. Each function runs
// its workers and gives the rows. Main thread only.
#pragma once

#include "asked.hpp"
#include "page.hpp"

namespace bench {

// The fetch alone of B3 and B5; of a small tree over a slow link too.
std::vector<Row> fetch_rows(const Grown& grown, std::uint64_t seed, int rounds);

// B8: a first Run, when nothing is there yet, neither a clone nor a file. `in_memory`: where the files of a large tree
// are written.
std::vector<Row> first_run_rows(const Grown& grown, const std::filesystem::path& in_memory);

// B10: a file of 200 MB, as it is committed, in a submodule, and kept by Git LFS.
std::vector<Row> large_file_rows(const std::filesystem::path& room);

}  // namespace bench
