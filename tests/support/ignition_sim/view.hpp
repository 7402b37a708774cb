// What a gateway has loaded, as a value: path below the data directory -> digest of what the file means. Made the same
// way from a gateway's memory, from a folder and from the blobs of a git tree, so that a test can compare the three.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace ignition_sim {

using Tree = std::map<std::string, std::string, std::less<>>;  // path, '/' between components -> bytes
using View = std::map<std::string, std::string, std::less<>>;  // path -> meaning

// Lower-case hex SHA-256 of the bytes; for a file named resource.json of its JSON with sorted keys, compact, without
// attributes.lastModification and attributes.lastModificationSignature: a stamp changes no meaning.
std::string meaning(std::string_view path, std::string_view bytes);

View view_of(const Tree& tree);

// The part of a view at or below a folder ("projects", "projects/Line"); all of it for "".
View below(const View& view, std::string_view folder);

// Lower-case hex SHA-256 over, for each path in byte order: path, NUL, meaning, LF.
std::string loaded_digest(const View& view);

// Every regular file at or below root/folder, keyed by its path from root; links and `.resources` are not entered.
Tree read_tree(const std::filesystem::path& root, std::string_view folder = {});

}  // namespace ignition_sim
