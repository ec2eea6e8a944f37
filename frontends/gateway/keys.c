/* keys.c - see keys.h. */
#include "gateway/keys.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "gateway/calendar.h"
#include "gateway/gateway.h"

#define COUNT_MAX  1e12
#define MODELS_MAX 1000

struct gateway_keys {
    size_t count;
    gateway_key *list;      /* in the order of the file */
    const gateway_key **by; /* in the order of their digests */
    gl_buf strings;         /* all texts, each with its NUL */
};

/* One file while it is read. */
typedef struct reading {
    gateway_keys *keys;
    gateway_fault *fault;
    size_t at; /* index of the key */
    bool oom;
} reading;

static bool refuse(reading *r, const char *member, const char *reason)
{
    char place[32];
    snprintf(place, sizeof place, "keys[%zu]", r->at);
    return gl_json_refuse(r->fault, place, member, reason);
}

/* --- texts ------------------------------------------------------------------------------------ */

/* The room for all texts is reserved before: none is longer than its spelling in the file, and each
 * scope has a prefix beside its name. */
static const char *keep(reading *r, const char *prefix, gl_json string)
{
    gl_buf *strings = &r->keys->strings;
    const char *start = strings->data + strings->len;
    gl_buf_append_str(strings, prefix);
    gl_json_string_append(string, strings, NULL);
    gl_buf_append_char(strings, '\0');
    r->oom |= strings->failed;
    return start;
}

const char *gateway_name_check(gl_slice name)
{
    if (name.len == 0) return "is empty";
    if (name.len > GATEWAY_NAME_MAX) return "has more than 64 bytes";
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.data[i] < 0x20 || name.data[i] == 0x7F)
            return "has a control character";
    return gl_utf8_check(name.data, name.len) == name.len ? NULL : "is not valid UTF-8";
}

static bool read_name(reading *r, const char *member, const char *prefix, gl_json value,
                      const char **to)
{
    if (value.kind == GL_JSON_NONE) return refuse(r, member, "is missing");
    if (value.kind != GL_JSON_STRING) return refuse(r, member, "must be a text");
    *to = keep(r, prefix, value);
    gl_buf *strings = &r->keys->strings;
    size_t len = (size_t)(strings->data + strings->len - 1 - *to) - strlen(prefix);
    const char *problem = gateway_name_check(gl_slice_of(*to + strlen(prefix), len));
    return problem == NULL || refuse(r, member, problem);
}

/* --- members ---------------------------------------------------------------------------------- */

static int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_digest(reading *r, gl_json value, unsigned char digest[32])
{
    static const char form[] = "must be the SHA-256 of the key, 64 hex digits";
    if (value.kind == GL_JSON_NONE) return refuse(r, "sha256", "is missing");
    if (value.kind != GL_JSON_STRING || value.text.len != 66) return refuse(r, "sha256", form);
    const char *digits = value.text.data + 1;
    for (size_t i = 0; i < 32; i++) {
        int high = hex(digits[2 * i]), low = hex(digits[2 * i + 1]);
        if (high < 0 || low < 0) return refuse(r, "sha256", form);
        digest[i] = (unsigned char)(high * 16 + low);
    }
    return true;
}

static bool read_number(reading *r, const char *member, gl_json value, bool whole, double *to)
{
    double number;
    if (value.kind == GL_JSON_NONE) return true;
    if (!gl_json_double(value, &number) || !(number > 0) || number > COUNT_MAX)
        return refuse(r, member, "must be a number above 0");
    if (whole && number != (double)(int64_t)number)
        return refuse(r, member, "must be a whole number above 0");
    *to = number;
    return true;
}

static bool read_choice(reading *r, const char *member, gl_json value, const char *const *words,
                        const char *reason, int *to)
{
    if (value.kind == GL_JSON_NONE) return true;
    for (int i = 0; words[i] != NULL; i++) {
        if (!gl_json_string_is(value, words[i])) continue;
        *to = i;
        return true;
    }
    return refuse(r, member, reason);
}

/* "2027-01-01": the first day on which the key is none any more, in UTC. */
static bool read_expiry(reading *r, gl_json value, int64_t *to)
{
    static const char form[] = "must be a day, such as \"2027-01-31\"";
    int number[3] = { 0 }, part = 0;
    *to = INT64_MAX;
    if (value.kind == GL_JSON_NONE) return true;
    if (value.kind != GL_JSON_STRING || value.text.len != 12) return refuse(r, "expires", form);
    for (size_t i = 1; i < 11; i++) {
        char c = value.text.data[i];
        if (i == 5 || i == 8) {
            if (c != '-') return refuse(r, "expires", form);
            part++;
        } else if (c < '0' || c > '9') {
            return refuse(r, "expires", form);
        } else {
            number[part] = number[part] * 10 + (c - '0');
        }
    }
    if (!gateway_is_day(number[0], number[1], number[2])) return refuse(r, "expires", form);
    *to = gateway_day_number(number[0], number[1], number[2]) * 86400;
    return true;
}

