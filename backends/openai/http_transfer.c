/*
 * http_transfer.c - easy handles: their options, the callbacks that libcurl calls for them, their
 * pool.
 *
 * An easy handle is set up once and keeps its options: a new one costs some twenty setopts and six
 * allocations. A request changes only the body, and the path when it differs. The callbacks run
 * inside libcurl: they store, and never call it.
 */
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "openai/http_internal.h"

/* A larger answer is freed when the transfer is pooled; answers are 1 to 4 KiB. */
#define KEEP_BYTES ((size_t)64 * 1024)
/* At most this much is reserved because of a Content-Length alone. */
#define TRUST_BYTES ((curl_off_t)256 * 1024)
/* Transfers that are kept although fewer run. */
#define POOL_FLOOR 64
/* While this many run, or more, memory goes before time: each further one has libcurl's smallest
 * receive buffer, and gives its own back when it ends. A read of the answer is then 1 KiB at most,
 * which costs 1.5 us for each KiB more (libcurl 7.88.1). */
#define MANY 500
/* Bytes of libcurl's receive buffer, and its smallest (READBUFFER_MIN). */
#define READ_BYTES     4096L
#define READ_BYTES_MIN 1024L
/* Bytes of its send buffer: the smallest there is. */
#define SEND_BYTES 16384L
/* Transfers looked at in one drain: as many as it starts, in the usual case. */
#define TRIM_AT_ONCE 256
/* Most bytes of status lines, headers and trailers of one answer. libcurl bounds the headers at as
 * much (MAX_HTTP_RESP_HEADER_SIZE), and keeps trailers without a bound. */
#define HEAD_BYTES_MAX ((size_t)300 * 1024)

const char gl_http_too_much_head[] =
    "headers and trailers of the answer are larger than 300 KiB together";

/* --- the answer's memory --- */

/* The same for a name in any case. The factors are such that of OpenAI's headers none shares its
 * bit with one that is asked for and is not there. */
static uint64_t name_bit(const char *name, size_t len)
{
    unsigned middle = (unsigned char)(name[len / 2] | 0x20);
    unsigned last = (unsigned char)(name[len - 1] | 0x20);
    return UINT64_C(1) << ((len * 11 + middle * 7 + last) % 64);
}

/* Most headers that are asked for are in no answer: their bits say so, where libcurl would compare
 * the name with each of the answer's. */
const char *gl_http_header(const void *headers, const char *name)
{
    const gl_transfer *transfer = headers;
    struct curl_header *found;
    if (transfer == NULL || (transfer->names & name_bit(name, strlen(name))) == 0) return NULL;
    return curl_easy_header(transfer->easy, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK
               ? found->value
               : NULL;
}

/* --- callbacks --- */

/* libcurl's times count from the transfer's start, in us. Our look-up was before that, so libcurl's
 * own is that of its cache. */
static void tell_opening(const gl_transfer *transfer)
{
    curl_off_t name = 0, connected = 0, secured = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_NAMELOOKUP_TIME_T, &name);
    curl_easy_getinfo(transfer->easy, CURLINFO_CONNECT_TIME_T, &connected);
    curl_easy_getinfo(transfer->easy, CURLINFO_APPCONNECT_TIME_T, &secured);
    glimpse_opening opening = { .dns_ns = transfer->dns_ns,
                                .connect_ns = (int64_t)(connected - name) * (int64_t)GL_US,
                                .tls_ns = secured > 0
                                              ? (int64_t)(secured - connected) * (int64_t)GL_US
                                              : -1 };
    transfer->observer->opened(transfer->arg, &opening);
}

static bool is_https(const char *url)
{
    return strncasecmp(url, "https://", strlen("https://")) == 0;
}

/* libcurl sends the caller's bytes where it may: over HTTP/1.1 without TLS. */
static bool copies_request(const gl_transfer *transfer)
{
    const gl_endpoint *endpoint = &transfer->http->endpoint;
    return endpoint->copies && transfer->upload == NULL &&
           (endpoint->multiplex || is_https(endpoint->base_url) || is_https(endpoint->proxy));
}

