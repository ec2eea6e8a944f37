/* Requests of a batch job: their ids, the file of a part and its bounds, and the journal, torn
 * anywhere. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "batch_api/part.h"
#include "batch_api/slots.h"

static char folder[64], output[96];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/glimpse-api.XXXXXX");
    if (mkdtemp(folder) == NULL) return -1;
    snprintf(output, sizeof output, "%s/out", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s.journal", output);
    unlink(path);
    return rmdir(folder);
}

static void an_id_survives_its_text(void **state)
{
    (void)state;
    batch_api_slots slots;
    batch_api_id id, same, read;
    char text[BATCH_API_ID_TEXT];
    glimpse_key key = { { 1, 2, 3 } };
    assert_true(batch_api_slots_init(&slots));
    assert_true(batch_api_id_of(&slots, &key, "/chat/completions", 0, &id));
    assert_true(batch_api_id_of(&slots, &key, "/chat/completions", 0, &same));
    assert_memory_equal(&id, &same, sizeof id);
    assert_true(batch_api_id_of(&slots, &key, "/embeddings", 0, &same));
    assert_memory_not_equal(&id, &same, sizeof id);
    assert_true(batch_api_id_of(&slots, &key, "/chat/completions", 7, &same));
    assert_memory_not_equal(&id, &same, sizeof id);
    batch_api_id_write(&id, text);
    assert_true(batch_api_id_read(text, strlen(text), &read));
    assert_memory_equal(&id, &read, sizeof id);
    assert_false(batch_api_id_read(text, strlen(text) - 1, &read));
    text[3] = 'g';
    assert_false(batch_api_id_read(text, strlen(text), &read));
    batch_api_slots_free(&slots);
}

static void each_request_is_found_again_among_many(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    batch_api_slots slots;
    assert_true(batch_api_slots_init(&slots));
    for (uint64_t i = 0; i < 5000; i++) {
        batch_api_id id = { i * 7, i % 3 }; /* most share their place in the table */
        assert_int_equal(batch_api_slots_find(&slots, &id), SIZE_MAX);
        assert_int_equal(batch_api_slots_add(&slots, &id), i);
    }
    for (uint64_t i = 0; i < 5000; i++) {
        batch_api_id id = { i * 7, i % 3 };
        assert_int_equal(batch_api_slots_find(&slots, &id), i);
    }
    batch_api_slots_free(&slots);
    assert_int_equal(gl_alloc_live(), live);
}

static void a_part_keeps_its_bounds_but_takes_one_request_of_any_size(void **state)
{
    (void)state;
    const batch_api_bounds bounds = { .requests = 3, .bytes = 100 };
    batch_api_part *part = batch_api_part_new(1, "/chat/completions");
    assert_true(batch_api_part_fits(part, &bounds, 1, 1000));
    assert_int_equal(batch_api_part_add(part, output, gl_slice_str("0123456789"), 1), 0);
    assert_true(batch_api_part_fits(part, &bounds, 1, 88)); /* 11 + 88 + 1 */
    assert_false(batch_api_part_fits(part, &bounds, 1, 89));
    assert_false(batch_api_part_fits(part, &bounds, 3, 10)); /* inputs of embeddings */
    assert_int_equal(batch_api_part_add(part, output, gl_slice_str("a"), 1), 0);
    assert_int_equal(batch_api_part_add(part, output, gl_slice_str("b"), 1), 0);
    assert_false(batch_api_part_fits(part, &bounds, 1, 1));
    assert_int_equal(batch_api_part_close(part), 0);
    char *path = batch_api_part_path(output, 1, BATCH_API_FILE_IN), text[32] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fread(text, 1, sizeof text - 1, file), 15);
    fclose(file);
    assert_string_equal(text, "0123456789\na\nb\n");
    batch_api_part_remove_files(part, output);
    assert_int_not_equal(access(path, F_OK), 0);
    gl_free(path);
    batch_api_part_free(part);
}

/* --- the journal ------------------------------------------------------------------------------ */

