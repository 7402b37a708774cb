#include "ssh_keys.hpp"

#include <openssl/evp.h>

#include <array>
#include <vector>

namespace stoker::git {
namespace {

constexpr std::size_t lines_max = 10000;

// Published at docs.github.com (GitHub's SSH key fingerprints), docs.gitlab.com (GitLab.com settings) and
// bitbucket.org/site/ssh; a test compares them with the fingerprints that stand there.
constexpr std::string_view large_hosts =
    "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n"
    "github.com ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEmKSENjQEezOmxkZ"
    "My7opKgwFB9nkt5YRrYMjNuG5N87uRgg6CLrbo5wAdT/y6v0mKV0U2w0WZ2YB/++Tpockg=\n"
    "github.com ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQCj7ndNxQowgcQnjshcLrqPEiiphnt+VTTvDP6mHBL9j1aNUkY4U"
    "e1gvwnGLVlOhGeYrnZaMgRK6+PKCUXaDbC7qtbW8gIkhL7aGCsOr/C56SJMy/BCZfxd1nWzAOxSDPgVsmerOBYfNqltV9/hWCqBy"
    "wINIR+5dIg6JTJ72pcEpEjcYgXkE2YEFXV1JHnsKgbLWNlhScqb2UmyRkQyytRLtL+38TGxkxCflmO+5Z8CSSNY7GidjMIZ7Q4zM"
    "jA2n1nGrlTDkzwDCsw+wqFPGQA179cnfGWOWRVruj16z6XyvxvjJwbz0wQZ75XK5tKSb7FNyeIEs4TT4jk+S4dhPeAUC5y+bDYir"
    "YgM4GC7uEnztnZyaVWQ7B381AK4Qdrwt51ZqExKbQpTUNn+EjqoTwvqNj4kqx5QUCI0ThS/YkOxJCXmPUWZbhjpCg56i+2aB6CmK"
    "2JGhn57K5mj0MNdBXA4/WnwH6XoPWJzK5Nyu2zB3nAZp+S5hpQs+p1vN1/wsjk=\n"
    "gitlab.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf\n"
    "gitlab.com ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFSMqzJeV9rUzU4kW"
    "itGjeR4PWSa29SPqJ1fVkhtj3Hw9xjLVXVYrU9QlYWrOLXBpQ6KWjbjTDTdDkoohFzgbEY=\n"
    "gitlab.com ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCsj2bNKTBSpIYDEGk9KxsGh3mySTRgMtXL583qmBpzeQ+jqCMRg"
    "BqB98u3z++J1sKlXHWfM9dyhSevkMwSbhoR8XIq/U0tCNyokEi/ueaBMCvbcTHhO7FcwzY92WK4Yt0aGROY5qX2UKSeOvuP4D6TP"
    "qKF1onrSzH9bx9XUf2lEdWT/ia1NEKjunUqu1xOB/StKDHMoX4/OKyIzuS0q/T1zOATthvasJFoPrAjkohTyaDUz2LN5JoH839hV"
    "iyEG82yB+MjcFV5MU3N1l1QL3cVUCh93xSaua1N85qivl+siMkPGbO5xR/En4iEY6K2XPASUEMaieWVNTRCtJ4S8H+9\n"
    "bitbucket.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa0MuJ2e2gKTKqu+UUO\n"
    "bitbucket.org ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBPIQmuzMBuKdWe"
    "F4+a2sjSSpBK0iqitSQ+5BM9KhpexuGt20JpTVM7u5BDZngncgrqDMbWdxMWWOGtZ9UgbqgZE=\n"
    "bitbucket.org ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDQeJzhupRu0u0cdegZIa8e86EG2qOCsIsD1Xw0xSeiPDlCr7"
    "kq97NLmMbpKTX6Esc30NuoqEEHCuc7yWtwp8dI76EEEB1VqY9QJq6vk+aySyboD5QF61I/1WeTwu+deCbgKMGbUijeXhtfbxSxm6"
    "JwGrXrhBdofTsbKRUsrN1WoNgUa8uqN1Vx6WAJw1JHPhglEGGHea6QICwJOAr/6mrui/oB7pkaWKHj3z7d1IC4KWLtY47elvjbaT"
    "lkN04Kc/5LFEirorGYVbt15kAUlqGM65pk6ZBxtaO3+30LVlORZkxOh+LKL/BvbZ/iRNhItLqNyieoQj/uh/7Iv4uyH/cV/0b4WD"
    "Sd3DptigWq84lJubb9t/DnZlrJazxyDCulTmKdOR7vs9gMTo+uoIrPSb8ScTtvw65+odKAlBj59dhnVp9zd7QUojOpXlL62Aw56U"
    "4oO+FALuevvMjiWeavKhJqlR7i5n9srYcrNV7ttmDw7kf/97P5zauIhxcjX+xHv4M=\n";

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (words.size() < 5) {
    const auto first = line.find_first_not_of(" \t\r");
    if (first == line.npos) break;
    line.remove_prefix(first);
    words.push_back(line.substr(0, line.find_first_of(" \t\r")));
    line.remove_prefix(words.back().size());
  }
  return words;
}

std::string bytes_of(std::string_view base64) {
  std::string bytes(base64.size() / 4 * 3 + 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(base64.data()), static_cast<int>(base64.size()));
  if (size < 0 || base64.size() % 4 != 0) return {};
  bytes.resize(static_cast<std::size_t>(size));
  for (int i = 0; i < 2 && base64.ends_with('='); ++i) {  // padding, which was counted as bytes
    base64.remove_suffix(1);
    bytes.pop_back();
  }
  return bytes;
}

// A key begins with the length of the name of its type in four bytes, followed by that name.
bool is_key(std::string_view type, std::string_view base64) {
  const std::string bytes = bytes_of(base64);
  return bytes.size() > 4 + type.size() && std::string_view(bytes).substr(4, type.size()) == type &&
         static_cast<unsigned char>(bytes[3]) == type.size();
}

}  // namespace

