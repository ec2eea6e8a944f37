/* resources.c - see resources.h. */
#include "load/resources.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

int64_t load_resources_rss(void)
{
    long pages = -1;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) return -1;
    if (fscanf(file, "%*s %ld", &pages) != 1) pages = -1;
    fclose(file);
    return pages >= 0 ? (int64_t)pages * sysconf(_SC_PAGESIZE) : -1;
}

/* VmHWM, because getrusage's figure includes the program that started this one, from before
 * exec. */
int64_t load_resources_rss_max(void)
{
    char line[256];
    int64_t kib = -1;
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && kib < 0 && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmHWM: %" SCNd64, &kib) != 1) kib = -1;
    if (file != NULL) fclose(file);
    struct rusage usage;
    if (kib < 0 && getrusage(RUSAGE_SELF, &usage) == 0) kib = (int64_t)usage.ru_maxrss;
    return kib >= 0 ? kib * 1024 : -1;
}

static int64_t open_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    int64_t count = 0;
    if (dir == NULL) return -1;
    while (readdir(dir) != NULL) count++;
    closedir(dir);
    return count - 3; /* ., .. and the directory itself */
}

static double seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

void load_resources_read(load_resources *resources)
{
    struct rusage usage;
    *resources = (load_resources){ 0 };
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        resources->cpu_user_s = seconds(&usage.ru_utime);
        resources->cpu_system_s = seconds(&usage.ru_stime);
    }
    resources->rss_bytes = load_resources_rss();
    resources->rss_max_bytes = load_resources_rss_max();
    resources->descriptors = open_descriptors();
}
