// Answers of HTTP as bytes, whole, in pieces, cut and hostile.
#include "plugins/source-git/transport/http_answer.hpp"

#include <gtest/gtest.h>

namespace stoker::git {
namespace {

// The text a piece at a time, then the end.
class Pieces : public ByteStream {
 public:
  Pieces(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<std::size_t> read(char* into, std::size_t size) override {
    size = std::min({size, piece_, text_.size()});
    text_.copy(into, size);
    text_.erase(0, size);
    return size;
  }
  Result<void> write(std::string_view) override { return {}; }

 private:
  std::string text_;
  std::size_t piece_;
};

std::string body_of(const std::string& text, std::size_t piece = 16384) {
  Pieces pieces(text, piece);
  HttpAnswer answer(pieces);
  auto head = answer.head();
  if (!head) return head.error().code;
  std::string body = std::to_string(head->status) + " ";
  for (char part[7];;) {
    auto got = answer.body(part, sizeof part);
    if (!got) return body + got.error().code;
    if (*got == 0) return body;
    body.append(part, *got);
  }
}

TEST(HttpAnswerTest, EveryFramingGivesTheSameBodyInEveryPiece) {
  const std::string texts[] = {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world",
                               "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"
                               "5;x=y\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
                               "HTTP/1.0 200\r\n\r\nhello world"};
  for (const std::string& text : texts)
    for (std::size_t piece = 1; piece < text.size(); ++piece)
      EXPECT_EQ(body_of(text, piece), "200 hello world") << text;
}

TEST(HttpAnswerTest, AnAnswerThatIsCutIsNotTakenForAWholeOne) {
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello"), "200 hellogit.connection-lost");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"), "200 helgit.connection-lost");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            "200 hellogit.connection-lost");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nContent-"), "git.connection-lost");
}

TEST(HttpAnswerTest, WhatIsNoAnswerIsRefused) {
  for (const char* text :
       {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 101 Go\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno name\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n"})
    EXPECT_EQ(body_of(text), "git.bad-answer") << text;
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"), "200 git.bad-answer");
  EXPECT_EQ(body_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"), "200 agit.bad-answer");
}

TEST(HttpAnswerTest, HeadersHaveAnEnd) {
  std::string endless = "HTTP/1.1 200 OK\r\n";
  while (endless.size() < 2 * http_head_bytes_max) endless += "X: y\r\n";
  EXPECT_EQ(body_of(endless), "git.bad-answer");
  EXPECT_EQ(body_of("HTTP/1.1 200 " + std::string(2 * http_head_bytes_max, 'x')), "git.bad-answer");
  std::string interim;
  for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 103 Early\r\n\r\n";
  EXPECT_EQ(body_of(interim), "git.bad-answer");
}

}  // namespace
}  // namespace stoker::git