/* Many transfers wait for their answers: they share the room for libcurl's words. */
static void give_words_back(gl_transfer *transfer)
{
    if (curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, transfer->http->late) != CURLE_OK)
        return;
    gl_free(transfer->reason);
    transfer->reason = NULL;
    transfer->late = true;
}

/* Before each sending of the request, on a new connection or a reused one. libcurl would send a
 * POST again, up to five times, when a reused connection dies without an answer
 * (Curl_retry_request), or HTTP/2 refuses the stream: the second time is refused here. */
static int before_sending(void *arg, char *peer_ip, char *local_ip, int peer_port, int local_port)
{
    (void)peer_ip;
    (void)local_ip;
    (void)peer_port;
    gl_transfer *transfer = arg;
    if (transfer->sendings != 0) {
        transfer->sendings++;
        return CURL_PREREQFUNC_ABORT;
    }
    long connects = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &connects);
    transfer->again = connects == 0 && gl_socket_is_stale(transfer->shard, local_port);
    if (transfer->again) return CURL_PREREQFUNC_ABORT;
    transfer->sendings = 1;
    if (transfer->small && !transfer->http->endpoint.multiplex) give_words_back(transfer);
    if (copies_request(transfer)) gl_list_push_back(&transfer->http->sending, &transfer->aside);
    /* An HTTP/2 connection carries other requests at the same time, so its end says nothing about
     * this one. */
    transfer->reused = connects == 0 && !transfer->http->endpoint.multiplex;
    if (connects != 0 && transfer->observer->opened != NULL) tell_opening(transfer);
    transfer->observer->progress(transfer->arg, GLIMPSE_PROGRESS_CONNECTED);
    transfer->observer->progress(transfer->arg, GLIMPSE_PROGRESS_SENT);
    return CURL_PREREQFUNC_OK;
}

static void reserve_announced(gl_transfer *transfer)
{
    curl_off_t len = -1;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &len);
    if (len > 0 && len <= TRUST_BYTES) gl_buf_reserve(&transfer->body, (size_t)len);
}

static gl_http_framing framing_of(const gl_transfer *transfer, gl_slice bytes)
{
    if (transfer->observer->begin == NULL) return GL_HTTP_WHOLE;
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    return transfer->observer->begin(transfer->arg, (int)status, bytes);
}

static glimpse_error pass_on(gl_transfer *transfer, gl_slice bytes)
{
    gl_http *http = transfer->http;
    if (transfer->satisfied) return GLIMPSE_OK;
    if (bytes.len > http->endpoint.max_response_bytes - transfer->received)
        return GLIMPSE_ERR_BODY_TOO_LARGE;
    transfer->received += bytes.len;
    if (transfer->observer->chunk(transfer->arg, bytes) == GL_HTTP_MORE) return GLIMPSE_OK;
    transfer->satisfied = true;
    transfer->enough_at = gl_loop_now(http->loop);
    gl_node_remove(&transfer->aside);
    gl_list_push_back(&http->enough, &transfer->aside);
    gl_enough_await(http);
    return GLIMPSE_OK;
}

static glimpse_error keep(gl_transfer *transfer, gl_slice bytes)
{
    gl_buf_append(&transfer->body, bytes.data, bytes.len);
    if (!transfer->body.failed) return GLIMPSE_OK;
    return transfer->body.too_large ? GLIMPSE_ERR_BODY_TOO_LARGE : GLIMPSE_ERR_OOM;
}

/* Called for each line of the head, of each 1xx answer before it, and of the trailers. */
static size_t head_came(char *data, size_t size, size_t count, void *arg)
{
    gl_transfer *transfer = arg;
    size_t len = size * count;
    const char *colon = memchr(data, ':', len);
    if (colon != NULL && colon != data) transfer->names |= name_bit(data, (size_t)(colon - data));
    transfer->head_bytes += len;
    if (transfer->head_bytes <= HEAD_BYTES_MAX) return len;
    transfer->error = GLIMPSE_ERR_PROTOCOL;
    transfer->why = gl_http_too_much_head;
    return CURL_WRITEFUNC_ERROR;
}

