// The server that has a repository's large files: where it is, what it is asked (the Batch API of Git LFS), and where
// it sends us for the content. The repository's login goes to its own origin and nowhere else, what the server gives
// for one place to that place alone. Made for one file; one call's thread.
#pragma once

#include "lfs_pointer.hpp"
#include "transport/http_exchange.hpp"
#include "transport/remote.hpp"

#include <stoker/host.hpp>

namespace stoker::git {

class LfsServer {
 public:
  LfsServer(const Address& address, const Access& access, const Rights& rights, Quiet& quiet, const Host& host)
      : address_(address), access_(access), rights_(rights), quiet_(quiet), host_(host) {}

  // The content as it comes, unchecked; the bound outlives it. git.lfs-no-server, git.lfs-answer,
  // git.lfs-object-missing, git.redirect-refused, those of http_refusal and of the connection.
  Result<std::unique_ptr<HttpBody>> open(const Bound& bound, const Pointer& pointer) const;

 private:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  struct Place {
    Address at;
    std::string target;  // path and query
    Headers headers;     // that the server gave for it
    bool login_fits;     // unless the headers have one, or the place is another's
  };
  struct Endpoint {
    Place place;  // of the batch
    Access access;
    bool own;  // the repository's own server, not one that ssh named
  };
  static std::optional<Place> place_of(std::string_view url);
  Result<Endpoint> endpoint(const Bound& bound) const;
  Result<Endpoint> named_by_ssh(const Bound& bound) const;
  Result<Place> batch(const Bound& bound, const Endpoint& endpoint, const Pointer& pointer) const;
  Result<Place> read_batch(const Endpoint& endpoint, const std::string& answer, const Pointer& pointer) const;
  std::string said(const std::string& answer, const std::string& pointer) const;
  Result<Headers> headers_at(const std::string& answer, const std::string& pointer) const;
  Result<std::unique_ptr<HttpBody>> download(const Bound& bound, const Endpoint& endpoint, Place place) const;
  Result<std::unique_ptr<HttpBody>> ask(const Bound& bound, const Endpoint& endpoint, const Place& place,
                                        HttpRequest request) const;
  Error refusal(const HttpHead& head, const Endpoint& endpoint, const Address& at) const;
  Result<Access> way_to(const Address& at) const;

  const Address& address_;
  const Access& access_;
  const Rights& rights_;
  Quiet& quiet_;
  const Host& host_;
};

}  // namespace stoker::git
