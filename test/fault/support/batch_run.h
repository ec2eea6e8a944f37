/*
 * batch_run.h - one run of `glimpse batch` as a child of the test, against the scripted server in
 * the test's own loop; what it left behind; and the nine invariants, which the run itself checks
 * whatever the fault was. batch_end fails a run that did not get to check all nine, and says that
 * it did, for the table of the rows.
 *
 *   I1 each line has one record, or is counted as unsent
 *   I2 each line of the output is one JSON object
 *   I3 the key is in no file that the run left: standard output and error with the log at level
 *      debug, output, summary; and the requests did carry it
 *   I4 memory is bounded
 *   I5 attempts told = requests the server counted, and within the retry budget
 *   I6 CPU time is that of a healthy run thrice, of the lines and attempts, and 5 % of the time
 *   I7 each record's own time is at most the deadline and 1 s
 *   I8 as many descriptors are open at the end as at the start; no sanitizer has a word to say, of
 *      leaks neither
 *   I9 the healthy lines among the others, of a model of their own, are aligned at once; where the
 *      whole endpoint is the fault, a second endpoint on the same loop is asked (batch_beside);
 * where the run is stopped, none of them has an error
 *
 * Files are kept in FAULT_DIR/NAME, where the last test searches them for the key once more.
 */
#ifndef BATCH_RUN_H
#define BATCH_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <glimpse/glimpse.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault_server.h"

#ifdef __has_feature
#define HAS_FEATURE(x) __has_feature(x)
#else
#define HAS_FEATURE(x) 0
#endif

/* Small runs stay below this: 40 MiB was the most seen without sanitizers, whose shadow, quarantine
 * and redzones take several times that. */
enum { BATCH_SMALL_KIB = HAS_FEATURE(address_sanitizer) ? 400 * 1024 : 64 * 1024 };

/* The key of every fault test. */
#define CANARY "sk-canary-4b1f0e9d7c5a38266"

enum { BATCH_ARGS = 64, BATCH_ENVIRONMENT = 8, BATCH_ANY = -1 };

/* A line that the server always answers (fault_server_healthy). */
#define HEALTHY_MARK "\"model\":\"healthy\""
#define HEALTHY_LINE(id)                                                                           \
    "{\"custom_id\":\"" id "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\","              \
    "\"body\":{" HEALTHY_MARK ",\"messages\":[{\"role\":\"user\",\"content\":\"" id "\"}]}}\n"

typedef struct batch_run {
    struct event_base *base;
    fault_server *server;
    char dir[400], url[64];
    const char *args[BATCH_ARGS]; /* behind `glimpse batch`; NULL terminated */
    size_t arg_count;
    const char *environment[BATCH_ENVIRONMENT];
    size_t environment_count;
    bool no_key;        /* OPENAI_API_KEY is not set, or in the environment above */
    bool alone;         /* no healthy lines: the endpoint answers nobody. Wants batch_beside. */
    bool shared_wire;   /* a healthy line may need a second attempt: its connection was broken */
    bool starved;       /* nothing can be healthy: the whole process lacks something */
    bool dies;          /* ends at once, with everything open */
    bool own_ids;       /* the lines are not those of batch_drafts */
    bool loses_records; /* not every record that was made could be written */
    bool torn_end;      /* the last line may be torn */
    bool lost_requests; /* the server may have counted fewer than were sent */
    size_t (*requests)(void *server); /* counts them, in place of `server`; or NULL */
    void *requests_arg;
    int stdout_fd;  /* the child's standard output; 0 = a file */
    long stack_kib; /* limits of the child; 0 = as they are */
    long descriptors;
    long file_bytes;
    long rss_kib;       /* of memory above the bound for all that is small */
    double seconds_max; /* 0 = 100 */
    double cpu_work;    /* seconds of CPU that the amount of bytes is worth */
    int64_t deadline_ms;
    size_t lines, healthy_lines;
    void (*while_running)(struct batch_run *run, int pid); /* every 10 ms, last with 0; or NULL */
    void *arg;                                             /* the test's own */
    struct memory *kept;

    /* afterwards */
    int pid, code; /* exit code, or 1000 + the signal */
    double seconds, cpu;
    unsigned checked; /* invariants, a bit each */
    long max_rss_kib;
    char *err, *out;
    size_t err_len, out_len;
    struct json_object **records; /* but those of healthy lines */
    size_t count, healthy;
    int64_t attempts; /* of all lines */
    struct json_object *summary;
} batch_run;

/* name: the test's, it names the folder. */
void batch_init(batch_run *run, const char *name);
void batch_end(batch_run *run);
void batch_free(batch_run *run); /* without a word about invariants */

/* Options, a later one counts; the last argument is NULL. */
void batch_args(batch_run *run, ...) __attribute__((sentinel));

/* NAME=VALUE, for the program or for shim.c; must live as long as the run. */
void batch_env(batch_run *run, const char *assignment);
/* The deadline of each request; 15 s otherwise. */
void batch_deadline(batch_run *run, int ms);

/* The input: n drafts with the ids d1 to dn; or any bytes, lines of which are said. A healthy line
 * stands before and behind the drafts; two behind the bytes, if these end with a line end. */
void batch_drafts(batch_run *run, size_t n);
void batch_input(batch_run *run, const char *text, size_t len, size_t lines);

/* Runs it and wants this exit code (or BATCH_ANY, 0 or 1), and the invariants. */
void batch_go(batch_run *run, int code);
/* The same with any exit code. */
void batch_run_only(batch_run *run);

/* I9 for a run whose endpoint answers nobody: the library in this process, one engine for that
 * endpoint and one for a healthy one on the same loop; the healthy one's requests are aligned at
 * the first attempt while the others fail. Also its log is free of the key, its memory and
 * descriptors are back. config: what the endpoint needs, or NULL; its URL and key are the run's. */
void batch_beside(batch_run *run, const glimpse_config *config);

/* The file NAME of the run's folder is free of the key (I3). */
void batch_no_key(batch_run *run, const char *name);

/* The i-th record, the one of an id, and a member of it by "a.b.c"; NULL where there is none. */
struct json_object *batch_record(const batch_run *run, const char *id);
struct json_object *batch_at(struct json_object *record, const char *path);
const char *batch_text(struct json_object *record, const char *path); /* "null" for null */
int64_t batch_int(struct json_object *record, const char *path);

/* Each record has this status and this error code ("null" for none). */
void batch_all(const batch_run *run, const char *status, const char *code);
bool batch_says(const batch_run *run, const char *text); /* on stderr */

/* Scripts that live as long as the run: a whole answer (its Content-Length is added); and text. */
const fault_step *batch_answer(batch_run *run, const char *status, const char *headers,
                               const char *body);
const fault_step *batch_script(batch_run *run, const fault_step *steps, size_t count);
void *batch_keep(batch_run *run, size_t size);

/* The body of an aligned answer. */
#define GOOD_BODY                                                                                  \
    "{\"id\":\"c1\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"     \
    "\"message\":{\"role\":\"assistant\",\"content\":\"fine\"},\"finish_reason\":\"stop\"}],"      \
    "\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1,\"total_tokens\":6}}"

const fault_step *batch_good(batch_run *run);

#endif
