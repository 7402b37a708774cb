// What stands in the metadata of every object: names, labels and annotations as a cluster takes them, so that an object
// that is kept on one machine can move to a cluster. And how an object is named in messages. Pure. [any thread]
#pragma once

#include "host/config/validation.hpp"
#include "host/config/yaml_document.hpp"

#include <stoker/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace stoker::host {

constexpr std::size_t annotation_bytes_max = 256u << 10;  // all keys and values of one object

// An annotation that Stoker reads.
struct OwnAnnotation {
  std::string_view name, meaning;  // "retry": the part behind stoker.io/
};
const std::vector<OwnAnnotation>& own_annotations();

// Adds what is wrong with name, namespace, labels, and keys and size of annotations, where `found` says nothing of that
// place yet; about `violations_max` at most. Values of a wrong type are left to the schema.
void add_metadata_violations(const boost::json::value& document, std::vector<Violation>& found);

// Annotations that begin with stoker.io/ and that nobody reads. `all`: each of them; else those that are similar to one
// that is read.
std::vector<Violation> annotation_violations(const boost::json::value& document, bool all);

// "GatewaySync default/line-a", for messages.
std::string object_label(const boost::json::value& document);

// The error for these mistakes: "object.invalid", with one line for each, and the list of them as detail.
Error object_error(const ConfigErrors& errors);
Error object_error(const std::string& label, const std::vector<Violation>& violations);

}  // namespace stoker::host
