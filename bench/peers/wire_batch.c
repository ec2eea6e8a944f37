/*
 * wire_batch.c - the whole program: `glimpse batch` reads lines of OpenAI's Batch form from a file,
 * each the body that the other clients send, and writes a record for each to a file. Nothing is
 * kept; everything else is as by default.
 *
 * It runs twice, with the lines of the warm-up and with all of them. The difference is what the
 * meter shows: starting, connecting and ending are in both.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire_load.h"

typedef struct job {
    const wire_load *load;
    char dir[40], input[50], output[50];
} job;

static bool write_lines(const job *j, uint64_t first, uint64_t count)
{
    FILE *file = fopen(j->input, "w");
    char body[WIRE_BODY_MAX + 1];
    if (file == NULL) return false;
    for (uint64_t i = first; i < first + count; i++) {
        wire_body(body, j->load->body_size, i);
        fprintf(file,
                "{\"custom_id\":\"line-%012" PRIu64
                "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":%s}\n",
                i, body);
    }
    bool ok = ferror(file) == 0;
    return fclose(file) == 0 && ok;
}

static void run_program(const job *j)
{
    char url[80], in_flight[20];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/v1", j->load->port);
    snprintf(in_flight, sizeof in_flight, "%u", j->load->in_flight);
    setenv("OPENAI_API_KEY", WIRE_KEY, 1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(j->load->program, j->load->program, "batch", j->input, "-o", j->output, "--overwrite",
          "--base-url", url, "--cache-size", "0", "--concurrency", in_flight, "-q", (char *)NULL);
    fprintf(stderr, "%s: %s\n", j->load->program, strerror(errno));
    _exit(127);
}

static double seconds(struct timeval of)
{
    return (double)of.tv_sec + (double)of.tv_usec / 1e6;
}

/* Its user and system time, and how long it took; false if a line was not answered. */
static bool time_program(const job *j, double *cpu, gl_time *took)
{
    int status = 0;
    struct rusage used;
    gl_time start = gl_clock_now();
    pid_t child = fork();
    if (child == 0) run_program(j);
    if (child < 0 || wait4(child, &status, 0, &used) != child) return false;
    *took = gl_time_since(gl_clock_now(), start);
    *cpu = seconds(used.ru_utime) + seconds(used.ru_stime);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool wire_batch(const wire_load *load, wire_meter *meter)
{
    job j = { .load = load };
    snprintf(j.dir, sizeof j.dir, "/tmp/glimpse-wire-XXXXXX");
    if (mkdtemp(j.dir) == NULL) return false;
    snprintf(j.input, sizeof j.input, "%s/in", j.dir);
    snprintf(j.output, sizeof j.output, "%s/out", j.dir);
    bool ok = write_lines(&j, load->first, meter->warm) &&
              time_program(&j, &meter->cpu_started, &meter->started) &&
              write_lines(&j, load->first, meter->total) &&
              time_program(&j, &meter->cpu_stopped, &meter->stopped);
    unlink(j.input);
    unlink(j.output);
    rmdir(j.dir);
    return ok;
}
