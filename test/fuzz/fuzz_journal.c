/*
 * fuzz_journal.c - any bytes as a journal: it is refused and left as it is, or read; then an entry
 * that is added is the one that is read behind the others, by the same job.
 *
 * The first byte says whether the head is whole, so that most inputs get as far as the entries.
 */
#include "fuzz.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "batch_api/journal.h"

#define HEAD                                                                                       \
    "{\"glimpse_journal\":1,\"job\":\"0123456789abcdef0123456789abcdef\",\"scope\":\"s\"}\n"

typedef struct listing {
    int count;
    batch_api_step last;
    char output[64];
} listing;

static bool tell(const batch_api_entry *entry, void *arg)
{
    listing *t = arg;
    claim(entry->part > 0 && entry->step < BATCH_API_STEPS, "an entry of no part or step");
    t->count++;
    t->last = entry->step;
    snprintf(t->output, sizeof t->output, "%s", entry->output != NULL ? entry->output : "");
    return true;
}

static void write_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "w");
    claim(file != NULL, "no file");
    if (size > 0 && (data[0] & 1) != 0) fputs(HEAD, file);
    if (size > 1) claim(fwrite(data + 1, 1, size - 1, file) == size - 1, "not written");
    fclose(file);
}

static off_t size_of(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char output[64], path[80];
    batch_api_journal journal;
    listing before = { 0 }, after = { 0 };
    const batch_api_entry entry = {
        .part = 3, .step = BATCH_API_ENDED, .output = "file-\"\n", .code = "c\x01"
    };
    snprintf(output, sizeof output, "/dev/shm/glimpse-fuzz-%ld", (long)getpid());
    snprintf(path, sizeof path, "%s.journal", output);
    write_file(path, data, size);
    off_t was = size_of(path);
    fuzz_hush(true);
    int code = batch_api_journal_open(&journal, output, "s", tell, &before);
    fuzz_hush(false);
    char job[sizeof journal.job];
    memcpy(job, journal.job, sizeof job);
    if (code == 0) {
        claim(strspn(job, "0123456789abcdef") == sizeof job - 1, "a job's name is 32 hex digits");
        claim(batch_api_journal_add(&journal, &entry) == 0, "an entry cannot be added");
        batch_api_journal_close(&journal);
        code = batch_api_journal_open(&journal, output, "s", tell, &after);
        claim(code == 0 && after.count == before.count + 1, "it reads otherwise with one more");
        claim(after.last == BATCH_API_ENDED && strcmp(after.output, entry.output) == 0,
              "another entry");
        claim(memcmp(job, journal.job, sizeof job) == 0, "another job");
    } else {
        claim(size_of(path) == was, "what was refused was changed");
    }
    batch_api_journal_close(&journal);
    unlink(path);
    return 0;
}
