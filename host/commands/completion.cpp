#include "host/commands/completion.hpp"

#include "host/commands/object_fields.hpp"

#include <algorithm>
#include <ostream>
#include <set>

namespace stoker::host {
namespace {

constexpr std::chrono::milliseconds longest_question{1500};  // a person waits at the keyboard

// A word that ends in / goes on. The words of bash are cut at =; those of the others are not.
constexpr const char* bash = R"(# Completion of stoker. In ~/.bashrc: source <(stoker completion bash)
_stoker() {
  local IFS=$'\n'
  COMPREPLY=($(stoker __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
  if [[ ${COMPREPLY[0]} == :files ]]; then
    COMPREPLY=()
    compopt -o default
  elif [[ ${COMPREPLY[0]} == */ ]]; then
    compopt -o nospace
  fi
}
complete -F _stoker stoker
)";

constexpr const char* zsh = R"(#compdef stoker
# Completion of stoker. In ~/.zshrc, after compinit: source <(stoker completion zsh)
_stoker() {
  local -a found
  found=("${(@f)$(stoker __complete "${(@)words[2,$CURRENT]}" 2>/dev/null)}")
  case $found[1] in
    '') return 1 ;;
    :files) _files ;;
    */) compadd -S '' -a found ;;
    *) compadd -a found ;;
  esac
}
if [[ $funcstack[1] == _stoker ]]; then _stoker "$@"; else compdef _stoker stoker; fi
)";

constexpr const char* fish = R"(# Completion of stoker. In ~/.config/fish/completions/stoker.fish
function __stoker_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    set -l found (stoker __complete $before[2..] "$word" 2>/dev/null)
    if test "$found[1]" = :files
        __fish_complete_path "$word"
    else
        printf '%s\n' $found
    end
end
complete -c stoker -f -a '(__stoker_complete)'
)";

// The words before the one that is written, taken apart.
struct Typed {
  const CommandWords* command = nullptr;
  std::vector<std::string> positionals;
  std::map<std::string, std::string> values;  // of options
  std::string waits;                          // the option whose value comes next; empty: none
  bool waits_for_file = false;
};

const CommandWords::Option* option_of(const CommandWords& command, const std::string& word) {
  for (const CommandWords::Option& option : command.options)
    if (std::find(option.names.begin(), option.names.end(), word) != option.names.end()) return &option;
  return nullptr;
}

// "--output=js" as the shells give it: one word, or three in bash. As the option and its value.
std::vector<std::string> taken_apart(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::size_t sign = word.starts_with("--") ? word.find('=') : word.npos;
    const bool is_sign = word == "=" && i > 0 && words[i - 1].starts_with("--");
    if (sign != word.npos) {
      all.push_back(word.substr(0, sign));
      all.push_back(word.substr(sign + 1));
    } else if (!is_sign) {
      all.push_back(word);
    } else if (i + 1 == words.size()) {
      all.emplace_back();
    }
  }
  return all;
}

Typed typed(const CommandWords& all, const std::vector<std::string>& words) {
  Typed so_far;
  so_far.command = &all;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    if (!so_far.waits.empty()) {
      so_far.values[std::exchange(so_far.waits, {})] = word;
      continue;
    }
    if (word.starts_with('-')) {
      const CommandWords::Option* option = option_of(*so_far.command, word);
      if (!option) option = option_of(all, word);  // those of the program may stand after a command
      if (option && option->has_value) so_far.waits = word;
      so_far.waits_for_file = option && option->is_file;
      continue;
    }
    const auto& below = so_far.command->below;
    const auto found =
        std::find_if(below.begin(), below.end(), [&](const CommandWords& one) { return one.name == word; });
    if (found != below.end() && so_far.positionals.empty())
      so_far.command = &*found;
    else
      so_far.positionals.push_back(word);
  }
  return so_far;
}

std::vector<std::string> names_of(const Kind& kind, const Typed& typed) {
  ClientOptions options;
  const auto value = [&](std::initializer_list<const char*> names, std::string otherwise) {
    for (const char* name : names)
      if (const auto found = typed.values.find(name); found != typed.values.end()) otherwise = found->second;
    return otherwise;
  };
  options.socket = value({"--socket"}, "");
  options.config = value({"--config", "-c"}, options.config.string());
  const auto socket = socket_for(options);
  if (!socket) return {};
  ObjectClient client(*socket, longest_question);
  const auto list = client.list(kind, Selection{value({"--namespace", "-n"}, "default"), {}, {}});
  std::vector<std::string> names;
  if (!list) return names;
  for (const auto& item : list->items) names.push_back(name_in(item));
  return names;
}

std::vector<std::string> kinds_and(const char* end) {
  std::vector<std::string> words;
  for (const Kind& kind : kinds()) {
    words.push_back(kind.plural + end);
    for (const std::string& name : kind.short_names) words.push_back(name + end);
  }
  return words;
}

