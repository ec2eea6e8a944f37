/* endpoints.c - see endpoints.h. Owns all texts and keys of a file. */
#include "options/endpoints.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "options/checks.h"
#include "options/key_file.h"

#define HEADERS_MAX 32

struct endpoints {
    glimpse_pool pool;
    glimpse_pool_endpoint *list;
    glimpse_route *routes;
    char **keys;    /* those that were read from files, by endpoint */
    gl_buf strings; /* all texts, each with its NUL */
};

/* One file while it is read. */
typedef struct reading {
    endpoints *file;
    const char *folder;
    gl_json_fault *fault;
    char place[48]; /* "endpoints[2]" */
    bool oom;
} reading;

static bool refuse(reading *r, const char *member, const char *reason)
{
    return gl_json_refuse(r->fault, r->place, member, reason);
}

/* --- texts ------------------------------------------------------------------------------------ */

/* The room for all texts is reserved before: none is longer than its spelling in the file. */
static const char *keep(reading *r, gl_json string)
{
    gl_buf *strings = &r->file->strings;
    const char *start = strings->data + strings->len;
    gl_json_string_append(string, strings, NULL);
    gl_buf_append_char(strings, '\0');
    r->oom |= strings->failed;
    return start;
}

static bool read_text(reading *r, const char *member, gl_json value,
                      const char *(*check)(const char *text), const char **to)
{
    if (value.kind == GL_JSON_NONE) return true;
    if (value.kind != GL_JSON_STRING) return refuse(r, member, "must be a text");
    size_t start = r->file->strings.len;
    *to = keep(r, value);
    if (strlen(*to) != r->file->strings.len - start - 1)
        return refuse(r, member, "holds a NUL byte");
    const char *problem = check != NULL ? check(*to) : NULL;
    return problem == NULL || refuse(r, member, problem);
}

static bool read_count(reading *r, const char *member, gl_json value, int64_t least, int64_t *to)
{
    static const char *const reasons[] = { "must be a whole number, from 0 (no limit) up",
                                           "must be a whole number, from 1 up" };
    int64_t number;
    if (value.kind == GL_JSON_NONE) return true;
    if (!gl_json_int64(value, &number) || number < least) return refuse(r, member, reasons[least]);
    *to = number;
    return true;
}

/* Counts the items of a list, or the members of an object; a list of another kind has 0. */
static size_t count_of(gl_json value, gl_json_kind kind)
{
    gl_json name, item;
    size_t count = 0;
    if (value.kind != kind) return 0;
    gl_json_iter iter = gl_json_begin(value);
    while (gl_json_next(&iter, kind == GL_JSON_OBJECT ? &name : NULL, &item)) count++;
    return count;
}

static void *make(reading *r, size_t count, size_t size)
{
    void *made = gl_calloc(count, size);
    r->oom |= made == NULL;
    return made;
}

/* --- one endpoint ----------------------------------------------------------------------------- */

enum {
    NAME,
    BASE_URL,
    KEY_ENV,
    KEY_FILE,
    GROUP,
    WEIGHT,
    MODELS,
    CONCURRENCY,
    RPM,
    TPM,
    ORGANIZATION,
    PROJECT,
    DEPLOYMENT,
    VERSION,
    HEADERS,
    ALL
};

static const char *const members[ALL] = {
    "name",         "base_url", "api_key_env",      "api_key_file", "group",
    "weight",       "models",   "concurrency",      "rpm",          "tpm",
    "organization", "project",  "azure_deployment", "api_version",  "headers"
};

static bool read_key_variable(reading *r, gl_json value, const char **key)
{
    const char *name = NULL;
    char reason[sizeof r->fault->reason];
    if (value.kind == GL_JSON_NONE) return true;
    if (!read_text(r, "api_key_env", value, check_name, &name)) return false;
    const char *found = getenv(name);
    if (found == NULL || found[0] == '\0') {
        snprintf(reason, sizeof reason, "the variable %.100s is %s", name,
                 found == NULL ? "not set" : "empty");
        return refuse(r, "api_key_env", reason);
    }
    const char *problem = check_key(found);
    if (problem != NULL) {
        snprintf(reason, sizeof reason, "the key in %.60s %s", name, problem);
        return refuse(r, "api_key_env", reason);
    }
    *key = found;
    return true;
}

