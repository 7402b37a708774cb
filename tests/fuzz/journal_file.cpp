// The file of the strategy's records with any bytes in it.
#include "target_folder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stoker::fuzz;
  static TargetFolder target;
  if (size > 65536) return 0;
  target.empty();
  put(target.database(), text_of(data, size));
  recover_and_run(target.data());
  target.unharmed();
  return 0;
}