static bool read_models(reading *r, gl_json value, gateway_key *key)
{
    static const char form[] = "must be a list of names of models, from 1 to 1000";
    gl_json item;
    size_t count = 0;
    if (value.kind == GL_JSON_NONE) return true;
    if (value.kind != GL_JSON_ARRAY) return refuse(r, "models", form);
    gl_json_iter iter = gl_json_begin(value);
    while (gl_json_next(&iter, NULL, &item)) {
        if (!gl_json_has_text(item)) return refuse(r, "models", form);
        count++;
    }
    if (count == 0 || count > MODELS_MAX) return refuse(r, "models", form);
    const char **models = gl_calloc(count, sizeof *models);
    if (models == NULL) {
        r->oom = true;
        return false;
    }
    key->models = models;
    iter = gl_json_begin(value);
    while (gl_json_next(&iter, NULL, &item)) models[key->model_count++] = keep(r, "", item);
    return true;
}

/* --- one key ---------------------------------------------------------------------------------- */

enum {
    NAME,
    SHA256,
    SHARE,
    PRIORITY,
    RPM,
    TPM,
    CONCURRENCY,
    QUEUE,
    BUDGET,
    WINDOW,
    MODELS,
    EXPIRES,
    ALL
};

static const char *const members[ALL] = { "name",       "sha256",        "share",       "priority",
                                          "rpm",        "tpm",           "concurrency", "queue",
                                          "budget_usd", "budget_window", "models",      "expires" };

static bool read_limits(reading *r, const gl_json found[ALL], gateway_key *key)
{
    static const char *const windows[] = { "hour", "day", "month", NULL };
    int window = GATEWAY_DAY;
    double concurrency = 0, queue = 0;
    gateway_limits *limits = &key->limits;
    if (!read_number(r, "rpm", found[RPM], false, &limits->rpm) ||
        !read_number(r, "tpm", found[TPM], false, &limits->tpm) ||
        !read_number(r, "concurrency", found[CONCURRENCY], true, &concurrency) ||
        !read_number(r, "queue", found[QUEUE], true, &queue) ||
        !read_number(r, "budget_usd", found[BUDGET], false, &limits->budget_usd) ||
        !read_choice(r, "budget_window", found[WINDOW], windows,
                     "must be \"hour\", \"day\" or \"month\"", &window))
        return false;
    if (found[WINDOW].kind != GL_JSON_NONE && found[BUDGET].kind == GL_JSON_NONE)
        return refuse(r, "budget_window", "is of a budget_usd, which is missing");
    limits->concurrency = (int64_t)concurrency;
    key->queue = (int64_t)queue;
    limits->window = (gateway_window)window;
    return true;
}

static bool read_key(reading *r, gl_json object, gateway_key *key)
{
    static const char *const priorities[] = { "bulk", "interactive", NULL };
    gl_json found[ALL];
    int priority = 1;
    char place[32];
    snprintf(place, sizeof place, "keys[%zu]", r->at);
    if (!gl_json_members(object, place, members, found, ALL, r->fault)) return false;
    if (!read_name(r, "name", "", found[NAME], &key->name) ||
        !read_digest(r, found[SHA256], key->digest))
        return false;
    /* A name and a share that are spelled alike are two scopes. */
    bool shares = found[SHARE].kind != GL_JSON_NONE;
    if (!read_name(r, shares ? "share" : "name",
                   shares ? "share:" : "name:", found[shares ? SHARE : NAME], &key->scope))
        return false;
    if (!read_choice(r, "priority", found[PRIORITY], priorities,
                     "must be \"interactive\" or \"bulk\"", &priority) ||
        !read_limits(r, found, key) || !read_models(r, found[MODELS], key) ||
        !read_expiry(r, found[EXPIRES], &key->expires_s))
        return false;
    key->interactive = priority == 1;
    return true;
}

/* --- all of them ------------------------------------------------------------------------------ */

static int compare_digests(const void *a, const void *b)
{
    const gateway_key *const *left = a, *const *right = b;
    return memcmp((*left)->digest, (*right)->digest, sizeof(*left)->digest);
}

