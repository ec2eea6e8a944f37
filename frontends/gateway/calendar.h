/* calendar.h - days of the Gregorian calendar. Pure. */
#ifndef GATEWAY_CALENDAR_H
#define GATEWAY_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

/* Days since 1970-01-01; year from 1970, month 1 to 12, day from 1. */
int64_t gateway_day_number(int64_t year, int64_t month, int64_t day);

/* Returns true when there is such a day, in the years 1970 to 9999. */
bool gateway_is_day(int64_t year, int64_t month, int64_t day);

#endif
