/* certificate.h - X.509 certificates made on the spot, for the TLS servers of the tests. */
#ifndef CERTIFICATE_H
#define CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

/* A new one, on the curve P-256. The caller frees it. */
EVP_PKEY *certificate_key(void);

/* Valid from yesterday until so many seconds from now. issuer NULL: signed by its own key, a CA;
 * else for 127.0.0.1 and front.test. The caller frees it. */
X509 *certificate_make(EVP_PKEY *key, const char *name, X509 *issuer, EVP_PKEY *issuer_key,
                       long seconds);

#endif
