// What the requests for objects mean: which call of the store each becomes, what it may say, and how its answer looks.
// Knows no connection. [event loop]
#pragma once

#include "host/api/object_path.hpp"
#include "host/objects/object_store.hpp"

#include <boost/json/object.hpp>

namespace stoker::host {

struct ObjectRequest {
  std::string method, content_type, body;
  RequestTarget target;
  std::string user;  // who asks
};

struct ObjectReply {
  unsigned code = 200;
  std::string body;  // JSON text
  ObjectReply() = default;
  ObjectReply(unsigned http_code, std::string text) : code(http_code), body(std::move(text)) {}
};

// Fields that a list or a watch selects by, from the parameter fieldSelector: "metadata.name=line-a". Each has the
// pointer of a field.
class FieldSelector {
 public:
  static Result<FieldSelector> parse(const std::string& text);
  bool fits(const Object& object) const;
  bool fits_all() const { return fields_.empty(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// What a watch looks at.
struct WatchRequest {
  ObjectQuery query;
  FieldSelector fields;
  std::uint64_t from = 0;
  std::chrono::seconds longest{3600};
  explicit WatchRequest(ObjectQuery what) : query(std::move(what)) {}
};

bool is_watch(const RequestTarget& target);
Result<WatchRequest> watch_request(const ObjectRequest& request);

// All but watches.
asio::awaitable<ObjectReply> answer(ObjectStore& store, ObjectRequest request);
// The Status of this error as an answer.
ObjectReply refusal(const Error& error, const ObjectPath& about = {});

}  // namespace stoker::host
