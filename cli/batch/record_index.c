/*
 * record_index.c - see record_index.h.
 *
 * Two indexes over one array: one by custom_id and request, one by request. Of records
 * that answer the same line one is kept: an answered one before a failed one, else the first.
 */
#include "batch/record_index.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/array.h"
#include "base/file.h"
#include "batch/line_reader.h"
#include "exits.h"
#include "say.h"

/* Longer than any record: an answer is at most 64 MiB, and is in the record twice. */
#define RECORD_MAX ((size_t)1 << 30)
/* Records after which there is room for as many as the file is likely to have. */
#define FIRST 512
/* Read at once where records are asked for about in the order of the file. */
#define WINDOW ((uint64_t)64 * 1024)

/* A hash; the id itself decides. */
static uint64_t hash_id(const record_index *index, gl_slice id)
{
    return gl_siphash(&index->seed, id.data, id.len);
}

static uint64_t hash_identity(const record_index *index, const request_identity *identity)
{
    return gl_siphash(&index->seed, identity->bytes, sizeof identity->bytes);
}

bool request_identify(gl_sha256 *sha, const glimpse_key *key, const char *path,
                      request_identity *identity)
{
    if (path == NULL || strcmp(path, "/chat/completions") == 0) {
        memcpy(identity->bytes, key->bytes, sizeof identity->bytes);
        return true;
    }
    gl_slice parts[] = { gl_slice_of((const char *)key->bytes, sizeof key->bytes),
                         gl_slice_str(path) };
    return gl_sha256_digest(sha, parts, 2, identity->bytes);
}

/* --- tables ---------------------------------------------------------------------------------- */

static uint64_t hash_identity_of(const void *owner, uint32_t number)
{
    const record_index *index = owner;
    return hash_identity(index, &index->records[number].identity);
}

/* Each of the two hashes is spread well, and by a seed. */
static uint64_t hash_both_of(const void *owner, uint32_t number)
{
    const record_index *index = owner;
    return index->records[number].id ^ hash_identity_of(owner, number);
}

static bool same_identity(const indexed_record *a, const indexed_record *b)
{
    return memcmp(&a->identity, &b->identity, sizeof a->identity) == 0;
}

/* Returns the record of this request, which has this hash, and custom_id; or NULL. */
static indexed_record *find_both(const record_index *index, const indexed_record *like,
                                 uint64_t hash)
{
    uint32_t number;
    gl_index_walk walk = gl_index_find(&index->by_both, like->id ^ hash);
    while (gl_index_next(&walk, &number)) {
        indexed_record *found = &index->records[number];
        if (found->id == like->id && same_identity(found, like)) return found;
    }
    return NULL;
}

/* Returns an answered record of this request, or NULL. */
static indexed_record *find_identity(const record_index *index, const indexed_record *like,
                                     uint64_t hash)
{
    uint32_t number;
    gl_index_walk walk = gl_index_find(&index->by_identity, hash);
    while (gl_index_next(&walk, &number))
        if (same_identity(&index->records[number], like)) return &index->records[number];
    return NULL;
}

/* An answered record may serve each line of its request. */
static void offer(record_index *index, const indexed_record *record, uint64_t hash)
{
    if (record->answered && find_identity(index, record, hash) == NULL)
        gl_index_add(&index->by_identity, hash, (uint32_t)(record - index->records));
}

static bool make_room(record_index *index, size_t count)
{
    indexed_record *records =
        gl_array_room(index->records, &index->capacity, count, FIRST, sizeof *records);
    if (records == NULL) return false;
    index->records = records;
    return gl_index_reserve(&index->by_both, count, hash_both_of, index) &&
           gl_index_reserve(&index->by_identity, index->by_identity.count + 1, hash_identity_of,
                            index);
}

/* Makes room for one more. The first records say for how many there is room at once, so that no
 * index is filled anew. */
static bool grow(record_index *index)
{
    struct stat status;
    size_t count = index->count + 1;
    if (index->count == FIRST && index->indexed > 0 && fstat(index->fds[0], &status) == 0) {
        uint64_t about = (uint64_t)status.st_size / (index->indexed / FIRST);
        if (about > count && about < UINT32_MAX && make_room(index, (size_t)about)) return true;
    }
    return make_room(index, count);
}

