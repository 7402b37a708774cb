#include "tls_stream.hpp"

#include "libgit2.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace stoker::git {
namespace {

using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freed<SSL_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Text = std::unique_ptr<BIO, Freed<BIO_free>>;

constexpr std::size_t portion = 16384;

Text text_of(const std::string& pem) { return Text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

// Refuses a key with a passphrase; OpenSSL would ask for it on a terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

std::string last_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* text = code ? ERR_reason_error_string(code) : nullptr;
  return text ? text : "no reason given";
}

Result<void> trust(SSL_CTX* context, const std::string& ca) {
  if (ca.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return {};
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  const Text text = text_of(ca);
  int count = 0;
  while (const Certificate one{PEM_read_bio_X509(text.get(), nullptr, no_passphrase, nullptr)})
    count += X509_STORE_add_cert(store, one.get());
  ERR_clear_error();
  if (count == 0) return Error(errc::invalid, "git: ca does not contain a certificate in PEM form", "git.ca-invalid");
  // The certificate that the user gave is trusted as it is, also when it is an intermediate or the server's own.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

Result<void> present(SSL_CTX* context, const Access& access) {
  if (access.client_certificate.empty() && access.client_key.empty()) return {};
  const Error unusable(errc::invalid,
                       "git: clientCertificate: certificate and key (PEM, without a passphrase) do not make a pair",
                       "git.client-certificate-invalid");
  const Text chain = text_of(access.client_certificate.reveal()), key_text = text_of(access.client_key.reveal());
  const Certificate own(PEM_read_bio_X509(chain.get(), nullptr, no_passphrase, nullptr));
  const Key key(PEM_read_bio_PrivateKey(key_text.get(), nullptr, no_passphrase, nullptr));
  const bool pair = own && key && SSL_CTX_use_certificate(context, own.get()) == 1 &&
                    SSL_CTX_use_PrivateKey(context, key.get()) == 1 && SSL_CTX_check_private_key(context) == 1;
  while (X509* above = pair ? PEM_read_bio_X509(chain.get(), nullptr, no_passphrase, nullptr) : nullptr)
    SSL_CTX_add_extra_chain_cert(context, above);  // takes the ownership
  ERR_clear_error();
  if (!pair) return unusable;
  return {};
}

Result<Context> context_for(const Access& access) {
  Context context(SSL_CTX_new(TLS_client_method()));
  if (!context) return Error(errc::internal, "git: TLS cannot be started: " + last_reason(), "git.tls");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  // Many servers close the connection without a TLS close; the git protocol itself tells where an answer ends.
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (auto trusted = trust(context.get(), access.ca); !trusted) return std::move(trusted).error();
  if (auto shown = present(context.get(), access); !shown) return std::move(shown).error();
  return context;
}

// Sets the name that the certificate must be for.
bool expect_server(SSL* ssl, const std::string& host) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1) return true;
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(ssl, host.c_str()) == 1 && SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
}

Error distrusted(long verdict, const std::string& host, bool own_ca) {
  const std::string why =
      "the certificate of " + host + " is not trusted: " + X509_verify_cert_error_string(verdict) + "; ";
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Error(errc::denied, why + "it has to be renewed there, unless this machine's clock is wrong",
                   "git.tls-expired");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Error(errc::denied, why + "write the name that the certificate is for", "git.tls-name");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:  // another certificate of the same name is trusted
      return Error(errc::denied,
                   why + (own_ca ? "the ca that is configured did not sign it"
                                 : "if it is a private authority's, give its certificate as ca"),
                   "git.tls-unknown-authority");
    default: return Error(errc::denied, why + "ask the operator of the server", "git.tls-untrusted");
  }
}

// OpenSSL reads and writes memory. The bytes go through the connection below, which obeys the bound.
class TlsStream : public ByteStream {
 public:
  TlsStream(std::unique_ptr<ByteStream> below, std::string host, bool own_ca)
      : below_(std::move(below)), host_(std::move(host)), own_ca_(own_ca) {}

