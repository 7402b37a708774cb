// The lane of one repository. When a hint asks for it, it resolves the refs of all Syncs of this repository with one
// listing, and puts the resulting Assignments into the exchange. Each repository has its own lane, so a slow one delays
// no other. The Controller owns it. [event loop]
#pragma once

#include "host/calls/source_pool.hpp"
#include "host/calls/wakeup.hpp"
#include "host/controller/fleet.hpp"

#include <set>

namespace stoker::host {

constexpr std::chrono::seconds resolve_deadline{120};

// Why a source gave no revision for this ref.
Error why_unresolved(const std::string& ref, const Resolved& found);

class RepositoryLane {
 public:
  RepositoryLane(SourceSpec repository, Fleet& fleet, SourcePool& sources, asio::any_io_executor loop,
                 const Clock& clock, ModuleLog log, Metric resolve_seconds);

  const SourceSpec& repository() const { return repository_; }
  // A hint came for this Sync of this repository.
  void ask(const std::string& sync);
  // Why the last look could read no ref at all; no value when it could.
  const std::optional<Error>& failing() const { return failing_; }
  // Resolves the refs that were asked for and assigns the revisions. False: not everything was assigned; `work` tries
  // again after a back-off.
  asio::awaitable<bool> look(std::stop_token stop);
  asio::awaitable<void> work(std::stop_token stop);

 private:
  struct Question {
    std::string sync, ref;
    std::uint64_t token = 0;
    bool asked = false;
    std::string look;  // SyncSpec::look
  };
  void end_look(const Question& question);
  std::vector<Question> begin_questions();
  Async<Resolution> resolve(const std::vector<Question>& questions, std::stop_token stop);
  asio::awaitable<void> take_failure(std::vector<Question> questions, Error why);
  asio::awaitable<bool> end_question(Question question, Resolved found);
  asio::awaitable<bool> keep_unresolved(Question question, Error why);
  void ask_again(const std::string& sync);
  void say_notes(std::vector<Note> notes);
  bool has_urgent() const;

  SourceSpec repository_;
  Fleet& fleet_;
  SourcePool& sources_;
  const Clock& clock_;
  Wakeup wakeup_;
  ModuleLog log_;
  Metric resolve_seconds_;
  std::set<std::string> asked_;  // Syncs with a hint that no look has answered yet
  unsigned failures_ = 0;
  std::chrono::milliseconds retry_after_{0};  // what the last failure asked for
  std::optional<Error> failing_;
  std::vector<Note> noted_;                 // at the last look
  std::optional<std::int64_t> not_before_;  // after a failure, by monotonic_ms()
};

}  // namespace stoker::host
