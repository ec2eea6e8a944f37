/*
 * batch_run.h - one run of `glimpse batch` as a child of the test, against the scripted server in
 * the test's own loop; what it left behind; and the invariants that hold whatever the fault was:
 *
 *   I1 each line has one record, or is counted as unsent     I2 each line of the output is JSON
 *   I3 the key is in nothing that was written                I4 memory is bounded
 *   I5 attempts told = requests the server counted, bounded  I6 waiting costs no CPU (batch_waited)
 *   I7 it ends in time                                       I8 no sanitizer has a word to say
 *
 * (I9, that other lines go on, is the tests' own.) Files are kept in FAULT_DIR/NAME, where the last
 * test searches them for the key once more.
 */
#ifndef BATCH_RUN_H
#define BATCH_RUN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault_server.h"

/* The key of every fault test; lib.sh of the shell tests has the same. */
#define CANARY "sk-canary-4b1f0e9d7c5a38266"

enum { BATCH_ARGS = 64, BATCH_ANY = -1 };

typedef struct batch_run {
    struct event_base *base;
    fault_server *server;
    char dir[400], url[64];
    const char *args[BATCH_ARGS]; /* behind `glimpse batch`; NULL terminated */
    size_t arg_count;
    const char
        *environment;   /* NAME=VALUE for shim.c, which is then loaded into the child; or NULL */
    bool own_ids;       /* the lines are not those of batch_drafts */
    bool loses_records; /* not every record that was made could be written */
    bool torn_end;      /* the last line may be torn */
    bool other_server;  /* the requests are not this server's to count */
    long stack_kib;     /* limits of the child; 0 = as they are */
    long descriptors;
    long file_bytes;
    long rss_kib;       /* most memory; 0 = a bound for all that is small */
    double seconds_max; /* 0 = 20 */
    size_t lines;
    void (*while_running)(struct batch_run *run, int pid); /* called every 10 ms, or NULL */
    struct memory *kept;

    /* afterwards */
    int pid, code; /* exit code, or 1000 + the signal */
    double seconds, cpu;
    long max_rss_kib;
    char *err, *out;
    size_t err_len, out_len;
    struct json_object **records;
    size_t count;
    struct json_object *summary;
} batch_run;

/* name: the test's, it names the folder. */
void batch_init(batch_run *run, const char *name);
void batch_end(batch_run *run);

/* Options; the last argument is NULL. */
void batch_args(batch_run *run, ...) __attribute__((sentinel));

/* The input: n drafts with the ids d1 to dn; or any bytes, lines of which are said. */
void batch_drafts(batch_run *run, size_t n);
void batch_input(batch_run *run, const char *text, size_t len, size_t lines);

/* Runs it and wants this exit code (or BATCH_ANY, 0 or 1), and the invariants. */
void batch_go(batch_run *run, int code);
/* The same with any exit code. */
void batch_run_only(batch_run *run);

/* It spent its time waiting (I6). */
void batch_waited(const batch_run *run);

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