static bool add(record_index *index, const indexed_record *record)
{
    if (!grow(index)) return false;
    uint64_t hash = hash_identity(index, &record->identity);
    indexed_record *first = find_both(index, record, hash);
    if (first != NULL) {
        index->dropped++;
        if (first->answered || !record->answered) return true;
        *first = *record;
        offer(index, first, hash);
        return true;
    }
    indexed_record *last = &index->records[index->count];
    *last = *record;
    index->indexed += (uint64_t)record->length + 1;
    gl_index_add(&index->by_both, last->id ^ hash, (uint32_t)index->count++);
    offer(index, last, hash);
    return true;
}

const indexed_record *record_index_own(const record_index *index, const char *custom_id,
                                       const request_identity *identity)
{
    indexed_record like = { .identity = *identity, .id = hash_id(index, gl_slice_str(custom_id)) };
    return find_both(index, &like, hash_identity(index, identity));
}

const indexed_record *record_index_next(const record_index *index, const indexed_record *before,
                                        uint64_t line, const request_identity *identity)
{
    if (index->count == 0) return NULL;
    const indexed_record *next = before != NULL ? before + 1 : index->records;
    if (next == index->records + index->count || next->line != line) return NULL;
    return memcmp(&next->identity, identity, sizeof *identity) == 0 ? next : NULL;
}

const indexed_record *record_index_same(const record_index *index, const request_identity *identity)
{
    indexed_record like = { .identity = *identity };
    return find_identity(index, &like, hash_identity(index, identity));
}

/* --- reading --------------------------------------------------------------------------------- */

static bool is_answered(glimpse_status status)
{
    return status == GLIMPSE_STATUS_ALIGNED || status == GLIMPSE_STATUS_NOT_ALIGNED;
}

static bool is_local(const record_view *view)
{
    return is_answered(view->status) && view->known_source && view->source == GLIMPSE_SOURCE_LOCAL;
}

static bool is_wanted(const record_view *view, const record_wish *wish)
{
    if (view->custom_id.kind != GL_JSON_STRING) return false;
    if (!view->has_key) return false;
    if (is_local(view)) return wish->local;
    if (view->status == GLIMPSE_STATUS_CANCELLED) return false;
    return wish->failed || is_answered(view->status);
}

/* The text of a string, NUL terminated, in `out`; false: no memory. */
static bool text_of(gl_json string, gl_buf *out)
{
    gl_buf_reset(out);
    gl_json_string_append(string, out, NULL);
    return gl_buf_terminate(out);
}

/* 0, or the exit code after an error message. */
static int take_record(record_index *index, const record_view *view, const indexed_record *place)
{
    indexed_record record = *place;
    record.answered = is_answered(view->status);
    record.line = view->line;
    record.status = (uint8_t)view->status;
    record.source = (uint8_t)(view->known_source ? view->source : GLIMPSE_SOURCE_COUNT);
    bool good = text_of(view->custom_id, &index->id);
    if (good) record.id = hash_id(index, gl_buf_slice(&index->id));
    const char *path = NULL;
    if (good && view->path.kind == GL_JSON_STRING) {
        good = text_of(view->path, &index->text);
        path = index->text.data;
    }
    good = good && request_identify(index->sha, &view->key, path, &record.identity);
    if (good && add(index, &record)) return 0;
    say("%s: out of memory for its records", index->name);
    return EXIT_OS_LIMIT;
}

/* Returns true when a text begins as the records of this program do, {"id":"...","custom_id":, as
 * far as it goes. */
static bool begins_as_record(gl_slice text)
{
    static const char head[] = "{\"id\":\"", next[] = "\",\"custom_id\":";
    size_t known = text.len < strlen(head) ? text.len : strlen(head);
    if (memcmp(text.data, head, known) != 0) return false;
    const char *id = text.data + known;
    size_t left = text.len - known;
    const char *end = memchr(id, '"', left); /* our own ids hold no escapes */
    if (end == NULL) return true;
    left -= (size_t)(end - id);
    return memcmp(end, next, left < strlen(next) ? left : strlen(next)) == 0;
}

