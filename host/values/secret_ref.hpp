// Where a secret stands, never its text. A value. [any thread]
#pragma once

#include <string>

namespace stoker::host {

struct SecretRef {
  std::string name, key;
  bool operator==(const SecretRef&) const = default;
};

}  // namespace stoker::host
