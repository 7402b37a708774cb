// The documents of YAML or JSON files that name objects, checked before anything is sent: each mistake with file, line
// and column. [main thread: it reads files]
#pragma once

#include "host/config/kinds.hpp"
#include "host/config/yaml_document.hpp"

#include <boost/json/value.hpp>

#include <iosfwd>
#include <memory>

namespace stoker::host {

// One object of a file. A document of kind List has several.
struct Written {
  std::shared_ptr<const YamlDocument> document;  // in which it stands
  std::string at;                                // its pointer there; empty: it is the document
  const Kind* kind = nullptr;
  std::string name_space, name;
  boost::json::value object;  // with its namespace, without what only the host writes
  // Where the value at this pointer of the object stands in the file.
  ConfigError error(const std::string& pointer, std::string expected, std::string got) const;
};

struct Manifests {
  std::vector<Written> objects;  // of the files without mistakes
  ConfigErrors errors;
};

struct ManifestOptions {
  std::vector<std::string> files;  // files, folders, or "-" for `in`
  std::string name_space = "default";
  bool is_said = false;            // the namespace was asked for: objects of another one are mistakes
  bool check = true;               // against the schemas, and that each object is there once
  std::size_t files_max = 10'000;  // of a folder
};

Manifests read_manifests(const ManifestOptions& options, std::istream& in);

}  // namespace stoker::host
