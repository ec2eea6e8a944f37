/*
 * watch.c - what the machine did to a process: the times that it was ready to run and had no CPU,
 * and those at which a CPU ran nothing that was due. It tells a busy machine from a wrong figure
 * (test/show/truth.sh).
 *
 *     glimpse-truth-watch PID OUT        until PID has ended, or SIGTERM; OUT is written then
 *
 * A process on each CPU wakes each quarter of a millisecond. When it wakes late, the CPU was taken
 * from every process due there: by the hypervisor, by interrupts, or by a system call of another
 * process, which this kernel may not interrupt. Run it before PID in priority, or it is late for
 * reasons of its own. Their parent reads the kernel's count for PID (schedstat: the time that it
 * waited for a CPU).
 *
 * OUT is a JSON object: `no_cpu_ms`, the longest wait of PID, `late_ms`, the longest of a CPU, and
 * `stalls`, each of at least 0.1 ms: {"at", "ns", "cpu"}, `at` by CLOCK_MONOTONIC in ns, cpu
 * null where PID waited for any.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EVERY_NS INT64_C(250000)
#define LEAST_NS INT64_C(100000)
#define STALLS   32768
#define CPUS     256

typedef struct stall {
    int64_t at, ns;
    int cpu; /* -1: the process waited for one */
} stall;

/* Of all processes together. */
static struct {
    atomic_size_t count;
    atomic_bool over;
    stall stall[STALLS];
} *seen;

static int counted; /* /proc/PID/schedstat */

static void stop(int number)
{
    (void)number;
    seen->over = true;
}

static int64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void add(int cpu, int64_t ns, int64_t at)
{
    if (ns < LEAST_NS) return;
    size_t i = atomic_fetch_add(&seen->count, 1);
    if (i < STALLS) seen->stall[i] = (stall){ at - ns, ns, cpu };
}

/* Returns the ns that PID has waited for a CPU in all; -1: it has ended. */
static int64_t waited(void)
{
    char text[128];
    long long ran, wait;
    ssize_t got = pread(counted, text, sizeof text - 1, 0);
    if (got <= 0) return -1;
    text[got] = '\0';
    return sscanf(text, "%lld %lld", &ran, &wait) == 2 ? wait : -1;
}

/* Writes the stalls of a CPU; below 0: of the process. */
static void watch(int cpu)
{
    int64_t due = now(), before = cpu < 0 ? waited() : 0;
    while (!seen->over) {
        due += EVERY_NS;
        struct timespec at = { due / 1000000000, due % 1000000000 };
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR && !seen->over)
            continue;
        int64_t woken = now();
        if (cpu >= 0) add(cpu, woken - due, woken);
        if (woken - due > EVERY_NS) due = woken;
        if (cpu >= 0) continue;
        int64_t wait = waited();
        if (wait < 0) break;
        add(-1, wait - before, woken);
        before = wait;
    }
}

/* false: it could not be started. */
static bool start(int cpu)
{
    cpu_set_t where;
    pid_t child = fork();
    if (child != 0) return child > 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    CPU_ZERO(&where);
    CPU_SET(cpu, &where);
    if (sched_setaffinity(0, sizeof where, &where) == 0) watch(cpu);
    _exit(0);
}

static double longest(bool of_cpus, size_t count)
{
    int64_t most = 0;
    for (size_t i = 0; i < count; i++)
        if ((seen->stall[i].cpu >= 0) == of_cpus && seen->stall[i].ns > most)
            most = seen->stall[i].ns;
    return (double)most / 1e6;
}

static bool write_to(const char *path)
{
    size_t count = seen->count < STALLS ? seen->count : STALLS;
    FILE *out = fopen(path, "w");
    if (out == NULL) return false;
    fprintf(out, "{\"no_cpu_ms\":%.3f,\"late_ms\":%.3f,\"stalls\":[", longest(false, count),
            longest(true, count));
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s{\"at\":%lld,\"ns\":%lld,\"cpu\":", i > 0 ? "," : "",
                (long long)seen->stall[i].at, (long long)seen->stall[i].ns);
        if (seen->stall[i].cpu < 0)
            fputs("null}", out);
        else
            fprintf(out, "%d}", seen->stall[i].cpu);
    }
    fputs("]}\n", out);
    return fclose(out) == 0;
}

int main(int argc, char **argv)
{
    char path[64], *end = NULL;
    cpu_set_t may;
    long pid = argc == 3 ? strtol(argv[1], &end, 10) : 0;
    if (pid <= 0 || *end != '\0') {
        fputs("usage: glimpse-truth-watch PID OUT\n", stderr);
        return 64;
    }
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    snprintf(path, sizeof path, "/proc/%ld/schedstat", pid);
    counted = open(path, O_RDONLY | O_CLOEXEC);
    if (seen == MAP_FAILED || counted < 0 || sched_getaffinity(0, sizeof may, &may) != 0) {
        perror(path);
        return 69;
    }
    memset(seen, 0, sizeof *seen);
    signal(SIGTERM, stop);
    bool good = true;
    for (int cpu = 0; good && cpu < CPUS; cpu++)
        if (CPU_ISSET(cpu, &may)) good = start(cpu);
    if (good) watch(-1);
    seen->over = true;
    while (wait(NULL) > 0) continue;
    return good && write_to(argv[2]) ? 0 : 74;
}
