// See fixture.hpp.
#include "conformance/fixture.hpp"

#include <unistd.h>

#include <cstdlib>
#include <random>
#include <stdexcept>

namespace conformance {
namespace {

Client* tested = nullptr;

std::string unique_mark() {
  std::random_device random;
  std::string mark = "t";
  for (int i = 0; i < 10; ++i) mark += "0123456789abcdef"[random() & 15];
  return mark;
}

json::value* find(json::value& document, const std::string& pointer) {
  json::error_code none;
  return document.find_pointer(pointer, none);
}

}  // namespace

Client& platform() { return *tested; }
void set_platform(Client* client) { tested = client; }

json::value at(const std::string& document, const std::string& pointer) {
  json::value parsed = json::parse(document);
  const json::value* found = find(parsed, pointer);
  return found ? *found : json::value();
}

json::value at(const Object& object, const std::string& pointer) { return at(object.document, pointer); }

std::string with(const std::string& document, const std::string& pointer, const json::value& value) {
  json::value parsed = json::parse(document);
  const std::size_t slash = pointer.rfind('/');
  json::value* parent = find(parsed, pointer.substr(0, slash));
  if (!parent) throw std::runtime_error("nothing at " + pointer);
  if (!parent->is_object()) parent->emplace_object();
  parent->get_object()[pointer.substr(slash + 1)] = value;
  return json::serialize(parsed);
}

std::string without(const std::string& document, const std::string& pointer) {
  json::value parsed = json::parse(document);
  const std::size_t slash = pointer.rfind('/');
  if (json::value* parent = find(parsed, pointer.substr(0, slash)); parent && parent->is_object())
    parent->get_object().erase(pointer.substr(slash + 1));
  return json::serialize(parsed);
}

std::string pretty(const std::vector<ObjectEvent>& events) {
  static constexpr const char* names[] = {"?",       "added",      "changed",       "removed",    "bookmark",
                                          "expired", "owner gone", "owner unknown", "owner alive"};
  std::string text;
  for (const ObjectEvent& event : events)
    text += std::string(text.empty() ? "" : ", ") + names[static_cast<std::uint32_t>(event.op) % 9] + " " +
            event.object.key.name + "@" + std::to_string(event.object.version);
  return text;
}

Conformance::Conformance() : mine_(unique_mark()) {
  const char* named = std::getenv("STOKER_CONFORMANCE_NAMESPACES");
  const std::string both = named && *named ? named : "conformance-a,conformance-b";
  here = both.substr(0, both.find(','));
  there = both.substr(both.find(',') + 1);
}

Conformance::~Conformance() {
  for (const std::uint64_t watch : watches_) platform().unwatch(watch);
  const auto left = platform().list("", mine());
  if (!left) return;
  for (const Object& object : left->objects) {
    if (!at(object, "/metadata/finalizers").is_null())
      (void)platform().patch(object.key, Part::spec, R"({"metadata": {"finalizers": null}})");
    (void)platform().remove(object.key);
  }
}

std::string Conformance::thing(const std::string& what, const json::object& spec, const std::string& label) const {
  json::object labels{{"conformance", mine_}};
  if (const std::size_t equals = label.find('='); equals != std::string::npos)
    labels[label.substr(0, equals)] = label.substr(equals + 1);
  json::object whole_spec{{"name", what}};
  for (const auto& [key, value] : spec) whole_spec[key] = value;
  return json::serialize(
      json::object{{"apiVersion", "conformance.stoker.io/v1"},
                   {"kind", "Thing"},
                   {"metadata", json::object{{"namespace", here}, {"name", name(what)}, {"labels", labels}}},
                   {"spec", whole_spec}});
}

std::string Conformance::thing_there(const std::string& what, const std::string& label) const {
  return with(thing(what, {}, label), "/metadata/namespace", json::string(there));
}

Object Conformance::insert(const std::string& document) const {
  auto made = platform().insert(document);
  if (!made) throw std::runtime_error("insert: " + made.error().message);
  return *made;
}

std::uint64_t Conformance::version_now() const {
  const auto listed = platform().list("", mine());
  if (!listed) throw std::runtime_error("list: " + listed.error().message);
  return listed->version;
}

std::uint64_t Conformance::watch_mine(std::uint64_t from, const std::string& more, const std::string& name_space) {
  const auto watch = platform().watch(name_space, mine() + (more.empty() ? "" : "," + more), from);
  if (!watch) throw std::runtime_error("watch: " + watch.error().message);
  watches_.push_back(*watch);
  return *watch;
}

std::vector<ObjectEvent> Conformance::told_up_to_now(std::uint64_t watch, const std::string& label) {
  const std::string mark = "mark" + std::to_string(++marks_);
  insert(thing(mark, {}, label));
  auto events = platform().events_until(watch, name(mark));
  if (events.empty() || events.back().object.key.name != name(mark))
    throw std::runtime_error("the watch was not told of the last object: " + pretty(events));
  events.pop_back();
  return events;
}

Answers at_once(int count, const std::function<Result<Object>(int)>& write) {
  Answers answers;
  std::mutex mutex;
  std::vector<std::thread> writers;
  for (int i = 0; i < count; ++i)
    writers.emplace_back([&, i] {
      const auto answer = write(i);
      const std::lock_guard lock(mutex);
      if (answer)
        ++answers.succeeded;
      else
        answers.codes.insert(answer.error().code);
    });
  for (std::thread& writer : writers) writer.join();
  return answers;
}

}  // namespace conformance