/* A relative path is looked for beside the file of endpoints. */
static bool read_key_file(reading *r, gl_json value, char **kept, const char **key)
{
    const char *name = NULL, *problem;
    char path[4096], reason[sizeof r->fault->reason];
    bool unread;
    if (value.kind == GL_JSON_NONE) return true;
    if (!read_text(r, "api_key_file", value, check_filled, &name)) return false;
    int len = snprintf(path, sizeof path, "%s%s", name[0] == '/' ? "" : r->folder, name);
    if (len < 0 || (size_t)len >= sizeof path) return refuse(r, "api_key_file", "is too long");
    *key = *kept = key_file_read(path, &unread, &problem);
    if (*kept != NULL) return true;
    snprintf(reason, sizeof reason, unread ? "cannot be read: %s" : "the key in it %s", problem);
    return refuse(r, "api_key_file", reason);
}

static bool read_aliases(reading *r, gl_json value, glimpse_pool_endpoint *endpoint)
{
    gl_json name, there;
    if (value.kind == GL_JSON_NONE) return true;
    size_t count = count_of(value, GL_JSON_OBJECT);
    if (count == 0 || count > GLIMPSE_POOL_MODELS_MAX)
        return refuse(r, "models",
                      "must be an object with 1 to 256 members, such as "
                      "{\"NAME\": \"NAME AT THE ENDPOINT\"}");
    glimpse_alias *aliases = make(r, count, sizeof *aliases);
    if (aliases == NULL) return false;
    endpoint->models = aliases;
    gl_json_iter iter = gl_json_begin(value);
    while (gl_json_next(&iter, &name, &there)) {
        glimpse_alias *alias = &aliases[endpoint->model_count];
        char member[64] = "models.";
        gl_json_member_name(name, member + 7, sizeof member - 7);
        if (!read_text(r, member, name, check_name, &alias->model) ||
            !read_text(r, member, there, check_name, &alias->there))
            return false;
        endpoint->model_count++;
    }
    return true;
}

static bool read_headers(reading *r, gl_json value, glimpse_pool_endpoint *endpoint)
{
    gl_json name, item;
    if (value.kind == GL_JSON_NONE) return true;
    size_t count = count_of(value, GL_JSON_OBJECT);
    if (count == 0 || count > HEADERS_MAX)
        return refuse(r, "headers",
                      "must be an object with 1 to 32 members, such as "
                      "{\"NAME\": \"VALUE\"}");
    const char **headers = make(r, count, sizeof *headers);
    if (headers == NULL) return false;
    endpoint->endpoint.headers = headers;
    gl_json_iter iter = gl_json_begin(value);
    while (gl_json_next(&iter, &name, &item)) {
        gl_buf *strings = &r->file->strings;
        size_t start = strings->len;
        if (item.kind != GL_JSON_STRING) return refuse(r, "headers", "each value must be a text");
        gl_json_string_append(name, strings, NULL);
        gl_buf_append_str(strings, ": ");
        const char *line = strings->data + start;
        (void)keep(r, item);
        const char *problem =
            strlen(line) != strings->len - start - 1 ? "holds a NUL byte" : check_header(line);
        if (problem != NULL) return refuse(r, "headers", problem);
        headers[endpoint->endpoint.header_count++] = line;
    }
    return true;
}

static bool read_weight(reading *r, gl_json value, double *to)
{
    if (value.kind == GL_JSON_NONE) return true;
    return gl_json_double(value, to) || refuse(r, "weight", "must be a number above 0");
}

static bool read_address(reading *r, const gl_json found[ALL], char **kept,
                         glimpse_endpoint *endpoint)
{
    if (found[KEY_ENV].kind != GL_JSON_NONE && found[KEY_FILE].kind != GL_JSON_NONE)
        return refuse(r, "api_key_file", "is given beside api_key_env");
    return read_text(r, "base_url", found[BASE_URL], check_url, &endpoint->base_url) &&
           read_text(r, "organization", found[ORGANIZATION], check_name, &endpoint->organization) &&
           read_text(r, "project", found[PROJECT], check_name, &endpoint->project) &&
           read_text(r, "azure_deployment", found[DEPLOYMENT], check_name,
                     &endpoint->azure_deployment) &&
           read_text(r, "api_version", found[VERSION], check_name, &endpoint->api_version) &&
           read_key_variable(r, found[KEY_ENV], &endpoint->api_key) &&
           read_key_file(r, found[KEY_FILE], kept, &endpoint->api_key);
}

