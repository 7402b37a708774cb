// See lfs_server.hpp.
#include "lfs_server.hpp"

#include "support/http.hpp"

#include <openssl/evp.h>

namespace git_servers {
namespace {

constexpr std::string_view batch_path = "/info/lfs/objects/batch";
constexpr std::string_view content_path = "/content/";

std::string path_of(const std::string& target) { return target.substr(0, target.find('?')); }

bool covers(const std::string& path, const std::string& asked) {
  return path.ends_with('/') ? asked.starts_with(path) : asked == path;
}

// Of the one object that a client of ours asks for.
std::string field(const std::string& json, const std::string& name) {
  const auto at = json.find("\"" + name + "\":");
  if (at == json.npos) return {};
  const std::string rest = json.substr(at + name.size() + 3);
  return rest.starts_with('"') ? rest.substr(1, rest.find('"', 1) - 1) : rest.substr(0, rest.find_first_of(",}"));
}

}  // namespace

std::string sha256(const std::string& bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  std::string hex;
  for (unsigned i = 0; i < size; ++i)
    for (const int digit : {digest[i] >> 4, digest[i] & 15}) hex += "0123456789abcdef"[digit];
  return hex;
}

std::string lfs_pointer(const std::string& content) {
  return "version https://git-lfs.github.com/spec/v1\noid sha256:" + sha256(content) + "\nsize " +
         std::to_string(content.size()) + "\n";
}

LfsServer::LfsServer(const std::optional<certificates::Authority>& authority, std::string behind)
    : behind_(std::move(behind)),
      responder_(authority, [this](const Request& request) { return answer_to(request); }) {}

void LfsServer::keep(const std::string& content) {
  const std::lock_guard lock(mutex_);
  kept_[sha256(content)] = content;
}

void LfsServer::send_to(std::string origin, std::string headers) {
  const std::lock_guard lock(mutex_);
  place_ = std::move(origin);
  headers_ = std::move(headers);
}

void LfsServer::answer(const std::string& path, Answer answer) {
  const std::lock_guard lock(mutex_);
  scripted_[path] = std::move(answer);
}

LfsServer::Answer LfsServer::answer_to(const Request& request) {
  const std::string path = path_of(request.target);
  std::unique_lock lock(mutex_);
  for (const auto& [at, answer] : scripted_)
    if (covers(at, path)) return answer;
  if (path.ends_with(batch_path)) return batch(request);
  if (path.starts_with(content_path)) {
    const auto found = kept_.find(path.substr(content_path.size()));
    return found == kept_.end() ? Answer{.status = 404} : Answer{.body = found->second};
  }
  lock.unlock();
  return from_behind(request);
}

LfsServer::Answer LfsServer::batch(const Request& request) {
  const std::string oid = field(request.body, "oid"), size = field(request.body, "size");
  const std::string object = R"({"objects": [{"oid": ")" + oid + R"(", "size": )" + size + ", ";
  if (!kept_.contains(oid)) return {.body = object + R"("error": {"code": 404, "message": "not here"}}]})"};
  const std::string origin = place_.empty() ? responder_.origin() : place_;
  return {.body = object + R"("actions": {"download": {"href": ")" + origin + "/content/" + oid +
                  R"(?signature=canary-query", "header": )" + headers_ + R"(, "expires_in": 600}}}]})",
          .headers = "Content-Type: application/vnd.git-lfs+json\r\n"};
}

LfsServer::Answer LfsServer::from_behind(const Request& request) const {
  if (behind_.empty()) return {.status = 404};
  http_client::Headers headers;
  for (const char* name : {"content-type", "accept", "git-protocol", "authorization"})
    if (const auto found = request.headers.find(name); found != request.headers.end()) headers[name] = found->second;
  const http_client::Response response =
      http_client::request(request.method, behind_ + request.target, request.body, headers);
  return {.status = response.status, .body = response.body, .headers = "Content-Type: " + response.type + "\r\n"};
}

std::vector<LfsServer::Request> LfsServer::asked(const std::string& path) const {
  std::vector<Request> found;
  for (Request& request : responder_.asked())
    if (covers(path, path_of(request.target))) found.push_back(std::move(request));
  return found;
}

std::vector<LfsServer::Request> LfsServer::batches() const {
  std::vector<Request> found;
  for (Request& request : responder_.asked())
    if (path_of(request.target).ends_with(batch_path)) found.push_back(std::move(request));
  return found;
}

}  // namespace git_servers
