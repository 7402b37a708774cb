// The client of the server that has the large files of a repository: it finds the server, uses the Batch API of Git
// LFS, and downloads the content. The login of the repository is sent only to its own origin. Credentials that the
// server gives for one place are sent only to that place. Made for one file and one call; used on its thread.
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

  // Gives the content as it arrives; it is not checked. The bound outlives it. git.lfs-no-server, git.lfs-answer,
  // git.lfs-object-missing, git.redirect-refused, those of http_refusal and of the connection.
  Result<std::unique_ptr<HttpBody>> open(const Bound& bound, const Pointer& pointer) const;

 private:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  struct Place {
    Address at;
    std::string target;  // path and query
    Headers headers;     // that the server gave for this place
    bool login_fits;     // false when the headers have a login, or the place has another origin
  };
  struct Endpoint {
    Place place;  // of the Batch API
    Access access;
    bool own;  // true for the server of the repository itself, false for one that ssh named
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
