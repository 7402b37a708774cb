#include "host/commands/get.hpp"

#include "host/base/printable.hpp"
#include "host/commands/asked_objects.hpp"
#include "host/commands/object_columns.hpp"
#include "host/commands/object_fields.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <ostream>

namespace stoker::host {
namespace {

namespace json = boost::json;

// Objects of one kind as rows.
class Rows {
 public:
  Rows(const Kind& kind, const GetOptions& options)
      : columns_(columns_of(kind)), options_(options), table_(heads(), options.colours) {}
  void add(const json::value& object, bool is_removed = false) {
    std::vector<Cell> row;
    std::size_t named = 0;
    if (options_.all_name_spaces) row.emplace_back(name_space_in(object));
    for (const Column& column : columns_) {
      if (!shown(column)) continue;
      if (std::string_view(column.head) == "NAME") named = row.size();
      row.push_back(column.cell(object, wall_ms()));
    }
    if (is_removed) row[named].text += " (removed)";
    table_.add(std::move(row));
  }
  void print(std::ostream& out) { table_.print(out); }

 private:
  bool shown(const Column& column) const { return !column.wide || options_.output == ObjectOutput::wide; }
  std::vector<std::string> heads() const {
    std::vector<std::string> all;
    if (options_.all_name_spaces) all.emplace_back("NAMESPACE");
    for (const Column& column : columns_)
      if (shown(column)) all.emplace_back(column.head);
    return all;
  }
  const std::vector<Column>& columns_;
  const GetOptions& options_;
  TextTable table_;
};

struct Found {
  const Kind* kind = nullptr;
  std::vector<json::value> objects;
};

void print(std::vector<Found> all, bool as_list, const GetOptions& options, std::ostream& out) {
  if (is_for_people(options.output)) {
    bool first = true;
    for (const Found& found : all) {
      if (found.objects.empty()) continue;
      if (!std::exchange(first, false)) out << "\n";
      Rows rows(*found.kind, options);
      for (const json::value& object : found.objects) rows.add(object);
      rows.print(out);
    }
    return;
  }
  std::vector<json::value> objects;
  for (Found& found : all) std::move(found.objects.begin(), found.objects.end(), std::back_inserter(objects));
  out << objects_text(std::move(objects), as_list, options.output);
}

std::string space_for_all(const GetOptions& options) {
  return options.all_name_spaces ? std::string() : options.name_space;
}

Result<std::vector<json::value>> selected(ObjectClient& client, const Kind& kind, const GetOptions& options) {
  Selection selection;
  selection.name_space = space_for_all(options);
  selection.labels = options.labels;
  auto list = client.list(kind, selection);
  if (!list) return std::move(list).error();
  return std::move(list->items);
}

// ---------------------------------------------------------------- changes

// Prints each change as it comes, until somebody ends the command or the host goes.
int follow(ObjectClient& client, const NamedObjects& wanted, const Selection& selection, const GetOptions& options,
           std::ostream& out, std::ostream& err) {
  Rows rows(*wanted.kind, options);
  const auto told = [&](std::string_view type, const json::value& object) {
    const bool is_removed = type == "DELETED";
    const auto& names = wanted.names;
    if (!names.empty() && std::find(names.begin(), names.end(), name_in(object)) == names.end()) return true;
    switch (options.output) {
      case ObjectOutput::text:
      case ObjectOutput::wide:
        rows.add(object, is_removed);
        rows.print(out);
        break;
      case ObjectOutput::json: out << json_line(json::object{{"type", type}, {"object", object}}); break;
      case ObjectOutput::yaml: out << "---\n" << (is_removed ? "# removed\n" : "") << yaml_lines(object); break;
      case ObjectOutput::name: out << qualified_name(object) << (is_removed ? " removed" : "") << "\n"; break;
    }
    out.flush();
    return bool(out);
  };
  auto ended = client.follow(*wanted.kind, selection, Following(), told);
  return ended ? exit_ok : say_refusal(ended.error(), err);
}

int usage(std::string why, std::ostream& err) { return say_refusal(Error(errc::invalid, std::move(why)), err); }

}  // namespace

int get(const GetOptions& options, std::ostream& out, std::ostream& err) {
  auto wanted = named_objects(options.what);
  if (!wanted) return say_refusal(wanted.error(), err);
  const bool has_names = !wanted->front().names.empty();
  if (has_names && options.all_name_spaces) return usage("a name is of one namespace; use -n in the place of -A", err);
  if (has_names && !options.labels.empty()) return usage("either names or a selector", err);
  if (options.watch && wanted->size() > 1) return usage("-w follows objects of one kind", err);
  auto client = client_for(options);
  if (!client) return say_refusal(client.error(), err);
  int code = exit_ok;
  if (options.watch) {
    Selection selection;
    selection.name_space = space_for_all(options);
    selection.labels = options.labels;
    const NamedObjects& those = wanted->front();
    if (those.names.size() == 1) selection.fields = "metadata.name=" + those.names[0];
    if (has_names) {
      auto there = objects_named(*client, those, options.name_space, err, code);
      if (!there) return say_refusal(there.error(), err);
      if (code != exit_ok) return code;
    }
    return follow(*client, those, selection, options, out, err);
  }
  std::vector<Found> all;
  std::size_t count = 0;
  for (const NamedObjects& those : *wanted) {
    auto objects = has_names ? objects_named(*client, those, options.name_space, err, code)
                             : selected(*client, *those.kind, options);
    if (!objects) return say_refusal(objects.error(), err);
    count += objects->size();
    all.push_back({those.kind, std::move(*objects)});
  }
  const bool as_list = !has_names || wanted->size() > 1 || wanted->front().names.size() > 1;
  print(std::move(all), as_list, options, out);
  if (count == 0 && !has_names && is_for_people(options.output))
    err << "no " << wanted->front().kind->plural << " found"
        << (options.all_name_spaces ? "" : " in namespace " + printable(options.name_space, 256)) << "\n";
  return code;
}

int events(const GetOptions& options, std::ostream& out, std::ostream& err) {
  const NamedObjects all_events{kind_named("events"), {}};
  Selection selection;
  selection.name_space = space_for_all(options);
  const bool is_name =
      options.what.size() == 1 && options.what[0].find('/') == std::string::npos && !kind_or_category(options.what[0]);
  if (is_name) {
    selection.fields = "involvedObject.name=" + options.what[0];
  } else if (!options.what.empty()) {
    auto about = named_objects(options.what);
    if (!about) return say_refusal(about.error(), err);
    if (about->size() != 1 || about->front().names.size() > 1) return usage("events of one object: KIND/NAME", err);
    selection.fields = "involvedObject.kind=" + about->front().kind->kind;
    for (const std::string& name : about->front().names) selection.fields += ",involvedObject.name=" + name;
  }
  auto client = client_for(options);
  if (!client) return say_refusal(client.error(), err);
  if (options.watch) return follow(*client, all_events, selection, options, out, err);
  auto list = client->list(*all_events.kind, selection);
  if (!list) return say_refusal(list.error(), err);
  std::stable_sort(list->items.begin(), list->items.end(),
                   [](const json::value& a, const json::value& b) { return happened_ms(a) < happened_ms(b); });
  const bool none = list->items.empty();
  std::vector<Found> found;
  found.push_back({all_events.kind, std::move(list->items)});
  print(std::move(found), true, options, out);
  if (none && is_for_people(options.output)) err << "no events found\n";
  return exit_ok;
}

}  // namespace stoker::host
