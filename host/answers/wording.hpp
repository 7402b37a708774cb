// How times, revisions and commands are written for people. Pure. [any thread]
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stoker::host {

// "45 seconds", "5 minutes", "3 hours", "2 days".
std::string long_time(std::int64_t ms);
// How long ago, as kubectl writes it: "45s", "3m20s", "2d3h".
std::string age(std::int64_t ms);
// Of a time. Of 0: "-".
std::string age_since(std::int64_t since_ms, std::int64_t now_ms);
// "5 minutes ago (2025-01-02T03:04:05Z)", "in 5 minutes (…)". Of 0: empty.
std::string moment(std::int64_t at_ms, std::int64_t now_ms);
// "120ms", "1.2s", "12s", "4m10s": how long something took.
std::string took(std::int64_t ms);

// Seven digits of a commit; another revision as it is.
std::string short_revision(const std::string& revision);
// "main", of "refs/heads/main".
std::string short_ref(const std::string& ref);
// "1a2b3c4 of main".
std::string revision_of(const std::string& revision, const std::string& ref);
// Of a command that a person types: in quotes where a shell would read more than a name in it.
std::string argument(const std::string& text);

inline constexpr std::size_t line_max = 100;  // columns
// Words in lines of at most `line_max` columns, each line but the first with so many blanks before it. Ends with \n.
std::string wrapped(const std::string& text, std::size_t indent);

// How many columns of a terminal it takes: of a character one. What takes two, or none, is rare in names and reasons.
std::size_t columns(std::string_view text);

}  // namespace stoker::host
