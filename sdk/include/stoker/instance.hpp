// How the C tables find the C++ object behind a handle, make it and end it. For the headers of the kinds.
#pragma once

#include <stoker/host.hpp>

#include <concepts>
#include <memory>
#include <stdexcept>

namespace stoker::glue {

// The object of an author together with the Host that it may keep a reference to.
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

// A constructor that throws std::invalid_argument says what is wrong with the configuration.
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
