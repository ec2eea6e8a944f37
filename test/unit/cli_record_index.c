/* cli/batch/record_index: a record is found by what it answers and by nothing else.
 * cli/batch/record: what an earlier run wrote, read and written again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "batch/record_index.h"

/* A record of the key that is this number in all bytes. */
static void append_record(gl_buf *out, const char *id, int key, const char *status,
                          const char *more)
{
    gl_buf_printf(out, "{\"id\":\"x\",\"custom_id\":\"%s\",\"response\":null,\"error\":null,", id);
    gl_buf_append_str(out, "\"glimpse\":{\"line\":7,\"key\":");
    if (key >= 0) gl_buf_append_char(out, '"');
    for (int i = 0; i < 32 && key >= 0; i++) gl_buf_printf(out, "%02x", (unsigned)key);
    gl_buf_append_str(out, key >= 0 ? "\"" : "null");
    gl_buf_printf(out, ",\"status\":\"%s\",\"source\":\"live\",\"attempts\":3%s}}\n", status, more);
}

static request_identity identity_of(int key)
{
    request_identity identity;
    memset(identity.bytes, key, sizeof identity.bytes);
    return identity;
}

static int file_of(const gl_buf *text)
{
    char path[] = "/tmp/glimpse-records-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, text->data, text->len), text->len);
    return fd;
}

static const indexed_record *own(const record_index *index, const char *id, int key)
{
    request_identity identity = identity_of(key);
    return record_index_own(index, id, &identity);
}

static const indexed_record *same(const record_index *index, int key)
{
    request_identity identity = identity_of(key);
    return record_index_same(index, &identity);
}

