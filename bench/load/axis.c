/* axis.c - see axis.h. */
#include "load/axis.h"

#include <math.h>

/* 0.1 + 0.2 is still the mark 0.3. */
#define NEARLY 1e-9
/* From this ratio of the largest to the smallest on, small values look alike on a linear axis. */
#define LOG_FROM 20

/* The smallest of 1, 2, 5, 10 times a power of ten that is at least value; value > 0. */
static double round_up(double value)
{
    double power = pow(10, floor(log10(value)));
    double digits = value / power;
    double rounded = 10;
    if (digits <= 1 + NEARLY)
        rounded = 1;
    else if (digits <= 2 + NEARLY)
        rounded = 2;
    else if (digits <= 5 + NEARLY)
        rounded = 5;
    return rounded * power;
}

static double round_down(double value)
{
    double power = pow(10, floor(log10(value) + NEARLY));
    double digits = value / power;
    return (digits >= 5 - NEARLY ? 5 : digits >= 2 - NEARLY ? 2 : 1) * power;
}

load_axis load_axis_span(double high, int steps)
{
    load_axis axis = { .kind = LOAD_AXIS_LINEAR, .high = high > 0 ? high : 1 };
    axis.step = round_up(axis.high / steps);
    return axis;
}

load_axis load_axis_linear(double high, int steps)
{
    load_axis axis = load_axis_span(high, steps);
    axis.high = axis.step * ceil(axis.high / axis.step - NEARLY);
    return axis;
}

load_axis load_axis_log(double low, double high)
{
    load_axis axis = { .kind = LOAD_AXIS_LOG, .low = round_down(low), .high = round_up(high) };
    if (axis.high <= axis.low) axis.high = axis.low * 10;
    return axis;
}

load_axis load_axis_wide(double low, double high)
{
    if (low < 1) low = 1;
    return high / low > LOG_FROM ? load_axis_log(low, high) : load_axis_linear(high, 6);
}

load_axis load_axis_percentile(uint64_t count)
{
    load_axis axis = { .kind = LOAD_AXIS_PERCENTILE, .high = log10(2 * (double)count) };
    if (count < 5) axis.high = 1;
    return axis;
}

double load_axis_place(const load_axis *axis, double value)
{
    double place;
    if (axis->kind == LOAD_AXIS_LOG)
        place = value > 0 ? log(value / axis->low) / log(axis->high / axis->low) : 0;
    else if (axis->kind == LOAD_AXIS_PERCENTILE)
        place = value < 1 ? -log10(1 - value) / axis->high : 1;
    else
        place = (value - axis->low) / (axis->high - axis->low);
    return place < 0 ? 0 : place > 1 ? 1 : place;
}

static size_t log_ticks(const load_axis *axis, double ticks[LOAD_TICKS])
{
    size_t count = 0;
    /* Two decades have room for 1, 2 and 5; more have room for each power only. */
    int close = axis->high / axis->low <= 100 * (1 + NEARLY);
    for (double tick = axis->low; tick <= axis->high * (1 + NEARLY) && count < LOAD_TICKS;) {
        double power = pow(10, floor(log10(tick) + NEARLY));
        if (close || tick / power < 1 + NEARLY) ticks[count++] = tick;
        tick = round_up(tick * 1.5);
    }
    return count;
}

static size_t percentile_ticks(const load_axis *axis, double ticks[LOAD_TICKS])
{
    static const double all[] = { 0.5,   0.75,   0.9,     0.95,     0.99,
                                  0.999, 0.9999, 0.99999, 0.999999, 0.9999999 };
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (-log10(1 - all[i]) <= axis->high + NEARLY) ticks[count++] = all[i];
    return count;
}

size_t load_axis_ticks(const load_axis *axis, double ticks[LOAD_TICKS])
{
    size_t count = 0;
    if (axis->kind == LOAD_AXIS_LOG) return log_ticks(axis, ticks);
    if (axis->kind == LOAD_AXIS_PERCENTILE) return percentile_ticks(axis, ticks);
    while (count < LOAD_TICKS && (double)count * axis->step <= axis->high + NEARLY * axis->step) {
        ticks[count] = (double)count * axis->step;
        count++;
    }
    return count;
}
