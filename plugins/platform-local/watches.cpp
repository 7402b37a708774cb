// See watches.hpp.
#include "watches.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <limits>

#include "refusal.hpp"

namespace stoker::local {
namespace {

using Op = ObjectEvent::Op;

constexpr std::uint64_t news_number = 0;  // in epoll; watches have numbers from 1
constexpr std::chrono::milliseconds look_at_cancel_every{100};
constexpr std::uint64_t bytes_at_once_max = 16 * 1024 * 1024;
constexpr std::uint64_t changes_at_once_max = 1'000;

Object object_of(const ChangeRow& row, std::string_view document) {
  return {{std::string(row.resource), std::string(row.name_space), std::string(row.name)},
          std::string(row.uid),
          std::string(document),
          row.version};
}

}  // namespace

// One pass over the log, with the Store's lock held.
class Watches::Telling {
 public:
  Telling(Tables& tables, const Listed& watches, const Out<ObjectEvent>& out, std::int64_t now_ms)
      : tables_(tables), watches_(watches), out_(out), now_ms_(now_ms) {}

  Result<void> all() {
    log_begin_ = tables_.log.begin(tables_.version);
    for (const auto& watch : watches_)
      if (auto told = begin(*watch); !told) return told;
    if (auto told = tell_changes(); !told) return told;
    for (const auto& watch : watches_)
      if (auto told = bookmark(*watch); !told) return told;
    return {};
  }
  std::uint64_t events() const { return events_; }
  // Is there more than one pass tells?
  bool behind() const { return behind_; }

 private:
  // A watch that is new, or too old.
  Result<void> begin(Watch& watch) {
    if (watch.over) return {};
    if (watch.lists_first) return tell_present(watch);
    // Beyond the newest version: an older copy of the file was put in its place.
    if (watch.position >= log_begin_ && watch.position <= tables_.version) return {};
    if (watch.of == Watch::Of::objects) return end(watch, Op::expired, {});
    if (!watch.resource.empty() && !tables_.objects.find_uid(watch.owner_uid)) return end(watch, Op::owner_gone, {});
    watch.position = tables_.version;
    return {};
  }

  Result<void> tell_present(Watch& watch) {
    const std::uint64_t count = tables_.objects.count(watch.resource, watch.name_space);
    if (count > events_max) return end(watch, Op::expired, {});
    if (events_ + count > events_max) {
      behind_ = true;  // in the next call
      return {};
    }
    auto told = tables_.objects.each(watch.resource, watch.name_space, [&](const ObjectRow& row) -> Result<void> {
      if (!watch.selector.fits(row.labels)) return {};
      ObjectKey key{watch.resource, std::string(row.name_space), std::string(row.name)};
      return put(watch, Op::added, {std::move(key), std::string(row.uid), std::string(row.document), row.version});
    });
    watch.lists_first = false;
    watch.position = watch.told_version = tables_.version;
    return told;
  }

  Result<void> tell_changes() {
    std::uint64_t from = tables_.version;
    for (const auto& watch : watches_)
      if (takes_changes(*watch)) from = std::min(from, watch->position);
    std::uint64_t last = tables_.version, changes = 0, bytes = 0;
    Result<void> told;
    tables_.log.after(from, [&](const ChangeRow& row) {
      told = tell_change(row);
      bytes += row.document.size();
      const bool more =
          told && ++changes < changes_at_once_max && bytes < bytes_at_once_max && events_ < events_max / 2;
      if (!more) {
        last = row.version;
        behind_ = true;
      }
      return more;
    });
    for (const auto& watch : watches_)
      if (takes_changes(*watch)) watch->position = std::max(watch->position, last);
    return told;
  }

  static bool takes_changes(const Watch& watch) {
    return !watch.over && !watch.lists_first && watch.of != Watch::Of::process;
  }

  Result<void> tell_change(const ChangeRow& row) {
    for (const auto& watch : watches_) {
      if (!takes_changes(*watch) || row.version <= watch->position || row.resource != watch->resource) continue;
      if (watch->of == Watch::Of::object_owner) {
        if (row.op != Op::removed || row.uid != watch->owner_uid) continue;
        if (auto ended = end(*watch, Op::owner_gone, object_of(row, row.document)); !ended) return ended;
        continue;
      }
      if (!watch->name_space.empty() && row.name_space != watch->name_space) continue;
      const auto tells = told(row, watch->selector);
      if (!tells) continue;
      if (auto put_one = put(*watch, tells->op, object_of(row, tells->document)); !put_one) return put_one;
    }
    return {};
  }

