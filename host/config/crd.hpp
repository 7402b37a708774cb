// A kind of object as a CustomResourceDefinition, which teaches a cluster to keep and to check it. It is made from the
// kind's schema and says the same, as far as a cluster can: rules of annotations are left to Stoker. Pure. [any thread]
#pragma once

#include "host/config/kinds.hpp"

#include <string>

namespace stoker::host {

// YAML text. The kind is one of Stoker's own groups: Events are a cluster's own.
std::string crd_of(const Kind& kind);

}  // namespace stoker::host
