#include "git_rows.hpp"

#include "local_socket.hpp"
#include "plant.hpp"

#include <openssl/evp.h>

#include <boost/json.hpp>

#include <fstream>
#include <thread>

namespace bench {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr std::uint64_t mebibyte = 1 << 20;
constexpr std::size_t large_bytes = 200'000'000;
constexpr std::size_t large_tree = 100'000;
const std::vector<std::string> backends = {"libgit2", "git"};

std::string line_of(const Arguments& arguments) {
  std::string line = run_to_end(arguments).out;
  while (line.ends_with('\n')) line.pop_back();
  return line;
}

// `git daemon` for all repositories in a folder.
class Daemon {
 public:
  explicit Daemon(const fs::path& repositories)
      : process_({program(), "--listen=127.0.0.1", "--port=" + std::to_string(port_), "--export-all", "--reuseaddr",
                  "--base-path=" + repositories.string()},
                 repositories / "daemon.log") {
    for (int tries = 0; tries < 500; ++tries) {
      if (const int socket = connect_locally(port_); socket >= 0) {
        ::close(socket);
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("git daemon does not start");
  }
  // Not by way of "git", whose child it would be, and outlive it.
  static std::string program() { return line_of({"git", "--exec-path"}) + "/git-daemon"; }
  std::string url(const std::string& name) const { return "git://127.0.0.1:" + std::to_string(port_) + "/" + name; }

 private:
  std::uint16_t port_ = free_port();
  Running process_;
};

std::string whole(double number) { return std::to_string(static_cast<long>(number)); }

Row fetch_row(const Grown& grown, const json::value& result, bool first, const std::string& what) {
  const auto field = [&](const char* name) { return (first ? "/first" : "/next") + std::string(name); };
  Row row;
  row.id = first ? "B5, fetch" : "B3, fetch";
  row.what = (first ? "first fetch and open, " : "fetch of one more commit and open, ") + what;
  row.files = grown.files;
  row.file_system = file_system_of(grown.room);
  row.samples = samples(result, field("Ms"));
  row.bound_name = first ? "git fetch --depth=1, first" : "git fetch --depth=1";
  row.bound = samples(result, first ? "/cloneMs" : "/fetchMs");
  row.ratio = ratio(row.samples, row.bound);
  row.rss_peak_mib = std::max(real(result, "/rssPeakKib"), real(result, "/childrenPeakKib")) / 1024;
  row.note = "ours " + whole(real(result, "/rssPeakKib") / 1024) + " MiB, child " +
             whole(real(result, "/childrenPeakKib") / 1024) + " MiB; fetched " +
             whole(real(result, field("FetchedKib"))) + " KiB; cache on disk " + whole(real(result, field("Kib"))) +
             " KiB";
  return row;
}

void commit_all(const fs::path& repository) {
  run_to_end({"git", "-C", repository.string(), "add", "-A"});
  run_to_end(
      {"git", "-C", repository.string(), "-c", "user.name=b", "-c", "user.email=b@b", "commit", "-q", "-m", "b"});
}

fs::path new_repository(const fs::path& at) {
  run_to_end({"git", "init", "-q", "-b", "main", at.string()});
  run_to_end({"git", "-C", at.string(), "config", "core.bigFileThreshold", "16m"});
  fs::create_directories(at / "projects");
  return at;
}

// Bytes that nothing packs smaller, and their SHA-256.
std::string write_noise(const fs::path& file) {
  std::ofstream out(file, std::ios::binary);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr);
  std::uint64_t state = 88172645463325252u;
  std::string part(1'000'000, '\0');
  for (std::size_t written = 0; written < large_bytes; written += part.size()) {
    for (char& c : part) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      c = static_cast<char>(state >> 32);
    }
    out << part;
    EVP_DigestUpdate(hash.get(), part.data(), part.size());
  }
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_DigestFinal_ex(hash.get(), digest, &size);
  std::string hex;
  for (unsigned i = 0; i < size; ++i) hex += {"0123456789abcdef"[digest[i] >> 4], "0123456789abcdef"[digest[i] & 15]};
  return hex;
}

std::string head_of(const fs::path& repository) {
  return line_of({"git", "-C", repository.string(), "rev-parse", "HEAD"});
}

// Three repositories below a folder: "binary", "outer" with that as its submodule, and "pointer".
void make_large_repositories(const fs::path& room) {
  const fs::path binary = new_repository(room / "binary");
  const std::string oid = write_noise(binary / "projects/large");
  commit_all(binary);
  const fs::path outer = new_repository(room / "outer");
  std::ofstream(outer / ".gitmodules") << "[submodule \"s\"]\n\tpath = projects\n\turl = ../binary\n";
  fs::remove(outer / "projects");
  run_to_end(
      {"git", "-C", outer.string(), "update-index", "--add", "--cacheinfo", "160000," + head_of(binary) + ",projects"});
  run_to_end({"git", "-C", outer.string(), "add", ".gitmodules"});
  run_to_end({"git", "-C", outer.string(), "-c", "user.name=b", "-c", "user.email=b@b", "commit", "-q", "-m", "b"});
  const fs::path pointer = new_repository(room / "pointer");
  std::ofstream(pointer / "projects/large")
      << "version https://git-lfs.github.com/spec/v1\noid sha256:" << oid << "\nsize " << large_bytes << "\n";
  commit_all(pointer);
  const fs::path kept = pointer / ".git/lfs/objects" / oid.substr(0, 2) / oid.substr(2, 2);
  fs::create_directories(kept);
  fs::rename(binary / "projects/large", kept / oid);
}

}  // namespace