static void record_is_found_by_id_and_request_or_by_request_alone(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    append_record(&text, "a", 1, "aligned", "");
    append_record(&text, "b", 2, "server_error", "");
    append_record(&text, "c", 3, "cancelled", "");
    append_record(&text, "d", -1, "bad_request", "");
    append_record(&text, "e", 1, "not_aligned", "");
    append_record(&text, "b", 2, "aligned", ""); /* the better one of two */
    append_record(&text, "a", 1, "error", "");
    int fd = file_of(&text);
    record_index index;
    record_wish wish = { .failed = true };
    assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
    assert_true(own(&index, "a", 1)->answered);
    assert_null(own(&index, "a", 2)); /* the line asks something else now */
    assert_null(own(&index, "x", 1));
    assert_true(own(&index, "b", 2)->answered);
    assert_non_null(own(&index, "e", 1));
    assert_non_null(same(&index, 1));
    assert_non_null(same(&index, 2));
    assert_null(same(&index, 3));
    assert_null(own(&index, "c", 3)); /* cancelled: not wanted */
    record_view view;
    const char *id;
    assert_int_equal(record_index_fetch(&index, own(&index, "e", 1), &view, &id), 0);
    assert_string_equal(id, "e");
    assert_int_equal(view.status, GLIMPSE_STATUS_NOT_ALIGNED);
    record_index_free(&index);

    wish = (record_wish){ 0 };
    assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
    assert_true(own(&index, "b", 2)->answered);
    record_index_free(&index);
    close(fd);
    gl_buf_free(&text);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_second_file_adds_to_the_first(void **state)
{
    (void)state;
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    append_record(&text, "a", 1, "aligned", "");
    append_record(&text, "b", 2, "server_error", "");
    int fd = file_of(&text);
    gl_buf_reset(&text);
    append_record(&text, "c", 3, "aligned", "");
    append_record(&text, "b", 2, "aligned", "");
    gl_buf_append_str(&text, "{\"id\":\"x\",\"cust"); /* torn */
    int more = file_of(&text);
    record_index index;
    record_wish wish = { .failed = true };
    record_view view;
    const char *id;
    assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
    assert_int_equal(record_index_read_more(&index, more, "more", &wish), 0);
    assert_int_equal(index.torn, 1);
    assert_int_equal(record_index_fetch(&index, own(&index, "a", 1), &view, &id), 0);
    assert_string_equal(id, "a");
    assert_int_equal(record_index_fetch(&index, own(&index, "c", 3), &view, &id), 0);
    assert_string_equal(id, "c");
    assert_int_equal(record_index_fetch(&index, own(&index, "b", 2), &view, &id), 0);
    assert_int_equal(view.status, GLIMPSE_STATUS_ALIGNED);
    record_index_free(&index);
    close(fd);
    close(more);
    gl_buf_free(&text);
}

/* Cut anywhere, a record of ours is passed over; whole JSON of somebody else's never is. */
static void only_the_beginning_of_a_record_is_torn(void **state)
{
    (void)state;
    static const char *const theirs[] = { "{\"name\":\"else\",\"data\":[1,2,3]}",
                                          "{\"id\":\"x\",\"custom_id\":\"a\"}",
                                          "{\"id\":\"x\",\"object\":\"batch\",\"sta",
                                          "{\"name\":\"el",
                                          "{ \"id\":\"x\"",
                                          "[1,2" };
    const record_wish wish = { .failed = true };
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    append_record(&text, "\xc3\xa9", 1, "aligned", "");
    size_t whole = text.len - 1;
    for (size_t len = 1; len < whole; len++) {
        text.len = len;
        int fd = file_of(&text);
        record_index index;
        assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
        assert_int_equal(index.torn, 1);
        record_index_free(&index);
        close(fd);
    }
    for (size_t i = 0; i < sizeof theirs / sizeof *theirs; i++) {
        gl_buf_reset(&text);
        if (i % 2 == 1) append_record(&text, "a", 1, "aligned", ""); /* also behind one of ours */
        gl_buf_append_str(&text, theirs[i]);
        int fd = file_of(&text);
        record_index index;
        assert_int_not_equal(record_index_read(&index, fd, "records", &wish), 0);
        record_index_free(&index);
        close(fd);
    }
    gl_buf_free(&text);
}

static void path_is_part_of_the_request(void **state)
{
    (void)state;
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    append_record(&text, "a", 1, "aligned", ",\"path\":\"/embeddings\"");
    int fd = file_of(&text);
    record_index index;
    record_wish wish = { 0 };
    assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
    glimpse_key key;
    request_identity chat, embeddings, others;
    memset(key.bytes, 1, sizeof key.bytes);
    assert_true(request_identify(index.sha, &key, NULL, &chat));
    assert_true(request_identify(index.sha, &key, "/embeddings", &embeddings));
    assert_true(request_identify(index.sha, &key, "/moderations", &others));
    assert_null(record_index_same(&index, &chat));
    assert_null(record_index_same(&index, &others));
    assert_non_null(record_index_same(&index, &embeddings));
    assert_non_null(record_index_own(&index, "a", &embeddings));
    record_index_free(&index);
    close(fd);
    gl_buf_free(&text);
}

static void many_are_found_and_nothing_that_is_not_there(void **state)
{
    (void)state;
    enum { MANY = 20000 };
    size_t live = gl_alloc_live();
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    for (int i = 0; i < MANY; i++) {
        char id[32];
        snprintf(id, sizeof id, "id-%d", i);
        append_record(&text, id, i % 200, "aligned", "");
    }
    int fd = file_of(&text);
    record_index index;
    record_wish wish = { 0 };
    assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
    assert_int_equal(index.count, MANY);
    for (int i = 0; i < MANY; i++) {
        char id[32];
        snprintf(id, sizeof id, "id-%d", i);
        assert_non_null(own(&index, id, i % 200));
        assert_null(own(&index, id, (i + 1) % 200));
    }
    assert_null(same(&index, 200));
    record_index_free(&index);
    close(fd);
    gl_buf_free(&text);
    assert_int_equal(gl_alloc_live(), live);
}

static bool is_all(const gl_buf *text)
{
    record_index index;
    record_wish wish = { .failed = true };
    int fd = file_of(text);
    assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
    bool all = record_index_is_all(&index);
    record_index_free(&index);
    close(fd);
    return all;
}

/* Of a file that has anything else in it a new one is made. */
static void the_next_record_is_known_by_its_line_and_request(void **state)
{
    (void)state;
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    append_record(&text, "a", 1, "aligned", "");
    append_record(&text, "b", 2, "aligned", "");
    int fd = file_of(&text);
    record_index index;
    record_wish wish = { .failed = true };
    request_identity one = identity_of(1), two = identity_of(2);
    assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
    const indexed_record *first = record_index_next(&index, NULL, 7, &one);
    assert_ptr_equal(first, own(&index, "a", 1));
    assert_null(record_index_next(&index, NULL, 7, &two)); /* another request */
    assert_null(record_index_next(&index, NULL, 8, &one)); /* another line */
    assert_null(record_index_next(&index, first, 7, &one));
    const indexed_record *second = record_index_next(&index, first, 7, &two);
    assert_ptr_equal(second, own(&index, "b", 2));
    assert_null(record_index_next(&index, second, 7, &two)); /* there is no third */
    record_index_free(&index);
    close(fd);
    gl_buf_reset(&text);
    fd = file_of(&text);
    assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
    assert_null(record_index_next(&index, NULL, 7, &one));
    record_index_free(&index);
    close(fd);
    gl_buf_free(&text);
}

/* The first 512 records say how many there are; they may be longer or shorter than the rest. */
static void room_is_found_where_the_first_records_mislead(void **state)
{
    (void)state;
    char more[2048], id[16];
    memset(more, ' ', sizeof more - 1);
    more[sizeof more - 1] = '\0';
    for (int long_first = 0; long_first < 2; long_first++) {
        gl_buf text;
        gl_buf_init(&text, SIZE_MAX / 2);
        for (int i = 0; i < 4000; i++) {
            snprintf(id, sizeof id, "r%d", i);
            append_record(&text, id, i % 250, "aligned",
                          (i < 600) == (long_first == 1) ? more : "");
        }
        int fd = file_of(&text);
        record_index index;
        record_wish wish = { .failed = true };
        assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
        assert_int_equal(index.count, 4000);
        for (int i = 0; i < 4000; i++) {
            snprintf(id, sizeof id, "r%d", i);
            assert_ptr_equal(own(&index, id, i % 250), &index.records[i]);
            assert_null(own(&index, id, 251));
            assert_ptr_equal(same(&index, i % 250), &index.records[i % 250]);
        }
        record_index_free(&index);
        close(fd);
        gl_buf_free(&text);
    }
}

static void a_file_of_wanted_records_alone_is_told_from_one_with_more(void **state)
{
    (void)state;
    static const char *const more[] = { "\n", " \r\n", "{\"id\":\"x", "\r\n" };
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    append_record(&text, "a", 1, "aligned", "");
    append_record(&text, "b", 2, "error", "");
    assert_true(is_all(&text));
    size_t len = text.len;
    text.len--; /* without its line end */
    assert_false(is_all(&text));
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        text.len = i < 3 ? len : len - 1;
        gl_buf_append_str(&text, more[i]);
        assert_false(is_all(&text));
    }
    text.data[len - 1] = '\n';
    text.len = len;
    gl_buf_append(&text, "\0\0\n", 3);
    assert_false(is_all(&text));
    text.len = len;
    append_record(&text, "a", 1, "aligned", ""); /* twice */
    assert_false(is_all(&text));
    text.len = len;
    append_record(&text, "c", 3, "cancelled", ""); /* not wanted */
    assert_false(is_all(&text));
    gl_buf_free(&text);
}