  Result<void> handshake(SSL_CTX* context) {
    ssl_.reset(SSL_new(context));
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    if (!ssl_ || !in_ || !out_) return Error(errc::exhausted, "git: no memory for TLS", "git.tls");
    SSL_set_bio(ssl_.get(), in_, out_);
    if (!expect_server(ssl_.get(), host_))
      return Error(errc::invalid, host_ + " is not a name that a certificate can be for", "git.tls-name");
    auto done = drive([&] { return SSL_connect(ssl_.get()); });
    if (!done) return std::move(done).error();
    if (*done == 0) return Error(errc::unreachable, host_ + " ended the TLS handshake", "git.tls");
    return {};
  }
  Result<std::size_t> read(char* into, std::size_t size) override {
    return drive([&] { return SSL_read(ssl_.get(), into, static_cast<int>(std::min(size, portion))); });
  }
  Result<void> write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::string_view part = bytes.substr(0, portion);
      auto sent = drive([&] { return SSL_write(ssl_.get(), part.data(), static_cast<int>(part.size())); });
      if (!sent) return std::move(sent).error();
      if (*sent == 0) return Error(errc::unreachable, host_ + " ended the connection", "git.connection-lost");
      bytes.remove_prefix(*sent);
    }
    return {};
  }

 private:
  // Repeats one operation of OpenSSL until it is done, and moves bytes in between. 0: the server has closed.
  template <class Operation>
  Result<std::size_t> drive(Operation operation) {
    for (;;) {
      ERR_clear_error();
      const int done = operation();
      const int why = done > 0 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), done);
      auto flushed = flush();
      if (done > 0 && flushed) return static_cast<std::size_t>(done);
      if (why == SSL_ERROR_SSL) return failed();  // returned before the alert is sent, which may fail now
      if (!flushed) return std::move(flushed).error();
      if (why == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
      if (why != SSL_ERROR_WANT_READ) return failed();
      auto more = take();
      if (!more) return std::move(more).error();
      if (*more) continue;
      if (ended_) return std::size_t{0};
      ended_ = true;
      BIO_set_mem_eof_return(in_, 0);
    }
  }
  Result<void> flush() {
    char bytes[portion];
    for (int count; (count = BIO_read(out_, bytes, sizeof bytes)) > 0;)
      if (auto sent = below_->write({bytes, static_cast<std::size_t>(count)}); !sent) return sent;
    return {};
  }
  Result<bool> take() {
    char bytes[portion];
    auto got = below_->read(bytes, sizeof bytes);
    if (!got) return std::move(got).error();
    BIO_write(in_, bytes, static_cast<int>(*got));
    return *got > 0;
  }
  Error failed() const {
    const long verdict = SSL_get_verify_result(ssl_.get());
    if (verdict != X509_V_OK) return distrusted(verdict, host_, own_ca_);
    switch (ERR_GET_REASON(ERR_peek_last_error())) {
      case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
      case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
      case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
      case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
      case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
        return Error(errc::denied,
                     host_ + " does not accept our client certificate or the lack of one (" + last_reason() +
                         "); give it as clientCertificate",
                     "git.tls-client-certificate");
      default:
        return Error(errc::unreachable, "TLS with " + host_ + ": " + last_reason() + "; TLS 1.2 and 1.3 are supported",
                     "git.tls");
    }
  }

  const std::unique_ptr<ByteStream> below_;
  const std::string host_;
  const bool own_ca_;
  Session ssl_;
  BIO *in_ = nullptr, *out_ = nullptr;  // owned by the session
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<ByteStream>> secure(std::unique_ptr<ByteStream> connection, const std::string& host,
                                           const Access& access) {
  auto context = context_for(access);
  if (!context) return std::move(context).error();
  auto stream = std::make_unique<TlsStream>(std::move(connection), host, !access.ca.empty());
  if (auto shaken = stream->handshake(context->get()); !shaken) return std::move(shaken).error();
  return std::unique_ptr<ByteStream>(std::move(stream));
}

Result<void> check_trust(const Access& access) {
  if (access.ca.empty() && access.client_certificate.empty() && access.client_key.empty()) return {};
  auto context = context_for(access);
  if (!context) return std::move(context).error();
  return {};
}

}  // namespace stoker::git
