/*
 * status.c - the names and sentences of <glimpse/result.h>, and the table of docs/playbook.md
 * section 4. Pure: constant tables and switches, called from everywhere.
 */
#include "status.h"

/* --- names --- */

const char *glimpse_status_name(glimpse_status status)
{
    switch (status) {
#define GLIMPSE_X(symbol, name, sentence)                                                          \
    case GLIMPSE_STATUS_##symbol:                                                                  \
        return name;
        GLIMPSE_STATUS_TABLE(GLIMPSE_X)
#undef GLIMPSE_X
    case GLIMPSE_STATUS_COUNT:
        break;
    }
    return "unknown";
}

const char *glimpse_status_sentence(glimpse_status status)
{
    switch (status) {
#define GLIMPSE_X(symbol, name, sentence)                                                          \
    case GLIMPSE_STATUS_##symbol:                                                                  \
        return sentence;
        GLIMPSE_STATUS_TABLE(GLIMPSE_X)
#undef GLIMPSE_X
    case GLIMPSE_STATUS_COUNT:
        break;
    }
    return "unknown";
}

const char *glimpse_error_name(glimpse_error error)
{
    switch (error) {
    case GLIMPSE_OK:
        return "ok";
#define GLIMPSE_X(symbol, name, sentence, retry)                                                   \
    case GLIMPSE_ERR_##symbol:                                                                     \
        return name;
        GLIMPSE_ERROR_TABLE(GLIMPSE_X)
#undef GLIMPSE_X
    case GLIMPSE_ERROR_COUNT:
        break;
    }
    return "unknown";
}

const char *glimpse_error_sentence(glimpse_error error)
{
    switch (error) {
    case GLIMPSE_OK:
        return "no error";
#define GLIMPSE_X(symbol, name, sentence, retry)                                                   \
    case GLIMPSE_ERR_##symbol:                                                                     \
        return sentence;
        GLIMPSE_ERROR_TABLE(GLIMPSE_X)
#undef GLIMPSE_X
    case GLIMPSE_ERROR_COUNT:
        break;
    }
    return "unknown";
}

const char *glimpse_source_name(glimpse_source source)
{
    switch (source) {
    case GLIMPSE_SOURCE_LIVE:
        return "live";
    case GLIMPSE_SOURCE_CACHE:
        return "cache";
    case GLIMPSE_SOURCE_PACKED:
        return "packed";
    case GLIMPSE_SOURCE_LOCAL:
        return "local";
    case GLIMPSE_SOURCE_COALESCED:
        return "coalesced";
    case GLIMPSE_SOURCE_COUNT:
        break;
    }
    return "unknown";
}

/* --- the table of docs/playbook.md section 4 --- */

static glimpse_status status_of_http(int http_status)
{
    switch (http_status) {
    case 400:
    case 413: /* the request must be changed, as for 400 */
        return GLIMPSE_STATUS_BAD_REQUEST;
    case 401:
        return GLIMPSE_STATUS_AUTH_ERROR;
    case 403:
        return GLIMPSE_STATUS_PERMISSION_DENIED;
    case 404:
        return GLIMPSE_STATUS_NOT_FOUND;
    case 422:
        return GLIMPSE_STATUS_UNPROCESSABLE;
    case 429:
        return GLIMPSE_STATUS_RATE_LIMITED;
    default:
        return http_status >= 500 ? GLIMPSE_STATUS_SERVER_ERROR : GLIMPSE_STATUS_ERROR;
    }
}

glimpse_status gl_status_of(glimpse_error error, int http_status)
{
    switch (error) {
    case GLIMPSE_OK:
        return GLIMPSE_STATUS_ALIGNED;
    case GLIMPSE_ERR_HTTP:
        return status_of_http(http_status);
    case GLIMPSE_ERR_STREAM_ERROR: /* it may name the status that it stands for */
        return http_status >= 400 ? status_of_http(http_status) : GLIMPSE_STATUS_ERROR;
    case GLIMPSE_ERR_QUOTA:
        return GLIMPSE_STATUS_RATE_LIMITED;
    case GLIMPSE_ERR_PROXY: /* needs other credentials than the key, and is as hopeless without them
                             */
        return GLIMPSE_STATUS_AUTH_ERROR;
    case GLIMPSE_ERR_CANCELLED:
        return GLIMPSE_STATUS_CANCELLED;
    case GLIMPSE_ERR_NO_MODEL:
        return GLIMPSE_STATUS_NOT_FOUND;
    default:
        return GLIMPSE_STATUS_ERROR;
    }
}

bool gl_status_essence_only(glimpse_status status)
{
    return status == GLIMPSE_STATUS_RATE_LIMITED || status == GLIMPSE_STATUS_SERVER_ERROR ||
           status == GLIMPSE_STATUS_ERROR;
}

int gl_error_retry(glimpse_error error)
{
    switch (error) {
#define GLIMPSE_X(symbol, name, sentence, retry)                                                   \
    case GLIMPSE_ERR_##symbol:                                                                     \
        return retry;
        GLIMPSE_ERROR_TABLE(GLIMPSE_X)
#undef GLIMPSE_X
    case GLIMPSE_OK:
    case GLIMPSE_ERROR_COUNT:
        break;
    }
    return 0;
}