  Result<void> bookmark(Watch& watch) {
    if (!takes_changes(watch) || watch.of != Watch::Of::objects || watch.told_version >= watch.position) return {};
    if (now_ms_ - watch.told_ms < bookmark_after.count()) return {};
    Object at;
    at.version = watch.position;
    return put(watch, Op::bookmark, std::move(at));
  }

  Result<void> end(Watch& watch, Op op, Object object) {
    auto told = put(watch, op, std::move(object));
    watch.over = true;
    return told;
  }

  Result<void> put(Watch& watch, Op op, Object object) {
    if (watch.over) return {};
    watch.told_version = std::max(watch.told_version, object.version);
    watch.told_ms = now_ms_;
    ++events_;
    return out_.put({watch.number, op, std::move(object)});
  }

  Tables& tables_;
  const Listed& watches_;
  const Out<ObjectEvent>& out_;
  const std::int64_t now_ms_;
  std::uint64_t log_begin_ = 0, events_ = 0;
  bool behind_ = false;
};

Watches::Watches(Store& store, const Clock& clock)
    : store_(store),
      clock_(clock),
      news_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  epoll_event news{};
  news.events = EPOLLIN;
  news.data.u64 = news_number;
  if (!news_ || !epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, news_.get(), &news) != 0)
    throw std::runtime_error("platform-local: the system has no descriptors left for this process");
}

void Watches::wake() const { ::eventfd_write(news_.get(), 1); }

Result<std::uint64_t> Watches::watch(const ObjectQuery& query, std::uint64_t from) {
  auto selector = Selector::parse(query.labels);
  if (!selector) return std::move(selector).error();
  auto watch = std::make_shared<Watch>();
  watch->resource = query.resource;
  watch->name_space = query.name_space;
  watch->selector = std::move(*selector);
  watch->position = watch->told_version = from;
  watch->lists_first = from == 0;
  watch->told_ms = clock_.monotonic_ms();
  std::uint64_t number = 0;
  auto done = store_.read([&](Tables& tables) -> Result<void> {
    if (auto kind = store_.kind_of(query.resource); !kind) return std::move(kind).error();
    if (from > tables.version) return expired(from, "is newer than version " + std::to_string(tables.version));
    if (from != 0 && from < tables.log.begin(tables.version)) return expired(from, "is older than what is known here");
    auto added = add(std::move(watch), {});
    if (!added) return std::move(added).error();
    number = *added;
    return {};
  });
  if (!done) return std::move(done).error();
  wake();
  return number;
}

Result<std::uint64_t> Watches::add(std::shared_ptr<Watch> watch, std::vector<ObjectEvent> first) {
  const std::lock_guard lock(mutex_);
  if (watches_.size() >= watches_max)
    return Error(errc::exhausted, "there are " + std::to_string(watches_max) + " watches, and no more at once",
                 "platform-local.watches");
  watch->number = ++last_number_;
  for (ObjectEvent& event : first) {
    event.watch = watch->number;
    waiting_.push_back(std::move(event));
  }
  if (watch->process_end) {
    epoll_event ended{};
    ended.events = EPOLLIN;
    ended.data.u64 = watch->number;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, watch->process_end.get(), &ended);
  }
  watches_.emplace(watch->number, watch);
  return watch->number;
}

Result<std::uint64_t> Watches::watch_owner(std::string_view text) {
  auto owner = parse_object(text);
  if (!owner) return std::move(owner).error().in("owner");
  auto number = text_at(*owner, "kind") == "Process" && text_at(*owner, "apiVersion").empty() ? watch_process(*owner)
                                                                                              : watch_object(*owner);
  if (number) wake();
  return number;
}

Result<std::uint64_t> Watches::watch_process(const json::object& owner) {
  auto process = ProcessOwner::from(owner);
  if (!process) return std::move(process).error();
  ProcessState state = look_at(*process);
  auto watch = std::make_shared<Watch>();
  watch->of = Watch::Of::process;
  watch->process_end = std::move(state.end);
  ObjectEvent first;
  first.op = state.is == ProcessState::Is::alive  ? Op::owner_alive
             : state.is == ProcessState::Is::gone ? Op::owner_gone
                                                  : Op::owner_unknown;
  return add(std::move(watch), {std::move(first)});
}

