/*
 * access_log.c - see access_log.h.
 *
 * Lines gather while the loop's callbacks run, and go in one write at the end of its turn. A pipe,
 * a socket or a terminal that takes no more is waited for by the loop, never by a write; beyond
 * WAITING_MAX bytes lines are lost, which is reported once.
 */
#include "serve/access_log.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/json.h"
#include "exits.h"
#include "files/append_file.h"
#include "say.h"

#define WAITING_MAX ((size_t)1024 * 1024)

struct access_log {
    const char *path, *name;
    int fd;
    bool is_file;       /* it takes all bytes at once */
    bool torn;          /* it ends with a part of a line */
    bool failed;        /* lines are lost, which was reported */
    struct event *turn; /* the end of this turn of the loop */
    struct event *room; /* it takes bytes again */
    bool due;           /* `turn` is under way */
    gl_buf waiting;     /* whole lines */
    size_t written;     /* bytes of them */
    time_t second;      /* of `date` */
    char date[32];
};

/* --- a line ----------------------------------------------------------------------------------- */

static void name_member(gl_buf *out, const char *name)
{
    gl_buf_append_str(out, ",\"");
    gl_buf_append_str(out, name);
    gl_buf_append_str(out, "\":");
}

static void text_member(gl_buf *out, const char *name, gl_slice text)
{
    name_member(out, name);
    if (text.len == 0)
        gl_buf_append_str(out, "null");
    else
        gl_json_write_string(out, text);
}

static void number_member(gl_buf *out, const char *name, int64_t number)
{
    name_member(out, name);
    if (number < 0)
        gl_buf_append_str(out, "null");
    else
        gl_buf_append_u64(out, (uint64_t)number);
}

static void ms_member(gl_buf *out, const char *name, int64_t ns)
{
    char digits[] = ".000";
    name_member(out, name);
    if (ns < 0) {
        gl_buf_append_str(out, "null");
        return;
    }
    uint64_t us = (uint64_t)ns / 1000, part = us % 1000;
    for (size_t i = 3; i > 0; part /= 10) digits[i--] = (char)('0' + part % 10);
    gl_buf_append_u64(out, us / 1000);
    gl_buf_append(out, digits, 4);
}

static void flag_member(gl_buf *out, const char *name, bool flag)
{
    name_member(out, name);
    gl_buf_append_str(out, flag ? "true" : "false");
}

/* RFC 3339, as in the log of events. */
static void write_time(access_log *log)
{
    struct timespec now;
    struct tm tm;
    char ms[8];
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != log->second && gmtime_r(&now.tv_sec, &tm) != NULL) {
        log->second = now.tv_sec;
        strftime(log->date, sizeof log->date, "%Y-%m-%dT%H:%M:%S", &tm);
    }
    int part = (int)(now.tv_nsec / 1000000);
    ms[0] = '.';
    ms[1] = (char)('0' + part / 100);
    ms[2] = (char)('0' + part / 10 % 10);
    ms[3] = (char)('0' + part % 10);
    gl_buf_append_str(&log->waiting, "{\"ts\":\"");
    gl_buf_append_str(&log->waiting, log->date);
    gl_buf_append(&log->waiting, ms, 4);
    gl_buf_append_str(&log->waiting, "Z\"");
}

static void write_ids(const gateway_entry *entry, gl_buf *out)
{
    name_member(out, "request_id");
    if (entry->number == 0)
        gl_buf_append_str(out, "null");
    else
        gl_buf_printf(out, "\"glimpse-%016" PRIx64 "-%" PRIu64 "\"", entry->process, entry->number);
    text_member(out, "upstream_request_id", gl_slice_str(entry->upstream_id));
    text_member(out, "peer", gl_slice_str(entry->peer));
}

static void write_line(access_log *log, const gateway_entry *entry)
{
    gl_buf *out = &log->waiting;
    const char *source =
        entry->source >= 0 ? glimpse_source_name((glimpse_source)entry->source) : NULL;
    write_time(log);
    text_member(out, "caller", gl_slice_str(entry->caller));
    text_member(out, "kind", gl_slice_str(entry->kind));
    text_member(out, "model", entry->model);
    flag_member(out, "stream", entry->stream);
    number_member(out, "status", entry->status != 0 ? entry->status : -1);
    text_member(out, "code", gl_slice_str(entry->code));
    text_member(out, "glimpse_status", gl_slice_str(source));
    flag_member(out, "stale", entry->stale);
    text_member(out, "endpoint", gl_slice_str(entry->endpoint));
    number_member(out, "attempts", entry->attempts);
    ms_member(out, "queue_ms", entry->queue_ns);
    ms_member(out, "ttfb_ms", entry->first_byte_ns);
    ms_member(out, "total_ms", entry->total_ns);
    number_member(out, "prompt_tokens", entry->prompt_tokens);
    number_member(out, "completion_tokens", entry->completion_tokens);
    number_member(out, "bytes_in", (int64_t)entry->bytes_in);
    number_member(out, "bytes_out", (int64_t)entry->bytes_out);
    write_ids(entry, out);
    gl_buf_append_str(out, "}\n");
}

