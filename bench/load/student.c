/* student.c - see student.h. The regularised incomplete beta function by its continued fraction
 * (Abramowitz and Stegun 26.5.8), summed as Lentz does. */
#include "load/student.h"

#include <math.h>

#define TERMS  500
#define EXACT  1e-14
#define TINY   1e-300
#define T_MOST 1e9

static double away_from_zero(double value)
{
    return fabs(value) < TINY ? TINY : value;
}

static double fraction(double x, double a, double b)
{
    double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), product = d;
    for (int m = 1; m <= TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        product *= c * d;
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        product *= c * d;
        if (fabs(c * d - 1) < EXACT) break;
    }
    return product;
}

static double incomplete_beta(double x, double a, double b)
{
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return front * fraction(x, a, b) / a;
    return 1 - front * fraction(1 - x, b, a) / b;
}

double load_student_p(double t, double freedom)
{
    return incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

double load_student_t(double p, double freedom)
{
    double low = 0, high = 1;
    while (load_student_p(high, freedom) > p && high < T_MOST) high *= 2;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (load_student_p(middle, freedom) > p)
            low = middle;
        else
            high = middle;
    }
    return high;
}
