/* keeping_up.c - see keeping_up.h. A line through the mean latencies of batches of blocks. */
#include "load/keeping_up.h"

#include <math.h>

#include "load/batches.h"
#include "load/student.h"

#define POINTS     16
#define LEVEL      0.01
#define DEVIATIONS 3 /* of a Poisson count: less than that is chance */

typedef struct point {
    double at_s, latency_s;
} point;

static size_t points_of(const load_blocks *blocks, point *points)
{
    size_t count = 0, batches = blocks->count < POINTS ? blocks->count : POINTS;
    double width_s = (double)blocks->width / 1e9;
    for (size_t i = 0; i < batches; i++) {
        size_t from = i * blocks->count / batches, to = (i + 1) * blocks->count / batches;
        double sum = 0, ended = 0;
        for (size_t k = from; k < to; k++) {
            sum += load_block_sum(blocks->block[k].latency) / 1e6;
            ended += (double)blocks->block[k].ended;
        }
        if (ended > 0) points[count++] = (point){ (double)(from + to) / 2 * width_s, sum / ended };
    }
    return count;
}

/* Fits the line, with its slope and p: the residuals may depend on each other, like those of a
 * queue. */
static void fit(const point *points, size_t count, load_keeping *keeping)
{
    double t = 0, y = 0, tt = 0, ty = 0, squares = 0, n = (double)count;
    load_batch residual[POINTS];
    if (count < 4) return;
    for (size_t i = 0; i < count; i++) {
        t += points[i].at_s / n;
        y += points[i].latency_s / n;
    }
    for (size_t i = 0; i < count; i++) {
        tt += pow(points[i].at_s - t, 2);
        ty += (points[i].at_s - t) * (points[i].latency_s - y);
    }
    keeping->rise = ty / tt;
    for (size_t i = 0; i < count; i++) {
        double line = y + keeping->rise * (points[i].at_s - t);
        residual[i] = (load_batch){ 1, points[i].latency_s - line, i > 0 };
        squares += residual[i].sum * residual[i].sum;
    }
    double r = load_batches_correlation(residual, count);
    double error = sqrt(squares / (n - 2) / tt * (1 + r) / (1 - r));
    keeping->p =
        error > 0 ? load_student_p(keeping->rise / error, n - 2) / 2 : (double)(keeping->rise <= 0);
}

/* A failed request has left too, but the blocks do not know when: it is in neither count. */
static bool stays(const load_blocks *blocks, load_keeping *keeping)
{
    double sent = 0, left = 0;
    for (size_t k = blocks->count / 2; k < blocks->count; k++) {
        const load_block *b = &blocks->block[k];
        sent += (double)(b->ended - b->errors);
        left += (double)(b->ended - b->errors) - (double)b->answers;
    }
    if (sent <= 0) return false;
    keeping->left = left / sent;
    return keeping->left > LOAD_LEFT_MAX && left > DEVIATIONS * sqrt(sent);
}

load_keeping load_keeping_up(const load_blocks *blocks)
{
    load_keeping keeping = { .p = 1 };
    point points[POINTS];
    fit(points, points_of(blocks, points), &keeping);
    keeping.rises = keeping.rise > LOAD_RISE_MAX && keeping.p < LEVEL;
    keeping.stays = stays(blocks, &keeping);
    keeping.kept_up = !keeping.rises && !keeping.stays;
    return keeping;
}