/* Returns true for the part of a record that a kill or a full disk leaves: its beginning. Whole
 * JSON is none, nor is a text with a line end of another system: it may be another program's. */
static bool is_cut(gl_slice line)
{
    gl_json root;
    size_t at = 0;
    gl_json_error error = gl_json_check(line, &root, &at);
    bool ends_early = error == GL_JSON_CUT || (error == GL_JSON_UTF8 && line.len - at < 4);
    return ends_early && begins_as_record(line) && memchr(line.data, '\r', line.len) == NULL;
}

/* Returns true for bytes that a kill or a power cut may leave in place of a record. In a file
 * without a record before them, bytes beside the NULs may be another program's: a database's,
 * say. */
static bool is_torn(const record_index *index, gl_slice line, bool has_end)
{
    size_t nuls = 0;
    while (nuls < line.len && line.data[nuls] == '\0') nuls++;
    if (nuls == line.len || (!has_end && is_cut(line))) return true;
    bool ours = index->count > 0 || index->dropped > 0;
    return ours && memchr(line.data, '\0', line.len) != NULL;
}

static int read_line(record_index *index, const line_reader *reader, gl_slice line, uint64_t number,
                     const record_wish *wish)
{
    record_view view;
    uint64_t behind = (uint64_t)(reader->data + reader->len - line.data);
    indexed_record place = { .offset = reader->offset - behind,
                             .length = (uint32_t)line.len,
                             .beside = index->fds[1] >= 0 };
    const char *problem = record_read(line, &view);
    if (problem == NULL) {
        if (is_wanted(&view, wish)) return take_record(index, &view, &place);
        index->dropped++;
        index->local += is_local(&view);
        return 0;
    }
    if (is_torn(index, line, reader->data[reader->start - 1] == '\n')) {
        index->torn++;
        return 0;
    }
    if (memchr(line.data, '\r', line.len) != NULL) problem = "its lines end as another system's do";
    say("%s:%" PRIu64 ": not a record of glimpse: %s; --resume leaves the file as it is",
        index->name, number, problem);
    return EXIT_EXISTS;
}

static int read_all(record_index *index, line_reader *reader, const record_wish *wish)
{
    for (;;) {
        gl_slice line;
        uint64_t number;
        int error, code;
        switch (line_reader_next(reader, &line, &number)) {
        case LINE_END:
            index->bytes += reader->offset;
            return 0;
        case LINE_EMPTY:
            error = line_reader_fill(reader);
            if (error == 0) continue;
            say("%s: cannot read: %s", index->name, strerror(error));
            return error == ENOMEM ? EXIT_OS_LIMIT : EXIT_IO;
        case LINE_TOO_LONG:
            say("%s:%" PRIu64 ": not a record of glimpse: it is longer than 1 GiB", index->name,
                number);
            return EXIT_EXISTS;
        case LINE_READY:
            code = read_line(index, reader, line, number, wish);
            if (code != 0) return code;
        }
    }
}

static int read_file(record_index *index, int fd, const char *name, const record_wish *wish)
{
    line_reader reader;
    index->name = name;
    if (!line_reader_init(&reader, fd, RECORD_MAX)) {
        say("out of memory");
        return EXIT_OS_LIMIT;
    }
    int code = EXIT_IO;
    if (lseek(fd, 0, SEEK_SET) == 0)
        code = read_all(index, &reader, wish);
    else
        say("%s: cannot read: %s", name, strerror(errno));
    line_reader_free(&reader);
    return code;
}

int record_index_read(record_index *index, int fd, const char *name, const record_wish *wish)
{
    *index = (record_index){ .fds = { fd, -1 } };
    gl_buf_init(&index->text, SIZE_MAX / 2);
    gl_buf_init(&index->id, SIZE_MAX / 2);
    gl_buf_init(&index->window, SIZE_MAX / 2);
    index->seed = gl_siphash_new_seed();
    index->sha = gl_sha256_new();
    if (index->sha != NULL) return read_file(index, fd, name, wish);
    say("out of memory");
    return EXIT_OS_LIMIT;
}

