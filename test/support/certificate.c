/* certificate.c - see certificate.h. */
#include "certificate.h"

#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "certificate: %s\n", #condition);                                      \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Not EVP_EC_gen: a macro that casts what strstr returns, and with forky's glibc that is const. */
EVP_PKEY *certificate_key(void)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    MUST(key != NULL);
    return key;
}

static void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    MUST(extension != NULL);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X509 *certificate_make(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *issuer_key,
                       long seconds)
{
    static long serial = 1;
    X509 *certificate = X509_new();
    MUST(certificate != NULL);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
    X509_set_pubkey(certificate, key);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509 *signer = issuer != NULL ? issuer : certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(signer));
    if (issuer == NULL)
        add_extension(certificate, signer, NID_basic_constraints, "critical,CA:TRUE");
    else
        add_extension(certificate, signer, NID_subject_alt_name, "IP:127.0.0.1,DNS:front.test");
    MUST(X509_sign(certificate, issuer != NULL ? issuer_key : key, EVP_sha256()) > 0);
    return certificate;
}