std::string_view built_in_host_keys() { return large_hosts; }

Result<void> check_known_hosts(std::string_view text) {
  std::size_t number = 0, keys = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (++number > lines_max)
      return Error(errc::invalid, "git: knownHosts: more than 10000 lines", "git.known-hosts-invalid");
    std::vector<std::string_view> words = words_of(line);
    if (words.empty() || words.front().starts_with('#')) continue;
    if (words.front() == "@cert-authority" || words.front() == "@revoked") words.erase(words.begin());
    if (words.size() < 3 || !is_key(words[1], words[2]))
      return Error(errc::invalid, "git: knownHosts: line " + std::to_string(number) + " is not \"host type key\"",
                   "git.known-hosts-invalid");
    ++keys;
  }
  if (keys == 0) return Error(errc::invalid, "git: knownHosts does not contain a key", "git.known-hosts-invalid");
  return {};
}

Result<void> check_private_key(std::string_view text, bool has_passphrase) {
  constexpr std::string_view own_format = "-----BEGIN OPENSSH PRIVATE KEY-----", magic("openssh-key-v1\0", 15);
  const auto begin = text.find("-----BEGIN "), end = text.find("-----END ");
  const bool framed = begin != text.npos && end != text.npos && begin < end;
  if (!framed || text.substr(begin, end - begin).find("PRIVATE KEY-----") == text.npos)
    return Error(errc::invalid,
                 "git: sshKey is not a private key; a private key begins with -----BEGIN … PRIVATE KEY-----",
                 "git.ssh-key-invalid");
  bool locked = text.find("ENCRYPTED") != text.npos;
  if (text.substr(begin).starts_with(own_format)) {
    std::string base64;
    for (const char c : text.substr(begin + own_format.size(), end - begin - own_format.size()))
      if (c > ' ') base64 += c;
    const std::string bytes = bytes_of(base64);  // after the magic: the cipher, its length in four bytes before it
    if (!bytes.starts_with(magic))
      return Error(errc::invalid, "git: sshKey is damaged; was it copied completely?", "git.ssh-key-invalid");
    locked = bytes.compare(magic.size() + 3, 5, "\4none") != 0;
  }
  if (!locked || has_passphrase) return {};
  return Error(errc::invalid,
               "git: sshKey has a passphrase; give it as passphrase, or make a key without: ssh-keygen -p -N ''",
               "git.ssh-key-invalid");
}

std::string fingerprint(std::string_view key) {
  const std::string bytes = bytes_of(key);
  if (bytes.empty()) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  std::string text(4 * ((size + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), digest.data(), static_cast<int>(size));
  text.resize(text.find_first_of(std::string_view("=\0", 2)));
  return "SHA256:" + text;
}

}  // namespace stoker::git
