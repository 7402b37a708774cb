#include "host/commands/pause.hpp"

#include "host/base/printable.hpp"
#include "host/base/utc_time.hpp"
#include "host/commands/asked_objects.hpp"
#include "host/commands/object_fields.hpp"
#include "host/config/yaml_document.hpp"

#include <boost/json.hpp>

#include <chrono>
#include <ostream>

namespace stoker::host {
namespace {

namespace json = boost::json;

constexpr const char* by = "stoker.io/paused-by";
constexpr const char* because = "stoker.io/paused-because";
constexpr std::size_t text_max = 1024;

const Kind& syncs() { return *kind_named("gatewaysync"); }
const Kind& targets() { return *kind_named("synctarget"); }

std::string shown(const std::string& text) { return printable(text, text_max); }

Result<json::value> find(ObjectClient& client, const Kind& kind, const std::string& space, const std::string& name) {
  auto object = client.get(kind, space, name);
  if (!object && object.error() == errc::not_found)
    return Error(errc::not_found, "there is no " + kind.singular + " " + shown(name) + " in namespace " + shown(space),
                 "object.not-found");
  return object;
}

// The names without their kinds. Of a target alone, the name of its Sync is empty.
template <class Options>
Result<Options> with_plain_names(Options options) {
  auto sync = asked_name(options.sync);
  if (!sync) return std::move(sync).error();
  auto target = target_named(options.target);
  if (!target) return std::move(target).error();
  if (sync->is_target && !target->empty())
    return Error(errc::invalid, shown(options.sync) + " is one target already; --target is for a Sync", "command.kind");
  options.sync = sync->is_target ? std::string() : sync->name;
  options.target = sync->is_target ? sync->name : *target;
  return options;
}

// The target, if it is one of the Sync.
Result<json::value> find_target(ObjectClient& client, const std::string& space, const std::string& sync,
                                const std::string& name) {
  auto target = find(client, targets(), space, name);
  if (!target) return target;
  const std::string of = text_at(*target, "/spec/sync");
  if (!sync.empty() && of != sync)
    return Error(errc::not_found,
                 "target " + shown(name) + " is of gatewaysync " + shown(of) + ", not of " + shown(sync),
                 "object.not-found");
  return target;
}

// What is to be paused, and how a patch says it.
struct Paused {
  const Kind* kind = nullptr;
  std::string label;   // "gatewaysync/line-a"
  json::value object;  // as it is
  bool is_paused = false;
  bool says_who = true;
};

Result<Paused> of_profile(Paused found, const std::string& profile) {
  const json::value* profiles = value_at(found.object, "/spec/sync/profiles");
  const json::object* all = profiles ? profiles->if_object() : nullptr;
  const json::value* one = all ? all->if_contains(profile) : nullptr;
  if (!one) {
    std::string names;
    for (std::size_t i = 0; all && i < all->size(); ++i)
      names += (names.empty() ? "; there are " : ", ") + std::string((all->begin() + std::ptrdiff_t(i))->key());
    return Error(errc::not_found, found.label + " has no profile " + shown(profile) + shown(names), "object.not-found");
  }
  found.is_paused = flag_at(*one, "/paused");
  found.says_who = false;
  found.label += " profile " + profile;
  return found;
}

Result<Paused> what_to_pause(ObjectClient& client, const PauseOptions& options) {
  Paused found;
  const bool is_target = !options.target.empty();
  if (is_target && !options.profile.empty())
    return Error(errc::invalid, "a profile is of a Sync: either --profile or a target");
  found.kind = is_target ? &targets() : &syncs();
  found.label = found.kind->singular + "/" + (is_target ? options.target : options.sync);
  auto object = is_target ? find_target(client, options.name_space, options.sync, options.target)
                          : find(client, syncs(), options.name_space, options.sync);
  if (!object) return std::move(object).error();
  found.object = std::move(*object);
  if (!options.profile.empty()) return of_profile(std::move(found), options.profile);
  found.is_paused =
      is_target ? annotation_in(found.object, "stoker.io/paused") == "true" : flag_at(found.object, "/spec/paused");
  return found;
}

// null takes a field away. The host puts the name of whoever writes in the place of the text of `by`.
std::string patch_of(const PauseOptions& options, bool pauses) {
  json::object whole, annotations;
  if (!options.profile.empty()) {
    whole = {{"spec", {{"sync", {{"profiles", {{options.profile, {{"paused", pauses}}}}}}}}}};
    return json::serialize(whole);
  }
  annotations[by] = pauses ? json::value("me") : json::value(nullptr);
  annotations[because] = pauses && !options.reason.empty() ? json::value(options.reason) : json::value(nullptr);
  if (options.target.empty())
    whole["spec"] = json::object{{"paused", pauses}};
  else
    annotations["stoker.io/paused"] = pauses ? json::value("true") : json::value(nullptr);
  whole["metadata"] = json::object{{"annotations", std::move(annotations)}};
  return json::serialize(whole);
}

std::string who_and_why(const json::value& object) {
  std::string who = annotation_in(object, by);
  const std::string why = annotation_in(object, because);
  if (!who.empty()) who = " by " + who;
  return shown(who + (why.empty() ? "" : ": " + why));
}

// `text` is what people read of it.
void print(const WishOptions& options, json::value object, const std::string& text, std::ostream& out) {
  if (is_for_people(options.output))
    out << text << "\n";
  else
    out << objects_text({std::move(object)}, false, options.output);
}

int set(const PauseOptions& asked, bool pauses, std::ostream& out, std::ostream& err) {
  const auto options = with_plain_names(asked);
  if (!options) return say_refusal(options.error(), err);
  if (!options->reason.empty() && !options->profile.empty())
    return say_refusal(Error(errc::invalid, "a profile has no place for a reason; --reason is for a Sync or a target"),
                       err);
  auto client = client_for(*options);
  if (!client) return say_refusal(client.error(), err);
  auto found = what_to_pause(*client, *options);
  if (!found) return say_refusal(found.error(), err);
  const bool says_who = pauses && found->says_who;
  std::string text = shown(found->label);
  if (found->is_paused == pauses) {
    text += pauses ? " is paused already" : " is not paused";
    if (says_who) text += who_and_why(found->object);
    print(*options, std::move(found->object), text, out);
    return exit_ok;
  }
  auto stored = client->patch(*found->kind, options->name_space, name_in(found->object), patch_of(*options, pauses));
  if (!stored) return say_refusal(stored.error(), err);
  text += pauses ? " paused" : " resumed";
  if (says_who) text += who_and_why(*stored);
  print(*options, std::move(*stored), text, out);
  return exit_ok;
}

// RFC 3339 with milliseconds, so that each call writes another text.
std::string now_text() {
  using namespace std::chrono;
  const std::int64_t ms = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  const std::string rest = std::to_string(ms % 1000 + 1000).substr(1);
  std::string text = rfc3339(ms);
  text.insert(text.size() - 1, "." + rest);
  return text;
}

}  // namespace

int pause(const PauseOptions& options, std::ostream& out, std::ostream& err) { return set(options, true, out, err); }
int resume(const PauseOptions& options, std::ostream& out, std::ostream& err) { return set(options, false, out, err); }

int retry(const WishOptions& asked, std::ostream& out, std::ostream& err) {
  const auto options = with_plain_names(asked);
  if (!options) return say_refusal(options.error(), err);
  auto client = client_for(*options);
  if (!client) return say_refusal(client.error(), err);
  const bool is_target = !options->target.empty();
  auto found = is_target ? find_target(*client, options->name_space, options->sync, options->target)
                         : find(*client, syncs(), options->name_space, options->sync);
  if (!found) return say_refusal(found.error(), err);
  const Kind& kind = is_target ? targets() : syncs();
  const json::object patch{{"metadata", {{"annotations", {{"stoker.io/retry", now_text()}}}}}};
  auto stored = client->patch(kind, options->name_space, name_in(*found), json::serialize(patch));
  if (!stored) return say_refusal(stored.error(), err);
  const std::string text = kind.singular + "/" + shown(name_in(*stored)) + " is tried again";
  print(*options, std::move(*stored), text, out);
  return exit_ok;
}

}  // namespace stoker::host