int record_index_read_more(record_index *index, int fd, const char *name, const record_wish *wish)
{
    index->fds[1] = fd;
    return read_file(index, fd, name, wish);
}

void record_index_free(record_index *index)
{
    gl_free(index->records);
    gl_index_free(&index->by_both);
    gl_index_free(&index->by_identity);
    gl_sha256_free(index->sha);
    gl_buf_free(&index->text);
    gl_buf_free(&index->id);
    gl_buf_free(&index->window);
    index->records = NULL;
    index->sha = NULL;
    index->count = 0;
}

/* --- read again ------------------------------------------------------------------------------ */

bool record_index_is_all(const record_index *index)
{
    return index->fds[1] < 0 && index->indexed == index->bytes;
}

/* Returns true when the window holds these bytes. */
static bool is_in_window(const record_index *index, const indexed_record *record)
{
    return index->window_of == record->beside && record->offset >= index->window_at &&
           record->offset + record->length <= index->window_at + index->window.len;
}

/* Reads a window around the record where the window before was near it, else the record alone: of
 * an output in another order than the input most of a window would be read for nothing. */
static int move_window(record_index *index, const indexed_record *record)
{
    gl_buf *window = &index->window;
    uint64_t at = record->offset, end = at + record->length;
    /* `bytes` is the length of the file only where there is one. */
    bool is_near = index->fds[1] < 0 && at + 2 * WINDOW >= index->window_at &&
                   at <= index->window_at + window->len + WINDOW;
    if (is_near) {
        at -= at < WINDOW / 4 ? at : WINDOW / 4;
        if (end < at + WINDOW) end = at + WINDOW < index->bytes ? at + WINDOW : index->bytes;
    }
    gl_buf_reset(window);
    if (!gl_buf_reserve(window, (size_t)(end - at))) return ENOMEM;
    int error = gl_file_read_at(index->fds[record->beside], window->data, (size_t)(end - at), at);
    if (error != 0) return error;
    window->len = (size_t)(end - at);
    index->window_at = at;
    index->window_of = record->beside;
    return 0;
}

/* Gives the record's text, which is valid until the next call. 0, or an errno. */
static int read_again(record_index *index, const indexed_record *record, gl_slice *text)
{
    int error = is_in_window(index, record) ? 0 : move_window(index, record);
    if (error == 0)
        *text =
            gl_slice_of(index->window.data + (record->offset - index->window_at), record->length);
    return error;
}

int record_index_confirm(record_index *index, const indexed_record *record, const char *custom_id,
                         bool *is_its)
{
    static const char head[] = "{\"id\":\"", next[] = "\",\"custom_id\":";
    gl_slice text;
    *is_its = false;
    int error = read_again(index, record, &text);
    if (error != 0) return error;
    gl_buf_reset(&index->id);
    gl_buf_append_str(&index->id, next);
    gl_json_write_string(&index->id, gl_slice_str(custom_id));
    gl_buf_append_char(&index->id, ',');
    if (index->id.failed) return ENOMEM;
    size_t begun = strlen(head);
    if (text.len < begun || memcmp(text.data, head, begun) != 0) return 0;
    const char *end =
        memchr(text.data + begun, '"', text.len - begun); /* our ids hold no escapes */
    *is_its = end != NULL && (size_t)(text.data + text.len - end) >= index->id.len &&
              memcmp(end, index->id.data, index->id.len) == 0;
    return 0;
}

int record_index_fetch(record_index *index, const indexed_record *record, record_view *view,
                       const char **custom_id)
{
    gl_slice text;
    int error = read_again(index, record, &text);
    if (error != 0) return error;
    /* Another program has changed the record since it was read. */
    if (record_read(text, view) != NULL) return EIO;
    if (!text_of(view->custom_id, &index->id)) return ENOMEM;
    *custom_id = view->custom_id.kind == GL_JSON_STRING ? index->id.data : NULL;
    return 0;
}
