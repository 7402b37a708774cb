#include "host/commands/host_client.hpp"

#include "host/api/own_socket.hpp"
#include "host/base/printable.hpp"
#include "host/config/yaml_document.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <ostream>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr std::size_t message_max = 65536;

const char* remedy = "name the socket of the host with --socket or STOKER_SOCKET, or its configuration with -c";

std::string known_kinds() {
  std::string all;
  for (const Kind& kind : kinds()) all += (all.empty() ? "" : ", ") + kind.plural;
  return all;
}

Error no_kind(const std::string& word) {
  return {errc::invalid, "there is no kind " + printable(word, 64) + "; there are " + known_kinds(), "command.kind"};
}

}  // namespace

Result<std::filesystem::path> socket_of_config(const std::filesystem::path& config) {
  const YamlFile file = load_yaml(config);
  if (file.documents.empty() || !file.documents[0].value().is_object()) {
    std::string why = file.errors.text();
    if (why.empty()) why = config.string() + ": there is no configuration in it\n";
    return Error(errc::invalid, why + remedy, "command.socket");
  }
  const json::value* state = file.documents[0].value().get_object().if_contains("state");
  if (!state || !state->is_string() || !state->get_string().starts_with('/'))
    return Error(errc::invalid, config.string() + ": it names no state folder; " + remedy, "command.socket");
  return socket_in(std::filesystem::path(std::string(state->get_string())).lexically_normal());
}

Result<std::filesystem::path> socket_for(const ClientOptions& options) {
  if (!options.socket.empty()) return options.socket;
  if (const char* named = std::getenv("STOKER_SOCKET"); named && *named) return std::filesystem::path(named);
  return socket_of_config(options.config);
}

Result<ObjectClient> client_for(const ClientOptions& options) {
  auto socket = socket_for(options);
  if (!socket) return std::move(socket).error();
  return ObjectClient(std::move(*socket));
}

int exit_code_for(const Error& error) {
  switch (error.kind) {
    case errc::not_found:
    case errc::invalid: return exit_bad_usage;
    case errc::timeout: return exit_timeout;
    case errc::denied: return exit_denied;
    case errc::unreachable:
    case errc::exhausted:
    case errc::cancelled: return exit_held;
    case errc::conflict:
    case errc::incompatible:
    case errc::internal: return exit_failed;
  }
  return exit_failed;
}

int say_refusal(const Error& error, std::ostream& err) {
  // A message may have several lines, and it may tell what somebody wrote.
  std::string_view rest = error.message;
  while (rest.ends_with('\n')) rest.remove_suffix(1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    err << "stoker: " << printable(rest.substr(0, end), message_max) << "\n";
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return exit_code_for(error);
}

const Kind* kind_or_category(const std::string& word) {
  if (const Kind* kind = kind_named(word)) return kind;
  const auto in = [&](const Kind& kind) {
    return std::find(kind.categories.begin(), kind.categories.end(), word) != kind.categories.end();
  };
  const auto found = std::find_if(kinds().begin(), kinds().end(), in);
  return found == kinds().end() ? nullptr : &*found;
}

Result<std::vector<NamedObjects>> named_objects(const std::vector<std::string>& words) {
  std::vector<NamedObjects> all;
  if (words.empty()) return Error(errc::invalid, "which kind? There are " + known_kinds(), "command.kind");
  if (words[0].find('/') == std::string::npos) {
    NamedObjects of;
    of.kind = kind_or_category(words[0]);
    if (!of.kind) return no_kind(words[0]);
    of.names.assign(words.begin() + 1, words.end());
    for (const std::string& name : of.names)
      if (name.find('/') != std::string::npos)
        return Error(errc::invalid, printable(name, 256) + ": either KIND NAME … or KIND/NAME …", "command.kind");
    all.push_back(std::move(of));
    return all;
  }
  for (const std::string& word : words) {
    const std::size_t slash = word.find('/');
    NamedObjects of;
    of.kind = kind_or_category(word.substr(0, slash));
    if (!of.kind) return no_kind(word.substr(0, slash));
    if (slash == std::string::npos || slash + 1 == word.size())
      return Error(errc::invalid, printable(word, 256) + ": either KIND NAME … or KIND/NAME …", "command.kind");
    of.names.push_back(word.substr(slash + 1));
    all.push_back(std::move(of));
  }
  return all;
}

}  // namespace stoker::host