static bool read_endpoint(reading *r, gl_json object, char **kept, glimpse_pool_endpoint *endpoint)
{
    gl_json found[ALL];
    if (!gl_json_members(object, r->place, members, found, ALL, r->fault)) return false;
    if (found[NAME].kind == GL_JSON_NONE) return refuse(r, "name", "is missing");
    return read_text(r, "name", found[NAME], NULL, &endpoint->name) &&
           read_text(r, "group", found[GROUP], NULL, &endpoint->group) &&
           read_weight(r, found[WEIGHT], &endpoint->weight) &&
           read_count(r, "concurrency", found[CONCURRENCY], 1, &endpoint->concurrency) &&
           read_count(r, "rpm", found[RPM], 0, &endpoint->rpm) &&
           read_count(r, "tpm", found[TPM], 0, &endpoint->tpm) &&
           read_aliases(r, found[MODELS], endpoint) &&
           read_address(r, found, kept, &endpoint->endpoint) &&
           read_headers(r, found[HEADERS], endpoint);
}

/* --- one route -------------------------------------------------------------------------------- */

enum { MODEL, TRY, PICK, ROUTE_ALL };
static const char *const route_members[ROUTE_ALL] = { "model", "try", "pick" };

static bool read_groups(reading *r, gl_json value, glimpse_route *route)
{
    gl_json item;
    size_t count = count_of(value, GL_JSON_ARRAY);
    if (count == 0) return refuse(r, "try", "must be a list of groups");
    const char **groups = make(r, count, sizeof *groups);
    if (groups == NULL) return false;
    route->groups = groups;
    gl_json_iter iter = gl_json_begin(value);
    while (gl_json_next(&iter, NULL, &item)) {
        char member[32];
        snprintf(member, sizeof member, "try[%zu]", route->group_count);
        if (!read_text(r, member, item, NULL, &groups[route->group_count])) return false;
        route->group_count++;
    }
    return true;
}

static bool read_pick(reading *r, gl_json value, glimpse_pick *pick)
{
    static const char *const words[] = { "room", "fastest", "prefix" };
    if (value.kind == GL_JSON_NONE) return true;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (!gl_json_string_is(value, words[i])) continue;
        *pick = (glimpse_pick)i;
        return true;
    }
    return refuse(r, "pick", "must be \"room\", \"fastest\" or \"prefix\"");
}

static bool read_route(reading *r, gl_json object, glimpse_route *route)
{
    gl_json found[ROUTE_ALL];
    if (!gl_json_members(object, r->place, route_members, found, ROUTE_ALL, r->fault)) return false;
    if (found[MODEL].kind == GL_JSON_NONE) return refuse(r, "model", "is missing");
    return read_text(r, "model", found[MODEL], check_name, &route->model) &&
           read_groups(r, found[TRY], route) && read_pick(r, found[PICK], &route->pick);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Whatever the library refuses, in the words of the file. */
static bool check_whole(reading *r)
{
    static const char *const words[][2] = { { ".endpoint.", "." },
                                            { ".groups", ".try" },
                                            { ".api_key", ".api_key_env" } };
    glimpse_problem problem;
    char path[sizeof r->fault->path];
    if (glimpse_pool_check(&r->file->pool, &problem) == GLIMPSE_OK) return true;
    snprintf(path, sizeof path, "%s", problem.field);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char *at = strstr(path, words[i][0]), rest[sizeof path];
        if (at == NULL) continue;
        snprintf(rest, sizeof rest, "%s", at + strlen(words[i][0]));
        snprintf(at, sizeof path - (size_t)(at - path), "%s%s", words[i][1], rest);
    }
    return gl_json_refuse(r->fault, path, NULL, problem.sentence);
}

