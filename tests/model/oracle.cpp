// Oracle. Where two pages of rules leave a case open, the comment at the line says which reading is taken.
#include "model/oracle.hpp"

#include <boost/json.hpp>

namespace stoker::model {
namespace {

namespace json = boost::json;
using merge::testing::SourceFile;

constexpr std::size_t name_bytes_max = 255, path_bytes_max = 4095;

bool is_resource(const std::string& path) { return name_in(path) == "resource.json"; }

// A resource.json without its stamp; nothing when it is none.
std::optional<json::value> unstamped(const std::string& bytes) {
  json::error_code failed;
  json::value value = json::parse(bytes, failed);
  if (failed || !value.is_object()) return std::nullopt;
  if (auto* attributes = value.get_object().if_contains("attributes"); attributes && attributes->is_object()) {
    attributes->get_object().erase("lastModification");
    attributes->get_object().erase("lastModificationSignature");
  }
  return value;
}

// Permissions with the executable bit as git has it: whoever may read may execute, or nobody may.
unsigned with_executable(unsigned mode, bool executable) {
  if (!executable) return mode & ~0111u;
  for (const unsigned shift : {0u, 3u, 6u})
    if (mode & (4u << shift)) mode |= 1u << shift;
  return mode;
}

// A new file may be read and written as its folder may, never by others, always by its owner.
unsigned mode_of_new(unsigned folder, bool executable) { return with_executable((folder & 0664) | 0600, executable); }

bool too_long(const std::string& path) {
  const auto names = components(path);
  return path.size() > path_bytes_max ||
         std::any_of(names.begin(), names.end(), [](const std::string& name) { return name.size() > name_bytes_max; });
}

}  // namespace

bool same_meaning(const std::string& path, const std::string& one, const std::string& other) {
  if (one == other) return true;
  if (!is_resource(path)) return false;
  const auto a = unstamped(one), b = unstamped(other);
  return a && b && *a == *b;
}

void Oracle::note(const std::string& code, const std::string& path) { said_.notes.emplace(code, sayable(path)); }

Said Oracle::plan(const Tree& live, const Wish& wish) {
  wish_ = wish;
  said_ = {};
  missing_.clear();
  wanted_.clear();
  ops_.clear();
  blocked_.clear();
  stamped_.clear();
  folders_seen_.clear();
  for (const auto& [path, node] : live)
    if (node.kind == Kind::folder) folders_seen_.insert(path);
  next_ = inventory_;
  said_.fails = wish.rules.wrong;
  if (!said_.fails.empty()) return said_;
  // What is the same by name need not be listed: notes about what a listing would show may be missing then.
  by_delta_ = !adopts(wish) && wish.base && !wish.scan_all && base_->inputs == wish.inputs &&
              base_->vars_digest == wish.vars_digest && base_->rules.same_as(wish.rules);
  gather(wish);
  for (const auto& [path, wanted] : wanted_) examine(live, path, wanted);
  for (const auto& [path, row] : inventory_)
    if (!wanted_.count(path)) release(live, path, row);
  flips(live);
  stamps();
  if (adopts(wish) || wish.scan_all) unowned(live);
  decide();
  for (const Op& op : ops_) said_.ops.insert(op.shown());
  return said_;
}

// ---- what is wanted

bool Oracle::changes_by_delta(const std::string& source_path) const {
  const auto was = wish_.base->find(source_path), now = wish_.source->find(source_path);
  const bool there = was != wish_.base->end(), is = now != wish_.source->end();
  return there != is || (there && !(was->second == now->second));
}

void Oracle::gather(const Wish& wish) {
  const auto listed = [&](const std::string& code, const std::string& path, bool changed) {
    said_.may_note.emplace(code, sayable(path));
    if (!by_delta_ || changed) note(code, path);
  };
  for (std::size_t index = 0; index < wish.rules.mappings.size(); ++index) {
    const Mapping& mapping = wish.rules.mappings[index];
    bool itself = false, under = false, link = false;
    for (const auto& [path, file] : *wish.source) {
      const auto lands = mapping.lands(path);
      if (!lands) continue;
      if (path == mapping.source) itself = true;
      if (path != mapping.source) under = true;
      if (path == mapping.source && file.type == File::Type::link) link = true;
      if (!wish.rules.writes(*lands, mapping)) continue;
      const bool changed = by_delta_ && changes_by_delta(path);
      if (file.type == File::Type::link) {
        listed("link", path, changed);
      } else if (file.type != File::Type::regular) {
        listed("skipped", path, changed);
      } else {
        const Wanted wanted{path, file.bytes, (file.mode & 0100) != 0, index};
        if (!wanted_.insert_or_assign(*lands, wanted).second) note("shadowed", *lands);
      }
    }
    if (link) said_.fails.insert("merge.link");
    if (!itself && !under && mapping.required) said_.fails.insert("merge.missing-source");
    if (!itself && !under) {
      missing_.insert(index);
      const bool owns = std::any_of(inventory_.begin(), inventory_.end(),
                                    [&](const auto& entry) { return entry.second.mapping == index; });
      listed("source-missing", mapping.source, !owns);  // of a mapping that owns files it is known from the deltas
    }
    if (itself && mapping.type == "dir") said_.fails.insert("merge.type-mismatch");
    if ((under || mapping.source.empty()) && mapping.type == "file") said_.fails.insert("merge.type-mismatch");
    if (itself && mapping.destination.empty()) said_.fails.insert("merge.bad-path");
  }
  for (const auto& [path, wanted] : wanted_) {
    if (too_long(path)) said_.fails.insert("merge.bad-path");
    // A file of one mapping where another needs a folder: neither can be had whole, so nothing is done.
    for (std::string folder = above(path); !folder.empty(); folder = above(folder))
      if (wanted_.count(folder)) said_.fails.insert("merge.type-mismatch");
  }
}

// ---- one wanted file

void Oracle::examine(const Tree& live, const std::string& path, const Wanted& wanted) {
  if (wish_.rules.replicated(path)) {
    said_.may_note.emplace("replicated", sayable(path));
    if (!by_delta_ || changes_by_delta(wanted.origin)) note("replicated", path);
    return;
  }
  const auto row = inventory_.find(path);
  const bool unchanged =
      row != inventory_.end() && row->second.bytes == wanted.bytes && row->second.executable == wanted.executable;
  if (!unchanged) return examine_live(live, path, wanted);
  next_[path].origin = wanted.origin;
  next_[path].mapping = wanted.mapping;
  if (!wish_.scan_all) return;
  const Found found = find(live, path);
  if (found.what == Found::behind_link) {
    said_.fails.insert("merge.link");
    return;
  }
  const bool as_it_was = found.is(Kind::file) && ((found.node->mode & 0100) != 0) == row->second.executable &&
                         same_meaning(path, found.node->bytes, row->second.live);
  if (as_it_was) return;
  note("drift", path);
  if (wish_.repair) examine_live(live, path, wanted);
}

void Oracle::examine_live(const Tree& live, const std::string& path, const Wanted& wanted) {
  const Found found = find(live, path);
  if (found.what == Found::behind_link || found.is(Kind::link) || found.is(Kind::other)) {
    said_.fails.insert("merge.link");
    return;
  }
  if (found.what == Found::blocked) blocked_.emplace_back(path, found.at);
  if (!found.is(Kind::file)) return put('+', path, wanted, found);
  const auto row = inventory_.find(path);
  if (same_meaning(path, found.node->bytes, wanted.bytes)) {
    if (found.node->bytes != wanted.bytes) stamped_[path] = found.node->bytes;
    own(path, wanted, found.node->bytes);
    if (row == inventory_.end()) note("adopted", path);
    if (((found.node->mode & 0100) != 0) != wanted.executable) put('x', path, wanted, found);
    return;
  }
  if (row == inventory_.end() || !same_meaning(path, found.node->bytes, row->second.live)) note("overwritten", path);
  put('~', path, wanted, found);
}

void Oracle::put(char kind, const std::string& path, const Wanted& wanted, const Found& found) {
  Op op{kind, path, wanted.origin, wanted.bytes, std::nullopt, wanted.executable, found.is(Kind::folder), 0};
  if (found.is(Kind::file)) op.seen = *found.node;
  ops_.push_back(op);
  if (kind != 'x') own(path, wanted, wanted.bytes);
}

void Oracle::own(const std::string& path, const Wanted& wanted, const std::string& live) {
  next_[path] = {wanted.origin, wanted.bytes, live, wanted.executable, wanted.mapping};
}

// ---- one owned file that is not wanted any more

void Oracle::release(const Tree& live, const std::string& path, const Owned& row) {
  if (wish_.rules.replicated(path)) {
    said_.may_note.emplace("replicated", sayable(path));
    if (!by_delta_) note("replicated", path);
    return;
  }
  next_.erase(path);
  if (adopts(wish_) || !wish_.rules.prunes(path)) return note("unowned", path);
  const Found found = find(live, path);
  if (found.what == Found::absent || found.what == Found::blocked) return;
  if (!found.is(Kind::file) || !same_meaning(path, found.node->bytes, row.live)) return note("unowned", path);
  ops_.push_back({'-', path, row.origin, "", *found.node, row.executable, false, 0});
}

bool Oracle::removes(const std::string& path) const {
  return std::any_of(ops_.begin(), ops_.end(), [&](const Op& op) { return op.kind == '-' && op.path == path; });
}

// ---- what holds the changes together

// A folder becomes a file, or a file a folder, only when all that lies there goes with this plan.
void Oracle::flips(const Tree& live) {
  for (const auto& [path, file] : blocked_)
    if (!removes(file)) said_.fails.insert("merge.file-in-the-way");
  for (const Op& op : ops_)
    if (op.clears_folder)
      for (const auto& [path, node] : live)
        if (inside(path, op.path) && node.kind != Kind::folder && !removes(path))
          said_.fails.insert("merge.folder-in-the-way");
}

// A real change writes content and resource.json together, so what lies in one folder is one resource.
void Oracle::stamps() {
  for (const auto& [path, live] : stamped_) {
    const bool touched = std::any_of(ops_.begin(), ops_.end(), [&, folder = above(path)](const Op& op) {
      return op.kind != 'x' && above(op.path) == folder;
    });
    if (!touched) continue;
    const auto chmod = std::find_if(ops_.begin(), ops_.end(), [&, at = path](const Op& op) { return op.path == at; });
    const Wanted& wanted = wanted_.at(path);
    if (chmod != ops_.end()) ops_.erase(chmod);
    const Node seen{Kind::file, live, 0, {}};
    put('~', path, wanted, {Found::there, path, &seen});
  }
}

// At a look at everything: what lies below the destinations and is nobody's.
void Oracle::unowned(const Tree& live) {
  std::set<std::string> said;
  for (const Mapping& mapping : wish_.rules.mappings) {
    const Found found = find(live, mapping.destination);
    if (found.what == Found::behind_link && adopts(wish_)) said_.fails.insert("merge.link");
    if (!found.is(Kind::folder)) continue;
    for (const auto& [path, node] : live)
      if (inside(path, mapping.destination) && node.kind != Kind::folder && wish_.rules.prunes(path) &&
          !wanted_.count(path) && !inventory_.count(path) && said.insert(path).second)
        note("unowned", path);
  }
}

void Oracle::decide() {
  std::map<std::size_t, int> removed, owned;
  for (const Op& op : ops_)
    if (op.kind == '-') ++removed[inventory_.at(op.path).mapping];
  for (const auto& [path, row] : inventory_) ++owned[row.mapping];
  // What a mapping without a source delivered goes only when a person says so.
  for (const Op& op : ops_)
    if (op.kind == '-' && missed(op)) said_.held_as = "source-missing";
  if (!said_.held_as.empty()) return;
  for (const auto& [mapping, count] : removed)
    if (count > wish_.prune_files || (count > 5 && count * 100 > wish_.prune_percent * owned[mapping]))
      said_.held_as = "mass-delete";
}

// Did a mapping that has no source now deliver this file, and not one whose source lost only this file?
bool Oracle::missed(const Op& op) const {
  bool under_missing = false;
  for (std::size_t index = 0; index < wish_.rules.mappings.size(); ++index) {
    const Mapping& mapping = wish_.rules.mappings[index];
    const bool gone = missing_.count(index) > 0;
    if (!gone && mapping.lands(op.origin) == op.path) return false;
    under_missing = under_missing || (gone && (mapping.destination.empty() || op.path == mapping.destination ||
                                               inside(op.path, mapping.destination)));
  }
  return under_missing;
}

// ---- doing it

void Oracle::adopt() {
  if (next_.size() == inventory_.size() && !adopts(wish_) && base_->rules.same_as(wish_.rules) &&
      base_->inputs == wish_.inputs && base_->vars_digest == wish_.vars_digest) {
    bool same = true;  // nothing to say: the inventory goes on standing on what it stood on
    for (const auto& [path, row] : next_) {
      const auto was = inventory_.find(path);
      same = same && was != inventory_.end() && was->second.origin == row.origin &&
             was->second.mapping == row.mapping && was->second.bytes == row.bytes &&
             was->second.executable == row.executable && was->second.live == row.live;
    }
    if (same) return;
  }
  inventory_ = next_;
  base_ = Base{wish_.revision, wish_.inputs, wish_.vars_digest, wish_.sync, wish_.rules};
}

bool Oracle::stage(const Tree& live) const {
  for (const Op& op : ops_) {
    if (op.kind == '-' || op.kind == 'x') continue;
    if (find(live, op.path).what == Found::behind_link) return false;
  }
  return true;
}

Codes Oracle::not_as_seen(const Tree& live) const {
  Codes codes;
  for (const Op& op : ops_) {
    const Found found = find(live, op.path);
    if (found.what == Found::behind_link) codes.insert("merge.link");
    const bool absent = found.what == Found::absent || (found.what == Found::blocked && removes(found.at));
    bool folder_goes = op.clears_folder && found.is(Kind::folder);
    for (const auto& [path, node] : live)
      if (folder_goes && inside(path, op.path) && !removes(path))
        folder_goes = node.kind == Kind::folder && folders_seen_.count(path) > 0;
    const bool as_seen = op.seen ? found.is(Kind::file) && same_meaning(op.path, found.node->bytes, op.seen->bytes)
                                 : absent || folder_goes;
    if (!as_seen) codes.insert("merge.conflict");
  }
  return codes;
}

Outcome Oracle::apply(const Tree& live) {
  Outcome outcome{not_as_seen(live), live, {}};
  if (!outcome.fails.empty()) return outcome;
  Tree& tree = outcome.tree;
  Done done{wish_.run, ops_, {}, {}, {}, {}, base_};
  const auto needed = [&](const std::string& folder) {
    return std::any_of(ops_.begin(), ops_.end(), [&](const Op& op) {
      return (op.kind == '+' || op.kind == '~') && op.path != folder && inside(op.path, folder);
    });
  };
  const auto drop_folder = [&](const std::string& folder) {
    done.folders_gone.emplace_back(folder, tree.at(folder));
    tree.erase(folder);
  };
  for (Op& op : done.ops) {
    if (op.kind == '+') continue;
    op.seen = tree.at(op.path);  // with what a gateway stamped since
    if (op.kind == '-') tree.erase(op.path);
  }
  for (const Op& op : done.ops)  // folders that this emptied, but no root and nothing above one
    for (std::string folder = above(op.path); op.kind == '-' && !folder.empty(); folder = above(folder)) {
      if (wish_.rules.holds_a_root(folder)) break;
      const auto there = tree.find(folder);
      if (there == tree.end() || !wish_.rules.in_a_root(folder) || needed(folder)) continue;
      if (there->second.kind != Kind::folder || !is_empty(tree, folder)) break;
      drop_folder(folder);
    }
  for (const Op& op : done.ops)
    while (op.clears_folder && tree.count(op.path)) {  // from the deepest one on
      std::string folder = op.path;
      for (const auto& [path, node] : tree)
        if (inside(path, op.path) && path.size() > folder.size()) folder = path;
      drop_folder(folder);
    }
  const Tree before_folders = tree;
  for (const Op& op : done.ops)
    if (op.kind == '+') make_folders(tree, above(op.path));
  for (const auto& [path, node] : tree)
    if (!before_folders.count(path)) done.folders_made.push_back(path);
  for (Op& op : done.ops) {
    if (op.kind == '-') continue;
    // As it is at this moment, whenever it was staged: a new one is like its folder, any other like what it replaces.
    const Node like = op.kind == '+' ? folder_above(live, op.path) : *op.seen;
    op.made_mode = op.kind == '+' ? mode_of_new(like.mode, op.executable) : with_executable(like.mode, op.executable);
    tree[op.path] = {Kind::file, op.kind == 'x' ? op.seen->bytes : op.bytes, op.made_mode, like.owner};
  }
  for (const auto& [path, row] : inventory_)
    if (!next_.count(path)) done.rows.insert(path);
  for (const auto& [path, row] : next_) {
    const auto was = inventory_.find(path);
    const bool same = was != inventory_.end() && was->second.bytes == row.bytes && was->second.live == row.live &&
                      was->second.executable == row.executable && was->second.mapping == row.mapping &&
                      was->second.origin == row.origin;
    if (!same) done.rows.insert(path);
  }
  for (const std::string& path : done.rows)
    if (const auto was = inventory_.find(path); was != inventory_.end()) done.before[path] = was->second;
  inventory_ = next_;
  base_ = Base{wish_.revision, wish_.inputs, wish_.vars_digest, wish_.sync, wish_.rules};
  done_.push_back(std::move(done));
  return outcome;
}

// What was replaced comes back, unless somebody changed what we had put there.
Outcome Oracle::revert(const Tree& live, const std::string& run) {
  Outcome outcome{{}, live, {}};
  if (done_.empty() || done_.back().run != run) return outcome;
  const Done done = std::move(done_.back());
  done_.pop_back();
  Tree& tree = outcome.tree;
  const auto left_alone = [&](const Op& op) { outcome.notes.emplace("drift", sayable(op.path)); };
  for (const Op& op : done.ops) {
    const Found found = find(tree, op.path);
    if (found.what == Found::behind_link) outcome.fails.insert("merge.link");
    if (op.kind == '-') continue;
    if (op.kind == 'x') {
      if (found.is(Kind::file) && found.node->mode == op.made_mode) tree[op.path].mode = op.seen->mode;
    } else if (!found.is(Kind::file) || !same_meaning(op.path, found.node->bytes, op.bytes)) {
      left_alone(op);
    } else if (op.kind == '+') {
      tree.erase(op.path);
    } else {
      tree[op.path] = *op.seen;
    }
  }
  for (auto folder = done.folders_made.rbegin(); folder != done.folders_made.rend(); ++folder)
    if (find(tree, *folder).is(Kind::folder) && is_empty(tree, *folder)) tree.erase(*folder);
  for (auto folder = done.folders_gone.rbegin(); folder != done.folders_gone.rend(); ++folder)
    if (find(tree, above(folder->first)).is(Kind::folder) && !tree.count(folder->first))
      tree[folder->first] = folder->second;
  for (const Op& op : done.ops) {
    if (op.kind != '-') continue;
    const Found found = find(tree, op.path);
    if (found.what != Found::absent) {
      left_alone(op);
      continue;
    }
    make_folders(tree, above(op.path));
    tree[op.path] = *op.seen;
  }
  for (const std::string& path : done.rows) inventory_.erase(path);
  for (const auto& [path, row] : done.before) inventory_[path] = row;
  base_ = done.base;
  if (!outcome.fails.empty()) outcome.tree = live;
  return outcome;
}

void Oracle::forget(const std::string& run) {
  for (std::size_t i = 0; i < done_.size(); ++i)
    if (done_[i].run == run) {
      done_.erase(done_.begin(), done_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      return;
    }
}

std::string sayable(const std::string& path) {
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool character = byte < 0xfe;  // the only bytes of the random names that no UTF-8 has
    if (character) text += c;
    if (!character) text += byte == 0xff ? "\\xff" : "\\xfe";
  }
  return text;
}

}  // namespace stoker::model
