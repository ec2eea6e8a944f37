/* student.h - Student's t with any number of degrees of freedom above 0. Pure. */
#ifndef LOAD_STUDENT_H
#define LOAD_STUDENT_H

/* Returns how often |t| is at least this by chance: 0 to 1. */
double load_student_p(double t, double freedom);

/* Returns the t that is reached with probability p, 0 < p < 1: the two-sided critical value. */
double load_student_t(double p, double freedom);

#endif
