/*
 * verdicts.c - how often `bench --compare` is right, over simulated pairs of runs:
 * glimpse-bench-verdicts [PAIRS]. A/A is a server with itself under a queue: every reported
 * difference is wrong, and 1 in 100 is the promise. A/B is a quiet server and one 5 % slower. Exit
 * 1: more than 2 % of an A/A, and more than two pairs, reported to differ, or less than 90 % of an
 * A/B found.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "queue_sim.h"

#define SEED 1000 /* of the first pair, counted up */

typedef struct server {
    const char *name;
    uint64_t places;
    double sigma;
} server;

static double percent_that_differ(const queue_sim *before, const queue_sim *after, int pairs,
                                  size_t *undecided)
{
    int differ = 0;
    *undecided = 0;
    for (int i = 0; i < pairs; i++)
        differ += queue_sim_differ(before, after, SEED + (uint64_t)i, undecided);
    return 100.0 * differ / pairs;
}

static int same_server(int pairs)
{
    static const server servers[] = {
        { "M/M/1", 1, -1 }, { "M/M/4", 4, -1 }, { "M/G/1", 1, 0.25 }, { "M/G/10", 10, 0.25 }
    };
    static const double loads[] = { 0.5, 0.8, 0.9 }, lengths[] = { 20, 60 };
    /* Of few pairs one or two differ by chance alone, at the promised 1 in 100. */
    double allowed = fmax(2, 200.0 / pairs);
    int bad = 0;
    printf("A/A, %d pairs, 100 requests/s\n%-8s %6s %8s %16s %16s\n", pairs, "server", "load",
           "length", "told different", "metrics untold");
    for (size_t s = 0; s < 4; s++)
        for (size_t l = 0; l < 3; l++)
            for (size_t t = 0; t < 2; t++) {
                size_t undecided;
                queue_sim sim = { .places = servers[s].places,
                                  .service_s = 1,
                                  .sigma = servers[s].sigma,
                                  .rate = 100,
                                  .seconds = lengths[t],
                                  .error_rate = 0.01 };
                sim.service_s = loads[l] / queue_sim_load(&sim);
                double part = percent_that_differ(&sim, &sim, pairs, &undecided);
                printf("%-8s %6.1f %6.0f s %14.1f %% %8.1f of 6\n", servers[s].name, loads[l],
                       lengths[t], part, (double)undecided / pairs);
                bad += part > allowed;
            }
    return bad;
}

static int slower_server(int pairs)
{
    static const double sigmas[] = { 0.1, 0.25, 0.3 };
    int bad = 0;
    printf("A/B, %d pairs, 3,000 requests in 30 s, M/G/10 at load 0.1, 5 %% slower\n%-8s %16s\n",
           pairs, "sigma", "found");
    for (size_t i = 0; i < 3; i++) {
        size_t undecided;
        queue_sim before = {
            .places = 10, .service_s = 0.01, .sigma = sigmas[i], .rate = 100, .seconds = 30
        };
        queue_sim after = before;
        after.service_s *= 1.05;
        double part = percent_that_differ(&before, &after, pairs, &undecided);
        printf("%-8.2f %14.1f %%\n", sigmas[i], part);
        bad += part < 90;
    }
    return bad;
}

int main(int argc, char **argv)
{
    char *end = NULL;
    long given = argc > 1 ? strtol(argv[1], &end, 10) : 200;
    if (given < 1 || given > 1000000 || (end != NULL && *end != '\0')) {
        fprintf(stderr, "glimpse-bench-verdicts [PAIRS]: a count of pairs, at least 1\n");
        return 64;
    }
    int pairs = (int)given, bad = same_server(pairs) + slower_server(pairs);
    if (bad > 0) printf("WRONG in %d rows\n", bad);
    return bad > 0;
}
