/*
 * http_error.c - maps the end of a transfer to an error kind. Pure but for its questions to
 * libcurl.
 *
 * A failure before the request was sent is CONNECT: no endpoint was asked, and another attempt is
 * safe. libcurl has no code of its own for a handshake that was cut off, so there its words decide.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "openai/http_internal.h"

static const char resent[] = "connection died before an answer; not resent";

/* OpenSSL's queue of errors names its complaint ("error:0A..."), and is empty, or has an end of
 * file, when the connection broke (vtls/openssl.c, ossl_connect_step2). */
static bool handshake_was_cut(const char *reason)
{
    return strstr(reason, "error:") == NULL || strstr(reason, "unexpected eof") != NULL;
}

/* libcurl reports headers above its bound, 300 KiB all together, as CURLE_RECV_ERROR. */
static bool headers_too_large(const char *reason)
{
    return strstr(reason, "Too large response headers") != NULL;
}

/* An answer of HTTP/1 without length and chunks goes on until the connection ends. OpenSSL 3.2 and
 * later call an end without close_notify an error, and many servers never send close_notify. The
 * decoder judges whether the body is whole. */
static bool ended_by_close_alone(const gl_transfer *transfer)
{
    long status = 0, version = 0;
    curl_off_t length = 0;
    struct curl_header *coding;
    CURL *easy = transfer->easy;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_HTTP_VERSION, &version);
    curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    return strstr(transfer->reason, "unexpected eof") != NULL && status >= 200 && length < 0 &&
           (version == CURL_HTTP_VERSION_1_0 || version == CURL_HTTP_VERSION_1_1) &&
           curl_easy_header(easy, "Transfer-Encoding", 0, CURLH_HEADER, -1, &coding) != CURLHE_OK;
}

/* libcurl 8.14 makes the text of a URL that it has in parts, and calls it malformed where it finds
 * no memory for that. A path that is no URL has no parts. */
static bool url_found_no_memory(const gl_transfer *transfer)
{
    return transfer->target != NULL && transfer->target->url != NULL &&
           strstr(transfer->reason, "No URL set") != NULL;
}

static glimpse_error judge_code(const gl_transfer *transfer)
{
    bool sent = transfer->sendings != 0;
    switch (transfer->code) {
    case CURLE_OK:
        return GLIMPSE_OK;
    case CURLE_OUT_OF_MEMORY:
        return GLIMPSE_ERR_OOM;
    case CURLE_URL_MALFORMAT:
        return url_found_no_memory(transfer) ? GLIMPSE_ERR_OOM : GLIMPSE_ERR_INVALID;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return GLIMPSE_ERR_DNS;
    case CURLE_COULDNT_CONNECT:
        return transfer->open_errno == EMFILE || transfer->open_errno == ENFILE
                   ? GLIMPSE_ERR_DESCRIPTORS
                   : GLIMPSE_ERR_CONNECT;
    case CURLE_PROXY:
        return GLIMPSE_ERR_CONNECT;
    case CURLE_SSL_CONNECT_ERROR:
        return handshake_was_cut(transfer->reason) ? GLIMPSE_ERR_CONNECT : GLIMPSE_ERR_TLS;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_SSL_ENGINE_SETFAILED:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_USE_SSL_FAILED:
        return GLIMPSE_ERR_TLS;
    case CURLE_FILESIZE_EXCEEDED:
        return GLIMPSE_ERR_BODY_TOO_LARGE;
    case CURLE_ABORTED_BY_CALLBACK: /* the second sending: see before_sending */
        return GLIMPSE_ERR_RESET;
    case CURLE_RECV_ERROR:
        if (headers_too_large(transfer->reason)) return GLIMPSE_ERR_PROTOCOL;
        if (sent && ended_by_close_alone(transfer)) return GLIMPSE_OK;
        return sent ? GLIMPSE_ERR_RESET : GLIMPSE_ERR_CONNECT;
    case CURLE_SEND_ERROR:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_FAIL_REWIND:
    case CURLE_OPERATION_TIMEDOUT: /* libcurl's own connect limit of five minutes */
        return sent ? GLIMPSE_ERR_RESET : GLIMPSE_ERR_CONNECT;
    case CURLE_HTTP2_STREAM: /* "(err 1)" is PROTOCOL_ERROR, RFC 9113 section 7 */
        return strstr(transfer->reason, "PROTOCOL_ERROR") != NULL ? GLIMPSE_ERR_PROTOCOL
                                                                  : GLIMPSE_ERR_RESET;
    default:
        return sent ? GLIMPSE_ERR_PROTOCOL : GLIMPSE_ERR_CONNECT;
    }
}

static const char *own_words(const gl_transfer *transfer, glimpse_error error)
{
    switch (error) {
    case GLIMPSE_ERR_BODY_TOO_LARGE:
        return "the answer is larger than the limit";
    case GLIMPSE_ERR_OOM: /* libcurl 7.88 has one code for both; later ones CURLE_TOO_LARGE */
        return transfer->code == CURLE_OUT_OF_MEMORY && transfer->sendings != 0 && !transfer->began
                   ? "out of memory, or a header line above the limit of 100 KiB"
                   : "out of memory";
    case GLIMPSE_ERR_REDIRECT:
        return "the server redirected; redirects are not followed";
    case GLIMPSE_ERR_PROTOCOL:
        if (headers_too_large(transfer->reason)) return gl_http_too_much_head;
        return transfer->code == CURLE_OK ? "the server switched to another protocol" : NULL;
    case GLIMPSE_ERR_RESET:
        return transfer->code == CURLE_ABORTED_BY_CALLBACK ? resent : NULL;
    case GLIMPSE_ERR_DESCRIPTORS:
        return "no file descriptor is left for a connection (ulimit -n)";
    case GLIMPSE_ERR_CONNECT:
        return transfer->code == CURLE_COULDNT_CONNECT && transfer->open_errno != 0
                   ? "no socket could be opened"
                   : NULL;
    default:
        return NULL;
    }
}

