// What the program answers with.
#include "host/base/standard_streams.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace stoker::host {
namespace {

constexpr int pipe_bytes = 4096;

// What is in the pipe now.
std::string drain(int from) {
  std::array<char, 2 * pipe_bytes> bytes{};
  const ssize_t size = ::read(from, bytes.data(), bytes.size());
  return {bytes.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

// cases Q22: the pipe is full in the middle of an answer. In a child process, because the stream takes descriptor 1.
TEST(AnswerStreamTest, AfterAnErrorWhatIsWrittenIsNotWrittenAgain) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_NONBLOCK | O_CLOEXEC), 0);
  ASSERT_EQ(::fcntl(ends[1], F_SETPIPE_SZ, pipe_bytes), pipe_bytes);
  std::string answer;
  while (answer.size() < 6000) answer += std::to_string(answer.size()) + " ";
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    std::string came;
    {
      AnswerStream stream;
      stream.out() << answer << std::flush;
      came = drain(ends[0]);
    }
    came += drain(ends[0]);
    ::_exit(came == answer ? 0 : 1);
  }
  int ended = 0;
  ::waitpid(child, &ended, 0);
  EXPECT_TRUE(WIFEXITED(ended) && WEXITSTATUS(ended) == 0);
  for (const int end : ends) ::close(end);
}

}  // namespace
}  // namespace stoker::host
