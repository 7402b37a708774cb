// Loads the library that is named and says what it is: for the out-of-tree test.
#include <iostream>

#include "host/loading/plugin_library.hpp"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const auto manifest = stoker::host::read_manifest(arguments[1]);
  if (!manifest) {
    std::cerr << manifest.error().message << '\n';
    return 1;
  }
  stoker::host::PluginLibraries libraries;
  const auto library = libraries.load(*manifest);
  if (!library) {
    std::cerr << library.error().message << '\n';
    return 1;
  }
  std::cout << manifest->id << ' ' << manifest->version << '\n';
  return 0;
}
