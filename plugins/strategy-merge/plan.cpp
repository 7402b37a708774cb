// The Planner collects the wanted files, compares them with the inventory and with the live files, and orders the
// changes.
#include "plan.hpp"

#include "digest.hpp"
#include "meaning.hpp"
#include "paths.hpp"

#include <algorithm>

namespace stoker::merge {
namespace {

constexpr std::uint64_t notes_max = 1000;  // with the same code
constexpr std::uint64_t unowned_max = 50;
constexpr std::uint64_t prune_free = 5;  // up to so many removals are allowed, whatever their share is
constexpr std::size_t reason_paths = 3, reason_path_bytes = 256;
constexpr std::size_t refreshed_max = 10'000;  // further files are read again by the next look
constexpr std::size_t path_bytes_max = 4095;   // the limit of the kernel
constexpr std::size_t name_bytes_max = 255;

std::string in_the_way(std::string_view path, std::string_view what) {
  return "'" + sayable(path) + "': " + std::string(what) + "; move it away, or map the files elsewhere";
}

std::string where(const Mapping& mapping) { return "mapping[" + std::to_string(mapping.index) + "]: "; }

std::string some_of(const std::vector<std::string>& paths) {
  std::string text;
  for (std::size_t i = 0; i < std::min(paths.size(), reason_paths); ++i)
    text += (i ? ", " : "") + sayable(paths[i], reason_path_bytes);
  return paths.size() > reason_paths ? text + ", …" : text;
}

bool fits_a_file_system(std::string_view path) {
  const auto parts = parts_of(path);
  return path.size() <= path_bytes_max &&
         std::all_of(parts.begin(), parts.end(), [](std::string_view part) { return part.size() <= name_bytes_max; });
}

}  // namespace

const Step* Plan::put_at(std::string_view path) const {
  // First removes, then puts, then changes of mode; each sorted by path, so that the file of a path is found quickly: a
  // verifier may ask for every file.
  const auto begin = std::partition_point(set.steps.begin(), set.steps.end(),
                                          [](const Step& step) { return step.change.op == Change::Op::remove; });
  const auto end = std::partition_point(begin, set.steps.end(), [](const Step& step) { return step.puts(); });
  const auto found =
      std::lower_bound(begin, end, path, [](const Step& step, std::string_view at) { return step.change.path < at; });
  return found != end && found->change.path == path ? &*found : nullptr;
}

std::string Planner::Wanted::name() const { return after.empty() ? file.blob : sha256_blob(after); }

std::string slot_of(const Change& change) {
  return sha256_of(change.path + '\0' + content_name(change) + '\0' + std::to_string(static_cast<int>(change.op)))
      .substr(0, 40);
}

std::string actor_beside(LiveTree& live, std::string_view path) {
  const auto text = live.text(join(folder_of(path), resource_file), resource_bytes_max);
  const auto resource = text ? read_resource(text.value()) : std::nullopt;
  return resource ? resource->actor : std::string();
}

Planner::Planner(Call& call, std::string_view run, const Assignment& assignment, const Mappings& mappings,
                 const Preset& preset, LiveTree& live, State& state, const View& view)
    : call_(call),
      assignment_(assignment),
      mappings_(mappings),
      preset_(preset),
      live_(live),
      looks_(live),
      state_(state),
      view_(view) {
  plan_.set.run = std::string(run);
  plan_.rendering = Rendering(assignment, mappings);
  plan_.base = {assignment.revision, assignment.inputs, assignment.vars_digest,
                plan_.set.run,       mappings.digest(), assignment.name_space + "/" + assignment.sync};
}

Result<Plan> Planner::make() {
  auto base = state_.base();
  if (!base) return std::move(base).error();
  base_ = std::move(base).value();
  plan_.adoption = !base_ || base_->sync != plan_.base.sync;
  plan_.rules_changed = plan_.adoption || base_->inputs != assignment_.inputs ||
                        base_->vars != assignment_.vars_digest || base_->rules != mappings_.digest();
  if (auto done = gather(); !done) return std::move(done).error();
  if (auto done = render(); !done) return std::move(done).error();
  if (plan_.adoption) puts_.reserve(wanted_.size());  // reserved, because a growing array would be in memory twice
  for (const auto& [path, kept] : wanted_) {
    if (auto go = call_.check(); !go) return std::move(go).error();
    if (auto done = examine(path, wanted_at(path, kept)); !done) return std::move(done).error();
  }
  if (rows_)
    if (auto read = rows_->to_the_end(); !read) return std::move(read).error();
  rows_.reset();
  for (const std::string& path : gone_) {
    if (auto go = call_.check(); !go) return std::move(go).error();
    auto row = row_of(path);
    if (!row) return std::move(row).error();
    if (!*row) continue;
    if (auto done = release(path, **row); !done) return std::move(done).error();
  }
  for (const auto part : {&Planner::flip, &Planner::stamp, &Planner::plan_folders, &Planner::decide})
    if (auto done = (this->*part)(); !done) return std::move(done).error();
  if (plan_.adoption || assignment_.look_all)
    if (auto done = say_unowned(); !done) return std::move(done).error();
  const auto by_path = [](const Step& a, const Step& b) { return a.change.path < b.change.path; };
  wanted_.clear();  // a first Run has a step for each file, so the wanted files are not kept a second time
  for (auto* steps : {&removes_, &puts_, &chmods_}) {
    std::sort(steps->begin(), steps->end(), by_path);
    if (plan_.set.steps.empty())
      plan_.set.steps = std::move(*steps);
    else
      std::move(steps->begin(), steps->end(), std::back_inserter(plan_.set.steps));
    *steps = std::vector<Step>();
  }
  for (Step& step : plan_.set.steps) step.slot = slot_of(step.change);
  return std::move(plan_);
}

// ---- what is wanted

Result<void> Planner::gather() {
  if (!plan_.rules_changed && !assignment_.look_all && !mappings_.overlap()) {
    auto enough = gather_deltas();
    if (!enough) return std::move(enough).error();
    if (*enough) return find_missing();
    wanted_.clear();
    gone_.clear();
    notes_.clear();
    plan_.notes.clear();
    missing_.clear();
  }
  return gather_all();
}

Result<bool> Planner::gather_deltas() {
  if (base_->revision == assignment_.revision) return true;
  auto deltas = view_.since(base_->revision);
  if (!deltas) return std::move(deltas).error();
  if (!*deltas) return false;
  std::set<std::uint32_t> shrunk;
  for (const Delta& one : **deltas) {
    auto enough = delta(one, shrunk);
    if (!enough || !*enough) return enough;
  }
  // When files were removed, the whole source of a mapping may be gone. That is an error or a note; only a full listing
  // tells which.
  for (const std::uint32_t index : shrunk) {
    auto any = has_files(mappings_.all()[index]);
    if (!any || !*any) return any;
  }
  return true;
}

Result<bool> Planner::has_files(const Mapping& mapping) {
  bool any = false;
  const auto listed = view_.list(mapping.source, [&](const File&) -> Result<void> {
    any = true;
    return Error(errc::cancelled, "one is enough");
  });
  if (!listed && !any) return listed.error();
  return any;
}

// A source that is missing is said by each plan, and not only by the first. One whose files are owned is there: else
// its files would have been among the deltas.
Result<void> Planner::find_missing() {
  for (const Mapping& mapping : mappings_.all()) {
    auto owned = state_.owned_by(mapping.index);
    if (!owned) return std::move(owned).error();
    if (*owned > 0) continue;
    auto any = has_files(mapping);
    if (!any) return std::move(any).error();
    if (!*any) say_missing(mapping);
  }
  return {};
}

void Planner::say_missing(const Mapping& mapping) {
  missing_.push_back(&mapping);
  note("source-missing", mapping.source,
       where(mapping) + "there is nothing at this source in the revision, so nothing is delivered to '" +
           (mapping.destination.empty() ? "." : sayable(mapping.destination)) +
           "'; look at the spelling, capitals too");
}

Result<bool> Planner::delta(const Delta& delta, std::set<std::uint32_t>& shrunk) {
  for (const Mapping& mapping : mappings_.all()) {
    if (!mapping.source.empty() && lies_at_or_below(mapping.source, delta.file.path)) return false;
    const auto path = mapping.lands(delta.file.path);
    if (!path) continue;
    if (mapping.type == "file") return false;  // a file lies now below the path that the mapping wants to be a file
    if (delta.op == Delta::Op::remove || delta.file.type != File::Type::regular) {
      shrunk.insert(mapping.index);
      gone_.insert(*path);
    }
    if (delta.op == Delta::Op::remove) continue;
    if (auto done = want(mapping, delta.file); !done) return std::move(done).error();
  }
  return true;
}

Result<void> Planner::gather_all() {
  for (const Mapping& mapping : mappings_.all())
    if (auto listed = list(mapping); !listed) return listed;
  if (mappings_.overlap())
    if (auto fit = fit_together(); !fit) return fit;
  rows_.emplace(state_, [this](std::string_view path) { gone_.emplace_hint(gone_.end(), path); });
  return {};
}

Result<void> Planner::list(const Mapping& mapping) {
  const std::string in = where(mapping);
  bool below = false;
  std::optional<File> itself;
  auto listed = view_.list(mapping.source, [&](File file) -> Result<void> {
    if (auto go = call_.check(); !go) return go;
    if (file.path == mapping.source)
      itself = file;
    else
      below = true;
    return want(mapping, std::move(file));
  });
  if (!listed) return listed;
  if (itself && itself->type == File::Type::link)
    return Error(errc::invalid, in + "source is a symbolic link, and links are never followed: " + mapping.source,
                 "merge.link");
  if (!itself && !below) {
    if (mapping.required)
      return Error(errc::invalid, in + "required source does not exist: " + mapping.source, "merge.missing-source");
    say_missing(mapping);
  }
  const bool is_file = itself.has_value(), is_folder = below || mapping.source.empty();
  if ((is_file && mapping.type == "dir") || (is_folder && mapping.type == "file"))
    return Error(errc::invalid,
                 in + "type mismatch: spec says \"" + mapping.type + "\" but " + mapping.source + " is a " +
                     (is_file ? "file" : "directory"),
                 "merge.type-mismatch");
  if (is_file && mapping.destination.empty())
    return Error(errc::invalid, in + "a file cannot be mapped to the data root itself", "merge.bad-path");
  return {};
}

Result<void> Planner::want(const Mapping& mapping, File file) {
  const std::string path = mapping.lands(file.path).value_or(std::string());
  if (path.empty() || mappings_.reach(path, &mapping) != Reach::open) return {};
  if (file.type == File::Type::link) {
    note("link", file.path, "a symbolic link in the source is not copied");
    return {};
  }
  if (file.type != File::Type::regular) {
    note("skipped", file.path, "not a regular file in the source");
    return {};
  }
  if (!fits_a_file_system(path))
    return Error(errc::invalid,
                 where(mapping) + "'" + path + "' is too long: a path has at most " + std::to_string(path_bytes_max) +
                     " bytes, a name in it " + std::to_string(name_bytes_max),
                 "merge.bad-path");
  const std::size_t before = wanted_.size();
  wanted_.insert_or_assign(wanted_.end(), path,  // a source lists its files in sorted order
                           Kept{std::move(file.blob), file.bytes, file.mode & 0100 ? 0755u : 0644u, mapping.index});
  if (wanted_.size() == before)
    note("shadowed", path, "mapping[" + std::to_string(mapping.index) + "] overlays an earlier one");
  return {};
}

// A mapping may bring a file to a path that another mapping needs as a folder. Both cannot be satisfied.
Result<void> Planner::fit_together() {
  for (const auto& [path, wanted] : wanted_)
    for (auto above = folder_of(path); !above.empty(); above = folder_of(above)) {
      const auto file = wanted_.find(std::string(above));
      if (file == wanted_.end()) continue;
      const Mapping& later = mappings_.all()[std::max(wanted.mapping, file->second.mapping)];
      return Error(
          errc::invalid,
          where(later) + "'" + file->first + "' is a file, and '" + path + "' of another mapping needs a folder there",
          "merge.type-mismatch");
    }
  return {};
}

// What is compared with the live tree, and put there, is what the templates and patches give. So a plan renders each of
// these files, and nothing is written when one fails.
Result<void> Planner::render() {
  PatchUse normalising;
  std::vector<PatchUse> of_mappings(mappings_.all().size());
  for (auto& [path, kept] : wanted_) {
    if (auto go = call_.check(); !go) return go;
    const Mapping& mapping = mappings_.all()[kept.mapping];
    const FilePatches patches = plan_.rendering.patches_for(kept.mapping, path);
    normalising.count(patches.normalising);
    of_mappings[kept.mapping].count(patches.of_mapping);
    if (!mapping.rendered && patches.empty()) continue;
    auto made = plan_.rendering.render(call_, view_, mapping.origin_of(path), kept.mapping);
    if (!made) return std::move(made).error();
    kept.bytes = made->bytes.size();
    rendered_.emplace_hint(rendered_.end(), path, sha256_of(made->bytes));
    for (const std::string& text : made->notes) note("patch-replaced", path, text);
  }
  if (rows_) say_unused(normalising, of_mappings);  // deltas are a few of the files, so they do not tell
  return {};
}

// A patch of a mapping without any file has its reason in the note source-missing.
void Planner::say_unused(const PatchUse& normalising, const std::vector<PatchUse>& of_mappings) {
  std::vector<Note> notes = normalising.notes(mappings_.normalising());
  for (const Mapping& mapping : mappings_.all()) {
    if (std::find(missing_.begin(), missing_.end(), &mapping) != missing_.end()) continue;
    for (Note& one : of_mappings[mapping.index].notes(mapping.patches)) notes.push_back(std::move(one));
  }
  for (const Note& one : notes) note(one.code, one.path, one.text);
}

// ---- one wanted file

Result<void> Planner::examine(const std::string& path, const Wanted& wanted) {
  if (kept_by_master(path)) return {};
  auto found = row_of(path);
  if (!found) return std::move(found).error();
  const Row& row = *found;
  const bool unchanged = row && !row->blob.empty() && row->blob == wanted.name() && row->mode == wanted.file.mode;
  if (unchanged) return examine_unchanged(path, wanted, *row);
  auto look = looks_.at(path);
  if (!look) return std::move(look).error();
  return examine_live(path, wanted, row, *look);
}

// The wanted content is what was written before. The live file can differ only by drift, and only reading it tells.
Result<void> Planner::examine_unchanged(const std::string& path, const Wanted& wanted, const Owned& row) {
  if (row.mapping != wanted.mapping || row.origin != wanted.file.path) {
    Owned moved = row;
    moved.mapping = wanted.mapping;
    moved.origin = wanted.file.path;
    plan_.inventory.push_back({path, moved});
  }
  if (!assignment_.look_all) return {};
  auto look = looks_.at(path);
  if (!look) return std::move(look).error();
  if (look->kind == Kind::file && row.identity.known() && look->identity == row.identity) return {};
  if (look->kind == Kind::file && look->executable() == ((row.mode & 0100) != 0)) {
    auto content = live_.read(path);
    if (!content) return std::move(content).error();
    if (content->digest == row.digest || content->meaning == row.meaning) {
      Owned seen = row;
      seen.identity = content->look.identity;
      seen.digest = content->digest;
      if (plan_.refreshed.size() < refreshed_max) plan_.refreshed.push_back({path, seen});
      return {};
    }
  }
  const std::string actor = actor_beside(live_, path);
  note("drift", path,
       look->kind == Kind::absent ? "deleted by somebody else"
       : actor.empty()            ? "changed by somebody else"
                                  : "changed by " + actor);
  if (!assignment_.repair) return {};
  return examine_live(path, wanted, row, *look);
}

Result<void> Planner::examine_live(const std::string& path, const Wanted& wanted, const Row& row, const Look& look) {
  if (look.kind == Kind::absent) {
    if (look.blocked)
      for (auto above = folder_of(path); !above.empty(); above = folder_of(above)) {
        auto there = live_.look(above);
        if (!there) return std::move(there).error();
        if (there->kind != Kind::absent) {
          blocked_.emplace_back(path, std::string(above));
          break;
        }
      }
    put(path, wanted, look, "", "");
    return {};
  }
  if (look.kind == Kind::folder) {
    flips_.push_back(path);
    put(path, wanted, Look(), "", "");
    return {};
  }
  if (look.kind != Kind::file)
    return Error(errc::denied,
                 in_the_way(path, look.kind == Kind::link ? "it is a symbolic link" : "it is not a regular file"),
                 "merge.link");
  const bool ours = row && row->identity.known() && row->identity == look.identity;
  const bool comparable = row && looks_like_sha256_blob(row->blob) == looks_like_sha256_blob(wanted.name());
  if (ours && comparable && !is_resource(path) && row->blob != wanted.name()) {
    put(path, wanted, look, row->digest, row->meaning);
    return {};
  }
  auto content = live_.read(path, path, Ids::and_git);
  if (!content) return std::move(content).error();
  auto same = equal(path, wanted, *content);
  if (!same) return std::move(same).error();
  if (*same) {
    take(path, wanted, *content, row);
    return {};
  }
  if (!row || (content->digest != row->digest && content->meaning != row->meaning)) {
    const std::string actor = content->actor.empty() ? actor_beside(live_, path) : content->actor;
    note("overwritten", path,
         actor.empty() ? "replaced a file that Stoker did not write" : "replaced a file that was written by " + actor);
  }
  put(path, wanted, content->look, content->digest, content->meaning);
  return {};
}

Result<bool> Planner::equal(const std::string& path, const Wanted& wanted, const Content& content) {
  const std::string blob = wanted.name();
  const bool by_blob = looks_like_git_blob(blob) || looks_like_sha256_blob(blob);
  if (by_blob && (content.blob == blob || sha256_blob(content.digest) == blob)) return true;
  if (by_blob && !is_resource(path)) return false;
  Digest digest = Digest::sha256();
  std::string kept;
  auto read =
      plan_.rendering.read(call_, view_, wanted.file.path, wanted.mapping, [&](std::string_view bytes) -> Result<void> {
        digest.update(bytes);
        if (is_resource(path) && kept.size() <= resource_bytes_max) kept += bytes;
        return {};
      });
  if (!read) return std::move(read).error();
  if (digest.hex() == content.digest) return true;
  const auto resource = is_resource(path) ? read_resource(kept) : std::nullopt;
  if (!resource || resource->meaning != content.meaning) return false;
  stamped_.push_back({path, wanted, content});
  return true;
}

void Planner::put(const std::string& path, const Wanted& wanted, const Look& look, const std::string& before,
                  const std::string& before_meaning) {
  Step step;
  step.change = {path,
                 wanted.file.path,
                 wanted.file.blob,
                 before,
                 wanted.after,
                 wanted.file.bytes,
                 look.kind == Kind::absent ? Change::Op::add : Change::Op::replace,
                 wanted.file.mode,
                 wanted.mapping};
  step.before_meaning = before_meaning;
  step.before_mode = look.mode;
  step.seen = look.identity;
  puts_.push_back(std::move(step));
}

void Planner::take(const std::string& path, const Wanted& wanted, const Content& content, const Row& row) {
  Owned owned{path,          wanted.file.path, wanted.name(),  content.digest,       content.meaning,
              plan_.set.run, wanted.file.mode, wanted.mapping, content.look.identity};
  plan_.inventory.push_back({path, owned});
  if (!row) note("adopted", path, "the file has the wanted content already");
  if (content.look.executable() == ((wanted.file.mode & 0100) != 0)) return;
  Step step;
  step.change = {path,          wanted.file.path,  wanted.file.blob,  content.digest,
                 wanted.after,  wanted.file.bytes, Change::Op::chmod, wanted.file.mode,
                 wanted.mapping};
  step.before_meaning = step.made_meaning = content.meaning;
  step.before_mode = content.look.mode;
  step.made_digest = content.digest;
  step.seen = step.made = content.look.identity;
  chmods_.push_back(std::move(step));
}

// ---- one owned file that is not wanted any more

Result<void> Planner::release(const std::string& path, const Owned& row) {
  if (wanted_.contains(path) || kept_by_master(path)) return {};
  if (plan_.adoption) {
    let_go(path, (base_ ? "delivered by Sync " + base_->sync : "delivered before") +
                     "; the file stays, and Stoker does not own it any more");
    return {};
  }
  if (mappings_.prune_reach(path) != Reach::open) {
    let_go(path, "excluded or protected; the file stays, and Stoker does not own it any more");
    return {};
  }
  auto look = looks_.at(path);
  if (!look && (look.error().code == "merge.link" || look.error().code == "merge.other-mount")) {
    let_go(path, "a symbolic link or a mount is in its path; the file stays, and Stoker does not own it any more");
    return {};
  }
  if (!look) return std::move(look).error();
  if (look->kind == Kind::absent) {
    plan_.inventory.push_back({path, std::nullopt});
    return {};
  }
  Step step;
  step.change = {path, row.origin, "", row.digest, "", look->identity.bytes, Change::Op::remove, row.mode, row.mapping};
  step.before_meaning = row.meaning;
  step.before_mode = look->mode;
  step.seen = look->identity;
  if (look->kind == Kind::file && !(row.identity.known() && row.identity == look->identity)) {
    auto content = live_.read(path);
    if (!content) return std::move(content).error();
    step.change.before = content->digest;
    step.before_meaning = content->meaning;
    step.seen = content->look.identity;
  }
  if (look->kind != Kind::file || (step.change.before != row.digest && step.before_meaning != row.meaning)) {
    const std::string actor = actor_beside(live_, path);
    let_go(path,
           actor.empty() ? "changed by somebody else; the file stays" : "changed by " + actor + "; the file stays");
    return {};
  }
  removed_.insert(path);
  removals_[row.mapping].push_back(path);
  removes_.push_back(std::move(step));
  return {};
}

// ---- what holds the changes together

Result<void> Planner::flip() {
  for (const auto& [path, above] : blocked_)
    if (!removed_.contains(above))
      return Error(errc::denied,
                   in_the_way(above, "Stoker did not write this file, and '" + path + "' needs a folder in its place"),
                   "merge.file-in-the-way");
  for (const std::string& path : flips_)
    if (auto cleared = clear_folder(path); !cleared) return cleared;
  return {};
}

// A file is wanted at the path of a folder. This plan has to remove everything below the folder, or it fails.
Result<void> Planner::clear_folder(const std::string& path) {
  auto entries = live_.list(path);
  if (!entries) return std::move(entries).error();
  for (const Entry& entry : *entries) {
    const std::string below = join(path, entry.name);
    if (entry.kind == Kind::folder) {
      if (auto cleared = clear_folder(below); !cleared) return cleared;
    } else if (!removed_.contains(below)) {
      return Error(
          errc::denied,
          in_the_way(below, "Stoker did not write this file, and a file is to replace the folder that it is in"),
          "merge.folder-in-the-way");
    }
  }
  away_.insert(path);
  return {};
}

Result<void> Planner::stamp() {
  std::set<std::string, std::less<>> touched;
  for (const auto* steps : {&removes_, &puts_})
    for (const Step& step : *steps) touched.emplace(folder_of(step.change.path));
  for (const Stamped& one : stamped_) {
    if (!touched.contains(folder_of(one.path))) continue;
    std::erase_if(plan_.inventory, [&](const InventoryChange& change) { return change.path == one.path; });
    std::erase_if(chmods_, [&](const Step& step) { return step.change.path == one.path; });
    put(one.path, one.wanted, one.content.look, one.content.digest, one.content.meaning);
  }
  return {};
}

bool Planner::is_root(std::string_view folder) const {
  return std::any_of(mappings_.all().begin(), mappings_.all().end(),
                     [&](const Mapping& mapping) { return lies_at_or_below(mapping.destination, folder); });
}

Result<void> Planner::plan_folders() {
  std::set<std::string, std::less<>> needed;
  for (const Step& step : puts_)
    for (auto above = folder_of(step.change.path); !above.empty() && needed.emplace(above).second;)
      above = folder_of(above);
  for (const Step& step : removes_)
    for (auto above = folder_of(step.change.path); !above.empty() && !is_root(above); above = folder_of(above)) {
      const bool inside = std::any_of(mappings_.all().begin(), mappings_.all().end(), [&](const Mapping& mapping) {
        return lies_at_or_below(above, mapping.destination);
      });
      if (inside && !needed.contains(above)) away_.emplace(above);
    }
  for (auto path = away_.rbegin(); path != away_.rend(); ++path) {  // the deepest first
    auto look = live_.look(*path);
    if (!look) return std::move(look).error();
    if (look->kind == Kind::folder) plan_.set.folders.push_back({*path, false, look->mode, look->uid, look->gid});
  }
  return {};
}

Result<void> Planner::say_unowned() {
  std::uint64_t count = 0;
  std::set<std::string> roots;
  for (const Mapping& mapping : mappings_.all()) {
    auto look = live_.look(mapping.destination);
    if (!look && !may_stay_unknown(look.error())) return std::move(look).error();
    if (look && look->kind == Kind::folder) roots.insert(mapping.destination);
  }
  std::string last = "\n";
  for (const std::string& root : roots) {
    if (last != "\n" && lies_at_or_below(root, last)) continue;
    if (auto said = say_unowned(root, count); !said && !may_stay_unknown(said.error())) return said;
    last = root;
  }
  if (count > unowned_max)
    plan_.notes.push_back(
        {"unowned", "", std::to_string(count) + " files below the destinations were not written by Stoker"});
  return {};
}

// What cannot be looked at is no reason to fail once the tree is ours: what lies there is not ours.
bool Planner::may_stay_unknown(const Error& why) const { return !plan_.adoption && why != errc::cancelled; }

Result<void> Planner::say_unowned(const std::string& folder, std::uint64_t& count) {
  if (auto go = call_.check(); !go) return go;
  auto entries = live_.list(folder);
  if (!entries) return std::move(entries).error();
  for (const Entry& entry : *entries) {
    const std::string path = join(folder, entry.name);
    if (mappings_.prune_reach(path) != Reach::open) continue;
    if (entry.kind == Kind::folder) {
      auto said = say_unowned(path, count);
      if (!said && said.error().code != "merge.other-mount" && !may_stay_unknown(said.error())) return said;
    } else if (!wanted_.contains(path) && !gone_.contains(path) && ++count <= unowned_max) {
      plan_.notes.push_back({"unowned", sayable(path), "not in the source and not written by Stoker; the file stays"});
    }
  }
  return {};
}

// The mapping with a missing source that delivered this file; null when git removed the file from a source that is
// there.
const Mapping* Planner::missing_for(const Step& removal) const {
  const auto& all = mappings_.all();
  const bool taken_out = std::any_of(all.begin(), all.end(), [&](const Mapping& mapping) {
    const bool is_missing = std::find(missing_.begin(), missing_.end(), &mapping) != missing_.end();
    return !is_missing && mapping.lands(removal.change.origin) == removal.change.path;
  });
  if (taken_out) return nullptr;
  for (const Mapping* mapping : missing_)
    if (lies_at_or_below(removal.change.path, mapping->destination)) return mapping;
  return nullptr;
}

// A misspelt source and a folder that git does not have any more look alike, so a person has to say which it is.
bool Planner::hold_missing() {
  std::vector<std::string> paths;
  const Mapping* first = nullptr;
  for (const Step& removal : removes_) {
    const Mapping* mapping = missing_for(removal);
    if (!mapping || (first && mapping != first)) continue;
    first = mapping;
    paths.push_back(removal.change.path);
  }
  if (!first) return false;
  Decision hold =
      Decision::hold("source-missing", where(*first) + "there is nothing at source '" + sayable(first->source) +
                                           "' in this revision, and " + std::to_string(paths.size()) +
                                           " files that were delivered would be removed (" + some_of(paths) +
                                           "); correct the source, or remove the mapping when its files are to go");
  hold.ended_by = "the source is there, or the mapping is removed";
  plan_.decision = std::move(hold);
  return true;
}

Result<void> Planner::decide() {
  if (hold_missing()) return {};
  for (const auto& [mapping, paths] : removals_) {
    auto counted = state_.owned_by(mapping);
    if (!counted) return std::move(counted).error();
    const std::uint64_t owned = *counted;
    const std::uint64_t count = paths.size();
    const bool many = count > assignment_.prune_files_max;
    const bool share = count > prune_free && count * 100 > assignment_.prune_percent_max * owned;
    if (!many && !share) continue;
    std::string reason = std::to_string(count) + " of " + std::to_string(owned) + " files of mapping[" +
                         std::to_string(mapping) + "] would be removed (" + some_of(paths);
    reason += "); allowed are prune.maxFiles " + std::to_string(assignment_.prune_files_max) +
              " and prune.maxPercent " + std::to_string(assignment_.prune_percent_max) + ": raise " +
              (many && share ? "both"
               : many        ? "prune.maxFiles"
                             : "prune.maxPercent") +
              " to confirm";
    plan_.decision = Decision::hold("mass-delete", reason);
    return {};
  }
  return {};
}

// ---- small parts

void Planner::let_go(const std::string& path, std::string_view why) {
  plan_.inventory.push_back({path, std::nullopt});
  note("unowned", path, why);
}

void Planner::note(std::string_view code, std::string_view path, std::string_view text) {
  const std::uint64_t count = ++notes_[std::string(code)];
  if (count <= notes_max)
    plan_.notes.push_back({std::string(code), std::string(path), std::string(text)});
  else if (count == notes_max + 1)
    plan_.notes.push_back({std::string(code), "", "and more"});
}

Planner::Wanted Planner::wanted_at(const std::string& path, const Kept& kept) const {
  const Mapping& mapping = mappings_.all()[kept.mapping];
  const auto rendered = rendered_.find(path);
  return {{mapping.origin_of(path), kept.blob, kept.bytes, kept.mode, File::Type::regular},
          kept.mapping,
          rendered == rendered_.end() ? std::string() : rendered->second};
}

Result<Planner::Row> Planner::row_of(const std::string& path) { return rows_ ? rows_->at(path) : state_.owned(path); }

bool Planner::kept_by_master(const std::string& path) {
  if (assignment_.role != "backup" || !preset_.replicates(path)) return false;
  note("replicated", path, "not written here, because the redundant master replicates it");
  return true;
}

}  // namespace stoker::merge
