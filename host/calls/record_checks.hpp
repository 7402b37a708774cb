// What a plugin may hand over: texts, paths, documents and records. All of it is outside input, and these checks are
// the only place that judges it. A value that breaks a rule is a defect of the plugin and fails the call that it came
// in. Pure. [any thread]
#pragma once

#include "host/calls/call_fault.hpp"

#include <stoker/abi/platform.h>
#include <stoker/abi/strategy.h>
#include <stoker/abi/trigger.h>
#include <stoker/records.hpp>
#include <stoker/result.hpp>

#include <string>
#include <string_view>

namespace stoker::host {

constexpr std::size_t plugin_text_bytes_max = 8192;

// UTF-8 without NUL, of bounded length, no length without a text.
Result<void> check_text(stoker_str text, std::string_view what, std::size_t bytes_max = plugin_text_bytes_max);

// A path as the ABI wants it: relative, `/`-separated, without `.`, `..` and empty parts, valid UTF-8, at most 4 KiB.
bool valid_path(std::string_view path);
Result<void> check_path(stoker_str path);

// One JSON document, as deep as the host reads them. Empty: `may_be_empty`.
Result<void> check_document(std::string_view text, std::string_view what, bool may_be_empty);

// What one call of a sink's `put` hands over, before its items are read.
Result<void> check_items(const void* items, std::size_t count, std::size_t count_max);

// For each record that crosses. They must stand here: RecordSink looks them up where it is defined.
Result<void> check(const stoker_resolved& record);
Result<void> check(const stoker_file& record);
Result<void> check(const stoker_delta& record);
Result<void> check(const stoker_change& record);
Result<void> check(const stoker_note& record);
Result<void> check(const stoker_decision& record);
Result<void> check(const stoker_hint& record);
Result<void> check(const stoker_check& record);
Result<void> check(const stoker_object& record);
Result<void> check(const stoker_object_event& record);

// How many records of a kind one call may hand over. 0: it is no record that crosses.
template <class Record>
constexpr std::size_t records_max = 0;
template <>
constexpr std::size_t records_max<stoker_file> = 5'000'000;
template <>
constexpr std::size_t records_max<stoker_delta> = 5'000'000;
template <>
constexpr std::size_t records_max<stoker_change> = 5'000'000;
template <>
constexpr std::size_t records_max<stoker_resolved> = 10'000;
template <>
constexpr std::size_t records_max<stoker_note> = 100'000;
template <>
constexpr std::size_t records_max<stoker_decision> = 1'000;
template <>
constexpr std::size_t records_max<stoker_check> = 1'000;
template <>
constexpr std::size_t records_max<stoker_hint> = 10'000;
template <>
constexpr std::size_t records_max<stoker_object> = 1'000'000;
template <>
constexpr std::size_t records_max<stoker_object_event> = 100'000;

// The files of a tree and the deltas of a difference must come in rising order of this key; other records in any order.
inline std::string_view sort_key(const stoker_file& file) { return view(file.path); }
inline std::string_view sort_key(const stoker_delta& delta) { return view(delta.file.path); }
template <class Record>
concept Sorted = requires(const Record& record) {
  sort_key(record);
};

}  // namespace stoker::host
