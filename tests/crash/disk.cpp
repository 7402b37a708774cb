// Loop devices over memfds; see disk.hpp.
#include "tests/crash/disk.hpp"

#include <fcntl.h>
#include <linux/loop.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

extern char** environ;

namespace crash {
namespace {

constexpr const char* remedy =
    " (this test mounts file systems of its own by loop devices: it runs as root, where /dev/loop-control is and "
    "mounts "
    "are allowed; container: --privileged)";

[[noreturn]] void failed(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

[[noreturn]] void refused(const std::string& what) { throw NoDisk(what + ": " + std::strerror(errno) + remedy); }

class Descriptor {
 public:
  explicit Descriptor(const std::string& path) : number_(open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    if (number_ < 0) refused(path);
  }
  ~Descriptor() { close(number_); }
  Descriptor(const Descriptor&) = delete;
  int get() const { return number_; }

 private:
  int number_;
};

// A device over the image that is freed with its last use; somebody else may be faster at a free number.
std::string attach(int image, std::unique_ptr<Descriptor>& device) {
  const Descriptor control("/dev/loop-control");
  for (;;) {
    const int number = ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) refused("no loop device");
    const std::string path = "/dev/loop" + std::to_string(number);
    device = std::make_unique<Descriptor>(path);
    loop_config config{};
    config.fd = static_cast<std::uint32_t>(image);
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    if (ioctl(device->get(), LOOP_CONFIGURE, &config) == 0) return path;
    if (errno != EBUSY) refused(path);
  }
}

int open_writes(const Descriptor& device) {
  struct stat st {};
  if (fstat(device.get(), &st) != 0) failed("stat of a loop device");
  const std::string counters =
      "/sys/dev/block/" + std::to_string(major(st.st_rdev)) + ":" + std::to_string(minor(st.st_rdev)) + "/stat";
  const int file = open(counters.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) refused(counters);
  return file;
}

int memory_file(std::uint64_t bytes) {
  const int file = memfd_create("disk", 0);  // the program that makes the file system inherits it
  if (file < 0 || ftruncate(file, static_cast<off_t>(bytes)) != 0) failed("memfd");
  return file;
}

bool is_zeros(std::string_view block) { return block.find_first_not_of('\0') == std::string_view::npos; }

}  // namespace

Disk::Disk(const FileSystem& made) : holds_(made), image_(memory_file(made.bytes)) { format(); }

Disk::Disk(const FileSystem& holds, const Content& content) : holds_(holds), image_(memory_file(holds.bytes)) {
  for (const auto& [number, block] : content)
    if (pwrite(image_, block->data(), block->size(), static_cast<off_t>(number * block_bytes)) < 0) failed("image");
}

Disk::~Disk() {
  if (writes_ >= 0) close(writes_);
  close(image_);
}

void Disk::format() {
  std::string program = holds_.program, image = "/proc/self/fd/" + std::to_string(image_), quiet = "-q";
  std::string force = holds_.force;
  std::array<char*, 5> arguments{program.data(), quiet.data(), force.data(), image.data(), nullptr};
  pid_t process = 0;
  const int error = posix_spawnp(&process, program.c_str(), nullptr, nullptr, arguments.data(), environ);
  if (error != 0) throw NoDisk(program + ": " + std::strerror(error) + " (apt-get install " + holds_.package + ")");
  int status = 0;
  if (waitpid(process, &status, 0) < 0 || status != 0) throw std::runtime_error(program + " failed");
}

void Disk::mount_at(const std::filesystem::path& folder, const std::string& options) {
  std::unique_ptr<Descriptor> device;
  const std::string path = attach(image_, device);
  if (writes_ >= 0) close(writes_);
  writes_ = open_writes(*device);
  if (mount(path.c_str(), folder.c_str(), holds_.type, MS_NOATIME, options.c_str()) != 0)
    refused("mount of " + path + " as " + holds_.type);
}

std::string Disk::writes() const {
  std::array<char, 512> text{};
  const ssize_t got = pread(writes_, text.data(), text.size(), 0);
  if (got < 0) failed("counters of a loop device");
  return std::string(text.data(), static_cast<std::size_t>(got));
}

Disk::Content Disk::content(const Content& before) const {
  Content now;
  std::string text;
  for (off_t hole = 0;;) {
    const off_t from = lseek(image_, hole, SEEK_DATA);
    if (from < 0) return now;  // nothing up to the end
    hole = lseek(image_, from, SEEK_HOLE);
    text.resize(static_cast<std::size_t>(hole - from));
    if (pread(image_, text.data(), text.size(), from) != hole - from) failed("image");
    for (std::size_t at = 0; at < text.size(); at += block_bytes) {
      const std::string_view block = std::string_view(text).substr(at, block_bytes);
      if (is_zeros(block)) continue;
      const std::uint64_t number = (static_cast<std::uint64_t>(from) + at) / block_bytes;
      const auto was = before.find(number);
      now[number] = was != before.end() && *was->second == block ? was->second : std::make_shared<std::string>(block);
    }
  }
}

void mount_for_oneself() {
  if (unshare(CLONE_NEWNS) != 0) refused("a mount namespace");
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) refused("private mounts");
}

void unmount(const std::filesystem::path& folder) { umount2(folder.c_str(), MNT_DETACH); }

}  // namespace crash
