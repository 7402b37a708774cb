// One conversation with a client of git in which the server does one hostile thing and is honest otherwise, as it is
// over git://, http and ssh. Blocks its thread until the client goes away.
#pragma once

#include "hostile_content.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace git_servers {

enum class Over { git, http, https, ssh };
const char* name_of(Over over);

enum class Act {
  none,
  silence,  // after the connection
  // An http server
  silence_after_request,
  endless_headers,
  endless_header,  // one line of it
  redirect_round,  // to itself
  redirect_away,   // to HostilePeer's `location`
  web_page,        // 200, and no git at all
  // The listing of refs
  slow_listing,  // a byte at a time
  silence_in_listing,
  cut_listing,
  endless_listing,
  endless_line,  // a length of 65520, again and again, without an end of the name
  bad_length,
  bad_names,   // refs that no file system and no command line should see
  error_line,  // a refusal, long and with control characters
  // The pack
  silence_before_pack,
  slow_pack,
  silence_in_pack,
  cut_pack,
  endless_progress,
  many_objects,  // announces four billion
  huge_object,   // of 10 GiB, and sends them
  damaged_pack,
  empty_pack,
  another_commit,
  commit_without_tree,
  tree_without_files,
};

struct NamedAct {
  Act act;
  const char* name;
};
const std::vector<NamedAct>& all_acts();
std::string name_of(Act act);
Act act_of(std::string_view name);
bool is_http_only(Act act);

// Of the protocol: what the server speaks, however new a version it is asked for.
enum class Version { first, second };

// The server's end of a connection.
class Wire {
 public:
  virtual ~Wire() = default;
  virtual bool say(std::string_view bytes) = 0;                // false: the client is gone
  virtual std::string hear() = 0;                              // some bytes; none: the client is gone
  virtual bool stays(std::chrono::milliseconds how_long) = 0;  // false: it went away meanwhile
};

void perform(Act act, Over over, Version version, Wire& wire, const HostileContent& content,
             const std::string& location);

}  // namespace git_servers
