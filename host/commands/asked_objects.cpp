#include "host/commands/asked_objects.hpp"

#include "host/base/printable.hpp"
#include "host/commands/object_fields.hpp"
#include "host/commands/object_text.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <ostream>

namespace stoker::host {
namespace {

namespace json = boost::json;

// Empty: it is not there.
Result<std::string> document_of(ObjectClient& client, const char* kind, const std::string& name_space,
                                const std::string& name) {
  auto object = client.get(*kind_named(kind), name_space, name);
  if (object) return json::serialize(*object);
  if (object.error() == errc::not_found) return std::string();
  return std::move(object).error();
}

std::string sync_of(const std::string& target) {
  const json::value document = json::parse(target);
  return text_at(document, "/spec/sync");
}

Error nothing(const std::string& word, const std::string& name_space) {
  return {errc::not_found,
          "there is no target and no Sync " + printable(word, 256) + " in namespace " + printable(name_space, 256),
          "object.not-found"};
}

}  // namespace

Result<AskedName> asked_name(const std::string& word) {
  const std::size_t slash = word.find('/');
  AskedName asked;
  asked.name = slash == word.npos ? word : word.substr(slash + 1);
  if (slash == word.npos) return asked;
  const Kind* kind = kind_named(word.substr(0, slash));
  asked.is_target = kind && kind->kind == "SyncTarget";
  asked.is_sync = kind && kind->kind == "GatewaySync";
  if (asked.is_target || asked.is_sync) return asked;
  return Error(errc::invalid, printable(word, 256) + ": name a target or a Sync, as press-1, st/press-1 or gs/line-a",
               "command.kind");
}

Result<std::string> target_named(const std::string& word) {
  auto asked = asked_name(word);
  if (!asked) return std::move(asked).error();
  if (asked->is_sync)
    return Error(errc::invalid, printable(word, 256) + " is a Sync; name a target, as press-1 or st/press-1",
                 "command.kind");
  return std::move(asked->name);
}

Result<AskedObject> asked_object(ObjectClient& client, const std::string& word, const std::string& name_space) {
  auto named = asked_name(word);
  if (!named) return std::move(named).error();
  const bool is_target = named->is_target, is_sync = named->is_sync;
  AskedObject asked;
  asked.name = std::move(named->name);
  if (!is_sync) {
    auto target = document_of(client, "synctargets", name_space, asked.name);
    if (!target) return std::move(target).error();
    asked.target = std::move(*target);
  }
  const std::string sync = asked.target.empty() ? is_target ? "" : asked.name : sync_of(asked.target);
  if (!sync.empty()) {
    auto found = document_of(client, "gatewaysyncs", name_space, sync);
    if (!found) return std::move(found).error();
    asked.sync = std::move(*found);
  }
  if (asked.target.empty() && asked.sync.empty()) return nothing(word, name_space);
  return asked;
}

Result<std::vector<json::value>> objects_named(ObjectClient& client, const NamedObjects& wanted,
                                               const std::string& name_space, std::ostream& err, int& code) {
  std::vector<json::value> all;
  for (const std::string& name : wanted.names) {
    auto object = client.get(*wanted.kind, name_space, name);
    if (object) {
      all.push_back(std::move(*object));
    } else if (object.error() == errc::not_found) {
      err << "stoker: there is no " << wanted.kind->singular << " " << printable(name, 256) << " in namespace "
          << printable(name_space, 256) << "\n";
      code = exit_bad_usage;
    } else {
      return std::move(object).error();
    }
  }
  return all;
}

Result<std::vector<std::string>> documents(ObjectClient& client, const char* kind, const std::string& name_space,
                                           const std::string& labels, const std::string& fields) {
  const Selection selection{name_space, labels, fields};
  auto list = client.list(*kind_named(kind), selection);
  if (!list) return std::move(list).error();
  std::vector<std::string> all;
  for (const json::value& one : list->items) all.push_back(json::serialize(one));
  return all;
}

Result<std::vector<std::string>> targets_of(ObjectClient& client, const std::string& sync,
                                            const std::string& name_space) {
  return documents(client, "synctargets", name_space, "stoker.io/sync=" + sync);
}

std::int64_t wall_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string readable(const std::string& json_text) { return json_lines(json::parse(json_text)); }

}  // namespace stoker::host
