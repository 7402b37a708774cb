// The texts of the load diagnostics. Tests compare them word by word, because people search for them.
#include "host/loading/diagnostics.hpp"

#include <array>

namespace stoker::host {
namespace {

constexpr std::array<Explanation, 19> texts{{
    {LoadFault::missing_file, errc::not_found, "cannot read the file",
     "The path that was given or configured does not name a file that this user can read.",
     "check the path and its rights; `stoker plugin list` shows what the plugin folders hold"},
    {LoadFault::not_a_library, errc::invalid, "not a shared library",
     "A plugin is a 64-bit ELF shared library. This file is something else: a text, an archive, a program or a cut "
     "download.",
     "compare it with its release, or build it again"},
    {LoadFault::other_architecture, errc::incompatible, "built for another architecture",
     "The library's ELF header names a processor or word size other than that of this host.",
     "install the build of the plugin for this machine"},
    {LoadFault::no_manifest, errc::invalid, "no manifest",
     "The library has no ELF note of the owner \"Stoker\". It is not a plugin, or it is a plugin without STOKER_PLUGIN "
     "or "
     "STOKER_MANIFEST in its source.",
     "name its plugin.json in STOKER_PLUGIN(...) and build it again"},
    {LoadFault::bad_manifest, errc::invalid, "unreadable manifest",
     "The note is there, but it is cut, too long, or not the JSON object that a manifest is.",
     "correct plugin.json and build again; `stoker plugin inspect FILE` reads it without running code"},
    {LoadFault::missing_field, errc::invalid, "incomplete manifest",
     "A field that every manifest has is absent or empty: id, version, license, abi, kinds.",
     "add the field to plugin.json and build again"},
    {LoadFault::abi_major, errc::incompatible, "made for another version of the plugin ABI",
     "A host loads only plugins that were built for its own major version of the plugin ABI. While that is 0, the "
     "minor "
     "version has to be the same too.",
     "install a build of the plugin for this host, or the host that it is made for"},
    {LoadFault::host_minor, errc::incompatible, "needs a newer host",
     "The manifest's minHostMinor is above the minor version of this host's plugin ABI.",
     "update Stoker, or install an older version of the plugin"},
    {LoadFault::unknown_kind, errc::incompatible, "offers an interface that this host does not know",
     "The host must know every interface in the manifest's `kinds`. It does not load a part of a plugin.",
     "update Stoker, or correct the id in plugin.json"},
    {LoadFault::unknown_need, errc::incompatible, "needs a service that this host does not have",
     "Everything in the manifest's `needs` must be offered by the host, unless `optionalNeeds` names it too.",
     "update Stoker, or name the service in optionalNeeds if the plugin works without it"},
    {LoadFault::not_linkable, errc::incompatible, "cannot be linked",
     "The system's loader refused the library: a symbol or library that it needs is absent, or is older here than "
     "where it was "
     "built.",
     "run `ldd -r FILE`; install what is absent or build the plugin on this system"},
    {LoadFault::no_entry, errc::invalid, "no entry point",
     "The library does not export stoker_plugin_entry, or the entry lacks a function.",
     "build it with stoker_add_plugin() and put STOKER_PLUGIN(...) in one source file"},
    {LoadFault::entry_differs, errc::invalid, "the library is not what its manifest says",
     "Id, version, ABI and kinds stand in the manifest and in the entry of the library. They must be the same in both.",
     "make `kinds` name the classes in STOKER_PLUGIN(...) and `abi` the version of the SDK, and build again; "
     "stoker_add_plugin() takes id and version from plugin.json"},
    {LoadFault::short_table, errc::invalid, "a table of functions is incomplete",
     "A table that the library offers is shorter than its interface, or lacks a function that may not be null. A "
     "verifier "
     "may lack functions, but not all of them, and with lock it needs verify and unlock.",
     "build it against the SDK of this host, and fill in the functions"},
    {LoadFault::crashed, errc::invalid, "crashed while it was loaded",
     "The library was first loaded in a child process, and that process crashed or ended by itself in a constructor or "
     "in "
     "the query function of the library. The message has the last that the library printed.",
     "run it under a debugger, and tell the plugin's author"},
    {LoadFault::hung, errc::timeout, "did not finish loading",
     "The library was first loaded in a child process, where a constructor or the query function of the library did "
     "not "
     "return in time.",
     "run it under a debugger, and tell the plugin's author"},
    {LoadFault::open_failed, errc::invalid, "could not be opened",
     "The library was loaded, but its own function `open` failed.",
     "look for the reason in the log lines of this plugin before this one"},
    {LoadFault::id_twice, errc::conflict, "another library has the same id",
     "Two different libraries in the plugin folders have the same id. The first one that was found is used.",
     "remove one of the two"},
    {LoadFault::file_twice, errc::conflict, "the same library was found twice",
     "The file is a copy of a library, or a link to one, that was found before. It is loaded once, from the first "
     "place.",
     "remove one of the two, or name the first one"},
}};

void append_quoted(std::string& json, std::string_view text) {
  json += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  json += '"';
}

}  // namespace

std::string code_of(LoadFault fault) {
  const int number = static_cast<int>(fault);
  return std::string(number < 10 ? "STK-P00" : "STK-P0") + std::to_string(number);
}

std::span<const Explanation> explanations() { return texts; }

const Explanation* explanation_of(std::string_view code) {
  for (const Explanation& text : texts)
    if (code == code_of(text.fault)) return &text;
  return nullptr;
}

Error load_error(LoadFault fault, const std::filesystem::path& path, std::string_view found,
                 std::string_view expected) {
  const Explanation& text = texts[static_cast<std::size_t>(fault) - 1];
  std::string message = path.string() + ": " + std::string(text.title) + ": found " + std::string(found);
  if (!expected.empty()) message += ", expected " + std::string(expected);
  message += "; " + std::string(text.next);
  Error error(text.kind, std::move(message), code_of(fault));
  error.retryable = false;
  error.detail = "{\"found\": ";
  append_quoted(error.detail, found);
  error.detail += ", \"expected\": ";
  append_quoted(error.detail, expected);
  error.detail += ", \"next\": ";
  append_quoted(error.detail, text.next);
  error.detail += "}";
  return error;
}

}  // namespace stoker::host
