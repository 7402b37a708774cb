// What is measured inside a process of its own, so that its memory, its bytes and its calls are those of the thing
// measured. Each worker prints one JSON document.
#pragma once

#include "link.hpp"
#include "parts.hpp"

namespace bench {

struct Work {
  Place place;
  std::size_t files = 0;
  std::uint64_t seed = 0;
  std::string first, second, changing;
  int rounds = 0;
  bool bound = true;  // false: nothing beside the thing measured
  LinkSpeed link;     // to the server at place.url
};

// Makes the repository: its commits, and the path that differs.
void make_repository(const Work& work);
// Writes the first commit's files as if somebody else had, and lets Stoker take them over.
void fill(const Work& work);
// B1, B2: plan, stage and apply of one changed file, back and forth.
void change_one_file(const Work& work);
// B7: a plan that looks at every owned file, by stat; then with every time moved, by its bytes.
void look_for_drift(const Work& work);

// B3, B5: the fetch alone, of a first commit and of the next, from a server.
void fetch_from_server(const Work& work);
// B10: plan, stage and apply of a commit with one large file: what the memory grows by.
void take_large_file(const Work& work);

}  // namespace bench