static bool confirmed(record_index *index, const char *id, int key, const char *asked)
{
    bool is_its;
    assert_int_equal(record_index_confirm(index, own(index, id, key), asked, &is_its), 0);
    return is_its;
}

static void custom_id_is_confirmed_in_all_its_bytes(void **state)
{
    (void)state;
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    append_record(&text, "abc", 1, "aligned", "");
    append_record(&text, "q\\\"\\u000a", 2, "aligned", "");
    gl_buf_append_str(&text, "{\"id\":\"custom_id\", \"custom_id\":\"far\",\"glimpse\":{"
                             "\"status\":\"aligned\",\"key\":\"");
    for (int i = 0; i < 32; i++) gl_buf_append_str(&text, "03");
    gl_buf_append_str(&text, "\"}}\n");
    int fd = file_of(&text);
    record_index index;
    record_wish wish = { .failed = true };
    record_view view;
    const char *id;
    assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
    assert_true(confirmed(&index, "abc", 1, "abc"));
    assert_false(confirmed(&index, "abc", 1, "ab"));
    assert_false(confirmed(&index, "abc", 1, "abcd"));
    assert_false(confirmed(&index, "abc", 1, "Abc"));
    assert_false(confirmed(&index, "q\"\n", 2, "q\"\n")); /* written in another way: not denied, */
    assert_false(confirmed(&index, "far", 3, "far"));
    assert_int_equal(record_index_fetch(&index, own(&index, "q\"\n", 2), &view, &id), 0);
    assert_string_equal(id, "q\"\n"); /* but left to this */
    assert_int_equal(own(&index, "abc", 1)->line, 7);
    assert_int_equal(own(&index, "far", 3)->line, 0);
    assert_int_equal(own(&index, "abc", 1)->source, GLIMPSE_SOURCE_LIVE);
    assert_int_equal(own(&index, "far", 3)->source, GLIMPSE_SOURCE_COUNT);
    record_index_free(&index);
    close(fd);
    gl_buf_free(&text);
}

