/* tls_setup.h - server contexts with certificates made for the run, and the file of their CA. */
#ifndef TLS_SETUP_H
#define TLS_SETUP_H

#include <openssl/ssl.h>

#include "batch_run.h"

typedef struct tls_setup {
    SSL_CTX *context;
    char ca_file[500];
} tls_setup;

/* A certificate for 127.0.0.1 and front.test, valid for so many seconds from now. The run's URL
 * becomes https, and its CA is trusted. */
void tls_setup_init(tls_setup *tls, batch_run *run, long seconds);
void tls_setup_free(tls_setup *tls); /* after batch_end */

#endif
