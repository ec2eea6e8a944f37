/*
 * metrics.c - the cost of counting one request for the metrics: a call of a provider and a result.
 *
 *   glimpse-micro-metrics [REQUESTS]
 *
 * Prints nanoseconds a request. Instructions a request: under `valgrind --tool=callgrind
 * --toggle-collect=count_requests`, the total by the number of requests.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "metrics.h"

/* The engine's calls for a request that was sent once, with its model's name as in the body. */
__attribute__((noinline)) void count_requests(gl_metrics *metrics, uint64_t requests);

void count_requests(gl_metrics *metrics, uint64_t requests)
{
    static const glimpse_usage usage = { 120, 40, 160 };
    gl_json name = { GL_JSON_STRING, gl_slice_str("\"gpt-4o-mini\"") };
    for (uint64_t i = 0; i < requests; i++) {
        gl_metrics_call call = {
            .operation = gl_metrics_operation(gl_slice_str("/chat/completions")),
            .model = gl_metrics_model(metrics, name),
            .answered_by = "gpt-4o-mini-2024-07-18",
            .usage = &usage,
            .elapsed = 1400 * GL_MS + i % 1000 * GL_MS,
            .first_chunk = -1,
        };
        gl_metrics_called(metrics, &call);
        gl_metrics_delivered(metrics, GLIMPSE_SOURCE_LIVE, GLIMPSE_STATUS_ALIGNED, call.elapsed, 0);
    }
}

int main(int argc, char **argv)
{
    uint64_t requests = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    gl_metrics *metrics = gl_metrics_new();
    if (metrics == NULL || requests == 0) return EXIT_FAILURE;
    count_requests(metrics, 1); /* takes the memory for its labels */
    gl_time start = gl_clock_now();
    count_requests(metrics, requests);
    printf("%.1f ns a request\n", (double)(gl_clock_now() - start) / (double)requests);
    gl_metrics_free(metrics);
    return EXIT_SUCCESS;
}
