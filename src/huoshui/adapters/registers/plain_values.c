/* Values of text columns in their plain forms: days, amounts, a hash of a row. What is not plain is left to values.py.
 *
 * A column is text as Arrow lays it out: `offsets` (n + 1) and `raw` (bytes). Nothing here allocates, and nothing is read
 * beyond the last offset. records.py wraps this.
 */
#include <stdint.h>
#include <string.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

enum { EMPTY = 0, UNREAD = 1 };
enum { DASHED = 2, SLASHED = 3, DOTTED = 4, COMPACT = 5, HAN = 6 };
enum { PLAIN = 2, GROUPED = 3, ROUNDED = 4 };

static inline int is_digit(uint8_t b) { return b >= '0' && b <= '9'; }

static int32_t day_number(int year, int month, int day) { /* days since 1970-01-01 in the Gregorian calendar */
    year -= month <= 2;
    const int era = year / 400, of_era = year - era * 400;
    const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int is_day(int year, int month, int day) {
    static const int lengths[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (year < 1600 || month < 1 || month > 12 || day < 1 || day > lengths[month - 1]) return 0;
    return month != 2 || day < 29 || (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static inline const uint8_t *one_or_two(const uint8_t *p, const uint8_t *end, int *value) {
    if (p == end || !is_digit(*p)) return 0;
    *value = *p++ - '0';
    if (p < end && is_digit(*p)) *value = *value * 10 + *p++ - '0';
    return p;
}

/* Nothing, or a time of day without a zone. */
static int is_time_or_nothing(const uint8_t *p, const uint8_t *end) {
    int hour, minute, second = 0;
    if (p == end) return 1;
    if (*p != ' ' && *p != 'T') return 0;
    if (!(p = one_or_two(p + 1, end, &hour)) || p == end || *p != ':' || !(p = one_or_two(p + 1, end, &minute))) return 0;
    if (p < end && *p == ':') {
        if (!(p = one_or_two(p + 1, end, &second))) return 0;
        if (p < end && *p == '.')
            for (p++; p < end && is_digit(*p); p++) {}
    }
    return p == end && hour < 24 && minute < 60 && second < 60;
}

static const uint8_t *separator(const uint8_t *p, const uint8_t *end, uint8_t last, int *form) {
    static const uint8_t han[] = {0xE5, 0xB9, 0xE6, 0x9C}; /* the first two bytes of the words for year and month */
    if (p == end) return 0;
    if (*p == '-' || *p == '/' || *p == '.') {
        *form = *p == '-' ? DASHED : *p == '/' ? SLASHED : DOTTED;
        return p + 1;
    }
    const uint8_t *word = last == 0xB4 ? han : han + 2;
    if (end - p < 3 || p[0] != word[0] || p[1] != word[1] || p[2] != last) return 0;
    *form = HAN;
    return p + 3;
}

/* The form in which a day is written, and the day. */
static int read_day(const uint8_t *p, const uint8_t *end, int32_t *found) {
    int year = 0, month, day, form, second;
    if (end - p < 8) return UNREAD;
    for (int i = 0; i < 4; i++) {
        if (!is_digit(p[i])) return UNREAD;
        year = year * 10 + p[i] - '0';
    }
    p += 4;
    if (is_digit(*p)) {
        for (int i = 1; i < 4; i++)
            if (!is_digit(p[i])) return UNREAD;
        month = (p[0] - '0') * 10 + p[1] - '0';
        day = (p[2] - '0') * 10 + p[3] - '0';
        p += 4;
        if (end - p == 6) { /* a time of day in six digits */
            for (int i = 0; i < 6; i++)
                if (!is_digit(p[i])) return UNREAD;
            if (p[0] > '2' || (p[0] == '2' && p[1] > '3') || p[2] > '5' || p[4] > '5') return UNREAD;
            p = end;
        }
        form = COMPACT;
    } else {
        if (!(p = separator(p, end, 0xB4, &form)) || !(p = one_or_two(p, end, &month))) return UNREAD;
        if (!(p = separator(p, end, 0x88, &second)) || second != form || !(p = one_or_two(p, end, &day))) return UNREAD;
        if (form == HAN && end - p >= 3 && p[0] == 0xE6 && p[1] == 0x97 && p[2] == 0xA5) p += 3;
    }
    if (!is_day(year, month, day) || !is_time_or_nothing(p, end)) return UNREAD;
    *found = day_number(year, month, day);
    return form;
}

EXPORT void read_days(int64_t n, const int32_t *offsets, const uint8_t *raw, int32_t *day, uint8_t *form) {
    for (int64_t r = 0; r < n; r++) {
        day[r] = 0;
        form[r] = offsets[r] == offsets[r + 1] ? EMPTY : (uint8_t)read_day(raw + offsets[r], raw + offsets[r + 1], day + r);
    }
}

/* A decimal number times ten to the power `scale`, as a whole number, half away from zero. */
static int read_amount(const uint8_t *p, const uint8_t *end, int scale, int64_t *found) {
    int form = PLAIN, digits = 0, since_comma = -1, places = 0, dropped = 0, rounded = 0, up = 0;
    uint64_t value = 0;
    const int negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+')) p++;
    for (; p < end && (is_digit(*p) || *p == ','); p++) {
        if (*p == ',') {
            if (digits == 0 || (since_comma >= 0 ? since_comma != 3 : digits > 3)) return UNREAD;
            since_comma = 0;
            form = GROUPED;
            continue;
        }
        if (value > (uint64_t)INT64_MAX / 10 - 1) return UNREAD;
        value = value * 10 + (uint64_t)(*p - '0');
        digits++;
        since_comma += since_comma >= 0;
    }
    if (since_comma >= 0 && since_comma != 3) return UNREAD;
    if (p < end && *p == '.') {
        for (p++; p < end && is_digit(*p); p++, digits++) {
            if (places == scale) {
                if (!dropped++) up = *p >= '5';
                rounded |= *p != '0';
                continue;
            }
            if (value > (uint64_t)INT64_MAX / 10 - 1) return UNREAD;
            value = value * 10 + (uint64_t)(*p - '0');
            places++;
        }
    }
    if (p != end || digits == 0) return UNREAD;
    for (; places < scale; places++) {
        if (value > (uint64_t)INT64_MAX / 10 - 1) return UNREAD;
        value *= 10;
    }
    value += (uint64_t)up;
    *found = negative ? -(int64_t)value : (int64_t)value;
    return rounded ? ROUNDED : form;
}

EXPORT void read_amounts(int64_t n, const int32_t *offsets, const uint8_t *raw, int32_t scale, int64_t *amount, uint8_t *form) {
    for (int64_t r = 0; r < n; r++) {
        amount[r] = 0;
        form[r] = offsets[r] == offsets[r + 1] ? EMPTY : (uint8_t)read_amount(raw + offsets[r], raw + offsets[r + 1], scale, amount + r);
    }
}

/* Folds a column of text into a hash of each row. */
EXPORT void fold_hashes(int64_t n, const int32_t *offsets, const uint8_t *raw, uint64_t *hash) {
    for (int64_t r = 0; r < n; r++) {
        uint64_t h = hash[r] ^ (uint64_t)(offsets[r + 1] - offsets[r]);
        for (const uint8_t *p = raw + offsets[r], *end = raw + offsets[r + 1]; p < end; p += 8) {
            uint64_t word = 0;
            memcpy(&word, p, (size_t)(end - p < 8 ? end - p : 8));
            h = (h ^ word) * 0x9E3779B97F4A7C15ull;
            h ^= h >> 29;
        }
        h *= 0xD6E8FEB86659FD93ull;
        hash[r] = h ^ (h >> 32);
    }
}