/* A status that refuses is the answer, even if its body broke off: a server that answers before it
 * has read the request, and closes, has the kernel send a reset behind the answer (tinyproxy's 401
 * and 407). This does not hold for a 2xx, whose body is the answer. Running out of memory stays an
 * error. */
static bool is_answered(long status, glimpse_error error)
{
    return status >= 300 && error != GLIMPSE_ERR_OOM && error != GLIMPSE_ERR_INVALID;
}

/* --- the proxy --- */

/* Returns the status with which a proxy refused the tunnel; 0 when it opened it, or there is
 * none. */
static long tunnel_status(const gl_transfer *transfer)
{
    long status = 0;
    if (transfer->sendings == 0)
        curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    return status >= 300 ? status : 0;
}

/* Words a SOCKS proxy's refusal: of the credentials, of missing ones, or of the destination by its
 * rules. NULL: it did not refuse. */
static const char *socks_refused(const gl_transfer *transfer)
{
    long why = CURLPX_OK;
    if (transfer->code != CURLE_PROXY) return NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_PROXY_ERROR, &why);
    if (why == CURLPX_REPLY_NOT_ALLOWED) return "refused the request";
    return why == CURLPX_USER_REJECTED || why == CURLPX_NO_AUTH ? "refused the credentials" : NULL;
}

/* Returns the first character of the body; 0: it is empty. */
static char first_of(const gl_transfer *transfer)
{
    gl_slice body = gl_buf_slice(&transfer->body);
    while (body.len != 0 && strchr(" \t\r\n", body.data[0]) != NULL) body.data++, body.len--;
    return body.len != 0 ? body.data[0] : '\0';
}

/* Returns true for a page for a person, by its type or, where it has none, by its beginning. */
static bool is_page(const gl_transfer *transfer)
{
    const char *type = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
    if (type != NULL) return strncasecmp(type, "text/html", 9) == 0;
    return first_of(transfer) == '<';
}

/* tinyproxy sends 500 where it cannot connect; so does an endpoint that failed, with a page. */
static bool is_tinyproxy(const gl_transfer *transfer)
{
    const char *server = gl_http_header(transfer, "server");
    return server != NULL && strncasecmp(server, "tinyproxy", 9) == 0;
}

/* Without a tunnel the proxy's answers look like the endpoint's. 407 only comes from a proxy, and
 * 502 and 504 are gateways' statuses, which an endpoint would send with JSON. A 401, 403 or 503
 * with a page for a person (squid, tinyproxy) is no answer of an endpoint that speaks JSON
 * either. */
static bool is_the_proxys(const gl_transfer *transfer, long status)
{
    char first = first_of(transfer);
    if (transfer->sendings == 0) return false;
    if (strncasecmp(transfer->http->endpoint.base_url, "http:", 5) != 0) return false;
    switch (status) {
    case 407:
        return true;
    case 502:
    case 504:
        return first != '{' && first != '[';
    case 401:
    case 403:
    case 503:
        return is_page(transfer);
    case 500:
        return is_tinyproxy(transfer);
    default:
        return false;
    }
}

/* Returns true when the proxy did not pass the request on; names the proxy and its status. A proxy
 * that did not reach the server (502, 503, 504) is a connection that could not be made, and is
 * named as well. */
static bool judge_proxy(gl_transfer *transfer, long status, gl_http_response *response)
{
    const char *name = transfer->http->endpoint.proxy_name, *what = "answered";
    long tunnel = tunnel_status(transfer);
    const char *socks = socks_refused(transfer);
    if (name == NULL || transfer->error != GLIMPSE_OK) return false;
    if (tunnel != 0) status = tunnel;
    if (socks == NULL && tunnel == 0 && !is_the_proxys(transfer, status)) return false;
    if (tunnel == 0) what = "or a gateway behind it answered";
    bool refused = socks != NULL || status == 401 || status == 403 || status == 407;
    if (refused) what = status == 403 ? "refused the request" : "refused the credentials";
    response->error = refused ? GLIMPSE_ERR_PROXY : GLIMPSE_ERR_CONNECT;
    response->status = refused ? (int)status : 0;
    if (socks != NULL)
        snprintf(transfer->reason, CURL_ERROR_SIZE, "the proxy %s %s", name, socks);
    else
        snprintf(transfer->reason, CURL_ERROR_SIZE, "the proxy %s %s, HTTP %ld", name, what,
                 status);
    response->message = transfer->reason;
    return true;
}

void gl_http_judge(gl_transfer *transfer, gl_http_response *response)
{
    long status = 0;
    if (transfer->sendings != 0) curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    response->status = (int)status;
    if (judge_proxy(transfer, status, response)) return;
    glimpse_error error = transfer->error;
    /* After the whole answer had come, the end of the transfer does not matter. */
    if (error == GLIMPSE_OK && !transfer->satisfied) error = judge_code(transfer);
    if (is_answered(status, error)) error = GLIMPSE_OK;
    if (error == GLIMPSE_OK && status >= 300 && status <= 399) error = GLIMPSE_ERR_REDIRECT;
    if (error == GLIMPSE_OK && status < 200) error = GLIMPSE_ERR_PROTOCOL;
    response->error = error;
    response->message = "";
    if (error == GLIMPSE_OK) return;
    response->message = transfer->why != NULL ? transfer->why : own_words(transfer, error);
    if (response->message == NULL)
        response->message =
            transfer->reason[0] != '\0' ? transfer->reason : curl_easy_strerror(transfer->code);
}
