// A receiver of webhooks: remembers every request and answers with the status that it was told. One thread of its own;
// its functions may be called from any.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace plant {

class Receiver {
 public:
  struct Request {
    std::string key;    // Idempotency-Key
    std::string event;  // X-Stoker-Event
    std::string body;
  };

  Receiver();
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::string url() const;
  void answer(unsigned status);
  std::vector<Request> requests() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace plant
