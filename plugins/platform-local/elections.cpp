// See elections.hpp.
#include "elections.hpp"

#include <algorithm>

#include "refusal.hpp"

namespace stoker::local {
namespace {

constexpr std::size_t name_bytes_max = 256, elections_max = 1'000;

Result<void> check_names(std::string_view election, std::string_view candidate) {
  if (election.empty() || election.size() > name_bytes_max)
    return invalid("", "the name of an election, of 1 to 256 bytes", "");
  if (candidate.empty() || candidate.size() > name_bytes_max)
    return invalid("", "the name of a candidate, of 1 to 256 bytes", "").in("election '" + std::string(election) + "'");
  return {};
}

struct Holder {
  std::string candidate;
  std::int64_t ttl_ms = 0;
};

std::optional<Holder> holder_of(Tables& tables, std::string_view election) {
  Rows rows = tables.database.rows("SELECT candidate, ttl FROM elections WHERE name = ?");
  rows << election;
  if (!rows.step()) return std::nullopt;
  Holder holder;
  holder.candidate = rows.text();
  holder.ttl_ms = static_cast<std::int64_t>(rows.number());
  return holder;
}

}  // namespace

Result<bool> Elections::lead(std::string_view election, std::string_view candidate, std::chrono::milliseconds ttl) {
  if (auto fit = check_names(election, candidate); !fit) return std::move(fit).error();
  if (ttl.count() <= 0) return invalid("", "a ttl above 0", std::to_string(ttl.count()) + " ms");
  bool leads = false;
  auto done = store_.write([&](Tables& tables) -> Result<void> {
    const std::int64_t now = clock_.monotonic_ms();
    const auto holder = holder_of(tables, election);
    auto seen = seen_.find(election);
    if (holder && holder->candidate != candidate) {
      if (seen == seen_.end() || seen->second.candidate != holder->candidate) {
        seen_.insert_or_assign(std::string(election), Seen{holder->candidate, now, holder->ttl_ms});
        return {};
      }
      // The longer of the two: the one that the holder relies on, and the one that this candidate waits.
      if (now - seen->second.renewed_ms < std::max(seen->second.ttl_ms, ttl.count())) return {};
    }
    if (!holder && seen_.size() >= elections_max)
      return Error(errc::exhausted, "there are " + std::to_string(elections_max) + " elections, and no more",
                   "platform-local.elections");
    if (!holder || holder->candidate != candidate || holder->ttl_ms != ttl.count())
      (tables.database.rows(
           "INSERT INTO elections(name, candidate, ttl, terms) VALUES(?, ?, ?, 1) ON CONFLICT(name) DO "
           "UPDATE SET candidate = excluded.candidate, ttl = excluded.ttl, terms = terms + 1")
       << election << candidate << ttl.count())
          .once();
    seen_.insert_or_assign(std::string(election), Seen{std::string(candidate), now, ttl.count()});
    leads = true;
    return {};
  });
  if (!done) return std::move(done).error();
  return leads;
}

Result<void> Elections::resign(std::string_view election, std::string_view candidate) {
  if (auto fit = check_names(election, candidate); !fit) return fit;
  return store_.write([&](Tables& tables) -> Result<void> {
    (tables.database.rows("DELETE FROM elections WHERE name = ? AND candidate = ?") << election << candidate).once();
    if (tables.database.changed_rows() != 0)
      if (const auto seen = seen_.find(election); seen != seen_.end()) seen_.erase(seen);
    return {};
  });
}

}  // namespace stoker::local