/* The framing is not known yet: the earlier bytes are in transfer->body, and go the same way. */
static glimpse_error tell_framing(gl_transfer *transfer, gl_slice bytes)
{
    gl_slice held = gl_buf_slice(&transfer->body);
    if (held.len != 0) {
        glimpse_error error = keep(transfer, bytes);
        if (error != GLIMPSE_OK) return error;
        bytes = gl_buf_slice(&transfer->body);
    }
    transfer->framing = framing_of(transfer, bytes);
    if (transfer->framing == GL_HTTP_PIECES) {
        glimpse_error error = pass_on(transfer, bytes);
        gl_buf_reset(&transfer->body);
        return error;
    }
    if (held.len != 0) return GLIMPSE_OK;
    if (transfer->framing == GL_HTTP_WHOLE) reserve_announced(transfer);
    return keep(transfer, bytes);
}

/* The first byte of the answer is the first of its body: servers of completions send the headers
 * together with it. */
static size_t body_came(char *data, size_t size, size_t count, void *arg)
{
    gl_transfer *transfer = arg;
    size_t len = size * count;
    gl_slice bytes = gl_slice_of(data, len);
    bool first = !transfer->began;
    if (transfer->held) return CURL_WRITEFUNC_PAUSE; /* they come again when it goes on */
    transfer->began = true;
    transfer->observer->progress(transfer->arg,
                                 first ? GLIMPSE_PROGRESS_FIRST_BYTE : GLIMPSE_PROGRESS_BYTES);
    if (!gl_memory_take(transfer, len)) return CURL_WRITEFUNC_PAUSE; /* it comes again */
    transfer->shard->barren -= (int64_t)len;
    transfer->shard->fruitful = true;
    glimpse_error error;
    if (transfer->framing == GL_HTTP_UNTOLD)
        error = tell_framing(transfer, bytes);
    else
        error =
            transfer->framing == GL_HTTP_PIECES ? pass_on(transfer, bytes) : keep(transfer, bytes);
    if (error == GLIMPSE_OK) return len;
    transfer->error = error;
    return CURL_WRITEFUNC_ERROR;
}

/* --- one handle --- */

#define SET(option, value) ok = ok && curl_easy_setopt(easy, option, value) == CURLE_OK

/* Before 8.7.0 each transfer has its own buffer, from its start to its end; since then all of a
 * multi handle share one. */
static bool has_own_buffers(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num < 0x080700;
}

static bool set_buffers(CURL *easy)
{
    bool ok = true;
    if (has_own_buffers()) {
        SET(CURLOPT_BUFFERSIZE, READ_BYTES);
        SET(CURLOPT_UPLOAD_BUFFERSIZE, SEND_BYTES);
    }
    return ok;
}

void gl_transfers_trim(gl_http *http)
{
    gl_node *node;
    for (int i = 0; i < TRIM_AT_ONCE && (node = gl_list_pop_front(&http->sending)) != NULL; i++) {
        gl_transfer *transfer = GL_CONTAINER(node, gl_transfer, aside);
        curl_off_t sent = 0;
        curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
        if (sent < (curl_off_t)transfer->request.len)
            gl_list_push_back(&http->sending, node);
        else /* setting the size frees the buffer, until there is something to send */
            curl_easy_setopt(transfer->easy, CURLOPT_UPLOAD_BUFFERSIZE, SEND_BYTES);
    }
}

