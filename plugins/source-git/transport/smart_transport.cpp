#include "smart_transport.hpp"

#include <algorithm>

namespace stoker::git {
namespace {

constexpr std::uint64_t listing_bytes_max =
    128 << 20;  // libgit2 keeps the whole list in memory; more than 500,000 refs fit

// The last packet that libgit2 sends. The server may have closed the connection before; that error must not hide the
// real one.
constexpr std::string_view goodbye = "0000";

}  // namespace

// The objects that libgit2 gets: one subtransport for a fetch, and its current stream.
struct SmartTransport {
  struct Stream {
    git_smart_subtransport_stream parent;  // has to be the first member: libgit2 has a pointer to it
    SmartTransport& owner;
    std::unique_ptr<ByteStream> bytes;
  };
  git_smart_subtransport parent{};  // has to be the first member too
  Exchange& exchange;
  Stream* talking = nullptr;  // for a peer with one conversation

  explicit SmartTransport(Exchange& used) : exchange(used) {
    parent.action = [](git_smart_subtransport_stream** out, git_smart_subtransport* to, const char*,
                       git_smart_service_t wanted) { return of(to).begin(out, wanted); };
    parent.close = [](git_smart_subtransport*) { return 0; };
    parent.free = [](git_smart_subtransport* to) { delete &of(to); };
  }
  static SmartTransport& of(git_smart_subtransport* to) { return *reinterpret_cast<SmartTransport*>(to); }
  static Stream& of(git_smart_subtransport_stream* to) { return *reinterpret_cast<Stream*>(to); }

  int failed(Error why) {
    git_error_set_str(GIT_ERROR_NET, why.message.c_str());
    if (!exchange.failed_) exchange.failed_ = std::move(why);
    return -1;
  }

  int begin(git_smart_subtransport_stream** out, git_smart_service_t wanted) {
    if (wanted != GIT_SERVICE_UPLOADPACK_LS && wanted != GIT_SERVICE_UPLOADPACK)
      return failed(Error(errc::internal, "only fetching is supported", "git.internal"));
    exchange.listing_ = wanted == GIT_SERVICE_UPLOADPACK_LS;
    if (talking) {
      *out = &talking->parent;
      return 0;
    }
    auto bytes = exchange.peer_->talk(exchange.listing_ ? Service::list : Service::fetch);
    if (!bytes) return failed(std::move(bytes).error());
    auto* stream = new Stream{{&parent, read, write, end}, *this, std::move(*bytes)};
    if (!exchange.peer_->stateless()) talking = stream;
    *out = &stream->parent;
    return 0;
  }
  static int read(git_smart_subtransport_stream* from, char* into, size_t size, size_t* got) {
    Stream& stream = of(from);
    auto count = stream.bytes->read(into, size);
    if (!count) return stream.owner.failed(std::move(count).error());
    *got = *count;
    Exchange& exchange = stream.owner.exchange;
    if (exchange.listing_) exchange.look_for_shallow({into, *count});
    if (exchange.listing_ && (exchange.listed_bytes_ += *count) > listing_bytes_max)
      return stream.owner.failed(
          Error(errc::exhausted, "the list of refs is longer than 128 MiB", "git.listing-too-large").with_retry(false));
    return 0;
  }
  static int write(git_smart_subtransport_stream* to, const char* bytes, size_t size) {
    const std::string_view said(bytes, size);
    auto sent = of(to).bytes->write(said);
    if (sent || said == goodbye) return 0;
    return of(to).owner.failed(std::move(sent).error());
  }
  static void end(git_smart_subtransport_stream* ended) {
    if (of(ended).owner.talking == &of(ended)) of(ended).owner.talking = nullptr;
    delete &of(ended);
  }
};

git_transport_cb Exchange::transport() const {
  if (!peer_) return nullptr;
  return [](git_transport** out, git_remote* owner, void* exchange) {
    git_smart_subtransport_definition definition{};
    definition.rpc = static_cast<Exchange*>(exchange)->peer_->stateless();
    definition.param = exchange;
    definition.callback = [](git_smart_subtransport** made, git_transport*, void* of_exchange) {
      *made = &(new SmartTransport(*static_cast<Exchange*>(of_exchange)))->parent;
      return 0;
    };
    return git_transport_smart(out, owner, &definition);
  };
}

// A packet "shallow <id>", with a line end or without. It is asked about only after libgit2 failed, so bytes that
// merely look like such a packet do no harm.
void Exchange::look_for_shallow(std::string_view bytes) {
  constexpr std::string_view with_line_end = "0035shallow ", without = "0034shallow ";
  if (saw_shallow_) return;
  before_ += bytes;
  saw_shallow_ = before_.find(with_line_end) != std::string::npos || before_.find(without) != std::string::npos;
  before_.erase(0, before_.size() - std::min(before_.size(), without.size() - 1));
}

std::optional<Error> Exchange::ended() {
  if (!failed_) return std::nullopt;
  return std::move(*failed_);
}

}  // namespace stoker::git
