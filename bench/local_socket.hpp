// Sockets of 127.0.0.1. Any thread.
#pragma once

#include <cstdint>

namespace bench {

int listen_locally(std::uint16_t& port);  // on a port of its own, which is said
int connect_locally(std::uint16_t port);  // -1: nobody listens there
std::uint16_t free_port();                // that nobody had a moment ago

}  // namespace bench