static bool read_lists(reading *r, gl_json list, gl_json routes, const glimpse_endpoint *like)
{
    endpoints *file = r->file;
    gl_json item;
    gl_json_iter iter = gl_json_begin(list);
    while (gl_json_next(&iter, NULL, &item)) {
        size_t at = file->pool.endpoint_count++;
        snprintf(r->place, sizeof r->place, "endpoints[%zu]", at);
        glimpse_pool_endpoint_init(&file->list[at]);
        file->list[at].endpoint = *like;
        if (!read_endpoint(r, item, &file->keys[at], &file->list[at])) return false;
    }
    if (routes.kind == GL_JSON_NONE) return true;
    iter = gl_json_begin(routes);
    while (gl_json_next(&iter, NULL, &item)) {
        size_t at = file->pool.route_count++;
        snprintf(r->place, sizeof r->place, "routes[%zu]", at);
        if (!read_route(r, item, &file->routes[at])) return false;
    }
    return true;
}

/* What is an endpoint's own is no other's. */
static glimpse_endpoint in_common(const glimpse_endpoint *like)
{
    glimpse_endpoint common = *like;
    common.base_url = common.api_key = common.organization = common.project = NULL;
    common.azure_deployment = common.api_version = NULL;
    common.azure_endpoint = common.azure_api_key = NULL;
    common.headers = NULL;
    common.header_count = 0;
    common.max_connections = 0;
    return common;
}

endpoints *endpoints_read(gl_slice text, const char *folder, const glimpse_endpoint *like,
                          gl_json_fault *fault)
{
    static const char *const names[] = { "endpoints", "routes" };
    gl_json found[2];
    *fault = (gl_json_fault){ .path = "" };
    if (!gl_json_file(text, names, found, 2, fault)) return NULL;
    size_t count = count_of(found[0], GL_JSON_ARRAY), routes = count_of(found[1], GL_JSON_ARRAY);
    if (count == 0 || count > GLIMPSE_POOL_ENDPOINTS_MAX) {
        gl_json_refuse(fault, "endpoints", NULL, "must be a list of 1 to 128 endpoints");
        return NULL;
    }
    if ((routes == 0 && found[1].kind != GL_JSON_NONE) || routes > GLIMPSE_POOL_ROUTES_MAX) {
        gl_json_refuse(fault, "routes", NULL, "must be a list of 1 to 1000 routes");
        return NULL;
    }
    endpoints *file = gl_calloc(1, sizeof *file);
    if (file == NULL) return NULL;
    reading r = { .file = file, .folder = folder, .fault = fault };
    const glimpse_endpoint common = in_common(like);
    glimpse_pool_init(&file->pool);
    gl_buf_init(&file->strings, 2 * text.len); /* a header has ": " for the quotes and the colon */
    file->pool.endpoints = file->list = make(&r, count, sizeof *file->list);
    file->pool.routes = file->routes = make(&r, routes + 1, sizeof *file->routes);
    file->keys = make(&r, count, sizeof *file->keys);
    bool good = !r.oom && gl_buf_reserve(&file->strings, 2 * text.len) &&
                read_lists(&r, found[0], found[1], &common) && check_whole(&r);
    if (good && !r.oom) return file;
    if (r.oom || file->strings.failed) fault->reason[0] = '\0';
    endpoints_free(file);
    return NULL;
}

/* Lists are the file's own; the pool shows them as ones that do not change. */
static void free_shown(const void *list)
{
    union {
        const void *shown;
        void *owned;
    } same = { list };
    gl_free(same.owned);
}

void endpoints_free(endpoints *file)
{
    if (file == NULL) return;
    for (size_t i = 0; file->list != NULL && file->keys != NULL && i < file->pool.endpoint_count;
         i++) {
        free_shown(file->list[i].models);
        free_shown(file->list[i].endpoint.headers);
        key_free(file->keys[i]);
    }
    for (size_t i = 0; file->routes != NULL && i < file->pool.route_count; i++)
        free_shown(file->routes[i].groups);
    gl_free(file->list);
    gl_free(file->routes);
    gl_free(file->keys);
    gl_buf_free(&file->strings); /* headers may hold secrets */
    gl_free(file);
}

const glimpse_pool *endpoints_pool(const endpoints *file)
{
    return &file->pool;
}

const char *endpoints_exposed(const endpoints *file)
{
    for (size_t i = 0; i < file->pool.endpoint_count; i++) {
        const glimpse_endpoint *endpoint = &file->list[i].endpoint;
        if (endpoint->api_key != NULL && endpoint->base_url != NULL &&
            url_is_exposed(endpoint->base_url))
            return file->list[i].name;
    }
    return NULL;
}