Result<std::uint64_t> Watches::watch_object(const json::object& owner) {
  const OwnerReference reference{std::string(text_at(owner, "apiVersion")), std::string(text_at(owner, "kind")),
                                 std::string(text_at(owner, "name")), std::string(text_at(owner, "uid"))};
  if (reference.uid.empty() || reference.kind.empty() || reference.name.empty())
    return invalid("", "an owner with kind, name and uid", "'" + std::string(text_of(owner).substr(0, 256)) + "'");
  std::uint64_t number = 0;
  auto done = store_.read([&](Tables& tables) -> Result<void> {
    auto watch = std::make_shared<Watch>();
    watch->of = Watch::Of::object_owner;
    watch->owner_uid = reference.uid;
    watch->position = tables.version;
    const auto kind = store_.kind_of(reference.api_version, reference.kind);
    if (kind) watch->resource = kind->resource;
    const auto state = store_.find_owner(tables, reference, text_at(owner, "namespace"));
    ObjectEvent first;
    first.op = state == Store::Owner::alive  ? Op::owner_alive
               : state == Store::Owner::gone ? Op::owner_gone
                                             : Op::owner_unknown;
    auto added = add(std::move(watch), {std::move(first)});
    if (!added) return std::move(added).error();
    number = *added;
    return {};
  });
  if (!done) return std::move(done).error();
  return number;
}

void Watches::unwatch(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  const auto found = watches_.find(number);
  if (found == watches_.end()) return;
  found->second->over = true;
  watches_.erase(found);
  std::erase_if(waiting_, [&](const ObjectEvent& event) { return event.watch == number; });
}

Watches::Listed Watches::listed() const {
  const std::lock_guard lock(mutex_);
  Listed all;
  for (const auto& [number, watch] : watches_) all.push_back(watch);
  return all;
}

std::vector<ObjectEvent> Watches::take_waiting() {
  const std::lock_guard lock(mutex_);
  std::vector<ObjectEvent> taken;
  taken.swap(waiting_);
  for (const ObjectEvent& event : taken)
    if (event.op == Op::owner_gone) watches_.erase(event.watch);
  return taken;
}

void Watches::remove_over() {
  const std::lock_guard lock(mutex_);
  std::erase_if(watches_, [](const auto& entry) { return entry.second->over.load(); });
}

Result<Watches::Told> Watches::tell(const Out<ObjectEvent>& out) {
  Told told;
  for (const ObjectEvent& event : take_waiting()) {
    told.something = true;
    if (auto put = out.put(event); !put) return std::move(put).error();
  }
  const Listed watches = listed();
  const bool of_store =
      std::any_of(watches.begin(), watches.end(), [](const auto& watch) { return watch->of != Watch::Of::process; });
  if (!of_store) return told;
  auto done = store_.read([&](Tables& tables) {
    Telling telling(tables, watches, out, clock_.monotonic_ms());
    auto all = telling.all();
    told.something = told.something || telling.events() != 0;
    told.behind = telling.behind();
    return all;
  });
  remove_over();
  if (!done) return std::move(done).error();
  return told;
}

Result<void> Watches::next(Call& call, const Out<ObjectEvent>& out) {
  for (;;) {
    if (auto asked = call.check(); !asked) return asked;
    auto told = tell(out);
    if (!told) return std::move(told).error();
    if (told->something) return {};
    if (told->behind) continue;
    if (auto news = wait_for_news(call); !news) return news;
  }
}

// A commit since `tell` has woken it already. The short waits are for the cancel alone, which wakes nobody.
Result<void> Watches::wait_for_news(Call& call) {
  for (;;) {
    if (auto asked = call.check(); !asked) return asked;
    const auto bookmark = until_bookmark();
    if (bookmark.count() <= 0) return {};
    if (wait(std::min({call.remaining(), bookmark, look_at_cancel_every}))) return {};
  }
}

std::chrono::milliseconds Watches::until_bookmark() const {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = clock_.monotonic_ms();
  std::chrono::milliseconds soonest = bookmark_after;
  for (const auto& [number, watch] : watches_) {
    if (watch->of != Watch::Of::objects || watch->told_version >= watch->position) continue;
    const std::chrono::milliseconds left(watch->told_ms + bookmark_after.count() - now);
    soonest = std::clamp(left, std::chrono::milliseconds(0), soonest);
  }
  return soonest;
}

bool Watches::wait(std::chrono::milliseconds at_most) {
  std::array<epoll_event, 64> woken{};
  const auto patience = static_cast<int>(std::max<std::int64_t>(at_most.count(), 0));
  const int count = ::epoll_wait(epoll_.get(), woken.data(), static_cast<int>(woken.size()), patience);
  const std::lock_guard lock(mutex_);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t number = woken[static_cast<std::size_t>(i)].data.u64;
    if (number == news_number) {
      eventfd_t ignored = 0;
      ::eventfd_read(news_.get(), &ignored);
      continue;
    }
    const auto found = watches_.find(number);
    if (found == watches_.end()) continue;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, found->second->process_end.get(), nullptr);
    waiting_.push_back({number, Op::owner_gone, {}});
  }
  return count > 0;
}

}  // namespace stoker::local