/* Before it is added, when it has no buffer yet. Where libcurl refuses, the size stays. */
static void choose_buffer(gl_transfer *transfer)
{
    bool small = transfer->http->running >= MANY;
    if (small == transfer->small || !has_own_buffers()) return;
    if (curl_easy_setopt(transfer->easy, CURLOPT_BUFFERSIZE, small ? READ_BYTES_MIN : READ_BYTES) ==
        CURLE_OK)
        transfer->small = small;
}

static bool set_wire(CURL *easy, gl_http *http)
{
    const gl_endpoint *endpoint = &http->endpoint;
    bool ok = set_buffers(easy);
    SET(CURLOPT_SHARE, http->share);
    SET(CURLOPT_NOSIGNAL, 1L); /* else six rt_sigaction a request */
    /* The cache holds addresses that were written as such, and names that we look up ourselves and
     * put there for good: there is nothing to look for that has grown old, twice a request. */
    SET(CURLOPT_DNS_CACHE_TIMEOUT, -1L);
    SET(CURLOPT_TCP_KEEPALIVE, 1L);
    SET(CURLOPT_TCP_KEEPIDLE, 60L); /* s; waits for a model are longer than NATs remember */
    SET(CURLOPT_TCP_KEEPINTVL, 30L);
    SET(CURLOPT_OPENSOCKETFUNCTION, gl_socket_open);
    SET(CURLOPT_CLOSESOCKETFUNCTION, gl_socket_close);
    SET(CURLOPT_CLOSESOCKETDATA, http);
    /* "" and not NULL: libcurl then reads no environment variable. */
    SET(CURLOPT_PROXY, endpoint->proxy);
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, endpoint->http_version);
    SET(CURLOPT_PIPEWAIT, endpoint->multiplex ? 1L : 0L);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2); /* the least; RFC 8996 */
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    /* Never both: with a directory set, libcurl parses the bundle anew for each connection. Each
     * handle has a copy of the names: none where no certificate is looked at. */
    bool secure = is_https(endpoint->base_url), proxied = is_https(endpoint->proxy);
    SET(CURLOPT_CAINFO, secure ? endpoint->ca_file : NULL);
    SET(CURLOPT_CAPATH, secure ? endpoint->ca_path : NULL);
    SET(CURLOPT_PROXY_CAINFO, proxied ? endpoint->ca_file : NULL);
    SET(CURLOPT_PROXY_CAPATH, proxied ? endpoint->ca_path : NULL);
    return ok;
}

static bool set_request(CURL *easy, gl_transfer *transfer)
{
    const gl_endpoint *endpoint = &transfer->http->endpoint;
    bool ok = true;
    SET(CURLOPT_PRIVATE, transfer);
    SET(CURLOPT_OPENSOCKETDATA, transfer);
    SET(CURLOPT_PREREQFUNCTION, before_sending);
    SET(CURLOPT_PREREQDATA, transfer);
    SET(CURLOPT_WRITEFUNCTION, body_came);
    SET(CURLOPT_WRITEDATA, transfer);
    SET(CURLOPT_HEADERFUNCTION, head_came);
    SET(CURLOPT_HEADERDATA, transfer);
    SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)endpoint->max_response_bytes);
    SET(CURLOPT_HTTPHEADER, endpoint->post_headers);
    /* No coding is asked for (the header is among those that are left out), and one that a server
     * or a proxy uses all the same is undone. */
    SET(CURLOPT_ACCEPT_ENCODING, "identity");
    SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE); /* the key is not for the proxy */
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    return ok;
}

/* --- where it goes --- */

void gl_target_unref(gl_target *target)
{
    if (target == NULL || --target->owners > 0) return;
    curl_url_cleanup(target->url);
    gl_free(target->text);
    gl_free(target);
}

/* libcurl takes a URL apart for each request, and puts it together again (12,800 instructions of
 * 7.88.1's 83,000 a request), unless it is given the parts. Where there are none to give, it says
 * so itself when it is to send the request. false: out of memory. */