typedef struct seen {
    int count;
    batch_api_step last;
    char batch[64], message[64];
} seen;

static bool see(const batch_api_entry *entry, void *arg)
{
    seen *s = arg;
    s->count++;
    s->last = entry->step;
    if (entry->batch != NULL) snprintf(s->batch, sizeof s->batch, "%s", entry->batch);
    if (entry->message != NULL) snprintf(s->message, sizeof s->message, "%s", entry->message);
    return true;
}

static int reopen(batch_api_journal *journal, const char *scope, seen *s)
{
    *s = (seen){ .count = 0 };
    int code = batch_api_journal_open(journal, output, scope, see, s);
    batch_api_journal_close(journal);
    return code;
}

static void a_journal_is_read_as_it_was_written_however_it_was_torn(void **state)
{
    (void)state;
    size_t live = gl_alloc_live();
    static const batch_api_entry entries[] = {
        { .part = 1,
          .step = BATCH_API_PLANNED,
          .path = "/chat/completions",
          .requests = 2,
          .bytes = 9 },
        { .part = 1, .step = BATCH_API_CREATED, .batch = "batch_1" },
        { .part = 1,
          .step = BATCH_API_ENDED,
          .state = "failed",
          .message = "a \"word\"\nand \\ more" },
    };
    batch_api_journal journal;
    seen s = { .count = 0 };
    char path[128], job[33];
    snprintf(path, sizeof path, "%s.journal", output);
    assert_false(batch_api_journal_exists(output));
    assert_int_equal(batch_api_journal_open(&journal, output, "scope", see, &s), 0);
    memcpy(job, journal.job, sizeof job);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(batch_api_journal_add(&journal, &entries[i]), 0);
    batch_api_journal_close(&journal);
    assert_true(batch_api_journal_exists(output));
    assert_int_equal(batch_api_journal_open(&journal, output, "scope", see, &s), 0);
    assert_string_equal(journal.job, job);
    batch_api_journal_close(&journal);
    assert_int_equal(s.count, 3);
    assert_string_equal(s.batch, "batch_1");
    assert_string_equal(s.message, entries[2].message);
    assert_int_not_equal(reopen(&journal, "another", &s), 0);

    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    /* The last entry goes with its last byte; the others stay. */
    for (off_t size = status.st_size - 1; size > status.st_size - 20; size--) {
        assert_int_equal(truncate(path, size), 0);
        assert_int_equal(reopen(&journal, "scope", &s), 0);
        assert_int_equal(s.count, 2);
        assert_int_equal(s.last, BATCH_API_CREATED);
        size_t grown = 0;
        FILE *file = fopen(path, "a");
        grown += fwrite("{\"part\":1,\"step\":\"end", 1, 21, file);
        fclose(file);
        assert_int_equal(grown, 21);
    }
    assert_int_equal(reopen(&journal, "scope", &s), 0);
    assert_int_equal(s.count, 2);
    FILE *file = fopen(path, "a");
    fputs("{\"part\":1,\"step\":\"flown\"}\n", file);
    fclose(file);
    assert_int_not_equal(reopen(&journal, "scope", &s), 0);
    assert_int_equal(gl_alloc_live(), live);
}

/* The first write of a journal may be torn anywhere: no step was begun by then. */
static void a_journal_with_a_torn_head_is_begun_anew_and_goes_on(void **state)
{
    (void)state;
    static const char head[] =
        "{\"glimpse_journal\":1,\"job\":\"0123456789abcdef0123456789abcdef\"";
    const batch_api_entry entry = { .part = 1, .step = BATCH_API_CREATED, .batch = "batch_1" };
    char path[128];
    snprintf(path, sizeof path, "%s.journal", output);
    for (size_t len = 0; len < sizeof head + 3; len++) {
        char torn[sizeof head + 4] = { 0 }; /* at last only NULs: a power cut */
        if (len < sizeof head) memcpy(torn, head, len);
        FILE *file = fopen(path, "w");
        assert_int_equal(fwrite(torn, 1, len, file), len);
        fclose(file);
        batch_api_journal journal;
        seen s = { .count = 0 };
        assert_int_equal(batch_api_journal_open(&journal, output, "scope", see, &s), 0);
        assert_int_equal(batch_api_journal_add(&journal, &entry), 0);
        batch_api_journal_close(&journal);
        assert_int_equal(reopen(&journal, "scope", &s), 0);
        assert_int_equal(s.count, 1);
    }
}

