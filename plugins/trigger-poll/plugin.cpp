// trigger-poll: gives a hint for each repository at regular times. `next` runs on its own thread and sleeps on the
// clock of the host. `watch` may come from another thread while `next` sleeps, so a lock guards the schedule.
#include "schedule.hpp"

#include <stoker/plugin.hpp>

#include <mutex>

namespace {

// `watch` cannot end a sleep on the clock of the host. So one sleep is at most this long, and a changed list of Syncs
// is seen that much later at most.
constexpr std::chrono::milliseconds sleep_max{5000};

struct Settings {
  std::chrono::milliseconds interval;
  unsigned jitter_percent;

  static Settings from(const stoker::Config& config) {
    return {config.duration("/settings/interval", std::chrono::seconds(60)),
            static_cast<unsigned>(config.number("/settings/jitter", 10))};
  }
};

class PollTrigger : public stoker::Trigger {
 public:
  PollTrigger(const stoker::Config& config, const stoker::Host& host)
      : host_(host), settings_(Settings::from(config)), schedule_(settings_.jitter_percent, std::random_device{}()) {}

  stoker::Result<void> watch(stoker::Call&, std::string_view syncs) override {
    if (!host_.value(syncs, "", false)) return stoker::Error(stoker::errc::invalid, "the list of Syncs is not JSON");
    std::vector<poll::Watched> watched;
    for (const std::string& index : host_.keys(syncs, "")) {
      const std::string sync = host_.value(syncs, "/" + index, false).value_or("{}");
      if (host_.value(sync, "/polling/enabled").value_or("true") != "true") continue;
      const std::string name = host_.value(sync, "/name").value_or("");
      watched.push_back({name, host_.value(sync, "/repository").value_or(""), interval_of(sync, name)});
    }
    const std::chrono::milliseconds now(host_.clock().monotonic_ms());
    const std::lock_guard lock(mutex_);
    schedule_.watch(watched, now);
    return {};
  }

  stoker::Result<void> next(stoker::Call& call, const stoker::Out<stoker::Hint>& hints) override {
    for (;;) {
      if (auto asked = call.check(); !asked) return asked;
      const std::chrono::milliseconds now(host_.clock().monotonic_ms());
      const auto [due, wait] = look(now);
      for (const std::string& sync : due) {
        if (auto put = hints.put({sync, "poll", "", "", false}); !put) return put;
      }
      if (!due.empty()) return {};
      if (auto slept = host_.clock().sleep(call, wait); !slept) return slept;
    }
  }

 private:
  struct Look {
    std::vector<std::string> due;
    std::chrono::milliseconds wait;
  };
  Look look(std::chrono::milliseconds now) {
    const std::lock_guard lock(mutex_);
    Look look{schedule_.take_due(now), sleep_max};
    if (const auto next = schedule_.next_due())
      look.wait = std::clamp(*next - now, std::chrono::milliseconds(1), sleep_max);
    return look;
  }

  // The interval of the Sync. One that cannot be read is logged, and the interval of the module is used.
  std::chrono::milliseconds interval_of(std::string_view sync, std::string_view name) const {
    const auto text = host_.value(sync, "/polling/interval");
    if (!text || text->empty()) return settings_.interval;
    if (const auto interval = stoker::parse_duration(*text)) return *interval;
    host_.log().warning("polling.interval is not a duration; the interval of the module is used",
                        {{"sync", name}, {"interval", *text}});
    return settings_.interval;
  }

  const stoker::Host& host_;
  const Settings settings_;
  std::mutex mutex_;
  poll::Schedule schedule_;
};

}  // namespace

STOKER_PLUGIN("plugin.json", PollTrigger);
