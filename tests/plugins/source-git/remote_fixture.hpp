// The plugin before real servers: a repository "repo" with two commits, and settings and credentials as the host
// would hand them over.
#pragma once

#include "git_fixture.hpp"

#include "support/git_servers/private_folder.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <initializer_list>

namespace stoker::git_test {

using git_servers::PrivateFolder;

// Each test is run for each backend.
class RemoteFixture : public GitFixture, public ::testing::WithParamInterface<const char*> {
 protected:
  using Fields = std::initializer_list<std::pair<const char*, std::string>>;

  RemoteFixture() {
    write("f", "1");
    first = commit("first");
    write("f", "2");
    second = commit("second");
    git("tag v1.0.0");
  }

  bool by_program() const { return std::string_view(GetParam()) == "git"; }
  stoker_status create(const std::string& url, const std::string& settings = "{}", const std::string& auth = "{}") {
    const std::string others = settings.substr(1);
    return GitFixture::create(
        url, R"({"backend": ")" + std::string(GetParam()) + (others == "}" ? "\"" : "\", ") + others, auth);
  }

  static std::string quoted(const std::string& text) {
    std::string json = "\"";
    for (const char c : text) {
      if (c == '\n')
        json += "\\n";
      else if (c == '\r')
        json += "\\r";
      else if (c == '"' || c == '\\')
        json += std::string("\\") + c;
      else
        json += c;
    }
    return json + "\"";
  }
  static std::string object(Fields fields) {
    std::string json;
    for (const auto& [name, text] : fields) json += (json.empty() ? "" : ", ") + quoted(name) + ": " + quoted(text);
    return "{" + json + "}";
  }
  // `fields` of the one entry of settings.repositories, as JSON without braces.
  static std::string settings_for(const std::string& prefix, const std::string& fields) {
    return R"({"repositories": [{"prefix": )" + quoted(prefix) + (fields.empty() ? "" : ", ") + fields + "}]}";
  }

  // "main: <revision>, f: <content>", or the code of what went wrong.
  std::string seen() {
    if (resolve({"main"}) != STOKER_OK) return code();
    const std::string revision = resolved.items.at(0).revision;
    if (open(revision) != STOKER_OK) return code();
    return "main: " + revision + ", f: " + read("f");
  }
  std::string now() const { return "main: " + second + ", f: 2"; }

  // Is the text in a log line, the message of the last error, or a file of the plugin's state?
  bool is_told(const std::string& secret) const {
    if (host.log.says(secret) || why().find(secret) != std::string::npos) return true;
    for (const auto& at : fs::recursive_directory_iterator(root / "state")) {
      if (!at.is_regular_file()) continue;
      std::ifstream file(at.path(), std::ios::binary);
      const std::string text{std::istreambuf_iterator<char>(file), {}};
      if (text.find(secret) != std::string::npos || at.path().string().find(secret) != std::string::npos) return true;
    }
    return false;
  }

  static std::string base64(const std::string& bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                                         reinterpret_cast<const unsigned char*>(bytes.data()),
                                                         static_cast<int>(bytes.size()))));
    return text;
  }

  std::string first, second;
};

inline const auto backends = ::testing::Values("libgit2", "git");
inline std::string backend_name(const ::testing::TestParamInfo<const char*>& backend) { return backend.param; }

}  // namespace stoker::git_test
