// Reads one HTTP/1.1 response: its head, then its body, whatever its transfer encoding. Everything is checked and has a
// limit. The connection has to outlive it. Used on the thread of the call.
#pragma once

#include "byte_stream.hpp"

#include <map>
#include <string>

namespace stoker::git {

constexpr std::size_t http_head_bytes_max = 64 * 1024;

struct HttpHead {
  int status = 0;
  std::map<std::string, std::string, std::less<>>
      headers;  // by name in lower case; the last one when a name is repeated
  std::string_view header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  }
};

// Fails with the errors of the connection and git.bad-answer.
class HttpAnswer {
 public:
  explicit HttpAnswer(ByteStream& connection) : connection_(connection) {}
  Result<HttpHead> head();                                 // call it once; interim responses (1xx) are skipped
  Result<std::size_t> body(char* into, std::size_t size);  // 0: the end

 private:
  enum class Framing { length, chunks, until_end };
  Result<HttpHead> one_head();
  Result<void> frame(const HttpHead& head);
  Result<std::string> line();
  Result<bool> more();
  Result<std::size_t> take(char* into, std::size_t size);
  Result<void> next_chunk();

  ByteStream& connection_;
  std::string buffer_;
  std::size_t at_ = 0, head_bytes_ = 0;
  Framing framing_ = Framing::until_end;
  std::uint64_t left_ = 0;  // bytes left of the body or of the chunk
  bool ended_ = false, first_chunk_ = true;
};

}  // namespace stoker::git