/* In the order of the file, and jumping to and fro in it. */
static void records_are_fetched_in_any_order(void **state)
{
    (void)state;
    enum { MANY = 2000 }; /* 400 KB: several windows */
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    for (int i = 0; i < MANY; i++) {
        char id[32];
        snprintf(id, sizeof id, "id-%d", i);
        append_record(&text, id, i % 200, i % 3 == 0 ? "error" : "aligned", "");
    }
    int fd = file_of(&text);
    record_index index;
    record_wish wish = { .failed = true };
    record_view view;
    const char *found;
    assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
    for (int i = 0; i < 3 * MANY; i++) {
        int n = i < MANY ? i : i < 2 * MANY ? (i * 997) % MANY : (i ^ 32) % MANY;
        char id[32];
        snprintf(id, sizeof id, "id-%d", n);
        assert_true(confirmed(&index, id, n % 200, id));
        assert_int_equal(record_index_fetch(&index, own(&index, id, n % 200), &view, &found), 0);
        assert_string_equal(found, id);
    }
    /* Cut while it is read: an error, and nothing that was never there. */
    bool is_its;
    assert_int_equal(ftruncate(fd, (off_t)text.len / 2), 0);
    assert_true(confirmed(&index, "id-0", 0, "id-0"));
    assert_int_equal(record_index_confirm(&index, own(&index, "id-1999", 199), "id-1999", &is_its),
                     EIO);
    assert_false(is_its);
    record_index_free(&index);
    close(fd);
    gl_buf_free(&text);
}

static int left;

static bool some_left(void)
{
    return left-- > 0;
}

/* An id whose hash, as it once was (FNV-1a, no seed), falls with others' into one slot of a table
 * of 2^BITS. */
enum { CRAFTED = 2000, BITS = 12 };

static void craft_id(uint64_t *n, uint64_t request, char id[10])
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345";
    for (;; ++*n) {
        uint64_t hash = UINT64_C(14695981039346656037);
        for (int i = 0; i < 9; i++) {
            id[i] = letters[*n >> (5 * i) & 31];
            hash = (hash ^ (unsigned char)id[i]) * UINT64_C(1099511628211);
        }
        hash = (hash ^ request) * UINT64_C(0x9e3779b97f4a7c15);
        if (((hash >> 32 | hash << 32) & ((UINT64_C(1) << BITS) - 1)) == 0) break;
    }
    id[9] = '\0';
    ++*n;
}

/* Ids that somebody has made to fall together do not: with a seed of its own each table spreads
 * them. */
static void crafted_ids_are_spread(void **state)
{
    (void)state;
    gl_buf text;
    record_index index;
    record_wish wish = { .failed = true };
    request_identity request = identity_of(1);
    uint64_t n = 0, front;
    memcpy(&front, request.bytes, sizeof front);
    gl_buf_init(&text, SIZE_MAX / 2);
    for (int i = 0; i < CRAFTED; i++) {
        char id[10];
        craft_id(&n, front, id);
        append_record(&text, id, 1, "aligned", "");
    }
    int fd = file_of(&text);
    assert_int_equal(record_index_read(&index, fd, "records", &wish), 0);
    assert_int_equal(index.count, CRAFTED);
    assert_int_equal(index.by_both.size, 1 << BITS);
    size_t run = 0, longest = 0;
    for (size_t i = 0; i < 2 * index.by_both.size; i++) {
        run = index.by_both.places[i % index.by_both.size] != 0 ? run + 1 : 0;
        if (run > longest) longest = run;
    }
    /* Half full and spread, a run of 200 has a probability below 10^-20; fallen together, all are
     * one. */
    assert_true(longest < 200);
    record_index_free(&index);
    gl_buf_free(&text);
    close(fd);
}

static void without_memory_it_says_so_and_leaks_nothing(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    gl_buf text;
    gl_buf_init(&text, SIZE_MAX / 2);
    for (int i = 0; i < 600; i++) append_record(&text, i % 2 == 0 ? "a" : "b", i, "aligned", "");
    int fd = file_of(&text), code = 71;
    for (int allowed = 0; code != 0; allowed++) {
        record_index index;
        record_wish wish = { 0 };
        left = allowed;
        gl_alloc_set_gate(some_left);
        code = record_index_read(&index, fd, "records", &wish);
        gl_alloc_set_gate(NULL);
        assert_true(code == 0 || code == 71);
        record_index_free(&index);
    }
    close(fd);
    gl_buf_free(&text);
    assert_int_equal(gl_alloc_live(), live);
}

static void assert_read(const char *text, const char *problem)
{
    record_view view;
    const char *found = record_read(gl_slice_str(text), &view);
    if (problem == NULL)
        assert_null(found);
    else
        assert_string_equal(found, problem);
}

