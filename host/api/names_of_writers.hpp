// Who did something stands in annotations such as stoker.io/paused-by. Nobody writes another's name there: what comes
// over the socket gets the name of who is connected. Pure. [any thread]
#pragma once

#include <boost/json/object.hpp>

#include <string>

namespace stoker::host {

// Puts `user` into each annotation stoker.io/…-by of the document or patch that has a value. One that has the same
// value in `stored` stays, because nobody changes it.
void put_writer(boost::json::object& sent, const std::string& user, const boost::json::object& stored = {});

}  // namespace stoker::host
