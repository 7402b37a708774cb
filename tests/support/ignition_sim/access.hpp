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

// Who may do something. A bare `Authenticated` lets every key in; a level of two parts, `Authenticated/stoker`, the
// keys that hold it; an empty list everybody. For writing a level of three parts lets no key in, not even one that
// holds it.
struct Permission {
  bool all_of = false;
  std::vector<std::string> leaves;  // each by its whole path
  bool everybody() const;
  bool admits(const std::set<std::string>& levels, bool write) const;
};

class Access {
 public:
  Access() = default;  // no key, the factory's permissions
  explicit Access(const Collections& collections);

  // `token` is the whole X-Ignition-API-Token header; the simulator's own channel is plain http.
  Verdict check(std::string_view token, bool write) const;

 private:
  struct Key {
    std::string hash;
    bool secure_channel = false;
    std::set<std::string> levels;  // each granted level by its whole path, parents included
  };
  void read_permissions(const ConfigResource& properties);

  std::map<std::string, Key, std::less<>> keys_;
  Permission access_ = factory(), read_ = factory(), write_ = factory();
  static Permission factory();
};

// The level that whoever runs the gateway makes for the keys that may write, and the one that the permissions name
// before that.
inline constexpr auto kOwnLevel = "Authenticated/stoker";
inline constexpr auto kFactoryLevel = "Authenticated/Roles/Administrator";

struct KeyOptions {
  std::string collection = "external";
  std::vector<std::string> levels = {kOwnLevel};
  bool secure_channel = false;
};

// Puts a key into the data directory and returns the whole header value, "name:secret". The gateway knows it after its
// next config scan or start. It may write once the permissions name one of its levels.
std::string write_api_token(const std::filesystem::path& data, const std::string& name, const KeyOptions& options = {});

// The levels that the three permissions name; none: everybody.
struct Permissions {
  std::vector<std::string> access = {kOwnLevel};
  std::vector<std::string> read = {kOwnLevel};
  std::vector<std::string> write = {kOwnLevel};
};
inline Permissions factory_permissions() { return {{kFactoryLevel}, {kFactoryLevel}, {kFactoryLevel}}; }

// Puts security-properties. In core they win over those in external.
void write_security_properties(const std::filesystem::path& data, const Permissions& permissions = {},
                               const std::string& collection = "core");

// What a user does before Stoker can work: a level of its own, a key that holds it, permissions that name it.
std::string write_own_key(const std::filesystem::path& data, const std::string& name = "stoker");

// Writes a resource with a valid signature: resource.json and its files. A named resource of config gets a uuid.
void write_resource(const std::filesystem::path& data, const std::string& folder, const Files& files,
                    const std::string& actor = "admin", SignatureForm form = SignatureForm::v8_3);

// The text of such a resource.json.
std::string resource_json(const Files& files, const std::string& actor, const std::string& timestamp,
                          SignatureForm form, const std::string& uuid = {});

// The uuid that write_resource gives the resource of this folder; empty where the gateway wants none.
std::string uuid_of(std::string_view folder);

}  // namespace ignition_sim
