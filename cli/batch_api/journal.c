/* journal.c - see journal.h. */
#include "batch_api/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/file.h"
#include "base/rng.h"
#include "batch/output.h"
#include "exits.h"
#include "say.h"

#define JOURNAL_MAX ((size_t)64 << 20) /* 2,000 batches an hour for a day make 20 MB */

static const char *const steps[BATCH_API_STEPS] = {
    [BATCH_API_PLANNED] = "planned",   [BATCH_API_UPLOADING] = "uploading",
    [BATCH_API_UPLOADED] = "uploaded", [BATCH_API_CREATING] = "creating",
    [BATCH_API_CREATED] = "created",   [BATCH_API_ENDED] = "ended",
    [BATCH_API_REFUSAL] = "refused",   [BATCH_API_DOWNLOADED] = "downloaded",
    [BATCH_API_JOINED] = "joined",     [BATCH_API_SPLIT] = "split",
};

static char *path_of(const char *output)
{
    gl_buf path;
    gl_buf_init(&path, SIZE_MAX / 2);
    gl_buf_append_str(&path, output);
    gl_buf_append_str(&path, ".journal");
    if (gl_buf_terminate(&path)) return path.data;
    gl_buf_free(&path);
    return NULL;
}

bool batch_api_journal_exists(const char *output)
{
    char *path = path_of(output);
    struct stat status;
    bool there = path != NULL && stat(path, &status) == 0 && status.st_size > 0;
    gl_free(path);
    return there;
}

/* --- writing --- */

static int write_line(batch_api_journal *journal)
{
    gl_buf *line = &journal->line;
    gl_buf_append_char(line, '\n');
    if (line->failed) return ENOMEM;
    int error = gl_file_write(journal->fd, line->data, line->len);
    return error != 0 ? error : gl_file_sync(journal->fd);
}

static void add_text(gl_buf *line, const char *name, const char *text)
{
    if (text == NULL) return;
    gl_buf_printf(line, ",\"%s\":", name);
    gl_json_write_string(line, gl_slice_str(text));
}

static void add_count(gl_buf *line, const char *name, uint64_t count)
{
    if (count == 0) return;
    gl_buf_printf(line, ",\"%s\":", name);
    gl_buf_append_u64(line, count);
}

int batch_api_journal_add(batch_api_journal *journal, const batch_api_entry *entry)
{
    gl_buf *line = &journal->line;
    gl_buf_reset(line);
    gl_buf_append_str(line, "{\"part\":");
    gl_buf_append_u64(line, entry->part);
    add_text(line, "step", steps[entry->step]);
    add_text(line, "path", entry->path);
    add_count(line, "requests", entry->requests);
    add_count(line, "bytes", entry->bytes);
    add_count(line, "asked", entry->asked);
    add_count(line, "try", entry->tries);
    add_text(line, "file", entry->file);
    add_text(line, "batch", entry->batch);
    add_text(line, "state", entry->state);
    add_text(line, "output", entry->output);
    add_text(line, "errors", entry->errors);
    add_text(line, "code", entry->code);
    add_text(line, "message", entry->message);
    gl_buf_append_char(line, '}');
    return write_line(journal);
}

/* --- reading --- */

/* Appends the text of a member to buf, its place in *at; SIZE_MAX when it is missing. */
static void take_text(gl_json object, const char *name, gl_buf *buf, size_t *at)
{
    gl_json value = gl_json_get(object, name);
    *at = SIZE_MAX;
    if (value.kind != GL_JSON_STRING) return;
    *at = buf->len;
    gl_json_string_append(value, buf, NULL);
    gl_buf_append_char(buf, '\0');
}

static uint64_t take_count(gl_json object, const char *name)
{
    int64_t count;
    return gl_json_int64(gl_json_get(object, name), &count) && count > 0 ? (uint64_t)count : 0;
}

