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

void opened(Parts& parts, const std::string& revision, Samples& into) {
  const Stopwatch watch;
  const host::OpenTree tree = parts.open(revision);
  into.add(watch.ms());
  parts.close(tree);
}

// Beside it: what git itself takes for the same, into a repository without a work tree.
void by_git(const Work& work, const fs::path& clone, Samples& first, Samples& next) {
  const std::string into = "--git-dir=" + clone.string();
  run_to_end({"git", "init", "-q", "--bare", clone.string()});
  const auto fetch = [&](const std::string& revision, Samples& samples) {
    const Stopwatch watch;
    run_to_end({"git", into, "fetch", "-q", "--depth=1", "--no-tags", work.place.url,
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
  std::uint64_t first_kib = 0, next_kib = 0;
  for (int round = 0; round < work.rounds; ++round) {
    Place place = work.place;
    place.room /= "fetch";
    fs::create_directories(place.room);
    Parts parts(place);
    opened(parts, work.first, first);
    first_kib = kib_below(place.state());
    opened(parts, work.second, next);
    next_kib = kib_below(place.state());
    parts.end();
    fs::remove_all(place.room);
  }
  rusage children{};
  ::getrusage(RUSAGE_CHILDREN, &children);  // before those of the bound
  const std::uint64_t own = status_kib(::getpid(), "VmHWM");
  for (int round = 0; round < work.rounds; ++round) {
    by_git(work, work.place.room / "fetch", clone, fetch);
    fs::remove_all(work.place.room / "fetch");
  }
  std::cout << json::serialize(json::object{{"firstMs", listed(first)},
                                            {"nextMs", listed(next)},
                                            {"cloneMs", listed(clone)},
                                            {"fetchMs", listed(fetch)},
                                            {"firstKib", first_kib},
                                            {"nextKib", next_kib},
                                            {"rssPeakKib", own},
                                            {"childrenPeakKib", children.ru_maxrss}})
            << "\n";
}

}  // namespace bench
