// What can be said of a target's data folder before a Run writes there: owner, rights, space, mounts, and who has the
// target open. Blocks; changes nothing and makes nothing. [worker]
#pragma once

#include <stoker/records.hpp>
#include <stoker/result.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace stoker::host {

// Can a target be opened there? Fails, with the place and the remedy, when the folder is not there, is no folder, or
// may not be written to. Each of it can be repaired while Stoker runs.
Result<void> check_usable(const std::filesystem::path& data);

// `destinations`: of the mappings, as the user wrote them.
std::vector<Check> check_data_folder(const std::filesystem::path& data, const std::vector<std::string>& destinations);

// The points below `folder` where something else is mounted, as the text of /proc/self/mountinfo says. Pure.
std::vector<std::filesystem::path> mounts_below(const std::filesystem::path& folder, std::string_view mountinfo);
// The leading folders of a destination that hold no placeholder.
std::filesystem::path fixed_part(const std::string& destination);

}  // namespace stoker::host