static void what_is_no_record_is_told_from_one(void **state)
{
    (void)state;
    assert_read("{\"custom_id\":\"a\",\"glimpse\":{\"status\":\"aligned\",\"key\":null}}", NULL);
    assert_read("{\"custom_id\":null,\"glimpse\":{\"status\":\"bad_request\"}}", NULL);
    assert_read("{\"custom_id\":\"a\",\"glimpse\":{\"sta", "it is no JSON object");
    assert_read("[]", "it is no JSON object");
    assert_read("{\"custom_id\":\"a\",\"response\":{}}", "it has no \"glimpse\" object");
    assert_read("{\"custom_id\":\"a\",\"glimpse\":true}", "it has no \"glimpse\" object");
    assert_read("{\"custom_id\":\"a\",\"glimpse\":{\"status\":\"superb\"}}",
                "its status is none that is known");
    assert_read("{\"custom_id\":7,\"glimpse\":{\"status\":\"aligned\"}}",
                "its custom_id is no string");
}

static void the_last_glimpse_object_of_a_record_counts(void **state)
{
    (void)state;
    record_view view;
    assert_null(record_read(
        gl_slice_str("{\"glimpse\":{\"status\":\"aligned\",\"line\":3,\"source\":\"live\"},"
                     "\"custom_id\":\"a\",\"status\":\"timeout\","
                     "\"glimpse\":{\"line\":{\"line\":5},\"status\":\"server_error\"}}"),
        &view));
    assert_int_equal(view.status, GLIMPSE_STATUS_SERVER_ERROR);
    assert_false(view.known_source);
    assert_int_equal(view.line, 0);
    assert_read("{\"custom_id\":\"a\",\"glimpse\":{\"status\":\"aligned\"},\"glimpse\":{}}",
                "its status is none that is known");
}

static void record_of_another_line_says_so_and_keeps_the_answer(void **state)
{
    (void)state;
    static const char text[] =
        "{\"id\":\"x\",\"custom_id\":\"a\",\"response\":{\"body\":{\"custom_id\":\"in\",\"line\":1}"
        "},"
        "\"error\":null,\"glimpse\":{\"line\":7,\"key\":null,\"status\":\"aligned\",\"source\":"
        "\"live\",\"sample\":\"s\",\"stale\":true,\"attempts\":2,\"elapsed_ms\":9.1,\"thresholds\":"
        "[\"t1\"],\"first_token_ms\":3.0,\"usage\":{\"attempts\":5},\"log\":[{}]}}";
    record_view view;
    gl_buf out;
    gl_buf_init(&out, SIZE_MAX / 2);
    assert_null(record_read(gl_slice_str(text), &view));
    assert_int_equal(view.line, 7);
    record_reuse(&out, &view, "quo\"te", 12);
    assert_true(gl_buf_terminate(&out));
    assert_string_equal(
        out.data,
        "{\"id\":\"x\",\"custom_id\":\"quo\\\"te\",\"response\":{\"body\":{\"custom_id\":\"in\","
        "\"line\":1}},\"error\":null,\"glimpse\":{\"line\":12,\"key\":null,\"status\":\"aligned\","
        "\"source\":\"cache\",\"sample\":\"s\",\"stale\":false,\"attempts\":0,\"elapsed_ms\":0.0,"
        "\"thresholds\":[],\"usage\":{\"attempts\":5}}}");
    gl_buf_reset(&out);
    record_renumber(&out, &view, 8);
    assert_true(gl_buf_terminate(&out));
    char expected[sizeof text];
    memcpy(expected, text, sizeof text);
    strstr(expected, "\"line\":7")[7] = '8';
    assert_string_equal(out.data, expected);
    gl_buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_is_found_by_id_and_request_or_by_request_alone),
        cmocka_unit_test(a_second_file_adds_to_the_first),
        cmocka_unit_test(only_the_beginning_of_a_record_is_torn),
        cmocka_unit_test(path_is_part_of_the_request),
        cmocka_unit_test(many_are_found_and_nothing_that_is_not_there),
        cmocka_unit_test(the_next_record_is_known_by_its_line_and_request),
        cmocka_unit_test(room_is_found_where_the_first_records_mislead),
        cmocka_unit_test(a_file_of_wanted_records_alone_is_told_from_one_with_more),
        cmocka_unit_test(custom_id_is_confirmed_in_all_its_bytes),
        cmocka_unit_test(records_are_fetched_in_any_order),
        cmocka_unit_test(crafted_ids_are_spread),
        cmocka_unit_test(without_memory_it_says_so_and_leaks_nothing),
        cmocka_unit_test(what_is_no_record_is_told_from_one),
        cmocka_unit_test(the_last_glimpse_object_of_a_record_counts),
        cmocka_unit_test(record_of_another_line_says_so_and_keeps_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