static void what_is_no_journal_of_ours_is_left_as_it_is(void **state)
{
    (void)state;
    static const char *const texts[] = { "a diary", "{\"glimpse\":1}", "{\"glimpse_journal\":2",
                                         "\n", "{\"glimpse_journal\":1}\n" };
    char path[128], target[128], read[64];
    snprintf(path, sizeof path, "%s.journal", output);
    snprintf(target, sizeof target, "%s.target", output);
    for (size_t i = 0; i <= sizeof texts / sizeof *texts; i++) {
        bool link = i == sizeof texts / sizeof *texts; /* to what would be a torn head */
        const char *text = link ? "{\"glimpse" : texts[i];
        unlink(path);
        FILE *file = fopen(link ? target : path, "w");
        fputs(text, file);
        fclose(file);
        if (link) assert_int_equal(symlink(target, path), 0);
        batch_api_journal journal;
        seen s;
        assert_int_not_equal(reopen(&journal, "scope", &s), 0);
        file = fopen(link ? target : path, "r");
        size_t len = fread(read, 1, sizeof read - 1, file);
        fclose(file);
        assert_int_equal(len, strlen(text));
        assert_memory_equal(read, text, len);
    }
    assert_int_equal(unlink(target), 0);
}

static void a_link_in_place_of_a_part_is_replaced_and_not_written_through(void **state)
{
    (void)state;
    char target[128];
    char *path = batch_api_part_path(output, 1, BATCH_API_FILE_IN);
    struct stat status;
    snprintf(target, sizeof target, "%s.target", output);
    FILE *file = fopen(target, "w");
    fputs("theirs", file);
    fclose(file);
    assert_int_equal(symlink(target, path), 0);
    batch_api_part *part = batch_api_part_new(1, "/chat/completions");
    assert_int_equal(batch_api_part_add(part, output, gl_slice_str("ours"), 1), 0);
    assert_int_equal(batch_api_part_close(part), 0);
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_size, 6);
    assert_true(batch_api_part_remove_files(part, output));
    assert_int_equal(unlink(target), 0);
    gl_free(path);
    batch_api_part_free(part);
}

static void what_a_cut_download_left_goes_with_the_part_and_what_cannot_go_is_told(void **state)
{
    (void)state;
    char left[128], folder_in_its_place[128];
    batch_api_part *part = batch_api_part_new(2, "/chat/completions");
    snprintf(left, sizeof left, "%s.part-2.out.tmp", output);
    snprintf(folder_in_its_place, sizeof folder_in_its_place, "%s.part-2.err", output);
    fclose(fopen(left, "w"));
    assert_true(batch_api_part_remove_files(part, output));
    assert_int_not_equal(access(left, F_OK), 0);
    assert_int_equal(mkdir(folder_in_its_place, 0700), 0);
    assert_false(batch_api_part_remove_files(part, output));
    assert_int_equal(rmdir(folder_in_its_place), 0);
    batch_api_part_free(part);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_survives_its_text),
        cmocka_unit_test(each_request_is_found_again_among_many),
        cmocka_unit_test(a_part_keeps_its_bounds_but_takes_one_request_of_any_size),
        cmocka_unit_test(a_journal_is_read_as_it_was_written_however_it_was_torn),
        cmocka_unit_test(a_journal_with_a_torn_head_is_begun_anew_and_goes_on),
        cmocka_unit_test(what_is_no_journal_of_ours_is_left_as_it_is),
        cmocka_unit_test(a_link_in_place_of_a_part_is_replaced_and_not_written_through),
        cmocka_unit_test(what_a_cut_download_left_goes_with_the_part_and_what_cannot_go_is_told),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