std::vector<Row> fetch_rows(const Grown& grown, std::uint64_t seed, int rounds) {
  const Daemon daemon(grown.room);
  std::vector<Row> rows;
  const auto measure = [&](const std::string& backend, int times, const std::string& what, const Arguments& link) {
    Arguments arguments = worker("fetch", grown, grown.on_disk, seed, times);
    arguments.insert(arguments.end(), {"--url", daemon.url("repository"), "--backend", backend});
    arguments.insert(arguments.end(), link.begin(), link.end());
    const json::value result = work(arguments);
    for (const bool first : {true, false}) rows.push_back(fetch_row(grown, result, first, backend + what));
  };
  for (const std::string& backend : backends) measure(backend, rounds, "", {});
  if (grown.files < large_tree)
    for (const std::string& backend : backends)
      measure(backend, std::min(rounds, 3), ", 20 ms, 50 Mbit/s", {"--round-trip-ms", "20", "--mbit", "50"});
  return rows;
}

// A large tree is written in memory, since its writing would take most of the time of all workloads. What lies in
// memory counts into a group, so that it cannot be bounded.
std::vector<Row> first_run_rows(const Grown& grown, const fs::path& in_memory) {
  const bool large = grown.files >= large_tree;
  const Daemon daemon(grown.room);
  std::vector<Row> rows;
  for (const std::string& backend : backends) {
    const Place place{grown.room / "first", large ? in_memory / "first" : grown.room / "first/data",
                      daemon.url("repository"), backend};
    fs::create_directories(place.data);
    const Plant plant(place);
    const auto bound = large ? std::nullopt : MemoryBound::make(96 * mebibyte);
    const Ended ended = bench::run(bound ? bound->inside(plant.sync()) : plant.sync());
    Row row;
    row.id = "B8";
    row.what = "agent, RSS peak of a first Run: fetch and write all, " + backend;
    row.files = grown.files;
    row.file_system = file_system_of(place.data);
    row.unit = "MiB";
    row.samples.add(static_cast<double>(ended.rss_peak_kib) / 1024);
    row.target = 80;
    row.reference = "27–29 MB, and `git clone` 44 MB";
    row.written_kib = static_cast<double>(ended.written_bytes) / 1024;
    row.note =
        (bound ? std::string("in 96 MiB (") + bound->version() + "), " + std::to_string(bound->kills()) + " kills, "
               : std::string("not bounded, ")) +
        "exit " + std::to_string(ended.code) + " after " + whole(ended.wall_ms / 1000) + " s";
    rows.push_back(std::move(row));
    fs::remove_all(place.room);
    fs::remove_all(place.data);
  }
  return rows;
}

std::vector<Row> large_file_rows(const fs::path& room) {
  fs::create_directories(room);
  make_large_repositories(room);
  const Daemon daemon(room);
  std::vector<Row> rows;
  const auto measure = [&](const std::string& repository, const std::string& url, const std::string& what,
                           const std::string& backend, const Arguments& more) {
    Grown none{1, "-", head_of(room / repository), "", 0, room / "work", room / "work/data", {}};
    fs::create_directories(none.on_disk);
    Arguments arguments = worker("large", none, none.on_disk, 0, 1);
    arguments.insert(arguments.end(), {"--url", url, "--backend", backend});
    arguments.insert(arguments.end(), more.begin(), more.end());
    const json::value result = work(arguments);
    Row row;
    row.id = "B10";
    row.what = what + ": plan, stage, apply; grown by, " + backend;
    row.files = 1;
    row.file_system = file_system_of(none.on_disk);
    row.unit = "MiB";
    row.samples.add(real(result, "/runMib"));
    row.target = 4;
    row.note = "in " + whole(real(result, "/runMs")) + " ms; fetch and open " + whole(real(result, "/fetchMs")) +
               " ms, grown by " + whole(real(result, "/fetchMib")) + " MiB";
    rows.push_back(std::move(row));
    fs::remove_all(none.room);
  };
  for (const std::string& backend : backends)
    measure("binary", daemon.url("binary/.git"), "200 MB binary", backend, {});
  for (const std::string& backend : backends)
    measure("outer", daemon.url("outer"), "200 MB binary in a submodule", backend, {"--submodules"});
  measure("pointer", "file://" + (room / "pointer").string(), "200 MB kept by Git LFS", "libgit2", {"--lfs"});
  fs::remove_all(room);
  return rows;
}

}  // namespace bench
