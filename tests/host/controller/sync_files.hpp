// GatewaySync files as tests write them.
#pragma once

#include <string>

namespace stoker::host::testing {

inline std::string sync_file(const std::string& name, const std::string& repository = "a",
                             const std::string& ref = "main") {
  return "apiVersion: stoker.io/v1alpha1\nkind: GatewaySync\nmetadata: {name: " + name + "}\nspec: {git: {repo: \"" +
         repository + "\", ref: " + ref +
         "}, sync: {profiles: {default: {mappings: [{source: a, destination: b}]}}}}\n";
}

}  // namespace stoker::host::testing
