#include "host/commands/describe.hpp"

#include "host/answers/description.hpp"
#include "host/answers/why.hpp"
#include "host/base/printable.hpp"
#include "host/commands/asked_objects.hpp"
#include "host/commands/object_fields.hpp"

#include <boost/json.hpp>

#include <ostream>

namespace stoker::host {
namespace {

namespace json = boost::json;

Result<std::vector<json::value>> objects_of(ObjectClient& client, const NamedObjects& wanted,
                                            const DescribeOptions& options, std::ostream& err, int& code) {
  if (!wanted.names.empty()) return objects_named(client, wanted, options.name_space, err, code);
  const Selection selection{options.all_name_spaces ? std::string() : options.name_space, {}, {}};
  auto list = client.list(*wanted.kind, selection);
  if (!list) return std::move(list).error();
  return std::move(list->items);
}

Result<DescribedObject> described(ObjectClient& client, const json::value& object) {
  DescribedObject one;
  one.document = json::serialize(object);
  const std::string kind = text_at(object, "/kind"), name = name_in(object), space = name_space_in(object);
  auto events = documents(client, "events", space, {}, "involvedObject.kind=" + kind + ",involvedObject.name=" + name);
  if (!events) return std::move(events).error();
  const std::string uid = text_at(object, "/metadata/uid");
  for (std::string& event : *events) {  // not those of an earlier object of this name
    const std::string about = text_at(json::parse(event), "/involvedObject/uid");
    if (about.empty() || about == uid) one.events.push_back(std::move(event));
  }
  if (kind != "GatewaySync") return one;
  auto targets = targets_of(client, name, space);
  if (!targets) return std::move(targets).error();
  one.targets = std::move(*targets);
  return one;
}

json::array parsed(const std::vector<std::string>& documents) {
  json::array all;
  for (const std::string& document : documents) all.push_back(json::parse(document));
  return all;
}

// What `stoker why` says of it. null: of another kind nothing is said.
Result<json::value> why_of(ObjectClient& client, const json::value& object, const DescribedObject& described) {
  const WhyAsked asked{name_in(object), name_space_in(object), wall_ms()};
  const std::string kind = text_at(object, "/kind");
  if (kind == "GatewaySync") return json::parse(json_of(why_sync(described.document, described.targets, asked)));
  if (kind != "SyncTarget") return json::value();
  auto sync = client.get(*kind_named("gatewaysync"), asked.name_space, text_at(object, "/spec/sync"));
  if (!sync && sync.error() != errc::not_found) return std::move(sync).error();
  const std::string of = sync ? json::serialize(*sync) : std::string();
  return json::parse(json_of(why_target(described.document, of, asked)));
}

// {"format": 1, "object", "targets", "events", "why"}
Result<json::value> document_of(ObjectClient& client, json::value object, const DescribedObject& described) {
  auto why = why_of(client, object, described);
  if (!why) return std::move(why).error();
  json::object whole{{"format", 1}};
  whole["object"] = std::move(object);
  if (text_at(whole["object"], "/kind") == "GatewaySync") whole["targets"] = parsed(described.targets);
  whole["events"] = parsed(described.events);
  if (!why->is_null()) whole["why"] = std::move(*why);
  return json::value(std::move(whole));
}

// Of one name the document; else {"format": 1, "items": […]}.
void print_documents(std::vector<json::value> documents, bool as_list, ObjectOutput output, std::ostream& out) {
  if (!as_list && documents.empty()) return;
  json::value whole = as_list ? json::value{{"format", 1}, {"items", json::array(documents.begin(), documents.end())}}
                              : std::move(documents[0]);
  out << (output == ObjectOutput::yaml ? yaml_lines(whole) : json_lines(whole));
}

}  // namespace

int describe(const DescribeOptions& options, std::ostream& out, std::ostream& err) {
  auto wanted = named_objects(options.what);
  if (!wanted) return say_refusal(wanted.error(), err);
  const std::vector<std::string>& names = wanted->front().names;
  if (options.all_name_spaces && !names.empty())
    return say_refusal(Error(errc::invalid, "a name is of one namespace; use -n in the place of -A"), err);
  auto client = client_for(options);
  if (!client) return say_refusal(client.error(), err);
  int code = exit_ok;
  std::size_t count = 0;
  std::vector<json::value> documents;
  for (const NamedObjects& those : *wanted) {
    auto objects = objects_of(*client, those, options, err, code);
    if (!objects) return say_refusal(objects.error(), err);
    for (json::value& object : *objects) {
      auto one = described(*client, object);
      if (!one) return say_refusal(one.error(), err);
      if (is_for_people(options.output)) {
        out << (count++ == 0 ? "" : "\n") << description(*one, wall_ms());
        continue;
      }
      auto document = document_of(*client, std::move(object), *one);
      if (!document) return say_refusal(document.error(), err);
      documents.push_back(std::move(*document));
    }
  }
  const bool as_list = wanted->size() > 1 || names.size() != 1;
  if (!is_for_people(options.output)) {
    print_documents(std::move(documents), as_list, options.output, out);
  } else if (count == 0 && code == exit_ok) {
    err << "no objects found" << (options.all_name_spaces ? "" : " in namespace " + printable(options.name_space, 256))
        << "\n";
  }
  return code;
}

}  // namespace stoker::host
