// SPDX-License-Identifier: Apache-2.0
// Makes, finds and ends the C++ object behind a handle of the C tables.
//
// Concept. An instance is one object of a plugin's class. The host asks for it through the C function `create`, gets an
// opaque handle, passes the handle to each further call, and gives it back through `destroy`. This header is the glue
// for the headers of the kinds; an author does not use it directly.
//
// What an author has to know. The host makes an instance with the constructor T(const Config&, Host&). It runs on a
// worker, must be done within 30 seconds, is never cancelled, and must not use the network if it can be avoided: a
// target cannot be opened before it returns. The destructor runs on a worker, within 10 seconds, after the last call
// has returned. It must not throw.
#pragma once

#include <stoker/host.hpp>

#include <concepts>
#include <memory>
#include <stdexcept>

namespace stoker::glue {

// The author's object, and the Host whose reference the object may keep. The Host is destroyed after the object.
template <class T>
struct Instance {
  Host host;
  T object;
  Instance(const stoker_host* raw, std::string_view config) : host(raw), object(Config(host, config), host) {}
};

template <class T, class Handle>
T& instance(Handle* handle) {
  return reinterpret_cast<Instance<T>*>(handle)->object;
}

// Calls the constructor. A constructor reports a wrong configuration by std::invalid_argument; the host gets
// errc::invalid with the exception's text. Any other exception becomes internal, std::bad_alloc exhausted.
template <class T, class Handle>
stoker_status create(const stoker_host* host, const stoker_call* call, stoker_str config, Handle** out) noexcept {
  return wall(call, [&]() -> Result<void> {
    try {
      *out = reinterpret_cast<Handle*>(std::make_unique<Instance<T>>(host, view(config)).release());
      return {};
    } catch (const std::invalid_argument& wrong) {
      return Error(errc::invalid, wrong.what());
    }
  });
}

template <class T, class Handle>
void destroy(Handle* handle) noexcept {
  delete reinterpret_cast<Instance<T>*>(handle);
}

}  // namespace stoker::glue
