/* wire_load.c - see wire_load.h. */
#include "wire_load.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

void wire_body(char out[WIRE_BODY_MAX + 1], size_t size, uint64_t number)
{
    static const char filler[] =
        "The package holds a program that reads descriptions of other packages and says in one "
        "sentence what each of them is for, so that a person who looks for a tool need not read "
        "all of them to the end before one is found. ";
    int len = snprintf(out, WIRE_BODY_MAX + 1,
                       "{\"model\":\"gpt-4o-mini\",\"messages\":[{\"role\":\"system\",\"content\":"
                       "\"You summarize what you are given in one sentence.\"},{\"role\":\"user\","
                       "\"content\":\"Text %012llu: ",
                       (unsigned long long)number);
    static const char end[] = "\"}],\"temperature\":0.7,\"max_tokens\":256}";
    size_t at = (size_t)len, stop = size - (sizeof end - 1);
    assert(len > 0 && at < stop);
    for (size_t i = 0; at < stop; i = (i + 1) % (sizeof filler - 1)) out[at++] = filler[i];
    memcpy(out + at, end, sizeof end);
}

uint64_t wire_starts(const wire_load *load)
{
    return load->warm + load->measured + load->in_flight;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void wire_meter_init(wire_meter *meter, const wire_load *load)
{
    *meter = (wire_meter){ .warm = load->warm, .total = load->warm + load->measured };
}

bool wire_meter_answer(wire_meter *meter, bool good)
{
    if (meter->answered == meter->total) return false;
    meter->answered++;
    if (!good) meter->failed++;
    if (meter->answered == meter->warm) {
        meter->started = gl_clock_now();
        meter->cpu_started = cpu_seconds();
    }
    if (meter->answered < meter->total) return false;
    meter->stopped = gl_clock_now();
    meter->cpu_stopped = cpu_seconds();
    return true;
}
