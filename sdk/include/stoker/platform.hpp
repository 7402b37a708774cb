// SPDX-License-Identifier: Apache-2.0
// Platform: the base class of a plugin that keeps the objects of a fleet, for example in a database or on a cluster.
//
// Concept. Users, the controller and the agents meet in objects: JSON documents with metadata, spec and status. What a
// platform promises of them (versions, generations, compare-and-swap, watches) stands at the C side of the contract,
// stoker/abi/platform.h. The host's conformance suite tests it.
//
// Threads. All functions may run at the same time: the manifest has to say "reentrant". `next` runs on a thread of its
// own and waits there.
#pragma once

#include <stoker/instance.hpp>

namespace stoker {

// Which objects. `name_space` empty: of all. `labels`: a selector such as "line=a,tier in (x, y),!old".
struct ObjectQuery {
  std::string_view resource, name_space, labels;
};

// One instance for each process. An Error has one of the codes of stoker/abi/platform.h. Deadline 30 s, cancelled at
// shutdown, where a comment says nothing else.
class Platform {
 public:
  static constexpr std::string_view kind = STOKER_PLATFORM_ID;
  virtual ~Platform() = default;

  // The object as it is stored now, past any cache.
  virtual Result<Object> get(Call&, const ObjectKey& key) = 0;
  // Puts all objects of the query as they were together at one version, in the order of namespace and name; returns
  // that version.
  virtual Result<std::uint64_t> list(Call&, const ObjectQuery& query, const Out<Object>&) = 0;

  // Each write returns the object as it is stored then. `by`: who writes.
  virtual Result<Object> insert(Call&, std::string_view resource, std::string_view document, std::string_view by) = 0;
  // Replaces one part; metadata.resourceVersion of the document must be the present one.
  virtual Result<Object> update(Call&, std::string_view resource, Part part, std::string_view document,
                                std::string_view by) = 0;
  // Merges a JSON merge patch into one part; metadata.resourceVersion in it is a condition.
  virtual Result<Object> patch(Call&, const ObjectKey& key, Part part, std::string_view patch, std::string_view by) = 0;
  // Removes the object, or begins to, when it has finalizers. `uid` and `version` are conditions unless they are empty
  // and 0.
  virtual Result<Object> remove(Call&, const ObjectKey& key, std::string_view uid, std::uint64_t version,
                                std::string_view by) = 0;

  // Begins to tell of changes after the version `from`; 0: first of each object that there is. Returns the number that
  // the events carry. errc::not_found, "object.expired": nobody knows any more what happened since.
  virtual Result<std::uint64_t> watch(Call&, const ObjectQuery& query, std::uint64_t from) = 0;
  // Begins to tell whether an owner lives; its present state is the first event.
  virtual Result<std::uint64_t> watch_owner(Call&, std::string_view /*owner*/) {
    return Error(errc::incompatible, "this platform does not know who lives", "object.no-owners");
  }
  // No more events of this watch. Does not block. [any thread]
  virtual void unwatch(std::uint64_t number) = 0;
  // Waits for events, puts them, and returns success. Deadline 60 s: return errc::timeout when nothing has come; this
  // is no failure. Cancelled at shutdown: return errc::cancelled.
  virtual Result<void> next(Call&, const Out<ObjectEvent>&) = 0;

