/* slope.c - see slope.h. Welford's sums, which do not cancel. */
#include "load/slope.h"

void load_slope_add(load_slope *slope, double x, double y)
{
    double n = (double)++slope->count, dx = x - slope->mean_x;
    slope->mean_x += dx / n;
    slope->mean_y += (y - slope->mean_y) / n;
    slope->xx += dx * (x - slope->mean_x);
    slope->xy += dx * (y - slope->mean_y);
}

double load_slope_of(const load_slope *slope)
{
    return slope->xx > 0 ? slope->xy / slope->xx : 0;
}
