// A process that is killed while it writes: what it acknowledged is there, and versions never go back.
#include "fixture.hpp"

#include "support/seed.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <random>
#include <thread>

namespace {

using namespace stoker;
using namespace std::chrono_literals;

// What the child tells after each write that was acknowledged: an object, and its size or 0 when it was removed.
struct Acknowledged {
  std::uint64_t version;
  int object, size;
};

class KillTest : public stoker::local::test::LocalFixture {
 protected:
  // In the child: writes objects of this round until it is killed. Never returns.
  [[noreturn]] void write_for_ever(int to, unsigned seed, int size) {
    open();
    std::mt19937 random(seed);
    for (;; ++size) {  // another one each time: a write that changes nothing has no version of its own
      const int object = static_cast<int>(random() % 8);
      const std::string name = "a" + std::to_string(object);
      Result<Object> written = patch(name, R"({"spec": {"size": )" + std::to_string(size) + "}}");
      if (!written)
        written = platform->insert(call.call(), "things.example.io",
                                   thing(name, "", R"({"size": )" + std::to_string(size) + "}"), "test");
      if (written && random() % 5 == 0) written = remove(name);
      if (!written) ::_exit(1);
      const bool removed = !get(name);
      const Acknowledged told{written->version, object, removed ? 0 : size};
      if (::write(to, &told, sizeof told) != sizeof told) ::_exit(1);
    }
  }

  std::vector<Acknowledged> run_and_kill(unsigned seed, int size, std::chrono::microseconds after) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      write_for_ever(ends[1], seed, size);
    }
    ::close(ends[1]);
    std::thread killer([&] {
      std::this_thread::sleep_for(after);
      ::kill(child, SIGKILL);
    });
    std::vector<Acknowledged> told;
    Acknowledged one{};
    while (::read(ends[0], &one, sizeof one) == sizeof one) told.push_back(one);
    killer.join();
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(ends[0]);
    EXPECT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    return told;
  }
};

TEST_F(KillTest, NoAcknowledgedWriteIsLostAndVersionsNeverGoBack) {
  const unsigned seed = ::seed::given_or(20260401);
  std::mt19937 random(seed);
  std::map<int, Acknowledged> last;
  std::uint64_t version_before = 0, writes = 0;
  platform.reset();
  for (int round = 0; round < 25; ++round) {
    const auto told = run_and_kill(seed + static_cast<unsigned>(round), (round + 1) * 100'000,
                                   20ms + std::chrono::microseconds(random() % 60'000));
    for (const Acknowledged& one : told) {
      ASSERT_GT(one.version, version_before);
      version_before = one.version;
      last[one.object] = one;
    }
    writes += told.size();
    open();
    ASSERT_GE(version(), version_before);
    int gone_unheard = 0;
    for (const auto& [object, wanted] : last) {
      const auto there = get("a" + std::to_string(object));
      // One more write may have been done that nobody was told of.
      if (there && there->version > version_before) continue;
      if (!there && wanted.size != 0 && version() > version_before && ++gone_unheard == 1) continue;
      ASSERT_EQ(there.has_value(), wanted.size != 0) << "seed " << seed << ", round " << round;
      if (!there) continue;
      ASSERT_EQ(stoker::local::test::value(*there, "/spec/size"), std::to_string(wanted.size));
    }
    version_before = version();
    for (auto& [object, wanted] : last)
      if (const auto there = get("a" + std::to_string(object)))
        wanted = {there->version, object, std::stoi(stoker::local::test::value(*there, "/spec/size"))};
      else
        wanted.size = 0;
    platform.reset();
  }
  EXPECT_GT(writes, 25u);
}

}  // namespace
