// See certificates.hpp.
#include "certificates.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>

namespace certificates {
namespace {

using Key = std::shared_ptr<EVP_PKEY>;
using Certificate = std::shared_ptr<X509>;

Key make_key() { return Key(EVP_EC_gen("P-256"), EVP_PKEY_free); }

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make(const std::string& name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, const Wish* wish) {
  static std::atomic<long> serial{1};
  Certificate made(X509_new(), X509_free);
  X509_set_version(made.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), wish ? wish->starts_in : -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), wish ? wish->ends_in : 3600);
  X509_set_pubkey(made.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* by = issuer ? issuer : made.get();
  X509_set_issuer_name(made.get(), X509_get_subject_name(by));
  if (wish)
    extend(made.get(), by, NID_subject_alt_name, wish->names);
  else
    extend(made.get(), by, NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(made.get(), issuer_key, EVP_sha256());
  return made;
}

std::string text_of(const std::shared_ptr<BIO>& bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

std::string pem_of(X509* certificate) {
  const std::shared_ptr<BIO> bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(bio.get(), certificate);
  return text_of(bio);
}

std::string pem_of(EVP_PKEY* key) {
  const std::shared_ptr<BIO> bio(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(bio);
}

}  // namespace

Authority::Authority() : key_(make_key()) {
  certificate_ = make("test authority", key_.get(), nullptr, key_.get(), nullptr);
  pem_ = pem_of(certificate_.get());
}

KeyPair Authority::sign(const Wish& wish) const {
  const Key key = make_key();
  return {pem_of(make("server", key.get(), certificate_.get(), key_.get(), &wish).get()), pem_of(key.get())};
}

KeyPair Authority::self_signed(const Wish& wish) {
  const Key key = make_key();
  return {pem_of(make("server", key.get(), nullptr, key.get(), &wish).get()), pem_of(key.get())};
}

}  // namespace certificates