static bool read_entry(gl_slice text, gl_buf *buf, batch_api_entry *entry)
{
    static const char *const names[] = { "path",   "file",   "batch", "state",
                                         "output", "errors", "code",  "message" };
    enum { TEXTS = sizeof names / sizeof *names };
    gl_json root;
    size_t at[TEXTS];
    if (gl_json_check(text, &root, NULL) != GL_JSON_OK || root.kind != GL_JSON_OBJECT) return false;
    *entry =
        (batch_api_entry){ .part = (uint32_t)take_count(root, "part"), .step = BATCH_API_STEPS };
    gl_json step = gl_json_get(root, "step");
    for (int i = 0; i < BATCH_API_STEPS; i++)
        if (gl_json_string_is(step, steps[i])) entry->step = (batch_api_step)i;
    gl_buf_reset(buf);
    for (size_t i = 0; i < TEXTS; i++) take_text(root, names[i], buf, &at[i]);
    if (buf->failed || entry->part == 0 || entry->step == BATCH_API_STEPS) return false;
    const char **texts[TEXTS] = { &entry->path,   &entry->file,   &entry->batch, &entry->state,
                                  &entry->output, &entry->errors, &entry->code,  &entry->message };
    for (size_t i = 0; i < TEXTS; i++)
        if (at[i] != SIZE_MAX) *texts[i] = buf->data + at[i];
    entry->requests = take_count(root, "requests");
    entry->bytes = take_count(root, "bytes");
    entry->asked = (uint32_t)take_count(root, "asked");
    entry->tries = (uint32_t)take_count(root, "try");
    return true;
}

static int read_whole(int fd, gl_buf *text)
{
    for (;;) {
        if (!gl_buf_reserve(text, 65536)) return ENOMEM;
        ssize_t n = read(fd, text->data + text->len, 65536);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno;
        if (n == 0) return 0;
        text->len += (size_t)n;
    }
}

#define HEAD "{\"glimpse_journal\":1,\"job\":\""

/* Returns true for the rest of a head that a kill, a full disk or a power cut tore: no step was
 * begun by then. */
static bool is_torn_head(gl_slice text)
{
    size_t known = text.len < strlen(HEAD) ? text.len : strlen(HEAD), nuls = 0;
    while (nuls < text.len && text.data[nuls] == '\0') nuls++;
    if (nuls == text.len) return true;
    return memchr(text.data, '\n', text.len) == NULL && memcmp(text.data, HEAD, known) == 0;
}

/* Reads the first line. 0, or the exit code after an error message. */
static int read_head(batch_api_journal *journal, gl_slice text, const char *scope)
{
    gl_json root, job;
    bool good =
        gl_json_check(text, &root, NULL) == GL_JSON_OK && take_count(root, "glimpse_journal") == 1;
    job = good ? gl_json_get(root, "job") : (gl_json){ .kind = GL_JSON_NONE };
    if (job.kind != GL_JSON_STRING || job.text.len != sizeof journal->job + 1 ||
        strspn(job.text.data + 1, "0123456789abcdef") < sizeof journal->job - 1) {
        say("%s: is no journal of this program's", journal->path);
        return EXIT_IO;
    }
    memcpy(journal->job, job.text.data + 1, sizeof journal->job - 1);
    if (gl_json_string_is(gl_json_get(root, "scope"), scope)) return 0;
    say("%s: its batches are at another base URL, organization or project than is given now",
        journal->path);
    return EXIT_VALUE;
}

static int read_entries(batch_api_journal *journal, gl_slice rest, const char *scope,
                        batch_api_entry_fn fn, void *arg)
{
    gl_buf buf;
    size_t whole = 0;
    int code = 0;
    gl_buf_init(&buf, JOURNAL_MAX);
    while (code == 0) {
        const char *start = rest.data + whole;
        const char *end = memchr(start, '\n', rest.len - whole);
        if (end == NULL && whole == 0) end = rest.data + rest.len; /* no head of ours */
        if (end == NULL) break;
        gl_slice line = gl_slice_of(start, (size_t)(end - start));
        batch_api_entry entry;
        if (whole == 0) {
            code = read_head(journal, line, scope);
        } else if (!read_entry(line, &buf, &entry)) {
            say("%s: a line cannot be read: byte %zu", journal->path, whole);
            code = EXIT_IO;
        } else if (!fn(&entry, arg)) {
            code = EXIT_IO;
        }
        whole += line.len + 1;
    }
    gl_buf_free(&buf);
    if (code == 0 && whole < rest.len && ftruncate(journal->fd, (off_t)whole) != 0) code = EXIT_IO;
    return code;
}

