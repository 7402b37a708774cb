// Git LFS over https: the Batch API and the content, of repositories that lie on a git server behind and are served at
// the same origin. Honest unless the test says what it answers instead. Owned by the test.
//
//   /<repository>.git/info/lfs/objects/batch   where the content of what is kept is
//   /content/<oid>                             the content
//   anything else                              what the git server answers
#pragma once

#include "https_responder.hpp"

namespace git_servers {

// "version …", "oid …", "size …", as it is committed.
std::string lfs_pointer(const std::string& content);
std::string sha256(const std::string& bytes);

class LfsServer {
 public:
  using Answer = HttpsResponder::Answer;
  using Request = HttpsResponder::Request;

  // `behind`: "http://127.0.0.1:4", a git server. Without an authority all is in the clear.
  explicit LfsServer(const std::optional<certificates::Authority>& authority, std::string behind = {});

  std::string url(const std::string& path) const { return responder_.origin() + "/" + path; }
  void keep(const std::string& content);
  // Where content is said to be, before "/content/<oid>", and the headers to ask with, as an object of JSON.
  void send_to(std::string origin, std::string headers = "{}");
  // What is answered to all whose path (without the query) is this, or begins so and ends in a slash.
  void answer(const std::string& path, Answer answer);

  std::vector<Request> asked(const std::string& path) const;  // likewise
  std::vector<Request> batches() const;
  std::vector<Request> contents() const { return asked("/content/"); }

 private:
  Answer answer_to(const Request& request);
  Answer batch(const Request& request);
  Answer from_behind(const Request& request) const;

  const std::string behind_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> kept_;  // by SHA-256; guarded by mutex_, as the next three
  std::map<std::string, Answer> scripted_;   // by path
  std::string place_, headers_ = "{}";
  HttpsResponder responder_;  // last: its threads use what is above
};

}  // namespace git_servers
