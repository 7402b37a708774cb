// Makes of the committed bytes of a file those that `git checkout` would write: line ends and encoding. Pure. [any
// thread]
#pragma once

#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::git {

struct Conversion {
  enum class LineEnds { as_committed, crlf, crlf_if_text };  // crlf_if_text: text=auto, where git guesses
  LineEnds line_ends = LineEnds::as_committed;
  std::string encoding = {};  // as .gitattributes has it; empty: UTF-8

  bool is_none() const { return line_ends == LineEnds::as_committed && encoding.empty(); }
  // Follows the id of a file, so that the same id and name always stand for the same bytes: "+crlf+UTF-16LE".
  std::string name() const;
};

// Fails with git.encoding when the encoding is not known here, or has no code for a character.
Result<std::string> converted(const Conversion& conversion, std::string_view bytes);

}  // namespace stoker::git
