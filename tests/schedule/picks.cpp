// Texts, stories and draws.
#include "picks.hpp"

#include <algorithm>
#include <sstream>

namespace stoker::schedule {
namespace {

struct Story {
  const char *name, *start, *revision, *ops;
};

// Stories that are written down: what happens to a target in practice, and what broke a rule once.
constexpr Story stories[] = {
    {"first start", "fresh", "r1", "> gw_up > gw_ready > gw_ready > >"},
    {"first start, bad", "fresh", "r3", "> gw_up gw_ready gw_ready > > assign:r2 > >"},
    {"first start, fatal", "fresh", "r6", "> gw_up gw_ready > assign:r2 > gw_up gw_ready gw_ready > >"},
    {"adoption", "adopt", "r1", "> assign:r3 > >"},
    {"adoption of the same files", "same", "r1", "> assign:r3 > assign:r5 >"},
    {"adoption, bad at once", "adopt", "r3", "> > assign:r1 >"},
    {"designer", "settled", "r2", "designer_open > designer_close >"},
    {"git and control plane away", "settled", "r5", "> source_down control_down > source_up control_up >"},
    {"bad, good, retry of the bad", "settled", "r3", "> > assign:r5 > assign:r3 > retry > >"},
    {"bad on bad", "settled", "r3", "gw_stop > assign:r7 > gw_up gw_ready > >"},
    {"good then bad, both unverified", "settled", "r5", "gw_stop > assign:r3 > gw_up gw_ready > >"},
    {"readme on unverified bad", "settled", "r2", "> gw_stop assign:r6 > gw_up gw_ready > >"},
    {"readme only, sick", "settled", "r2", "> sick_on assign:r4 > >"},
    {"newer assignment", "settled", "r2", "> assign:r5 >"},
    {"foreign saves", "settled", "r2", "> designer_open save_a designer_close assign:r5 > >"},
    {"var", "settled", "r1", "var > > var > >"},
    {"mapping", "settled", "r1", "map > map >"},
    {"dry run", "settled", "r2", "dry > dry designer_open > dry > dry designer_close > dry >"},
    {"dry run while one waits", "settled", "r2", "hold > hold > dry >"},
    {"failover", "settled", "r2", "> role_swap > assign:r5 > role_swap > >"},
    {"failover of a held one", "settled", "r3", "> role_swap > role_swap >"},
    {"no rollback", "settled", "r3", "no_rollback > >"},
    {"fatal while running", "settled", "r6", "> > gw_restart gw_ready >"},
    {"fatal in the down window", "settled", "r6", "gw_stop > gw_up gw_ready > > gw_up gw_ready >"},
    {"commissioning rewrites", "fresh", "r1", "> gw_up gw_ready gw_ready > selfwrite >"},
    {"disk full, then not", "settled", "r5", "disk_full > > disk_free >"},
    {"a foreign scan between the renames", "settled", "r2",
     "at:renamed:foreign_scan > assign:r5 at:rename:rude_scan >"},
    {"a lock that runs out", "settled", "r2", "at:renamed:lock_expire > assign:r5 at:granted:lock_expire >"},
    {"a newer one while a long scan is active", "settled", "r2", "scans_slow at:wait:assign:r5 > >"},
    {"killed while a long scan is active", "settled", "r2", "scans_slow at:wait:kill > assign:r5 >"},
    {"a foreign scan before the lock", "settled", "r2", "scans_slow at:lock:foreign_scan > foreign_scan assign:r5 >"},
    {"a save that waited", "settled", "r2", "at:granted:api_save > >"},
    {"a save before the first Run", "adopt", "r2", "at:granted:api_save > >"},
    {"a tool that saves again and again", "settled", "r2", "stubborn_on > > > > retry > > assign:r5 > >"},
    {"a save while nobody can judge", "settled", "r2", "at:scan:gw_stop > api_save gw_up gw_ready > >"},
    {"the key loses its rights", "settled", "r2",
     "at:scan:rights_off > > rights_on > rights_off assign:r5 > rights_on >"},
    {"rights lost in verify", "fresh", "r1", "> gw_up gw_ready gw_ready at:granted:rights_off > > rights_on >"},
    {"nobody sees the end of a scan", "settled", "r3", "unsure_on > > assign:r2 > unsure_off > >"},
    {"a folder that is no project", "settled", "r2", "at:wait:assign:r8 > >"},
    {"a folder that is no project, first", "fresh", "r1", "> gw_up gw_ready at:wait:assign:r8 > >"},
    {"killed among the renames, then without a secret", "settled", "r5",
     "secret_off at:renamed:kill > > secret_on > assign:r3 secret_off at:back:kill > > secret_on > >"},
    {"a folder that is no project, alone", "settled", "r8", "> assign:r2 at:back:assign:r8 > >"},
};

std::vector<Schedule::Op> numbered(const std::vector<std::string>& words) {
  std::vector<Schedule::Op> ops;
  for (const std::string& word : words) ops.push_back({static_cast<int>(ops.size()), word});
  return ops;
}

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}
  double part() { return static_cast<double>(random_() >> 11) / 9007199254740992.0; }  // the same with every library
  std::size_t below(std::size_t count) { return static_cast<std::size_t>(random_() % count); }
  std::string one_of(const char* text) {
    const auto words = words_of(text);
    return words[below(words.size())];
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace

std::string to_text(const Schedule& schedule) {
  std::string text = schedule.start + " " + schedule.revision;
  for (const auto& op : schedule.ops) text += " " + std::to_string(op.id) + ":" + op.what;
  for (const auto& [place, what] : schedule.picks)
    text += " " + std::to_string(place.first) + "." + std::to_string(place.second) + "=" + what;
  return text;
}

std::optional<Schedule> from_text(const std::string& text) {
  const auto words = words_of(text);
  if (words.size() < 2) return std::nullopt;
  Schedule schedule{words[0], words[1], {}, {}};
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::size_t end = word.find_first_not_of("0123456789");
    if (end == 0 || end == std::string::npos || word.size() > 200) return std::nullopt;
    const int op = std::stoi(word.substr(0, end));
    const std::size_t is = word.find('=');
    if (word[end] == ':')
      schedule.ops.push_back({op, word.substr(end + 1)});
    else if (is != std::string::npos)
      schedule.picks[{op, std::stoi(word.substr(end + 1))}] = word.substr(is + 1);
  }
  return schedule;
}

Schedule random_story(std::uint64_t seed) {
  Draw draw(seed);
  if (draw.part() < .35) {
    const Story& story = stories[draw.below(std::size(stories))];
    return {story.start, story.revision, numbered(words_of(story.ops)), {}};
  }
  Schedule schedule{draw.one_of("fresh adopt same settled settled settled"), draw.one_of("r1 r2 r3 r5 r6"), {}, {}};
  std::vector<std::string> ops;
  const std::size_t runs = 2 + draw.below(4);
  if (draw.part() < .3) ops.emplace_back("scans_slow");
  for (std::size_t i = 0; i < runs; ++i) {
    const double part = draw.part();
    if (part < .3)
      ops.push_back("assign:" + draw.one_of("r1 r2 r3 r4 r5 r6 r7 r8"));
    else if (part < .5)
      ops.push_back(
          draw.one_of("gw_stop gw_restart gw_up gw_ready designer_open designer_close save_a save_b selfwrite "
                      "foreign_scan auto_scan api_save"));
    else if (part < .65)
      ops.push_back(
          draw.one_of("var map retry dry hold sick_on sick_off role_swap replicate other_lock other_unlock "
                      "disk_full disk_free scans_slow scans_quick rights_off rights_on unsure_on unsure_off "
                      "secret_off secret_on "
                      "stubborn_on stubborn_off"));
    else if (part < .85)
      ops.push_back("at:" + draw.one_of("lock granted rename renamed scan wait back") + ":" +
                    draw.one_of("foreign_scan foreign_scan auto_scan rude_scan api_save api_save lock_expire assign:r2 "
                                "assign:r3 assign:r5 assign:r8 rights_off unsure_on gw_stop role_swap kill"));
    ops.emplace_back(">");
    if (draw.part() < .3) ops.insert(ops.end(), {"gw_up", "gw_ready"});
  }
  schedule.ops = numbered(ops);
  return schedule;
}

std::string Picks::next(double weight, const Options& options) {
  if (!open_) return {};
  const Schedule::Place here{op_, point_++};
  if (rate_ == 0) {
    const auto found = schedule_.picks.find(here);
    if (found == schedule_.picks.end()) return {};
    const auto possible = options();
    const bool fits = std::find(possible.begin(), possible.end(), found->second) != possible.end();
    return fits ? found->second : std::string();
  }
  if (schedule_.picks.size() >= picks_max) return {};
  if (static_cast<double>(random_() >> 11) / 9007199254740992.0 >= rate_ * weight) return {};
  const auto possible = options();
  if (possible.empty()) return {};
  const bool kill = random_() % 5 == 0 && std::find(possible.begin(), possible.end(), "kill") != possible.end();
  return schedule_.picks[here] = kill ? "kill" : possible[random_() % possible.size()];
}

}  // namespace stoker::schedule