static bool take_apart(gl_target *target)
{
    target->url = curl_url();
    if (target->url == NULL) return false;
    CURLUcode code =
        curl_url_set(target->url, CURLUPART_URL, target->text, CURLU_NON_SUPPORT_SCHEME);
    if (code == CURLUE_OK) return true;
    curl_url_cleanup(target->url);
    target->url = NULL;
    return code != CURLUE_OUT_OF_MEMORY;
}

static gl_target *target_new(const char *base_url, const char *path)
{
    size_t size = strlen(path) + 1;
    gl_target *target = gl_malloc(sizeof *target + size);
    if (target == NULL) return NULL;
    *target = (gl_target){ .owners = 1 };
    memcpy(target->path, path, size);
    gl_buf url;
    gl_buf_init(&url, SIZE_MAX);
    gl_buf_append_str(&url, base_url);
    while (*path == '/') path++;
    if (*path != '\0') gl_buf_append_char(&url, '/');
    gl_buf_append_str(&url, path);
    if (gl_buf_terminate(&url)) target->text = url.data; /* which is freed as the rest is */
    if (target->text != NULL && take_apart(target)) return target;
    if (target->text == NULL) gl_buf_free(&url);
    gl_target_unref(target);
    return NULL;
}

static bool set_path(gl_transfer *transfer, const char *path)
{
    gl_http *http = transfer->http;
    CURL *easy = transfer->easy;
    bool ok = true;
    if (transfer->target != NULL && strcmp(transfer->target->path, path) == 0) return true;
    if (http->target == NULL || strcmp(http->target->path, path) != 0) {
        gl_target *target = target_new(http->endpoint.base_url, path);
        if (target == NULL) return false;
        gl_target_unref(http->target);
        http->target = target;
    }
    SET(CURLOPT_URL, http->target->text);
    SET(CURLOPT_CURLU, http->target->url);
    if (!ok) return false;
    gl_target_unref(transfer->target);
    transfer->target = http->target;
    transfer->target->owners++;
    return true;
}

static bool set_body(gl_transfer *transfer, gl_slice body)
{
    CURL *easy = transfer->easy;
    const gl_endpoint *endpoint = &transfer->http->endpoint;
    bool get = body.data == NULL, ok = true;
    if (get != transfer->get)
        SET(CURLOPT_HTTPHEADER, get ? endpoint->get_headers : endpoint->post_headers);
    if (get) {
        SET(CURLOPT_HTTPGET, 1L);
    } else {
        SET(CURLOPT_POSTFIELDS, body.data); /* implies POST */
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
    }
    transfer->get = get;
    return ok;
}

/* The headers of every request of this method. */
static struct curl_slist *shared_headers(const gl_transfer *transfer)
{
    const gl_endpoint *endpoint = &transfer->http->endpoint;
    return transfer->get ? endpoint->get_headers : endpoint->post_headers;
}

bool gl_transfer_set_headers(gl_transfer *transfer, const char *const *lines, size_t count)
{
    transfer->own = gl_calloc(count, sizeof *transfer->own);
    if (transfer->own == NULL) return false;
    for (size_t i = 0; i < count; i++) {
        transfer->own[i].data = (char *)(uintptr_t)lines[i]; /* libcurl only reads it */
        transfer->own[i].next = i + 1 < count ? &transfer->own[i + 1] : shared_headers(transfer);
    }
    return curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->own) == CURLE_OK;
}

static void drop_headers(gl_transfer *transfer)
{
    if (transfer->own == NULL) return;
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, shared_headers(transfer));
    gl_free(transfer->own);
    transfer->own = NULL;
}

bool gl_transfer_resolve(gl_transfer *transfer, gl_addresses *addresses)
{
    /* Loaded when the transfer runs, into the cache that all shards share, without expiry: so
     * libcurl finds the name there and starts no thread. Once for each handle and answer. */
    if (transfer->addresses == addresses) return true;
    struct curl_slist *list = gl_endpoint_resolve_list(&transfer->http->endpoint, addresses);
    if (list == NULL) return false;
    curl_easy_setopt(transfer->easy, CURLOPT_RESOLVE, list);
    curl_slist_free_all(transfer->resolve);
    gl_addresses_unref(transfer->addresses);
    transfer->resolve = list;
    transfer->addresses = gl_addresses_ref(addresses);
    return true;
}

