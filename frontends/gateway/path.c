/* path.c - see path.h. */
#include "gateway/path.h"

static const struct {
    const char *path;
    gateway_kind kind;
} paths[] = {
    { "/chat/completions", GATEWAY_CHAT }, { "/completions", GATEWAY_COMPLETIONS },
    { "/embeddings", GATEWAY_EMBEDDINGS }, { "/responses", GATEWAY_RESPONSES },
    { "/models", GATEWAY_MODELS },         { "/healthz", GATEWAY_HEALTH },
    { "/readyz", GATEWAY_READY },          { "/", GATEWAY_PAGE },
    { "/status.json", GATEWAY_STATUS },
};

const char gateway_paths[] =
    "POST /v1/chat/completions, /v1/completions, /v1/embeddings, /v1/responses; "
    "GET /v1/models, /v1/models/{id}, /healthz, /readyz";

static int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes %xx in place; what is no escape stays. */
static size_t undo_escapes(char *text, size_t len)
{
    size_t to = 0;
    for (size_t at = 0; at < len; at++) {
        char c = text[at];
        if (c == '%' && at + 2 < len && hex(text[at + 1]) >= 0 && hex(text[at + 2]) >= 0) {
            c = (char)(hex(text[at + 1]) * 16 + hex(text[at + 2]));
            at += 2;
        }
        text[to++] = c;
    }
    return to;
}

/* Slashes that follow each other become one, and one at the end goes. */
static gl_slice collapse(gl_slice path, char *room)
{
    size_t len = 0;
    for (size_t i = 0; i < path.len; i++)
        if (path.data[i] != '/' || len == 0 || room[len - 1] != '/') room[len++] = path.data[i];
    if (len > 1 && room[len - 1] == '/') len--;
    return gl_slice_of(room, len);
}

static bool begins(gl_slice text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.data, with, len) == 0;
}

static bool has_control(gl_slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f) return true;
    return false;
}

gateway_kind gateway_path_read(gl_slice path, char *room, gl_slice *model)
{
    static const char models[] = "/models/";
    *model = gl_slice_of(room, 0);
    if (path.len > GATEWAY_PATH_MAX) return GATEWAY_UNKNOWN;
    path = collapse(path, room);
    if (begins(path, "/v1/")) path = gl_slice_of(path.data + 3, path.len - 3);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (gl_slice_is(path, paths[i].path)) return paths[i].kind;
    if (!begins(path, models)) return GATEWAY_UNKNOWN;
    char *name = room + (path.data - room) + sizeof models - 1;
    *model = gl_slice_of(name, undo_escapes(name, path.len - (sizeof models - 1)));
    if (!has_control(*model)) return GATEWAY_MODEL;
    *model = gl_slice_of(room, 0);
    return GATEWAY_UNKNOWN;
}

bool gateway_kind_is_asked(gateway_kind kind)
{
    return kind <= GATEWAY_RESPONSES;
}

const char *gateway_kind_path(gateway_kind kind)
{
    return paths[kind].path; /* the first are in the order of the kinds */
}

const char *gateway_kind_name(gateway_kind kind)
{
    static const char *const names[] = {
        [GATEWAY_CHAT] = "chat",           [GATEWAY_COMPLETIONS] = "completions",
        [GATEWAY_RESPONSES] = "responses", [GATEWAY_EMBEDDINGS] = "embeddings",
        [GATEWAY_MODELS] = "models",       [GATEWAY_MODEL] = "model",
        [GATEWAY_HEALTH] = "health",       [GATEWAY_READY] = "ready",
        [GATEWAY_PAGE] = "page",           [GATEWAY_STATUS] = "status",
        [GATEWAY_UNKNOWN] = "unknown",
    };
    return names[kind];
}

const char *gateway_kind_methods(gateway_kind kind)
{
    return gateway_kind_is_asked(kind) ? "POST" : "GET, HEAD";
}

bool gateway_kind_takes(gateway_kind kind, gl_slice method)
{
    if (gateway_kind_is_asked(kind)) return gl_slice_is(method, "POST");
    return gl_slice_is(method, "GET") || gl_slice_is(method, "HEAD");
}
