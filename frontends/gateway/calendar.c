/* calendar.c - see calendar.h. A year begins with March here, so that a leap day is its last. */
#include "gateway/calendar.h"

int64_t gateway_day_number(int64_t year, int64_t month, int64_t day)
{
    if (month < 3) {
        year--;
        month += 12;
    }
    return 365 * year + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 1 -
           719468;
}

bool gateway_is_day(int64_t year, int64_t month, int64_t day)
{
    if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1) return false;
    int64_t next =
        month < 12 ? gateway_day_number(year, month + 1, 1) : gateway_day_number(year + 1, 1, 1);
    return gateway_day_number(year, month, day) < next;
}