/* --- the pool --- */

static gl_transfer *transfer_new(gl_http *http)
{
    gl_transfer *transfer = gl_calloc(1, sizeof *transfer);
    if (transfer == NULL) return NULL;
    transfer->http = http;
    gl_node_init(&transfer->node);
    gl_node_init(&transfer->aside);
    gl_node_init(&transfer->memory);
    gl_buf_init(&transfer->body, http->endpoint.max_response_bytes);
    CURL *easy = transfer->easy = curl_easy_init();
    if (easy == NULL || !set_wire(easy, http) || !set_request(easy, transfer) ||
        (http->endpoint.multiplex && !gl_flood_guard(transfer))) {
        gl_transfer_free(transfer);
        return NULL;
    }
    return transfer;
}

void gl_transfer_free(gl_transfer *transfer)
{
    curl_easy_cleanup(transfer->easy);
    gl_target_unref(transfer->target);
    gl_upload_free(transfer->upload);
    curl_slist_free_all(transfer->resolve);
    gl_addresses_unref(transfer->addresses);
    gl_buf_free(&transfer->body);
    gl_free(transfer->reason);
    gl_free(transfer);
}

/* Room of its own for libcurl's words about it. false: out of memory. */
static bool has_words(gl_transfer *transfer)
{
    if (transfer->reason != NULL) return true;
    transfer->reason = gl_malloc(CURL_ERROR_SIZE);
    transfer->late = false;
    return transfer->reason != NULL &&
           curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, transfer->reason) == CURLE_OK;
}

gl_transfer *gl_transfer_take(gl_http *http, const char *path, gl_slice body)
{
    gl_node *node = gl_list_pop_front(&http->pool);
    gl_transfer *transfer =
        node != NULL ? GL_CONTAINER(node, gl_transfer, node) : transfer_new(http);
    if (transfer == NULL) return NULL;
    if (node != NULL) http->pooled--;
    if (!has_words(transfer) || !set_path(transfer, path) || !set_body(transfer, body)) {
        gl_transfer_free(transfer);
        return NULL;
    }
    choose_buffer(transfer);
    gl_buf_reset(&transfer->body);
    transfer->request = body;
    transfer->error = GLIMPSE_OK;
    transfer->why = NULL;
    transfer->code = CURLE_OK;
    transfer->open_errno = 0;
    if (transfer->fresh) curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 0L);
    transfer->fresh = transfer->reused = transfer->again = false;
    transfer->sendings = 0;
    transfer->dns_ns = -1;
    transfer->received = transfer->head_bytes = 0;
    transfer->names = 0;
    transfer->framing = GL_HTTP_UNTOLD;
    transfer->began = transfer->satisfied = false;
    transfer->reason[0] = '\0';
    http->running++;
    return transfer;
}

void gl_transfer_release(gl_transfer *transfer)
{
    gl_http *http = transfer->http;
    http->running--;
    drop_headers(transfer);
    if (transfer->late) {
        gl_free(transfer->reason);
        transfer->reason = NULL;
    }
    bool held = transfer->held; /* libcurl's handle still waits */
    gl_memory_leave(transfer);
    size_t most = http->running > POOL_FLOOR ? http->running : POOL_FLOOR;
    if (most > http->max_pooled) most = http->max_pooled;
    if (http->pooled >= most || transfer->upload != NULL || held) {
        gl_transfer_free(transfer);
        return;
    }
    gl_buf_recycle(&transfer->body, http->running < MANY ? KEEP_BYTES : 0);
    transfer->state = GL_TRANSFER_POOLED;
    gl_list_push_front(&http->pool, &transfer->node); /* the one last used is warm in the cache */
    http->pooled++;
}
