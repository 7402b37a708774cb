// What a command asks the host over its socket. It blocks, each request has a connection of its own, and everything has
// a deadline. [one thread, which is no event loop]
//
// Errors are those of an ObjectStore, with the sentence of the host; "host.not-running" (unreachable) when nobody
// listens at the socket; the detail of "object.invalid" is a list [{"pointer", "message"}].
#pragma once

#include "host/api/object_path.hpp"

#include <boost/json/value.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <vector>

namespace stoker::host {

inline constexpr const char* host_not_running = "host.not-running";

struct Selection {
  std::string name_space;      // empty: all
  std::string labels, fields;  // selectors; empty: all
};

// What there was at one version.
struct ObjectList {
  std::vector<boost::json::value> items;
  std::uint64_t version = 0;
};

// How long changes are followed.
struct Following {
  using Time = std::chrono::steady_clock::time_point;
  Time until = Time::max();
  std::stop_token stop = {};               // is looked at four times a second
  std::function<void()> when_listed = {};  // called once: all that was there has been told
  Following() = default;
  explicit Following(Time when) : until(when) {}
};

class ObjectClient {
 public:
  using Time = Following::Time;
  explicit ObjectClient(std::filesystem::path socket, std::chrono::milliseconds longest = std::chrono::seconds(60))
      : socket_(std::move(socket)), longest_(longest) {}
  const std::filesystem::path& socket() const { return socket_; }

  // The JSON text at a path where no object is: {"stoker", "v1", …}.
  Result<std::string> read_beside(const std::vector<std::string>& steps);
  // Does a host answer?
  Result<void> ask_health();
  Result<boost::json::value> get(const Kind& kind, const std::string& name_space, const std::string& name);
  Result<ObjectList> list(const Kind& kind, const Selection& selection);
  Result<boost::json::value> create(const Kind& kind, const std::string& name_space, const std::string& document);
  Result<boost::json::value> patch(const Kind& kind, const std::string& name_space, const std::string& name,
                                   const std::string& patch);
  // `uid`: a condition unless it is empty.
  Result<boost::json::value> remove(const Kind& kind, const std::string& name_space, const std::string& name,
                                    const std::string& uid = {});

  // `told` gets "ADDED", "MODIFIED" or "DELETED" and the object; it answers whether to go on.
  using Told = std::function<bool(std::string_view type, const boost::json::value& object)>;
  // First each object that there is as added, then each change. What was missed is found by listing again. Success:
  // `told` wanted no more, or a stop was asked for; timeout when the time came first.
  Result<void> follow(const Kind& kind, const Selection& selection, const Following& how, const Told& told);

 private:
  struct Seen;
  Result<std::string> request(const std::string& method, const std::string& target, const std::string& type = {},
                              const std::string& body = {});
  Result<boost::json::value> document(const std::string& method, const ObjectPath& path, const std::string& type = {},
                                      const std::string& body = {});
  // Changes after version `from`; sets `from` to the last one seen.
  Result<bool> watch(const Kind& kind, const Selection& selection, std::uint64_t& from, const Following& how,
                     const Told& told);

  std::filesystem::path socket_;
  std::chrono::milliseconds longest_;
};

}  // namespace stoker::host
