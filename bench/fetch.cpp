#include "workers.hpp"

#include "figures.hpp"
#include "program.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <boost/json.hpp>

#include <iostream>

namespace bench {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

json::array listed(const Samples& samples) { return json::array(samples.all().begin(), samples.all().end()); }

std::uint64_t kib_below(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& at : fs::recursive_directory_iterator(folder))
    if (at.is_regular_file()) bytes += at.file_size();
  return bytes / 1024;
}

// Of git://127.0.0.1:port/path.
std::uint16_t port_of(const std::string& url) {
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}
std::string at_port(const std::string& url, std::uint16_t port) {
  return url.substr(0, url.rfind(':') + 1) + std::to_string(port) + url.substr(url.rfind('/'));
}

void opened(Parts& parts, const std::string& revision, Samples& into) {
  const Stopwatch watch;
  const host::OpenTree tree = parts.open(revision);
  into.add(watch.ms());
  parts.close(tree);
}

// Beside it: what git itself takes for the same, into a repository without a work tree.
void by_git(const Work& work, const std::string& url, const fs::path& clone, Samples& first, Samples& next) {
  const std::string into = "--git-dir=" + clone.string();
  run_to_end({"git", "init", "-q", "--bare", clone.string()});
  const auto fetch = [&](const std::string& revision, Samples& samples) {
    const Stopwatch watch;
    run_to_end({"git", into, "fetch", "-q", "--depth=1", "--no-tags", url,
                revision + ":refs/kept/" + revision});  // with a name git knows that it has it
    samples.add(watch.ms());
  };
  fetch(work.first, first);
  fetch(work.second, next);
}

}  // namespace

void fetch_from_server(const Work& work) {
  run_to_end({"git", "-C", work.place.repository().string(), "config", "uploadpack.allowAnySHA1InWant", "true"});
  Samples first, next, clone, fetch;
  std::uint64_t first_kib = 0, next_kib = 0, first_fetched = 0, next_fetched = 0;
  Place linked = work.place;
  const Link link(port_of(linked.url), work.link);
  linked.url = at_port(linked.url, link.port());
  for (int round = 0; round < work.rounds; ++round) {
    Place place = linked;
    place.room /= "fetch";
    fs::create_directories(place.room);
    Parts parts(place);
    const std::uint64_t before = link.fetched_bytes();
    opened(parts, work.first, first);
    first_kib = kib_below(place.state());
    first_fetched = link.fetched_bytes() - before;
    opened(parts, work.second, next);
    next_kib = kib_below(place.state());
    next_fetched = link.fetched_bytes() - before - first_fetched;
    parts.end();
    fs::remove_all(place.room);
  }
  rusage children{};
  ::getrusage(RUSAGE_CHILDREN, &children);  // before those of the bound
  const std::uint64_t own = status_kib(::getpid(), "VmHWM");
  for (int round = 0; round < work.rounds; ++round) {
    by_git(work, linked.url, work.place.room / "fetch", clone, fetch);
    fs::remove_all(work.place.room / "fetch");
  }
  std::cout << json::serialize(json::object{{"firstMs", listed(first)},
                                            {"nextMs", listed(next)},
                                            {"cloneMs", listed(clone)},
                                            {"fetchMs", listed(fetch)},
                                            {"firstKib", first_kib},
                                            {"nextKib", next_kib},
                                            {"firstFetchedKib", first_fetched / 1024},
                                            {"nextFetchedKib", next_fetched / 1024},
                                            {"rssPeakKib", own},
                                            {"childrenPeakKib", children.ru_maxrss}})
            << "\n";
}

}  // namespace bench
