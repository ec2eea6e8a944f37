/* tls_setup.c - see tls_setup.h. */
#include "tls_setup.h"

#include <openssl/pem.h>

#include "certificate.h"

void tls_setup_init(tls_setup *tls, batch_run *run, long seconds)
{
    EVP_PKEY *ca_key = certificate_key(), *key = certificate_key();
    X509 *ca = certificate_make(ca_key, "Test CA", NULL, NULL, 86400);
    X509 *leaf = certificate_make(key, "front.test", ca, ca_key, seconds);
    snprintf(tls->ca_file, sizeof tls->ca_file, "%s/ca.pem", run->dir);
    FILE *file = fopen(tls->ca_file, "w");
    assert_true(file != NULL && PEM_write_X509(file, ca) == 1 && fclose(file) == 0);
    tls->context = SSL_CTX_new(TLS_server_method());
    assert_non_null(tls->context);
    assert_int_equal(SSL_CTX_use_certificate(tls->context, leaf), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(tls->context, key), 1);
    X509_free(ca);
    X509_free(leaf);
    EVP_PKEY_free(ca_key);
    EVP_PKEY_free(key);
    snprintf(run->url, sizeof run->url, "https://127.0.0.1:%d/v1", fault_server_port(run->server));
    batch_args(run, "--ca-file", tls->ca_file, NULL);
    fault_server_tls(run->server, tls->context);
}

void tls_setup_free(tls_setup *tls)
{
    SSL_CTX_free(tls->context);
}
