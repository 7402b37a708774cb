// target.json and assignment.json: what an earlier process, or a newer one, or a damaged disk left.
#include "fuzz.hpp"

#include "host/run/target_memory.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stoker;
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto memory = host::memory_from_json(text)) {
    const std::string written = host::to_json(*memory);
    const auto again = host::memory_from_json(written);
    fuzz::promise(bool(again), "what is written can be read");
    fuzz::promise(host::to_json(*again) == written, "what is read is what was written");
    (void)memory->sure();
  } else {
    fuzz::promise(!memory.error().message.empty(), "a refusal says why");
  }
  if (const auto assignment = host::assignment_from_json(text)) {
    const auto again = host::assignment_from_json(host::to_json(*assignment));
    fuzz::promise(again && again->same_work(*assignment) && again->held_key() == assignment->held_key(),
                  "an assignment survives its document");
  }
  return 0;
}