static int compare_names(const void *a, const void *b)
{
    const gateway_key *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static bool refuse_pair(reading *r, const gateway_key *first, const gateway_key *second,
                        const char *member, const char *what)
{
    const gateway_key *later = first > second ? first : second;
    const gateway_key *earlier = first > second ? second : first;
    char reason[96];
    r->at = (size_t)(later - r->keys->list);
    snprintf(reason, sizeof reason, "%s keys[%zu]", what, (size_t)(earlier - r->keys->list));
    return refuse(r, member, reason);
}

static bool check_pairs(reading *r)
{
    gateway_keys *keys = r->keys;
    for (size_t i = 0; i < keys->count; i++) keys->by[i] = &keys->list[i];
    qsort(keys->by, keys->count, sizeof *keys->by, compare_names);
    for (size_t i = 1; i < keys->count; i++)
        if (compare_names(&keys->by[i - 1], &keys->by[i]) == 0)
            return refuse_pair(r, keys->by[i - 1], keys->by[i], "name", "is also the name of");
    qsort(keys->by, keys->count, sizeof *keys->by, compare_digests);
    for (size_t i = 1; i < keys->count; i++)
        if (compare_digests(&keys->by[i - 1], &keys->by[i]) == 0)
            return refuse_pair(r, keys->by[i - 1], keys->by[i], "sha256", "is also the key of");
    return true;
}

static bool find_list(gl_slice text, gl_json *list, size_t *count, gateway_fault *fault)
{
    static const char *const names[] = { "keys" };
    gl_json item;
    if (!gl_json_file(text, names, list, 1, fault)) return false;
    if (list->kind != GL_JSON_ARRAY) return gl_json_refuse(fault, "keys", NULL, "must be a list");
    *count = 0;
    gl_json_iter iter = gl_json_begin(*list);
    while (gl_json_next(&iter, NULL, &item)) (*count)++;
    if (*count == 0) return gl_json_refuse(fault, "keys", NULL, "is empty: nobody could ask");
    return *count <= GATEWAY_KEYS_MAX ||
           gl_json_refuse(fault, "keys", NULL, "has more than 100000 keys");
}

gateway_keys *gateway_keys_read(gl_slice text, gateway_fault *fault)
{
    gl_json list, item;
    size_t count = 0;
    *fault = (gateway_fault){ .path = "" };
    if (!find_list(text, &list, &count, fault)) return NULL;
    gateway_keys *keys = gl_calloc(1, sizeof *keys);
    if (keys == NULL) return NULL;
    reading r = { .keys = keys, .fault = fault };
    size_t room = 2 * text.len + 16 * count; /* a name may stand in its scope again */
    gl_buf_init(&keys->strings, room);
    keys->list = gl_calloc(count, sizeof *keys->list);
    keys->by = gl_calloc(count, sizeof *keys->by);
    bool good = keys->list != NULL && keys->by != NULL && gl_buf_reserve(&keys->strings, room);
    gl_json_iter iter = gl_json_begin(list);
    while (good && gl_json_next(&iter, NULL, &item)) {
        r.at = keys->count;
        good = read_key(&r, item, &keys->list[keys->count++]);
    }
    if (good) good = check_pairs(&r);
    if (good && !r.oom) return keys;
    if (r.oom) fault->reason[0] = '\0';
    gateway_keys_free(keys);
    return NULL;
}

/* The list is the key's own; it is shown as one that does not change. */
static void *models_of(const gateway_key *key)
{
    union {
        const char *const *shown;
        void *owned;
    } same = { key->models };
    return same.owned;
}

void gateway_keys_free(gateway_keys *keys)
{
    if (keys == NULL) return;
    for (size_t i = 0; keys->list != NULL && i < keys->count; i++)
        gl_free(models_of(&keys->list[i]));
    gl_free(keys->list);
    gl_free((void *)keys->by);
    gl_buf_free(&keys->strings);
    gl_free(keys);
}

size_t gateway_keys_count(const gateway_keys *keys)
{
    return keys->count;
}

const gateway_key *gateway_keys_at(const gateway_keys *keys, size_t index)
{
    return &keys->list[index];
}

/* --- looking up ------------------------------------------------------------------------------- */

/* -1, 0, 1, in a time that does not depend on the bytes. */
static int compare_blindly(const unsigned char *a, const unsigned char *b)
{
    int less = 0, more = 0;
    for (size_t i = 0; i < 32; i++) {
        int open = 1 - (less | more);
        less |= open & (int)((unsigned)(a[i] - b[i]) >> 31);
        more |= open & (int)((unsigned)(b[i] - a[i]) >> 31);
    }
    return more - less;
}

/* As many steps for each digest, whether it is there or not. */
const gateway_key *gateway_keys_find(const gateway_keys *keys, const unsigned char digest[32],
                                     int64_t unix_s)
{
    size_t low = 0, step = 1; /* `low` keys are below it */
    while (step <= keys->count / 2) step *= 2;
    for (; step > 0; step /= 2)
        if (low + step <= keys->count &&
            compare_blindly(keys->by[low + step - 1]->digest, digest) < 0)
            low += step;
    const gateway_key *at = keys->by[low < keys->count ? low : 0];
    bool same = compare_blindly(at->digest, digest) == 0;
    return same && unix_s < at->expires_s ? at : NULL;
}

bool gateway_key_allows(const gateway_key *key, gl_slice model)
{
    if (key->models == NULL) return true;
    for (size_t i = 0; i < key->model_count; i++)
        if (gl_slice_is(model, key->models[i])) return true;
    return false;
}
