#include "host/commands/describe.hpp"

#include "host/answers/description.hpp"
#include "host/base/printable.hpp"
#include "host/commands/asked_objects.hpp"
#include "host/commands/object_fields.hpp"
#include "host/commands/object_text.hpp"

#include <boost/json.hpp>

#include <ostream>

namespace stoker::host {
namespace {

namespace json = boost::json;

// Those of these names, or all. One that is not there is said, and the others are still described.
Result<std::vector<json::value>> objects_of(ObjectClient& client, const NamedObjects& wanted,
                                            const DescribeOptions& options, std::ostream& err, int& code) {
  std::vector<json::value> all;
  if (wanted.names.empty()) {
    const Selection selection{options.all_name_spaces ? std::string() : options.name_space, {}, {}};
    auto list = client.list(*wanted.kind, selection);
    if (!list) return std::move(list).error();
    return std::move(list->items);
  }
  for (const std::string& name : wanted.names) {
    auto object = client.get(*wanted.kind, options.name_space, name);
    if (object) {
      all.push_back(std::move(*object));
    } else if (object.error() == errc::not_found) {
      err << "stoker: there is no " << wanted.kind->singular << " " << printable(name, 256) << " in namespace "
          << printable(options.name_space, 256) << "\n";
      code = exit_bad_usage;
    } else {
      return std::move(object).error();
    }
  }
  return all;
}

Result<DescribedObject> described(ObjectClient& client, const json::value& object) {
  DescribedObject one;
  one.document = json::serialize(object);
  const std::string kind = text_at(object, "/kind"), name = name_in(object), space = name_space_in(object);
  auto events = documents(client, "events", space, {}, "involvedObject.kind=" + kind + ",involvedObject.name=" + name);
  if (!events) return std::move(events).error();
  one.events = std::move(*events);
  if (kind != "GatewaySync") return one;
  auto targets = targets_of(client, name, space);
  if (!targets) return std::move(targets).error();
  one.targets = std::move(*targets);
  return one;
}

}  // namespace

int describe(const DescribeOptions& options, std::ostream& out, std::ostream& err) {
  auto wanted = named_objects(options.what);
  if (!wanted) return say_refusal(wanted.error(), err);
  if (options.all_name_spaces && !wanted->front().names.empty())
    return say_refusal(Error(errc::invalid, "a name is of one namespace; use -n in the place of -A"), err);
  auto client = client_for(options);
  if (!client) return say_refusal(client.error(), err);
  int code = exit_ok;
  bool first = true;
  for (const NamedObjects& those : *wanted) {
    auto objects = objects_of(*client, those, options, err, code);
    if (!objects) return say_refusal(objects.error(), err);
    for (const json::value& object : *objects) {
      auto one = described(*client, object);
      if (!one) return say_refusal(one.error(), err);
      if (!std::exchange(first, false)) out << "\n";
      out << description(*one, wall_ms());
    }
  }
  if (first && code == exit_ok)
    err << "no objects found" << (options.all_name_spaces ? "" : " in namespace " + printable(options.name_space, 256))
        << "\n";
  return code;
}

}  // namespace stoker::host