/* --- writing ---------------------------------------------------------------------------------- */

static void report(access_log *log, const char *why)
{
    if (!log->failed) say("%s: %s: %s; lines are lost", log->name, log->path, why);
    log->failed = true;
}

/* Writes a part of what waits. false: errno; EAGAIN where it would have to wait. */
static bool write_some(access_log *log)
{
    size_t len = log->waiting.len - log->written;
    struct pollfd at = { .fd = log->fd, .events = POLLOUT };
    if (!log->is_file) { /* one that is ready takes as many bytes as are written in one piece */
        if (len > PIPE_BUF) len = PIPE_BUF;
        if (poll(&at, 1, 0) == 0) {
            errno = EAGAIN;
            return false;
        }
    }
    if (log->torn && log->written == 0) {
        if (write(log->fd, "\n", 1) != 1) return false;
        log->torn = false;
    }
    ssize_t n = write(log->fd, log->waiting.data + log->written, len);
    if (n < 0) return errno == EINTR;
    log->written += (size_t)n;
    return true;
}

static void forget(access_log *log)
{
    log->torn |= log->written != 0 && log->waiting.data[log->written - 1] != '\n';
    log->written = 0;
    gl_buf_recycle(&log->waiting, WAITING_MAX / 16);
}

static void write_waiting(access_log *log)
{
    while (log->written < log->waiting.len) {
        if (write_some(log)) continue;
        if (errno == EAGAIN) {
            if (log->room != NULL) event_add(log->room, NULL);
            return;
        }
        report(log, strerror(errno));
        break; /* later lines are tried, because a disk may have room again */
    }
    forget(log);
}

static void turn_ends(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    access_log *log = arg;
    log->due = false;
    write_waiting(log);
}

void access_log_write(const gateway_entry *entry, void *arg)
{
    access_log *log = arg;
    size_t before = log->waiting.len;
    write_line(log, entry);
    if (log->waiting.failed) {
        log->waiting.failed = log->waiting.too_large = false;
        log->waiting.len = before;
        report(log, "it takes no more for now");
    }
    if (log->due || log->turn == NULL || event_pending(log->room, EV_WRITE, NULL)) return;
    log->due = true;
    event_active(log->turn, EV_TIMEOUT, 0);
}

/* --- life ------------------------------------------------------------------------------------- */

static bool open_events(access_log *log, struct event_base *base)
{
    log->turn = event_new(base, -1, 0, turn_ends, log);
    log->room = event_new(base, log->fd, EV_WRITE, turn_ends, log);
    return log->turn != NULL && log->room != NULL;
}

int access_log_open(access_log **made, struct event_base *base, const char *path, const char *name)
{
    struct stat file;
    bool is_stdout = strcmp(path, "-") == 0;
    int fd = is_stdout ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0) : append_file_open(path, name);
    if (fd < 0 || fstat(fd, &file) != 0) {
        say("%s: %s: %s", name, path, strerror(errno));
        if (fd >= 0) close(fd);
        return EXIT_IO;
    }
    access_log *log = gl_calloc(1, sizeof *log);
    if (log == NULL) {
        close(fd);
        say("%s: out of memory", name);
        return EXIT_OS_LIMIT;
    }
    *log = (access_log){ .path = path, .name = name, .fd = fd, .second = -1 };
    log->is_file = S_ISREG(file.st_mode);
    gl_buf_init(&log->waiting, WAITING_MAX);
    *made = log;
    if (open_events(log, base)) return 0;
    say("%s: out of memory", name);
    return EXIT_OS_LIMIT;
}

bool access_log_reopen(access_log *log)
{
    struct stat file;
    if (log == NULL || strcmp(log->path, "-") == 0) return true;
    if (log->is_file) write_waiting(log);
    event_del(log->room);
    bool good = append_file_again(log->fd, log->path);
    int error = errno;
    if (good && fstat(log->fd, &file) == 0) {
        log->is_file = S_ISREG(file.st_mode);
        log->torn &= file.st_size != 0;
    }
    write_waiting(log);
    errno = error;
    return good;
}

int access_log_close(access_log *log, int code)
{
    if (log == NULL) return code;
    if (log->turn != NULL) event_free(log->turn);
    if (log->room != NULL) event_free(log->room);
    log->turn = log->room = NULL;
    write_waiting(log);
    if (log->waiting.len != 0) report(log, "it takes no more for now");
    if (close(log->fd) != 0) report(log, strerror(errno));
    bool failed = log->failed;
    gl_buf_free(&log->waiting);
    gl_free(log);
    return failed && code == EXIT_DONE ? EXIT_IO : code;
}
