// Who may call: the API keys and permissions that the merged collections of the last config scan hold (ignition 2.7).
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/ignition_sim/tree.hpp"

namespace ignition_sim {

enum class Verdict { allowed, unauthorized, forbidden };

class Access {
 public:
  Access() = default;
  explicit Access(const Collections& collections);

  // `token` is the whole X-Ignition-API-Token header; the simulator's own channel is plain http.
  Verdict check(std::string_view token, bool write) const;

 private:
  struct Key {
    std::string hash;
    bool secure_channel = false;
    std::set<std::string> levels;  // each granted level by its whole path, parents included
  };
  struct Permission {
    bool all_of = false;
    std::vector<std::string> leaves;
    bool grants(const std::set<std::string>& levels) const;
  };
  void read_permissions(const ConfigResource& properties);

  std::map<std::string, Key, std::less<>> keys_;
  std::vector<Permission> read_;
  std::vector<Permission> write_;
};

struct KeyOptions {
  std::string collection = "external";
  std::vector<std::string> levels = {"Authenticated/Roles/Administrator"};
  bool secure_channel = false;
};

// Puts a key into the data directory and returns the whole header value, "name:secret". The gateway knows it after its
// next config scan or start.
std::string write_api_token(const std::filesystem::path& data, const std::string& name, const KeyOptions& options = {});

// Puts security-properties that want one level for reading and one for writing.
void write_security_properties(const std::filesystem::path& data, const std::string& collection,
                               const std::string& read_level, const std::string& write_level);

// Writes a resource with a valid signature: resource.json and its files.
void write_resource(const std::filesystem::path& data, const std::string& folder, const Files& files,
                    const std::string& actor = "admin", SignatureForm form = SignatureForm::v8_3);

// The text of such a resource.json.
std::string resource_json(const Files& files, const std::string& actor, const std::string& timestamp,
                          SignatureForm form);

}  // namespace ignition_sim
