/*
 * http_flood.c - bounds the bytes without content that one HTTP/2 server may send in one turn of
 * the loop.
 *
 * libcurl reads an HTTP/2 connection until it would block. A server that sends frames without
 * content (WINDOW_UPDATE, PRIORITY, empty DATA) faster than they are read never lets
 * curl_multi_socket_action return: no timer fires, no signal is served, a core is used (libcurl
 * 7.88.1; later releases return now and then, and go on for ever). libcurl calls nothing of ours
 * meanwhile; OpenSSL does, for each TLS record. Beyond the bound this file tells OpenSSL that the
 * peer has closed the connection, and libcurl ends it.
 */
#include <openssl/ssl.h>
#include <string.h>

#include "openai/http_internal.h"

/* Bytes of TLS records above the bytes of bodies that came in them, since the last call of
 * curl_multi_socket_action that brought any of a body or ended a transfer. Headers and framing of
 * answers in order are some hundred bytes each. */
#define BARREN_MAX ((int64_t)1024 * 1024)
/* version, type and length of a record, as the callback gets them */
#define RECORD_HEAD 5

static void record_came(int write, int version, int type, const void *data, size_t len, SSL *ssl,
                        void *arg)
{
    (void)version;
    if (write || type != SSL3_RT_HEADER || len < RECORD_HEAD) return;
    gl_shard *shard = arg;
    const unsigned char *head = data;
    shard->barren += RECORD_HEAD + (head[3] << 8 | head[4]);
    if (shard->barren <= BARREN_MAX) return;
    shard->flooded = true;
    SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
}

/* libcurl makes one context for each connection, and a connection stays in its shard. */
static CURLcode connection_made(CURL *easy, void *context, void *arg)
{
    (void)easy;
    const gl_transfer *transfer = arg;
    SSL_CTX_set_msg_callback(context, record_came);
    SSL_CTX_set_msg_callback_arg(context, transfer->shard);
    return CURLE_OK;
}

bool gl_flood_guard(gl_transfer *transfer)
{
    /* Another TLS library has contexts of another kind, and refuses or misreads the option. */
    const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;
    if (library == NULL || strncmp(library, "OpenSSL/", 8) != 0) return true;
    return curl_easy_setopt(transfer->easy, CURLOPT_SSL_CTX_FUNCTION, connection_made) ==
               CURLE_OK &&
           curl_easy_setopt(transfer->easy, CURLOPT_SSL_CTX_DATA, transfer) == CURLE_OK;
}