// KIND NAME … or KIND/NAME …
std::vector<std::string> objects(const Typed& typed, const std::string& word) {
  if (const std::size_t slash = word.find('/'); slash != std::string::npos) {
    const Kind* kind = kind_named(word.substr(0, slash));
    if (!kind) return {};
    std::vector<std::string> words = names_of(*kind, typed);
    for (std::string& name : words) name = word.substr(0, slash + 1) + name;
    return words;
  }
  if (typed.positionals.empty()) return kinds_and("");
  const Kind* kind = kind_named(typed.positionals.front());
  return kind ? names_of(*kind, typed) : std::vector<std::string>();
}

std::vector<std::string> value_words(const Typed& typed) {
  const std::string& command = typed.command->name;
  if (typed.waits == "--output" || typed.waits == "-o") {
    static const std::set<std::string> of_objects{"apply", "delete", "pause", "resume", "retry"};
    if (command == "get" || command == "events") return {"table", "wide", "json", "yaml", "name"};
    if (of_objects.contains(command)) return {"text", "json", "yaml", "name"};
    if (command == "describe") return {"text", "json", "yaml"};
    if (command == "schema") return {"crd", "json", "markdown"};
    return {"text", "json"};
  }
  if (typed.waits_for_file) return {":files"};
  if (typed.waits == "--kind") return kinds_and("");
  if (typed.waits == "--target") return names_of(*kind_named("synctarget"), typed);
  return {};
}

// A target, where only one can be meant.
std::vector<std::string> target_words(const Typed& typed, const std::string& word) {
  return word.find('/') == std::string::npos ? names_of(*kind_named("synctarget"), typed) : objects(typed, word);
}

std::vector<std::string> sync_words(const Typed& typed, const std::string& word) {
  return word.find('/') == std::string::npos ? names_of(*kind_named("gatewaysync"), typed) : objects(typed, word);
}

std::vector<std::string> positional_words(const Typed& typed, const std::string& word) {
  static const std::set<std::string> of_objects{"get", "delete", "describe"}, of_syncs{"pause", "resume", "retry"},
      of_targets{"diff", "doctor"}, of_both{"why", "history", "events"};
  const std::string& command = typed.command->name;
  if (typed.command->takes_files) return {":files"};
  if (of_objects.contains(command)) return objects(typed, word);
  if (command == "completion") return {"bash", "zsh", "fish"};
  if (!typed.positionals.empty()) return {};  // the others take one name
  if (of_syncs.contains(command)) return sync_words(typed, word);
  if (of_targets.contains(command)) return target_words(typed, word);
  if (!of_both.contains(command)) return {};
  std::vector<std::string> words = target_words(typed, word);
  if (word.find('/') != std::string::npos) return words;
  for (std::string& name : names_of(*kind_named("gatewaysync"), typed)) words.push_back(std::move(name));
  if (command == "events")
    for (std::string& kind : kinds_and("/")) words.push_back(std::move(kind));
  return words;
}

// Those that begin as the word does. In one word with its option, the value comes after it.
void print_words(std::vector<std::string> found, const std::string& before, const std::string& word,
                 std::ostream& out) {
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  for (const std::string& one : found)
    if (one == ":files" || one.starts_with(word)) out << (one == ":files" ? "" : before) << one << "\n";
}

}  // namespace

int completion(const std::string& shell, std::ostream& out, std::ostream& err) {
  if (shell == "bash" || shell == "zsh" || shell == "fish") {
    out << (shell == "bash" ? bash : shell == "zsh" ? zsh : fish);
    return exit_ok;
  }
  return say_refusal(Error(errc::invalid, "there is completion for bash, zsh and fish"), err);
}

int complete(const CommandWords& all, const std::vector<std::string>& as_typed, std::ostream& out) {
  if (as_typed.empty()) return exit_ok;
  const std::vector<std::string> words = taken_apart(as_typed);
  const std::string& word = words.back();
  const std::string& last = as_typed.back();
  const bool is_one_word = last.starts_with("--") && last.find('=') != last.npos;
  const Typed so_far = typed(all, words);
  std::vector<std::string> found;
  if (!so_far.waits.empty()) {
    found = value_words(so_far);
  } else if (word.starts_with('-')) {
    for (const CommandWords::Option& option : so_far.command->options)
      found.insert(found.end(), option.names.begin(), option.names.end());
  } else if (!so_far.command->below.empty()) {
    for (const CommandWords& one : so_far.command->below) found.push_back(one.name);
  } else {
    found = positional_words(so_far, word);
  }
  print_words(std::move(found), is_one_word ? last.substr(0, last.size() - word.size()) : "", word, out);
  return exit_ok;
}

}  // namespace stoker::host
