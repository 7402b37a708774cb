// What nobody may write over the socket, and what the host writes beside what somebody sent. Pure. [any thread]
#pragma once

#include <stoker/result.hpp>

#include <boost/json/object.hpp>

#include <string>

namespace stoker::host {

struct Kind;

// May an object of this kind be made? denied, or incompatible: why not.
Result<void> may_create(const Kind& kind);
// May `stored` become `next`? Of a SyncTarget only labels and annotations are for others: what its spec says is done.
Result<void> may_change(const Kind& kind, const boost::json::object& stored, const boost::json::object& next);

// Takes out of a patch what may not be changed and is not, so that it cannot take back what the host writes meanwhile.
void keep_free_fields(const Kind& kind, boost::json::object& patch);

// Could this patch pause or resume something?
bool may_pause(const Kind& kind, const boost::json::object& patch);
// When `next` pauses what `stored` does not, or resumes it: the annotations that have to be written with it, of which
// null removes one. Else empty. `sent` is the document or patch that makes `next`.
boost::json::object pause_annotations(const Kind& kind, const boost::json::object& stored,
                                      const boost::json::object& next, const boost::json::object& sent,
                                      const std::string& user);

}  // namespace stoker::host
