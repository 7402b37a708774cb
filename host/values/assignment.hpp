// All that one Run of one target needs, as a value: what the rollout hands out and the plugins read as a document
// (docs/documents.md). Made in rollout, completed with facts by the pipeline. [any thread]
#pragma once

#include <stoker/result.hpp>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stoker::host {

struct Mapping {
  std::string source, destination, type;  // type: "dir", "file" or empty (inferred)
  bool required = false;
  bool operator==(const Mapping&) const = default;
};

struct Prune {
  std::int64_t max_files = 20;
  std::int64_t max_percent = 10;
  bool operator==(const Prune&) const = default;
};

// A profile with the defaults merged in.
struct Profile {
  std::string name;
  std::vector<Mapping> mappings;
  std::vector<std::string> excludes;
  std::map<std::string, std::string> vars;
  std::string designer = "proceed";  // proceed, wait, fail
  std::chrono::seconds sync_period{30};
  Prune prune;
  bool operator==(const Profile&) const = default;
};

// Why not to go on, by name; who said so is in the reason.
struct Hold {
  std::string name, reason, ended_by;
  std::int64_t again_at_ms = 0, until_ms = 0;
  bool operator==(const Hold&) const = default;
};

// What observe found out about a target.
struct Facts {
  std::string state;  // down, starting, commissioning, running, faulted
  std::string role = "independent";
  std::string version, started;
  std::optional<Hold> hold;
  bool down() const { return state == "down"; }
  bool running() const { return state == "running"; }
  bool operator==(const Facts&) const = default;
};

struct Assignment {
  Assignment() = default;  // no aggregate: gcc 12 frees the members of aggregate temporaries in co_await twice
  std::string sync, name_space = "default";
  std::string target, pod;
  std::map<std::string, std::string> labels;
  std::int64_t ordinal = 0;
  std::string ref, revision;
  std::string contents;  // what the source adds to what is committed: "", "lfs", "submodules", "lfs submodules"
  std::uint64_t token = 0;
  bool dry_run = false;
  std::string retry;         // text of the annotation stoker.io/retry
  std::optional<Hold> hold;  // the rollout's own
  bool scan_all = false;     // look: all
  bool repair = false;
  Profile profile;
  bool auto_rollback = true;
  std::chrono::milliseconds verify_deadline{std::chrono::seconds(120)};
  Facts facts;

  // For lock and verify: see docs/documents.md.
  bool looks = true;
  std::string baseline;  // JSON text of the last verified detail, or empty

  // Digest over mappings, excludes, prune, contents and the role of the facts. Hex SHA-256.
  std::string inputs() const;
  // Digest over the vars.
  std::string vars_digest() const;
  // What `held` and quarantine stand for: revision, contents, mappings, excludes and vars; not the role, not prune.
  std::string held_key() const;
  // A newer assignment is one whose revision, inputs, vars, dryRun, retry or hold differ; a higher token alone is not.
  bool same_work(const Assignment& other) const;
};

// The document; `from_json` reads what an earlier process wrote (format 1), refuses a newer format.
std::string to_json(const Assignment&);
Result<Assignment> from_json(std::string_view text);

}  // namespace stoker::host