/* Returns true when a part's file is beside the output: then the journal has had lines. */
static bool parts_are_there(const char *output)
{
    const char *slash = strrchr(output, '/');
    const char *name = slash != NULL ? slash + 1 : output;
    char *folder = slash == NULL     ? gl_strdup(".")
                   : slash == output ? gl_strdup("/")
                                     : gl_strndup(output, (size_t)(slash - output));
    DIR *dir = folder != NULL ? opendir(folder) : NULL;
    size_t len = strlen(name);
    bool there = false;
    for (struct dirent *entry; dir != NULL && !there && (entry = readdir(dir)) != NULL;)
        there = strncmp(entry->d_name, name, len) == 0 &&
                strncmp(entry->d_name + len, ".part-", 6) == 0;
    if (dir != NULL) closedir(dir);
    gl_free(folder);
    return there;
}

static int begin(batch_api_journal *journal, const char *output, const char *scope)
{
    gl_buf *line = &journal->line;
    if (parts_are_there(output)) {
        say("%s: is empty or gone, but parts of a job are there (%s.part-*): their batches may be "
            "at "
            "work at the endpoint, and will be paid for; put the journal back, or remove the parts "
            "to forget them",
            journal->path, output);
        struct stat status;
        if (fstat(journal->fd, &status) == 0 && status.st_size == 0) unlink(journal->path);
        return EXIT_EXISTS;
    }
    snprintf(journal->job, sizeof journal->job, "%016llx%016llx",
             (unsigned long long)gl_rng_system_seed(), (unsigned long long)gl_rng_system_seed());
    gl_buf_reset(line);
    gl_buf_printf(line, HEAD "%s\"", journal->job);
    add_text(line, "scope", scope);
    gl_buf_append_char(line, '}');
    int error = ftruncate(journal->fd, 0) != 0 ? errno : write_line(journal);
    if (error == 0) error = output_sync_folder(output);
    if (error == 0) return 0;
    say("%s: cannot write: %s", journal->path, strerror(error));
    return EXIT_IO;
}

int batch_api_journal_open(batch_api_journal *journal, const char *output, const char *scope,
                           batch_api_entry_fn fn, void *arg)
{
    *journal = (batch_api_journal){ .fd = -1, .path = path_of(output) };
    gl_buf_init(&journal->line, JOURNAL_MAX);
    if (journal->path == NULL) {
        say("out of memory");
        return EXIT_OS_LIMIT;
    }
    /* Not through a link, which another user may have put there. */
    journal->fd = open(journal->path, O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0666);
    gl_buf text;
    gl_buf_init(&text, JOURNAL_MAX);
    int error = journal->fd < 0 ? errno : read_whole(journal->fd, &text), code = EXIT_IO;
    if (error != 0)
        say("%s: %s", journal->path, error == ELOOP ? "is a link" : strerror(error));
    else if (is_torn_head(gl_buf_slice(&text)))
        code = begin(journal, output, scope);
    else
        code = read_entries(journal, gl_buf_slice(&text), scope, fn, arg);
    gl_buf_free(&text);
    return code;
}

void batch_api_journal_remove(const batch_api_journal *journal)
{
    if (unlink(journal->path) != 0)
        say("%s: cannot be removed: %s", journal->path, strerror(errno));
}

void batch_api_journal_close(batch_api_journal *journal)
{
    if (journal->fd >= 0) close(journal->fd);
    gl_free(journal->path);
    gl_buf_free(&journal->line);
    journal->fd = -1;
    journal->path = NULL;
}
