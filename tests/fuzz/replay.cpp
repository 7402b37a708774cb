// Drives each fuzz target without libFuzzer: all of its corpus, then a fixed number of mutations of it. Input number n
// follows from the seed and n alone. An input at which the process ends is left beside the test as crash-<target>.
// CMakeLists.txt has the list of targets.
#include "fuzz.hpp"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

// A sanitizer's finding ends the process, as libFuzzer has it.
extern "C" const char* __ubsan_default_options() { return "halt_on_error=1:print_stacktrace=1"; }

namespace stoker::fuzz {
namespace {

constexpr std::uint32_t seed = 20240611;
constexpr unsigned seconds_max = 10;  // for one input
constexpr long rss_kib_max = 512 * 1024;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int part = 4;  // of the runs
#else
constexpr int part = 1;
#endif

struct Target {
  std::string name;
  int (*run)(const std::uint8_t* data, std::size_t size);
};

std::string crash_file, input;  // of the one that runs

void leave_input(int number) {
  std::ofstream(crash_file, std::ios::binary) << input;
  ::signal(number, SIG_DFL);
  ::raise(number);
}

void run_one(const Target& target) {
  ::alarm(seconds_max);
  target.run(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  ::alarm(0);
}

std::vector<std::string> corpus(const Target& target) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(STOKER_FUZZ_CORPUS "/" + target.name))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<std::string> inputs;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return inputs;
}

// One of: a bit, a byte, a run of bytes gone, a run of bytes twice, a part of another input.
void mutate(std::string& bytes, const std::vector<std::string>& others, std::mt19937& random) {
  const auto below = [&](std::size_t bound) { return bound == 0 ? std::size_t(0) : random() % bound; };
  const std::size_t at = below(bytes.size()), length = std::min(1 + below(16), bytes.size() - at);
  switch (random() % 6) {
    case 0:
      if (!bytes.empty()) bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
      break;
    case 1:
      if (!bytes.empty()) bytes[at] = "\0\xff\x80 \n/.{}[]:,\"'0"[random() % 17];
      break;
    case 2: bytes.erase(at, length); break;
    case 3: bytes.insert(at, bytes.substr(at, length)); break;
    case 4: bytes.insert(at, 1, static_cast<char>(random())); break;
    default: {
      const std::string& other = others[below(others.size())];
      const std::size_t from = below(other.size());
      bytes.insert(at, other, from, 1 + below(std::min<std::size_t>(other.size() - from, 64)));
    }
  }
}

void expect_little_memory() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  EXPECT_LT(used.ru_maxrss, rss_kib_max);
}

void watch(const Target& target) {
  crash_file = "crash-" + target.name;
  for (const int number : {SIGABRT, SIGALRM, SIGSEGV, SIGFPE}) ::signal(number, leave_input);
}

void live_through_corpus(const Target& target) {
  watch(target);
  const auto inputs = corpus(target);
  for (const std::string& one : inputs) {
    input = one;
    run_one(target);
  }
  expect_little_memory();
  EXPECT_GE(inputs.size(), 3u);
  testing::Test::RecordProperty("inputs", static_cast<int>(inputs.size()));
  std::printf("fuzz %s: %zu inputs of the corpus\n", target.name.c_str(), inputs.size());
}

void live_through_mutations(const Target& target, int runs) {
  watch(target);
  const auto inputs = corpus(target);
  for (int n = 0; n < runs; ++n) {
    std::mt19937 random(seed + static_cast<std::uint32_t>(n));
    input = inputs[random() % inputs.size()];
    for (std::size_t count = 1 + random() % 6; count > 0; --count) mutate(input, inputs, random);
    run_one(target);
  }
  expect_little_memory();
  testing::Test::RecordProperty("seed", static_cast<int>(seed));
  testing::Test::RecordProperty("runs", runs);
  std::printf("fuzz %s: %d mutations, seed %u\n", target.name.c_str(), runs, seed);
}

}  // namespace
}  // namespace stoker::fuzz

#define STOKER_FUZZ_TARGET(file, name, runs)                                                               \
  extern "C" int fuzz_##file(const std::uint8_t* data, std::size_t size);                                  \
  TEST(FuzzTest, name##LivesThroughItsCorpus) { stoker::fuzz::live_through_corpus({#file, fuzz_##file}); } \
  TEST(FuzzTest, name##LivesThroughMutations) {                                                            \
    stoker::fuzz::live_through_mutations({#file, fuzz_##file}, runs / stoker::fuzz::part);                 \
  }
#include "targets.inc"