  // Tries to become or to stay the leader of `election` until `ttl` after this call began. True: it leads.
  virtual Result<bool> lead(Call&, std::string_view /*election*/, std::string_view /*candidate*/,
                            std::chrono::milliseconds /*ttl*/) {
    return Error(errc::incompatible, "this platform has no elections", "object.no-elections");
  }
  // The candidate no longer wants to lead; another one may at once.
  virtual Result<void> resign(Call&, std::string_view /*election*/, std::string_view /*candidate*/) {
    return Error(errc::incompatible, "this platform has no elections", "object.no-elections");
  }
};

namespace glue {

inline ObjectQuery query_of(const stoker_query& query) {
  return {view(query.resource), view(query.name_space), view(query.labels)};
}

// Hands one object to the sink, or the error on.
inline Result<void> put(const stoker_object_sink& out, Result<Object> object) {
  if (!object) return std::move(object).error();
  return Out<Object>(out).put(*object);
}

template <class Value>
Result<void> store(Value* to, Result<Value> value) {
  if (!value) return std::move(value).error();
  *to = *value;
  return {};
}

template <class T>
const stoker_platform_v1* platform_table() {
  static const stoker_platform_v1 table = {
      sizeof(stoker_platform_v1),
      0,
      &create<T, stoker_platform>,
      &destroy<T, stoker_platform>,
      [](stoker_platform* self, const stoker_call* call, const stoker_key* key, stoker_object_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return put(out, instance<T>(self).get(c, stoker::from_record(*key)));
        });
      },
      [](stoker_platform* self, const stoker_call* call, const stoker_query* query, stoker_object_sink out,
         std::uint64_t* version) noexcept {
        return wall(call, [&] {
          Call c(call);
          return store(version, instance<T>(self).list(c, query_of(*query), Out<Object>(out)));
        });
      },
      [](stoker_platform* self, const stoker_call* call, stoker_str resource, stoker_str document, stoker_str by,
         stoker_object_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return put(out, instance<T>(self).insert(c, view(resource), view(document), view(by)));
        });
      },
      [](stoker_platform* self, const stoker_call* call, stoker_str resource, std::uint32_t part, stoker_str document,
         stoker_str by, stoker_object_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return put(out, instance<T>(self).update(c, view(resource), Part(part), view(document), view(by)));
        });
      },
      [](stoker_platform* self, const stoker_call* call, const stoker_key* key, std::uint32_t part, stoker_str patch,
         stoker_str by, stoker_object_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return put(out, instance<T>(self).patch(c, stoker::from_record(*key), Part(part), view(patch), view(by)));
        });
      },
      [](stoker_platform* self, const stoker_call* call, const stoker_key* key, stoker_str uid, std::uint64_t version,
         stoker_str by, stoker_object_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return put(out, instance<T>(self).remove(c, stoker::from_record(*key), view(uid), version, view(by)));
        });
      },
      [](stoker_platform* self, const stoker_call* call, const stoker_query* query, std::uint64_t from,
         std::uint64_t* number) noexcept {
        return wall(call, [&] {
          Call c(call);
          return store(number, instance<T>(self).watch(c, query_of(*query), from));
        });
      },
      [](stoker_platform* self, const stoker_call* call, stoker_str owner, std::uint64_t* number) noexcept {
        return wall(call, [&] {
          Call c(call);
          return store(number, instance<T>(self).watch_owner(c, view(owner)));
        });
      },
      [](stoker_platform* self, std::uint64_t number) noexcept { instance<T>(self).unwatch(number); },
      [](stoker_platform* self, const stoker_call* call, stoker_object_event_sink out) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).next(c, Out<ObjectEvent>(out));
        });
      },
      [](stoker_platform* self, const stoker_call* call, stoker_str election, stoker_str candidate, std::int64_t ttl,
         std::int32_t* leads) noexcept {
        return wall(call, [&]() -> Result<void> {
          Call c(call);
          auto led = instance<T>(self).lead(c, view(election), view(candidate), std::chrono::milliseconds(ttl));
          if (!led) return std::move(led).error();
          *leads = *led ? 1 : 0;
          return {};
        });
      },
      [](stoker_platform* self, const stoker_call* call, stoker_str election, stoker_str candidate) noexcept {
        return wall(call, [&] {
          Call c(call);
          return instance<T>(self).resign(c, view(election), view(candidate));
        });
      }};
  return &table;
}

template <class T>
requires std::derived_from<T, Platform>
const void* table_of(std::string_view id) { return id == Platform::kind ? platform_table<T>() : nullptr; }

}  // namespace glue
}  // namespace stoker
